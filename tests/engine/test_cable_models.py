"""Published models of cells with trees: Rallpacks, Pinsky-Rinzel bursting, NMDA spikes in thin dendrites, calcium and Nernst."""

from __future__ import annotations

import math

import numpy as np
import pytest

import amine as am
from amine.morphology import Branch, Morphology


def sealed_cable_step(t, x, L, resistance, tau, terms=4000):
    """Voltage of a sealed cable for a step of unit current at its start, as a sum of its modes (Rall 1969, Biophys J 9:1483)."""
    n = np.arange(1, terms)[:, None]
    rate = 1 + (n * math.pi / L) ** 2
    T = np.asarray(t)[None] / tau
    modes = (np.cos(n * math.pi * x / L) * (1 - np.exp(-rate * T)) / rate).sum(0)
    return resistance / L * ((1 - np.exp(-T[0])) + 2 * modes)


def rallpack(cell, places, dt="0.05 ms"):
    """Bhalla, Bilitch & Bower (1992) Trends Neurosci 15:453: R_a 1 Ohm m, R_m 4 Ohm m2, C_m 0.01 F/m2, 0.1 nA for 250 ms."""
    leak = am.models.get("leak")(g_max="0.025 mS/cm2", E="-65 mV")
    neuron = am.models.cable(cell, {"*": [leak]}, R_a="100 Ohm cm", C_m="1 uF/cm2", method="crank_nicolson")
    net = am.Network(seed=1, dt=dt)
    P = net.population("P", 1, neuron)
    net.stimulus(P.at([0]), am.step("100 pA"))
    at = [P.model.cell.at(p)[0] for p in places]
    net.probe(P, *(f"v@{i}" for i in at), name="v")
    data = net.run("250 ms", precision="float64", progress=False).probes["v"]
    return data.times, [np.asarray(data[f"v@{i}"])[:, 0] + 65.0 for i in at]


def relative_rms(a, b):
    return math.sqrt(((a - b) ** 2).mean()) / math.sqrt((b**2).mean())


def test_rallpack_1():
    t, (start, end) = rallpack(am.morphology.cylinder("1 mm", "1 um", segments=1000), ["dendrite(0)", "dendrite(1)"])
    lam = math.sqrt(1e-4 * 40e3 / (4 * 100)) * 1e4
    infinite = 2 / math.pi * math.sqrt(40e3 * 100.0) * (1e-4) ** -1.5 * 1e-9
    L = 1000 / lam
    for v, x in ((start, 0.5e-3 * L), (end, L - 0.5e-3 * L)):
        exact = 0.1e3 * sealed_cable_step(t, x, L, infinite, 40.0)
        assert relative_rms(v, exact) < 0.01


def test_rallpack_2():
    """Ten generations of branches that fulfil Rall's law, 1023 compartments: one cylinder of 320 um."""
    branches = [Branch("b0", "dendrite", [[0, 0, 0, 16], [32, 0, 0, 16]], segments=1)]
    level, d, length = [0], 16.0, 32.0
    for generation in range(1, 10):
        d, length, new = d / 2 ** (2 / 3), length / 2 ** (1 / 3), []
        for p in level:
            for _ in range(2):
                new.append(len(branches))
                branches.append(
                    Branch(
                        f"b{len(branches)}",
                        "dendrite",
                        [[generation, 0, 0, d], [generation + length, 0, 0, d]],
                        p,
                        1.0,
                        segments=1,
                    )
                )
        level = new
    t, (start, end) = rallpack(Morphology(tuple(branches)), ["b0", "b1022"])
    lam = math.sqrt(16e-4 * 40e3 / (4 * 100)) * 1e4
    infinite = 2 / math.pi * math.sqrt(40e3 * 100.0) * (16e-4) ** -1.5 * 1e-9
    L = 320 / lam
    for v, x in ((start, 0.05 * L), (end, 0.95 * L)):
        assert relative_rms(v, 0.1e3 * sealed_cable_step(t, x, L, infinite, 40.0)) < 0.01


