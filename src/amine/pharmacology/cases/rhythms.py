"""Drugs that act on rhythms: spindles of the thalamus, and gamma."""

from __future__ import annotations

import numpy as np

from amine import circuits
from amine.pharmacology.cases.case import Numbers, case, ratio, simulated, sized
from amine.results.measures import measure

THALAMUS_DRUGS = ("bicuculline", "cgp35348", "zd7288")


def _thalamus(duration: str, **doses: str) -> np.ndarray:
    """Times (ms) of the spikes of reticular cells after a kick."""
    net = circuits.thalamus(20, seed=1)
    run = simulated(net, duration, **{**dict.fromkeys(THALAMUS_DRUGS, "0 uM"), **doses})
    return np.asarray(run.spikes["RE"].times)


def _rhythm(t: np.ndarray, first: float = 400.0, last: float = 2000.0) -> float:
    """Frequency (Hz, 1.5 to 20) with the most power in the rate between two times (ms)."""
    rate = np.histogram(t[(t > first) & (t < last)], np.arange(first, last + 0.1, 5.0))[0].astype(float)
    rate = np.convolve(rate, np.ones(5) / 5, "same")
    f = np.fft.rfftfreq(len(rate), 5e-3)
    power = np.abs(np.fft.rfft((rate - rate.mean()) * np.hanning(len(rate)))) ** 2
    usable = (f > 1.5) & (f < 20)
    return float(f[usable][power[usable].argmax()])


@sized(
    "bicuculline turns spindles into a slow rhythm",
    "bicuculline 20 uM",
    "von Krosigk, Bal & McCormick 1993, Science 261:361-364 (6 to 10 Hz; 2 to 4 Hz with bicuculline)",
    "frequency of the rhythm (Hz)",
    {"control": ratio(8.0), "bicuculline": ratio(3.0)},
    system="GABA",
    level="network",
    differs="spindles of the circuit are slower than those of the slice, as relay cells burst in each cycle instead of every second; the slow rhythm agrees",
)
def bicuculline_spindles() -> Numbers:
    """Slow inhibition by GABA_B is left, and drives stronger rebounds (Destexhe et al. 1996)."""
    return {"control": _rhythm(_thalamus("2 s")), "bicuculline": _rhythm(_thalamus("2 s", bicuculline="20 uM"))}


@case(
    "an antagonist at GABA_B abolishes the slow rhythm",
    "bicuculline 20 uM; CGP 35348 1000 uM",
    "von Krosigk, Bal & McCormick 1993, Science 261:361-364",
    "spikes of a reticular cell between 0.8 and 2 s",
    "with bicuculline alone at least 5; with the antagonist below 5 % of that",
    lambda x: x["bicuculline"] > 5 and x["with antagonist"] < 0.05 * x["bicuculline"],
    system="GABA",
    level="network",
)
def gabab_spindles() -> Numbers:
    """Without inhibition of either kind there is no rebound."""
    out = {}
    for name, cgp in (("bicuculline", "0 uM"), ("with antagonist", "1000 uM")):
        t = _thalamus("2 s", bicuculline="20 uM", cgp35348=cgp)
        out[name] = float(((t > 800) & (t < 2000)).sum() / 20)
    return out


@case(
    "ZD7288 abolishes the pauses between spindles",
    "ZD7288 1000 uM; ZD7288 20 uM",
    "Lüthi, Bal & McCormick 1998, J Neurophysiol 79:3284-3289 (continuous 6 to 10 Hz)",
    "spikes of a reticular cell between 3.3 and 4 s, when a spindle has ended",
    "control: below 0.5; with ZD7288 at least 2",
    lambda x: x["control"] < 0.5 and x["ZD7288"] > 2,
    system="HCN channels",
    level="network",
    differs="without any Ih relay cells lie too low to rebound and the rhythm stops; with half of it (20 uM) it goes on without pauses, as in the paper",
)
def zd7288_spindles() -> Numbers:
    """Ih that calcium locks open ends a spindle."""
    out = {}
    for name, c in (("control", "0 uM"), ("ZD7288", "1000 uM"), ("half of it blocked", "20 uM")):
        t = _thalamus("4 s", zd7288=c)
        out[name] = float((t > 3300).sum() / 20)
    return out


@sized(
    "propofol slows the rhythm of a cortical circuit to alpha",
    "propofol 5 uM",
    "Ching, Cimenser, Purdon, Brown & Kopell 2010, Proc Natl Acad Sci USA 107:22665-22670 (10 to 13 Hz)",
    "frequency of the rhythm (Hz)",
    {"propofol": ratio(11.5)},
    system="GABA",
    level="network",
    differs="a circuit of gamma slows with the decay of inhibition; the thalamus, which holds the alpha of the paper, is not in it",
)
def propofol_alpha() -> Numbers:
    """Inhibition decays more slowly."""
    runs = (simulated(circuits.gamma(125, seed=1), "600 ms", propofol=c) for c in ("0 uM", "5 uM"))
    control, drug = (measure(r, "frequency:5-90Hz:E", "100 ms") for r in runs)
    return {"control": control, "propofol": drug}
