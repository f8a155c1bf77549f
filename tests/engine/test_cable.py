"""Cells with a tree: cable theory, order of convergence, places, identity of results."""

from __future__ import annotations

import math

import numpy as np
import pytest

import amine as am

R_A, R_M, D = 150e4, 20e3, 2.0  # Ohm um, Ohm cm2, um
LEAK = am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")


def passive(cell, n=1, dt="0.1 ms", method="backward_euler", **more):
    net = am.Network(seed=1, dt=dt)
    neuron = am.models.cable(cell, {"*": [LEAK]}, R_a="150 Ohm cm", method=method, **more)
    return net, net.population("P", n, neuron)


def voltages(net, P, duration, at="*", precision="float64", **more):
    probe = net.probe(P.at(at), "v", **more)
    run = net.run(duration, progress=False, precision=precision)
    data = run.probes[probe.name]
    return data.times, np.stack([data[v][:, 0] for v in probe.variables], 1)


def theory(length):
    """(length constant in um, resistance of an infinite cable in GOhm, electrotonic length)."""
    lam = math.sqrt(D * 1e-4 * R_M / (4 * 150.0)) * 1e4
    infinite = 2 / math.pi * math.sqrt(R_M * 150.0) * (D * 1e-4) ** -1.5 * 1e-9
    return lam, infinite, length / lam


def test_steady_attenuation_and_input_resistance_of_a_sealed_cable():
    lam, infinite, L = theory(1000.0)
    assert lam == pytest.approx(816.497, rel=1e-5) and infinite * 1e3 == pytest.approx(389.848, rel=1e-5)
    net, P = passive(am.morphology.cylinder("1 mm", "2 um", segments=401), dt="1 ms")
    net.stimulus(P.at("dendrite(0)"), am.step("10 pA"))
    v = voltages(net, P, "400 ms")[1][-1] + 65.0
    x = (np.arange(401) + 0.5) / 401 * L
    assert v[0] / 0.010 * 1e-3 == pytest.approx(infinite * np.cosh(L - x[0]) / np.sinh(L), rel=1e-3)
    assert np.allclose(v / v[0], np.cosh(L - x) / np.cosh(L - x[0]), rtol=1e-4)


def test_a_cable_of_ten_length_constants_is_infinite():
    lam, infinite, L = theory(8165.0)
    net, P = passive(am.morphology.cylinder("8165 um", "2 um", segments=1001), dt="1 ms")
    net.stimulus(P.at("dendrite(0)"), am.step("10 pA"))
    v = voltages(net, P, "400 ms")[1][-1] + 65.0
    x = (np.arange(1001) + 0.5) / 1001 * L
    assert v[0] / 0.010 * 1e-3 == pytest.approx(infinite * np.exp(-x[0]), rel=1e-3)
    assert np.allclose(v[:500] / v[0], np.exp(x[0] - x[:500]), rtol=1e-3)


def test_ball_and_stick_against_theory():
    """Facts A11: input resistance 358.977 MOhm with an isopotential soma, 359.006 with half the soma's resistance."""
    cell = am.morphology.ball_and_stick(dendrite=("1 mm", "2 um"), segments=501)
    net, P = passive(cell, dt="1 ms")
    net.stimulus(P.at("soma"), am.step("10 pA"))
    v = voltages(net, P, "400 ms")[1][-1] + 65.0
    assert v[0] * 100 == pytest.approx(359.006, rel=1e-5)
    assert v[-1] / v[0] == pytest.approx(0.54091, rel=1e-4)


def test_equivalent_cylinder_of_rall():
    """Branches that fulfil d^(3/2) = sum of d_k^(3/2) and end at the same distance act as one cylinder (Rall 1959)."""
    lam = theory(1.0)[0]
    d = D / 2 ** (2 / 3)
    far = 600.0 / lam * math.sqrt(d * 1e-4 * R_M / 600.0) * 1e4  # the same electrotonic length in the thinner daughters
    straight = am.morphology.cylinder("1 mm", "2 um", segments=500)
    a = am.morphology.Branch("dendrite", "dendrite", [[0, 0, 0, D], [400, 0, 0, D]], segments=200)
    b = [
        am.morphology.Branch(f"daughter[{k}]", "dendrite", [[400, 0, 0, d], [400, s * far, 0, d]], 0, 1.0, segments=300)
        for k, s in enumerate((-1, 1))
    ]
    forked = am.morphology.Morphology((a, *b))
    found = []
    for cell in (straight, forked):
        net, P = passive(cell, dt="1 ms")
        net.stimulus(P.at("dendrite(0)"), am.step("10 pA"))
        v = voltages(net, P, "400 ms")[1][-1] + 65.0
        found.append((v[0], v[-1]))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


