"""Ten experiments as data: a network, the controls that are open, what is to be learned, and what is simpler than in an animal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import numpy as np

from amine import circuits
from amine.errors import AmineError, did_you_mean
from amine.lab.controls import Slider
from amine.network.network import Network
from amine.records import dataclass
from amine.values import Array


@dataclass(frozen=True)
class Stop:
    """A stop of the tour: time on the clock in seconds, a sentence, and what is then done."""

    after: float
    sentence: str
    set: Mapping[str, float] = field(default_factory=dict)
    do: str = ""  # branch, join or rewind


@dataclass(frozen=True)
class Experiment:
    """An experiment of the gallery.

    ``make`` builds the network; ``circuit`` and ``arguments`` say the same as Python text. ``doses`` are drugs that can be given, all absent
    at the start. ``speed`` is the time of the network for one second on the clock, in seconds.
    """

    name: str
    title: str
    goal: str
    question: str
    challenge: str
    simpler: str
    sources: tuple[str, ...]
    sliders: tuple[Slider, ...]
    circuit: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    doses: tuple[str, ...] = ()
    speed: float = 0.5
    tour: tuple[Stop, ...] = ()
    make: Callable[[], Network] | None = None

    def network(self) -> Network:
        """The network, with a dose of zero of each drug that can be given."""
        net = circuits.get(self.circuit)(**self.arguments) if self.make is None else self.make()
        for drug in self.doses:
            net.dose(drug, "0 uM")
        return net

    def made(self) -> str:
        """Python text that makes the network; empty where its description is needed."""
        if self.make is not None:
            return ""
        given = ", ".join(f"{k}={v!r}" for k, v in self.arguments.items())
        return "\n".join(
            [f"net = am.circuits.{self.circuit}({given})", *(f"net.dose({d!r}, '0 uM')" for d in self.doses)]
        )

    def to_dict(self) -> dict[str, Any]:
        """What a page shows of it."""
        tour = [{"after": s.after, "sentence": s.sentence, "set": dict(s.set), "do": s.do} for s in self.tour]
        words = ("name", "title", "goal", "question", "challenge", "simpler", "speed")
        return {w: getattr(self, w) for w in words} | {"sources": list(self.sources), "tour": tour}


def names() -> list[str]:
    """Names of all experiments.

    >>> names()[:2]
    ['gamma', 'balance']
    """
    return list(EXPERIMENTS)


def get(name: str) -> Experiment:
    """An experiment by name; raises AmineError, which suggests the nearest, if there is none."""
    if name not in EXPERIMENTS:
        raise AmineError("lab", f"there is no experiment '{name[:40]}'", hint=did_you_mean(name, EXPERIMENTS))
    return EXPERIMENTS[name]


def _neuron() -> Network:
    """Twelve Hodgkin-Huxley neurons whose currents rise from neuron to neuron, from 2 to 24 uA/cm**2."""
    net = Network(seed=1, dt="0.02 ms", name="Twelve Hodgkin-Huxley neurons")
    net.population("N", 12, "hodgkin_huxley", I_e=Array(np.linspace(0.02, 0.24, 12), "pA/um**2"))
    return net


def _adapting() -> Network:
    """Twelve adaptive exponential neurons whose currents rise from 500 to 1050 pA."""
    net = Network(seed=1, name="Twelve neurons that adapt")
    net.population("N", 12, "adex", I_e=Array(np.linspace(500.0, 1050.0, 12), "pA"))
    return net


_BRETTE = "Brette R et al. (2007) J Comput Neurosci 23:349-398; Vogels TP, Abbott LF (2005) J Neurosci 25:10786-10795"
_GUIDE = "affinities: IUPHAR/BPS Guide to PHARMACOLOGY and the papers it cites"

_ALL = (
    Experiment(
        "gamma",
        "Gamma and diazepam",
        "The decay of inhibition sets the rhythm: each cycle waits until GABA_A has closed.",
        "Which way will the rhythm go when GABA_A channels stay open longer?",
        "Bring the rhythm below 36 Hz with one drug.",
        "Two kinds of cell with one compartment each, every connection alike; diazepam acts on the decay of GABA_A and nothing else.",
        ("Börgers C, Kopell N (2003) Neural Comput 15:509-538", "Börgers C (2017) An Introduction to Modeling Neuronal Dynamics", _GUIDE),
        (Slider("dose:diazepam", "Diazepam"), Slider("E.I_e", "Drive of E cells", 0.6, 3.0, False)),
        "gamma",
        doses=("diazepam",),
        speed=0.25,
        tour=(
            Stop(0, "E cells (blue) start each cycle; I cells (orange) answer and silence everything until inhibition has decayed."),
            Stop(9, "A copy runs on without the drug, in grey, with the same random numbers.", do="branch"),
            Stop(12, "Diazepam, 100 nM: inhibition decays more slowly, and the cycles lengthen.", {"dose:diazepam": 0.1}),
            Stop(26, "Ten times as much changes little: the receptors are occupied already.", {"dose:diazepam": 1.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "balance",
        "Balance",
        "Excitation and inhibition cancel on average; what is left makes neurons fire irregularly.",
        "What happens to rate and irregularity when inhibition has a third of its weight?",
        "Bring E below 10 Hz while the CV of its intervals stays above 1.",
        "4000 points without geometry, 2 per cent of pairs connected, one delay; currents of synapses have one time constant each.",
        (_BRETTE,),
        (
            Slider("I->E+I.weight", "Inhibitory weight", 0.0, 150.0),
            Slider("E->E+I.weight", "Excitatory weight", 0.0, 15.0),
            Slider("E.I_e", "Constant current into E", 0.0, 400.0),
        ),
        "coba",
        tour=(
            Stop(0, "80 inputs a neuron, strong enough to silence it or to make it fire; they nearly cancel."),
            Stop(8, "A copy runs on unchanged, in grey.", do="branch"),
            Stop(10, "Inhibition at a third of its weight: the raster fills.", {"I->E+I.weight": 22.0}),
            Stop(22, "Twice the weight: fewer spikes, as irregular as before.", {"I->E+I.weight": 134.0}),
            Stop(36, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "epilepsy",
        "Epilepsy in a dish",
        "A competitive antagonist at GABA_A removes inhibition; the network tips over before all receptors are blocked.",
        "At which occupancy of the receptor does the network change most?",
        "Find the smallest dose of bicuculline that triples the rate.",
        "The transmitter competes in equilibrium; no glia, no exhaustion of vesicles, no potassium that rises, so the discharge never ends.",
        (_BRETTE, _GUIDE),
        (Slider("dose:bicuculline", "Bicuculline"), Slider("dose:diazepam", "Diazepam")),
        "coba",
        doses=("bicuculline", "diazepam"),
        tour=(
            Stop(0, "Balanced firing. A copy will run on without the drug.", do="branch"),
            Stop(6, "Bicuculline, 1 uM.", {"dose:bicuculline": 1.0}),
            Stop(16, "10 uM: inhibition is almost gone.", {"dose:bicuculline": 10.0}),
            Stop(27, "Washed out: a model without damage recovers at once.", {"dose:bicuculline": 0.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "antagonists",
        "Two antagonists",
        "Blocking inhibition and blocking excitation are opposite moves on one balance.",
        "How much NBQX undoes 3 uM of bicuculline?",
        "With bicuculline at 3 uM, bring E back to within 3 Hz of the copy.",
        "Both drugs are in equilibrium with their receptors, everywhere the same; kainate receptors are not in the network.",
        (_BRETTE, _GUIDE),
        (Slider("dose:bicuculline", "Bicuculline (blocks GABA_A)"), Slider("dose:nbqx", "NBQX (blocks AMPA)")),
        "coba",
        doses=("bicuculline", "nbqx"),
        tour=(
            Stop(0, "Balanced firing; a copy stays as it is.", do="branch"),
            Stop(5, "Bicuculline, 3 uM.", {"dose:bicuculline": 3.0}),
            Stop(15, "NBQX, 0.1 uM, against it.", {"dose:nbqx": 0.1}),
            Stop(26, "NBQX, 1 uM: now excitation is gone, and only the constant current drives.", {"dose:nbqx": 1.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "layers",
        "Four layers of cortex",
        "Layers fire at different rates although their neurons are alike: connections decide.",
        "Which layer answers most when layer 4 gets more current, and which falls silent?",
        "Silence L2/3E by a current into one other population.",
        "A tenth of the neurons and synapses under 1 square millimetre; no areas around it; inputs from outside are noise.",
        ("Potjans TC, Diesmann M (2014) Cereb Cortex 24:785-806",),
        (
            Slider("L4E.I_e", "Current into L4E", 50.0, 200.0),
            Slider("L23I.I_e", "Current into L2/3I", 50.0, 200.0),
            Slider("L5E.I_e", "Current into L5E", 50.0, 200.0),
        ),
        "microcircuit",
        {"scale": 0.1},
        speed=0.25,
        tour=(
            Stop(0, "Eight populations; cells of layer 5 fire most, those of layers 2/3 and 6 least."),
            Stop(8, "A copy runs on unchanged.", do="branch"),
            Stop(10, "40 pA more into the excitatory cells of layer 4.", {"L4E.I_e": 153.0}),
            Stop(26, "40 pA less than at the start.", {"L4E.I_e": 73.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "adaptation",
        "Adaptation",
        "Each spike leaves a current behind that slows the next one: neurons answer to changes more than to levels.",
        "What does a neuron without this current do under a constant drive?",
        "Make all twelve neurons fire in bursts.",
        "One current with one time constant stands for several potassium currents.",
        ("Brette R, Gerstner W (2005) J Neurophysiol 94:3637-3642",),
        (
            Slider("N.b", "Current added by a spike", 0.0, 200.0),
            Slider("N.tau_w", "Its decay", 20.0, 500.0, True),
            Slider("N.V_r", "Reset", -75.0, -46.0),
        ),
        speed=0.25,
        make=_adapting,
        tour=(
            Stop(0, "Twelve neurons with rising currents slow down after the start.", do="branch"),
            Stop(8, "Without the current that spikes add, they fire fast and evenly.", {"N.b": 0.0}),
            Stop(18, "A high reset makes bursts.", {"N.b": 120.0, "N.V_r": -47.0}),
            Stop(36, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "dopamine",
        "Dopamine",
        "Release fills, the transporter empties: concentration, occupancy of D1 and D2, and firing follow each other.",
        "Which of the two, a burst of spikes or a blocked transporter, keeps dopamine up for longer?",
        "Double the occupancy of D1 without changing the rate of the dopamine neurons.",
        "One well-mixed volume, a transporter with one affinity, no autoreceptors, no interneurons.",
        ("Humphries MD, Wood R, Gurney K (2009) Neural Netw 22:1174-1188", _GUIDE),
        (Slider("dopamine neurons.rate", "Rate of dopamine neurons", 0.0, 25.0), Slider("dose:cocaine", "Cocaine"), Slider("dose:haloperidol", "Haloperidol")),
        "striatum",
        doses=("cocaine", "haloperidol"),
        speed=1.0,
        tour=(
            Stop(0, "Dopamine neurons fire at 4 Hz; the transporter keeps dopamine low.", do="branch"),
            Stop(7, "A burst of 20 Hz.", {"dopamine neurons.rate": 20.0}),
            Stop(12, "The burst ends; watch how fast dopamine falls.", {"dopamine neurons.rate": 4.0}),
            Stop(20, "Cocaine, 1 uM, blocks the transporter.", {"dose:cocaine": 1.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "stdp",
        "A synapse learns",
        "Inputs compete: those that come just before a spike grow, the others shrink, and weights part into two groups.",
        "Starting from equal chances, what will the histogram of weights look like?",
        "Find a rate of the inputs at which most synapses die.",
        "A thousand independent inputs onto one neuron; only pairs of spikes count.",
        ("Song S, Miller KD, Abbott LF (2000) Nat Neurosci 3:919-926",),
        (Slider("P.rate", "Rate of each input", 5.0, 40.0), Slider("N.V_th", "Threshold", -58.0, -50.0)),
        "song",
        speed=5.0,
        tour=(
            Stop(0, "All weights begin evenly spread between 0 and 0.1 nS."),
            Stop(8, "Each spike rewards the inputs just before it; the middle empties."),
            Stop(20, "More input: the neuron fires more, and each input matters less.", {"P.rate": 30.0}),
            Stop(38, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "homeostasis",
        "Inhibition finds the balance",
        "Inhibitory synapses that learn bring a runaway network to a set rate by themselves.",
        "How will the network answer a lasting current into its E cells?",
        "Double the current into E and watch the rate come back.",
        "1000 neurons; learning is faster than in tissue by orders of magnitude.",
        ("Vogels TP, Sprekeler H, Zenke F, Clopath C, Gerstner W (2011) Science 334:1569-1573",),
        (Slider("E.I_e", "Constant current into E", 150.0, 500.0),),
        "vogels",
        {"neurons": 1000, "eta": "0.1 nS"},
        speed=2.0,
        tour=(
            Stop(0, "At first nothing inhibits E cells, and they fire without restraint."),
            Stop(10, "Inhibition has grown until the rate is near 3 Hz."),
            Stop(14, "More current into E.", {"E.I_e": 300.0}),
            Stop(34, "Your turn.", do="rewind"),
        ),
    ),
    Experiment(
        "neuron",
        "Channels and TTX",
        "Sodium channels make the spike; when too few are left, the same current makes none.",
        "How many sodium channels can be lost before spikes fail?",
        "Silence all twelve neurons with the smallest dose of tetrodotoxin.",
        "One compartment; the squid's channels at 6.3 degrees; every sodium channel binds tetrodotoxin alike.",
        ("Hodgkin AL, Huxley AF (1952) J Physiol 117:500-544", _GUIDE),
        (Slider("dose:tetrodotoxin", "Tetrodotoxin"), Slider("N.g_K", "Potassium conductance", 10.0, 80.0, False)),
        doses=("tetrodotoxin",),
        speed=0.1,
        make=_neuron,
        tour=(
            Stop(0, "Twelve neurons with rising currents: each row fires faster than the one above; the first do not fire.", do="branch"),
            Stop(9, "Tetrodotoxin, 3 nM: the neurons with little current fail first.", {"dose:tetrodotoxin": 0.003}),
            Stop(24, "10 nM: half of the channels are left, and no neuron fires.", {"dose:tetrodotoxin": 0.01}),
            Stop(36, "Your turn.", do="rewind"),
        ),
    ),
)  # fmt: skip
EXPERIMENTS = {e.name: e for e in _ALL}

__all__ = ["EXPERIMENTS", "Experiment", "Stop", "get", "names"]
