"""Quotients that are 0/0 somewhere are right at it and near it, in float32 and float64, or refused."""

from __future__ import annotations

import ast

import mpmath
import numpy as np
import pytest

import amine as am
from amine.equations.expression import parse_expression, parse_raw
from amine.equations.printer import Printer
from amine.equations.sampling import evaluate
from amine.equations.symbols import NONE, symbol

#: Rate functions of published channels as their papers print them, ``u`` being the voltage in mV; with the pole of each.
RATES = {
    "Hodgkin Huxley 1952, n, depolarisation negative": ("0.01*(u + 10)/(exp((u + 10)/10) - 1)", -10),
    "Hodgkin Huxley 1952, m, depolarisation negative": ("0.1*(u + 25)/(exp((u + 25)/10) - 1)", -25),
    "Hodgkin Huxley, n, rest at -65 mV": ("0.01*(u + 55)/(1 - exp(-0.1*(u + 55)))", -55),
    "Hodgkin Huxley, m, rest at -65 mV": ("0.1*(u + 40)/(1 - exp(-(u + 40)/10))", -40),
    "Gerstner Kistler 2002, n": ("(0.1 - 0.01*u)/(exp(1 - 0.1*u) - 1)", 10),
    "Gerstner Kistler 2002, m": ("(2.5 - 0.1*u)/(exp(2.5 - 0.1*u) - 1)", 25),
    "Gerstner 2014, n": ("0.02*(u - 25)/(1 - exp(-(u - 25)/9))", 25),
    "Gerstner 2014, m": ("-0.124*(u + 35)/(1 - exp((u + 35)/9))", -35),
    "Traub Miles 1991, m": ("0.32*(13.1 - u)/(exp((13.1 - u)/4) - 1)", 13.1),
    "Traub Miles 1991, beta m": ("0.28*(u - 40.1)/(exp((u - 40.1)/5) - 1)", 40.1),
    "Traub Miles 1991, n": ("0.016*(35.1 - u)/(exp((35.1 - u)/5) - 1)", 35.1),
    "Mainen Sejnowski 1996, m": ("0.182*(u + 35)/(1 - exp(-(u + 35)/9))", -35),
    "Mainen Sejnowski 1996, h": ("-0.0091*(u + 75)/(1 - exp((u + 75)/5))", -75),
    "Mainen Sejnowski 1996, n": ("0.02*(u - 25)/(1 - exp(-(u - 25)/9))", 25),
    "Reuveni 1993, Ca": ("0.055*(-27 - u)/(exp((-27 - u)/3.8) - 1)", -27),
    "Migliore 1999, m": ("0.4*(u + 30)/(1 - exp(-(u + 30)/7.2))", -30),
    "Migliore 1999, h": ("0.03*(u + 45)/(1 - exp(-(u + 45)/1.5))", -45),
    "Destexhe Pare 1999, M": ("0.0001*(u + 30)/(1 - exp(-(u + 30)/9))", -30),
    "Destexhe Pare 1999, beta m": ("0.28*(u + 58 - 40)/(exp((u + 58 - 40)/5) - 1)", -18),
    "Pospischil 2008, m": ("-0.32*(u + 56.2 - 13)/(exp(-(u + 56.2 - 13)/4) - 1)", -43.2),
    "Pospischil 2008, n": ("-0.032*(u + 56.2 - 15)/(exp(-(u + 56.2 - 15)/5) - 1)", -41.2),
    "Wang Buzsaki 1996, m": ("-0.1*(u + 35)/(exp(-0.1*(u + 35)) - 1)", -35),
    "Wang Buzsaki 1996, n": ("-0.01*(u + 34)/(exp(-0.1*(u + 34)) - 1)", -34),
    "Golomb Amitai 1997, m": ("1/(1 + exp(-(u + 30)/9.5))", -30),
    "Pinsky Rinzel 1994, s": ("0.02*(u - 51.1)/(exp((u - 51.1)/5) - 1)", 51.1),
    "Connor Stevens 1977, m": ("0.38*(u + 29.7)/(1 - exp(-0.1*(u + 29.7)))", -29.7),
    "Connor Stevens 1977, n": ("0.02*(u + 45.7)/(1 - exp(-0.1*(u + 45.7)))", -45.7),
    "Huguenard McCormick 1992, m": ("0.091*(u + 38)/(1 - exp(-(u + 38)/5))", -38),
    "Frankenhaeuser Huxley 1964, m": ("0.36*(u - 22)/(1 - exp((22 - u)/3))", 22),
    "Frankenhaeuser Huxley 1964, h": ("0.1*(-10 - u)/(1 - exp((u + 10)/6))", -10),
    "McIntyre 2002, m": ("6.57*(u + 20.4)/(1 - exp(-(u + 20.4)/10.3))", -20.4),
    "Jaffe 1994, L": ("15.69*(81.5 - u)/(exp((81.5 - u)/10) - 1)", 81.5),
    "Noble 1962, m": ("0.1*(-u - 48)/(exp((-u - 48)/15) - 1)", -48),
    "Beeler Reuter 1977, m": ("-(u + 47)/(exp(-0.1*(u + 47)) - 1)", -47),
    "Luo Rudy 1991, m": ("0.32*(u + 47.13)/(1 - exp(-0.1*(u + 47.13)))", -47.13),
    "Hay 2011, m": ("(0.182*(u - -38))/(1 - (exp(-(u - -38)/6)))", -38),
    "Magistretti Alonso 1999, l": ("0.0000026*(u + 64.4)/(1 - exp(-(u + 64.4)/2.63))", -64.4),
    "Kole 2006, h": ("0.001*6.43*(u + 154.9)/(exp((u + 154.9)/11.9) - 1)", -154.9),
    "constant field": ("u/(1 - exp(-u/12.5))", 0),
}

