"""Functions that a model defines itself, as text and as tables."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import amine as am
from amine.equations.own import MOST_POINTS
from amine.equations.symbols import symbol

X = np.array([-80.0, -55.0, -40.0, -39.0, 0.0])
Y = np.array([0.1, 0.5, 0.2, 0.9, 1.5])
LEAK = "dv/dt = (E - v)*f(v)/tau : mV\n"
VALUES = {"E": "-65 mV", "tau": "10 ms"}


def rate(lines: str) -> sp.Expr:
    return am.models.neuron("n", lines + LEAK, **VALUES).parsed.full_rhs["v"]


def test_a_table_is_linear_between_its_points():
    line = am.models.table("f", X * am.units.mV, Y)
    e = rate(line + "\n")
    v = np.linspace(-100, 20, 301)
    found = sp.lambdify(symbol("v"), e.subs({symbol("E"): 1000.0, symbol("tau"): 1.0}), "numpy")(v) / (1000.0 - v)
    np.testing.assert_allclose(found, np.interp(v, X, Y), rtol=1e-12)


def test_units_of_a_table_are_those_that_it_says():
    a = rate("table f(v : V) = [-0.08, -0.04], [100, 300] : 1\n")
    b = rate("table f(v : mV) = [-80, -40], [100, 300] : 1\n")
    at = {symbol("v"): -50.0, symbol("E"): 1.0, symbol("tau"): 1.0}
    assert float(a.subs(at)) == pytest.approx(float(b.subs(at))) == pytest.approx(250.0 * 51)


def test_functions_call_each_other_and_read_parameters():
    text = "function s(x : 1) = 1/(1 + exp(-x)) : 1\nfunction f(v : mV) = s((v - E)/(4*mV))**2 if v > E else 0.25 : 1\n"
    e = rate(text).subs({symbol("E"): -65.0, symbol("tau"): 10.0})
    for v in (-80.0, -64.0, -50.0):
        expected = (1 / (1 + np.exp(-(v + 65) / 4))) ** 2 if v > -65 else 0.25
        assert float(e.subs(symbol("v"), v)) == pytest.approx((-65 - v) * expected / 10)


def test_a_table_in_a_network_and_in_training():
    torch = pytest.importorskip("torch")
    cell = am.models.neuron(
        "n",
        am.models.table("f", X * am.units.mV, Y) + "\n" + LEAK.replace("/tau", "/tau + I/C") + "initial v = -30*mV",
        **VALUES,
        C="100 pF",
    )
    net = am.Network()
    net.population("P", 1, cell)
    net.probe("P", "v", name="v")
    v = net.run("20 ms", precision="float64", progress=False).probes["v"]["v"][:, 0]
    x, expected = -30.0, []
    for _ in range(2000):  # Euler with a hundredth of the step
        expected += [x] if _ % 10 == 0 else []
        x += 0.01 * (-65 - x) * np.interp(x, X, Y) / 10
    np.testing.assert_allclose(v, expected[: len(v)], atol=0.05)
    out = net.to_module(outputs="P.v", learn=["P.E"], precision="float64")(duration="20 ms")
    trace = out["P.v"] if isinstance(out, dict) else out
    np.testing.assert_allclose(trace.detach().numpy().ravel()[:-1], v[1:], atol=1e-9)
    trace.sum().backward()
    assert torch.isfinite(next(net.to_module(outputs="P.v", learn=["P.E"]).parameters())).all()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("table f(v : mV) = [0, 1], [1, 2, 3] : 1", "lists do not fit"),
        ("table f(v : mV) = [0], [1] : 1", "lists do not fit"),
        (f"table f(v : mV) = {list(range(MOST_POINTS + 1))}, {list(range(MOST_POINTS + 1))} : 1", "lists do not fit"),
        ("table f(v : mV) = [1, 0], [1, 2] : 1", "do not increase"),
        ("table f(v : mV) = [0, 1], [1, 1e999] : 1", "not finite"),
        ("table f(v : mV) = [0, a], [1, 2] : 1", "not readable"),
        ("table f(v : mV) = __import__('os') : 1", "not readable"),
        ("table f(v : mV, w : mV) = [0, 1], [1, 2] : 1", "has one argument"),
        ("table f(v : ms) = [0, 1], [1, 2] : 1", "argument 'v' of f.. has the wrong dimension"),
        ("table f(v : mV) = [0, 1], [1, 2] : mV", "wrong dimension"),
        ("function f(v : mV) = v : 1", "wrong dimension"),
        ("function f(v : mV) = f(v) : 1", "'f' is not known"),
        ("function f(v : mV, v : mV) = v/mV : 1", "two arguments have one name"),
        ("function f(v, w) = v : 1", "defines no function"),
        ("function f(v : blorp) = 1 : 1", "unit is not known"),
        ("function exp(v : mV) = v/mV : 1", "taken or reserved"),
        ("function f(v : mV) = rand() : 1", "random numbers"),
        ("function f(a : mV, b : mV) = a/b : 1", "takes 2 argument"),
    ],
)
def test_what_is_refused(line, problem):
    with pytest.raises(am.AmineError, match=problem) as e:
        rate(line + "\n")
    assert "\n" not in str(e.value)
