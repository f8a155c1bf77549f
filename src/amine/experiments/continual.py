"""Continual learning: digits in five tasks of two classes, learned one after another, with and without the chemistry of memory.

The circuit is that of the memory of digits. A task is a session of seconds in which the digits of two classes are shown; eight hours of
silence follow, in which firing thresholds do not change. The conditions are

- *plain*: the rule of the memory, with weights that do not change after a session;
- *tagging and capture*: a session changes the early phase of the weights, and silence is that of ``am.plasticity.tagging`` in closed form
  (``Network.rest``): tagged synapses of neurons that synthesise protein keep a part of the change, the rest decays;
- *without capture*: the same under anisomycin, so that only the early phase remains;
- *acetylcholine*: the plain rule gated by a field that cholinergic neurons release when a task is new, less with every second (Hasselmo ME
  (2006) Curr Opin Neurobiol 16:710-715);
- *mixed*: the plain rule with all digits mixed, an upper bound for sequential learning.

A session takes seconds and the slow states hours, so that a session changes only the early phase.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import plasticity
from amine.errors import AmineError, did_you_mean
from amine.experiments import digit_memory, digits
from amine.experiments.digit_memory import Reading
from amine.experiments.outcome import Outcome
from amine.network.network import Network
from amine.network.numbers import whole_number
from amine.network.weights import Weights
from amine.records import dataclass
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TASKS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
CONDITIONS = ("plain", "tagging and capture", "without capture", "acetylcholine", "mixed")
SILENCE = "8 h"
W_0 = 0.7  # nS, to which the early phase decays: the mean initial weight
NOVELTY = 12.0  # s in which the release of acetylcholine falls to 1/e
MEASURES = ("accuracy", "when learnt", "retained")


@dataclass
class State:
    """Weights (64, neurons) in nS, late phases (64, neurons) and thresholds (neurons,) in mV."""

    weights: np.ndarray
    late: np.ndarray
    thresholds: np.ndarray


def start(neurons: int, seed: int) -> State:
    """Return the state before learning."""
    shape = (digits.PIXELS, neurons)
    w = np.random.default_rng([seed, 7]).uniform(0.5, 0.9, shape)
    return State(w, np.zeros(shape), np.zeros(neurons))


def session(images: np.ndarray, state: State, seed: int, gated: bool) -> State:
    """Show images (n, 64) once, one after the other, to a network that starts from ``state``."""
    neurons = state.weights.shape[1]
    span = len(images) * (digit_memory.SHOWN + digit_memory.REST)
    novelty = cholinergic(span, seed) if gated else None
    net = digit_memory.network(images, neurons, seed, begin=(state.weights, state.thresholds), novelty=novelty)
    net.probe(net.populations["E"], "theta", every=f"{span} ms", name="thresholds")
    run = net.run(f"{span} ms", progress=False)
    w = run.weights("P->E").matrix(digits.PIXELS, neurons)
    return replace(state, weights=w, thresholds=digit_memory.thresholds_at_end(run))


def cholinergic(span: float, seed: int) -> np.ndarray:
    """Spikes (ms) of the basal forebrain, at a rate that falls as a task becomes familiar."""
    rng = np.random.default_rng([seed, 9])
    t = np.arange(1.0, span, 10.0)
    return t[rng.random(len(t)) < np.exp(-t / (1000.0 * NOVELTY))]


def silence(state: State, anisomycin: str = "0 uM") -> State:
    """Advance a state over hours without spikes: decay and capture."""
    pixels, neurons = state.weights.shape
    net = Network(0)
    P, E = net.population("P", pixels, "poisson", rate="0 Hz"), net.population("E", neurons, "lif_cond")
    rule = plasticity.get("tagging")(w_0=f"{W_0} nS", w_max="1 nS", theta_pro="20")
    net.synapses(P, E, receptor="AMPA", weight=f"{W_0} nS", connect="all_to_all", rule=rule, name="syn")
    i, j = np.indices(state.weights.shape).reshape(2, -1)
    z = state.late.ravel()
    w = net.rest(
        "syn", Weights("syn", i, j, state.weights.ravel(), "nS", {"c": 0 * z, "z": z}), SILENCE, anisomycin=anisomycin
    )
    return replace(state, weights=w.weights.reshape(pixels, neurons), late=w["z"].reshape(pixels, neurons))


def learn(condition: str, split: digits.Split, neurons: int, seed: int) -> dict[str, Any]:
    """Run one condition: final state, final accuracy, and accuracies of each task when learnt and at the end."""
    state, readings, early = start(neurons, seed), [], []
    rng = np.random.default_rng([seed, 11])
    order = rng.permutation(len(split.images))
    groups = [order] if condition == "mixed" else [order[np.isin(split.labels[order], task)] for task in TASKS]
    for k, chosen in enumerate(groups):
        state = session(split.images[chosen], state, seed + k, condition == "acetylcholine")
        if condition in ("tagging and capture", "without capture"):
            state = silence(state, "10 uM" if condition == "without capture" else "0 uM")
        if condition != "mixed":
            reading, right = _task(split, TASKS[k], state, seed)
            readings.append(reading)
            early.append(right)
    memory_ = state.weights, state.thresholds
    known = digit_memory.respond(split.images, memory_, seed)
    found = digit_memory.respond(split.held_images, memory_, seed + 1)
    out: dict[str, Any] = {"accuracy": Reading.of(known, split.labels).accuracy(found, split.held_labels)}
    if not readings:  # a separate read-out for each task, as in the other conditions
        readings = [Reading.of(known[m], split.labels[m]) for m in (np.isin(split.labels, t) for t in TASKS)]
    held = [np.isin(split.held_labels, t) for t in TASKS]
    late = [r.accuracy(found[m], split.held_labels[m]) for r, m in zip(readings, held, strict=True)]
    return out | {"early": early or late, "late": late, "state": state}


def _task(split: digits.Split, task: tuple[int, ...], state: State, seed: int) -> tuple[Reading, float]:
    """Read-out of one task just after it was learnt, and its accuracy on unseen digits of the task."""
    a, b = np.isin(split.labels, task), np.isin(split.held_labels, task)
    now = state.weights, state.thresholds
    reading = Reading.of(digit_memory.respond(split.images[a], now, seed), split.labels[a])
    return reading, reading.accuracy(digit_memory.respond(split.held_images[b], now, seed + 1), split.held_labels[b])


def continual(
    seed: int = 0,
    neurons: int = 100,
    seeds: int = 1,
    examples: int = 0,
    conditions: Sequence[str] | str = CONDITIONS,
    progress: bool = False,
) -> Outcome:
    """Learn five pairs of digits one after another, with and without the chemistry of memory, and measure the retention of earlier ones.

    Parameters
    ----------
    seed : first seed, of split, input and network. neurons : number of excitatory neurons.
    seeds : number of seeds, for mean and spread. examples : number of digits to learn from; 0: all of the training part.
    conditions : some of ``plain``, ``tagging and capture``, ``without capture``, ``acetylcholine``, ``mixed``; a sequence or text with
        commas.
    progress : print the accuracy of each condition on standard error.

    Returns
    -------
    Outcome
        For each condition ``accuracy`` on unseen digits of all ten classes at the end, with a read-out from labels of all; ``when learnt``,
        the mean over tasks of the accuracy on the two classes of a task just after it; ``retained``, the same at the end, with the
        read-out from just after the task.

    Raises
    ------
    AmineError
        A number is out of range, or a condition is unknown.
    """
    many = whole_number(seeds, "continual, seeds", 1, 1000)
    n = whole_number(neurons, "continual, neurons", 10, 10**5)
    chosen = _conditions(conditions)
    began = time.perf_counter()
    found = _runs(chosen, range(seed, seed + many), n, examples, progress)
    table = {c: _table(found[c]) for c in chosen}
    measures = {f"{c}, {m}": float(x[:, k].mean()) for c, x in table.items() for k, m in enumerate(MEASURES)}
    rows = [
        (c, *(f"{x[:, k].mean():.3f} ± {x[:, k].std(ddof=min(1, many - 1)):.3f}" for k in range(3)))
        for c, x in table.items()
    ]
    each = {c: (np.mean([f["early"] for f in x], 0), np.mean([f["late"] for f in x], 0)) for c, x in found.items()}
    return Outcome(
        "continual",
        "Learning without forgetting: digits in five tasks, one after another",
        (__doc__ or "").split("\n\n")[1].replace("\n", " ")
        + f" {n} neurons, {many} seeds; eight hours between tasks. Accuracy on digits that were never shown.",
        measures,
        {
            f"Mean and standard deviation of {many} seeds": (
                ("", "all ten classes at the end", "a task when learnt", "the same at the end"),
                rows,
            )
        },
        {"Each task's two digits just after it was learnt (open) and after all five (filled).": lambda: _figure(each)},
        {"seed": seed, "neurons": n, "seeds": many, "examples": examples, "conditions": ", ".join(chosen)},
        {"all": time.perf_counter() - began},
        {"table": table, "tasks": each},
    )


def _runs(
    conditions: Sequence[str], seeds: Sequence[int], neurons: int, examples: int, progress: bool
) -> dict[str, list[dict[str, Any]]]:
    """Results of all conditions, by condition and in the order of seeds."""
    found: dict[str, list[dict[str, Any]]] = {c: [] for c in conditions}
    for s in seeds:
        split = digits.load(s)
        if examples:
            split = replace(split, images=split.images[:examples], labels=split.labels[:examples])
        for c in conditions:
            found[c].append(learn(c, split, neurons, s))
            if progress:
                _say(f"seed {s}, {c}: {found[c][-1]['accuracy']:.3f}")
    return found


def _table(found: Sequence[dict[str, Any]]) -> np.ndarray:
    """Measures of each seed, an array (seeds, 3)."""
    return np.array([(f["accuracy"], np.mean(f["early"]), np.mean(f["late"])) for f in found])


def _conditions(given: Sequence[str] | str) -> list[str]:
    chosen = [c.strip() for c in given.split(",")] if isinstance(given, str) else list(given)
    for c in chosen:
        if c not in CONDITIONS:
            raise AmineError("continual, conditions", f"'{c}' is not known", hint=did_you_mean(c, CONDITIONS))
    return chosen


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _figure(each: dict[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    fig, axes = figure(7.5, 3.4)
    ax = axes[0, 0]
    for k, (name, (early, late)) in enumerate(each.items()):
        x = np.arange(len(TASKS)) + 0.16 * (k - (len(each) - 1) / 2)
        ax.vlines(x, late, early, color=colour(k), lw=1.5)
        ax.plot(x, early, "o", mfc="white", color=colour(k))
        ax.plot(x, late, "o", color=colour(k), label=name)
    ax.axhline(0.5, color="#777777", lw=0.8, ls="--")
    ax.set_xticks(range(len(TASKS)), [f"{a} or {b}" for a, b in TASKS])
    ax.set_xlabel("task, in the order of learning")
    ax.set_ylabel("accuracy")
    ax.set_ylim(0.0, 1.02)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="lower left")
    return fig
