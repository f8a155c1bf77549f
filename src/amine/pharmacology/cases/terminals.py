"""Drugs at single synapses, at the presynaptic receptors of terminals, and at the channels that receptors open."""

from __future__ import annotations

import numpy as np

from amine.compounds.doses import dose_ramp
from amine.pharmacology.cases.case import Numbers, part, ratio, sized
from amine.pharmacology.cases.preparations import Synapses, soma, terminal

_HARGUS = "Hargus, Bertram & Patel 2009, Brain Res 1280:60-68, table 1"
TONE = "1.22 uM"  # ambient adenosine: 3 uM (486/345 - 1), from what DPCPX alone adds in the table of Hargus et al.


@sized(
    "ethanol weakens NMDA currents more than AMPA currents",
    "ethanol 50000 uM",
    "Lovinger, White & Weight 1989, Science 243:1721-1724; the IC50 at NMDA receptors here is from Martin et al. 1991",
    "synaptic depolarisation over control",
    {"NMDA": part(0.39), "AMPA": part(0.85)},
    system="glutamate",
    level="current",
)
def ethanol_receptors() -> Numbers:
    """50 mM left 39 % of NMDA currents, and 82 to 85 % of those of kainate and quisqualate."""
    control, drug = Synapses(), Synapses(ethanol="50000 uM")
    return {r: drug.deflection[r] / control.deflection[r] for r in ("NMDA", "AMPA")}


@sized(
    "propofol slows the deactivation of GABA_A receptors",
    "propofol 10 uM",
    "Bai, Pennefather, MacDonald & Orser 1999, J Neurosci 19:10635-10646; the catalogue's factor is computed from it, so that this checks the way",
    "time constant of decay over control",
    {"decay": ratio(255 / 151)},
    system="GABA",
    level="current",
)
def propofol_decay() -> Numbers:
    """151 ms became 255 ms."""
    return {"decay": Synapses(propofol="10 uM").decay("GABA_A") / Synapses().decay("GABA_A")}


@sized(
    "a neurosteroid lengthens inhibition at the concentrations of stress",
    "THDOC 2 uM; THDOC 0.075 uM",
    "Cooper, Johnston & Edwards 1999, J Physiol 521:437-449; the catalogue's numbers are computed from it, so that this checks the way",
    "time constant of decay over control",
    {"2 uM": ratio(4.0), "75 nM": ratio(1.375)},
    system="GABA",
    level="current",
)
def thdoc_decay() -> Numbers:
    """Four times at most, 25 to 50 % longer at 50 to 100 nM."""
    control = Synapses().decay("GABA_A")
    return {"2 uM": Synapses(thdoc="2 uM").decay("GABA_A") / control, "75 nM": Synapses(thdoc="0.075 uM").decay("GABA_A") / control}  # fmt: skip


@sized(
    "nicotine at the concentration of smokers desensitises alpha4beta2 receptors",
    "nicotine 0.01 uM",
    "Paradiso & Steinbach 2003, J Physiol 553:857-871; the catalogue's number is computed from it, so that this checks the way",
    "response to acetylcholine over control after long exposure",
    {"left": part(0.30)},
    system="acetylcholine",
    level="current",
)
def nicotine_desensitisation() -> Numbers:
    """10 nM, which open next to nothing, take 70 % of the response within 100 s."""
    r = "nAChR_alpha4beta2"
    return {"left": Synapses(nicotine="0.01 uM").deflection[r] / Synapses().deflection[r]}


@sized(
    "adenosine weakens transmission, DPCPX prevents it",
    "adenosine 10 uM; DPCPX 0.5 uM",
    _HARGUS,
    "synaptic conductance over that without adenosine",
    {"adenosine": part(97.6 / 345.2), "with DPCPX": part(464.4 / 486.0)},
    system="adenosine",
    level="current",
)
def adenosine_epsc() -> Numbers:
    """A1 receptors on terminals; the potency is from field potentials against a sensor (Dale et al. 2000)."""
    drug = terminal(dpcpx="0.5 uM")
    return {
        "adenosine": terminal("10 uM") / terminal(),
        "with DPCPX": terminal("10 uM", dpcpx="0.5 uM") / drug,
    }


