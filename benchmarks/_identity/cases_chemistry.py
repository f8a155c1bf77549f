"""Fields, regions, modulators, doses of every course, and each mechanism by which drugs act."""

from __future__ import annotations

from typing import Any

import numpy as np

import amine as am
from _identity.record import Arrays
from _identity.registry import case, network


def active(seed: int, n: int = 40, **more: Any) -> tuple[am.Network, Any, Any]:
    """Excitation and inhibition that fire."""
    net = am.Network(seed=seed)
    start = {"v": 'uniform("-60 mV", "-50 mV")'}
    E = net.population("E", n, "lif_cond", I_e="normal('240 pA', '20 pA')", initial=start, **more)
    I = net.population("I", n // 4, "lif_cond", I_e="250 pA")
    net.synapses(E, E + I, receptors={"AMPA": "2 nS", "NMDA": "0.3 nS"}, p=0.2, delay="1 ms")
    net.synapses(I, E, receptor="GABA_A", weight="5 nS", p=0.4, release="tsodyks_markram")
    net.probe(E[:4], "v", every="1 ms")
    return net, E, I


@network(
    "a field, regions that mix, a grid; modulators of neurons, receptors and release", "100 ms", both=True, quick=True
)
def fields() -> am.Network:
    place = np.random.default_rng(0).uniform(0, 300, (80, 2)) * am.units.um
    net, E, I = active(1, 80, positions=place)
    vta = net.population("vta", 30, "poisson", rate="40 Hz")
    DA = net.field("dopamine", released_by=vta[::2], uptake="DAT", tonic="20 nM", release="5 nM")
    grid = {"grid": (3, 4), "spacing": "100 um", "diffusion": "3 um**2/ms"}
    net.field("no", released_by=E, removal="20 ms", release="3 nM", **grid)
    regions = {"a": E[:30] + I, "b": E[30:]}
    net.field("ecb", released_by=E + I, removal="50 ms", release="0.1 nM", regions=regions, exchange="0.01 1/ms")
    net.modulate(E, by=DA, receptor="D1", acts_on="NMDA.conductance", maximum=2.0, EC50="50 nM", tau="20 ms")
    net.modulate(E, by="no", receptor="sGC", acts_on="tau_m", maximum=1.3, EC50="10 nM", tau="5 ms", tau_decay="40 ms")
    net.modulate(E[20:60], by="ecb", receptor="R", acts_on="V_th", maximum=0.95, EC50="10 nM")
    net.modulate(I, by="ecb", receptor="CB1", acts_on="release.U", maximum=0.2, EC50="5 nM", hill=2)
    net.modulate(E, by=DA, receptor="D2", acts_on="GABA_A.tau", maximum=1.5, tau="10 ms")
    return net


@network("doses in time: constant, step, ramp, table, pharmacokinetic with one and two compartments, sums", "100 ms")
def courses() -> am.Network:
    net, E, I = active(2)
    net.dose("bicuculline", am.bath("1 uM") + am.bath("1 uM", start="30 ms", stop="60 ms"))
    net.dose("gabazine", am.bolus("300 nM", absorption="10 ms", elimination="40 ms"))
    net.dose("diazepam", am.bolus("1 uM", distribution="10 ms", elimination="50 ms", slow=0.3, at=["5 ms", "45 ms"]))
    net.dose("cnqx", am.dose_ramp("0 uM", "0.5 uM", "20 ms", "80 ms"))
    net.dose("d_ap5", am.dose_table(["15 ms", "60 ms"], ["10 uM", "1 uM"]))
    return net


@network(
    "blockers of open channels; a toxin at the threshold of integrate-and-fire neurons", "100 ms", both=True, quick=True
)
def blockers() -> am.Network:
    net, E, I = active(3)
    net.dose("ketamine", am.step("50 uM", start="20.4 ms"))
    net.dose("memantine", "5 uM")
    net.dose("tetrodotoxin", am.step("2 nM", start="50 ms"))
    return net


@network("channel blockers on Hodgkin-Huxley conductances", "60 ms")
def channels() -> am.Network:
    net = am.Network(seed=4, dt="0.05 ms")
    T = net.population("T", 20, "traub_miles", initial={"v": 'uniform("-70 mV", "-60 mV")'})
    net.stimulus(T, am.step("400 pA", start="2 ms"))
    net.synapses(T, T, receptor="AMPA", weight="1 nS", p=0.2)
    net.dose("tetrodotoxin", am.dose_ramp("0 nM", "5 nM", "20 ms", "50 ms"))
    net.dose("4ap", am.step("100 uM", start="10 ms"))
    net.probe(T[:3], "v", every="0.5 ms")
    return net


@network("agonists: open all the time, at metabotropic receptors, alone and against a field", "100 ms")
def agonists() -> am.Network:
    net, E, I = active(5)
    vta = net.population("vta", 20, "poisson", rate="30 Hz")
    net.field("dopamine", released_by=vta, uptake="DAT", tonic="20 nM", release="10 nM")
    net.modulate(E, by="dopamine", receptor="D2", acts_on="V_th", maximum=0.97, tau="10 ms")
    net.modulate(I, receptor="mu_opioid", acts_on="release.U", maximum=0.3)
    net.dose("muscimol", am.step("0.2 uM", start="30 ms"))
    net.dose("haloperidol", am.dose_ramp("0 nM", "20 nM", "0 ms", "60 ms"))
    net.dose("morphine", "50 nM")
    net.dose("naloxone", am.step("10 nM", start="50 ms"))
    return net


@network("uptake blocked, a releaser, an enzyme inhibited, a precursor; autoreceptor of a field", "100 ms")
def turnover() -> am.Network:
    net, E, I = active(6)
    vta = net.population("vta", 20, "poisson", rate="30 Hz")
    net.field("dopamine", released_by=vta, uptake="DAT", tonic="20 nM", release="10 nM")
    net.field("serotonin", released_by=vta[:10], uptake=["SERT", am.uptake("1 uM/s", "0.2 uM")], release="5 nM")
    net.field("acetylcholine", released_by=E, removal={"AChE": "5 ms"}, release="5 nM", tonic="50 nM")
    net.modulate(E, by="dopamine", receptor="D1", acts_on="AMPA.conductance", maximum=1.5, tau="10 ms")
    net.modulate(vta, by="dopamine", receptor="D2", acts_on="dopamine.release", maximum=0.3, tau="20 ms")
    net.modulate(E, by="serotonin", receptor="5HT2A", acts_on="tau_m", maximum=1.2)
    net.modulate(I, by="acetylcholine", receptor="M1", acts_on="V_th", maximum=0.98)
    net.dose("cocaine", am.step("300 nM", start="40 ms"))
    net.dose("amphetamine", am.step("100 nM", start="60 ms"))
    net.dose("donepezil", "10 nM")
    net.dose("l_dopa", "1 uM")
    net.dose("citalopram", am.step("5 nM", start="20 ms"))
    return net


@network("doses at kinetic and explicit schemes: decay lengthened from the start, conductance in time", "60 ms")
def schemes() -> am.Network:
    net = am.Network(seed=7)
    E = net.population("E", 20, "lif_cond", I_e="240 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
    I = net.population("I", 10, "lif_cond", I_e="250 pA")
    net.synapses(E, I, transmitter="glutamate", receptors={"AMPA": "4 nS"}, p=0.4, detail="kinetic")
    net.synapses(I, E, transmitter="GABA", receptors={"GABA_A": "5 nS"}, p=0.5, detail="kinetic")
    net.synapses(E, E, transmitter="glutamate", receptors={"NMDA": "1 nS"}, p=0.3, detail="explicit")
    net.dose("diazepam", "0.5 uM")
    net.dose("d_ap5", am.step("5 uM", start="30 ms"))
    net.dose("ketamine", am.step("10 uM", start="10 ms"))
    net.probe(E[:4], "v", "g_GABA_A", "g_NMDA", every="0.5 ms")
    return net


@case("the algebra of every drug: factors at equilibrium, occupancies under competition, courses in time")
def algebra(precision: str, threads: int) -> Arrays:
    from amine.compounds import effects_of, names, steady_factor

    out: Arrays = {}
    targets = [t for kind in ("receptor", "transporter", "enzyme", "channel", "transmitter") for t in names(kind)]
    for drug in names("drug"):
        effects = effects_of(drug, targets)
        levels = {e.drug: np.array([0.01, 0.3, 10.0]) for e in effects}
        out |= {f"{drug}/{k}": np.asarray(x) for k, x in sorted(steady_factor(effects, levels, v=-50.0).items())}
    course = am.bolus("1 uM", absorption="20 min", elimination="4 h", at=["0 h", "8 h"]) + am.bath("2 uM", stop="1 h")
    return out | {"course": course.at(np.linspace(0, 6e7, 200))}
