"""Drugs that act on the change of synapses."""

from __future__ import annotations

from amine import plasticity
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, part, simulated, sized
from amine.pharmacology.cases.preparations import tetanus


@sized(
    "AP5 prevents long-term potentiation",
    "D-AP5 50 uM",
    "Collingridge, Kehl & McLennan 1983, J Physiol 334:33-46",
    "change of weight after a tetanus over that without drug",
    {"left": part(0.0)},
    system="glutamate",
    level="learning",
)
def ap5_potentiation() -> Numbers:
    """No calcium flows through NMDA receptors."""
    return {"left": tetanus(ap5="50 uM") / tetanus()}


_TURNS = (
    "the rule turns the weaker calcium that is left into depression (negative numbers), which the paper did not see"
)


@sized(
    "ethanol prevents long-term potentiation",
    "ethanol 100000 uM",
    "Sinclair & Lo 1986, Gen Pharmacol 17:231-233",
    "change of weight after a tetanus over that without drug",
    {"left": part(0.0)},
    system="glutamate",
    level="learning",
    differs=_TURNS,
)
def ethanol_potentiation() -> Numbers:
    """0.1 M weakens NMDA currents to a third."""
    return {"left": tetanus(ethanol="100000 uM") / tetanus()}


@sized(
    "a cannabinoid prevents long-term potentiation unless magnesium is removed",
    "WIN 55,212-2 5 uM",
    "Misner & Sullivan 1999, J Neurosci 19:6795-6805",
    "change of weight after a tetanus over that without drug",
    {"with magnesium": part(0.0), "without magnesium": part(1.0)},
    system="cannabinoids",
    level="learning",
    differs=_TURNS + "; without magnesium potentiation is restored",
)
def cannabinoid_potentiation() -> Numbers:
    """Less transmitter depolarises too little to unblock NMDA receptors; without the block this is not needed."""
    drug = "5 uM"
    return {
        "with magnesium": tetanus(win55212_2=drug) / tetanus(),
        "without magnesium": tetanus("0 mM", win55212_2=drug) / tetanus("0 mM"),
    }


def _after_hours(hours: str, anisomycin: str) -> float:
    """Potentiation (part of the start) after rest that follows strong firing."""
    net = Network(seed=1)
    P = net.population("P", 12, "poisson", rate="90 Hz")
    E = net.population("cell", 1, "lif_cond", I_e="600 pA")
    rule = plasticity.tagging(theta_pro="2")
    syn = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=rule)
    w = net.run("1 s", precision="float64", progress=False).weights(syn)
    return float(net.rest(syn, w, hours, anisomycin=anisomycin).weights.mean()) - 1.0


@sized(
    "anisomycin spares the early and prevents the late phase of potentiation",
    "20 uM of anisomycin, a parameter of the rule `tagging`",
    "Frey, Krug, Reymann & Matthies 1988, Brain Res 452:57-65",
    "potentiation over that without anisomycin, 8 h and (as a control of the early phase, without published number) 10 min after a tetanus",
    {"8 h": part(15 / 96), "10 min": part(1.0)},
    system="protein synthesis",
    level="learning",
)
def anisomycin_late() -> Numbers:
    """96 % of potentiation at the 8th hour, 15 % with anisomycin. The rule's own model of capture (Luboeinski & Tetzlaff 2021)."""
    out = {}
    for hours in ("8 h", "10 min"):
        out[hours] = _after_hours(hours, "20 uM") / _after_hours(hours, "0 uM")
    return out


def _chemical_depression(**doses: str) -> float:
    """Loss of weight (part of the start) while group I receptors are active for two seconds: a rule that follows their occupancy."""
    net = Network(seed=1)
    fibres = net.population("fibres", 5, "poisson", rate="20 Hz")
    cell = net.population("cell", 1, "lif_cond")
    rule = plasticity.rule("depression", "dw/dt = -mGluR1_5*w/tau : nS in 0 nS .. 5 nS", tau="4 s", mGluR1_5="0")
    synapses = net.synapses(fibres, cell, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=rule)
    net.modulate(cell, receptor="mGluR1_5", acts_on="tau_m", maximum=1.0, tau="20 ms")
    run = simulated(net, "2 s", **{**dict.fromkeys(("dhpg", "mpep", "ly367385"), "0 uM"), **doses})
    return 1.0 - float(run.weights(synapses).weights.mean())


@sized(
    "MPEP prevents the depression that DHPG induces",
    "DHPG 100 uM; MPEP 10 uM; LY367385 100 uM",
    "Huber, Roder & Bear 2001, J Neurophysiol 86:321-325; Fitzjohn, Kingston, Lodge & Collingridge 1999, Neuropharmacology 38:1577-1583 (LY367385 does not)",
    "loss of weight over that by DHPG alone",
    {"MPEP": part(0.0), "LY367385": part(1.0)},
    system="glutamate",
    level="learning",
    differs="mGluR1, at which LY367385 is selective, and mGluR5 are one receptor here",
)
def mpep_depression() -> Numbers:
    """mGluR5 is needed, mGluR1 is not."""
    control = _chemical_depression(dhpg="100 uM")
    return {
        "MPEP": _chemical_depression(dhpg="100 uM", mpep="10 uM") / control,
        "LY367385": _chemical_depression(dhpg="100 uM", ly367385="100 uM") / control,
    }