def pinsky_rinzel():
    """Pinsky PF, Rinzel J (1994) J Comput Neurosci 1:39-60, its voltages relative to rest; two halves of the same area."""
    make = am.models.channel
    trap = "{r}/mV/ms*({x})/(exp(({x})/({w}*mV)) - 1)".format
    Na = make(
        "pr_Na",
        f"""current g*m_inf**2*h*(E - v)
a_m = {trap(r=0.32, x="13.1*mV - v", w=4)} : 1/ms
b_m = {trap(r=0.28, x="v - 40.1*mV", w=5)} : 1/ms
m_inf = a_m/(a_m + b_m) : 1
dh/dt = 0.128/ms*exp((17*mV - v)/(18*mV))*(1 - h) - 4/ms/(1 + exp((40*mV - v)/(5*mV)))*h : 1""",
        g="30 mS/cm2",
        E="120 mV",
    )
    DR = make(
        "pr_DR",
        f"""current g*n*(E - v)
dn/dt = {trap(r=0.016, x="35.1*mV - v", w=5)}*(1 - n) - 0.25/ms*exp(0.5 - v/(40*mV))*n : 1""",
        g="15 mS/cm2",
        E="-15 mV",
    )
    Ca = make(
        "pr_Ca",
        f"""ion Ca
current g*s**2*(E - v)
ds/dt = 1.6/ms/(1 + exp(-(v - 65*mV)/(13.888888888889*mV)))*(1 - s) - {trap(r=0.02, x="v - 51.1*mV", w=5)}*s : 1""",
        g="10 mS/cm2",
        E="140 mV",
    )
    pool = make("pr_pool", "dCa_i/dt = 0.13*uM*cm**2/(uA*ms)*i_Ca - 0.075/ms*Ca_i : uM\ninitial Ca_i = 0*uM")
    KC = make(
        "pr_KC",
        """current g*c*min(Ca_i/(250*uM), 1)*(E - v)
low = exp((v - 10*mV)/(11*mV) - (v - 6.5*mV)/(27*mV))/18.975 : 1
high = 2*exp((6.5*mV - v)/(27*mV)) : 1
a_c = where(v <= 50*mV, low, high)/ms : 1/ms
b_c = where(v <= 50*mV, high - low, 0)/ms : 1/ms
dc/dt = a_c*(1 - c) - b_c*c : 1""",
        g="15 mS/cm2",
        E="-15 mV",
    )
    AHP = make(
        "pr_AHP",
        "current g*q*(E - v)\ndq/dt = min(0.00002*Ca_i/uM, 0.01)/ms*(1 - q) - 0.001/ms*q : 1",
        g="0.8 mS/cm2",
        E="-15 mV",
    )
    leak = am.models.get("leak")(g_max="0.1 mS/cm2", E="0 mV")
    return {"soma": [Na, DR], "dendrite": [Ca, pool, KC, AHP], "*": [leak]}


def two_compartments(coupling):
    """``coupling`` in mS/cm2 of the soma: g/A = d/(4 R_a L^2)."""
    r_a = 20e-4 / (4 * (20e-4) ** 2) / (coupling * 1e-3)
    cell = am.morphology.ball_and_stick(soma="20 um", dendrite=("20 um", "20 um"), segments=1)
    channels = pinsky_rinzel()
    return am.models.cable(
        cell,
        channels,
        R_a=f"{r_a!r} Ohm cm",
        C_m="3 uF/cm2",
        v_init="0 mV",
        threshold="50 mV",
        method="crank_nicolson",
        T="36 degC",
    )


@pytest.mark.validate
def test_pinsky_and_rinzel_bursts():
    """Facts A8: at 0.75 uA/cm2 bursts every 495 ms, the dendrite peaks at 66 mV and calcium at 352."""
    net = am.Network(seed=1, dt="0.02 ms")
    P = net.population("P", 1, two_compartments(4.2))
    area = math.pi * 20 * 20 * 1e-8  # cm2
    net.stimulus(P.at("soma"), am.step(f"{1.5 * area * 1e6} pA"))
    net.probe(P, "v@1", "Ca_i@1", name="dendrite")
    run = net.run("6 s", precision="float64", progress=False)
    s = np.asarray(run.spikes["P"].times)
    s = s[s > 1000]
    first = s[np.concatenate([[True], np.diff(s) > 100])]
    d = run.probes["dendrite"]
    late = d.times > 1000
    assert np.diff(first).mean() == pytest.approx(495.0, rel=0.01) and len(first) >= 8
    assert np.asarray(d["v@1"])[late].max() == pytest.approx(66.0, abs=0.7)
    assert np.asarray(d["Ca_i@1"])[late].max() == pytest.approx(352.0, rel=0.01)


