"""CUBA with the same connectivity and initial voltages in amine and Brian2, both in float64.

amine holds v for t_ref/dt steps after the step of a spike, Brian2 for one step less: Brian2 is given t_ref + dt.
"""

from __future__ import annotations

import numpy as np
import pytest
from _spike_statistics import correlations, irregularity, rates
from scipy import stats

import amine as am

N, N_EXC, DT = 4000, 3200, 0.1
DURATION = 1500.0


@pytest.fixture(scope="module")
def network() -> dict[str, np.ndarray]:
    """Bernoulli pairs with p = 0.02 and initial voltages, drawn here for both."""
    rng = np.random.default_rng(2007)
    i, j = np.nonzero(rng.random((N, N)) < 0.02)
    return {"i": i.astype(np.int64), "j": j.astype(np.int64), "v": rng.uniform(-60.0, -50.0, N)}


def amine_spikes(network: dict[str, np.ndarray], duration_ms: float) -> tuple[np.ndarray, np.ndarray]:
    """Step numbers and neurons of the spikes of amine; 10 pA of synaptic current are 1 mV of drive (C / tau_m)."""
    net = am.Network(seed=1, dt=f"{DT} ms")
    membrane = {"C": "200 pF", "tau_m": "20 ms", "E_L": "-49 mV", "V_th": "-50 mV", "V_r": "-60 mV", "t_ref": "5 ms"}
    cell = am.models.get("lif")(**membrane)
    receptors = {
        "exc": am.models.get("exponential_current")(tau="5 ms"),
        "inh": am.models.get("exponential_current")(tau="10 ms"),
    }
    p = net.population("P", N, cell, initial={"v": [f"{x!r} mV" for x in network["v"].tolist()]}, receptors=receptors)
    excitatory = network["i"] < N_EXC
    for label, weight, chosen in (("exc", "16.2 pA", excitatory), ("inh", "-90 pA", ~excitatory)):
        pairs = (network["i"][chosen], network["j"][chosen])
        net.synapses(p, p, receptor=label, weight=weight, delay=f"{DT} ms", pairs=pairs)
    run = net.run(f"{duration_ms} ms", precision="float64", progress=False)
    steps = np.rint(np.asarray(run.spikes.times) / DT).astype(np.int64) - 1
    return steps, np.asarray(run.spikes.ids)


@pytest.fixture(scope="module")
def both(network, peer) -> tuple[tuple, tuple]:
    """Spikes of amine and Brian2."""
    common = {"n_exc": N_EXC, "dt_ms": DT, "duration_ms": DURATION, "delay_ms": DT, "t_ref_ms": 5.0 + DT}
    theirs = peer("brian2_cuba.py", **network, **common)
    return amine_spikes(network, DURATION), (theirs["steps"], theirs["ids"])


def test_spike_by_spike_for_the_first_50_ms(both):
    first = [set(zip(s[s < 500].tolist(), i[s < 500].tolist(), strict=True)) for s, i in both]
    assert len(first[1]) > 1000, "the network was to be active"
    assert first[0] == first[1]


def test_distributions_agree_afterwards(both):
    measures = []
    for steps, ids in both:
        t = steps * DT
        rate = rates(t, ids, N, 100.0, DURATION)
        cv = irregularity(t, ids, N, 100.0)
        measures.append((rate, cv, correlations(t, ids, N, 100.0, DURATION)))
    assert np.mean(measures[0][0]) == pytest.approx(np.mean(measures[1][0]), rel=0.03)
    for ours, theirs in zip(*measures, strict=True):
        distance = stats.ks_2samp(ours, theirs).statistic
        # the critical distance at the 0.1 % level, with 400 effective pairs for the correlations of 200 neurons
        size = min(len(ours), 4000) if len(ours) < 10_000 else 400
        assert distance < 1.95 * np.sqrt(2.0 / size)
