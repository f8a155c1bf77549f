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


@pytest.mark.parametrize(
    ("drug", "dose"), [pytest.param("AP5", "50 uM", marks=pytest.mark.validate), ("ketamine", "2 uM")]
)
def test_blockers_of_nmda_receptors_abolish_persistent_activity(drug, dose):
    net = am.circuits.wang2002(0.512, seed=1)
    net.dose(drug, dose)
    run = net.run("3.4 s", progress=False)
    assert rate(run, "A", 3100, 3400) < 3


def trials(seeds: int, dose: str = "", **more) -> tuple[float, float, float]:
    """Shares of choices for A and for B at a coherence of 6.4 percent, and the mean time of choice (ms from the stimulus on).

    A pool is chosen when its rate, in three bins of 20 ms, passes 15 Hz; the choice is what stands at the end.
    """
    edges = np.arange(0.0, 3000.0, 20.0)
    right = wrong = 0
    times = []
    for seed in range(seeds):
        net = am.circuits.wang2002(0.064, seed=seed, **more)
        if dose:
            net.dose("ketamine", dose)
        run = net.run("3 s", progress=False)
        first = []
        for pool in "AB":
            rates = np.histogram(run.spikes[pool].times, edges)[0] / net.populations[pool].n / 0.02
            high = np.convolve(rates, np.full(3, 1 / 3), "same") > 15
            first += list(edges[:-1][high & (edges[:-1] >= 1000)][:1] - 1000)
        a, b = rate(run, "A", 2500, 3000), rate(run, "B", 2500, 3000)
        right, wrong = right + (a > b + 5), wrong + (b > a + 5)
        times += [min(first)] if first else []
    return right / seeds, wrong / seeds, float(np.mean(times)) if times else np.inf


@pytest.mark.validate
def test_dopamine_hastens_choices_and_ketamine_slows_and_undoes_them():
    """Dopamine makes NMDA receptors stronger: choices come early, before the evidence is in, and more of them are wrong; at
    a higher level the pools are active without a stimulus. Ketamine slows the integration; then no choice is made.
    """
    control, high = trials(12), trials(12, dopamine="0.2 uM")
    assert control[0] >= 0.75 and 600 < control[2] < 1300
    assert high[2] < control[2] / 3 and high[1] >= control[1] + 0.15
    slowed, none = trials(12, "0.2 uM"), trials(6, "1 uM")
    assert slowed[2] > 1.15 * control[2]
    assert none[0] + none[1] < 0.2


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
