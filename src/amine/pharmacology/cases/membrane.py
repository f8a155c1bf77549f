"""Drugs at channels of axons, terminals and cells: block by use, afterhyperpolarisation, broadened spikes."""

from __future__ import annotations

import numpy as np

from amine import models, units
from amine.network.makers import step
from amine.network.network import Network
from amine.network.parts import Waveform
from amine.pharmacology.cases.case import Numbers, case, simulated


def _pulse(current: float, start: float, stop: float) -> Waveform:
    """A current (pA) between two times (ms)."""
    made = step(f"{current} pA", start=f"{start} ms", stop=f"{stop} ms")
    assert isinstance(made, Waveform)
    return made


# --- block by use -----------------------------------------------------------------------------------------------------


def _discharge(carbamazepine: str) -> tuple[float, float, float]:
    """Peak of the first spike (mV), rate (Hz) in the last 300 ms of a second of current, and the part of sodium channels held then."""
    net = Network(seed=1)
    cell = net.population("cell", 1, "traub_miles_block")
    net.stimulus(cell, _pulse(400.0, 100, 1100))
    net.probe(cell, "v", "b", every="0.1 ms", name="v")
    run = simulated(net, "1100 ms", carbamazepine=carbamazepine)
    t = np.asarray(run.spikes["cell"].times)
    v = np.asarray(run.probes["v"].values["v"])[:, 0]
    first = int(t[0] / 0.1)
    held = float(np.asarray(run.probes["v"].values["b"])[-1, 0])
    return float(v[first - 20 : first + 20].max()), float((t > 800.0).sum() / 0.3), held


