"""Drugs at receptors with a cascade, at modulatory sites, and at transporters and autoreceptors together."""

from __future__ import annotations

import numpy as np

from amine import models, units
from amine.network.chemistry import Uptake
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, part, simulated, sized


def _volley(
    receptors: dict[str, str], detail: str = "kinetic", *, spikes: int = 10, **models_of: models.Model
) -> Network:
    """A cell on which fibres of inhibitory neurons fire a burst at 200 Hz at 300 ms."""
    net = Network(seed=1)
    cell = net.population(
        "cell", 1, "lif_cond", initial={"v": "-60 mV"}, E_L="-60 mV", V_th="0 mV", receptors=models_of
    )
    times = (300.0 + 5.0 * np.arange(spikes)) * units.ms
    fibre = net.population("fibre", 1, "spike_list", times=times, indices=np.zeros(spikes, int))
    net.synapses(fibre, cell, receptors=receptors, connect="one_to_one", detail=detail)
    net.probe(cell, "v", every="1 ms", name="cell")
    return net


def _voltage(net: Network, duration: str = "900 ms", **doses: str) -> np.ndarray:
    return np.asarray(simulated(net, duration, **doses).probes["cell"].values["v"])[:, 0]


def _inhibited() -> Network:
    return _volley({"GABA_A": "5 nS", "GABA_B": "300 nS"})


@case(
    "CGP 55845 abolishes the slow IPSP and spares the fast one",
    "CGP 55845 1 uM",
    "Davies, Pozza & Collingridge 1993, Neuropharmacology 32:1071-1073",
    "greatest hyperpolarisation within 25 ms, and 250 ms after the start of a burst (mV)",
    "late: below 5 %; early: within 20 %",
    lambda x: x["late, drug"] < 0.05 * x["late, control"] and abs(x["early, drug"] / x["early, control"] - 1) < 0.2,
    system="GABA",
    level="cell",
)
def cgp_slow_ipsp() -> Numbers:
    """The antagonist at GABA_B leaves GABA_A alone."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "1 uM")):
        v = _voltage(_inhibited(), cgp55845=c)
        out |= {f"early, {name}": -60.0 - v[300:325].min(), f"late, {name}": -60.0 - v[550]}
    return {k: float(x) for k, x in out.items()}


@case(
    "baclofen hyperpolarises and occludes the slow IPSP",
    "baclofen 100 uM",
    "Newberry & Nicoll 1985, J Physiol 360:161-185",
    "hyperpolarisation before a burst, and what the burst adds 250 ms later, relative to control (mV, 1)",
    "at least 5 mV; the burst adds less than half of control",
    lambda x: x["before, drug"] > 5.0 and x["added, drug"] < 0.5 * x["added, control"],
    system="GABA",
    level="cell",
)
def baclofen_occlusion() -> Numbers:
    """Both share the receptors, the G-protein and the potassium channels."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "100 uM")):
        v = _voltage(_inhibited(), baclofen=c)
        out |= {f"before, {name}": float(-60.0 - v[295]), f"added, {name}": float(v[295] - v[550])}
    return out


def _decay(receptor: str, **doses: str) -> float:
    """Time constant of decay of the conductance of one synapse (ms)."""
    net = _volley({receptor: "2 nS"}, "receptor", spikes=1, **{receptor: models.get("GABA_A")})
    net.probe(net.populations["cell"][:], f"g_{receptor}", every="1 ms", name="g")
    g = np.asarray(simulated(net, "400 ms", **doses).probes["g"].values[f"g_{receptor}"])[:, 0]
    t = int(g.argmax()) + 2
    return float(20.0 / np.log(g[t] / g[t + 20]))


