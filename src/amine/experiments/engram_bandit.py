"""A bandit whose rewards change unannounced: a digit comes, one of ten answers is chosen, and only reward or none is told.

Every 1000 trials the rewarded answers are dealt anew. The engram rule keeps a memory of one output for each answer; the answer with the highest expected reward plus
a drive to explore, the root of the expected uncertainty times acetylcholine, is chosen, and only its memory hears of the reward. One running surprise,
in the form of all benches, serves all answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from amine.experiments import digits
from amine.learn.engram import Chemistry, Expansion, Memory, Surprise
from amine.learn.engram.chemistry import Dose
from amine.optional import optional
from amine.records import dataclass

ANSWERS, BLOCKS, TRIALS = 10, 8, 1000
NEURONS = 100  # ten inhibitory circuits of 100 neurons
EXPLORE = 0.2  # drive to explore at the natural dose of acetylcholine; chosen on seed 100 among 0.05, 0.1 and 0.2

# doses of the engram rule, by the learner's name; noradrenaline acts
RULES: Mapping[str, Mapping[str, float]] = {
    "engram": {},
    "engram, noradrenaline blocked": {"noradrenaline": 0.0},
    "engram, acetylcholine blocked": {"acetylcholine": 0.0},
    "engram, GABA blocked": {"gaba": 0.0},
    "engram, dopamine halved": {"dopamine": 0.5},
}
# optimiser, rate and share of random answers; chosen on seed 100 among rates of 3e-4, 1e-3, 3e-3 (Adam) and 0.03, 0.1 (SGD), and shares of 0.02 and 0.1
NETWORKS: Mapping[str, tuple[str, float, float]] = {
    "Q-learning, Adam": ("adam", 1e-3, 0.1),
    "Q-learning, SGD": ("sgd", 0.1, 0.1),
}


class Agent(Protocol):
    """What the bandit asks of a learner; ``surprises`` are the trials at which it noticed a change."""

    surprises: list[int]

    def act(self, x: np.ndarray) -> int:
        """Choose an answer to an image (64,)."""
        ...

    def learn(self, x: np.ndarray, answer: int, reward: float) -> None:
        """Hear of the reward of the chosen answer."""
        ...


@dataclass(frozen=True)
class Trials:
    """Rewards (blocks, trials) of one learner, and the trials at which it was surprised."""

    rewards: np.ndarray
    surprises: list[int]


def names() -> list[str]:
    """Names of the learners."""
    return [*RULES, *NETWORKS]


def world(seed: int) -> Iterator[tuple[np.ndarray, int]]:
    """Images (64,) and the answer that is rewarded, trial after trial."""
    split, rng = digits.load(seed), np.random.default_rng([seed, 61])
    for _ in range(BLOCKS):
        answers = rng.permutation(ANSWERS)
        for i in rng.integers(len(split.labels), size=TRIALS):
            yield split.images[i], int(answers[split.labels[i]])


class EngramAgent:
    """Ten memories of one output on the same expansion, one for each answer."""

    def __init__(self, neurons: int, seed: int, chemistry: Chemistry):
        self.expansion = Expansion(digits.PIXELS, neurons, seed)
        self.memories = [Memory(neurons, 1, chemistry, module=neurons) for _ in range(ANSWERS)]
        self.surprise = Surprise(ANSWERS)
        self.drive = EXPLORE * chemistry.acetylcholine
        self.trial = 0
        self.surprises: list[int] = []

    def act(self, x: np.ndarray) -> int:
        phi = self.expansion(x[None])
        expected = np.array([m.scores(phi)[0, 0] for m in self.memories])
        uncertainty = np.array([m.uncertainty(phi)[0] for m in self.memories])
        return int(np.argmax(expected + self.drive * np.sqrt(np.maximum(uncertainty, 0.0))))

    def learn(self, x: np.ndarray, answer: int, reward: float) -> None:
        self.trial += 1
        error = self.memories[answer].learn(self.expansion(x[None]), np.array([[reward]]))[0, 0]
        if self.surprise.observe(answer, error**2):
            self.surprises.append(self.trial)
            for memory in self.memories:
                memory.let_go()


def _agent(name: str, neurons: int, seed: int, doses: Sequence[Dose]) -> Agent:
    if name in RULES:
        given = Chemistry(noradrenaline=1.0)
        return EngramAgent(neurons, seed, replace(given.under(doses), **RULES[name]))
    with optional("engram"):
        home: Any = import_module("amine.experiments.engram_qlearning")
    return home.QAgent(*NETWORKS[name], seed)


def play(agent: Agent, seed: int) -> Trials:
    """Let an agent answer all trials of a world."""
    rewards = []
    for x, rewarded in world(seed):
        answer = agent.act(x)
        rewards.append(float(answer == rewarded))
        agent.learn(x, answer, rewards[-1])
    return Trials(np.reshape(rewards, (BLOCKS, TRIALS)), agent.surprises)


def runs(
    chosen: Sequence[str], seeds: Sequence[int], neurons: int, doses: Sequence[Dose], say: Callable[[str], None]
) -> dict[str, list[Trials]]:
    """Trials of all learners, by name and in the order of seeds."""
    out: dict[str, list[Trials]] = {n: [] for n in chosen}
    for s in seeds:
        for name in chosen:
            out[name].append(play(_agent(name, neurons, s, doses), s))
            say(f"seed {s}, {name}: {out[name][-1].rewards.mean():.3f}")
    return out
