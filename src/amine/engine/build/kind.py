"""What the engine asks of a kind of population: its rows, and everything of it at time zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.resolve.resolved import Member
from amine.network.network import Network


@dataclass(frozen=True)
class Filling:
    """What a population is filled from, and the arrays that take it.

    ``values`` are its parameters, drawn; ``gap`` the sum of the gap-junction conductances of each neuron (nS) by compartment (0 for
    points); ``X`` the state array; ``constants`` the population's row of the table of constants.
    """

    net: Network
    values: dict[str, Any]
    gap: Mapping[int, np.ndarray]
    X: np.ndarray
    constants: np.ndarray


class Kind(Protocol):
    """Points, cells with trees, and sources of spikes."""

    def slice(self, m: Member, base: int, id0: int) -> Slice:
        """The population's part of the state array, from ``base`` on; ``id0`` is the number of its first neuron."""
        ...

    def width(self, at: Slice) -> int:
        """Length of the population's row of constants."""
        ...

    def fill(self, at: Slice, given: Filling) -> None:
        """States and constants at time zero."""
        ...


__all__ = ["Filling", "Kind"]