#: Other removable singularities, with the place of each.
FORMS = {
    "x/tanh(x)": ("u/tanh(u)", 0),
    "tanh(x)/x": ("tanh(0.5*u)/u", 0),
    "sin(x)/x": ("sin(u)/u", 0),
    "x/sin(x)": ("(u - 1)/sin(2*(u - 1))", 1),
    "log(1 + x)/x": ("log(1 + u)/u", 0),
    "x/log(x)": ("(u - 1)/log(u)", 1),
    "(1 - cos(x))/x": ("(1 - cos(u))/u", 0),
    "x**2/(1 - cos(x))": ("u**2/(1 - cos(u))", 0),
    "x/sinh(x)": ("(u + 3)/sinh((u + 3)/4)", -3),
    "tan(x)/x": ("tan(u)/u", 0),
    "(sqrt(1 + x) - 1)/x": ("(sqrt(1 + u) - 1)/u", 0),
    "(1 + x)**0.3 - 1": ("((1 + u)**0.3 - 1)/u", 0),
    "(2**x - 1)/x": ("(2.5**u - 1)/u", 0),
    "two exponentials": ("(exp(0.3*u) - exp(-0.2*u))/u", 0),
    "a sum": ("(u**2 + exp(u) - 1)/u", 0),
    "a polynomial": ("(u**3 - 8)/(u**2 - 4)", 2),
    "a product": ("u/(1 - exp(-u))*sin(3*u)/u", 0),
    "a quotient of quotients": ("(u/(exp(u) - 1))/(1 + u/(1 - exp(-u)))", 0),
    "a power": ("(0.1*(u + 40)/(1 - exp(-0.1*(u + 40))))**3", -40),
    "a root": ("sqrt(u/(exp(u) - 1))", 0),
    "a constant other than 1": ("(u - 2)/(exp(1.5*u) - exp(3))", 2),
    "a sum of quotients": ("0.3*(u + 1)/(exp(u + 1) - 1) + 0.2*(u - 1)/(exp((u - 1)/3) - 1)", 1),
    "a pole found by looking": ("(exp(u) + u**3 - 1.1)/(exp(2*u) + 2*u**3*exp(u) + u**6 - 1.21)", 0.09454167936618506),
    "a nested pole": ("exp(-u/(exp(u) - 1))", 0),
}

