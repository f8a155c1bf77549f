"""All learners of the comparison by name, and the harness in which each meets the same stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from amine.experiments.engram_learners import Discriminant, EngramLearner, Learner, NearestMean, Sizes
from amine.experiments.engram_streams import WHOLE, Stream, stream
from amine.learn.engram import Chemistry
from amine.optional import optional
from amine.records import dataclass

NEURONS = {
    **dict.fromkeys(("digits", "frozen", "words"), 400),
    **dict.fromkeys(("mnist", "letters", "permutations", *WHOLE), 1000),
}
HIDDEN = 400  # neurons of the networks by backpropagation on permutations, which do not do better with more
TUNING = 100  # the seed on which rates are chosen; it is not reported
Options: TypeAlias = dict[str, Any]
MEASURES = ("all classes", "when learnt", "retained")


@dataclass(frozen=True)
class Entry:
    """A learner of the comparison.

    Parameters
    ----------
    make : makes it from sizes and chosen options. options : numbers by bench, or for all; chosen on another seed among ``grid``.
    mixed : the samples come mixed, as a single task. boundaries : it is told where a task ends. stored : number of samples it stores.
    grid : options that are tried when rates are chosen anew.
    """

    make: Callable[..., Learner]
    options: Mapping[str, Options] = field(default_factory=dict)
    mixed: bool = False
    boundaries: bool = False
    stored: int = 0
    grid: Sequence[Options] = ()

    def chosen(self, bench: str) -> Options:
        """Options for a bench."""
        return self.options.get(bench, self.options.get("", {}))


@dataclass(frozen=True)
class Found:
    """What one learner did on one stream: accuracies (tasks, tasks) of task j after task i among all classes, and totals."""

    matrix: np.ndarray
    when_learnt: np.ndarray
    retained: np.ndarray
    accuracy: float
    numbers: int
    size: int

    def measure(self, name: str) -> float:
        """A figure of merit by name."""
        each = {"when learnt": self.when_learnt, "retained": self.retained}
        return self.accuracy if name == "all classes" else float(each[name].mean())


def run(learner: Learner, met: Stream, tested: Stream) -> Found:
    """Let a learner meet the tasks of ``met`` and test it on those of ``tested`` after each."""
    rows, early = [], []
    for k, task in enumerate(met.tasks):
        learner.learn(met.X[task], met.y[task])
        scores = learner.scores(tested.held_X)
        rows.append([_right(scores, tested, j) for j in range(len(tested.tasks))])
        if len(met.tasks) == len(tested.tasks):
            early.append(_right(scores, tested, k, among=True))
    retained = np.array([_right(scores, tested, j, among=True) for j in range(len(tested.tasks))])
    kept = learner.kept()
    return Found(
        np.array(rows),
        np.array(early or retained),
        retained,
        float((scores.argmax(1) == tested.held_y).mean()),
        sum(a.size for a in kept),
        sum(a.nbytes for a in kept),
    )


def _right(scores: np.ndarray, stream: Stream, task: int, among: bool = False) -> float:
    """Accuracy on the held samples of a task, among all classes or among the task's own."""
    held, group = stream.held_tasks[task], stream.groups[task]
    found = group[scores[held][:, group].argmax(1)] if among else scores[held].argmax(1)
    return float((found == stream.held_y[held]).mean())


# --- the learners -------------------------------------------------------------------------------------------------


def _engram(sizes: Sizes, chemistry: Chemistry, adaptive: bool = False, **doses: float) -> Learner:
    return EngramLearner(sizes, replace(chemistry, **doses), adaptive)


def _statistic(kind: Callable[[Sizes], Learner], sizes: Sizes, chemistry: Chemistry) -> Learner:
    return kind(sizes)


def _backprop(sizes: Sizes, chemistry: Chemistry, protection: str = "", **options: Any) -> Learner:
    with optional("engram"):
        home: Any = import_module("amine.experiments.engram_backprop")
    training = {k: options.pop(k) for k in ("optimizer", "rate", "passes", "leak", "gaba") if k in options}
    protect = partial(getattr(home, protection), **options) if protection else home.Protection
    return home.BackpropLearner(sizes, home.Training(**training), protect)


def _grid(base: Options, **lists: Sequence[Any]) -> list[Options]:
    out = [base]
    for name, values in lists.items():
        out = [{**d, name: v} for d in out for v in values]
    return out


RATES, SMALL = (0.03, 0.1, 0.3, 1.0), (1e-4, 3e-4, 1e-3, 3e-3)
PASSES = (1, 5)
ADAM: Options = {"optimizer": "adam"}
STRENGTHS = (1.0, 10.0, 100.0, 1e3, 1e5)


def _ewc(**more: Any) -> Entry:
    base = {"protection": "EWC", **more}
    grid = [*_grid(base, rate=(0.03, 0.1), strength=STRENGTHS), *_grid(base | ADAM, rate=(3e-4,), strength=STRENGTHS)]
    best = base | ADAM | {"rate": 3e-4, "strength": 100.0}
    return Entry(
        _backprop, {"": best, "permutations": base | {"rate": 0.1, "strength": 10.0}}, boundaries=True, grid=grid
    )


def _replay(size: int) -> Entry:
    base = {"protection": "Replay", "size": size}
    grid = [*_grid(base, rate=RATES, passes=PASSES), *_grid(base | ADAM, rate=(1e-3,), passes=PASSES)]
    return Entry(_backprop, {"": base | {"rate": 0.3, "passes": 5}}, stored=size, grid=grid)


