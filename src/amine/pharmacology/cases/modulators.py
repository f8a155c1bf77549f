"""Drugs that act on volume transmission: uptake, release, breakdown, competition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine import models, units
from amine.network.chemistry import Uptake
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, part, ratio, simulated, sized

if TYPE_CHECKING:
    from amine.results.run import Run


def _dopamine() -> Network:
    """Dopamine released by fibres at 4 Hz and by others that fire a burst at 30 Hz for 300 ms, and taken up by DAT."""
    net = Network(seed=4)
    rest = net.population("rest", 50, "poisson", rate="4 Hz")
    t = 1000.0 + np.arange(0, 300, 33.3)
    times = np.tile(t, 50) * units.ms
    burst = net.population("burst", 50, "spike_list", times=times, indices=np.repeat(np.arange(50), t.size))
    net.field("dopamine", released_by=rest + burst, release="1 nM", uptake="DAT")
    return net


def _transient(run: Run) -> tuple[float, float, float]:
    """Level before the burst, peak above it (uM), and the time from the peak to half of it (ms)."""
    c = run.concentration("dopamine")
    x, t = np.ravel(c.values), np.asarray(c.times)
    base = float(x[(t > 600) & (t < 1000)].mean())
    peak = int(np.argmax(x))
    fallen = np.flatnonzero(x[peak:] - base < 0.5 * (x[peak] - base))
    return base, float(x[peak] - base), float(t[peak + fallen[0]] - t[peak]) if fallen.size else float("inf")


@case(
    "cocaine lengthens dopamine transients",
    "cocaine 2 uM",
    "Jones, Garris & Wightman 1995, J Pharmacol Exp Ther 274:396-403",
    "half-life of dopamine after a burst (ms)",
    "at least doubled",
    lambda x: x["drug"] > 2 * x["control"],
    system="dopamine",
    level="current",
)
def cocaine_transient() -> Numbers:
    """Competition at the transporter: its Km rises."""
    runs = (simulated(_dopamine(), "4 s", cocaine=c) for c in ("0 uM", "2 uM"))
    return dict(zip(("control", "drug"), (_transient(r)[2] for r in runs)))


@case(
    "amphetamine raises the level of dopamine between bursts",
    "amphetamine 10 uM",
    "Jones, Gainetdinov, Wightman & Caron 1998, J Neurosci 18:1979-1986",
    "level before a burst (uM)",
    "at least tripled (ten times as high in the paper, in the living animal)",
    lambda x: x["drug"] > 3 * x["control"],
    system="dopamine",
    level="current",
)
def amphetamine_level() -> Numbers:
    """Efflux through the transporter does not need spikes."""
    runs = (simulated(_dopamine(), "2 s", amphetamine=c) for c in ("0 uM", "10 uM"))
    return dict(zip(("control", "drug"), (_transient(r)[0] for r in runs)))


@case(
    "L-DOPA raises what a burst releases",
    "L-DOPA 50 uM",
    "Pothos, Desmond & Sulzer 1996, J Neurochem 66:629-636",
    "peak of dopamine above the level before the burst (uM)",
    "at least doubled",
    lambda x: x["drug"] > 2 * x["control"],
    system="dopamine",
    level="current",
)
def levodopa_release() -> Numbers:
    """The precursor fills vesicles: quantal size was 250 % of control, from which the catalogue's number is taken."""
    runs = (simulated(_dopamine(), "2 s", l_dopa=c) for c in ("0 uM", "50 uM"))
    return dict(zip(("control", "drug"), (_transient(r)[1] for r in runs)))


@case(
    "physostigmine prolongs cholinergic responses",
    "physostigmine 0.1 uM",
    "Cole & Nicoll 1984, J Physiol 352:173-188",
    "time for which acetylcholine stays above half of its peak (ms)",
    "at least doubled",
    lambda x: x["drug"] > 2 * x["control"],
    system="acetylcholine",
    level="current",
)
def physostigmine_response() -> Numbers:
    """Cholinesterase ends the action of acetylcholine."""
    out = {}
    for name, c in (("control", "0 uM"), ("drug", "0.1 uM")):
        net = Network(seed=1)
        times = np.full(20, 50.0) * units.ms
        fibres = net.population("fibres", 20, "spike_list", times=times, indices=np.arange(20))
        net.field("acetylcholine", released_by=fibres, release="0.5 uM", removal={"AChE": "20 ms"})
        run = simulated(net, "1 s", physostigmine=c)
        x = np.ravel(run.concentration("acetylcholine").values)
        out[name] = float((x > 0.5 * x.max()).sum())
    return out