OFFSETS = (0.0, 1e-6, -1e-6, 1e-3, -1e-3, 0.03, -0.03, 0.3, -0.3, 1.0, -0.9)


def exact(text: str, u: float) -> float:
    """The text as it stands, with 100 digits; at its pole, 1e-25 beside it."""
    names = {f: getattr(mpmath, f) for f in ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "sqrt")}
    tree = ast.parse(text, mode="eval")
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant):
            n.value = str(n.value)
    code = compile(ast.fix_missing_locations(_Numbers().visit(tree)), "<exact>", "eval")
    with mpmath.workdps(100):
        x = mpmath.mpf(u)
        try:
            return float(eval(code, {**names, "mpf": mpmath.mpf, "u": x}))
        except ZeroDivisionError:
            return float(eval(code, {**names, "mpf": mpmath.mpf, "u": x + mpmath.mpf("1e-25")}))


class _Numbers(ast.NodeTransformer):
    """Each number as ``mpf("number")``: its decimal digits and not the nearest float."""

    def visit_Constant(self, n: ast.Constant) -> ast.AST:
        return ast.Call(ast.Name("mpf", ast.Load()), [n], [])


def exprel(x):
    return np.where(x == 0, x.dtype.type(1), np.expm1(x) / np.where(x == 0, x.dtype.type(1), x))


def values(text: str, u: np.ndarray) -> np.ndarray:
    """The parsed text in the precision of ``u``, as kernels take it."""
    code = Printer("numpy")(parse_expression(text, {"u": NONE}, "test"))
    with np.errstate(invalid="ignore", divide="ignore"):
        return eval(code, {"np": np, "u": u, "exprel": exprel})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*RATES, *FORMS])
def test_right_at_and_near_the_pole(name, dtype):
    text, pole = {**RATES, **FORMS}[name]
    u = (pole + np.array(OFFSETS)).astype(dtype)
    found = values(text, u)
    assert found.dtype == dtype
    right = np.array([exact(text, float(x)) for x in u])
    np.testing.assert_allclose(found, right, rtol=1e-5 if dtype is np.float32 else 1e-12, atol=1e-20)


@pytest.mark.parametrize("name", ["K_HH", "h", "CaL"])
def test_rates_of_the_library_at_their_poles(name):
    """Also where SymPy folds the literal numbers of an exponential into its factor."""
    for e in am.models.get(name).parsed.full_rhs.values():
        values = {s: 0.3 for s in e.free_symbols if s.name != "v"}
        e = e.subs(values)
        for pole in (-55.0, -154.9, -27.0):
            at, near = (evaluate(e, {symbol("v"): pole + h}) for h in (0.0, 1e-7))
            assert np.isfinite(at) and at == pytest.approx(near, rel=1e-5)


