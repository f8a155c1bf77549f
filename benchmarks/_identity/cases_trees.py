"""Cells with compartments: channels, synapses and gap junctions at places, drugs."""

from __future__ import annotations

import numpy as np

import amine as am
from _identity.record import Arrays
from _identity.registry import case, network

SHAPE = "soma 20 um; 2 basal 100 um 2 um segments 2; apical 200 um 3 um segments 3; 2 tuft 100 um 1 um segments 2"


@network(
    "channels, pools of ions, parameters along the path, synapses, Poisson and gap junctions at places",
    "40 ms",
    both=True,
    quick=True,
)
def places() -> am.Network:
    mine = am.models.channel(
        "NaP",
        "ion Na\ncurrent g_max*m*(E_Na - v)\ndm/dt = (1/(1 + exp(-(v + 52.6*mV)/(4.6*mV))) - m)/(1*ms) : 1",
        g_max="0.05 mS/cm2",
        E_Na="50 mV",
    )
    channels = {
        "soma": ["Na", "Kdr", "M", mine],
        "apical": {"Na": {"g_max": "4 mS/cm2"}, "h": {"g_max": "0.02*mS/cm**2*exp(x/(323*um))"}},
        "tuft": ["CaT", "CaL", "calcium", "KCa"],
        "*": ["leak"],
    }
    neuron = am.models.cable(am.morphology.tree(SHAPE), channels, T="36 degC")
    net = am.Network(seed=1, dt="0.025 ms")
    E = net.population("E", 10, neuron)
    I = net.population("I", 5, "lif_cond", I_e="250 pA")
    net.synapses(I, E.at("tuft"), receptors={"AMPA": "0.5 nS", "NMDA": "1 nS"}, indegree=4, delay="0.5 ms")
    net.synapses(E, E.at("apical", spread="uniform"), receptor="AMPA", weight="0.5 nS", p=0.3)
    net.synapses(E, I, receptor="AMPA", weight="5 nS", p=0.5, delay='uniform("0.5 ms", "2 ms")')
    net.gap_junctions(E.at("basal"), E.at("basal"), conductance="0.5 nS", p=0.3)
    net.gap_junctions(E.at("soma"), I, conductance="0.2 nS", p=0.2)
    net.poisson(E.at("tuft"), rate="50 Hz", receptor="AMPA", weight="0.5 nS", n=20)
    net.stimulus(E.at("apical(0.5)"), am.step("900 pA", start="5 ms", stop="30 ms"))
    net.probe(E.at("*"), "v", every="0.5 ms", name="all")
    net.probe(E.at("tuft[1]"), "Ca_i", "g_NMDA", every="0.5 ms", name="tuft")
    return net


@network("integrate-and-fire soma with a dendrite, Crank-Nicolson, delta synapses, explicit pairs", "60 ms")
def reset() -> am.Network:
    leak = am.models.get("leak")(g_max="0.1 mS/cm2", E="-65 mV")
    cell = am.morphology.ball_and_stick(soma="20 um", dendrite=("300 um", "2 um"), segments=6)
    given = {"threshold": "-50 mV", "reset": "-60 mV", "refractory": "2 ms", "method": "crank_nicolson"}
    neuron = am.models.cable(cell, {"*": [leak]}, **given)
    net = am.Network(seed=2)
    E = net.population("E", 20, neuron)
    P = net.population("P", 20, "poisson", rate="100 Hz")
    pairs = (np.arange(6), np.arange(6) % 3)
    net.synapses(P, E.at([1, 2, 3, 4, 5, 6], spread="each"), receptor="AMPA", weight="2 nS", pairs=pairs)
    net.synapses(P, E.at("dendrite(0.5)"), receptor="delta", weight="0.5 mV", p=0.5)
    net.synapses(E, E.at("soma"), receptor="GABA_A", weight="1 nS", p=0.2)
    net.stimulus(E, am.step("80 pA"))
    net.probe(E.at("*"), "v", every="1 ms", name="all")
    return net


@network("drugs and dopamine on receptors of trees: open-channel block at each place", "50 ms")
def drugs() -> am.Network:
    leak = am.models.get("leak")(g_max="0.2 mS/cm2")
    cell = am.morphology.tree("soma 20 um; apical 200 um 3 um segments 3; 3 tuft 120 um 0.7 um segments 2")
    neuron = am.models.cable(cell, {"*": [leak], "soma": ["Na", "Kdr"]}, T="36 degC")
    net = am.Network(seed=3, dt="0.025 ms")
    E = net.population("E", 4, neuron)
    P = net.population("P", 12, "poisson", rate="80 Hz")
    net.synapses(P, E.at("tuft"), receptors={"AMPA": "1 nS", "NMDA": "2 nS"}, connect="all_to_all")
    net.field("dopamine", released_by=P, release="10 nM", uptake="DAT", tonic="10 nM")
    net.modulate(E, by="dopamine", receptor="D1", acts_on="NMDA.conductance", maximum=1.5, tau="10 ms")
    net.dose("ketamine", am.step("10 uM", start="10 ms"))
    net.dose("cnqx", am.dose_ramp("0 uM", "0.3 uM", "10 ms", "40 ms"))
    net.probe(E.at("tuft"), "v", every="0.5 ms", name="tuft")
    return net


@case("shapes: compartments of a tree, places, reduction, tapering branches")
def shapes(precision: str, threads: int) -> Arrays:
    shape = am.morphology.tree("soma 20 um; 3 basal 200 um 2 um to 1 um; apical 500 um 4 um to 2 um; tuft 200 um 1 um")
    cells = {"tree": shape.compartments(), "reduced": am.morphology.reduce(shape).morphology.compartments()}
    names = ("parent", "area", "resistance", "length", "diameter", "distance")
    out = {f"{n}/{a}": np.asarray(getattr(c, a)) for n, c in cells.items() for a in names}
    at = {place: np.asarray(cells["tree"].at(place)) for place in ("basal", "apical(0.5)", "dendrite", "tuft + basal")}
    return out | {f"at/{place}": found for place, found in at.items()}
