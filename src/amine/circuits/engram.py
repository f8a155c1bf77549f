"""Inhibition that learns as a network of rates: memories are kept apart by interneurons that fire by chance.

A trial is one sample. *Onset*: features drive principal cells, acetylcholine lets a tenth of the interneurons be active by chance, and
their reciprocal synapses with principal cells grow by the drive that these receive. *Settling*: excitation of interneurons and their GABA
leave of the drive what was not used before. *Teaching*: dopamine cells of each class fire by the error of its read-out, and the synapses of the
read-out change by D1 times the activity that is left. Weights between principal cells and interneurons are never negative; mutual
inhibition subtracts the interneurons' mean, and they adapt, which keeps the loop from oscillating where inhibition has grown strong.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amine import models
from amine.errors import AmineError
from amine.network.network import Network
from amine.network.numbers import number, whole_number
from amine.network.parts import Population
from amine.records import dataclass


@dataclass(frozen=True)
class Pace:
    """Times (ms) of a trial and of its parts, and what must fit them.

    Parameters
    ----------
    trial : length of a trial. begun, onset : beginning and end of its onset. taught, shown : beginning and end of teaching; the sample ends with it.
    dendrite, gaba : time constants of principal cells' dendrites and of their GABA_A.
    adaptation, lead : interneurons answer changes 1 + ``lead`` times as much, for ``adaptation``. This makes up for the delay of the loop, which
        would otherwise oscillate where inhibition is strong.
    leak : of principal cells, in units of the inhibition that one sample leaves at its own drive.
    """

    trial: float = 450.0
    begun: float = 10.0
    onset: float = 25.0
    taught: float = 200.0
    shown: float = 400.0
    dendrite: float = 120.0
    gaba: float = 100.0
    adaptation: float = 2.0
    lead: float = 3.0
    leak: float = 20.0

    def named(self, *names: str) -> dict[str, Any]:
        """Some of its times as parameters of a model."""
        return {n: f"{getattr(self, n)!r} ms" for n in names}


RATES = Pace()
SPIKES = Pace(gaba=80.0, adaptation=5.0, lead=2.0, leak=100.0)  # traces of spikes come later
DT = 1.0  # ms
SHARE = 0.1  # of the interneurons that are active by chance in a trial
DRIVE, FAST = 2.0, 0.3  # ms: time constants of principal cells' AMPA, and of interneurons and their AMPA
DOPAMINE_CELLS = 20  # of each class
AROUSED = 200.0  # factor on chance activity at full occupancy of M1
CHANGE, TRACE = 100.0, 5.0  # Hz for an activity of 1, and ms of what a spike leaves
# Hz at rest; interneurons are fast ones, so that at the onset of a sample, when they answer most, few of them are silenced
REST = {"principal": 60.0, "interneuron": 200.0}
# What a spike leaves when it is seen first. Its mean over steps must be that of the rate: an error of 10 % would add to the output of each
# interneuron, and their synapses share a large common part
JUMP = -math.expm1(-DT / TRACE) / (CHANGE * 1e-3 * DT)
RATE, GAIN = 50.0, 40.0  # Hz: of a dopamine cell without an error, and change of it by an error of 1
TONIC = {"dopamine": 0.05, "acetylcholine": 0.21, "noradrenaline": 0.02}  # uM; that of acetylcholine is the EC50 of M1
REMOVAL = 0.0041 / (0.21 + TONIC["dopamine"])  # 1/ms, of dopamine by DAT at the tonic level

_PIXEL = "dx/dt = -x/tau : 1"  # set by the bench, and kept
_FEATURE = "dphi/dt = (max(total - theta, 0) - phi)/tau : 1\ninput total : 1"
_PRINCIPAL = "dk/dt = (I/unit - k{noise})/tau : 1"
_NOISE = " + noise*sqrt(2*tau)*xi"
# a dendrite, and a soma that fires; k is the trace of its spikes around the resting rate
_FIRING_PRINCIPAL = """
dd/dt = (I/unit - d{noise})/tau : 1
dphase/dt = max(rate + gain*d, 0*Hz) : 1
dk/dt = -(k + rate/gain)/trace : 1
threshold phase > 1
reset phase -= 1; k += jump
"""
_GRADED_OUTPUT = "dy/dt = (output*lateral - y)/tau : 1"
_FIRING_OUTPUT = """
dphase/dt = max(rate + gain*output*lateral, 0*Hz) : 1
dy/dt = -(y + rate/gain)/trace : 1
threshold phase > 1
reset phase -= 1; y += jump
"""
_INTERNEURON = """
dx/dt = (I/unit - x)/tau : 1
da/dt = (x - a)/adaptation : 1
{output}
input lateral : 1
chance : 1
learning : 1
initial learning = 1
event started (t - begun) % trial < 0.5*ms : chance = int(rand() < share*learning)
event settling (t - onset) % trial < 0.5*ms : chance = 0
"""
_READOUT = """
do/dt = (total - o)/tau : 1
input total : 1
dlevel/dt = (d1 - level)/tau : 1
reference : 1
event teaching (t - taught) % trial < 0.5*ms : reference = level
during = int((t % trial) > taught) * int((t % trial) < shown) : 1
dlesson/dt = (learning*during*(level - reference)*scale - lesson)/tau : 1
"""
_DOPAMINE = """
dx/dt = max(rate + gain*during*(target + error), 0*Hz) : 1
input error : 1
target : 1
initial target = 0
during = int((t % trial) > taught) * int((t % trial) < shown) : 1
threshold x > 1
reset x -= 1
initial x = 0
"""
_GRADED = "dg/dt = rate - g/tau : pA\ninput rate : pA/ms\ncurrent {sign}g"


def engram(
    weights: np.ndarray,
    thresholds: np.ndarray,
    classes: int = 10,
    interneurons: int = 400,
    seed: int = 0,
    missing: float = 0.0,
    noise: float = 0.0,
    spikes: bool = False,
    lost: float = 0.0,
) -> Network:
    """A network that learns classes one after another, on AMPA, GABA_A, M1, D1 and alpha1 receptors.

    Parameters
    ----------
    weights, thresholds : of the features (inputs, cells) and (cells,), as of :class:`amine.learn.engram.Expansion`; one principal cell each.
    classes : number of classes. interneurons : number of interneurons. seed : seed of all random numbers.
    missing : share of pairs of a principal cell and an interneuron without synapses. noise : standard deviation of the noise of principal cells.
    spikes : principal cells and interneurons fire, and transmit the traces of their spikes; without, they transmit rates.
    lost : share of the interneurons that are missing; synapses of the others grow as if they were there.

    Examples
    --------
    >>> net = engram(np.ones((4, 6)), np.zeros(6), classes=2, interneurons=8)
    >>> {n: p.n for n, p in net.populations.items()}
    {'pixels': 4, 'features': 6, 'principal': 6, 'interneurons': 8, 'readout': 2, 'dopamine': 40}
    """
    r = whole_number(interneurons, "engram(), interneurons", 1, 10**6)
    gone = number(lost, "1", "engram(), lost", nonnegative=True)
    if gone >= 1.0:
        raise AmineError("engram(), lost", "no interneuron is left", given=f"{gone:g}", expected="a share below 1")
    inputs, cells = weights.shape
    net = Network(seed, f"{DT:g} ms", f"Inhibition that learns, in {'spikes' if spikes else 'rates'}")
    pace = SPIKES if spikes else RATES
    pixels = net.population("pixels", inputs, models.neuron("pixel", _PIXEL, tau="1e6 s"))
    feature = models.neuron("feature", _FEATURE, tau="2 ms", theta=0.0)
    features = net.population("features", cells, feature, theta=thresholds)
    principal = _principal(net, cells, number(noise, "1", "engram(), noise", nonnegative=True), pace, spikes)
    inhibitory = _interneurons(net, max(1, round(r * (1.0 - gone))), pace, spikes)
    net.coupling(pixels, features, into="total", value="w*x_pre", w=weights, connect="all_to_all")
    net.coupling(features, principal, into="rate_AMPA", value="w*phi_pre", w=_for_one(DRIVE), connect="one_to_one")
    grow = f"{1.0 / (math.sqrt(SHARE * r * pace.leak) * (pace.onset - pace.begun))!r} 1/(ms*pA)"
    _reciprocal(net, principal, inhibitory, number(missing, "1", "engram(), missing", nonnegative=True), grow, pace)
    _lessons(net, principal, classes, pace)
    _modulators(net, inhibitory)
    return net


def _receptors(pace: Pace) -> dict[str, models.Model]:
    """Graded receptors under the catalogue's names: input times the time constant is the current at rest."""
    return {
        "AMPA": models.receptor("graded_AMPA", _GRADED.format(sign=""), tau=f"{DRIVE:g} ms"),
        "GABA_A": models.receptor("graded_GABA_A", _GRADED.format(sign="-"), tau=f"{pace.gaba:g} ms"),
    }


