"""The experiment of a memory of handwritten digits: learning, reading out, and the test on digits that it has not seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.doses import parse_dose
from amine.experiments import digits, memory_report
from amine.experiments.digit_memory import Memory, Reading, learn, respond
from amine.experiments.memory_drug import compare
from amine.experiments.outcome import Outcome

if TYPE_CHECKING:
    from amine.compounds.doses import Course

    pass


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
    """Learns handwritten digits without labels, reads out what it has learnt, and is tested on digits that it has not seen.

    Parameters
    ----------
    neurons : excitatory neurons. seed : of the split, the input and the network.
    epochs : how often each digit of the training part is shown.
    dose : drugs that are present while it learns (and not later), such as ``"AP5=50 uM"``.
    recall_dose : drugs that are present in the test (and not before).
    examples : digits to learn from; 0: all of the training part (seven tenths of 1 797).
    details : also measure recall from partly dark images, accuracy at moments of learning, and what simple classifiers reach; with a drug, what it
        changed against the same seed without it, and what other concentrations of it do to a small circuit.
    dt : time step. progress : a bar on the terminal.

    Returns
    -------
    Outcome
        ``accuracy`` is the part of unseen digits put into the right class; chance is 0.1. Because labels teach the read-out, a network with the
        weights of the start is read better than chance too: ``gained by learning`` is the difference.

    Examples
    --------
    >>> memory(neurons=20, epochs=1, examples=40, details=False).measures["chance"]
    0.1
    """
    began = time.perf_counter()
    split = digits.load(seed)
    if examples:
        split = digits.Split(split.images[:examples], split.labels[:examples], split.held_images, split.held_labels)
    present, later = _doses(dose), _doses(recall_dose)
    rng = np.random.default_rng([seed, 1])
    order = np.concatenate([rng.permutation(len(split.images)) for _ in range(epochs)])
    kept = learn(split.images[order], neurons, seed, dt, present, progress)
    learnt = time.perf_counter()
    known = respond(split.images, kept.last, seed, dt)
    reading = Reading.of(known, split.labels)
    found = respond(split.held_images, kept.last, seed + 1, dt, later)
    accuracy, bare = reading.accuracy(found, split.held_labels), _bare(kept, split, seed, dt, later)
    measures = {
        "accuracy": accuracy,
        "without what was learnt": bare,
        "gained by learning": accuracy - bare,
        "chance": 0.1,
        "spikes per digit": float(found.sum(1).mean()),
        "mean weight (nS)": float(kept.weights[-1].mean()),
        "change of weights (nS)": float(np.abs(kept.weights[-1] - kept.weights[0]).mean()),
    }
    seconds = {"learn": learnt - began, "test": time.perf_counter() - learnt}
    out = Outcome(
        "memory",
        "A memory of handwritten digits",
        memory_report.ABOUT,
        measures,
        arguments={
            "neurons": neurons,
            "seed": seed,
            "epochs": epochs,
            "dose": dose,
            "recall_dose": recall_dose,
            "dt": dt,
        },
        seconds=seconds,
        arrays={
            "weights": kept.weights,
            "thresholds": kept.thresholds,
            "times": kept.times,
            "evidence": reading.evidence,
        },
    )
    memory_report.figures(out, kept, reading, split, found)
    if details:
        began = time.perf_counter()
        memory_report.details(out, kept, reading, split, seed, dt, later)
        if present or later:
            given = {"neurons": neurons, "seed": seed, "epochs": epochs, "examples": examples, "dt": dt}
            compare(out, {**given, "dose": dose, "recall_dose": recall_dose}, memory)
        seconds["details"] = time.perf_counter() - began
    return out


def _bare(kept: Memory, split: digits.Split, seed: int, dt: str, doses: Sequence[tuple[str, Course]]) -> float:
    """Accuracy with the weights of the start and the thresholds of the end."""
    start = kept.weights[0], kept.thresholds[-1]
    reading = Reading.of(respond(split.images, start, seed, dt), split.labels)
    return reading.accuracy(respond(split.held_images, start, seed + 1, dt, doses), split.held_labels)


def _doses(given: Sequence[str] | str) -> list[tuple[str, Any]]:
    return [parse_dose(text) for text in ([given] if isinstance(given, str) else given)]
