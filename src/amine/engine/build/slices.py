"""Where a population lies in the state array: blocks of neurons, in each block one row for each state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from amine.engine.build.draws import generator
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.resolved import Member
from amine.engine.resolve.tree import CablePlan, poisson_share
from amine.network.cables import compartments, weights
from amine.network.network import Network
from amine.network.parts import PoissonInput, View


@dataclass
class Slice:
    """The part of the state array of a population of points, or of sources."""

    member: Member
    base: int
    id0: int
    rows: list[str]
    states: list[str]
    code: Mapping[str, Any]  # what the generated module says of its kind of cell; empty for sources

    @property
    def solves_gaps(self) -> bool:
        """Whether the update subtracts the neuron's own part of the current through gap junctions."""
        return False

    @property
    def n(self) -> int:
        """Number of neurons."""
        return self.member.population.n

    @property
    def lanes(self) -> int:
        """Neurons of a block."""
        return BLOCK

    @property
    def blocks(self) -> int:
        """Blocks of ``lanes`` neurons."""
        return -(-self.n // self.lanes) if self.rows else 0

    @property
    def stride(self) -> int:
        """Values of a block."""
        return len(self.rows) * self.lanes

    @property
    def targets(self) -> Mapping[str, str]:
        """The state that a spike adds to, by receptor."""
        return self.code.get("targets", {})

    @property
    def needs(self) -> list[str]:
        """Parameters from which constants are computed anew while the network runs."""
        return list(self.code.get("needs", []))

    def row(self, name: str) -> int:
        """Index of a row within a block."""
        return self.rows.index(name)

    def view(self, X: np.ndarray) -> np.ndarray:
        """The population's part of the state array as (blocks, rows, lanes)."""
        return X[self.base : self.base + self.blocks * self.stride].reshape(self.blocks, len(self.rows), self.lanes)

    def put(self, X: np.ndarray, row: str, values: Any) -> None:
        """Sets a row; lanes beyond the last neuron repeat its value, so that they stay finite."""
        full = np.broadcast_to(np.asarray(values, float), (self.n,))
        padded = np.concatenate([full, np.repeat(full[-1:], self.blocks * self.lanes - self.n)])
        self.view(X)[:, self.row(row)] = padded.reshape(self.blocks, self.lanes)

    def get(self, X: np.ndarray, row: str) -> np.ndarray:
        """A row as one value for each neuron."""
        return self.view(X)[:, self.row(row)].ravel()[: self.n]

    def silence(self, X: np.ndarray) -> None:
        """Lanes beyond the last neuron are never free to spike; the row ``_ref`` holds steps, as whole numbers."""
        ghosts = self.view(X)[-1, self.row("_ref")].view(f"i{X.itemsize}")
        ghosts[self.n - (self.blocks - 1) * self.lanes :] = np.iinfo(ghosts.dtype).max

    def slots(self, row: str, i: np.ndarray) -> np.ndarray:
        """Places in the state array of neurons ``i``."""
        return self.base + i // self.lanes * self.stride + self.row(row) * self.lanes + i % self.lanes

    def row_base(self, row: str) -> int:
        """Place of neuron 0."""
        return self.base + self.row(row) * self.lanes

    # --- sites: where on a neuron inputs fall ----------------------------------------------------------------------

    def sites(self, view: View, state: str) -> tuple[str, np.ndarray | None, np.ndarray | None]:
        """The row that synapses onto a view add to; with several sites the first, the distances to all, and their shares.

        Shares are bounds of 32-bit random numbers; without any, the k-th pair of a projection falls on the k-th site.
        """
        return state, None, None

    def gap_sites(self, net: Network, view: View, n: int, key: tuple[int, int]) -> np.ndarray:
        """The compartment of each of ``n`` gap junctions onto a view."""
        return np.zeros(n, np.int64)

    def slots_at(self, row: str, i: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Places in the state array of neurons ``i`` at compartments ``at``."""
        return self.slots(row, i)

    def poisson_sites(self, part: PoissonInput) -> Mapping[str, float]:
        """Endings of the names of rows that a Poisson input reaches, and the part of its spikes that falls on each."""
        return {"": 1.0}


class TreeSlice(Slice):
    """The part of the state array of a population of cells with trees: rows are named with their compartments."""

    @property
    def solves_gaps(self) -> bool:
        return True

    @property
    def plan(self) -> CablePlan:
        """What lies on each compartment."""
        assert self.member.plan is not None
        return self.member.plan

    @property
    def lanes(self) -> int:
        return self.member.structure.lanes

    @cached_property
    def index(self) -> dict[str, int]:
        """Index of each row; a state without a compartment is the root's."""
        found = {name: i for i, name in enumerate(self.rows)}
        return found | {name.partition("@")[0]: i for name, i in found.items() if name.endswith("@0")}

    def row(self, name: str) -> int:
        return self.index[name]

    def sites(self, view: View, state: str) -> tuple[str, np.ndarray | None, np.ndarray | None]:
        population = self.member.population
        at = compartments(population, view)
        row = f"{state}@{at[0]}"
        distances = np.array([(self.row(f"{state}@{i}") - self.row(row)) * self.lanes for i in at], np.int64)
        if view.place is not None and view.place.spread == "each":
            return row, distances, None
        if len(at) == 1:
            return row, None, None
        below = np.rint(np.cumsum(weights(population, view)) * 2.0**32).astype(np.int64)
        below[-1] = 2**32
        return row, distances, below

    def gap_sites(self, net: Network, view: View, n: int, key: tuple[int, int]) -> np.ndarray:
        population = self.member.population
        at = np.array(compartments(population, view))
        if view.place is not None and view.place.spread == "each":
            return at
        if len(at) == 1:
            return np.full(n, at[0])
        rng = generator(net.seed, "gap junctions at places", *map(str, key))
        return rng.choice(at, n, p=weights(population, view))

    def slots_at(self, row: str, i: np.ndarray, at: np.ndarray) -> np.ndarray:
        out = np.empty(len(i), np.int64)
        for c in np.unique(at):
            out[at == c] = self.slots(f"{row}@{c}", i[at == c])
        return out

    def poisson_sites(self, part: PoissonInput) -> Mapping[str, float]:
        return {f"@{i}": share for i, share in poisson_share(self.member, part).items()}


__all__ = ["BLOCK", "Slice", "TreeSlice"]
