"""Distributions as data."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.distributions import Distribution, parse_distribution

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    "d", [am.normal("3 ms", "1 ms"), am.lognormal("3 ms", "1 ms"), am.uniform("1 ms", "5 ms"), am.exponential("3 ms")]
)
def test_mean_text_and_data(d):
    x = d.internal("ms", "x").draw(40_000, RNG)
    assert x.mean() == pytest.approx(3.0, abs=0.06)
    assert parse_distribution(repr(d), "x") == d
    assert Distribution.from_dict(d.to_dict()) == d


def test_bounds():
    x = am.normal("0 mV", "1 mV").clipped("-1 mV", "0.5 mV").internal("mV", "x").draw(10_000, RNG)
    assert x.min() == -1 and x.max() == 0.5 and np.mean(x == -1) == pytest.approx(0.159, abs=0.02)
    x = am.normal("0 mV", "1 mV").truncated("-1 mV").internal("mV", "x").draw(10_000, RNG)
    assert x.min() > -1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('normal("1 ms")', "takes mean and sd"),
        ('gauss("1 ms", "2 ms")', "'gauss' is not known"),
        ('normal(open("x"), "1 ms")', "not a distribution"),
        ('normal("1 ms", "1 ms").evil()', "not known"),
    ],
)
def test_bad_text(text, words):
    with pytest.raises(am.AmineError, match=words):
        parse_distribution(text, "delay")


@pytest.mark.parametrize(
    "d",
    [
        am.normal("1 ms", "-1 ms"),
        am.lognormal("0 ms", "1 ms"),
        am.uniform("2 ms", "1 ms"),
        am.normal("1 mV", "1 ms"),
        am.normal("1 ms", "1 ms").clipped("2 ms", "1 ms"),
    ],
)
def test_bad_numbers(d):
    with pytest.raises(am.AmineError):
        d.internal("ms", "x")


def test_bounds_that_hold_nothing():
    with pytest.raises(am.AmineError, match="almost nothing lies within"):
        am.normal("0 ms", "1 ms").truncated("50 ms").internal("ms", "x").draw(10, RNG)
