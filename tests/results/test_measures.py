"""Measures by name against what they must be for trains made by hand."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.results.measures import check, measure, synchrony
from amine.results.run import Run
from amine.results.spikes import Spikes


def run_of(times: list[np.ndarray], duration: float = 4000.0) -> Run:
    """A run of one population E with the given spike times, and a silent one, I."""
    steps = np.concatenate([np.round(np.asarray(t) / 0.1) for t in times]).astype(int)
    ids = np.repeat(np.arange(len(times)), [len(t) for t in times])
    order = np.lexsort((ids, steps))
    spikes = Spikes(steps[order], ids[order], 0.1, (("E", 0, len(times)), ("I", len(times), 5)), duration)
    net = am.Network()
    net.notes["measures"] = {"accuracy": 0.9, "text": "x"}
    return Run(net, spikes, {}, duration, True, {}, {"events": 7})


def poisson(rate: float, n: int = 200, duration: float = 4000.0, envelope=None, seed: int = 1) -> Run:
    g = np.random.default_rng(seed)
    t = np.arange(0, duration, 0.1)
    p = np.full(t.size, rate * 1e-4) if envelope is None else rate * 1e-4 * envelope(t)
    return run_of([t[g.random(t.size) < p] + 0.1 for _ in range(n)], duration)


def test_rate_and_cv():
    run = run_of([np.arange(100.0, 4000.0, 50.0)] * 3)
    assert measure(run, "rate:E", "1 s") == pytest.approx(59 / 3) and measure(run, "cv:E") < 1e-6
    assert measure(run, "rate:I") == 0 and np.isnan(measure(run, "cv:I"))
    assert measure(poisson(20), "cv:E") == pytest.approx(0.98, abs=0.05)


def test_synchrony_is_one_together_and_small_apart():
    together = run_of([np.cumsum(np.random.default_rng(1).exponential(50.0, 60))] * 50)
    assert measure(together, "synchrony:E") == pytest.approx(1.0, abs=1e-9)
    apart = measure(poisson(20, n=400), "synchrony:E")
    assert apart == pytest.approx(1 / 20, rel=0.15)
    assert np.isnan(synchrony(together.spikes["I"]))


def test_power_and_frequency_of_a_rhythm():
    """A rate 20 (1 + 0.5 sin) Hz has variance (20*0.5)^2/2 = 50 Hz^2 in the band of the rhythm, beside the shot noise."""
    f0, n = 41.0, 400
    run = poisson(20, n=n, envelope=lambda t: 1 + 0.5 * np.sin(2 * np.pi * f0 * t * 1e-3))
    assert measure(run, "frequency:20-80Hz:E") == pytest.approx(f0, abs=0.5)
    noise = 2 * 20 / n * 20  # shot noise: 2 rate/n per Hz, over 20 Hz
    assert measure(run, "power:31-51Hz:E") == pytest.approx(50 + noise, rel=0.1)
    assert measure(run, "power:100-150 Hz:E") < 10
    assert measure(run, "power:31-51Hz") == pytest.approx(measure(run, "power:31-51Hz:E") * (n / (n + 5)) ** 2)
    assert np.isnan(measure(run, "frequency:20-80Hz:I"))


def test_numbers_of_the_run_and_functions():
    run = run_of([np.array([10.0])])
    assert measure(run, "accuracy") == 0.9 and measure(run, "events") == 7
    assert measure(run, "builtins:bool") == 1.0
    with pytest.raises(am.AmineError, match="is not a number"):
        measure(run, "text")
    with pytest.raises(am.AmineError, match="did you mean 'rate:...'"):
        measure(run, "rates")
    with pytest.raises(am.AmineError, match="too short"):
        measure(run_of([np.array([1.0])], 10.0), "power:30-80Hz")


@pytest.mark.parametrize(
    "text",
    ["rate:X", "rate:", "power:3-1Hz", "power:E", "frequency:30-80Hz:X", "no.module:f", "math:nothing", "nothing", "",
     "power:1..2-3Hz", "power:400-600Hz", "a..b:f", ".:f", "power:1e999-2Hz"],
)  # fmt: skip
def test_checked_before_a_run(text):
    with pytest.raises(am.AmineError, match="measure"):
        check(text, ["E", "I"], ["accuracy"], 1000.0)


@pytest.mark.parametrize("text", ["power:30-80Hz", "frequency:30-80Hz:E"])
def test_what_is_too_short_for_a_spectrum_is_refused_before_a_run(text):
    with pytest.raises(am.AmineError, match=r"too short for a spectrum \(given 15 ms"):
        check(text, ["E"], [], 15.0)


def test_a_band_without_a_frequency_and_a_start_after_the_end_are_no_measures():
    run = poisson(20)
    with pytest.raises(am.AmineError, match="no frequency lies in the band .* 0.25 Hz apart"):
        measure(run, "power:30.05-30.1Hz:E")
    with pytest.raises(am.AmineError, match="nothing is left to measure"):
        measure(run, "rate:E", "4 s")


def test_known_measures_pass():
    for text in (
        "rate:E",
        "cv:I",
        "synchrony:E",
        "power:30-80Hz",
        "power:30-80:E",
        "frequency:1e1-2e1Hz",
        "math:sqrt",
        "accuracy",
    ):
        check(text, ["E", "I"], ["accuracy"], 1000.0)