@sized(
    "caffeine strengthens transmission by what ambient adenosine takes from it",
    "caffeine 50 uM; DPCPX 0.1 uM",
    "Lopes, Pliássova & Cunha 2019, Biochem Pharmacol 166:313-321; ambient adenosine (1.22 uM) from what DPCPX adds in Hargus et al. 2009",
    "synaptic conductance with caffeine over that without, with and without DPCPX",
    {"caffeine": ratio(1.40), "after DPCPX": part(1.0)},
    system="adenosine",
    level="current",
)
def caffeine_facilitation() -> Numbers:
    """Caffeine adds 40 %, and nothing after DPCPX."""
    blocked = terminal(TONE, dpcpx="0.1 uM")
    return {
        "caffeine": terminal(TONE, caffeine="50 uM") / terminal(TONE),
        "after DPCPX": terminal(TONE, caffeine="50 uM", dpcpx="0.1 uM") / blocked,
    }


@sized(
    "baclofen weakens transmission at the synapses of Schaffer collaterals",
    "baclofen 1.9 uM; CGP 55845 1 uM",
    "Ault & Nadler 1981, Brain Res 225:171-178 (IC50 of the racemate 3.8 uM, of which half is active)",
    "synaptic conductance over control",
    {"baclofen": part(0.5), "with CGP 55845": part(1.0)},
    system="GABA",
    level="current",
)
def baclofen_terminal() -> Numbers:
    """GABA_B receptors on terminals; the potency is from calcium currents of the periaqueductal grey."""
    control = terminal()
    return {
        "baclofen": terminal(baclofen="1.9 uM") / control,
        "with CGP 55845": terminal(baclofen="1.9 uM", cgp55845="1 uM") / control,
    }


@sized(
    "a cannabinoid weakens inhibition, SR141716A blocks this and naloxone does not",
    "WIN 55,212-2 0.138 uM; rimonabant 1 uM; naloxone 1 uM",
    "Hoffman & Lupica 2000, J Neurosci 20:2470-2479; the catalogue's EC50 is from it, the affinity of the antagonist is not",
    "synaptic conductance over control",
    {"WIN": part(0.5), "with SR141716A": part(1.0), "with naloxone": part(0.5)},
    system="cannabinoids",
    level="current",
)
def cannabinoid_ipsc() -> Numbers:
    """CB1 receptors on the terminals of interneurons."""
    control, c = terminal(), "0.138 uM"
    return {
        "WIN": terminal(win55212_2=c) / control,
        "with SR141716A": terminal(win55212_2=c, rimonabant="1 uM") / control,
        "with naloxone": terminal(win55212_2=c, naloxone="1 uM") / control,
    }


@sized(
    "naloxone shifts the curve of an opioid to the right",
    "naloxone 0.02 uM; DAMGO 4 uM",
    "Williams & North 1984, Mol Pharmacol 26:489-497 (neurones of the locus coeruleus, Kd of naloxone 2 nM)",
    "ratio of the concentrations of DAMGO with equal effects",
    {"dose ratio": ratio(1 + 0.02 / 0.002)},
    system="opioids",
    level="cell",
)
def naloxone_schild() -> Numbers:
    """Competition: 1 + C/Kd. DAMGO rises slowly; what is compared is the time at which 30 % of the receptors answer."""
    when = []
    for naloxone in ("0 uM", "0.02 uM"):
        _, occupied = soma("4 s", damgo=dose_ramp("0 uM", "4 uM", "0 s", "4 s"), naloxone=naloxone)
        k = int(np.argmax(occupied > 0.3))
        when.append(k - (occupied[k] - 0.3) / (occupied[k] - occupied[k - 1]))
    return {"dose ratio": float(when[1] / when[0])}


@sized(
    "bicuculline and picrotoxin abolish tonic inhibition, gabazine spares it",
    "bicuculline 100 uM; picrotoxin 1000 uM; gabazine 100 uM",
    "Han & Youn 2008, Neurosci Lett 441:296-301 (substantia gelatinosa)",
    "tonic hyperpolarisation over control",
    {"bicuculline": part(0.0), "picrotoxin": part(0.0), "gabazine": part(1.0)},
    system="GABA",
    level="cell",
    differs="receptors that open without GABA are not modelled: gabazine, which spares those, here displaces ambient GABA like bicuculline",
)
def gabazine_tonic() -> Numbers:
    """Extrasynaptic receptors answer to 0.5 uM of ambient GABA."""
    control = soma("500 ms", gaba="0.5 uM")[0][-1]
    doses = {"bicuculline": "100 uM", "picrotoxin": "1000 uM", "gabazine": "100 uM"}
    return {d: float(soma("500 ms", gaba="0.5 uM", **{d: c})[0][-1] / control) for d, c in doses.items()}