def _for_one(tau: float) -> str:
    """The input that holds a graded receptor at a current of 1 pA."""
    return f"{1.0 / tau!r} pA/ms"


def _principal(net: Network, cells: int, noise: float, pace: Pace, spikes: bool) -> Population:
    text = (_FIRING_PRINCIPAL if spikes else _PRINCIPAL).format(noise=_NOISE if noise else "")
    given = {
        "tau": f"{pace.dendrite} ms",
        "unit": "1 pA",
        **({"noise": noise} if noise else {}),
        **(_firing("principal") if spikes else {}),
    }
    cell = models.neuron("principal", text, **given)
    return net.population("principal", cells, cell, receptors=_receptors(pace), initial=_phases(cells, spikes))


def _firing(cell: str) -> dict[str, Any]:
    """Parameters of a cell that fires."""
    return {"rate": f"{REST[cell]:g} Hz", "gain": f"{CHANGE:g} Hz", "trace": f"{TRACE:g} ms", "jump": JUMP}


def _phases(n: int, spikes: bool) -> dict[str, np.ndarray]:
    """Initial phases of neurons that fire regularly."""
    return {"phase": np.random.default_rng(n).random(n)} if spikes else {}


def _interneurons(net: Network, r: int, pace: Pace, spikes: bool) -> Population:
    text = _INTERNEURON.format(output=_FIRING_OUTPUT if spikes else _GRADED_OUTPUT)
    natural = 1.0 + TONIC["noradrenaline"] / 0.17  # with alpha1 occupied at the tonic level the output is 1
    chance = SHARE / (1.0 + 0.5 * (AROUSED - 1.0))
    firing = _firing("interneuron") if spikes else {}
    cell = models.neuron(
        "interneuron",
        text,
        tau=f"{FAST:g} ms",
        unit="1 pA",
        output=natural,
        share=chance,
        **pace.named("trial", "begun", "onset", "adaptation"),
        **firing,
    )
    receptors = {"AMPA": _receptors(pace)["AMPA"](tau=f"{FAST:g} ms")}
    some = net.population("interneurons", r, cell, receptors=receptors, initial=_phases(r, spikes))
    difference = "u*((1 + lead)*(x_post - x_pre) - lead*(a_post - a_pre))"
    net.coupling(
        some, some, into="lateral", value=difference, u=1.0 / r, lead=pace.lead, connect="all_to_all", name="mutual"
    )
    return some