REFUSED = {
    "one-sided": "u/abs(u)",
    "double zeros": "(exp(u) - 1 - u)/u**2",
    "poles that cancel in a sum": "1/tanh(u) - 1/u",
    "no known form": "(exp(u)*abs(u) - abs(u))/sin(u)**2*floor(u)/u**2*u",
    "found by looking": "abs(exp(u) + u**3 - 1.1)/(exp(u) + u**3 - 1.1)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_others_are_refused(name):
    with pytest.raises(am.AmineError, match="0/0 at u = .* and no form is known") as e:
        parse_expression(REFUSED[name], {"u": NONE}, "test")
    assert "exprel" in str(e.value) and "where" in str(e.value)


def test_a_branch_of_the_users_own_is_left_alone():
    e = parse_expression("where(abs(u) < 0.01, 0.5, (exp(u) - 1 - u)/u**2)", {"u": NONE}, "test")
    assert evaluate(e, {symbol("u"): 0.0}) == 0.5
    with pytest.raises(am.AmineError, match="0/0"):
        parse_expression("where(u > 0.01, 0.5, (exp(u) - 1 - u)/u**2)", {"u": NONE}, "test")


@pytest.mark.parametrize(
    "text", ["1/u", "(u + 1)/u", "1/(exp(u) - 1)", "u/(exp(u) - 2)", "u/(1 + exp(u))", "u/(u + 2)", "cos(u)/u"]
)
def test_true_poles_and_plain_quotients_stay_as_they_are(text):
    assert parse_expression(text, {"u": NONE}, "test") == parse_raw(text, {"u": NONE}, "test")


def rate_of(lines: str, **parameters):
    text = "dv/dt = (E - v)/tau : mV\n" + lines + "\ndn/dt = rate*(1 - n) - n/tau : 1"
    eq = am.models.neuron("n", text, E="-65 mV", tau="10 ms", **parameters).parsed
    return eq.expand(eq.named["rate"])


def test_poles_from_parameters_with_units_and_in_named_parts():
    """Numerator and denominator on lines of their own, the pole a parameter: a (v - V_n)/(1 - exp(-(v - V_n)/k))."""
    lines = "x = (v - V_n)/k : 1\ntop = a*k*x : mV/ms\nlow = (1 - exp(-x))*mV : mV\nrate = top/low : 1/ms"
    e = rate_of(lines, V_n="-55 mV", k="10 mV", a="0.01 1/ms")
    values = {symbol("V_n"): -55.0, symbol("k"): 10.0, symbol("a"): 0.01}
    for h in (0.0, 1e-9, -1e-4, 0.5):
        right = 0.1 if h == 0 else 0.01 * h / -np.expm1(-h / 10)
        assert evaluate(e, {**values, symbol("v"): -55.0 + h}) == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("other", [-55.0, -50.0])
def test_poles_that_meet_by_the_values_of_parameters(other):
    """(v - V_1)/(exp((v - V_2)/k) - 1) has no pole where V_1 = V_2, and keeps it where not."""
    e = rate_of("rate = (v - V_1)/(exp((v - V_2)/k) - 1)/mV/ms : 1/ms", V_1="-55 mV", V_2="-55 mV", k="10 mV")
    values = {symbol("V_1"): -55.0, symbol("V_2"): other, symbol("k"): 10.0}
    for v in (-55.0, -54.999, -52.0):
        h = (v - other) / 10
        right = 10.0 if h == 0 else (v + 55) / np.expm1(h)
        assert evaluate(e, {**values, symbol("v"): v}) == pytest.approx(right, rel=1e-9)
    at = evaluate(e, {**values, symbol("v"): other})
    assert np.isfinite(at) == (other == -55.0)


@pytest.mark.parametrize("text", ["1/(1 + floor(x)**4.8)", "1/(2 + x**0.5)", "1/(1 + max(x, 0)**2.5)"])
def test_broken_powers_that_nothing_makes_vanish_have_no_poles(text):
    model = am.models.neuron(
        "powers", f"dv/dt = (E - v)/tau : mV\ndx/dt = {text}/tau - x/tau : 1", E="-65 mV", tau="10 ms"
    )
    assert "x" in model.parsed.states


def test_a_state_that_leaves_the_range_of_numbers_has_no_accuracy():
    text = "dv/dt = (E - v)/tau : mV\ndx/dt = exp(x)/tau : 1\nthreshold v > 0*mV"
    with pytest.raises(am.AmineError, match="a state leaves the range of numbers|inf|nan"):
        am.models.neuron("bursting", text, E="-65 mV", tau="1 ms").accuracy(0.1)
