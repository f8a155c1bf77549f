"""Kernels: the probability of a connection by the places of its two neurons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.frozen import closed
from amine.network.numbers import probability
from amine.records import dataclass
from amine.units import to_internal
from amine.values import Formula

if TYPE_CHECKING:
    from amine.network.space.regions import Region

FORMULA, FLAT = "formula", "flat"
SHAPES = ("gaussian", "exponential", "box", FLAT)
EDGE = 1e-9  # share of the radius of a box kernel by which points on its edge may lie outside by rounding
# multiples of the scale beyond which the probability is below 2^-53, the smallest that random numbers resolve
REACH = {"gaussian": 8.58, "exponential": 36.8, "box": 1 + EDGE, FLAT: np.inf}


@closed("make another with am.gaussian(), am.exponential_decay() or am.box()")
@dataclass(frozen=True)
class DistanceKernel:
    """Distance-dependent connection probability ``p_max * shape(distance / scale)``; scale in um; zero outside of a ``region`` about the source.

    With the scale ``formula``, ``shape`` is the text of a formula of two neurons, and ``p_max`` its greatest value. ``kernel*region``
    confines it to a region of :mod:`amine.network.space`, such as ``am.gaussian("100 um", 0.5)*am.space.disc("200 um")``.
    """

    shape: str
    scale: str
    p_max: float
    region: Region | None = None

    @staticmethod
    def flat(p: object) -> DistanceKernel:
        """The same probability at all distances."""
        return DistanceKernel(FLAT, "1 um", probability(p, "kernel of a region"))

    @property
    def formula(self) -> Formula | None:
        """The probability as a formula of two neurons, if it is one."""
        return Formula(self.shape, "1", 0.0, self.p_max) if self.scale == FORMULA else None

    def within(self, region: Region) -> DistanceKernel:
        """The kernel times a region: zero outside of it."""
        if self.scale == FORMULA:
            raise AmineError("kernel", "a formula takes no region", hint="write the region into the formula")
        return replace(self, region=region if self.region is None else self.region & region)

    def to_plain(self) -> list[Any]:
        """The kernel as JSON-able data."""
        return [self.shape, self.scale, self.p_max, *([] if self.region is None else [self.region.to_dict()])]

    def __str__(self) -> str:
        if self.shape == FLAT:
            text = f"probability {self.p_max:g}"
        else:
            text = f"{self.shape} of distance, scale {self.scale}, peak {self.p_max:g}"
        return text if self.region is None else f"{text}, within {self.region}"


def offsets(pre: np.ndarray, post: np.ndarray, period: tuple[float, ...] | None) -> np.ndarray:
    """Positions ``post`` relative to ``pre`` (..., dimensions) in um; in periodic space the nearest ones."""
    x = post - pre
    if period is None:
        return x
    length = np.array(period)
    return x - length * np.round(x / length)


@dataclass(frozen=True, eq=False)
class Placed:
    """A kernel between some sources and some targets in space."""

    kernel: DistanceKernel
    pre: np.ndarray  # [source, dimension] um
    post: np.ndarray  # [target, dimension] um
    period: tuple[float, ...] | None = None
    matrix: np.ndarray | None = None  # [source, target] probabilities, of a formula

    @property
    def scale(self) -> float:
        """Scale in um."""
        return float(to_internal(self.kernel.scale, "um", "kernel, scale"))

    def probabilities(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Probabilities of the pairs of sources ``i`` and targets ``j``, arrays of one shape (pairs,)."""
        if self.matrix is not None:
            return self.matrix[i, j]
        x = offsets(self.pre[i], self.post[j], self.period)
        p = self.kernel.p_max * fall(self.kernel.shape, np.sqrt((x * x).sum(-1)) / self.scale)
        return p if self.kernel.region is None else np.where(self.kernel.region.holds(x), p, 0.0)

    def mean(self, most: int = 500_000) -> float:
        """Mean probability over all pairs, or over those of evenly spaced sources."""
        if self.matrix is not None:
            return float(self.matrix.mean())
        n, m = len(self.pre), len(self.post)
        i = np.unique(np.linspace(0, n - 1, min(n, max(1, most // m))).astype(np.int64))
        return float(np.mean([self.probabilities(np.full(m, k), np.arange(m)).mean() for k in i]))


def fall(shape: str, x: np.ndarray) -> np.ndarray:
    """Shape of a kernel at distances in units of its scale; it does not rise."""
    if shape == "gaussian":
        return np.exp(-(x**2) / 2)
    if shape == "exponential":
        return np.exp(-x)
    return (x <= 1 + EDGE).astype(float) if shape == "box" else np.ones_like(x)


__all__ = ["FLAT", "FORMULA", "SHAPES", "DistanceKernel", "Placed", "fall", "offsets"]
