"""Learners of a stream without torch: the engram rule, and the statistics that a sceptic asks for."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from amine.learn.engram import Chemistry, Expansion, Memory
from amine.records import dataclass

SHRINK = 0.01  # of the covariance of linear discriminant analysis towards a sphere


class Learner(Protocol):
    """What the harness asks of a learner; it hears of a boundary only by a new call of ``learn``."""

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        """Learn the samples (n, features) of a task, with labels (n,), in their order."""
        ...

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Scores (samples, classes)."""
        ...

    def kept(self) -> list[np.ndarray]:
        """All arrays that are kept between samples."""
        ...


@dataclass(frozen=True)
class Sizes:
    """Sizes and seed of a learner."""

    inputs: int
    neurons: int
    classes: int
    seed: int


class EngramLearner:
    """The engram rule on a fixed random expansion, with all neurons in one module."""

    def __init__(self, sizes: Sizes, chemistry: Chemistry, adaptive: bool = False):
        self.expansion = Expansion(sizes.inputs, sizes.neurons, sizes.seed)
        self.memory = Memory(sizes.neurons, sizes.classes, chemistry, module=sizes.neurons, adaptive=adaptive)

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        self.memory.learn(self.expansion(X), np.eye(self.memory.weights.shape[1])[y], y)

    def scores(self, X: np.ndarray) -> np.ndarray:
        return self.memory.scores(self.expansion(X))

    def kept(self) -> list[np.ndarray]:
        return [self.expansion.weights, self.expansion.thresholds, *self.memory.arrays().values()]


class Discriminant:
    """Streaming linear discriminant analysis on the same expansion: means of classes and one covariance.

    Hayes TL, Kanan C (2020) CVPR Workshops:220-221.
    """

    def __init__(self, sizes: Sizes):
        self.expansion = Expansion(sizes.inputs, sizes.neurons, sizes.seed)
        self.sums = np.zeros((sizes.classes, sizes.neurons))
        self.counts = np.zeros(sizes.classes)
        self.squares = np.zeros((sizes.neurons, sizes.neurons))

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        drive = self.expansion(X)
        np.add.at(self.sums, y, drive)
        self.counts += np.bincount(y, minlength=len(self.counts))
        self.squares += drive.T @ drive

    def scores(self, X: np.ndarray) -> np.ndarray:
        means = self.sums / np.maximum(self.counts, 1.0)[:, None]
        n = len(self.squares)
        within = (self.squares - (means.T * self.counts) @ means) / max(self.counts.sum() - 1.0, 1.0)
        within = (1.0 - SHRINK) * within + SHRINK * np.eye(n) * np.trace(within) / n
        weights = np.linalg.solve(within, means.T)
        found = self.expansion(X) @ weights - 0.5 * np.einsum("cn,nc->c", means, weights)
        return np.where(self.counts > 0, found, -np.inf)

    def kept(self) -> list[np.ndarray]:
        return [self.expansion.weights, self.expansion.thresholds, self.sums, self.counts, self.squares]


class NearestMean:
    """The class whose mean sample is nearest."""

    def __init__(self, sizes: Sizes):
        self.sums, self.counts = np.zeros((sizes.classes, sizes.inputs)), np.zeros(sizes.classes)

    def learn(self, X: np.ndarray, y: np.ndarray) -> None:
        np.add.at(self.sums, y, X)
        self.counts += np.bincount(y, minlength=len(self.counts))

    def scores(self, X: np.ndarray) -> np.ndarray:
        means = self.sums / np.maximum(self.counts, 1.0)[:, None]
        found = X @ means.T - 0.5 * np.square(means).sum(1)
        return np.where(self.counts > 0, found, -np.inf)

    def kept(self) -> list[np.ndarray]:
        return [self.sums, self.counts]
