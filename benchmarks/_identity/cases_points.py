"""Point neurons of every kind, their inputs, and how they are connected."""

from __future__ import annotations

import numpy as np

import amine as am
from _identity.registry import network

MS = am.units.ms


@network(
    "two receptors, drawn weights and delays, release, gaps, noise, Poisson, stimulus, slices",
    "80 ms",
    both=True,
    quick=True,
)
def everything() -> am.Network:
    net = am.Network(seed=7)
    noisy = am.models.neuron(
        "noisy_lif",
        "dv/dt = (E_L - v)/tau + sigma*sqrt(2/tau)*xi + (I + I_e)/C : mV\nthreshold v > V_th\nreset v = E_L\n"
        "refractory t_ref hold v\ninitial v = E_L",
        E_L="-65 mV",
        tau="12 ms",
        sigma="1.5 mV",
        C="200 pF",
        V_th="-50 mV",
        t_ref="2 ms",
        I_e="180 pA",
    )
    start = {"v": 'uniform("-60 mV", "-50 mV")'}
    E = net.population("E", 100, "lif_cond", I_e="normal('180 pA', '10 pA')", initial=start)
    I = net.population("I", 70, noisy, receptors={"AMPA": "AMPA", "GABA_A": "GABA_A"})
    delay = 'normal("1.5 ms", "0.7 ms").clipped("0.1 ms")'
    net.synapses(E, E + I, receptors={"AMPA": "3 nS", "NMDA": "0.3 nS"}, p=0.1, delay=delay)
    weight = 'normal("20 nS", "4 nS").truncated("0 nS")'
    net.synapses(I, E, receptor="GABA_A", weight=weight, indegree=20, delay="0.8 ms", release="tsodyks_markram")
    net.synapses(I, I, receptor="GABA_A", weight="5 nS", p=0.1)
    net.gap_junctions(I, I, conductance="0.3 nS", p=0.05)
    net.gap_junctions(E[:10], I[:10], conductance=np.linspace(0.1, 0.4, 10) * am.units.nS, pairs=(np.arange(10),) * 2)
    net.poisson(E[:70], rate="8 Hz", receptor="AMPA", weight="1 nS", n=50)
    net.stimulus(I[:50], am.sine("40 pA", "20 Hz", start="13 ms"))
    net.probe(E[3:90:7], "v", "g_AMPA", every="0.3 ms", name="cells")
    net.probe(I, "v", name="inhibitory", every="1 ms")
    return net


@network("adex, eif and izhikevich (RK4) with drawn parameters and every waveform", "80 ms", both=True, quick=True)
def runge_kutta() -> am.Network:
    net = am.Network(seed=2)
    A = net.population("A", 30, "adex", I_e="600 pA", b="normal('60 pA', '10 pA')", tau_w='uniform("80 ms", "160 ms")')
    B = net.population("B", 20, "eif", I_e="500 pA")
    Z = net.population(
        "Z", 20, am.models.izhikevich_type("IB") if hasattr(am.models, "izhikevich_type") else "izhikevich"
    )
    net.synapses(A, A + B, receptors={"AMPA": "1 nS", "NMDA": "0.2 nS"}, p=0.2, delay="1 ms")
    net.synapses(B, A, receptor="GABA_A", weight="2 nS", p=0.3)
    net.stimulus(A, am.ramp("0 pA", "200 pA", "10 ms", "60 ms"))
    net.stimulus(B, am.table(["0 ms", "20 ms", "40 ms"], ["100 pA", "400 pA", "200 pA"]))
    net.stimulus(Z, am.step("15 pA", start="5 ms", stop="70 ms"))
    net.stimulus(Z[:10], am.sine("5 pA", "50 Hz", mean="2 pA"))
    for P in (A, B, Z):
        net.probe(P[:4], "v", every="0.2 ms")
    return net


@network("Hodgkin-Huxley squid axon, at its own step", "40 ms")
def squid() -> am.Network:
    net = am.Network(seed=3, dt="0.02 ms")
    H = net.population("H", 12, "hodgkin_huxley", initial={"v": 'uniform("-70 mV", "-60 mV")'})
    net.stimulus(H, am.step("300 pA", start="2 ms"))
    net.synapses(H, H, receptor="AMPA", weight="0.5 nS", p=0.2)
    net.probe(H[:3], *("v", *[s for s in ("m", "h", "n") if s in H.model.state_units]), every="0.2 ms")
    return net


