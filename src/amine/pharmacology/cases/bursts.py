"""Drugs on bursts without magnesium, on gamma and theta rhythms, on a memory under dopamine, and on spill-over of glutamate."""

from __future__ import annotations

import numpy as np

from amine import circuits, models, units
from amine.network.chemistry import Uptake
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, part, simulated, sized
from amine.results.run import Run

# --- bursts without magnesium -----------------------------------------------------------------------------------------

_CA3 = models.neuron(
    "with_M",
    "dv/dt = (g_L*(E_L - v) + g_M*w*(E_K - v) + I)/C : mV\n"
    "dw/dt = (1/(1 + exp(-(v + 35*mV)/(10*mV))) - w)/tau_w : 1\n"
    "threshold v > V_th\nreset v = V_r; w = w + dw*(1 - w)\nrefractory t_ref\ninitial v = E_L\ninitial w = 0.05",
    g_L="10 nS", E_L="-65 mV", g_M="20 nS", E_K="-90 mV", C="200 pF", V_th="-50 mV", V_r="-58 mV", tau_w="200 ms", dw="0.05",
    t_ref="3 ms", stands_for={"Kv7.2_7.3": "g_M"},
)  # fmt: skip


def _bursts(magnesium: str, **doses: str) -> float:
    """Discharges of more than a quarter of 80 excitatory cells within 25 ms, a second, in eight seconds of a small recurrent network."""
    net = Network(seed=3)
    receptors = {"AMPA": models.get("AMPA"), "NMDA": models.get("NMDA")(Mg=magnesium), "GABA_A": models.get("GABA_A")}
    E = net.population("E", 80, _CA3, receptors=receptors)
    I = net.population("I", 20, "lif_cond")
    depressing = models.get("tsodyks_markram")(U=0.4, tau_rec="1 s")  # empty vesicles end a burst
    net.synapses(E, E, receptors={"AMPA": "1 nS", "NMDA": "1.5 nS"}, p=0.3, release=depressing)
    net.synapses(E, I, receptor="AMPA", weight="1 nS", p=0.3)
    net.synapses(I, E, receptor="GABA_A", weight="2 nS", p=0.3)
    net.poisson(E, rate="250 Hz", receptor="AMPA", weight="1.6 nS")
    run = simulated(net, "8 s", **{"ap5": "0 uM", "retigabine": "0 uM", **doses})
    t, cell = np.asarray(run.spikes["E"].times), np.asarray(run.spikes["E"].indices)
    active = np.array([np.unique(cell[(t >= a) & (t < a + 25)]).size for a in np.arange(0.0, 8000.0, 25.0)])
    above = active > 20
    return float((above[1:] & ~above[:-1]).sum() / 8.0)


@case(
    "bursts appear without magnesium, and AP5 abolishes them",
    "D-AP5 50 uM",
    "Mody, Lambert & Heinemann 1987, J Neurophysiol 57:869-888; Anderson, Lewis, Swartzwelder & Wilson 1986, Brain Res 398:215-219",
    "discharges of a recurrent network a second, with 1 mM magnesium, without it, and without it with AP5",
    "without magnesium at least 0.1; the others below a tenth of that",
    lambda x: x["free"] >= 0.1 and max(x["1 mM"], x["with AP5"]) < 0.1 * x["free"],
    system="glutamate",
    level="network",
)
def magnesium_bursts() -> Numbers:
    """Without the block by magnesium, NMDA receptors carry excitation from cell to cell near rest."""
    return {"1 mM": _bursts("1 mM"), "free": _bursts("0 mM"), "with AP5": _bursts("0 mM", ap5="50 uM")}


@sized(
    "retigabine slows, then stops, bursts without magnesium",
    "retigabine 10 uM; retigabine 20 uM",
    "Armand, Rundfeldt & Heinemann 2000, Epilepsia 41:28-33 (recurrent short discharges of CA1: fewer by 34 %, suppressed)",
    "discharges of a recurrent network a second, over control",
    {"10 uM": part(0.66), "20 uM": part(0.0)},
    system="M channels",
    level="network",
    differs="the small network starts its bursts near a threshold, and the more of M current at rest that ends them all only thins out those of a slice",
)
def retigabine_bursts() -> Numbers:
    """M channels that are open near rest hold back the start of a burst."""
    control = _bursts("0 mM")
    return {c: _bursts("0 mM", retigabine=c) / control for c in ("10 uM", "20 uM")}


# --- gamma ------------------------------------------------------------------------------------------------------------


