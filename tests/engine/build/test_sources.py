"""Sources that spike at given times: what lies beyond every run is never reached, and what is no list is refused."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

MS = am.units.ms


def spikes(times: object, indices: object) -> np.ndarray:
    net = am.Network(seed=1)
    net.population("A", 2, "spike_list", times=times, indices=indices)
    return net.run("5 ms", progress=False).spikes["A"].times


@pytest.mark.parametrize("far", [1e10, 1e16, 1e300, 1.7e308])
def test_a_time_that_no_run_reaches(far: float) -> None:
    assert spikes(np.array([far, 1.0, 3.0]) * MS, [0, 1, 0]).tolist() == [1.0, 3.0]


def test_many_at_once() -> None:
    assert spikes(np.full(300, 1.0) * MS, np.zeros(300)).tolist() == [1.0] * 300


@pytest.mark.parametrize(
    ("times", "indices", "message"),
    [
        ([0.0, 1.0], [0, 1], "before the end of the first step .*shift the times by a step"),
        ([0.04, 1.0], [0, 1], "before the end of the first step"),
        ([-1.0, 1.0], [0, 1], "a time is negative"),
        ([np.nan, 1.0], [0, 1], "not finite"),
        ([[0.5, 1.0]], [[0, 1]], "arrays of one dimension and one length"),
        ([[0.5, 1.0]], [0, 1], "arrays of one dimension and one length"),
        ([0.5, 1.0], [0, 2], "not one of its neurons"),
        ([0.5, 1.0], [0, 0.5], "not one of its neurons"),
    ],
)
def test_what_is_no_list_of_spikes_is_refused(times: object, indices: object, message: str) -> None:
    with pytest.raises(am.AmineError, match=message):
        spikes(np.array(times) * MS, indices)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(am.AmineError, match="different lengths"):
        spikes([np.array([1.0, 2.0]) * MS, np.array([1.0]) * MS], [0, 1])


@pytest.mark.parametrize("threads", [True, 1.0, "2", 0, 1025, None])
def test_numbers_of_threads(threads: object) -> None:
    net = am.Network()
    net.population("P", 2, "lif")
    with pytest.raises(am.AmineError, match=r"Network.run, threads"):
        net.run("1 ms", threads=threads, progress=False)  # type: ignore[arg-type]
