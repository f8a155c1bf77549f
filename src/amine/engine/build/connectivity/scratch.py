"""The kernels that draw synapses, and the arrays that they work in: they make none of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amine.engine.device.kernel import Kernels

draw = Kernels("amine.engine.build.connectivity.draw")


class Scratch(NamedTuple):
    """For a row: indices of its targets, marks of those taken, and blocks of random numbers."""

    found: np.ndarray
    taken: np.ndarray
    gaps: np.ndarray
    words: np.ndarray
    places: np.ndarray


class OwnScratch(NamedTuple):
    """For a row whose synapses differ: its weights and delays, then its entries before they are sorted by delay."""

    weights: np.ndarray
    delays: np.ndarray
    values: np.ndarray
    count: np.ndarray
    row_slot: np.ndarray
    row_weight: np.ndarray
    row_delay: np.ndarray


def scratch(longest: int, targets: int) -> Scratch:
    """For rows of at most ``longest`` synapses onto at most so many ``targets``."""
    found, taken = np.empty(longest + 64, np.int32), np.empty(max(targets, 1), np.uint8)
    return Scratch(found, taken, np.empty(64), np.empty(64, np.uint32), np.empty(66, np.uint32))


def own_scratch(longest: int, specs: int, n_delays: int) -> OwnScratch:
    """For rows of at most ``longest`` synapses of each of so many ``specs``."""
    width = longest * specs + 64
    one = np.empty(longest + 64), np.empty(longest + 64), np.empty(64), np.empty(n_delays + 1, np.int64)
    return OwnScratch(*one, np.empty(width, np.int32), np.empty(width), np.empty(width, np.int64))
