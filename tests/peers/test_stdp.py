"""Pair STDP under the same spikes in amine, Brian2 (axonal delays) and NEST (dendritic delays), float64."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

N_PRE, N_POST, STOP = 8, 6, 3000.0


@pytest.fixture(scope="module")
def spikes():
    """Spikes on the grid; no two of a pair closer than 0.2 ms at the synapse, where the order is a convention. One last pre-spike each."""
    rng = np.random.default_rng(11)
    grid = np.arange(100, round(STOP * 10) - 1000)
    pre = [np.sort(rng.choice(grid[::2], 60, replace=False)) / 10 for _ in range(N_PRE)]
    post = [np.sort(rng.choice(grid[1::2], 50, replace=False)) / 10 for _ in range(N_POST)]
    pre = [np.append(t, STOP - 50.0) for t in pre]
    return pre, post


def flat(times):
    return np.concatenate(times), np.repeat(np.arange(len(times)), [len(t) for t in times])


def amine_weights(spikes, delay, kind):
    pre, post = spikes
    net = am.Network(seed=1)

    def source(name, times):
        t, i = flat(times)
        return net.population(name, len(times), "spike_list", times=[f"{x:.4f} ms" for x in t], indices=i)

    A, D = source("A", pre), source("D", [t - 0.1 for t in post])
    B = net.population("B", N_POST, "lif_cond", t_ref="0 ms")
    net.synapses(D, B, receptor="delta", weight="500 mV", connect="one_to_one", name="drive")
    rule = am.plasticity.stdp(A_plus=0.05, A_minus=0.03, tau_plus="17 ms", tau_minus="31 ms", w_max="1 nS")
    s = net.synapses(
        A, B, receptor="AMPA", weight="0.5 nS", connect="all_to_all", rule=rule, delay=f"{delay} ms", delay_kind=kind
    )
    run = net.run(f"{STOP} ms", precision="float64", progress=False)
    for j, t in enumerate(post):
        np.testing.assert_allclose(run.spikes["B"].times[run.spikes["B"].indices == j], t, atol=1e-6)
    w = run.weights(s)
    return w.weights[np.lexsort((w.targets, w.sources))]


def given(spikes, delay):
    (pre_t, pre_i), (post_t, post_i) = flat(spikes[0]), flat(spikes[1])
    return {"pre_t": pre_t, "pre_i": pre_i, "post_t": post_t, "post_i": post_i, "n_pre": N_PRE, "n_post": N_POST,
            "delay": delay, "duration": STOP}  # fmt: skip


@pytest.mark.parametrize("delay", [0.2, 1.6])
def test_brian2(peer, spikes, delay):
    """Axonal delays: the weights agree to 1e-6."""
    theirs = peer("brian2_stdp.py", **given(spikes, delay))["w"]
    assert np.ptp(theirs) > 0.2
    np.testing.assert_allclose(amine_weights(spikes, delay, "axonal"), theirs, rtol=1e-6)


@pytest.mark.parametrize("delay", [0.2, 1.6])
def test_nest(peer, spikes, delay):
    """Dendritic delays: the weights agree to 1e-6."""
    theirs = peer("nest_stdp.py", **given(spikes, delay))["w"]
    assert np.ptp(theirs) > 0.2
    np.testing.assert_allclose(amine_weights(spikes, delay, "dendritic"), theirs, rtol=1e-6)
