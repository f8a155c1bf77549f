"""What a neuron's statements may be made of: refractory times that are states, initial values of others."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

STEP = 0.1
TO_THRESHOLD = 9.2  # ms from reset to threshold: 10 ms * log(25/10), in whole steps


def spikes(more: str, refractory: str, start: float = 2.0, duration: str = "80 ms") -> np.ndarray:
    """Spike times of a leaky neuron with a further state ``wait`` (ms)."""
    equations = f"""dv/dt = (E_L - v + R)/tau : mV
    {more}
    threshold v > V_th
    reset v = V_r
    refractory {refractory} hold v
    initial v = E_L
    initial wait = {start}*ms"""
    cell = am.models.neuron("waiting", equations, E_L="-70 mV", tau="10 ms", R="30 mV", V_th="-50 mV", V_r="-65 mV")
    net = am.Network(dt=f"{STEP} ms")
    net.population("P", 1, cell)
    return net.run(duration, progress=False).spikes["P"].times


def test_a_refractory_time_is_a_state() -> None:
    found = np.diff(spikes("dwait/dt = 0*wait/ms : ms", "wait", 3.0))
    np.testing.assert_allclose(found, TO_THRESHOLD + 3.0, atol=1e-9)


def test_a_refractory_time_is_taken_after_the_reset() -> None:
    times = spikes("dwait/dt = 0*wait/ms : ms\n    reset wait = 2*wait", "wait", 1.0)
    np.testing.assert_allclose(np.diff(times), TO_THRESHOLD + np.array([2.0, 4.0, 8.0, 16.0]), atol=1e-9)


def test_a_refractory_time_follows_a_state_in_time() -> None:
    times = spikes("dwait/dt = (2*ms - wait)/(20*ms) : ms\n    r = 1*ms + wait/2 : ms", "r", 5.0)
    expected = 1.0 + (2.0 + 3.0 * np.exp(-times[:-1] / 20.0)) / 2.0
    np.testing.assert_allclose(np.diff(times), TO_THRESHOLD + expected, atol=STEP)


@pytest.mark.parametrize(("start", "wait"), [(-5.0, 0.0), (1e30, np.inf)])
def test_a_refractory_time_beyond_what_is_counted(start: float, wait: float) -> None:
    times = spikes("dwait/dt = 0*wait/ms : ms", "wait", start)
    assert len(times) == 1 if np.isinf(wait) else np.allclose(np.diff(times), TO_THRESHOLD)


def gated(initial: str) -> am.Network:
    equations = """dv/dt = (E_L - v)/tau : mV
    minf = 1/(1 + exp(-(v - E_h)/(5*mV))) : 1
    dm/dt = (minf - m)/tau : 1
    dh/dt = -h/tau : 1
    initial h = 2*m
    initial m = minf
    initial v = E_L + 3*mV"""
    net = am.Network()
    cell = am.models.neuron("gated", equations, E_L="-60 mV", tau="10 ms", E_h="-55 mV")
    net.population("P", 3, cell, initial={"v": initial} if initial else {})
    for state in ("v", "m", "h"):
        net.probe("P", state, name=state)
    return net


@pytest.mark.parametrize(("initial", "v"), [("", -57.0), ("-70 mV", -70.0)])
def test_initial_values_are_made_of_those_of_others(initial: str, v: float) -> None:
    probes = gated(initial).run("0.2 ms", precision="float64", progress=False).probes
    m = 1 / (1 + np.exp(-(v + 55) / 5))
    found = [probes[s][s][0, 0] for s in ("v", "m", "h")]
    np.testing.assert_allclose(found, [v, m, 2 * m], rtol=1e-12)


def test_initial_values_are_made_of_those_of_others_in_training() -> None:
    net = gated("-70 mV")
    module = net.to_module(outputs=["P.v", "P.m", "P.h"], precision="float64")
    probes = net.run("2 ms", precision="float64", progress=False).probes
    found = module(duration="2 ms")
    for state in ("v", "m", "h"):
        x = found[f"P.{state}"]
        np.testing.assert_allclose(x[:, 0].detach().numpy()[:-1], probes[state][state][1:], rtol=1e-9)


def test_a_refractory_time_that_is_a_state_is_not_trained() -> None:
    cell = am.models.neuron(
        "waiting", "dv/dt = -v/tau : mV\ndw/dt = -w/tau : ms\nthreshold v > 1*mV\nrefractory w", tau="10 ms"
    )
    net = am.Network()
    net.population("P", 1, cell)
    with pytest.raises(am.AmineError, match="refractory: it depends on the neuron's state"):
        net.to_module()
