"""Drugs at autoreceptors of dopamine fibres and at transporters of two monoamines."""

from __future__ import annotations

import numpy as np

from amine import units
from amine.network.network import Network
from amine.pharmacology.cases.case import Numbers, case, part, ratio, simulated, sized


def _striatum(times: np.ndarray, duration: str, **doses: str) -> np.ndarray:
    """Dopamine (uM, every ms) around 50 fibres that fire together at given times (ms), with D2 autoreceptors on their release.

    Each pulse releases 0.1 uM in all, that of a stimulation in the living striatum, which all active receptors would end.
    """
    net = Network(seed=4)
    fibres = net.population("fibres", 50, "spike_list", times=np.tile(times, 50) * units.ms, indices=np.repeat(np.arange(50), times.size))  # fmt: skip
    net.field("dopamine", released_by=fibres, release="2 nM", uptake="DAT")
    net.modulate(fibres, by="dopamine", receptor="D2", acts_on="dopamine.release", maximum=0.0, tau="50 ms", tau_decay="500 ms")  # fmt: skip
    run = simulated(net, duration, **{"sulpiride": "0 uM", "haloperidol": "0 uM", **doses})
    return np.ravel(run.concentration("dopamine").values)


@sized(
    "sulpiride raises dopamine by what autoreceptors take from it",
    "sulpiride 10 uM",
    "Westerink & de Vries 1989, Neurosci Lett 99:197-202 (infusion up to 10 uM: 180 to 190 % of basal values at most)",
    "level of dopamine in the last second of five at 4 Hz, over control",
    {"sulpiride": ratio(1.85)},
    system="dopamine",
    level="current",
)
def sulpiride_level() -> Numbers:
    """Dopamine holds back its own release through D2 receptors of the terminals."""
    pulses = np.arange(100.0, 5000.0, 250.0)
    control, drug = (_striatum(pulses, "5 s", sulpiride=c)[-1000:].mean() for c in ("0 uM", "10 uM"))
    return {"sulpiride": float(drug / control)}


@case(
    "haloperidol undoes the fall of release from pulse to pulse",
    "haloperidol 1 uM",
    "Dugast, Brun, Sotty, Renaud, Suaud-Chagny & Gonon 1997, Naunyn-Schmiedeberg's Arch Pharmacol 355:716-719 (completely)",
    "mean rise of dopamine at pulses 2 to 6 over that at pulse 1, 200 ms apart",
    "control: below 0.8; with haloperidol above 0.9",
    lambda x: x["control"] < 0.8 and x["haloperidol"] > 0.9,
    system="dopamine",
    level="current",
)
def haloperidol_pulses() -> Numbers:
    """What a pulse releases inhibits the next ones."""
    pulses = 300.0 + 200.0 * np.arange(6)
    out = {}
    for name, c in (("control", "0 uM"), ("haloperidol", "1 uM")):
        x = _striatum(pulses, "1500 ms", haloperidol=c)
        rises = [x[int(t) : int(t) + 10].max() - x[int(t) - 2] for t in pulses]
        out[name] = float(np.mean(rises[1:]) / rises[0])
    return out


def _cortex(transmitter: str, transporter: str, receptor: str, release: str, **doses: str) -> float:
    """Level (uM) in the last two of twenty seconds around fibres at 4 Hz, with autoreceptors, uptake, and some other loss."""
    net = Network(seed=4)
    fibres = net.population("fibres", 100, "poisson", rate="4 Hz")
    field = net.field(transmitter, released_by=fibres, release=release, uptake=transporter, removal="10 s")
    net.modulate(fibres, by=field, receptor=receptor, acts_on=f"{transmitter}.release", maximum=0.1)
    run = simulated(net, "20 s", **{"atomoxetine": "0 uM", **doses})
    return float(np.ravel(run.concentration(transmitter).values)[-2000:].mean())


@sized(
    "atomoxetine triples noradrenaline and leaves serotonin",
    "atomoxetine 0.1 uM",
    "Bymaster, Katner, Nelson, Hemrick-Luecke, Threlkeld, Heiligenstein, Morin, Gehlert & Perry 2002, Neuropsychopharmacology 27:699-711",
    "noradrenaline and serotonin over control",
    {"noradrenaline": ratio(3.0), "serotonin": part(1.0)},
    system="noradrenaline",
    level="network",
    differs="the database's affinity for the serotonin transporter (8.9 nM) is nine times that of the paper (77 nM), and the concentration in the brain is not known",
)
def atomoxetine_levels() -> Numbers:
    """An inhibitor of the noradrenaline transporter."""
    out = {}
    for transmitter, transporter, receptor, release in (
        ("noradrenaline", "NET", "alpha2", "0.01 nM"), ("serotonin", "SERT", "5HT1A", "0.01 nM"),
    ):  # fmt: skip
        drug, control = (
            _cortex(transmitter, transporter, receptor, release, atomoxetine=c) for c in ("0.1 uM", "0 uM")
        )
        out[transmitter] = drug / control
    return out
