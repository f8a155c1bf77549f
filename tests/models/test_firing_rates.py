"""Neurons with channels fire at the rate that LSODA gives for their equations, within 1 % at a step of 0.05 ms."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import amine as am
from amine.equations import parse
from amine.equations.symbols import symbol
from amine.units import to_internal

CHANNELS = [n for n in am.models.names("neuron") if am.models.get(n).integrators["v"] == "exponential_euler"]
DRIVE = {"traub_miles": 150.0, "traub_miles_block": 150.0, "thalamic_relay": 1000.0, "thalamic_reticular": 200.0}  # pA
SPAN, SETTLED = 600.0, 200.0  # ms


def rate(times: np.ndarray) -> float:
    """Mean rate between the first and the last spike after the start, in Hz."""
    t = times[times > SETTLED]
    assert len(t) > 8, "the drive does not make it fire"
    return 1e3 * (len(t) - 1) / (t[-1] - t[0])


def reference(name: str, current: float) -> float:
    """The rate by LSODA, from the model's own equations."""
    model = am.models.get(name)
    eq = parse(model)
    values = {symbol(n): float(to_internal(v, model.units[n], n)) for n, v in model.parameters.items()}
    values |= {symbol("I"): current, symbol("t"): 0.0}
    states = [symbol(s) for s in eq.full_rhs]
    functions = [{"exprel": lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))}, "numpy"]
    rhs = sp.lambdify(states, [e.subs(values) for e in eq.full_rhs.values()], functions)
    start: dict = {}
    for s in sorted(states, key=lambda s: s.name != "v"):
        start[s] = float(sp.N(eq.expand(eq.initial.get(s.name, sp.S.Zero)).subs(values).subs(start)))
    threshold = values[symbol("V_th")]

    def crossing(t: float, y: np.ndarray) -> float:
        return y[states.index(symbol("v"))] - threshold

    crossing.direction = 1  # type: ignore[attr-defined]
    first = [start[s] for s in states]
    made = solve_ivp(
        lambda t, y: rhs(*y), (0, SPAN), first, "LSODA", events=crossing, rtol=1e-8, atol=1e-10, max_step=0.5
    )
    return rate(made.t_events[0])


@pytest.mark.parametrize("name", CHANNELS)
def test_rate_against_lsoda(name):
    expected = reference(name, DRIVE.get(name, 100.0))
    for dt, tolerance in ((0.05, 0.01), (0.1, 0.02)):
        net = am.Network(dt=f"{dt} ms")
        cell = net.population("cell", 1, name)
        net.stimulus(cell, am.step(f"{DRIVE.get(name, 100.0)} pA"))
        found = rate(net.run(f"{SPAN} ms", precision="float64", progress=False).spikes["cell"].times)
        assert found == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("name", ["hodgkin_huxley", "traub_miles"])
def test_the_order_is_two(name):
    """Halving the step takes a quarter of the error of the rate."""
    expected, errors = reference(name, DRIVE.get(name, 100.0)), []
    for dt in (0.1, 0.05):
        net = am.Network(dt=f"{dt} ms")
        cell = net.population("cell", 1, name)
        net.stimulus(cell, am.step(f"{DRIVE.get(name, 100.0)} pA"))
        times = net.run(f"{SPAN} ms", precision="float64", progress=False).spikes["cell"].times
        errors.append(abs(rate(times) - expected))
    assert 1.4 < np.log2(errors[0] / errors[1]) < 2.8, errors
