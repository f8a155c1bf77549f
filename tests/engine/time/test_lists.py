"""The lists of spikes that threads write."""

from __future__ import annotations

import numpy as np

import amine as am


def test_dense_given_spikes_find_room():
    """More spikes in a span than neurons with blocks of their own could list."""
    net = am.Network(seed=1)
    steps, n = 500, 300
    times = np.repeat(np.arange(1, steps + 1) * 0.1, n) * am.units.ms
    net.population("S", n, "spike_list", times=times, indices=np.tile(np.arange(n), steps))
    spikes = net.run("50 ms", progress=False).spikes["S"]
    assert np.array_equal(spikes.counts(), np.full(n, steps))
