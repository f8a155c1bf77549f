"""The protocol of a kind of population: its rows in the state array, and its values at time zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from amine.engine.build.draws import DrawnValues
from amine.engine.build.slices import Slice
from amine.engine.resolve.resolved import Member
from amine.network.network import Network
from amine.records import dataclass


@dataclass(frozen=True)
class Filling:
    """The values of a population at time zero, and the arrays that receive them.

    ``values`` are its parameters, drawn; ``gap`` the sum of the gap-junction conductances of each neuron (nS) by compartment (0 for
    points); ``X`` the state array; ``constants`` the population's row of the table of constants.
    """

    net: Network
    values: DrawnValues
    gap: Mapping[int, np.ndarray]
    X: np.ndarray
    constants: np.ndarray


class Kind(Protocol):
    """A kind of population: point neurons, multicompartment cells, or a source of spikes."""

    def slice(self, m: Member, base: int, id0: int) -> Slice:
        """The population's part of the state array, from ``base`` on; ``id0`` is the number of its first neuron."""
        ...

    def width(self, at: Slice) -> int:
        """Length of the population's row of constants."""
        ...

    def fill(self, at: Slice, given: Filling) -> None:
        """Puts states and constants at time zero into the arrays."""
        ...


__all__ = ["Filling", "Kind"]
