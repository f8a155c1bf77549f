"""The decision circuit."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am


def rate(run, name: str, first: float, last: float) -> float:
    t = run.spikes[name].times
    return float(np.sum((t > first) & (t < last)) / run.network.populations[name].n / (last - first) * 1e3)


def choice(coherence: float, seed: int, duration: str = "3 s", **more) -> am.Run:
    return am.circuits.wang2002(coherence, seed=seed, **more).run(duration, progress=False)


def test_one_pool_wins_and_stays_active():
    run = choice(0.256, 1, "3.4 s")
    assert rate(run, "A", 2500, 3000) > 20 > 5 > rate(run, "B", 2500, 3000)
    assert rate(run, "A", 3100, 3400) > 10 > 4 > rate(run, "B", 3100, 3400)
    assert 1 < rate(run, "N", 500, 1000) < 5 and 5 < rate(run, "I", 500, 1000) < 12


def test_without_nmda_activity_does_not_persist():
    """AP5 and ketamine abolish persistent activity: here the receptors are taken away."""
    net = am.circuits.wang2002(0.512, seed=1)
    for s in net.projections:
        if "NMDA" in s.receptors:
            s.receptors["NMDA"] = "0 nS"
    run = net.run("3.4 s", progress=False)
    assert rate(run, "A", 3100, 3400) < 3


@pytest.mark.validate
@pytest.mark.parametrize(("coherence", "expected"), [(0.064, 0.76), (0.256, 1.0)])
def test_accuracy(coherence, expected):
    """40 trials: .76 and 1.0 correct (own code of the reference sheet); tolerance .15."""
    right = 0
    for seed in range(40):
        run = choice(coherence, seed)
        right += rate(run, "A", 2500, 3000) > rate(run, "B", 2500, 3000)
    assert right / 40 == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(
    "given", [(2.0, {}), (0.0, {"f": 0.6}), (0.0, {"scale": 0.001}), (0.0, {"stimulus": (5.0, 1.0)})]
)
def test_bad_arguments(given):
    with pytest.raises(am.AmineError, match=r"wang2002\(\)"):
        am.circuits.wang2002(given[0], **given[1])
