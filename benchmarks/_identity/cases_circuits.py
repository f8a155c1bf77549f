"""The circuits that are built in, in small and for some tens of milliseconds."""

from __future__ import annotations

import amine as am
from _identity.registry import network

C = am.circuits


@network("conductance synapses, own initial voltages", "60 ms", both=True)
def coba() -> am.Network:
    net = C.coba(80, seed=1, bias="260 pA")
    net.probe(net.populations["E"][:3], "v", "g_AMPA", every="0.5 ms")
    return net


@network("current synapses", "60 ms")
def cuba() -> am.Network:
    return C.cuba(80, seed=1)


@network("Hodgkin-Huxley neurons (Traub and Miles)", "60 ms")
def cobahh() -> am.Network:
    net = C.cobahh(80, seed=1)
    net.probe(net.populations["E"][:3], "v", every="0.5 ms")
    return net


@network("delta synapses, Poisson input, fixed in-degree", "40 ms")
def brunel() -> am.Network:
    net = C.brunel("AI", seed=1, scale=0.1)
    net.probe(net.populations["E"][:3], "v", every="0.5 ms")
    return net


@network("eight populations, drawn weights and delays, Poisson input, thalamic spike lists", "715 ms")
def microcircuit() -> am.Network:
    return C.microcircuit(0.01, seed=1, thalamus=True)


@network("PING: own neuron models with instantaneous gates", "60 ms")
def gamma() -> am.Network:
    return C.gamma(40, seed=1)


@network("dopamine field with uptake, D1 and D2 on parameters and receptors", "150 ms", both=True)
def striatum() -> am.Network:
    return C.striatum(40, cortex="40 Hz", rate="20 Hz", tonic="10 nM", seed=1)


@network("STDP at the inputs of a neuron (Song et al.)", "150 ms")
def song() -> am.Network:
    return C.song(100, seed=1, rate="60 Hz")


@network("recurrent network with STDP", "80 ms")
def stdp_network() -> am.Network:
    return C.stdp_network(100, inputs=50, seed=1)


@network("inhibitory plasticity (Vogels et al.)", "80 ms")
def vogels() -> am.Network:
    return C.vogels(100, seed=1)


@network("ball and stick with Hodgkin-Huxley channels", "30 ms")
def ball_and_stick() -> am.Network:
    return C.ball_and_stick(3, segments=9, seed=1)


@network("coba with trees", "60 ms")
def coba_trees() -> am.Network:
    return C.coba_trees(60, seed=1, bias="300 pA")


@network("cleft and kinetic schemes of AMPA, NMDA, GABA_A, GABA_B, with drugs", "60 ms")
def chemical() -> am.Network:
    return C.chemical(60, seed=1, bias="260 pA")


@network("NMDA with cleared transmitter, evidence as spike lists, dopamine level", "60 ms")
def wang2002() -> am.Network:
    net = C.wang2002(0.5, seed=1, stimulus=(5.0, 55.0), scale=0.03, dopamine="0.1 uM")
    net.probe(net.populations["A"][:2], "v", "g_NMDA", every="1 ms")
    return net


@network("thalamic relay and reticular cells; GABA_B of each synapse, explicit", "120 ms")
def thalamus() -> am.Network:
    return C.thalamus(11, seed=1)
