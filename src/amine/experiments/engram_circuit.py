"""The engram rule as a running network, in rates and in spikes, in the harness of learners: samples are trials, and drugs act on receptors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace

import numpy as np

from amine.circuits import engram as circuit
from amine.experiments.engram_harness import Found, run
from amine.experiments.engram_learners import EngramLearner, Learner, Sizes
from amine.experiments.engram_streams import Stream, stream
from amine.learn.engram import Chemistry, Expansion
from amine.learn.engram.chemistry import Dose
from amine.records import dataclass

NEURONS, INTERNEURONS, SAMPLES = 100, 400, 600
ASKED = 15.0  # ms for which a sample is shown when it is asked for
# described in all, so that all run the same code
DRUGS: tuple[str, ...] = ("bicuculline", "diazepam", "haloperidol", "atropine", "reboxetine")
REST = 3  # trials before the first sample, in which dopamine settles and nothing is learned


@dataclass(frozen=True)
class Build:
    """Whether a circuit fires, the drugs that it is under, and what is wrong with it.

    Parameters
    ----------
    spikes : neurons fire; without, they transmit rates. doses : drugs and their concentrations (uM).
    lost, missing : shares of interneurons, and of pairs with synapses, that are missing. noise : standard deviation of the noise of principal cells.
    """

    spikes: bool = False
    doses: Sequence[Dose] = field(default=())
    lost: float = 0.0
    missing: float = 0.0
    noise: float = 0.0


CONDITIONS: Mapping[str, Build] = {
    "rates": Build(),
    "rates, bicuculline 1 uM": Build(doses=(("bicuculline", 1.0),)),
    "rates, bicuculline 10 uM": Build(doses=(("bicuculline", 10.0),)),
    "rates, bicuculline 1 mM": Build(doses=(("bicuculline", 1000.0),)),
    "rates, diazepam 1 uM": Build(doses=(("diazepam", 1.0),)),
    "rates, haloperidol 20 nM": Build(doses=(("haloperidol", 0.02),)),
    "rates, haloperidol 1 uM": Build(doses=(("haloperidol", 1.0),)),
    "rates, atropine 100 nM": Build(doses=(("atropine", 0.1),)),
    "rates, reboxetine 100 nM": Build(doses=(("reboxetine", 0.1),)),
    "rates, 30 % of interneurons lost": Build(lost=0.3),
    "rates, 10 % of synapses missing": Build(missing=0.1),
    "rates, noise of 0.1": Build(noise=0.1),
    "spikes": Build(spikes=True),
    "spikes, bicuculline 1 mM": Build(spikes=True, doses=(("bicuculline", 1000.0),)),
    "spikes, diazepam 1 uM": Build(spikes=True, doses=(("diazepam", 1.0),)),
    "spikes, 30 % of interneurons lost": Build(spikes=True, lost=0.3),
    "spikes, 10 % of synapses missing": Build(spikes=True, missing=0.1),
}
RULE = {"engram": {}, "engram, GABA blocked": {"gaba": 0.0}}  # the rule itself, on the same samples


def names() -> list[str]:
    """Names of the circuits, after those of the rule."""
    return [*RULE, *CONDITIONS]


def first(seed: int, samples: int = SAMPLES) -> Stream:
    """The digits of a seed, two classes at a time, of which the first ``samples`` are learned from."""
    whole = stream("digits", seed)
    return replace(whole, tasks=[t[t < samples] for t in whole.tasks])


def runs(
    chosen: Sequence[str], seeds: Sequence[int], neurons: int, doses: Sequence[Dose], say: Callable[[str], None]
) -> dict[str, list[Found]]:
    """Results of all conditions, by name and in the order of seeds; ``doses`` are added to those of each."""
    out: dict[str, list[Found]] = {n: [] for n in chosen}
    for s in seeds:
        met, sizes = first(s), Sizes(64, neurons, 10, s)
        for name in chosen:
            out[name].append(run(_learner(name, sizes, doses), met, met))
            say(f"seed {s}, {name}: {out[name][-1].accuracy:.3f}")
    return out


def _learner(name: str, sizes: Sizes, doses: Sequence[Dose]) -> Learner:
    if name in RULE:
        return EngramLearner(sizes, replace(Chemistry().under(doses), **RULE[name]))
    build = CONDITIONS[name]
    return CircuitLearner(sizes, replace(build, doses=(*build.doses, *doses)))


class CircuitLearner:
    """The circuit on the same features as the engram rule."""

    def __init__(self, sizes: Sizes, build: Build | None = None, interneurons: int = INTERNEURONS):
        build = build or Build()
        self.pace = circuit.SPIKES if build.spikes else circuit.RATES
        self.expansion = Expansion(sizes.inputs, sizes.neurons, sizes.seed)
        net = circuit.engram(
            self.expansion.weights,
            self.expansion.thresholds,
            sizes.classes,
            interneurons,
            sizes.seed,
            build.missing,
            build.noise,
            build.spikes,
            build.lost,
        )
        given: dict[str, float] = dict.fromkeys(DRUGS, 0.0)
        for drug, concentration in build.doses:
            given[drug] = given.get(drug, 0.0) + concentration
        for drug in given:
            net.dose(drug, "0 uM")
        self.classes, self.interneurons = sizes.classes, net.populations["interneurons"].n
        self.loop = net.loop(threads=1, keep=False)
        for drug, concentration in given.items():
            self.loop.dose(drug, f"{concentration!r} uM")
        self.loop.set("readout.learning", 0.0)
        self.loop.set("interneurons.learning", 0.0)
        self.loop.advance(f"{REST * self.pace.trial} ms")
        self.loop.set("readout.learning", 1.0)
        self.loop.set("interneurons.learning", 1.0)

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        shown, pace, dark = self.expansion.scaled(X), self.pace, np.zeros(X.shape[1])
        right = np.repeat(np.eye(self.classes)[y], circuit.DOPAMINE_CELLS, 1)
        for x, target in zip(shown, right, strict=True):
            self.loop.set("pixels.x", x)
            self.loop.set("dopamine.target", target)
            self.loop.advance(f"{pace.shown} ms")
            self.loop.set("pixels.x", dark)
            self.loop.advance(f"{pace.trial - pace.shown} ms")

    def scores(self, X: np.ndarray) -> np.ndarray:
        before, found = self.loop.snapshot(), np.empty((len(X), self.classes))
        self.loop.set("readout.learning", 0.0)
        for k, x in enumerate(self.expansion.scaled(X)):
            self.loop.set("pixels.x", x)
            self.loop.advance(f"{ASKED} ms")
            found[k] = np.asarray(self.loop.get("readout.o"))
        self.loop.restore(before)
        return found

    def kept(self) -> list[np.ndarray]:
        """The expansion, the synapses of both directions, and those of the read-out."""
        n = len(self.expansion.thresholds)
        sizes = (n * self.interneurons, n * self.interneurons, n * self.classes)
        return [self.expansion.weights, self.expansion.thresholds, *(np.empty(s) for s in sizes)]
