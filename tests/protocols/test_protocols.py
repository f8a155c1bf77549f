"""Curves of the library's rules against closed forms and published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import amine as am
from amine import protocols


def test_one_pair_gives_the_window():
    """A single pair changes the weight by A exp(-|lag|/tau)."""
    rule = am.plasticity.stdp(A_plus=0.01, A_minus=0.012, tau_plus="17 ms", tau_minus="34 ms", w_max="1 nS")
    curve = protocols.pairing(rule, [f"{x} ms" for x in (-80, -20, -5, 5, 20, 80)], n=1)
    x = curve.x
    want = np.where(x > 0, 0.01 * np.exp(-x / 17.0), -0.012 * np.exp(x / 34.0))
    np.testing.assert_allclose(curve.difference, want, rtol=1e-9)
    assert curve.before == pytest.approx(0.5)


# Pfister & Gerstner 2006, set V1 (all pairs, full): weight change of 60 pairs at 0.1, 10, 20, 40, 50 Hz
@pytest.mark.parametrize(
    ("lag", "want"),
    [
        pytest.param("10 ms", [0.0, 0.132, 0.247, 0.534, 0.741], marks=pytest.mark.validate),
        ("-10 ms", [-0.312, -0.334, -0.352, 0.155, 0.727]),
    ],
)
def test_triplets_depend_on_frequency(lag, want):
    curve = protocols.frequency_series(am.plasticity.get("triplet", "V1"), lag=lag, weight="1 nS")
    np.testing.assert_allclose(curve.difference, want, atol=1.5e-3)


def published_triplet(pre, post, p):
    """The sum over spikes as the paper writes it."""
    w, r1, r2, o1, o2, last = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t, kind in sorted([(t, 0) for t in pre] + [(t, 1) for t in post]):
        d, last = t - last, t
        r1, r2 = r1 * math.exp(-d / 16.8), r2 * math.exp(-d / p["tau_x"])
        o1, o2 = o1 * math.exp(-d / 33.7), o2 * math.exp(-d / p["tau_y"])
        if kind == 0:
            w -= o1 * (p["A2_minus"] + p["A3_minus"] * r2)
            r1, r2 = r1 + 1, r2 + 1
        else:
            w += r1 * (p["A2_plus"] + p["A3_plus"] * o2)
            o1, o2 = o1 + 1, o2 + 1
    return w


@pytest.mark.parametrize("name", list(am.plasticity.parameter_sets("triplet")))
def test_triplet_protocols_are_those_of_the_equations(name):
    numbers = {n: float(v.split()[0]) for n, v in am.plasticity.parameter_sets("triplet")[name].items()}
    curve = protocols.quadruplets(
        am.plasticity.get("triplet", name), ["-50 ms", "-10 ms", "20 ms", "90 ms"], n=5, weight="5 nS"
    )
    for T, found in zip(curve.x, curve.difference, strict=True):
        pre, post = protocols.repeated(([2.5, T - 2.5], [-2.5, T + 2.5]), 5, 1000.0, 100.0)
        assert found == pytest.approx(published_triplet(pre, post, numbers), rel=1e-9)


def calcium(pre, post, p):
    """Efficacy under the calcium rule without noise, by small steps of the author's equations."""
    h, rho, c = 0.01, 0.5, 0.0
    a = {round((t + p["D"]) / h) for t in pre}
    b = {round(t / h) for t in post}
    decay = math.exp(-h / p["tau_Ca"])
    for k in range(max(*a, *b) + round(400 / h)):
        c += p["C_pre"] * (k in a) + p["C_post"] * (k in b)
        f = (
            p["gamma_p"] * (1 - rho) * (c > p["theta_p"])
            - p["gamma_d"] * rho * (c > 1.0)
            - rho * (1 - rho) * (0.5 - rho)
        )
        rho += h * f / p["tau"]
        c *= decay
    return rho


@pytest.mark.parametrize("name", ["DP", "DPD", "P", "hippocampal slice", "cortical slice"])
def test_calcium_traces_follow_the_published_equations(name):
    rule = am.plasticity.get("calcium_traces", name)
    numbers = {n: float(am.units.to_internal(rule.parameters[n], u, n)) for n, u in rule.units.items() if u != "weight"}
    lags = [-25.0, 0.0, 15.0]
    curve = protocols.pairing(rule, [f"{x} ms" for x in lags], n=3, frequency="5 Hz", rest="400 ms")
    for lag, found in zip(lags, curve.after, strict=True):
        pre, post = protocols.repeated(([0.0], [lag]), 3, 200.0, 45.0)
        numbers["D"] = round(numbers["D"], 1)  # the delay is a whole number of steps
        assert found - 0.5 == pytest.approx(calcium(pre, post, numbers) - 0.5, rel=5e-3, abs=1e-4)


def test_calcium_traces_reach_the_closed_form():
    """Graupner & Brunel 2012, set DP: 60 pairs at 1 Hz drive the mean efficacy towards Gamma_p/(Gamma_p + Gamma_d)."""
    curve = protocols.pairing(am.plasticity.get("calcium_traces", "DP"), ["-20 ms", "10 ms"], weight="0.5 nS")
    assert curve.after[0] < 0.47 and curve.after[1] > 0.53


def test_dopamine_late_is_dopamine_lost():
    """The eligibility decays: what is left at the pulse decides (Izhikevich 2007)."""
    curve = protocols.dopamine_pulses("reward_stdp", ["0.5 s", "1 s", "2 s", "3 s"])
    ratio = curve.difference[1:] / curve.difference[:-1]
    np.testing.assert_allclose(ratio, np.exp([-0.5, -1.0, -1.0]), rtol=2e-3)


def test_bursts_and_trains():
    bursts = protocols.theta_burst(am.plasticity.stdp(A_plus=0.001, A_minus=0.001), (1, 4, 8))
    assert (np.diff(bursts.difference) > 0).all()
    trains = protocols.tetanus(am.plasticity.get("triplet", "V1"), ["5 Hz", "50 Hz"], pulses=20)
    assert trains.difference[1] > trains.difference[0]


def test_a_curve_has_a_picture():
    curve = protocols.triplets("stdp", n=2)
    assert curve.labels[0] == "(-5, 5)"
    ax = curve.figure().axes[0]
    assert ax.get_xlabel() == "times (ms)"


def test_errors():
    with pytest.raises(am.AmineError, match="unknown order"):
        protocols.triplets("stdp", order="pre")
    with pytest.raises(am.AmineError, match="no value is given"):
        protocols.pairing("stdp", [])
    with pytest.raises(am.AmineError, match="the target did not spike when it should"):
        protocols.frequency_series("stdp", ["1000 Hz"], neuron=am.models.lif_cond(t_ref="5 ms"), n=5)
    with pytest.raises(am.AmineError, match="no bounds to start between"):
        protocols.pairing(am.plasticity.rule("free", "w : nS\non pre w += 1*nS"))
