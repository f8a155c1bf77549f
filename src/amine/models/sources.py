"""Sources of spikes without a membrane."""

from __future__ import annotations

import numpy as np

from amine.models.model import Model
from amine.values import Array

poisson = Model(
    "poisson",
    "source",
    "",
    {"rate": "Hz"},
    {"rate": "10 Hz"},
    "a Bernoulli draw in each step",
    "Neurons that spike at random with a given rate, at most once per step. For many trains onto each neuron, Network.poisson is faster.",
    symbols={"rate": "rate of each neuron"},
)

spike_list = Model(
    "spike_list",
    "source",
    "",
    {"times": "ms", "indices": "1"},
    {"times": Array(np.empty(0), "ms"), "indices": Array(np.empty(0), "1")},
    "given by the user",
    "Neurons that spike at given times: ``times`` in any order, and for each the index of its neuron. Times are rounded to the end of a step.",
    symbols={"times": "spike times", "indices": "neuron of each spike"},
)

MODELS = (poisson, spike_list)
