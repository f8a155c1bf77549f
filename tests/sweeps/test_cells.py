"""Points of a sweep as neurons of one population: the same results as one by one, and the same bits for any batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import amine as am
from amine.sweeps.cells import why_not

VALUES = {"I_e": ["300 pA", "420 pA", "540 pA"], "tau_m": ["8 ms", "12 ms"]}
ASK = dict(duration="60 ms", progress=False)


def trace(run: am.Run) -> np.ndarray:
    return run.probes["v"]["v"][:, 0]


def times(run: am.Run) -> float:
    return float(run.spikes["cell"].times.sum())


def test_neurons_of_one_population_are_the_points_one_by_one():
    together = am.sweep(am.models.lif, VALUES, ["rate", times, trace], **ASK)
    apart = am.sweep(am.models.lif, VALUES, ["rate", times, trace], together=False, **ASK)
    assert np.array_equal(together["rate:cell"], apart["rate:cell"]) and together["rate:cell"].max() > 0
    assert np.allclose(together["times"], apart["times"], atol=1e-6)
    assert np.allclose(together["trace"], apart["trace"], atol=2e-3)
    with ThreadPoolExecutor(1) as pool:
        parts = am.sweep(am.models.lif, VALUES, ["rate", times, trace], executor=pool, batch=2, **ASK)
    assert np.array_equal(together["trace"], parts["trace"])  # a point does not depend on its neighbours


def test_a_network_of_one_neuron_with_a_stimulus_is_a_cell():
    net = am.Network(seed=1)
    cell = net.population("cell", 1, "lif")
    net.stimulus(cell, am.step("400 pA", start="20 ms"))
    together, apart = (am.sweep(net, {"cell.I_e": VALUES["I_e"]}, times, together=t, **ASK) for t in (None, False))
    assert np.allclose(together["times"], apart["times"], atol=1e-6) and together["times"][0] > 0


def first(run: am.Run) -> float:
    return run.spikes["cell"].times[0]


def test_a_wrong_point_is_named_alone():
    with pytest.warns(
        am.AmineWarning, match="3 of 6 points failed: at cell.I_e = 300 pA, cell.tau_m = 8 ms, seed 0: IndexError"
    ):
        found = am.sweep(am.models.lif, VALUES, first, **ASK)
    assert np.isnan(found["first"]).sum() == 3 and found["first"][2, 1, 0] > 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda net: net.population("B", 1, "lif"), "not a single neuron"),
        (lambda net: net.dose("gabazine", "1 uM"), "synapses, fields or doses"),
        (lambda net: None, "'cell.x' is no parameter"),
    ],
)
def test_why_points_cannot_be_one_population(make, words):
    net = am.Network(seed=1)
    net.population("cell", 1, "lif")
    assert not why_not(net, ["cell.I_e"])
    make(net)
    assert words in why_not(net, ["cell.I_e", "cell.x"])


def test_random_numbers_are_common_unless_asked():
    noisy = am.models.neuron("noisy", "dv/dt = -v/tau + s*xi : mV", tau="10 ms", s="1 mV/ms**0.5")
    net = am.Network(seed=1)
    net.population("cell", 1, noisy)
    assert "random numbers" in why_not(net, ["cell.tau"]) and not why_not(net, ["cell.tau"], random=True)
    with pytest.raises(am.AmineError, match="no neuron"):
        am.sweep(am.models.AMPA, {"tau": ["1 ms"]}, "rate", **ASK)
