"""Drugs that act on inhibition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine import circuits, models, units
from amine.network.chemistry import Uptake
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, simulated
from amine.results.measures import measure

if TYPE_CHECKING:
    from amine.results.run import Run


def _balanced(seed: int = 1) -> Network:
    """1000 excitatory and inhibitory cells with sparse random synapses and a weak drive (as the benchmark of Brette et al. 2007)."""
    return circuits.coba(1000, seed=seed)


@case(
    "bicuculline makes a balanced network discharge",
    "bicuculline 20 uM",
    "Chagnac-Amitai & Connors 1989, J Neurophysiol 61:747-758",
    "rate of excitatory cells (Hz)",
    "at least three times as high",
    lambda x: x["drug"] > 3 * x["control"],
    system="GABA",
    level="network",
)
def bicuculline_discharge() -> Numbers:
    """Blocked inhibition turns irregular activity into discharge at the limit of the refractory period."""
    control, drug = (simulated(_balanced(), "400 ms", bicuculline=c) for c in ("0 uM", "20 uM"))
    return {"control": control.spikes.rates(100.0)["E"], "drug": drug.spikes.rates(100.0)["E"]}


@case(
    "diazepam slows gamma",
    "diazepam 1 uM",
    "Whittington, Jefferys & Traub 1996, Br J Pharmacol 118:1977-1986",
    "frequency of the rhythm (Hz)",
    "lower, by 5 to 40 % (about 40 % at most in the paper)",
    lambda x: 0.6 * x["control"] < x["drug"] < 0.95 * x["control"],
    system="GABA",
    level="network",
)
def diazepam_gamma() -> Numbers:
    """The period of gamma follows the decay of GABA_A, which diazepam lengthens."""
    runs = (simulated(circuits.gamma(125, seed=1), "600 ms", diazepam=c) for c in ("0 uM", "1 uM"))
    control, drug = (measure(r, "frequency:15-90Hz:E", "100 ms") for r in runs)
    return {"control": control, "drug": drug}


def _reflex(receptor: str) -> Network:
    """A motoneuron-like cell, driven by a current, and inhibitory cells that fire at 60 Hz."""
    net = Network(seed=2)
    cell = net.population("cell", 20, "lif_cond", I_e="320 pA", receptors={receptor: models.get("GABA_A")})
    inhibitory = net.population("inhibitory", 40, "poisson", rate="60 Hz")
    net.synapses(inhibitory, cell, receptor=receptor, weight="2 nS", p=0.5)
    return net


@case(
    "strychnine disinhibits",
    "strychnine 1 uM",
    "Bradley, Easton & Eccles 1953, J Physiol 122:474-488",
    "rate of cells under glycinergic inhibition (Hz)",
    "at least doubled",
    lambda x: x["drug"] > 2 * max(x["control"], 1.0),
    system="glycine",
    level="cell",
)
def strychnine_disinhibition() -> Numbers:
    """Strychnine blocks glycine receptors: inhibited cells fire."""
    control, drug = (simulated(_reflex("glycine"), "600 ms", strychnine=c) for c in ("0 uM", "1 uM"))
    return {"control": control.spikes.rates()["cell"], "drug": drug.spikes.rates()["cell"]}


def _spillover(fibres: int) -> Network:
    """Inhibitory fibres that fire once at 50 ms: synaptic receptors, and GABA that reaches extrasynaptic ones and is taken up by GAT1."""
    net = Network(seed=1)
    # a membrane of 1 ms, so that the voltage follows the conductance as a clamped current does
    cell = models.neuron(
        "with_extrasynaptic",
        "dv/dt = (g_L*(E_L - v) + g_extra*(E_i - v) + I)/C : mV\nthreshold v > V_th\nreset v = E_L",
        g_L="50 nS", E_L="-60 mV", g_extra="0.001 nS", E_i="-75 mV", C="50 pF", V_th="0 mV",
    )  # fmt: skip
    start = {"v": "-60 mV"}
    target = net.population(
        "cell", 1, cell, initial=start, receptors={"GABA_A": models.get("GABA_A")(tau="8 ms", E_rev="-75 mV")}
    )
    times = np.full(fibres, 50.0) * units.ms
    volley = net.population("fibres", fibres, "spike_list", times=times, indices=np.arange(fibres))
    net.synapses(volley, target, receptor="GABA_A", weight="0.5 nS", connect="all_to_all")
    # uptake of low levels has a time constant of 140 ms; other transporters and diffusion clear in 400 ms
    field = net.field(
        "gaba", released_by=volley, release="0.02 uM", uptake=Uptake("GAT1", "0.05 uM/ms", "7 uM"), removal="400 ms"
    )
    net.modulate(target, by=field, receptor="GABA_A_tonic", acts_on="g_extra", maximum=20000.0, hill=2)
    net.probe(target, "v", every="1 ms")
    return net


def _duration(run: Run) -> float:
    """Area of the hyperpolarisation over its peak."""
    v = np.asarray(next(iter(run.probes.values())).values["v"])[:, 0]
    depth = v[40:50].mean() - v[50:]
    return float(depth.sum() / depth.max())


@case(
    "tiagabine lengthens the inhibition of many fibres, not that of one",
    "tiagabine 20 uM",
    "Thompson & Gähwiler 1992, J Neurophysiol 67:1698-1701",
    "duration of inhibition (area over peak, ms), of 1 and of 40 fibres",
    "one fibre: less than 10 % longer; forty: at least doubled (16 to 250 ms in the paper; miniature events unaffected)",
    lambda x: x["one, drug"] < 1.1 * x["one, control"] and x["forty, drug"] > 2 * x["forty, control"],
    system="GABA",
    level="cell",
)
def tiagabine_inhibition() -> Numbers:
    """Uptake ends the action of GABA that spills over; that of a single synapse ends by diffusion and the closing of channels."""
    return _lengthened("tiagabine", "20 uM")


@case(
    "a benzodiazepine lengthens the inhibition of one fibre",
    "midazolam 0.1 uM",
    "Poncer, Dürr, Gähwiler & Thompson 1996, Neuropharmacology 35:1169-1179",
    "duration of inhibition (area over peak, ms), of 1 and of 40 fibres",
    "one fibre: longer by 20 to 50 % (40 % in the paper); forty: by less than half",
    lambda x: 1.2 < x["one, drug"] / x["one, control"] < 1.5 and x["forty, drug"] < 1.5 * x["forty, control"],
    system="GABA",
    level="cell",
)
def midazolam_inhibition() -> Numbers:
    """Benzodiazepines change the receptor itself."""
    return _lengthened("midazolam", "0.1 uM")


def _lengthened(drug: str, concentration: str) -> Numbers:
    out = {}
    for name, fibres in (("one", 1), ("forty", 40)):
        for kind, c in (("control", "0 uM"), ("drug", concentration)):
            out[f"{name}, {kind}"] = _duration(simulated(_spillover(fibres), "1500 ms", **{drug: c}))
    return out


@case(
    "morphine excites by disinhibition, naloxone undoes it",
    "morphine 1 uM; naloxone 1 uM",
    "Zieglgänsberger, French, Siggins & Bloom 1979, Science 205:415-417",
    "rate of pyramidal cells (Hz)",
    "at least doubled; with naloxone back within 20 % of control",
    lambda x: (
        x["drug"] > 2 * max(x["control"], 1.0) and abs(x["with naloxone"] - x["control"]) < 0.2 * x["control"] + 1.0
    ),
    system="opioids",
    level="network",
)
def morphine_disinhibition() -> Numbers:
    """Mu receptors hyperpolarise interneurons, which then no longer hold back pyramidal cells."""
    rates = []
    for morphine, naloxone in (("0 uM", "0 uM"), ("1 uM", "0 uM"), ("1 uM", "1 uM")):
        net = Network(seed=2)
        E = net.population("E", 40, "lif_cond", I_e="320 pA")
        I = net.population("I", 20, "lif_cond", I_e="300 pA", initial={"v": 'uniform("-60 mV", "-50 mV")'})
        net.synapses(I, E, receptor="GABA_A", weight="2 nS", p=0.5)
        net.modulate(I, receptor="mu_opioid", acts_on="E_L", maximum=1.5, tau="50 ms")
        run = simulated(net, "800 ms", morphine=morphine, naloxone=naloxone)
        rates.append(run.spikes.rates(300.0)["E"])
    return dict(zip(("control", "drug", "with naloxone"), rates))
