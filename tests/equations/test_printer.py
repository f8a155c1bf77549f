"""Printed expressions say what was settled: brackets by precedence, the same value in every dialect, lines that end in time."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amine.equations import terms as t
from amine.equations.lower import Lowering
from amine.equations.printer import WIDTH, Printer
from amine.equations.symbols import symbol

NUMBERS = st.floats(-4, 4, allow_nan=False, width=32).map(float)
VALUES = {"a": 0.7, "b": -1.3, "c": 2.9, "d": 0.2}


def trees(leaves):
    """Expressions of all kinds of nodes; comparisons only where a truth value belongs."""

    def grow(inner):
        truth = st.builds(t.Binary, st.sampled_from([">", "<=", "=="]), inner, inner)
        truth = (
            truth | st.builds(t.Binary, st.sampled_from("&|"), truth, truth) | st.builds(t.Unary, st.just("not"), truth)
        )
        return (
            st.builds(t.Binary, st.sampled_from("+-*/"), inner, inner)
            | st.builds(t.Unary, st.just("-"), inner)
            | st.builds(lambda f, x: t.call(f, x), st.sampled_from(["exp", "abs", "floor"]), inner)
            | st.builds(lambda f, x, y: t.call(f, x, y), st.sampled_from(["min", "max"]), inner, inner)
            | st.builds(lambda c, x, y: t.call("select", c, x, y), truth, inner, inner)
            | st.builds(t.Choice, truth, inner, inner)
        )

    return st.recursive(leaves, grow, max_leaves=24)


TREES = trees(st.sampled_from([t.Name(n) for n in VALUES]) | NUMBERS.map(t.Number))


def bracketed(e: t.Expr) -> str:
    """The expression with brackets around everything: what precedence must not change."""
    match e:
        case t.Name(name):
            return name
        case t.Number(value):
            return f"({value!r})"
        case t.Unary(op, x):
            return f"({op} {bracketed(x)})"
        case t.Binary(op, x, y):
            return f"({bracketed(x)} {op} {bracketed(y)})"
        case t.Choice(c, x, y):
            return f"({bracketed(x)} if {bracketed(c)} else {bracketed(y)})"
        case t.Call(f, args):
            f = f"{f}64" if f in ("exp", "floor") else f
            return f"{f}({', '.join(bracketed(x) for x in args)})"
    raise AssertionError(e)


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_precedence_never_changes_what_is_said(e):
    text = Printer("scalar").text(e)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(bracketed(e)))


@settings(max_examples=200, deadline=None)
@given(TREES, st.integers(20, 90))
def test_long_expressions_are_broken_without_a_change(e, room):
    broken = Printer("scalar").text(e, room)
    assert ast.dump(ast.parse(f"({broken})")) == ast.dump(ast.parse(bracketed(e)))


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_numpy_and_scalars_give_the_same_value(e):
    def select(c, x, y):
        return x if c else y

    try:
        scope = {"exp64": math.exp, "floor64": math.floor, "select": select, "abs": abs, "min": min, "max": max}
        want = eval(Printer("scalar").text(e), scope, VALUES)
    except (ZeroDivisionError, OverflowError, ValueError):
        return
    with np.errstate(all="ignore"):
        found = eval(Printer("numpy").text(e), {"np": np}, VALUES)
    np.testing.assert_allclose(float(found), want, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1/tau", "1.0/tau"),
        ("-dt/C", "-(dt/C)"),
        ("a*b/(c*d)", "a*b/(c*d)"),
        ("(a - b)*c", "c*(a - b)"),
        ("a - (b + c)", "a - b - c"),
        ("a/b/c", "a/(b*c)"),
        ("x**3", "x*x*x"),
        ("a*b + c", "fma64(a, b, c)"),
        ("c - a*b", "fma64(-a, b, c)"),
        ("a*b + c*d - x", "fma64(c, d, a*b) - x"),
        ("exp(-x)*2", "2.0*exp64(-x)"),
        ("(a > b) & (c > d)", "(a > b) & (c > d)"),
    ],
)
def test_there_are_no_brackets_too_many(text, printed):
    names = {n: symbol(n) for n in ("a", "b", "c", "d", "x", "tau", "dt", "C")}
    assert Printer("scalar")(sp.parse_expr(text, local_dict=names)) == printed


def test_every_function_has_code_in_every_dialect():
    x, y = symbol("x"), symbol("y")
    whole = [sp.exp(x), sp.log(x), sp.sin(x), sp.tan(x), sp.sinh(x), sp.Abs(x), sp.Min(x, y), sp.Max(x, y), sp.sign(x)]
    whole += [sp.Piecewise((x, x > y), (y, True)), sp.Heaviside(x), x**y, sp.sqrt(x), sp.floor(x)]
    for e in whole:
        for mode in ("kernel", "numpy", "scalar", "c"):
            assert Printer(mode)(e)
    with pytest.raises(NotImplementedError, match="Derivative"):
        Lowering()(sp.Derivative(sp.Function("f")(x), x))


def test_lines_end_in_time():
    e = sp.Add(*[symbol(f"a_long_name_of_a_state_{i}") * symbol(f"and_its_constant_{i}") for i in range(12)])
    lines = Printer("kernel").text(Lowering()(e), WIDTH).split("\n")
    assert len(lines) == 12 and max(map(len, lines)) <= WIDTH
