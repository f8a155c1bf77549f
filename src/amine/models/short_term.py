"""Release: how much a spike sets free, as states of the source neuron."""

from __future__ import annotations

from amine.models._base import Model

constant = Model(
    "constant",
    "release",
    "payload 1",
    {},
    {},
    "no states: each spike releases the same",
    "Every spike acts with the whole weight, as without a release model.",
)

tsodyks_markram = Model(
    "tsodyks_markram",
    "release",
    "du/dt = -u/tau_facil : 1\ndx/dt = (1 - x)/tau_rec : 1\non spike u += U*(1 - u)\npayload u*x\nafter spike x -= u*x\ninitial u = 0\ninitial x = 1",
    {"U": "1", "tau_rec": "ms", "tau_facil": "ms"},
    {"U": "0.5", "tau_rec": "800 ms", "tau_facil": "1 ms"},
    "Tsodyks M, Pawelzik K, Markram H (1998) Neural Comput 10:821-835",
    "Short-term depression and facilitation: u is the utilisation, raised by each spike, and x the part of resources that is ready. A spike acts "
    "with the weight times u x.",
    symbols={
        "U": "utilisation that a spike adds",
        "tau_rec": "time constant of recovery",
        "tau_facil": "time constant of facilitation",
    },
)

MODELS = (constant, tsodyks_markram)
