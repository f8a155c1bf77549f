"""Rules of every family, delays on either side, weights carried on."""

from __future__ import annotations

from typing import Any

import numpy as np

import amine as am
import amine.plasticity as rules
from _identity.record import Arrays, collect, collect_weights
from _identity.registry import case, network

MS = am.units.ms


def field(n: int = 16, seed: int = 1, model: str = "lif_cond", current: str = "260 pA") -> tuple[am.Network, Any, Any]:
    """Poisson sources and a few neurons that fire by themselves."""
    net = am.Network(seed=seed)
    P = net.population("P", n, "poisson", rate="50 Hz")
    return net, P, net.population("E", 5, model, I_e=current)


def learn(net: am.Network, P: Any, E: Any, rule: Any, name: str, watch: bool = True, **more: Any) -> None:
    """A plastic projection from all to all, and a look at its weights."""
    given = {"receptor": "AMPA", "weight": "uniform('0.2 nS', '0.8 nS')", **more}
    if "receptors" in given:
        del given["receptor"], given["weight"]
    net.synapses(P, E, connect="all_to_all", rule=rule, name=name, **given)
    if watch:
        net.probe_weights(name, every="10 ms", n=20, name=f"{name} in time")


@network(
    "pairs: additive, nearest, multiplicative, power law; axonal and dendritic delays", "120 ms", both=True, quick=True
)
def pairs() -> am.Network:
    net, P, E = field(seed=1)
    learn(net, P, E, rules.stdp(w_max="1 nS", A_plus=0.05, A_minus=0.06), "stdp", delay="2 ms")
    late = {"delay": 'uniform("0.5 ms", "6 ms")', "delay_kind": "dendritic"}
    learn(net, P, E, rules.stdp_nearest(w_max="1 nS"), "nearest", **late)
    learn(net, P, E, "stdp_multiplicative", "multiplicative")
    learn(net, P, E, "stdp_power_law", "power law", release="tsodyks_markram")
    return net


@network("recurrent, threads meet: STDP within a population, of the second receptor", "80 ms")
def recurrent() -> am.Network:
    net = am.Network(seed=2)
    E = net.population("E", 140, "lif_cond", I_e="normal('230 pA', '20 pA')")
    both = {"AMPA": "0.5 nS", "NMDA": "0.2 nS"}
    rule = rules.stdp(w_max="0.5 nS", A_plus=0.05, A_minus=0.06)
    net.synapses(E, E, receptors=both, p=0.1, plastic="NMDA", rule=rule, delay='uniform("0.2 ms", "4 ms")')
    return net


@network("triplets of spikes, all and nearest, a published set", "120 ms")
def triplets() -> am.Network:
    net, P, E = field(seed=3)
    learn(net, P, E, "triplet", "triplet")
    learn(net, P, E, "triplet_nearest", "nearest")
    learn(net, P, E, rules.get("triplet", "hippocampus minimal"), "hippocampus", delay="3 ms")
    return net


@network("calcium of the rule's own, with and without noise", "120 ms")
def calcium_traces() -> am.Network:
    net, P, E = field(seed=4)
    learn(net, P, E, rules.calcium_traces(tau="500 ms"), "mean")
    learn(net, P, E, rules.get("calcium_traces_noisy", "cortical slice")(tau="500 ms"), "noisy", delay="1 ms")
    return net


@network("calcium through NMDA receptors, of the target and of each synapse, with a blocker", "120 ms", quick=True)
def calcium_receptors() -> am.Network:
    net, P, E = field(seed=5)
    receptors = {"receptors": {"AMPA": "1 nS", "NMDA": "0.3 nS"}}
    learn(net, P, E, rules.calcium(w_high="4 nS", tau="500 ms"), "target", **receptors)
    learn(net, P, E, rules.calcium_local(w_high="4 nS", tau="500 ms"), "synapse", **receptors)
    net.dose("d_ap5", am.step("5 uM", start="60 ms"))
    net.probe(E, "Ca", every="1 ms")
    return net


@network("inhibitory plasticity and synaptic scaling", "150 ms")
def homeostasis() -> am.Network:
    net, P, E = field(seed=6)
    learn(net, P, E, rules.inhibitory_stdp(eta="0.1 nS"), "inhibitory", receptor="GABA_A", weight="1 nS")
    learn(net, P, E, rules.scaling(tau_w="500 ms", tau_r="200 ms", clock="10 ms"), "scaling")
    return net


