"""What a few lines of text may build: refused in one sentence, before it is built."""

from __future__ import annotations

import pytest

import amine as am
from amine.units import to_internal


def neuron(text: str):
    return am.models.neuron("n", text, E="-65 mV", tau="10 ms")


@pytest.mark.parametrize(
    "factor",
    [
        "floor(exp(exp(30)))",
        "9**9**9**9",
        "((99999**60)**60)**60",
        "exp(exp(exp(9)))",
        "(v/E)**60**60",
        "1e200*1e200",
        "+".join(["1"] * 900),
    ],
)
def test_numbers_and_expressions_that_are_too_large(factor):
    with pytest.raises(am.AmineError, match="too large|too long|nested") as e:
        neuron(f"dv/dt = (E - v)/tau*({factor}) : mV")
    assert len(str(e.value)) < 600 and "\n" not in str(e.value)


def test_lines_that_double():
    lines = ["x0 = v/E : 1"] + [f"x{i + 1} = sin(x{i}) + cos(x{i}) : 1" for i in range(60)]
    with pytest.raises(am.AmineError, match="too long with all named parts substituted"):
        neuron("\n".join([*lines, "dv/dt = (E - v)/tau*x60 : mV"]))


def test_too_many_states():
    with pytest.raises(am.AmineError, match="the model is too long"):
        neuron("\n".join(["dv/dt = (E - v)/tau : mV", *(f"dx{i}/dt = -x{i}/tau : 1" for i in range(201))]))


def test_an_unknown_statement():
    with pytest.raises(am.AmineError, match="this is not a statement.*threshold"):
        neuron("dv/dt = (E - v)/tau : mV\nspike v > 1*mV")


@pytest.mark.parametrize("unit", ["ms*9**9**9**9", "mV**(1/0)", "V**999", "(" * 99 + "ms", "ms" * 99, "degC"])
def test_units_that_are_none(unit):
    with pytest.raises(am.AmineError, match="is not a unit|wrong dimension"):
        to_internal(f"10 {unit}", "ms", "x")


@pytest.mark.parametrize("value", [10**400, 10**6000, "1" * 2000, [10**400], object(), b"x", 1j], ids=range(7))
def test_values_that_are_none(value):
    with pytest.raises(am.AmineError):
        to_internal(value, "ms", "x")


@pytest.mark.parametrize(
    "make",
    [
        lambda: am.lognormal("1 ms", "1e300 ms"),
        lambda: am.lognormal("1 ms", "1e8 ms"),
        lambda: am.uniform("0 ms", "1e300 ms"),
    ],
)
def test_distributions_that_are_too_wide(make):
    with pytest.raises(am.AmineError, match="too large"):
        make().internal("ms", "x")
