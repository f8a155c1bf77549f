"""Forward derivatives of one step of a neuron model, generated from its equations; eligibility traces are sums of their products.

A step takes the states s and the input x to new states s' and a spike z. The generated function also returns the
derivatives ds'/ds, ds'/dx, dz/ds and dz/dx of every neuron, with the surrogate in the place of the spike's derivative.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.keys import structural_key
from amine.learn.algorithms import derive
from amine.learn.nn import source
from amine.learn.nn.constants import Numbers

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T")


def module(cell: CellStructure) -> ModuleType:
    """The generated module of a model: ``step`` as in all plain modules, and ``tangent`` with the derivatives."""

    def make() -> str:
        return derive.text(cell)

    generator = hashlib.sha256(Path(__file__).with_name("derive.py").read_bytes()).hexdigest()
    return source.load(["tangent", generator, structural_key(cell)], make)


class Whole(Numbers):
    """Namespace ``np`` of generated code: NumPy with spikes of 0 or 1, whose derivative is the surrogate's.

    Parameters
    ----------
    shape, width, height, edge : of the surrogate derivative, as in :class:`amine.learn.nn.Neurons`.
    """

    def __init__(self, shape: Callable[[np.ndarray], np.ndarray], width: float, height: float, edge: float):
        self.shape, self.width, self.height, self.edge = shape, width, height, edge

    def slope(self, margin: np.ndarray) -> np.ndarray:
        return (self.height * self.shape((margin - self.edge) / self.width)).astype(margin.dtype)

    @staticmethod
    def spike(margin: np.ndarray) -> np.ndarray:
        return (margin > 0).astype(margin.dtype)

    @staticmethod
    def stop(x: T) -> T:
        return x

    @staticmethod
    def blend(s: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> np.ndarray:
        return np.where(np.asarray(s) > 0, b, a)

    @staticmethod
    def exprel_slope(x: object) -> np.ndarray:
        x = np.asarray(x, float)
        y = np.where(np.abs(x) < 1e-3, 1.0, x)
        return np.where(np.abs(x) < 1e-3, 0.5 + x / 3, (np.exp(y) * (y - 1) + 1) / y**2)
