"""From spike to conductance: release of each synapse, minis, clefts, kinetic schemes."""

from __future__ import annotations

from typing import Any

import amine as am
from _identity.registry import network

MS = am.units.ms


def two(seed: int = 1) -> tuple[am.Network, Any, Any, Any]:
    """A source and two populations that fire."""
    net = am.Network(seed=seed)
    S = net.population("S", 12, "poisson", rate="60 Hz")
    E = net.population("E", 20, "lif_cond", I_e="230 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    I = net.population("I", 8, "lif_cond", I_e="240 pA")
    return net, S, E, I


def look(net: am.Network, E: Any, *labels: str) -> am.Network:
    """Probes the voltage and conductances."""
    net.probe(E[:4], "v", *(f"g_{label}" for label in labels), every="0.5 ms")
    return net


@network(
    "filters with release at the source: depression, facilitation, autoreceptor, custom",
    "100 ms",
    both=True,
    quick=True,
)
def source_release() -> am.Network:
    net, S, E, I = two(1)
    own = am.models.release(
        "depression", "dx/dt = (1 - x)/tau : 1\npayload U*x\nafter spike x -= U*x\ninitial x = 1", U=0.5, tau="300 ms"
    )
    net.synapses(S, E, receptor="AMPA", weight="6 nS", p=0.5, release="tsodyks_markram")
    facilitating = am.models.tsodyks_markram(U=0.05, tau_facil="500 ms", tau_rec="100 ms")
    net.synapses(S, I, receptor="AMPA", weight="8 nS", p=0.5, release=facilitating)
    net.synapses(I, E, receptor="GABA_A", weight="6 nS", p=0.5, release="autoreceptor")
    net.synapses(E, I, receptor="NMDA", weight="1 nS", p=0.5, release=own)
    return look(net, E, "AMPA", "GABA_A")


@network("release of each synapse: quanta that deplete and vary, drawn U, minis", "100 ms", both=True, quick=True)
def synapse_release() -> am.Network:
    net, S, E, I = two(2)
    quantal = am.models.quantal(n=5, p=0.4, cv=0.3, tau_rec="80 ms", tau_facil="50 ms")
    net.synapses(S, E, receptors={"AMPA": "1 nS", "NMDA": "0.2 nS"}, p=0.5, release=quantal, minis="2 Hz")
    drawn = am.models.tsodyks_markram(U=am.uniform("0.2", "0.6"), tau_rec="80 ms")
    net.synapses(S, I, receptor="AMPA", weight="5 nS", p=0.5, release=drawn, delay="1.3 ms")
    net.synapses(I, E, receptor="GABA_A", weight="3 nS", p=0.5, minis="5 Hz")
    return look(net, E, "AMPA", "GABA_A")


@network("kinetic schemes with square pulses: AMPA, NMDA, GABA_A, GABA_B, depression", "100 ms", both=True, quick=True)
def kinetic() -> am.Network:
    net, S, E, I = two(3)
    net.synapses(S, E, transmitter="glutamate", receptors={"AMPA": "6 nS", "NMDA": "1 nS"}, p=0.5, detail="kinetic")
    both = {"GABA_A": "10 nS", "GABA_B": "2 nS"}
    net.synapses(I, E, transmitter="GABA", receptors=both, p=0.5, detail="kinetic", release="tsodyks_markram")
    net.probe(E[:4], "s_GABA_B", every="1 ms")
    return look(net, E, "AMPA", "NMDA", "GABA_A")


@network("kinetic schemes with cleared transmitter, own scheme, quanta", "80 ms")
def cleared() -> am.Network:
    net, S, E, I = two(4)
    cleft = am.models.clearance(T_max="1.1 mM", tau="1.2 ms", V_uptake="20 uM/ms", I_uptake="5 uM")
    mine = am.models.scheme(
        "mine", "C <-> O: a*T, b ; O <-> D: d, r ; open O", a="1.1 1/mM/ms", b="0.2 1/ms", d="0.1 1/ms", r="0.02 1/ms",
        E_rev="0 mV",
    )  # fmt: skip
    Q = net.population("Q", 10, "lif_cond", I_e="200 pA", receptors={"m": mine, "f": mine(a="20 1/mM/ms", b="2 1/ms")})
    net.synapses(S, E, receptors={"AMPA": "6 nS"}, p=0.5, detail="kinetic", cleft=cleft)
    net.synapses(S, Q, receptors={"m": "6 nS"}, connect="all_to_all", detail="kinetic", cleft="clearance")
    net.synapses(S, Q, receptors={"f": "2 nS"}, p=0.5, detail="kinetic", release=am.models.quantal(n=3, p=0.5))
    return look(net, E, "AMPA")


@network(
    "a scheme at each synapse: two states with drawn rates, five states, spill-over, cleft",
    "60 ms",
    both=True,
    quick=True,
)
def explicit() -> am.Network:
    net, S, E, I = two(5)
    drawn = am.models.get("AMPA_two_state")(alpha=am.uniform("0.9 1/mM/ms", "1.3 1/mM/ms"))
    Q = net.population("Q", 10, "lif_cond", I_e="200 pA", receptors={"x": drawn})
    cleft = am.models.clearance(tau="1.2 ms", V_breakdown="50 uM/ms", spillover=0.1)
    net.synapses(S, Q, receptors={"x": "6 nS"}, p=0.5, detail="explicit")
    net.synapses(S, E, receptors={"AMPA": "5 nS", "NMDA": "1 nS"}, p=0.3, detail="explicit", cleft=cleft)
    net.synapses(I, E, receptors={"GABA_B": "2 nS"}, p=0.4, detail="explicit", delay='uniform("0.5 ms", "2 ms")')
    return look(net, E, "AMPA", "NMDA", "GABA_B")


@network("explicit with quanta, rates that depend on voltage, reversal by Nernst", "60 ms")
def explicit_quanta() -> am.Network:
    net, S, E, I = two(6)
    gated = am.models.scheme(
        "gated",
        "C <-> O: a*T, b*exp(-v/(40*mV))\nopen O\nE_Cl = nernst(Cl_out, Cl_in, -1, T_body) : mV\ncurrent g*(E_Cl - v)",
        a="5 1/mM/ms",
        b="0.05 1/ms",
        Cl_out="130 mM",
        Cl_in="25 mM",
        T_body="310 K",
    )
    Q = net.population("Q", 10, "lif_cond", I_e="260 pA", receptors={"Cl": gated})
    quantal = am.models.quantal(n=4, p=0.5, tau_rec="100 ms")
    net.synapses(S, E, receptors={"AMPA": "2 nS"}, p=0.4, detail="explicit", release=quantal)
    net.synapses(S, Q, receptors={"Cl": "2 nS"}, p=0.4, detail="explicit")
    net.probe(Q[:4], "v", "g_Cl", every="0.5 ms")
    return look(net, E, "AMPA")
