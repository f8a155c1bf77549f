"""The memory of handwritten digits: learning, read-out, and the test on unseen digits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.compounds.doses import parse_dose
from amine.experiments import digits, memory_report
from amine.experiments.digit_memory import Memory, Reading, learn, respond
from amine.experiments.memory_drug import compare
from amine.experiments.outcome import Outcome

if TYPE_CHECKING:
    from amine.compounds.doses import Course


def memory(
    neurons: int = 200,
    seed: int = 0,
    epochs: int = 2,
    dose: Sequence[str] | str = (),
    recall_dose: Sequence[str] | str = (),
    examples: int = 0,
    details: bool = True,
    dt: str = "0.2 ms",
    progress: bool = False,
) -> Outcome:
    """Train a spiking network on handwritten digits without labels, and test its read-out on unseen digits.

    Parameters
    ----------
    neurons : number of excitatory neurons. seed : seed of the split, the input and the network.
    epochs : presentations of each digit of the training part.
    dose, recall_dose : drugs that are present only during learning, or only in the test, such as ``"AP5=50 uM"``.
    examples : number of digits to learn from; 0: all of the training part (seven tenths of 1 797).
    details : also measure recall from partly dark images, accuracy during learning, and the accuracy of simple classifiers; with a drug,
        the difference from the same seed without it, and the effect of other concentrations on a small circuit.
    dt : time step. progress : a bar on the terminal.

    Returns
    -------
    Outcome
        ``accuracy`` is the share of unseen digits classified correctly; chance is 0.1. Since the read-out is trained with labels, a network
        with the initial weights is above chance too; ``gained by learning`` is the difference from it.

    Examples
    --------
    >>> memory(neurons=20, epochs=1, examples=40, details=False).measures["chance"]
    0.1
    """
    began, split = time.perf_counter(), _split(seed, examples)
    present, later = _doses(dose), _doses(recall_dose)
    kept = learn(split.images[_order(len(split.images), epochs, seed)], neurons, seed, dt, present, progress)
    learnt = time.perf_counter()
    reading, found = _read(kept.last, split, seed, dt, later)
    before = _read((kept.weights[0], kept.thresholds[-1]), split, seed, dt, later)
    accuracy, bare = (r.accuracy(spikes, split.held_labels) for r, spikes in ((reading, found), before))
    seconds = {"learn": learnt - began, "test": time.perf_counter() - learnt}
    shared = {"neurons": neurons, "seed": seed, "epochs": epochs, "dose": dose, "recall_dose": recall_dose, "dt": dt}
    out = Outcome(
        "memory",
        "A memory of handwritten digits",
        memory_report.ABOUT,
        _measures(kept, accuracy, bare, found),
        arguments=shared,
        seconds=seconds,
        arrays=_arrays(kept, reading),
    )
    memory_report.figures(out, kept, reading, split, found)
    if details:
        began = time.perf_counter()
        memory_report.details(out, kept, reading, split, seed, dt, later)
        if present or later:
            compare(out, {**shared, "examples": examples}, memory)
        seconds["details"] = time.perf_counter() - began
    return out


def _split(seed: int, examples: int) -> digits.Split:
    """The digits, with the first ``examples`` of the training part, or all if it is 0."""
    split = digits.load(seed)
    if not examples:
        return split
    return digits.Split(split.images[:examples], split.labels[:examples], split.held_images, split.held_labels)


def _order(n: int, epochs: int, seed: int) -> np.ndarray:
    """Indices of ``n`` images in a random order for each epoch."""
    rng = np.random.default_rng([seed, 1])
    return np.concatenate([rng.permutation(n) for _ in range(epochs)])


def _arrays(kept: Memory, reading: Reading) -> dict[str, np.ndarray]:
    return {
        "weights": kept.weights,
        "thresholds": kept.thresholds,
        "times": kept.times,
        "evidence": reading.evidence,
    }


def _measures(kept: Memory, accuracy: float, bare: float, found: np.ndarray) -> dict[str, float]:
    """Figures of merit; ``bare`` is the accuracy with the initial weights, ``found`` the spikes (images, neurons) in the test."""
    return {
        "accuracy": accuracy,
        "without what was learnt": bare,
        "gained by learning": accuracy - bare,
        "chance": 0.1,
        "spikes per digit": float(found.sum(1).mean()),
        "mean weight (nS)": float(kept.weights[-1].mean()),
        "change of weights (nS)": float(np.abs(kept.weights[-1] - kept.weights[0]).mean()),
    }


def _read(
    memory: tuple[np.ndarray, np.ndarray], split: digits.Split, seed: int, dt: str, doses: Sequence[tuple[str, Course]]
) -> tuple[Reading, np.ndarray]:
    """Read-out of weights and thresholds, trained without drugs, and the spikes (images, neurons) in the test."""
    reading = Reading.of(respond(split.images, memory, seed, dt), split.labels)
    return reading, respond(split.held_images, memory, seed + 1, dt, doses)


def _doses(given: Sequence[str] | str) -> list[tuple[str, Course]]:
    return [parse_dose(text) for text in ([given] if isinstance(given, str) else given)]