@network("three factors with a dopamine field: eligibility, reward maximisation", "150 ms", both=True, quick=True)
def reward() -> am.Network:
    net, P, E = field(seed=7)
    vta = net.population("vta", 10, "poisson", rate="30 Hz")
    net.field("dopamine", released_by=vta, release="20 nM", uptake="DAT", tonic="10 nM")
    learn(net, P, E, rules.reward_stdp(tonic="10 nM"), "eligibility")
    learn(net, P, E, rules.r_max(tonic="10 nM"), "maximum")
    return net


@network("voltage (Clopath et al.), filters of the target in its loop", "80 ms")
def voltage() -> am.Network:
    net, P, E = field(seed=8, model="adex", current="700 pA")
    learn(net, P, E, rules.clopath(A_LTP="0.001 1/mV**2"), "clopath", weight="1 nS")
    net.probe(E, "u_plus", "v", every="0.5 ms")
    return net


@network("rates: Hebb gated by acetylcholine, Oja, BCM", "150 ms")
def rates() -> am.Network:
    net, P, E = field(seed=9)
    net.field("acetylcholine", released_by=P, release="20 nM", removal="20 ms", tonic="0.1 uM")
    learn(net, P, E, rules.gated("hebb", "acetylcholine", half="0.5 uM"), "hebb")
    learn(net, P, E, rules.oja(eta="0.05 nS"), "oja")
    learn(net, P, E, rules.bcm(eta="0.02 nS", tau_theta="100 ms"), "bcm")
    return net


CUSTOM = """
dx/dt = -x/tau : 1 (source)
dy/dt = -y/tau : 1 (target)
da/dt = (v - a)/tau_a : mV (target)
de/dt = -e/tau_e + s*x : 1
load = sum(w/w_max) : 1 (target)
on pre e -= A*y; transmit; w *= 0.999; x += 1
on pre after D e += A
on post e += A*x; y += 1
dw/dt = eta*e*where(a > V_c, 1, 0.5)/(1 + load) + sigma*xi : nS in 0 nS .. w_max
initial a = -65*mV
"""


@network("a custom rule: states at three places, transmit, delay of its own, sum, noise, clock", "1200 ms")
def custom() -> am.Network:
    net, P, E = field(seed=10)
    rule = rules.rule(
        "mine",
        CUSTOM,
        tau="20 ms",
        tau_a="10 ms",
        tau_e="100 ms",
        A=0.1,
        D="5 ms",
        V_c="-62 mV",
        s="0.001 1/ms",
        eta="0.002 nS/ms",
        sigma="0.001 nS/ms**0.5",
        w_max="2 nS",
        clock="2 ms",
    )
    learn(net, P, E, rule, "mine", delay="1 ms")
    net.probe(E, "load", "a", every="10 ms")
    return net


FAST = {"tau_h": "500 ms", "tau_z": "500 ms", "tau_p": "500 ms", "clock": "10 ms", "gamma_p": "60", "gamma_d": "2"}


def tagged(seed: int) -> am.Network:
    """Tagging and capture, with one burst."""
    net = am.Network(seed=seed)
    times = np.arange(50.0, 250.0, 10.0)
    P = net.population("P", 6, "spike_list", times=np.tile(times, 6) * MS, indices=np.repeat(np.arange(6), len(times)))
    E = net.population("E", 2, "lif_cond", I_e="210 pA")
    rule = rules.tagging(C_pre=1.0, theta_pro="1", **FAST)
    net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=rule, name="syn")
    return net


@case(
    "tagging and capture, its sums and proteins; hours of rest, with anisomycin; weights loaded again",
    both=True,
    quick=True,
)
def tagging(precision: str, threads: int) -> Arrays:
    net = tagged(11)
    net.probe(net.populations["E"], "protein", "drift", every="50 ms")
    given: dict[str, Any] = {"precision": "float64", "threads": threads, "progress": False}
    run = net.run("1200 ms", **given)
    out = collect(run, net)
    rested = net.rest("syn", run.weights("syn"), "600 ms")
    out |= collect_weights(rested, "rest/awake")
    out |= collect_weights(net.rest("syn", run.weights("syn"), "2 s", anisomycin="10 uM"), "rest/anisomycin")
    net.load_weights("syn", rested)
    return out | {f"again/{k}": a for k, a in collect(net.run("1100 ms", **given), net).items()}


@case("protocols: curves of pairs and triplets, all points as synapses of one run")
def protocols(precision: str, threads: int) -> Arrays:
    lags = ["-20 ms", "-5 ms", "5 ms", "20 ms"]
    curve = am.protocols.pairing(rules.stdp(), lags, n=4, frequency="10 Hz")
    return {"pairing": np.asarray(curve.change)}