@pytest.mark.filterwarnings("ignore::amine.errors.AmineWarning")
def test_pools_and_the_gates_that_follow_them_keep_second_order():
    """Through a burst of Pinsky and Rinzel's cell; pools that were half a step behind made the error proportional to the step."""

    def voltages(dt):
        net = am.Network(seed=1, dt=f"{dt!r} ms")
        P = net.population("P", 1, two_compartments(4.2))
        net.stimulus(P.at("soma"), am.step(f"{1.5 * math.pi * 4 * 1e-6 * 1e6} pA"))
        net.probe(P, "v@0", "v@1", every="1 ms", name="v")
        traces = net.run("40 ms", precision="float64", progress=False).probes["v"]
        return np.stack([np.asarray(traces[v])[:, 0] for v in ("v@0", "v@1")])

    fine = voltages(1 / 1024)
    errors = [np.abs(voltages(dt) - fine).mean() for dt in (1 / 64, 1 / 128)]
    assert 1.7 < np.log2(errors[0] / errors[1]) < 2.6


@pytest.mark.validate
@pytest.mark.filterwarnings("ignore:.*compartments are coarse")
@pytest.mark.parametrize(("drive", "rate"), [(0.75, 32.1), (2.5, 61.2)])
def test_the_soma_of_pinsky_and_rinzel_alone(drive, rate):
    net = am.Network(seed=1, dt="0.02 ms")
    P = net.population("P", 1, two_compartments(1e-9))
    net.stimulus(P.at("soma"), am.step(f"{drive / 0.5 * math.pi * 20 * 20 * 1e-8 * 1e6} pA"))
    run = net.run("4 s", precision="float64", progress=False)
    s = np.asarray(run.spikes["P"].times)
    assert 1e3 / np.diff(s[s > 1000]).mean() == pytest.approx(rate, rel=0.01)


def thin_branches(where, drug=None):
    """Peak and end of the voltage in one of eight thin branches, and the soma's mean depolarisation, after inputs at ``where``."""
    cell = am.morphology.tree("soma 20 um; apical 200 um 3 um segments 5; 8 tuft 120 um 0.7 um segments 5")
    leak = am.models.get("leak")(g_max="0.2 mS/cm2")  # 5 kOhm cm2, as under the synaptic bombardment in vivo
    neuron = am.models.cable(cell, {"*": [leak]}, R_a="150 Ohm cm")
    net = am.Network(seed=1, dt="0.05 ms")
    E = net.population("E", 1, neuron)
    X = net.population("X", 16, "spike_list", times=np.repeat([20.0, 23.0], 8) * am.units.ms, indices=np.arange(16))
    for k in range(8):
        net.synapses(
            X[k::8],
            E.at(where(k)),
            receptors={"AMPA": "0.25 nS", "NMDA": "0.8 nS"},
            connect="all_to_all",
            name=f"input {k}",
        )
    net.probe(E.at("tuft[0](0.7)"), "v", name="branch")
    net.probe(E, "v", name="soma")
    if drug:
        net.dose(drug, am.bath("50 uM"))
    run = net.run("120 ms", progress=False)
    t = run.probes["soma"].times
    branch = next(iter(run.probes["branch"].values.values()))[:, 0]
    soma = np.asarray(run.probes["soma"]["v"])[:, 0]
    return branch.max(), branch[(t > 60) & (t < 62)].mean(), soma[(t > 20) & (t < 100)].mean() + 65.0


