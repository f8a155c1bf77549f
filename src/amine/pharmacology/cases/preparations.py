"""Small preparations that many cases share, so that they share their compiled code: each is dosed with all its drugs, at 0 uM unless a case gives more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from amine import models, plasticity, units
from amine.network.network import Network
from amine.pharmacology.cases.case import simulated
from amine.results.run import Run


def dosed(net: Network, duration: str, drugs: Iterable[str], doses: Mapping[str, str]) -> Run:
    """Run a preparation with all its drugs, those without a dose at 0 uM."""
    return simulated(net, duration, **{**dict.fromkeys(drugs, "0 uM"), **doses})


# --- synapses ---------------------------------------------------------------------------------------------------------

SYNAPSE_DRUGS = ("ethanol", "perampanel", "propofol", "thdoc", "nicotine")
_SYNAPSES = {"AMPA": "AMPA", "NMDA": "NMDA", "GABA_A": "GABA_A", "nAChR_alpha4beta2": "AMPA"}


class Synapses:
    """Four cells at rest without spikes, each with one synapse: what a spike at 50 ms does to their voltage and conductance, by receptor."""

    def __init__(self, **doses: str):
        net = Network(seed=1)
        receptors = {r: models.get(m)(Mg="0 mM") if m == "NMDA" else models.get(m) for r, m in _SYNAPSES.items()}
        cell = net.population(
            "cell", len(receptors), "lif_cond", E_L="-60 mV", V_th="0 mV", initial={"v": "-60 mV"}, receptors=receptors
        )
        fibre = net.population("fibre", 1, "spike_list", times=np.array([50.0]) * units.ms, indices=np.zeros(1, int))
        for i, r in enumerate(receptors):
            net.synapses(fibre, cell[i : i + 1], receptor=r, weight="0.1 nS", connect="one_to_one")
        net.probe(cell, "v", *(f"g_{r}" for r in receptors), every="1 ms", name="all")
        values = dosed(net, "150 ms", SYNAPSE_DRUGS, doses).probes["all"].values
        v = np.asarray(values["v"])
        self.deflection = {r: float(np.abs(v[49:, i] - v[49, i]).max()) for i, r in enumerate(receptors)}
        self._g = {r: np.asarray(values[f"g_{r}"])[:, i] for i, r in enumerate(receptors)}

    def decay(self, receptor: str) -> float:
        """Time constant (ms) of the decay of a conductance."""
        g = self._g[receptor]
        t = int(g.argmax()) + 2
        return float(20.0 / np.log(g[t] / g[t + 20]))


# --- terminals with presynaptic receptors -----------------------------------------------------------------------------

TERMINAL_DRUGS = ("caffeine", "dpcpx", "baclofen", "cgp55845", "win55212_2", "rimonabant", "naloxone", "damgo")


def terminal(adenosine: str = "0 uM", **doses: str) -> float:
    """Greatest conductance (nS) of a synapse whose terminal has A1, GABA_B, CB1 and mu receptors, which end release when all are active."""
    net = Network(seed=1)
    cell = net.population("cell", 1, "lif_cond", V_th="0 mV")
    fibre = net.population("fibre", 1, "spike_list", times=np.array([500.0]) * units.ms, indices=np.zeros(1, int))
    release = models.get("tsodyks_markram")(U=0.1)
    net.synapses(fibre, cell, receptor="AMPA", weight="1 nS", connect="one_to_one", release=release)
    field = net.field("adenosine", tonic=adenosine, removal="1 s")
    net.modulate(fibre, by=field, receptor="A1", acts_on="release.U", maximum=0.0, tau="20 ms")
    for receptor in ("GABA_B", "CB1", "mu_opioid"):
        net.modulate(fibre, receptor=receptor, acts_on="release.U", maximum=0.0, tau="20 ms")
    net.probe(cell, "g_AMPA", every="1 ms", name="g")
    return float(np.asarray(dosed(net, "520 ms", TERMINAL_DRUGS, doses).probes["g"].values["g_AMPA"]).max())


# --- a cell with receptors that open potassium or chloride channels ---------------------------------------------------

SOMA_DRUGS = ("damgo", "naloxone", "gabazine", "bicuculline", "picrotoxin")
_SOMA = models.neuron(
    "soma",
    "dv/dt = (g_L*(E_L - v) + g_mu*(E_K - v) + g_tonic*(E_Cl - v) + I)/C : mV\nthreshold v > V_th\nreset v = E_L",
    g_L="10 nS", E_L="-60 mV", E_K="-90 mV", E_Cl="-75 mV", C="100 pF", V_th="0 mV",
    g_mu="0.001 nS", g_tonic="0.001 nS",
)  # fmt: skip


def soma(duration: str, *, gaba: str = "0 uM", **doses: Any) -> tuple[np.ndarray, np.ndarray]:
    """Hyperpolarisation (mV, every ms) of a cell, and the occupancy of its mu receptors.

    These open up to 2 nS of potassium channels, and ambient GABA as much of chloride channels.
    """
    net = Network(seed=1)
    cell = net.population("cell", 1, _SOMA, initial={"v": "-60 mV"})
    field = net.field("gaba", tonic=gaba, removal="1 s")
    net.modulate(cell, by=field, receptor="GABA_A_tonic", acts_on="g_tonic", maximum=2000.0, tau="20 ms")
    net.modulate(cell, receptor="mu_opioid", acts_on="g_mu", maximum=2000.0, tau="1 ms")
    net.probe(cell, "v", every="1 ms", name="v")
    run = simulated(net, duration, **{**dict.fromkeys(SOMA_DRUGS, "0 uM"), **doses})
    occupied = np.ravel(run.occupancy("mu_opioid").values)
    return -60.0 - np.asarray(run.probes["v"].values["v"])[:, 0], occupied


# --- a tetanus --------------------------------------------------------------------------------------------------------

TETANUS_DRUGS = ("ap5", "ethanol", "win55212_2")


def tetanus(magnesium: str = "1 mM", **doses: str) -> float:
    """Change of weight (part of the start) after half a second at 100 Hz on 20 fibres: calcium through NMDA receptors, CB1 receptors on the terminals.

    The NMDA conductance is such that calcium without drugs peaks at less than three times the threshold of potentiation.
    """
    net = Network(seed=1)
    receptors = {"AMPA": models.get("AMPA"), "NMDA": models.get("NMDA")(Mg=magnesium)}
    cell = net.population(
        "cell", 1, "lif_cond", E_L="-65 mV", V_th="-50 mV", initial={"v": "-65 mV"}, receptors=receptors
    )
    n, spikes = 20, 200.0 + 10.0 * np.arange(50)
    indices = np.repeat(np.arange(n), spikes.size)
    fibres = net.population("fibres", n, "spike_list", times=np.tile(spikes, n) * units.ms, indices=indices)
    synapses = net.synapses(
        fibres, cell, receptors={"AMPA": "1 nS", "NMDA": "0.03 nS"}, connect="all_to_all",
        rule=plasticity.calcium(w_low="0 nS", w_high="4 nS", tau="10 s"),
        release=models.get("tsodyks_markram")(U=0.5, tau_rec="1 ms"),
    )  # fmt: skip
    net.modulate(fibres, receptor="CB1", acts_on="release.U", maximum=0.4)
    run = dosed(net, "1 s", TETANUS_DRUGS, doses)
    return float(run.weights(synapses).weights.mean()) - 1.0
