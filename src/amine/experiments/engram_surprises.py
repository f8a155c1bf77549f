"""Where noradrenaline says that the world has changed: found changes and false alarms of one detector with one setting, on streams of all kinds.

Digits two classes at a time and mixed, clean and with wrong labels, in which nothing changes; permutations of the pixels and the bandit, in which the world changes
unannounced. Noradrenaline acts: a false alarm erases what was learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from amine.experiments import engram_bandit as bandit
from amine.experiments.engram_learners import EngramLearner, Sizes
from amine.experiments.engram_streams import stream
from amine.learn.engram import Chemistry
from amine.learn.engram.chemistry import Dose
from amine.records import dataclass

NEURONS = 200
SOON = 100  # samples within which a change counts as found


@dataclass(frozen=True)
class Watched:
    """A stream by the name of its bench, the share of wrong labels, and whether its classes come mixed."""

    bench: str
    wrong: float = 0.0
    mixed: bool = False


STREAMS: Mapping[str, Watched] = {
    "engram": Watched("digits"),
    "classes mixed": Watched("digits", mixed=True),
    **{f"{x:.0%} wrong labels".replace("%", " %"): Watched("digits", x) for x in (0.05, 0.1, 0.2, 0.3, 0.4)},
    "permutations": Watched("permutations"),
    "permutations, 10 % wrong labels": Watched("permutations", 0.1),
    "bandit": Watched("bandit"),
}
MORE: Mapping[str, Watched] = {"mnist": Watched("mnist"), "letters": Watched("letters")}  # whose data may not be here


@dataclass(frozen=True)
class Noticed:
    """Samples at which the world changed and at which surprise was above its threshold, and accuracy with and without noradrenaline."""

    changes: Sequence[int]
    surprises: Sequence[int]
    accuracy: float
    blocked: float

    @property
    def delays(self) -> list[int]:
        """Samples from each change that was found to its surprise."""
        soon = [[s - c for s in self.surprises if c < s <= c + SOON] for c in self.changes]
        return [found[0] for found in soon if found]

    @property
    def false_alarms(self) -> int:
        """Surprises that are not the first ones soon after a change."""
        return len(self.surprises) - len(self.delays)


def names() -> list[str]:
    """Names of the streams that are watched by default."""
    return list(STREAMS)


def allowed() -> list[str]:
    """Names of all streams."""
    return [*STREAMS, *MORE]


def runs(
    chosen: Sequence[str], seeds: Sequence[int], neurons: int, folder: str, doses: Sequence[Dose], say: Callable[[str], None]
) -> dict[str, list[Noticed]]:  # fmt: skip
    """What is noticed on all streams, by name and in the order of seeds."""
    chemistry = Chemistry(noradrenaline=1.0).under(doses)
    out: dict[str, list[Noticed]] = {n: [] for n in chosen}
    for s in seeds:
        for name in chosen:
            watched = {**STREAMS, **MORE}[name]
            found = (
                _bandit(s, chemistry) if watched.bench == "bandit" else _tasks(watched, s, neurons, folder, chemistry)
            )
            out[name].append(found)
            say(f"seed {s}, {name}: {len(found.delays)} of {len(found.changes)} changes, {found.false_alarms} false alarms")  # fmt: skip
    return out


def _tasks(watched: Watched, seed: int, neurons: int, folder: str, chemistry: Chemistry) -> Noticed:
    tested = stream(watched.bench, seed, folder)
    met = tested.mislabelled(watched.wrong, seed) if watched.wrong else tested
    met = met.mixed(seed) if watched.mixed else met
    sizes = Sizes(met.X.shape[1], neurons, met.classes, seed)
    learners = [EngramLearner(sizes, c) for c in (chemistry, replace(chemistry, noradrenaline=0.0))]
    for task in met.tasks:
        for learner in learners:
            learner.learn(met.X[task], met.y[task])
    right = [float((x.scores(tested.held_X).argmax(1) == tested.held_y).mean()) for x in learners]
    ends = np.cumsum([len(t) for t in met.tasks])[:-1] if watched.bench == "permutations" else []
    return Noticed([int(e) for e in ends], learners[0].memory.surprises, *right)


def _bandit(seed: int, chemistry: Chemistry) -> Noticed:
    both = chemistry, replace(chemistry, noradrenaline=0.0)
    trials = [bandit.play(bandit.EngramAgent(bandit.NEURONS, seed, c), seed) for c in both]
    changes = [k * bandit.TRIALS for k in range(1, bandit.BLOCKS)]
    return Noticed(changes, trials[0].surprises, *(float(t.rewards.mean()) for t in trials))