@case(
    "caffeine undoes adenosine's damping",
    "caffeine 100 uM beside adenosine 9 uM",
    "Greene, Haas & Hermann 1985, Br J Pharmacol 85:163-169",
    "rate of cells driven through synapses with A1 receptors on the terminals (Hz)",
    "adenosine: below 70 % of that without; caffeine brings back at least half of what was lost",
    lambda x: x["adenosine"] < 0.7 * x["neither"] and x["with caffeine"] > 0.5 * (x["neither"] + x["adenosine"]),
    system="adenosine",
    level="network",
)
def caffeine_adenosine() -> Numbers:
    """A1 receptors lower release; caffeine competes with adenosine."""
    rates = {}
    for name, adenosine, caffeine in (
        ("neither", "0 uM", "0 uM"),
        ("adenosine", "9 uM", "0 uM"),
        ("with caffeine", "9 uM", "100 uM"),
    ):
        net = Network(seed=5)
        source = net.population("source", 100, "poisson", rate="10 Hz")
        cells = net.population("cells", 40, "lif_cond", I_e="100 pA")
        release = models.get("tsodyks_markram")(U=0.3, tau_rec="50 ms")
        net.synapses(source, cells, receptor="AMPA", weight="6 nS", p=0.2, release=release)
        field = net.field("adenosine", tonic=adenosine, removal="1 s")
        net.modulate(source, by=field, receptor="A1", acts_on="release.U", maximum=0.2)
        rates[name] = simulated(net, "1 s", caffeine=caffeine).spikes.rates(100.0)["cells"]
    return rates


@sized(
    "reserpine empties vesicles",
    "reserpine 1 uM",
    "a study of midbrain neurons in culture after 1995 whose abstract was read, its authors not resolved (less than 5 % left after 90 min)",
    "peak of dopamine above the level before a burst, over control",
    {"left": part(0.05)},
    system="dopamine",
    level="current",
)
def reserpine_release() -> Numbers:
    """Vesicles that VMAT2 does not fill release nothing."""
    runs = (simulated(_dopamine(), "2 s", reserpine=c, amphetamine="0 uM") for c in ("0 uM", "1 uM"))
    control, drug = (_transient(r)[1] for r in runs)
    return {"left": drug / control}


@sized(
    "reserpine prevents most of what amphetamine releases",
    "amphetamine 10 uM; reserpine 1 uM",
    "the study of the row above, in text: a study of midbrain neurons in culture after 1995 (less than 5 % left)",
    "level of dopamine under amphetamine, with reserpine over without",
    {"left": part(0.05)},
    system="dopamine",
    level="current",
    differs="efflux by amphetamine is a number of the transporter here and does not draw on vesicles",
)
def reserpine_amphetamine() -> Numbers:
    """Amphetamine moves dopamine from vesicles to the cytosol."""
    runs = (simulated(_dopamine(), "2 s", reserpine=c, amphetamine="10 uM") for c in ("0 uM", "1 uM"))
    without, with_both = (_transient(r)[0] for r in runs)
    return {"left": with_both / without}


def _striatum(terminals: float, levodopa: str) -> float:
    """Level of dopamine (uM) in the last second of three where a part of the terminals is left, which release it and take it up."""
    net = Network(seed=4)
    fibres = net.population("fibres", 50, "poisson", rate="4 Hz")
    vmax, release = 0.0041 * terminals, terminals
    net.field(
        "dopamine", released_by=fibres, release=f"{release!r} nM", uptake=Uptake("DAT", f"{vmax!r} uM/ms", "0.21 uM")
    )
    x = np.ravel(simulated(net, "3 s", l_dopa=levodopa).concentration("dopamine").values)
    return float(x[-1000:].mean())


