"""The time in equations: as exact after ten hours as at the start."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

TEN_HOURS = 360_000_000  # steps of 0.1 ms
DRIVES = {
    "A*sin(2*pi*t/T)": "a literal",
    "A*cos(0.3141592653589793*t/ms)*exp(sin(2*pi*t/T))": "within a function",
    "where(t - floor((t + s)/T)*T > 0.503*T, A, -A)": "a square wave",
    "A*(t - floor((t + s)/T)*T)/T": "a sawtooth",
    "A*sin(2*pi*t/T + w)": "a phase that is a state",
}
METHODS = {
    "(E - v)/tau + {}/tau": "exponential Euler",
    "(E - v)*(1 + (v - E)/(50*mV))/tau + {}/tau": "Runge-Kutta",
}


def driven(drive: str, form: str, **parameters: object) -> am.Network:
    equations = f"dv/dt = {form.format(drive)} : mV\ndw/dt = 0/ms : 1\ninitial v = E\ninitial w = 0.5"
    cell = am.models.neuron(
        "driven", equations, **{"E": "-60 mV", "tau": "10 ms", "A": "5 mV", "T": "20 ms", "s": "0.53 ms"} | parameters
    )
    net = am.Network(seed=1, dt="0.1 ms")
    net.population("P", 3, cell)
    net.probe("P", "v", name="v")
    return net


def trace(net: am.Network, first: int, precision: str = "float32") -> np.ndarray:
    loop = net.loop(precision=precision)
    loop._simulation.step = first
    loop.advance("60 ms")
    return loop.run().probes["v"]["v"]


@pytest.mark.parametrize("form", METHODS)
@pytest.mark.parametrize("drive", DRIVES)
def test_a_state_driven_by_the_time_is_as_right_after_ten_hours(drive: str, form: str) -> None:
    net = driven(drive, form)
    early, late = trace(net, 0), trace(net, TEN_HOURS)
    exact = trace(net, 0, "float64")
    assert np.ptp(exact) > 1.0
    assert np.abs(early - exact).max() < 2e-3
    assert np.abs(late - exact).max() < 2e-3


def test_periods_that_differ_between_neurons_keep_their_phase() -> None:
    net = driven("A*sin(2*pi*t/T)", "(E - v)/tau + {}/tau", T=np.array([20.0, 25.0, 31.25]) * am.units.ms)
    early, late = trace(net, 0), trace(net, TEN_HOURS)
    assert np.abs(early - late).max() < 2e-4
    assert np.ptp(early[:, 0] - early[:, 1]) > 1.0


def test_a_channel_of_a_tree_keeps_its_phase() -> None:
    channel = am.models.channel(
        "rhythm", "current g_max*(1 + sin(2*pi*t/T))*(E - v)", g_max="0.3 mS/cm**2", E="0 mV", T="20 ms"
    )
    net = am.Network(seed=1)
    cylinder = am.morphology.cylinder("100 um", "2 um", segments=2)
    net.population("P", 2, am.models.cable(cylinder, {"*": [channel]}))
    net.probe("P", "v", name="v")
    early, late = trace(net, 0), trace(net, TEN_HOURS)
    assert np.ptp(early[200:]) > 0.1
    assert np.abs(early - late).max() < 2e-4