def _power(run: Run, low: float, high: float) -> float:
    """Power of the rate of excitatory cells between two frequencies (Hz), after 200 ms."""
    t = np.asarray(run.spikes["E"].times)
    rate = np.histogram(t, np.arange(200.0, 1000.1, 2.0))[0].astype(float)
    power = np.abs(np.fft.rfft((rate - rate.mean()) * np.hanning(rate.size))) ** 2
    f = np.fft.rfftfreq(rate.size, 2e-3)
    return float(power[(f >= low) & (f <= high)].sum())


def _gamma(ketamine: str) -> Run:
    net = circuits.gamma(125, seed=1)
    E, I = net.populations["E"], net.populations["I"]
    net.synapses(E, I, receptor="NMDA", weight="0.4 nS", p=0.5)
    return simulated(net, "1 s", ketamine=ketamine)


@case(
    "ketamine raises gamma power",
    "ketamine 5 uM",
    "Pinault 2008, Biol Psychiatry 63:730-735 (200 to 400 %, rat neocortex in the living animal)",
    "power of the rate of excitatory cells from 30 to 80 Hz over control",
    "two to four times",
    lambda x: 2.0 <= x["power"] <= 4.0,
    system="glutamate",
    level="network",
)
def ketamine_gamma() -> Numbers:
    """NMDA receptors of interneurons, taken as the only ones, lose their drive."""
    return {"power": _power(_gamma("5 uM"), 30.0, 80.0) / _power(_gamma("0 uM"), 30.0, 80.0)}


# --- theta ------------------------------------------------------------------------------------------------------------


def _septum(**doses: str) -> tuple[float, float]:
    """Rate (Hz) of excitatory cells, and frequency (Hz) with the most power of it from 1 to 20 Hz, in the last three of four seconds.

    Slow inhibition of 40 ms, of cells in stratum oriens, closes the loop; M1 receptors depolarise by up to 16 mV.
    """
    net = Network(seed=2)
    slow = {"GABA_A": models.get("GABA_A")(tau="40 ms"), "AMPA": models.get("AMPA")}
    E = net.population("E", 80, "lif_cond", E_L="-65 mV", V_th="-50 mV", receptors=slow)
    O = net.population("O", 20, "lif_cond", E_L="-65 mV", V_th="-50 mV")
    septal = net.population("septal", 50, "poisson", rate="10 Hz")
    net.synapses(E, O, receptor="AMPA", weight="2 nS", p=0.4)
    net.synapses(O, E, receptor="GABA_A", weight="1.5 nS", p=0.6)
    net.poisson(E, rate="300 Hz", receptor="AMPA", weight="0.8 nS")
    net.field("acetylcholine", released_by=septal, release="5 nM", removal={"AChE": "20 ms"})
    net.modulate(E, by="acetylcholine", receptor="M1", acts_on="E_L", maximum=0.75, tau="200 ms")
    run = simulated(net, "4 s", **{"physostigmine": "0 uM", "scopolamine": "0 uM", **doses})
    t = np.asarray(run.spikes["E"].times)
    rate = np.histogram(t, np.arange(1000.0, 4000.1, 10.0))[0].astype(float)
    power = np.abs(np.fft.rfft((rate - rate.mean()) * np.hanning(rate.size))) ** 2
    f = np.fft.rfftfreq(rate.size, 1e-2)
    usable = (f >= 1) & (f <= 20)
    return float((t > 1000).sum() / 80 / 3), float(f[usable][power[usable].argmax()])


@case(
    "physostigmine brings theta, scopolamine ends it",
    "physostigmine 0.1 uM; scopolamine 1 uM",
    "Teitelbaum, Lee & Johannessen 1975, Science 188:1114-1116 (living rat); theta of small mammals is 4 to 10 Hz",
    "rate of excitatory cells, and frequency of the rhythm (Hz)",
    "with physostigmine 4 to 10 Hz, at a rate at least four times that of control and of both drugs",
    lambda x: (
        4 <= x["frequency, physostigmine"] <= 10
        and x["rate, physostigmine"] > 4 * max(x["rate, control"], x["rate, both"], 0.25)
    ),
    system="acetylcholine",
    level="network",
    differs="the loop of excitation and slow inhibition is a little too fast; rate and its block are as in the paper",
)
def physostigmine_theta() -> Numbers:
    """Acetylcholine that is not broken down depolarises cells through M1 receptors."""
    out = {}
    for name, a, b in (("control", 0.0, 0.0), ("physostigmine", 0.1, 0.0), ("both", 0.1, 1.0)):
        out[f"rate, {name}"], frequency = _septum(physostigmine=f"{a} uM", scopolamine=f"{b} uM")
        out |= {"frequency, physostigmine": frequency} if name == "physostigmine" else {}
    return out