@case(
    "flumazenil reverses diazepam",
    "diazepam 0.3 uM; flumazenil 0.7 uM",
    "Hunkeler, Möhler, Pieri, Polc, Bonetti, Cumin, Schaffner & Haefely 1981, Nature 290:514-516",
    "time constant of decay of the GABA_A conductance (ms)",
    "diazepam: longer by at least half; with flumazenil within 5 % of control, as flumazenil alone",
    lambda x: (
        x["diazepam"] > 1.5 * x["control"]
        and abs(x["both"] / x["control"] - 1) < 0.05
        and abs(x["flumazenil"] / x["control"] - 1) < 0.05
    ),
    system="GABA",
    level="current",
)
def flumazenil_reversal() -> Numbers:
    """A silent ligand of the benzodiazepine site."""
    doses = {"control": (0, 0), "diazepam": (0.3, 0), "both": (0.3, 0.7), "flumazenil": (0, 0.7)}
    return {k: _decay("GABA_A", diazepam=f"{a} uM", flumazenil=f"{b} uM") for k, (a, b) in doses.items()}


@case(
    "zolpidem at low doses lengthens the inhibition of receptors with alpha1, diazepam that of alpha3 too",
    "zolpidem 0.1 uM; diazepam 0.1 uM",
    "Pritchett & Seeburg 1990, J Neurochem 54:1802-1804",
    "time constant of decay of the GABA_A conductance over control, by subtype",
    "zolpidem: alpha1 above 1.4, alpha3 below 1.1; diazepam: both above 1.4",
    lambda x: (
        x["zolpidem, alpha1"] > 1.4
        and x["zolpidem, alpha3"] < 1.1
        and min(x["diazepam, alpha1"], x["diazepam, alpha3"]) > 1.4
    ),
    system="GABA",
    level="current",
)
def zolpidem_subtypes() -> Numbers:
    """Affinity for alpha1 is seventy times that for alpha3; how far both lengthen the decay is taken from diazepam."""
    out = {}
    for subtype in ("alpha1", "alpha3"):
        label = f"GABA_A_{subtype}"
        control = _decay(label, zolpidem="0 uM", diazepam="0 uM")
        out[f"zolpidem, {subtype}"] = _decay(label, zolpidem="0.1 uM", diazepam="0 uM") / control
        out[f"diazepam, {subtype}"] = _decay(label, zolpidem="0 uM", diazepam="0.1 uM") / control
    return out


def _level(name: str, uptake: Uptake, tonic: str, duration: str, **doses: str) -> np.ndarray:
    """A field that is released at a constant rate and taken up."""
    net = Network(seed=1)
    net.population("E", 1, "lif")
    net.field(name, tonic=tonic, uptake=uptake, removal="60 s")
    return np.ravel(simulated(net, duration, **doses).concentration(name).values)


@case(
    "TBOA lets glutamate accumulate without spikes",
    "TBOA 100 uM",
    "Jabaudon, Shimamoto, Yasuda-Kamatani, Scanziani, Gähwiler & Gerber 1999, Proc Natl Acad Sci USA 96:8733-8738",
    "ambient glutamate at the start and after 10 s (uM)",
    "at least ten times as high; without the drug unchanged within 1 %",
    lambda x: x["drug"] > 10 * x["start"] and abs(x["control"] / x["start"] - 1) < 0.01,
    system="glutamate",
    level="current",
)
def tboa_accumulation() -> Numbers:
    """Uptake compensates for a continuous release."""
    uptake = Uptake("EAAT2", "2 uM/ms", "18 uM")
    control, drug = (_level("glutamate", uptake, "0.05 uM", "10 s", tboa=c) for c in ("0 uM", "100 uM"))
    return {"start": float(control[0]), "control": float(control[-1]), "drug": float(drug[-1])}


def _raphe(maximum: float = 1.25, **doses: str) -> tuple[float, float]:
    """Rate of serotonergic cells with 5-HT1A autoreceptors (Hz), and serotonin around them (uM), in the last second of three."""
    net = Network(seed=3)
    cells = net.population("raphe", 60, "lif", I_e="normal('420 pA', '25 pA')", tau_m="20 ms")
    field = net.field("serotonin", released_by=cells, release="0.00004 uM", uptake="SERT")
    net.modulate(cells, by=field, receptor="5HT1A", acts_on="E_L", maximum=maximum, tau="100 ms")
    run = simulated(net, "3 s", **doses)
    level = np.ravel(run.concentration("serotonin").values)
    return float(run.spikes.rates(2000.0)["raphe"]), float(level[-1000:].mean())


