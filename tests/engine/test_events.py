"""Events that are no spikes, states without a voltage, and receptors on them."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

SWING = """
dv/dt = 20*mV/ms*cos(t/ms) : mV
up : 1
peak : mV
event rise v > 10*mV and up == 0 : up = 1; peak = v
event fall v < -10*mV : up = 0
  peak = max(peak, v)
event tick rand() < 0.1
threshold v > 18*mV and up == 1
reset up = 2
"""


def swing(threads: int = 1, seed: int = 1, dt: str = "0.01 ms", **more: object) -> am.results.run.Run:
    net = am.Network(seed=seed, dt=dt)
    net.population("P", 100, am.models.neuron("swing", SWING))
    net.probe("P", "up", "peak", "rise", "fall", "tick", name="all")
    return net.run("31 ms", progress=False, threads=threads, **more)


def test_events_have_conditions_and_actions_of_their_own():
    run = swing()
    rise, fall, tick, peak, up = (run.probes["all"][s] for s in ("rise", "fall", "tick", "peak", "up"))
    times = np.flatnonzero(np.diff(rise[:, 0])) * 0.01
    expected = np.arcsin(0.5) + 2 * np.pi * np.arange(5)  # v = 20 mV sin(t) crosses 10 mV upwards
    np.testing.assert_allclose(times, expected, atol=0.02)
    below = 2 * np.arccos(0.5) / 0.01  # in each step below -10 mV, as a threshold without a refractory time
    assert abs(fall[-1, 0] - 5 * below) < 6
    assert abs(tick[-1].mean() / (0.1 * len(tick)) - 1) < 0.02 and tick[-1].std() > 5
    np.testing.assert_allclose(peak[-1], 10, atol=0.3)
    first = np.arcsin(0.9) + 2 * np.pi * np.arange(5)
    np.testing.assert_allclose(run.spikes["P"].trains()[3], first, atol=0.02)
    assert up[int(1.5 / 0.01), 0] == 2 and up[int(5.0 / 0.01), 0] == 0


def test_the_same_bits():
    one, two = swing(dt="0.1 ms"), swing(2, chunk="3 ms", dt="0.1 ms")
    for s in ("up", "peak", "rise", "fall", "tick"):
        np.testing.assert_array_equal(one.probes["all"][s], two.probes["all"][s])
    assert not np.array_equal(swing(seed=2, dt="0.1 ms").probes["all"]["tick"], one.probes["all"]["tick"])


def test_a_population_without_a_voltage():
    """A rate that follows its input current; receptors of current reach it, receptors that need a voltage are refused."""
    rate = am.models.neuron("rate", "dr/dt = (a*I - r)/tau : Hz", tau="10 ms", a="2 Hz/pA")
    net = am.Network()
    P = net.population("R", 3, rate)
    net.stimulus(P, am.step("10 pA", start="0 ms"))
    S = net.population("S", 1, "spike_list", times=np.array([5.0]) * am.units.ms, indices=np.array([0]))
    net.synapses(S, P[:1], receptor="exponential_current", weight="100 pA", connect="all_to_all")
    net.probe(P, "r", name="r")
    r = net.run("30 ms", progress=False).probes["r"]["r"] * 1e3  # Hz
    t = np.arange(300) * 0.1
    np.testing.assert_allclose(r[:, 1], 20 * (1 - np.exp(-t / 10)), rtol=1e-4, atol=1e-4)
    assert (r[60:, 0] > r[60:, 1] + 1).all()
    for receptor, weight in (("AMPA", "1 nS"), ("delta", "1 mV")):
        with pytest.raises(am.AmineError, match="needs the voltage v, which population 'R' does not have"):
            net.synapses(S, P, receptor=receptor, weight=weight, connect="all_to_all")
            net.run("1 ms", progress=False)
    with pytest.raises(am.AmineError, match="with a voltage v have"):
        rate.accuracy(0.1)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("event x v > 1*mV : y = 1", "does not set a state"),
        ("event x v : v = 1*mV", "a number stands where a condition is needed"),
        ("event x v > 1*mV\nevent x v < 1*mV", "'x' is defined twice"),
        ("event x v > 1*mV : v = 1*ms", "wrong dimension"),
        ("event x xi > 0 : v = 1*mV", "noise 'xi' has no value"),
        ("event v > 1*mV : v = 1*mV", "not an expression|is defined twice"),
    ],
)
def test_what_is_refused(line, problem):
    with pytest.raises(am.AmineError, match=problem) as e:
        am.models.neuron("n", f"dv/dt = -v/(10*ms) : mV\n{line}")
    assert "\n" not in str(e.value)


def test_events_and_training_or_spikes_between_steps():
    pytest.importorskip("torch")
    cell = am.models.neuron(
        "n", "dv/dt = -v/tau : mV\nevent x v > 1*mV\nthreshold v > 2*mV\nreset v = 0*mV", tau="10 ms"
    )
    net = am.Network()
    with pytest.raises(am.AmineError, match="events, which are on the grid"):
        net.population("P", 1, cell, spikes="interpolated")
    net.population("P", 1, cell)
    with pytest.raises(am.AmineError, match="gradients do not flow through events"):
        net.to_module(outputs="P.v")