@pytest.mark.validate
def test_clustered_input_makes_a_plateau_that_scattered_input_and_ap5_do_not():
    """Schiller J, Major G, Koester HJ, Schiller Y (2000) Nature 404:285-289: NMDA spikes in thin dendrites."""
    clustered = thin_branches(lambda k: "tuft[0](0.7)")
    scattered = thin_branches(lambda k: f"tuft[{k}](0.7)")
    blocked = thin_branches(lambda k: "tuft[0](0.7)", "AP5")
    assert clustered[0] > -20 and clustered[1] > -35  # stays up forty milliseconds after the input
    assert scattered[1] < -55 and blocked[1] < -60
    assert clustered[2] > 1.4 * scattered[2] and clustered[2] > 6 * blocked[2]


@pytest.mark.validate
def test_a_blocker_of_the_pore_abolishes_the_plateau_too():
    """Ketamine, which was there before, as AP5 does at the glutamate site."""
    clustered, blocked = (thin_branches(lambda k: "tuft[0](0.7)", drug) for drug in (None, "ketamine"))
    assert clustered[1] > -35 > -60 > blocked[1] and clustered[2] > 6 * blocked[2]


def test_calcium_moves_its_reversal_potential():
    """Nernst: at 36 degrees and 2 mM outside, 0.1 uM inside gives 131.9 mV; entry of calcium lowers it."""
    cell = am.morphology.point("20 um")
    neuron = am.models.cable(cell, {"*": ["leak", "CaL", "calcium"]}, T="36 degC", v_init="-65 mV")
    net = am.Network(seed=1, dt="0.025 ms")
    P = net.population("P", 1, neuron(g_max_CaL="1 mS/cm2", gamma_calcium=1.0))
    net.stimulus(P, am.step("60 pA", start="1 ms", stop="8 ms"))
    net.probe(P, "v", "Ca_i", name="p")
    p = net.run("30 ms", precision="float64", progress=False).probes["p"]
    ca, v = np.asarray(p["Ca_i"])[:, 0], np.asarray(p["v"])[:, 0]
    assert ca[0] == pytest.approx(0.1) and ca.max() > 10
    e = 0.08617333262 * 309.15 / 2 * np.log(2000 / ca)
    assert e[0] == pytest.approx(131.9, abs=0.05)
    assert v.max() < e.min()  # a membrane driven by calcium cannot pass where calcium now reverses
    assert e.min() < 70


def test_temperature_speeds_the_gates_up():
    cell = am.morphology.point("20 um")
    widths = {}
    for T in ("6.3 degC", "16.3 degC"):
        net = am.Network(seed=1, dt="0.01 ms")
        P = net.population("P", 1, am.models.cable(cell, {"*": ["Na_HH", "K_HH", "leak_HH"]}, T=T))
        net.stimulus(P, am.step("500 pA", start="1 ms", stop="2 ms"))
        net.probe(P, "v", name="v")
        v = np.asarray(net.run("15 ms", precision="float64", progress=False).probes["v"]["v"])[:, 0]
        assert v.max() > 0
        widths[T] = (v > -40).sum() * 0.01
    assert widths["16.3 degC"] < 0.6 * widths["6.3 degC"]


def test_a_reset_soma_fires_like_the_integrate_and_fire_neuron():
    """One passive compartment with a reset is the leaky integrate-and-fire neuron: the same rate to the step."""
    net = am.Network(seed=1, dt="0.01 ms")
    area = math.pi * 400
    neuron = am.models.cable(
        am.morphology.point("20 um"), {"*": [am.models.get("leak")(g_max="0.05 mS/cm2", E="-65 mV")]}, threshold="-50 mV", reset="-65 mV", refractory="2 ms"
    )  # fmt: skip
    P = net.population("P", 1, neuron)
    drive = 20 * 0.05e-3 * area * 1e-8 * 1e12 * 1e-3  # pA that would take it 20 mV up
    net.stimulus(P, am.step(f"{drive} pA"))
    s = np.asarray(net.run("500 ms", precision="float64", progress=False).spikes["P"].times)
    assert np.diff(s).mean() == pytest.approx(2 + 20 * math.log(20 / 5), abs=0.03)
