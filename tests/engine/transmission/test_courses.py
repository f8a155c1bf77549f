"""Courses in time: named inputs, currents of each neuron, many waveforms, and noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amine as am
from amine.errors import AmineError

UNIT = am.models.neuron("unit", "dx/dt = stim + push : 1; input stim : Hz; input push : Hz")
HELD = am.models.neuron("held", "dv/dt = I/C : mV", C="100 pF")


def inputs(net: am.Network, name: str, variable: str, duration: str = "20 ms", **options: Any) -> np.ndarray:
    """What the steps of a run read of an input (steps - 1, neurons)."""
    return np.asarray(net.run(duration, precision="float64", progress=False, **options).probes[name][variable])[1:]


def currents(net: am.Network, duration: str = "20 ms", **options: Any) -> np.ndarray:
    """Currents (pA) of neurons that add them up (steps - 1, neurons)."""
    v = np.asarray(net.run(duration, precision="float64", progress=False, **options).probes["v"]["v"])
    return np.diff(v, axis=0) * 1000.0


def test_named_inputs_follow_waveforms_tables_and_courses_of_each_neuron():
    rng = np.random.default_rng(1)
    each = rng.normal(0, 5, (4, 30))
    net = am.Network(seed=1)
    P = net.population("P", 100, UNIT)
    net.stimulus(P, am.sine("10 Hz", "50 Hz", mean="3 Hz", start="5 ms"), into="stim")
    net.stimulus(P[10:40], am.table(np.array([0.0, 3.0, 8.0, 12.0]) * am.units.ms, each * am.units.Hz), into="stim")
    net.stimulus(P[::2] + P[:10], am.step("7 Hz", stop="4 ms"), into="push")
    net.probe(P, "stim", "push", name="P")
    t = (np.arange(199) + 0.5) * 0.1
    stim = np.tile(np.where(t >= 5, 3 + 10 * np.sin(2 * np.pi * 0.05 * (t - 5)), 0.0)[:, None], (1, 100)) * 1e-3
    stim[:, 10:40] += each[np.searchsorted([0.0, 3.0, 8.0, 12.0], t, side="right") - 1] * 1e-3
    push = np.zeros((199, 100))
    push[t < 4, ::2] += 7e-3
    push[t < 4, :10] += 7e-3
    np.testing.assert_allclose(inputs(net, "P", "stim"), stim, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(inputs(net, "P", "push"), push, rtol=1e-12)
    assert np.array_equal(inputs(net, "P", "stim", threads=3, chunk="3 ms"), inputs(net, "P", "stim"))
    assert am.Network.from_dict(net.to_dict()) == net and "stim, courses" in net.describe()


def test_a_neuron_s_own_current_costs_no_code_of_its_own():
    """Twenty stimuli of single neurons, one array and one waveform have the same sum; the code does not grow with their number."""
    found, modules = [], []
    for n in (9, 20):
        net = am.Network(seed=1)
        P = net.population("P", 20, HELD)
        for i in range(n):
            net.stimulus(P[i], am.step(f"{10.0 * i + 1.0} pA", start="2 ms"))
        net.probe(P, "v", name="v")
        run = net.run("5 ms", precision="float64", progress=False)
        found.append(np.diff(run.probes["v"]["v"], axis=0) * 1000.0)
        modules.append(run.info["structure"])
    each = np.where(np.arange(20) >= 0, 10.0 * np.arange(20) + 1.0, 0.0)
    np.testing.assert_allclose(found[1][20:], np.tile(each, (29, 1)), rtol=1e-9)
    assert np.abs(found[1][:20]).max() == 0.0 and np.abs(found[0][:, 9:]).max() == 0.0
    assert modules[0] == modules[1]
    net = am.Network(seed=1)
    P = net.population("P", 20, HELD)
    net.stimulus(P, am.table(["0 ms", "2 ms"], np.stack([0 * each, each]) * am.units.pA))
    net.probe(P, "v", name="v")
    assert np.array_equal(currents(net, "5 ms"), found[1])


def test_noise_is_stationary_correlates_as_it_says_and_does_not_depend_on_threads_chunks_and_restarts(tmp_path):
    def made() -> am.Network:
        net = am.Network(seed=5)
        P = net.population("P", 1000, HELD)
        net.stimulus(P, am.noise("50 pA", tau="2 ms", mean="10 pA"))
        net.probe(P, "v", name="v")
        return net

    I = currents(made()) - 10.0
    assert abs(I[0].std() / 50.0 - 1.0) < 0.08 and abs(I.std() / 50.0 - 1.0) < 0.03  # 1000 neurons, from the start on
    for lag in (1, 10, 20, 60):
        found = (I[:-lag] * I[lag:]).mean() / 2500.0
        assert abs(found - np.exp(-0.1 * lag / 2.0)) < 0.03, lag
    assert abs(np.corrcoef(I[:, 0], I[:, 1])[0, 1]) < 0.9 and abs((I[:, ::2] * I[:, 1::2]).mean()) < 60.0
    assert np.array_equal(currents(made(), threads=2, chunk="3.3 ms") - 10.0, I)
    whole, half = made().loop(precision="float64"), made().loop(precision="float64")
    whole.advance("15 ms")
    half.advance("6.1 ms")
    half.save(tmp_path / "half.npz")
    again = made().loop(precision="float64", threads=2, resume=tmp_path / "half.npz")
    again.advance("8.9 ms")
    assert np.array_equal(whole.get("P", "v"), again.get("P", "v"))


def test_noise_ends_and_another_seed_is_other_noise():
    found = []
    for seed in (1, 2):
        net = am.Network(seed=seed)
        P = net.population("P", 3, HELD)
        net.stimulus(P, am.noise("50 pA", tau="2 ms", start="2 ms", stop="6 ms"))
        net.probe(P, "v", name="v")
        found.append(currents(net, "10 ms"))
    I = found[0]
    assert np.abs(I[:20]).max() == 0.0 and np.abs(I[60:]).max() < 1e-9 and np.abs(I[20:60]).min() > 0.0
    assert not np.array_equal(*found)


WRONG = {
    "unit of the input": (dict(current=am.step("1 pA"), into="stim"), "wrong unit"),
    "unknown input": (dict(current=am.step("1 Hz"), into="stm"), "'stm' is no input.*did you mean 'stim'"),
    "no current": (dict(current=am.step("1 pA")), "have no I"),
    "columns": (
        dict(current=am.table(["0 ms"], np.ones((1, 3)) * am.units.Hz), into="stim"),
        "a column for each target",
    ),
    "no waveform": (dict(current="1 Hz", into="stim"), "not a waveform"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_courses_are_refused_in_one_sentence(case):
    given, message = WRONG[case]
    net = am.Network()
    P = net.population("P", 4, UNIT)
    with pytest.raises(AmineError, match=message):
        net.stimulus(P, **given)
    assert not net.stimuli


def test_cells_with_compartments_and_modules_refuse_courses_of_each_neuron():
    net = am.Network()
    tree = am.models.cable(am.morphology.ball_and_stick(segments=3), {"*": ["leak"]})
    T, E = net.population("T", 2, tree), net.population("E", 2, "lif")
    with pytest.raises(AmineError, match="has compartments"):
        net.stimulus(T, am.noise("1 pA", tau="1 ms"))
    net = am.Network()
    E = net.population("E", 2, "lif")
    net.stimulus(E, am.noise("1 pA", tau="1 ms"))
    pytest.importorskip("torch")
    with pytest.raises(AmineError, match="noise are not differentiated"):
        net.to_module(outputs="E.v")
