"""Quantities at the door."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amine as am
from amine.units import _UNITS, dimension_of, format_quantity, internal_unit, to_internal


def test_every_built_in_unit_agrees_with_pint():
    import pint

    registry = pint.UnitRegistry()
    base = {"V": "mV", "s": "ms", "A": "pA", "m": "um", "K": "K"}
    for name, (_, factor) in _UNITS.items():
        if name.endswith("M") or name in (
            "h",
            "hour",
            "min",
        ):  # molar is spelt otherwise there, and these are long names
            continue
        q = registry.Quantity(1, {"Ohm": "ohm"}.get(name, name.replace("Ohm", "ohm")))
        dim = dimension_of(name)
        coherent = registry.Quantity(1, "dimensionless")
        for unit, power in zip(("mV", "ms", "pA", "um", "umol/L", "K"), dim, strict=True):
            coherent = coherent * registry.Quantity(1, unit) ** float(power)
        assert q.to(coherent.units).magnitude == pytest.approx(factor, rel=1e-12), name
    assert base


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("20 ms", "ms", 20),
        ("1.5 uS", "nS", 1500),
        ("5 Hz", "Hz", 0.005),
        ("1 uF/cm**2", "uF/cm**2", 0.01),
        ("0", "mV", 0),
        (0.3, "1", 0.3),
        ("2e3 pA", "nA", 2000),
        ("1 mM", "uM", 1000),
    ],
)
def test_values(value, unit, expected):
    assert to_internal(value, unit, "x") == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("20", "ms", "unit is missing"),
        (20, "ms", "unit is missing"),
        ("20 mV", "ms", "wrong dimension"),
        ("abc", "ms", "not a quantity"),
        ("1 blorp", "ms", "'blorp' is not a unit"),
        ("nan ms", "ms", "not finite"),
        ("inf ms", "ms", "not finite"),
        (True, "1", "not a quantity"),
        (None, "ms", "not a quantity"),
        ("20 ms; import os", "ms", "not a unit"),
    ],
)
def test_bad_values(value, unit, words):
    with pytest.raises(am.AmineError, match=words) as e:
        to_internal(value, unit, "Population 'E', parameter 'tau_m'")
    assert str(e.value).startswith("Population 'E', parameter 'tau_m'") and "\n" not in str(e.value)


def test_bounds_and_shapes():
    with pytest.raises(am.AmineError, match="positive"):
        to_internal("0 ms", "ms", "x", positive=True)
    with pytest.raises(am.AmineError, match="negative"):
        to_internal("-1 ms", "ms", "x", nonnegative=True)
    with pytest.raises(am.AmineError, match=r"given \(2,\), expected \(3,\)"):
        to_internal(["1 ms", "2 ms"], "ms", "x", shape=(3,))


def test_pint_quantities_and_arrays():
    np.testing.assert_allclose(to_internal(np.array([1.0, 2.0]) * am.units.nS, "nS", "x"), [1, 2])
    assert to_internal(3 * am.units.mV, "V", "x") == 3.0


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6),
    st.sampled_from(["ms", "mV", "nS", "pA", "Hz", "uM", "um", "nA", "1/mV"]),
)
def test_round_trip(x, unit):
    assert to_internal(format_quantity(to_internal(f"{x!r} {unit}", unit, "x"), unit), unit, "x") == pytest.approx(
        to_internal(f"{x!r} {unit}", unit, "x"), rel=1e-5
    )
    assert dimension_of(internal_unit(dimension_of(unit))) == dimension_of(unit)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_arbitrary_text_gives_a_number_or_an_error(text):
    with contextlib.suppress(am.AmineError):
        assert math.isfinite(to_internal(text, "ms", "x"))


@pytest.mark.parametrize(
    "value", [1j, 1j * am.units.ms, np.ones(3) * (1 + 0j) * am.units.ms, [1j * am.units.ms] * 2, np.complex64(2)]
)
def test_complex_numbers_are_refused(value):
    with pytest.raises(am.AmineError, match="x(.0.)?: this is a complex number"):
        to_internal(value, "ms", "x")
