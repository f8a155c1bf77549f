"""Slices of the state array, one for each population: blocks of neurons, with one row for each state in a block."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.device.tables import BLOCK
from amine.engine.resolve.resolved import Member
from amine.engine.resolve.streams import Stream
from amine.engine.resolve.tree import TreePlan, TreeStructure, poisson_share
from amine.network.cables import compartments, weights
from amine.network.parts import PoissonInput, View
from amine.records import dataclass

if TYPE_CHECKING:
    import numpy.typing as npt


LONG_AGO = 2**29  # steps


@dataclass
class Slice:
    """The slice of the state array of a population of point neurons, or of sources."""

    member: Member
    base: int  # place of its first value
    id0: int  # number of its first neuron among those of all populations
    rows: list[str]
    states: list[str]
    code: Mapping[str, Any]  # metadata of its kind of cell in the generated module; empty for sources

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
        """Number of neurons of a block."""
        return BLOCK

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.n // self.lanes) if self.rows else 0

    @property
    def stride(self) -> int:
        """Number of values of a block."""
        return len(self.rows) * self.lanes

    @property
    def targets(self) -> Mapping[str, str]:
        """The state that a spike adds to, by receptor label."""
        return self.code.get("targets", {})

    @property
    def needs(self) -> list[str]:
        """Parameters from which constants are recomputed while the network runs."""
        return list(self.code.get("needs", []))

    def row(self, name: str) -> int:
        """Index of a row within a block; the voltage may have the name that its equations give it."""
        return self.rows.index("v" if name == self.member.population.model.voltage_name else name)

    def view(self, X: np.ndarray) -> np.ndarray:
        """The population's part of the state array as (blocks, rows, lanes)."""
        return X[self.base : self.base + self.blocks * self.stride].reshape(self.blocks, len(self.rows), self.lanes)

    def put(self, X: np.ndarray, row: str, values: npt.ArrayLike) -> None:
        """Sets a row to one value, or to (n,) values; lanes beyond the last neuron repeat its value, so that they stay finite."""
        full = np.broadcast_to(np.asarray(values, float), (self.n,))
        padded = np.concatenate([full, np.repeat(full[-1:], self.blocks * self.lanes - self.n)])
        self.view(X)[:, self.row(row)] = padded.reshape(self.blocks, self.lanes)

    def get(self, X: np.ndarray, row: str) -> np.ndarray:
        """A row as one value for each neuron."""
        return self.view(X)[:, self.row(row)].ravel()[: self.n]

    def silence(self, X: np.ndarray) -> None:
        """Makes lanes beyond the last neuron refractory for ever; the row ``_ref`` holds steps, as integers in the bits of reals."""
        ghosts = self.view(X)[-1, self.row("_ref")].view(f"i{X.itemsize}")
        ghosts[self.n - (self.blocks - 1) * self.lanes :] = np.iinfo(ghosts.dtype).max

    def never_spiked(self, X: np.ndarray) -> None:
        """Sets the step of the last spike far before the start, if the population keeps it; also an integer in the bits of reals."""
        if "_last" in self.rows:
            self.view(X)[:, self.row("_last")].view(f"i{X.itemsize}")[:] = -LONG_AGO

    def slots(self, row: str, i: np.ndarray) -> np.ndarray:
        """Places in the state array of neurons ``i``."""
        return self.base + i // self.lanes * self.stride + self.row(row) * self.lanes + i % self.lanes

    def row_base(self, row: str) -> int:
        """Place of a row of neuron 0 in the state array."""
        return self.base + self.row(row) * self.lanes

    # --- sites: compartments that inputs reach ---------------------------------------------------------------------

    def sites(self, view: View, state: str) -> tuple[str, np.ndarray | None, np.ndarray | None]:
        """The row that synapses onto a view add to; with several sites the row of the first, distances to all, and their shares.

        Shares are cumulative, as bounds of 32-bit random words; if they are None, the k-th pair of a projection is at the k-th site.
        """
        return state, None, None

    def gap_sites(self, stream: Stream, view: View, n: int) -> np.ndarray:
        """The compartment of each of ``n`` gap junctions onto a view."""
        return np.zeros(n, np.int64)

    def slots_at(self, row: str, i: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Places in the state array of neurons ``i`` at compartments ``at``."""
        return self.slots(row, i)

    def poisson_sites(self, part: PoissonInput) -> Mapping[str, float]:
        """Suffixes of the rows that a Poisson input reaches, each with its share of the input's spikes."""
        return {"": 1.0}


class TreeSlice(Slice):
    """The slice of the state array of a population of multicompartment cells: names of rows end with their compartments."""

    @property
    def solves_gaps(self) -> bool:
        return True

    @property
    def plan(self) -> TreePlan:
        """Layout of its compartments."""
        assert self.member.plan is not None
        return self.member.plan

    @property
    def lanes(self) -> int:
        structure = self.member.structure
        assert isinstance(structure, TreeStructure)
        return structure.lanes

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

    def gap_sites(self, stream: Stream, view: View, n: int) -> np.ndarray:
        population = self.member.population
        at = np.array(compartments(population, view))
        if view.place is not None and view.place.spread == "each":
            return at
        if len(at) == 1:
            return np.full(n, at[0])
        return stream.generator().choice(at, n, p=weights(population, view))

    def slots_at(self, row: str, i: np.ndarray, at: np.ndarray) -> np.ndarray:
        out = np.empty(len(i), np.int64)
        for c in np.unique(at):
            out[at == c] = self.slots(f"{row}@{c}", i[at == c])
        return out

    def poisson_sites(self, part: PoissonInput) -> Mapping[str, float]:
        return {f"@{i}": share for i, share in poisson_share(self.member, part).items()}


__all__ = ["BLOCK", "Slice", "TreeSlice"]