@sized(
    "L-DOPA raises dopamine higher where terminals are lost",
    "L-DOPA 28 uM",
    "Abercrombie, Bonatz & Zigmond 1990, Brain Res 525:36-44 (37 to 68 pg in intact rats, which sets the dose here; 8 to 266 pg with 13 % of dopamine left)",
    "dopamine under L-DOPA over that before, and lesioned over intact under L-DOPA",
    {"intact": ratio(68 / 37), "lesioned": ratio(266 / 8), "lesioned over intact": ratio(266 / 68)},
    system="dopamine",
    level="current",
    differs="L-DOPA only fills vesicles of the terminals that are left; what other cells make of it, where uptake is gone, is not modelled",
)
def levodopa_lesion() -> Numbers:
    """Loss of uptake outweighs loss of release in the paper."""
    levels = {(a, c): _striatum(a, c) for a in (1.0, 0.13) for c in ("0 uM", "28 uM")}
    return {
        "intact": levels[1.0, "28 uM"] / levels[1.0, "0 uM"],
        "lesioned": levels[0.13, "28 uM"] / levels[0.13, "0 uM"],
        "lesioned over intact": levels[0.13, "28 uM"] / levels[1.0, "28 uM"],
    }


def _noradrenaline(**doses: str) -> float:
    """Noradrenaline (uM) in the last two of twenty seconds around fibres that fire at 4 Hz, with alpha2 autoreceptors, uptake, and some other loss."""
    net = Network(seed=4)
    fibres = net.population("fibres", 100, "poisson", rate="4 Hz")
    field = net.field("noradrenaline", released_by=fibres, release="0.01 nM", uptake="NET", removal="10 s")
    net.modulate(fibres, by=field, receptor="alpha2", acts_on="noradrenaline.release", maximum=0.1)
    run = simulated(net, "20 s", **{"reboxetine": "0 uM", "yohimbine": "0 uM", **doses})
    return float(np.ravel(run.concentration("noradrenaline").values)[-2000:].mean())


@sized(
    "reboxetine raises noradrenaline, and much more with an antagonist of autoreceptors",
    "reboxetine 1 uM; yohimbine 0.1 uM",
    "Sacchetti, Bernini, Bianchetti, Parini, Invernizzi & Samanin 1999, Br J Pharmacol 128:1332-1338 (by 242 %, and by 1580 % with idazoxan, which yohimbine stands for)",
    "noradrenaline over control",
    {"reboxetine": ratio(3.42), "with antagonist": ratio(16.8)},
    system="noradrenaline",
    level="network",
    differs="at the microdialysed level of some 10 nM the autoreceptors here (0.22 uM) hardly answer, so that little is left to undo",
)
def reboxetine_noradrenaline() -> Numbers:
    """Noradrenaline that is not taken up holds back its own release."""
    control = _noradrenaline()
    return {
        "reboxetine": _noradrenaline(reboxetine="1 uM") / control,
        "with antagonist": _noradrenaline(reboxetine="1 uM", yohimbine="0.1 uM") / control,
    }


@sized(
    "quinpirole holds back the release of dopamine",
    "quinpirole 0.025 uM; quinpirole 10 uM",
    "Fedele, Andrioli, Ruelle & Raiteri 1993, Br J Pharmacol; the catalogue's EC50 is from it, so that this checks the way",
    "peak of dopamine above the level before a burst, over control",
    {"25 nM": part(0.6), "10 uM": part(0.2)},
    system="dopamine",
    level="current",
)
def quinpirole_release() -> Numbers:
    """D2 autoreceptors on terminals of human cortex; 80 % at most."""
    peaks = []
    for c in ("0 uM", "0.025 uM", "10 uM"):
        net = _dopamine()
        net.modulate(net.populations["burst"][:], receptor="D2", acts_on="dopamine.release", maximum=0.2)
        peaks.append(_transient(simulated(net, "2 s", quinpirole=c))[1])
    return {"25 nM": peaks[1] / peaks[0], "10 uM": peaks[2] / peaks[0]}
