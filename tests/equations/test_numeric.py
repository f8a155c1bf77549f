"""Numerical values of expressions: parameters along a dendrite, relaxation rates of gates."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine import equations
from amine.equations.expression import parse_expression
from amine.units import dimension_of


def test_a_formula_of_the_path():
    x = np.array([0.0, 100.0, 250.0])
    found = equations.formula_of_path("2*mS/cm**2*exp(-x/(100*um))", x, "mS/cm**2", "g")
    assert found == pytest.approx(0.02 * np.exp(-x / 100.0), rel=1e-15)  # nS/um^2
    assert equations.formula_of_path("3*mV", x, "mV", "E").tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize(("text", "problem"), [("2*mV*x", "dimension"), ("2*mV*y", "'y' is not known")])
def test_what_is_no_formula_of_the_path(text, problem):
    with pytest.raises(am.AmineError, match=problem):
        equations.formula_of_path(text, np.zeros(2), "mV", "E")


def test_the_fastest_rate_of_a_gate():
    dims = {"v": dimension_of("mV"), "m": dimension_of("1"), "tau": dimension_of("ms"), "c": dimension_of("1")}
    e = parse_expression("(c - m)*(1 + v**2/mV**2)/tau", dims, "gate")
    v = np.array([-1.0, 0.5, 2.0])
    assert equations.fastest_rate(e, "m", v, {"tau": 10.0, "c": 1.0}) == pytest.approx((1 + 4.0) / 10.0)
    assert equations.fastest_rate(e, "m", v, {"c": 1.0}) is None  # tau is not known