@network("receptor models: alpha, dual exponential, NMDA, custom; currents and conductances; delta", "60 ms")
def receptors() -> am.Network:
    net = am.Network(seed=4)
    slow = am.models.receptor(
        "slow",
        "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(E_rev - v)*(1 + v/(200*mV))",
        tau="50 ms",
        E_rev="0 mV",
    )
    P = net.population("P", 20, "poisson", rate=np.linspace(20, 120, 20) * am.units.Hz)
    C = net.population(
        "C",
        20,
        "lif_cond",
        tau_m=np.linspace(8, 30, 20) * MS,
        receptors={"a": "alpha", "d": am.models.dual_exponential(tau_rise="1 ms", tau_decay="8 ms"), "s": slow},
    )
    currents = {"a": "alpha_current", "d": "dual_exponential_current", "e": "exponential_current"}
    L = net.population("L", 20, "lif", receptors=currents)
    net.synapses(P, C, receptors={"a": "2 nS", "d": "2 nS", "s": "0.5 nS", "NMDA": "0.5 nS"}, p=0.5, delay="2 ms")
    net.synapses(P, L, receptors={"a": "60 pA", "d": "60 pA", "e": "60 pA", "exc": "60 pA"}, p=0.5)
    net.synapses(C, L, receptor="delta", weight="1.5 mV", p=0.3, delay='uniform("0.1 ms", "3 ms")')
    net.synapses(L, L, receptor="inh", weight="-20 pA", p=0.2)
    net.poisson(L[::2], rate=np.linspace(100, 900, 10) * am.units.Hz, receptor="delta", weight="0.3 mV", n=3)
    net.probe(C[:5], "v", "g_s", every="0.5 ms")
    net.probe(L[:5], "v", every="0.5 ms")
    return net


@network("every pattern of connection: distance, degrees, total, pairs, one to one; spike lists", "50 ms")
def patterns() -> am.Network:
    net = am.Network(seed=5)
    rng = np.random.default_rng(5)
    k, i = np.nonzero(rng.random((490, 30)) < 0.02)
    place = rng.uniform(0, 300, (60, 2)) * am.units.um
    S = net.population("S", 30, "spike_list", times=0.1 * (k + 1) * MS, indices=i)
    A = net.population("A", 60, "lif_cond", I_e="210 pA", positions=place)
    B = net.population("B", 30, "lif_cond", I_e="210 pA")
    net.synapses(S, B, receptor="AMPA", weight="6 nS", connect="one_to_one")
    for k, kernel in enumerate((am.gaussian("80 um", 0.4), am.exponential_decay("60 um"), am.box("50 um", 0.5))):
        net.synapses(A, A, receptor="AMPA", weight="1 nS", distance=kernel, autapses=False, name=f"near {k}")
    net.synapses(A, B, receptor="AMPA", weight="1 nS", outdegree=5, delay="0.7 ms")
    net.synapses(B, A, receptor="GABA_A", weight="2 nS", total=200, multapses=False)
    net.synapses(B, B, receptor="GABA_A", weight="1 nS", indegree=4, multapses=False, autapses=False)
    pairs = (rng.integers(0, 60, 90), rng.integers(0, 30, 90))
    own = {"weight": rng.uniform(0.5, 4, 90) * am.units.nS, "delay": rng.uniform(0.1, 5, 90) * MS}
    net.synapses(A, B, receptor="NMDA", pairs=pairs, name="given", **own)
    net.synapses(A[:30] + B[10:20], A[30:] + B[:10], receptor="AMPA", weight="0.5 nS", p=0.1, name="slices")
    return net


@network("custom models: branches of functions, multiplicative noise, two states reset", "60 ms")
def custom() -> am.Network:
    net = am.Network(seed=6)
    model = am.models.neuron(
        "mine",
        "dv/dt = (E_L - v)/tau*where(v > V_c, 1 - (v - V_c)/(20*mV), 1) - k*y + sigma/tau**0.5*(1 + (v - E_L)/(50*mV))*xi"
        " + (I + I_e)/C : mV\n"
        "dy/dt = (max(v - V_c, 0*mV) - y)/tau_y : mV\n"
        "threshold v > V_th\nreset v = E_L; y += 2*mV\nrefractory t_ref hold v\ninitial v = E_L",
        E_L="-65 mV",
        V_c="-60 mV",
        V_th="-50 mV",
        tau="15 ms",
        tau_y="60 ms",
        sigma="1 mV",
        k="0.01 1/ms",
        C="200 pF",
        t_ref="2 ms",
        I_e="uniform('240 pA', '300 pA')",
    )
    N = net.population("N", 40, model, receptors={"x": "exponential"})
    net.synapses(N, N, receptor="x", weight="1 nS", p=0.2)
    net.probe(N[:5], "v", "y", every="0.5 ms")
    return net