def _inhibited(kind: str, grid: Sequence[Options], best: Mapping[str, Options], **flags: bool) -> Entry:
    base = {"optimizer": kind}
    return Entry(_backprop, {k: base | o for k, o in best.items()}, grid=[base | o for o in grid], **flags)


def _dark(size: int) -> Entry:
    base = {"protection": "DER", "size": size, "passes": 5}
    return Entry(
        _backprop,
        {"": base | {"rate": 0.3, "outputs": 0.1, "labels": 1.0}},
        stored=size,
        grid=_grid(base, rate=(0.03, 0.1, 0.3), outputs=(0.1, 0.5), labels=(0.5, 1.0)),
    )


META: Options = {"protection": "Metaplasticity"}
PATH: Options = {"protection": "SI"}
ENTRIES: dict[str, Entry] = {
    "engram": Entry(_engram),
    "engram, mixed": Entry(_engram, mixed=True),
    "engram, GABA blocked": Entry(_engram, {"": {"gaba": 0.0}}),
    "engram, leak by acetylcholine": Entry(_engram, {"": {"adaptive": True}}),
    "streaming LDA, same features": Entry(partial(_statistic, Discriminant)),
    "nearest class mean": Entry(partial(_statistic, NearestMean)),
    "SGD": Entry(
        _backprop,
        {"": {"rate": 0.3, "passes": 5}, "mnist": {"rate": 1.0, "passes": 5}},
        grid=_grid({}, rate=RATES, passes=PASSES),
    ),
    "Adam": Entry(
        _backprop,
        {
            "": ADAM | {"rate": 3e-4},
            "permutations": ADAM | {"rate": 1e-3, "passes": 5},
            "mnist": ADAM | {"rate": 3e-4, "passes": 5},
        },
        grid=_grid(ADAM, rate=SMALL, passes=PASSES),
    ),
    "Adam, mixed": Entry(
        _backprop, {"": ADAM | {"rate": 3e-3}, "mnist": ADAM | {"rate": 3e-4}}, mixed=True, grid=_grid(ADAM, rate=SMALL)
    ),
    "EWC": _ewc(),
    "online EWC": _ewc(decay=0.9),
    "SI": Entry(
        _backprop,
        {"": PATH | {"rate": 0.1, "strength": 0.1}, "permutations": PATH | {"rate": 0.03, "strength": 0.1}},
        boundaries=True,
        grid=_grid(PATH, rate=(0.03, 0.1), strength=(0.01, 0.1, 1.0, 10.0)),
    ),
    "metaplasticity": Entry(
        _backprop,
        {
            "": META | {"rate": 0.1, "strength": 1e3},
            **dict.fromkeys(("permutations", "mnist"), META | {"rate": 1.0, "strength": 100.0}),
        },
        grid=_grid(META, rate=(0.1, 0.3, 1.0, 3.0), strength=(1.0, 10.0, 100.0, 1e3)),
    ),
    "inhibited backprop": _inhibited(
        "inhibited", _grid({}, rate=(0.3, 1.0, 2.0, 4.0), leak=(0.3, 1.0, 3.0)), {"": {"rate": 2.0, "leak": 0.3}}
    ),
    "inhibited backprop, GABA blocked": _inhibited(
        "inhibited", _grid({"gaba": 0.0}, rate=(0.03, 0.1, 0.3, 1.0)), {"": {"gaba": 0.0, "rate": 0.1}}
    ),
    "OWM": _inhibited(
        "owm",
        _grid({}, rate=(0.1, 0.3, 1.0, 2.0), leak=(0.1, 0.3, 1.0, 3.0)),
        {"": {"rate": 1.0, "leak": 0.3}},
        boundaries=True,
    ),
    "replay of 50": _replay(50),
    "replay of 200": _replay(200),
    "replay of 1000": _replay(1000),
    "DER++ of 200": _dark(200),
}
LARGE = ("mnist", "letters", "permutations", *WHOLE)


def learners(bench: str) -> list[str]:
    """Names of the learners that are compared on a bench by default."""
    leave = ("replay of 50",) if bench in LARGE else ("replay of 1000",)
    return [n for n in ENTRIES if n not in leave]


@dataclass(frozen=True)
class Bench:
    """A bench by name with the number of neurons, the folder of its data, the share of wrong labels, and the doses of the engram rule."""

    name: str
    neurons: int
    folder: str = ""
    wrong: float = 0.0
    chemistry: Chemistry = Chemistry()

    def run(self, learner: str, seed: int, options: Options) -> Found:
        """Let a learner with these options meet the stream of a seed."""
        tested = stream(self.name, seed, self.folder)
        met = tested.mislabelled(self.wrong, seed) if self.wrong else tested
        met = met.mixed(seed) if ENTRIES[learner].mixed else met
        return run(self._make(learner, met, seed, options), met, tested)

    def tuned(self, learner: str) -> Options:
        """Options of the learner's grid that do best on the seed for tuning; the chosen ones of a learner without a grid."""
        grid = ENTRIES[learner].grid
        scores = [self.run(learner, TUNING, o).accuracy for o in grid]
        return grid[int(np.argmax(scores))] if scores else ENTRIES[learner].chosen(self.name)

    def _make(self, learner: str, met: Stream, seed: int, options: Options) -> Learner:
        entry = ENTRIES[learner]
        fewer = self.name == "permutations" and entry.make is _backprop
        neurons = min(self.neurons, HIDDEN) if fewer else self.neurons
        return entry.make(Sizes(met.X.shape[1], neurons, met.classes, seed), self.chemistry, **options)
