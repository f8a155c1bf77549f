"""Spikes in memory, packed: the same numbers in 2 to 5 bytes each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amine.results.packed import Packed, spikes
from amine.results.store import MemoryStore


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 2**31 - 1]),
    st.sampled_from([0, 1, 255, 256, 70_000, 2**33]),
    st.integers(0, 2**62 - 2**50),
    st.integers(0, 2**32),
)
def test_what_is_packed_comes_back(thousands, top, gap, first, seed):
    rng, parts, given_spikes = np.random.default_rng(seed), [], []
    for k in thousands:
        n = 700 * k
        steps = first + np.cumsum(rng.integers(0, gap, n, endpoint=True))
        ids = rng.integers(0, top, n, endpoint=True).astype(np.int32)
        parts.append(Packed(steps, ids))
        given_spikes.append((steps, ids))
    found = spikes(parts)
    for i, dtype in enumerate((np.int64, np.int32)):
        assert found[i].dtype == dtype
        assert np.array_equal(found[i], np.concatenate([x[i] for x in given_spikes]))


@pytest.mark.parametrize(("neurons", "most"), [(250, 2), (60_000, 3), (10**6, 5)])
def test_bytes_of_a_spike(neurons, most):
    """At 10 Hz and 0.1 ms; 12 bytes as numbers."""
    rng, store = np.random.default_rng(1), MemoryStore()
    n = max(2000, neurons // 10)  # of 10 ms or more
    steps = np.sort(rng.integers(0, max(100, 2000 * 1000 // neurons), n))
    store.append(steps, rng.integers(0, neurons, n).astype(np.int32), {})
    assert sum(p.nbytes for p in store._spikes) / n <= most


def test_steps_that_go_back_are_kept_as_they_are():
    steps, ids = np.arange(3000)[::-1].copy(), np.zeros(3000, np.int32)
    assert np.array_equal(spikes([Packed(steps, ids)])[0], steps)


def test_steps_and_neurons_differ_in_number():
    with pytest.raises(ValueError, match="steps and neurons"):
        Packed(np.zeros(3, np.int64), np.zeros(2, np.int32))