def _reciprocal(
    net: Network, principal: Population, inhibitory: Population, missing: float, grow: str, pace: Pace
) -> None:
    """Synapses of both directions, alike at each pair, that grow by the product of a principal cell's drive and an interneuron's chance."""
    there = np.random.default_rng([net.seed, 47]).random((principal.n, inhibitory.n)) >= missing
    i, j = np.nonzero(there)
    net.coupling(
        principal,
        inhibitory,
        into="rate_AMPA",
        value="w*u*k_pre",
        change={"w": "grow*chance_post*g_AMPA_pre"},
        w=0.0,
        u=_for_one(FAST),
        grow=grow,
        pairs=(i, j),
        name="excitation",
    )
    net.coupling(
        inhibitory,
        principal,
        into="rate_GABA_A",
        value="w*u*y_pre",
        change={"w": "grow*chance_pre*g_AMPA_post"},
        w=0.0,
        u=_for_one(pace.gaba),
        grow=grow,
        pairs=(j, i),
        name="inhibition",
    )


def _lessons(net: Network, principal: Population, classes: int, pace: Pace) -> None:
    """Read-out, and a compartment of dopamine for each class."""
    phases = pace.named("trial", "taught", "shown")
    m = DOPAMINE_CELLS
    # an error of 1 changes D1's response, which is linear well below its EC50 of 1 uM, by GAIN / RATE of the tonic one
    scale = 1.0 / (GAIN / RATE * TONIC["dopamine"])
    cell = models.neuron("readout", _READOUT, tau="1 ms", d1=1.0, learning=1.0, scale=scale, **phases)
    readout = net.population("readout", classes, cell)
    source = models.neuron("dopamine_cell", _DOPAMINE, rate=f"{RATE} Hz", gain=f"{GAIN} Hz", **phases)
    phase = np.random.default_rng(7).random(classes * m)
    cells = net.population("dopamine", classes * m, source, initial={"x": phase})
    net.coupling(
        principal,
        readout,
        into="total",
        value="w*g_AMPA_pre/a",
        change={"w": "learn*lesson_post*k_pre"},
        w=0.0,
        learn=f"{1.0 / (pace.leak * _taught(pace))!r} 1/ms",
        a="1 pA",
        connect="all_to_all",
        name="memory",
    )
    net.coupling(
        readout,
        cells,
        into="error",
        value="-o_pre",
        pairs=(np.repeat(np.arange(classes), m), np.arange(classes * m)),
        name="error",
    )
    net.field(
        "dopamine",
        released_by={f"class {c}": cells[c * m : (c + 1) * m] for c in range(classes)},
        release=f"{TONIC['dopamine'] * REMOVAL / (m * RATE * 1e-3)!r} uM",
        uptake="DAT",
        regions={f"class {c}": readout[c : c + 1] for c in range(classes)},
    )
    net.modulate(readout, by="dopamine", receptor="D1", acts_on="d1", maximum=2.0)


def _taught(pace: Pace) -> float:
    """Time (ms) for which dopamine's answer to an error stands for it: shorter than teaching, as dopamine rises with its removal."""
    length = pace.shown - pace.taught
    return length + math.expm1(-length * REMOVAL) / REMOVAL


def _modulators(net: Network, inhibitory: Population) -> None:
    """Acetylcholine makes interneurons active by chance; noradrenaline lowers their output."""
    net.field("acetylcholine", tonic=f"{TONIC['acetylcholine']} uM", removal={"AChE": "5 ms"})
    net.field("noradrenaline", tonic=f"{TONIC['noradrenaline']} uM", uptake="NET")
    net.modulate(inhibitory, by="acetylcholine", receptor="M1", acts_on="share", maximum=AROUSED)
    net.modulate(inhibitory, by="noradrenaline", receptor="alpha1", acts_on="output", maximum=0.0)


__all__ = ["DOPAMINE_CELLS", "RATES", "SHARE", "SPIKES", "Pace", "engram"]
