"""Drugs that act on the change of synapses."""

from __future__ import annotations

from amine import plasticity
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, part, sized
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