# --- memory under dopamine --------------------------------------------------------------------------------------------


@case(
    "an antagonist at D1 receptors abolishes persistent activity in `wang2002`",
    "SCH 23390 0.1 uM",
    "Sawaguchi & Goldman-Rakic 1991, Science 251:947-950 (monkeys lose the memory of a place)",
    "rate of the pool that a stimulus favours, before it and 0.1 to 0.4 s after its end (Hz)",
    "control stays at least 10 Hz above; with SCH 23390 within 2 Hz of before",
    lambda x: x["after, control"] > x["before, control"] + 10 and x["after, drug"] < x["before, drug"] + 2,
    system="dopamine",
    level="network",
    differs="what D1 receptors add here is three per cent of the NMDA conductance, and half of the activity outlives its loss",
)
def sch23390_memory() -> Numbers:
    """D1 receptors raise the conductance of NMDA receptors; a quarter of the circuit, weights such that control has a memory and no spontaneous activity."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "0.1 uM")):
        net = circuits.wang2002(0.512, seed=1, J=1.65, dopamine="0.2 uM", scale=0.25)
        run = simulated(net, "3.4 s", sch23390=c)
        t, n = run.spikes["A"].times, run.network.populations["A"].n
        for when, a, b in (("before", 500, 1000), ("after", 3100, 3400)):
            out[f"{when}, {name}"] = float(((t > a) & (t <= b)).sum() / n / (b - a) * 1e3)
    return out


# --- spill-over -------------------------------------------------------------------------------------------------------


def _excitation(fibres: int, tboa: str) -> float:
    """Duration (area over peak, ms) of the depolarisation by fibres that fire once: synaptic NMDA receptors, and others that glutamate reaches."""
    net = Network(seed=1)
    cell = models.neuron(
        "with_spillover",
        "dv/dt = (g_L*(E_L - v) + g_x*(E_x - v) + I)/C : mV\nthreshold v > V_th\nreset v = E_L",
        g_L="100 nS", E_L="-40 mV", g_x="0.001 nS", E_x="0 mV", C="100 pF", V_th="50 mV",
    )  # fmt: skip
    target = net.population("cell", 1, cell, initial={"v": "-40 mV"}, receptors={"NMDA": models.get("NMDA")(Mg="0 mM")})
    times = np.full(fibres, 50.0) * units.ms
    volley = net.population("fibres", fibres, "spike_list", times=times, indices=np.arange(fibres))
    net.synapses(volley, target, receptor="NMDA", weight="0.2 nS", connect="all_to_all")
    uptake = Uptake("EAAT2", "2 uM/ms", "18 uM")
    net.field("glutamate", released_by=volley, release="0.2 uM", uptake=uptake, removal="400 ms")
    net.modulate(target, by="glutamate", receptor="NMDA_GluN2B", acts_on="g_x", maximum=8000.0, hill=2, tau="5 ms", tau_decay="80 ms")  # fmt: skip
    net.probe(target, "v", every="1 ms", name="v")
    v = np.asarray(simulated(net, "2 s", tboa=tboa).probes["v"].values["v"])[:, 0] + 40.0
    return float(v[50:].sum() / v[50:].max())


@case(
    "TBOA lengthens the excitation of many fibres, not that of one",
    "TBOA 100 uM",
    "Arnth-Jensen, Jabaudon & Scanziani 2002, Nat Neurosci 5:325-331 (uptake keeps synapses independent when several fire together)",
    "duration of the excitation by NMDA receptors (area over peak, ms), of 1 and of 40 fibres",
    "one fibre: less than 10 % longer; forty: by at least half",
    lambda x: x["one, drug"] < 1.1 * x["one, control"] and x["forty, drug"] > 1.5 * x["forty, control"],
    system="glutamate",
    level="cell",
    differs="a well-mixed volume keeps what one fibre releases as long as what forty do; in tissue the little of one is thinned out at once",
)
def tboa_spillover() -> Numbers:
    """Glutamate of neighbours adds up where it is not taken up."""
    out = {}
    for name, fibres in (("one", 1), ("forty", 40)):
        for kind, c in (("control", "0 uM"), ("drug", "100 uM")):
            out[f"{name}, {kind}"] = _excitation(fibres, c)
    return out