@pytest.mark.parametrize(("method", "order"), [("backward_euler", 1), ("crank_nicolson", 2)])
def test_order_in_time(method, order):
    def end(dt):
        net, P = passive(am.morphology.cylinder("500 um", "2 um", segments=21), dt=f"{dt} ms", method=method)
        net.stimulus(P.at("dendrite(0)"), am.step("100 pA"))
        return voltages(net, P, "10 ms", at="dendrite(1)")[1][round(8 / dt)][0]

    steps = [0.4, 0.2, 0.1]
    exact = (
        2 * end(0.0125) - end(0.025) if order == 1 else end(0.025)
    )  # Richardson: the reference is of first order too
    errors = [abs(end(dt) - exact) for dt in steps]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)


def test_order_in_space():
    _, _, L = theory(1000.0)
    errors, numbers = [], [5, 9, 17]
    for n in numbers:
        net, P = passive(am.morphology.cylinder("1 mm", "2 um", segments=n), dt="1 ms")
        net.stimulus(P.at("dendrite(0)"), am.step("10 pA"))
        v = voltages(net, P, "400 ms")[1][-1] + 65.0
        x = (np.arange(n) + 0.5) / n * L
        errors.append(abs(v[-1] / v[n // 2] - np.cosh(L - x[-1]) / np.cosh(L - x[n // 2])))
    slope = np.polyfit(np.log(numbers), np.log(errors), 1)[0]
    assert slope == pytest.approx(-2.0, abs=0.15)


def test_transfer_impedance_is_reciprocal():
    cell = am.morphology.tree(
        "soma 20 um; 2 basal 200 um 2 um segments 5; apical 400 um 3 um segments 7; 3 tuft 200 um 1 um segments 4"
    )
    found = {}
    for a, b in (("tuft[1](0.9)", "basal[0](0.3)"), ("basal[0](0.3)", "tuft[1](0.9)")):
        net, P = passive(cell, dt="0.1 ms")
        net.stimulus(P.at(a), am.step("10 pA", stop="5 ms"))
        found[a] = voltages(net, P, "20 ms", at=b)[1][:, 0]
    a, b = found.values()
    assert np.abs(a - b).max() < 1e-10 * np.abs(a).max() and a.max() > -64.9


HH = {"soma": ["Na_HH", "K_HH", "leak_HH"], "dendrite": [LEAK]}


def network(seed: int = 3) -> am.Network:
    """Cells with trees and points together: all kinds of inputs at places."""
    net = am.Network(seed=seed, dt="0.05 ms")
    cell = am.morphology.tree(
        "soma 20 um; 2 basal 100 um 2 um segments 2; apical 300 um 3 um segments 3; 2 tuft 150 um 1 um segments 2"
    )
    neuron = am.models.cable(cell, {**HH, "tuft": ["CaT", "calcium", "KCa"]}, T="6.3 degC")
    E = net.population("E", 37, neuron, E_leak="normal('-65 mV', '1 mV')", initial={"v": "normal('-65 mV', '2 mV')"})
    I = net.population("I", 70, "lif_cond", I_e="250 pA")
    net.synapses(E, I, receptor="AMPA", weight="3 nS", p=0.2, delay="0.5 ms")
    net.synapses(I, E.at("soma"), receptor="GABA_A", weight="1 nS", p=0.1, delay="1 ms")
    net.synapses(
        I,
        E.at("dendrite"),
        receptor="GABA_A",
        weight='uniform("0 nS", "1 nS")',
        p=0.2,
        delay='uniform("0.5 ms", "2 ms")',
    )
    net.synapses(I, E.at("tuft"), receptors={"AMPA": "0.5 nS", "NMDA": "1 nS"}, indegree=9, delay="0.5 ms")
    net.synapses(E, E.at("apical", spread="uniform"), receptor="AMPA", weight="0.5 nS", p=0.2)
    net.synapses(E, E.at("basal"), receptor="delta", weight="0.2 mV", p=0.1)
    net.gap_junctions(E.at("basal"), E.at("basal"), conductance="0.5 nS", p=0.1)
    net.gap_junctions(E.at("soma"), I, conductance="0.2 nS", p=0.02)
    net.poisson(E.at("tuft"), rate="20 Hz", receptor="AMPA", weight="0.5 nS", n=20)
    net.poisson(
        E.at("basal", neurons=slice(0, 20)), rate="50 Hz", receptor="AMPA", weight='uniform("0 nS", "1 nS")', n=10
    )
    net.stimulus(E.at("apical(0.5)"), am.sine("300 pA", "40 Hz", mean="300 pA"))
    net.probe(E.at("*"), "v", every="0.5 ms", name="tree")
    net.probe(E.at("tuft"), "Ca_i", "g_AMPA", every="1 ms", name="calcium")
    net.probe(I, "v", every="1 ms", name="points")
    return net


@pytest.fixture(scope="module")
def reference():
    return network().run("60 ms", progress=False)


def same(a, b) -> bool:
    return a.spikes.hash() == b.spikes.hash() and all(
        np.array_equal(np.asarray(p.values[v]), np.asarray(b.probes[n].values[v]))
        for n, p in a.probes.items()
        for v in p.values
    )


def test_the_reference_is_active(reference):
    assert all(n > 50 for n in reference.spikes.counts().values())
    assert np.ptp(reference.probes["calcium"]["Ca_i@10"]) > 0


@pytest.mark.parametrize(("threads", "chunk"), [(2, None), (3, "7.3 ms"), (1, "0.05 ms")])
def test_threads_and_chunks(reference, threads, chunk):
    assert same(reference, network().run("60 ms", threads=threads, chunk=chunk, progress=False))


def test_resume(reference, tmp_path):
    place = {"checkpoint": tmp_path / "state", "progress": False, "chunk": "10 ms"}
    network().run("30 ms", threads=2, **place)
    assert same(reference, network().run("60 ms", threads=1, resume=True, **place))


def test_threads_with_a_long_block_each():
    def run(threads):
        net, P = passive(am.morphology.ball_and_stick(segments=90), 70, dt="0.1 ms")
        net.stimulus(P.at("dendrite(0.5)"), am.step("10 pA", start="1 ms"))
        net.probe(P.at("*"), "v", name="tree")
        return net.run("3 ms", threads=threads, progress=False)

    one = run(1)
    assert same(one, run(2)) and np.ptp(one.probes["tree"]["v@40"][:, -1]) > 0


def test_description_survives(reference, tmp_path):
    net = network()
    net.save(tmp_path / "net.json")
    again = am.Network.load(tmp_path / "net.json")
    assert again == net and again.hash() == net.hash()
    assert same(reference, again.run("60 ms", progress=False))
    assert "tuft" in net.describe()


def test_synapses_fall_on_places_in_proportion_to_their_area():
    net = am.Network(seed=2)
    cell = am.morphology.tree("soma 20 um; apical 300 um 4 um segments 3; tuft 100 um 2 um segments 2")
    E = net.population("E", 50, am.models.cable(cell, {"*": [LEAK]}))
    X = net.population("X", 400, "spike_list", times=np.full(400, 1.0) * am.units.ms, indices=np.arange(400))
    net.synapses(X, E.at("dendrite"), receptor="AMPA", weight="1 nS", p=0.5)
    probe = net.probe(E.at("dendrite"), "g_AMPA", every="0.1 ms")
    run = net.run("1.4 ms", progress=False)
    decayed = math.exp(-0.1 / 5)  # a probe sees a state at the start of the next step
    g = np.array([np.asarray(run.probes[probe.name][v]).max(0).sum() for v in probe.variables]) / decayed
    area = E.model.cell.area[1:]
    assert g.sum() == pytest.approx(400 * 50 * 0.5, rel=0.03)
    assert np.allclose(g / g.sum(), area / area.sum(), atol=0.015)


def test_one_place_for_each_pair():
    net = am.Network(seed=2)
    cell = am.morphology.tree("soma 20 um; apical 300 um 4 um segments 3")
    E = net.population("E", 2, am.models.cable(cell, {"*": [LEAK]}))
    X = net.population("X", 3, "spike_list", times=[1.0, 1.0, 1.0] * am.units.ms, indices=np.arange(3))
    where = ["apical(0.9)", "soma", "apical(0.1)"]
    net.synapses(X, E.at(where, spread="each"), receptor="AMPA", weight="1 nS", pairs=([2, 0, 1], [0, 1, 1]))
    probe = net.probe(E.at("*"), "g_AMPA", every="0.1 ms")
    data = net.run("1.4 ms", progress=False).probes[probe.name]
    g = np.array([np.asarray(data[v]).max(0) for v in probe.variables])
    assert np.allclose(g / math.exp(-0.1 / 5), [[0, 1], [0, 1], [0, 0], [1, 0]])


def test_one_compartment_is_the_point_neuron():
    """A cable of one compartment fires as the point neuron with the same channels does."""
    net = am.Network(seed=1, dt="0.01 ms")
    area = math.pi * 20**2
    leak = am.models.get("leak_HH")
    cable = am.models.cable(am.morphology.point("20 um"), {"soma": ["Na_HH", "K_HH", leak]}, method="crank_nicolson")
    A = net.population("A", 1, cable)
    B = net.population("B", 1, "hodgkin_huxley", area=f"{area} um2", t_ref="0 ms")
    for p in (A, B):
        net.stimulus(p, am.step("125 pA", start="5 ms"))
    run = net.run("100 ms", progress=False, precision="float64")
    a, b = run.spikes["A"].times, run.spikes["B"].times
    assert len(a) == 7 and len(b) >= len(a)