@case(
    "an autoreceptor antagonist adds to what an SSRI does to serotonin",
    "citalopram 0.1 uM; WAY-100635 0.1 uM",
    "Gartside, Umbers, Hajós & Sharp 1995, Br J Pharmacol 115:1064-1070",
    "firing of raphe cells (Hz) and serotonin (uM)",
    "citalopram: firing falls, serotonin rises; with WAY-100635: firing is restored to at least 80 %, serotonin rises further",
    lambda x: (
        x["rate, SSRI"] < 0.8 * x["rate, control"]
        and x["level, SSRI"] > 1.2 * x["level, control"]
        and x["rate, both"] > 0.8 * x["rate, control"]
        and x["level, both"] > 1.3 * x["level, SSRI"]
    ),
    system="serotonin",
    level="network",
)
def ssri_autoreceptor() -> Numbers:
    """Serotonin that is not taken up silences the cells that release it."""
    out = {}
    for name, a, b in (("control", 0, 0), ("SSRI", 0.1, 0), ("both", 0.1, 0.1)):
        rate, level = _raphe(citalopram=f"{a} uM", way100635=f"{b} uM")
        out |= {f"rate, {name}": rate, f"level, {name}": level}
    return out


@sized(
    "raphe cells fire again after two weeks of an SSRI",
    "citalopram 0.1 uM",
    "Chaput, de Montigny & Blier 1986, Naunyn-Schmiedeberg's Arch Pharmacol 333:342-348 (complete recovery after 14 days)",
    "firing over control, with autoreceptors as they are and with desensitised ones; serotonin over that of acute treatment (no published number: must rise)",
    {"firing, desensitised": part(1.0)},
    system="serotonin",
    level="network",
)
def ssri_chronic() -> Numbers:
    """Desensitisation is taken as complete; how it comes about is not modelled. The firing of acute treatment is that of the row above."""
    silent = "0 uM"
    (control, _), (acute, before) = (_raphe(citalopram=c, way100635=silent) for c in (silent, "0.1 uM"))
    chronic, after = _raphe(1.0, citalopram="0.1 uM", way100635=silent)
    return {"firing, acute": acute / control, "firing, desensitised": chronic / control, "serotonin": after / before}


@case(
    "desipramine prolongs noradrenaline after a train",
    "desipramine 0.5 uM",
    "Palij & Stamford 1994, Brain Res 634:275-282 (half-life of control); direction: Park, Aragona, Kile, Carelli & Wightman 2009, Eur J Neurosci 30:2121-2133",
    "time in which noradrenaline falls to half after a train of 30 pulses (s)",
    "control: 2.9 s within 20 %; with desipramine at least doubled (19 s: not reached in the run)",
    lambda x: abs(x["control"] / 2.93 - 1) < 0.2 and x["drug"] > 2 * x["control"],
    system="noradrenaline",
    level="current",
)
def desipramine_noradrenaline() -> Numbers:
    """Competition at the transporter; Vmax follows from the half-life and peak of the paper, so that the control checks the arithmetic."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "0.5 uM")):
        net = Network(seed=1)
        times = np.repeat(1000.0 + 10.0 * np.arange(30), 10) * units.ms
        fibres = net.population("fibres", 10, "spike_list", times=times, indices=np.tile(np.arange(10), 30))
        net.field("noradrenaline", released_by=fibres, release="0.00105 uM", uptake="NET")
        x = np.ravel(simulated(net, "20 s", desipramine=c).concentration("noradrenaline").values)
        peak = int(x.argmax())
        fallen = np.flatnonzero(x[peak:] < 0.5 * x[peak])
        out[name] = float(fallen[0] if fallen.size else x.size - peak) / 1e3  # at least, if it is not reached in 20 s
    return out
