"""Spike trains drawn beforehand: rates, coefficients of variation, and equilibrium from the start."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.errors import AmineError
from amine.network.trains import Trains


def intervals(trains: Trains, n: int) -> np.ndarray:
    times, indices = trains["times"].values, trains["indices"].values
    return np.concatenate([np.diff(times[indices == i]) for i in range(n)])


@pytest.mark.parametrize(
    ("trains", "rate", "cv"),
    [
        (am.gamma_trains(100, "20 Hz", "20 s", order=4.0, seed=1), 20.0, 0.5),
        (am.gamma_trains(100, "20 Hz", "20 s", seed=1), 20.0, 1.0),
        (am.gamma_trains(100, "20 Hz", "20 s", order=0.5, seed=1), 20.0, np.sqrt(2.0)),
        (am.dead_time_trains(100, "50 Hz", "20 s", dead_time="5 ms", seed=1), 50.0, 0.75),
    ],
    ids=["gamma", "poisson", "bursty", "dead time"],
)
def test_renewal_trains_have_their_rate_and_variation_from_the_start_on(trains, rate, cv):
    times = trains["times"].values
    expected = 100 * 20 * rate
    sd = cv * np.sqrt(expected)  # of a count of a renewal process
    assert abs(len(times) - expected) < 4 * sd
    assert abs((times < 1000.0).sum() - expected / 20) < 4 * max(cv, 1) * np.sqrt(expected / 20)
    d = intervals(trains, 100)
    assert abs(d.std() / d.mean() / cv - 1.0) < 0.03
    assert (np.diff(times) >= 0).all()


def test_no_interval_is_shorter_than_the_dead_time_and_the_same_seed_gives_the_same_trains():
    a, b, c = (am.dead_time_trains(10, "50 Hz", "2 s", dead_time="5 ms", start="100 ms", seed=s) for s in (1, 1, 2))
    assert intervals(a, 10).min() >= 5.0 and a["times"].values.min() >= 100.0
    assert a["times"] == b["times"] and a["times"] != c["times"]


def test_pulse_packets_spread_around_their_centres():
    packets = am.pulse_packets(2000, ["50 ms", "150 ms"], spikes=1500, sd="3 ms", seed=1)
    times, indices = packets["times"].values, packets["indices"].values
    first = times < 100.0
    assert first.sum() == 1500 and len(np.unique(indices[first])) == 1500
    assert abs(times[first].mean() - 50.0) < 0.4 and abs(times[~first].std() - 3.0) < 0.25


def test_trains_drive_a_network():
    net = am.Network(seed=1)
    P = net.population("P", 5, "spike_list", **am.gamma_trains(5, "100 Hz", "100 ms", order=2.0))
    spikes = net.run("100 ms", progress=False).spikes["P"]
    assert abs(len(spikes.times) - len(P.parameters["times"].values)) <= 1  # one may be rounded to the end


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: am.dead_time_trains(1, "500 Hz", "1 s", dead_time="5 ms"), "the dead time does not allow it"),
        (lambda: am.gamma_trains(1, "5 mV", "1 s"), "rate"),
        (lambda: am.gamma_trains(1, "5 Hz", "1 s", order=0.0), "order"),
        (lambda: am.pulse_packets(5, "5 ms", spikes=6, sd="1 ms"), "out of range"),
        (lambda: am.gamma_trains(0, "5 Hz", "1 s"), "out of range"),
    ],
)
def test_wrong_trains_are_refused_in_one_sentence(attempt, message):
    with pytest.raises(AmineError, match=message):
        attempt()
