"""Drugs that act on excitation, on persistent activity and on spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine import circuits, models, units
from amine.compounds.doses import bath
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, simulated

if TYPE_CHECKING:
    from amine.results.run import Run


def _epsp(spikes: int = 1) -> Network:
    """A cell at -50 mV without spikes that receives one volley, or a train at 10 Hz, at AMPA and NMDA receptors."""
    net = Network(seed=1)
    receptors = {"AMPA": models.get("AMPA")(tau="2 ms"), "NMDA": models.get("NMDA")}
    cell = net.population(
        "cell", 1, "lif_cond", E_L="-50 mV", V_th="0 mV", initial={"v": "-50 mV"}, receptors=receptors
    )
    times = (50.0 + 100.0 * np.arange(spikes)) * units.ms
    fibre = net.population("fibre", 1, "spike_list", times=times, indices=np.zeros(spikes, int))
    net.synapses(fibre, cell, receptors={"AMPA": "3 nS", "NMDA": "1.5 nS"}, connect="all_to_all")
    net.probe(cell, "v", every="1 ms")
    return net


def _depolarisation(run: Run) -> np.ndarray:
    v = np.asarray(next(iter(run.probes.values())).values["v"])[:, 0]
    return v - v[:49].mean()


@case(
    "AP5 abolishes the slow component of the EPSP and spares the fast one",
    "D-AP5 50 uM",
    "Hestrin, Nicoll, Perkel & Sah 1990, J Physiol 422:203-225",
    "depolarisation at its early peak and 100 ms later (mV)",
    "late: below 5 %; early: above 60 %",
    lambda x: x["late, drug"] < 0.05 * x["late, control"] and x["early, drug"] > 0.6 * x["early, control"],
    system="glutamate",
    level="cell",
)
def ap5_epsp() -> Numbers:
    """The slow component flows through NMDA receptors."""
    return _components("AP5", "50 uM")


@case(
    "CNQX abolishes the fast component and spares the slow one",
    "CNQX 20 uM",
    "Honoré, Davies, Drejer, Fletcher, Jacobsen, Lodge & Nielsen 1988, Science 241:701-703",
    "depolarisation at the early peak of control and 100 ms later (mV)",
    "early: below 40 %; late: above 80 %",
    lambda x: x["early, drug"] < 0.4 * x["early, control"] and x["late, drug"] > 0.8 * x["late, control"],
    system="glutamate",
    level="cell",
)
def cnqx_epsp() -> Numbers:
    """The fast component flows through AMPA receptors."""
    return _components("CNQX", "20 uM")


def _components(drug: str, concentration: str) -> Numbers:
    control, with_drug = (_depolarisation(simulated(_epsp(), "400 ms", **{drug: c})) for c in ("0 uM", concentration))
    early = int(np.argmax(control[50:70])) + 50 if drug == "AP5" else 53
    out = {}
    for name, trace in (("control", control), ("drug", with_drug)):
        out[f"early, {name}"], out[f"late, {name}"] = float(trace[early]), float(trace[early + 100])
    return out


@case(
    "block by ketamine builds up with use",
    "ketamine 50 uM from 0 ms",
    "MacDonald, Miljkovic & Pennefather 1987, J Neurophysiol 58:251-266",
    "blocked part of NMDA receptors after a train at 10 Hz, and after the same time without it",
    "with use at least five times as much",
    lambda x: x["with use"] > 5 * x["at rest"] and x["with use"] > 0.1,
    system="glutamate",
    level="current",
)
def ketamine_use() -> Numbers:
    """Ketamine binds only while channels are open."""
    out = {}
    for name, spikes in (("with use", 40), ("at rest", 1)):
        run = simulated(_epsp(spikes), "4500 ms", ketamine=bath("50 uM", start="10 ms"))
        out[name] = float(np.ravel(run.occupancy("NMDA", by="ketamine").values[-1])[0])
    return out


def _persistence(drug: str, concentration: str) -> Numbers:
    """Rate (Hz) of pool A in the circuit of Wang (2002), before the stimulus that favours it and after its end."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", concentration)):
        run = simulated(circuits.wang2002(0.512, seed=1), "3.4 s", **{drug: c})
        t, n = run.spikes["A"].times, run.network.populations["A"].n
        for when, a, b in (("before", 500, 1000), ("after", 3100, 3400)):
            out[f"{when}, {name}"] = float(((t > a) & (t <= b)).sum() / n / (b - a) * 1e3)
    return out


def _forgets(x: Numbers) -> bool:
    return x["after, control"] > x["before, control"] + 10 and x["after, drug"] < x["before, drug"] + 2


@case(
    "AP5 abolishes persistent activity in `wang2002`",
    "D-AP5 50 uM",
    "Wang, Yang, Wang, Gamo, Jin, Mazer, Morrison, Wang & Arnsten 2013, Neuron 77:736-749",
    "rate of the pool that a stimulus favours, before it and 0.1 to 0.4 s after its end (Hz); the paper blocked GluN2B receptors",
    "control stays at least 10 Hz above; with AP5 within 2 Hz of before",
    _forgets,
    system="glutamate",
    level="network",
)
def ap5_memory() -> Numbers:
    """Activity that outlasts a stimulus is carried by slow recurrent excitation."""
    return _persistence("AP5", "50 uM")


@case(
    "ketamine abolishes persistent activity in `wang2002`",
    "ketamine 2 uM",
    "Wang, Yang, Wang, Gamo, Jin, Mazer, Morrison, Wang & Arnsten 2013, Neuron 77:736-749",
    "rate of the pool that a stimulus favours, before it and 0.1 to 0.4 s after its end (Hz)",
    "control stays at least 10 Hz above; with ketamine within 2 Hz of before",
    _forgets,
    system="glutamate",
    level="network",
)
def ketamine_memory() -> Numbers:
    """Block of the pore has the effect of AP5 at the glutamate site."""
    return _persistence("ketamine", "2 uM")


@case(
    "tetrodotoxin silences",
    "tetrodotoxin 1 uM",
    "Narahashi, Moore & Scott 1964, J Gen Physiol 47:965-974",
    "spikes of driven Hodgkin-Huxley cells (Hz)",
    "none",
    lambda x: x["control"] > 5 and x["drug"] == 0,
    system="sodium channels",
    level="cell",
)
def tetrodotoxin_silence() -> Numbers:
    """Without sodium channels there are no action potentials."""
    rates = []
    for c in ("0 uM", "1 uM"):
        net = Network(seed=1)
        net.population("cells", 10, "traub_miles", I_e="200 pA")
        rates.append(simulated(net, "300 ms", tetrodotoxin=c).spikes.rates(20.0)["cells"])
    return dict(zip(("control", "drug"), rates))
