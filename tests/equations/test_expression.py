"""Operators and functions of expressions: values as in Python and NumPy, right derivatives, and what is refused."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

import amine as am
from amine.equations.expression import parse_expression
from amine.equations.printer import Printer
from amine.equations.symbols import NONE, TIME, symbol
from amine.learn.nn.adjoint import derivative

NAMES = {"x": NONE, "y": NONE}
FUNCTIONS = {
    **{f: getattr(np, f) for f in ("sin", "cos", "tanh", "exp", "arctan", "floor", "ceil", "arctan2")},
    "abs": np.abs,
    "round": np.round,
    "min": np.minimum,
    "max": np.maximum,
    "int": float,
}


def value(text: str, x: object, y: object) -> np.ndarray:
    code = Printer("numpy")(parse_expression(text, NAMES, "P"))
    with np.errstate(all="ignore"):
        return np.asarray(eval(code, {"np": np, "x": x, "y": y}), float)


def drawn(r: random.Random, depth: int) -> str:
    """A random expression in ``x`` and ``y``."""
    if depth == 0 or r.random() < 0.1:
        return r.choice(["x", "y", "pi", "2", "0.5", "3"])
    a, b, c, d = (drawn(r, depth - 1) for _ in range(4))
    condition = f"({a} {r.choice(['>', '<=', '==', '!='])} {b} and not {c} < {d})"
    return r.choice(
        [
            *(f"({a} {op} {b})" for op in "+-*"),
            f"({a} % (abs({b}) + 1))",
            f"({c} if {condition} else {d})",
            f"int({condition})",
            f"{r.choice(['sin', 'arctan', 'tanh', 'floor', 'ceil', 'round', 'abs'])}({a})",
            f"{r.choice(['min', 'max', 'arctan2'])}({a}, {b})",
        ]
    )


STEPS = ("floor", "ceil", "round", "%", "if", "int", "arctan2")


@pytest.mark.parametrize("seed", range(4))
def test_the_value_is_that_of_python(seed):
    r, compared = random.Random(seed), 0
    for _ in range(40):
        text, x, y = drawn(r, 2), r.uniform(-5, 5), r.uniform(-5, 5)
        scope = {**FUNCTIONS, "pi": math.pi, "x": np.float64(x), "y": np.float64(y)}
        expected = float(eval(text, scope))
        if any(f in text for f in STEPS):  # where rounding decides on which side of a step a value lies
            near = [float(eval(text, {**scope, "x": x + e, "y": y - e})) for e in (1e-9, -1e-9)]
            if not np.allclose(near, expected, rtol=1e-6, atol=1e-6):
                continue
        np.testing.assert_allclose(value(text, np.float64(x), np.float64(y)), expected, rtol=1e-9, atol=1e-9)
        compared += 1
    assert compared > 30


@pytest.mark.parametrize(
    "text",
    ["arcsin(x)", "arccos(x)", "arctan(x)", "arctan2(x, y)", "arctan2(y, x)", "log10(x + 2)", "x % y", "y % (x + 2)"]
    + ["y**2 if x > y else x**3", "x*round(3*x)", "x*int(x != y)", "ceil(4*x)*x", "clip(x, 0, inf)*y"],
)
def test_the_derivative_is_that_of_finite_differences(text):
    e = parse_expression(text, NAMES, "P")
    r = np.random.default_rng(3)
    x, y, h = r.uniform(0.05, 0.45, 50), r.uniform(0.5, 0.9, 50), 1e-6
    code = compile(Printer("numpy")(derivative(e, symbol("x"))), "<derivative>", "eval")
    found = np.broadcast_to(eval(code, {"np": np, "x": x, "y": y}), x.shape)
    upper, lower = value(text, x + h, y), value(text, x - h, y)
    smooth = np.abs(upper - lower) < 1e-3  # none across a step
    assert smooth.sum() > 40
    np.testing.assert_allclose(found[smooth], ((upper - lower) / (2 * h))[smooth], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("inf", "no finite real value; inf may stand in min"),
        ("x*inf", "no finite real value"),
        ("arcsin(2)", "not a finite real number"),
        ("x % 0", "divides by zero"),
        ("t % x", "differ in dimension"),
        ("t if x > 0 else x", "both cases of .* differ in dimension"),
        ("x if y else 1", "a number stands where a condition is needed"),
        ("int(x)", "a number stands where a condition is needed"),
        ("t == x", "different dimension are compared"),
        ("arctan2(t, x)", "differ in dimension"),
        ("log10(t)", "argument of log10.. has a dimension"),
        ("x == y", "a comparison stands where a number is needed"),
        ("x is y", "this comparison is not allowed"),
        ("1 if x > 0 else " * 70 + "2", "nested too deeply"),
        ("10**400 % x", "too large"),
    ],
)
def test_what_is_refused(text, problem):
    with pytest.raises(am.AmineError, match=problem) as e:
        parse_expression(text, {**NAMES, "t": TIME}, "P")
    assert "\n" not in str(e.value)


def test_infinite_bounds_vanish():
    for text, same in (
        ("clip(x, 0, inf)", "max(x, 0)"),
        ("min(x, inf)", "x"),
        ("max(-inf, x)", "x"),
        ("1/inf + x", "x"),
    ):
        assert parse_expression(text, NAMES, "P") == parse_expression(same, NAMES, "P")
    assert parse_expression("int(x < inf)", NAMES, "P") == 1
