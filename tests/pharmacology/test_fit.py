"""Hill fits: what was put in comes back, and intervals cover the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.pharmacology.fit import hill_fit

C = np.concatenate([[0.0], np.geomspace(0.01, 100.0, 9)])


def curve(c, ec50, slope, zero, infinity):
    return zero + (infinity - zero) * c**slope / (c**slope + ec50**slope)


@settings(max_examples=15, deadline=None)
@given(
    ec50=st.floats(0.05, 20.0),
    slope=st.floats(0.6, 4.0),
    zero=st.floats(-50, 50),
    change=st.floats(1.0, 100.0) | st.floats(-100.0, -1.0),
)
def test_exact_curves_come_back(ec50, slope, zero, change):
    f = hill_fit(C, curve(C, ec50, slope, zero, zero + change))
    assert pytest.approx(ec50, rel=1e-4) == f.EC50 and f.slope == pytest.approx(slope, rel=1e-4)
    assert f.zero == pytest.approx(zero, abs=1e-3 * abs(change)) and f.infinity == pytest.approx(
        zero + change, abs=1e-3 * abs(change)
    )
    assert f.r2 > 0.999999 and f.p < 1e-6 and f.bottom <= f.top
    assert f(C) == pytest.approx(curve(C, ec50, slope, zero, zero + change), abs=1e-4 * abs(change))


def test_intervals_cover_as_often_as_they_say():
    """Of 30 noisy data sets the 95 % intervals of EC50 miss at most five (binomial: more has p < 0.004)."""
    g = np.random.default_rng(7)
    c = np.repeat(C, 3)
    hit = 0
    for _ in range(30):
        f = hill_fit(c, curve(c, 2.0, 1.5, 10.0, 2.0) + g.normal(0, 0.4, c.size))
        low, high = f.interval["EC50"]
        assert low <= f.EC50 <= high
        hit += low <= 2.0 <= high
    assert hit >= 25


def test_noise_is_no_curve():
    g = np.random.default_rng(3)
    p = [hill_fit(np.repeat(C, 3), g.normal(0, 1, 3 * C.size)).p for _ in range(9)]
    assert np.median(p) > 0.05
    assert hill_fit(C, np.full(C.size, 3.0)).p == 1.0


def test_what_the_data_leave_open_is_infinite():
    f = hill_fit(C, curve(C, 1e4, 1.0, 0.0, 100.0) + np.random.default_rng(1).normal(0, 0.02, C.size))
    assert np.isinf(f.interval["infinity"]).any() or f.interval["infinity"][1] > 5 * f.interval["infinity"][0]


def test_mistakes():
    for c, y, words in (
        (C[:3], C[:3], "too few values"),
        (-C, C, "negative"),
        (C, C[:-1], "differ in number"),
        (C, np.full(C.size, np.nan), "too few values"),
    ):
        with pytest.raises(am.AmineError, match=words):
            hill_fit(c, y)