@case(
    "carbamazepine ends long discharges and spares the first spike",
    "carbamazepine 17 uM",
    "McLean & Macdonald 1986, J Pharmacol Exp Ther 238:727-738 (limits sustained repetitive firing at therapeutic concentrations: 4 ug/ml)",
    "peak of the first spike (mV), rate in the last 0.3 s of a second of current (Hz), and part of the sodium channels held at its end",
    "first spike within 5 mV of control; rate below half",
    lambda x: abs(x["peak, drug"] - x["peak, control"]) < 5 and x["rate, drug"] < 0.5 * x["rate, control"],
    system="sodium channels",
    level="cell",
    differs="the cell has far more sodium channels than its spikes need, so that the part that is held does not end the discharge",
)
def carbamazepine_use() -> Numbers:
    """Channels that inactivate with each spike are held for a second."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "17 uM")):
        out[f"peak, {name}"], out[f"rate, {name}"], held = _discharge(c)
        out |= {"held": held} if name == "drug" else {}
    return out


# --- afterhyperpolarisation -------------------------------------------------------------------------------------------

# M current as in Yamada et al. 1989 (Methods in Neuronal Modeling) and Pospischil et al. 2008, Biol Cybern 99:427; Ih as in `zd7288_rest`
_CA1 = models.neuron(
    "with_M_and_h",
    models.get("traub_miles").equations.replace("I_e + I", "g_M*w*(E_K - v) + g_h*r*(E_h - v) + I_e + I")
    + "\ndw/dt = (1/(1 + exp(-(v + 35*mV)/(10*mV))) - w)/tau_w : 1\n"
    "tau_w = 400*ms/(3.3*exp((v + 35*mV)/(20*mV)) + exp(-(v + 35*mV)/(20*mV))) : ms\n"
    "dr/dt = (1/(1 + exp((v + 82*mV)/(8.8*mV))) - r)/tau_h : 1\n"
    "initial w = 0.07\ninitial r = 0.1",
    g_M="60 nS", g_h="12 nS", E_h="-17 mV", tau_h="50 ms", stands_for={"Kv7.2_7.3": "g_M", "HCN1": "g_h"},
    **{**models.get("traub_miles").parameters, "V_T": "-55 mV"},
)  # fmt: skip


def _afterhyperpolarisation(**doses: str) -> dict[float, float]:
    """Depth (mV) of the voltage 30 to 150 ms after five spikes at 100 Hz, for cells that a constant current holds at -60 and at -80 mV."""
    net = Network(seed=1)
    cells = net.population("cells", 121, _CA1, I_e="-3000 pA + 4000 pA*i/n")
    for k in range(5):
        net.stimulus(cells, _pulse(6000.0, 1001 + 10 * k, 1003 + 10 * k))
    net.probe(cells, "v", every="1 ms", name="v")
    run = simulated(net, "1.2 s", **{"xe991": "0 uM", "zd7288": "0 uM", **doses})
    v = np.asarray(run.probes["v"].values["v"])
    quiet = np.ptp(v[900:1000], axis=0) < 0.5
    at = {hold: int(np.where(quiet, np.abs(v[999] - hold), np.inf).argmin()) for hold in (-60.0, -80.0)}
    return {hold: float(v[999, i] - v[1070:1190, i].min()) for hold, i in at.items()}


@case(
    "the afterhyperpolarisation is carried by M channels at -60 mV and by h channels at -80 mV",
    "XE991 10 uM; ZD7288 10 uM",
    "Gu, Vervaeke, Hu & Storm 2005, J Physiol 566:689-715 (XE991 suppresses it at -60 mV and not at -80 mV, ZD7288 fully at -80 mV and hardly at -60 mV)",
    "medium afterhyperpolarisation after five spikes, over control",
    "XE991: below 0.5 at -60 mV, above 0.85 at -80 mV; ZD7288: above 0.85 at -60 mV, below 0.15 at -80 mV",
    lambda x: (
        x["XE991, -60 mV"] < 0.5 and x["XE991, -80 mV"] > 0.85 and x["ZD7288, -60 mV"] > 0.85 and x["ZD7288, -80 mV"] < 0.15
    ),
    system="M channels",
    level="cell",
    differs="M channels of the model close as slowly at -80 mV and pull the voltage to the same potassium potential; a third of Ih is blocked at 10 uM, as in the row of ZD7288",
)  # fmt: skip
def xe991_afterhyperpolarisation() -> Numbers:
    """Spikes open M channels, and close h channels that are open at rest."""
    control = _afterhyperpolarisation()
    drugs = {"XE991": _afterhyperpolarisation(xe991="10 uM"), "ZD7288": _afterhyperpolarisation(zd7288="10 uM")}
    return {f"{drug}, {hold:.0f} mV": x[hold] / control[hold] for drug, x in drugs.items() for hold in control}


# --- release ----------------------------------------------------------------------------------------------------------


def _pair(fourap: str) -> tuple[float, float]:
    """First conductance (nS) of a pair 50 ms apart, and the second over the first; closing of Kv3 triples the probability of release."""
    net = Network(seed=1)
    cell = net.population("cell", 1, "lif_cond", V_th="0 mV")
    fibre = net.population(
        "fibre", 1, "spike_list", times=np.array([300.0, 350.0]) * units.ms, indices=np.zeros(2, int)
    )
    release = models.get("tsodyks_markram")(U=0.2, tau_rec="500 ms", tau_facil="100 ms")
    net.synapses(fibre, cell, receptor="AMPA", weight="1 nS", connect="one_to_one", release=release)
    net.modulate(fibre, channel="Kv3", acts_on="release.U", maximum=3.0)
    net.probe(cell, "g_AMPA", every="0.1 ms", name="g")
    run = simulated(net, "400 ms", **{"4ap": fourap})
    g = np.asarray(run.probes["g"].values["g_AMPA"])[:, 0]
    first, before = float(g[2995:3100].max()), float(g[3490])
    return first, float(g[3495:3600].max() - before) / first


@case(
    "4-aminopyridine strengthens synapses and makes pairs depress",
    "4-AP 50 uM",
    "Perreault & Avoli 1989, J Neurophysiol 61:953-970 (potentials by stimulation grow at 50 uM); Kv3 stands for the channels of terminals, and its effect on release is an assumption",
    "first conductance of a pair over control, and the second over the first",
    "larger by at least half; the second over the first falls",
    lambda x: x["first"] > 1.5 and x["pair, drug"] < x["pair, control"],
    system="potassium channels",
    level="current",
)
def fourap_release() -> Numbers:
    """Spikes that last longer let more calcium in."""
    (first, pair), (more, falls) = _pair("0 uM"), _pair("50 uM")
    return {"first": more / first, "pair, control": pair, "pair, drug": falls}
