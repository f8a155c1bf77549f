"""Loops over cells with compartments, with spikes between steps, and with a store on disk."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.engine.time.simulation import Simulation

FAST = {"C": "200 pF", "tau_m": "20 ms", "E_L": "-70 mV", "V_r": "-60 mV", "V_th": "-50 mV", "I_e": "1000 pA"}


@pytest.fixture
def uncompiled(monkeypatch):
    """Loops whose arrays are made and whose kernels are not: equal arrays of one module give equal runs."""
    monkeypatch.setattr(Simulation, "_span", lambda self, steps: None)


def trees(**given) -> am.Network:
    net = am.Network(seed=1)
    cell = am.morphology.ball_and_stick(segments=4)
    channels = {"soma": ["Na_HH", "K_HH"], "*": [am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")]}
    E = net.population("E", 5, am.models.cable(cell, channels), **given)
    P = net.population("P", 5, "poisson", rate="40 Hz")
    net.synapses(P, E.at("dendrite"), receptor="AMPA", weight="1 nS", p=0.5)
    return net


def test_parameters_of_trees_are_set_as_those_of_the_network_described_so(uncompiled):
    known = trees().loop().settable()
    names = [n for n, s in known.items() if s.kind == "parameter" and s.follows and np.ndim(s.value) == 0]
    own = [n for n in names if n.count(".") == 1 and n not in ("E.v_init", "E.T")]
    assert len(own) > 4
    for name in own:
        value = f"{float(known[name].value) * 1.03125!r} {known[name].unit}".removesuffix(" 1")
        parameter = name.removeprefix("E.")
        if parameter == "t_ref":
            value = "3 ms"
        there = trees(**{parameter: value}).loop()._simulation
        for step in (0, 10):
            loop = trees().loop()
            here = loop._simulation
            here.step = step
            loop.set(name, value)
            assert np.array_equal(here.arrays.C, there.arrays.C), name
            x, y = (np.moveaxis(sim.slices[0].view(sim.arrays.X), 1, 0) for sim in (here, there))
            differ = {row for row, a, b in zip(here.slices[0].rows, x, y, strict=True) if a.tobytes() != b.tobytes()}
            assert differ <= (set(here.slices[0].states) if step else set()), name
            assert float(loop.get(name)[0]) == pytest.approx(float(here.arrays.values[0][parameter]))


def test_what_is_made_of_initial_values_of_a_tree_alone_does_not_follow(uncompiled):
    loop = trees().loop()
    assert loop.settable()["E.v_init"].follows
    loop._simulation.step = 10
    assert "only initial values" in loop.settable()["E.v_init"].reason


def spiking(t_ref: str = "2 ms") -> am.Network:
    net = am.Network(seed=1)
    net.population("E", 3, "lif", spikes="interpolated", **FAST, t_ref=t_ref)
    return net


def intervals(loop) -> np.ndarray:
    times, of = loop.run().spikes["E"].times, loop.run().spikes["E"].indices
    return np.diff(np.sort(times[of == 0]))


def test_a_refractory_time_set_in_a_running_network_counts_from_the_crossing():
    loop, other = spiking().loop(precision="float64"), spiking("3.37 ms").loop(precision="float64")
    loop.set("E.t_ref", "3.37 ms")
    for x in (loop, other):
        x.advance("50 ms")
    assert loop.run().spikes.hash() == other.run().spikes.hash()
    free = 20 * np.log(9 / 8)
    np.testing.assert_allclose(intervals(loop), 3.37 + free, rtol=1e-4)
    before = len(intervals(loop))
    loop.set("E.t_ref", "0.55 ms")
    loop.advance("30 ms")
    later = intervals(loop)[before:]
    np.testing.assert_allclose(later[0], 3.37 + free, rtol=1e-4)  # of the spike that was sent before
    np.testing.assert_allclose(later[1:], 0.55 + free, rtol=1e-4)


def small() -> am.Network:
    net = am.Network(seed=1)
    E = net.population("E", 20, "lif", **FAST | {"V_th": am.normal("-50 mV", "1 mV")})
    net.probe(E[:3], "v", every="0.5 ms")
    return net


def recorded(run) -> tuple:
    (probe,) = run.probes.values()
    return run.spikes.hash(), np.asarray(probe["v"]).tobytes(), run.info.get("set")


def act(loop) -> None:
    loop.advance("10 ms")
    loop.set("E.I_e", "700 pA")
    loop.advance("10 ms")


def test_a_store_records_as_memory_does_across_what_is_set(tmp_path):
    plain, loop = small().loop(), small().loop(store=tmp_path / "s")
    for x in (plain, loop):
        act(x)
    assert recorded(loop.run()) == recorded(plain.run())
    for x in (plain, loop):  # it goes on after a run
        x.set("E", v="-60 mV")
        x.advance("5 ms")
    assert recorded(loop.run()) == recorded(plain.run())
    loop.close()
    there = am.Run.load(tmp_path / "s")
    assert there.spikes.hash() == plain.run().spikes.hash() and there.duration == 25.0


def test_a_store_goes_back_and_is_continued(tmp_path):
    plain, loop = small().loop(), small().loop(store=tmp_path / "s")
    for x in (plain, loop):
        x.advance("5 ms")
    before = loop.snapshot()
    act(loop)
    loop.run()
    act(loop)
    loop.restore(before)
    other = loop.branch({"E.I_e": "2 nA"})
    assert len(other.advance("5 ms").spikes) > 0
    with pytest.raises(am.AmineError, match="nothing was kept"):
        other.run()
    for x in (plain, loop):
        act(x)
    loop.save(tmp_path / "c")
    loop.advance("3 ms")
    loop.close()
    loop = small().loop(store=tmp_path / "s", resume=tmp_path / "c")
    assert recorded(loop.run()) == recorded(plain.run())
    for x in (plain, loop):
        x.reset()
        act(x)
    assert recorded(loop.run()) == recorded(plain.run())
    with pytest.raises(am.AmineError, match="another store"):
        loop.restore(plain.snapshot())
    with pytest.raises(am.AmineError, match="in use|exists|uses it|using it"):
        small().loop(store=tmp_path / "s")
