"""Where on cells with a tree synapses and gap junctions lie."""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.engine.build.prepare import Place, generator
from amine.network.cables import compartments, weights
from amine.network.parts import View


def places(place: Any, view: View, state: str) -> tuple[str, dict[str, Any]]:
    """The row of a projection's first compartment, and how its synapses fall on all of them, as a spec says it."""
    at = compartments(place.member.population, view)
    row = f"{state}@{at[0]}"
    distances = np.array([(place.row(f"{state}@{i}") - place.row(row)) * place.lanes for i in at], np.int64)
    if view.place is not None and view.place.spread == "each":
        return row, {"places": (distances, None)}
    if len(at) == 1:
        return row, {}
    below = np.rint(np.cumsum(weights(place.member.population, view)) * 2.0**32).astype(np.int64)
    below[-1] = 2**32
    return row, {"places": (distances, below)}


def gap_compartments(net: Any, place: Place, view: View, n: int, key: tuple[int, int]) -> np.ndarray:
    """A compartment for each of ``n`` couplings, drawn in proportion to the spread of the view."""
    population = place.member.population
    at = np.array(compartments(population, view))
    if view.place is not None and view.place.spread == "each":
        return at
    if len(at) == 1:
        return np.full(n, at[0])
    rng = generator(net.seed, "gap junctions at places", *map(str, key))
    return rng.choice(at, n, p=weights(population, view))
