"""Drugs at channels of the membrane of single cells."""

from __future__ import annotations

import numpy as np

from amine import models
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, ratio, simulated, sized

# activation: Magee 1998, J Neurosci 18:7613; reversal: Maccaferri et al. 1993. The conductance is that with which 2 mM of caesium
# hyperpolarises by 3.8 mV, and the leak that which gives -65 mV and 100 Mohm without drugs (solved beforehand)
_PYRAMIDAL = models.neuron(
    "with_Ih",
    "dv/dt = (g_L*(E_L - v) + g_h*m*(E_h - v) + I_e + I)/C : mV\n"
    "dm/dt = (1/(1 + exp((v + 82*mV)/(8.8*mV))) - m)/tau_h : 1\n"
    "threshold v > V_th\nreset v = E_L\ninitial v = -65*mV\ninitial m = 0.127",
    g_L="6.53 nS", E_L="-69.43 mV", g_h="4.76 nS", E_h="-17 mV", tau_h="50 ms", C="200 pF", V_th="0 mV", I_e="0 pA",
    stands_for={"HCN1": "g_h"},
)  # fmt: skip


def _rest(current: str, **doses: str) -> float:
    """Voltage (mV) at the end of two seconds."""
    net = Network(seed=1)
    cell = net.population("cell", 1, _PYRAMIDAL, I_e=current)
    net.probe(cell, "v", every="1 ms", name="v")
    run = simulated(net, "2 s", **{"zd7288": "0 uM", "cesium": "0 uM", **doses})
    return float(np.asarray(run.probes["v"].values["v"])[-1, 0])


@sized(
    "ZD7288 hyperpolarises pyramidal cells and makes them tighter",
    "ZD7288 10 uM; caesium 2000 uM",
    "Gasparini & DiFrancesco 1997, Pflügers Arch 435:99-106; caesium: Maccaferri, Mangoni, Lazzari & DiFrancesco 1993, J Neurophysiol 69:2129-2136, which sets the conductance here",
    "hyperpolarisation (mV), and conductance for small currents over control",
    {"caesium": ratio(3.8), "ZD7288": ratio(5.9), "conductance": ratio(1 - 0.179)},
    system="HCN channels",
    level="cell",
    differs="half of the current is left at the catalogue's 20 uM for HCN1, which is far above what slices need",
)
def zd7288_rest() -> Numbers:
    """Ih is active at rest."""
    control = _rest("0 pA")
    conductance = lambda **doses: 1.0 / (_rest("5 pA", **doses) - _rest("-5 pA", **doses))  # noqa: E731
    return {
        "caesium": control - _rest("0 pA", cesium="2000 uM"),
        "ZD7288": control - _rest("0 pA", zd7288="10 uM"),
        "conductance": conductance(zd7288="10 uM") / conductance(),
    }
