"""What a part of the loop over steps is: synapses of one kind, inputs, probes, slow signals; each in a file of its own.

A part says whether a network has it, draws what it has of synapses, says what it adds to the generated loop, and then keeps
its state while the network runs. :mod:`amine.engine.transmission.parts` lists all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from amine.engine.build.arrays import Arrays, Totals
from amine.engine.build.slices import Slice
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.resolve.resolved import Resolved
from amine.network.network import Network


@dataclass(frozen=True)
class Layout:
    """A network with its generated module, and where its populations lie in the state array and between threads."""

    resolved: Resolved
    module: ModuleType
    places: Sequence[Slice]
    blocks: np.ndarray  # [thread, population, BEGIN or END]
    precision: str

    @property
    def net(self) -> Network:
        """The description."""
        return self.resolved.net

    @property
    def threads(self) -> int:
        """Number of threads."""
        return len(self.blocks)

    @property
    def real(self) -> Any:
        """Type of states."""
        return np.float32 if self.precision == "float32" else np.float64

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Index of each population by its name."""
        return {place.member.name: p for p, place in enumerate(self.places)}


@dataclass(frozen=True)
class Drawn:
    """What a part drew, and what it asks of the lists of spikes."""

    content: Any = ()
    n_synapses: int = 0
    nbytes: int = 0
    delays: Sequence[tuple[int, int]] = ()  # (least delay, steps back) of each bundle: threads meet once in the least
    back: int = 0  # steps back that are looked at beyond delays
    lists: Sequence[int] = ()  # populations of lists beyond those of spikes
    rows: int = 0  # rows of payload
    given: Mapping[int, int] = field(default_factory=dict)  # most entries in a step of populations that own no blocks
    totals: Totals = field(default_factory=Totals)  # what they add up to at their targets


@dataclass(frozen=True)
class Room:
    """What all parts together need of the lists of spikes."""

    interval: int  # steps after which threads meet
    history: int  # steps back that the lists reach
    lists: Sequence[int]  # populations of lists beyond those of spikes
    own: int  # most entries that a thread can add in a step
    first_row: int  # row of payload after those of release models


@dataclass(frozen=True)
class Build:
    """What a part is assembled from: the layout, arrays of all neurons, and room in the lists."""

    layout: Layout
    arrays: Arrays
    room: Room


class State:
    """What a part keeps while a network runs; a kind overrides what it needs."""

    def begin(self, step: int, steps: int) -> None:
        """A span of at most ``steps`` steps begins at ``step``."""

    def arguments(self, thread: int) -> tuple[Any, ...] | None:
        """The NamedTuple that the kernel of a thread is given."""
        return None

    def prepare(self) -> None:
        """Makes room where it is short."""

    def samples(self, first: int, last: int) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
        """What was recorded in steps ``first`` to ``last`` (exclusive): times and values by probe and variable."""
        return {}

    def snapshot(self) -> Any:
        """A copy of what changes, for going back within a chunk."""

    def restore(self, kept: Any) -> None:
        """Back to a snapshot."""

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must hold, whatever the number of threads."""
        return {}

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        """Back to what :meth:`state` gave."""

    def finite(self) -> bool:
        """Whether all went well: its numbers are finite, its iterations have come to an end."""
        return True

    def fault(self) -> tuple[str, str, str]:
        """If :meth:`finite` says no: where, what is wrong, and what to do about it."""
        return "", "", ""

    def limit(self, step: int, steps: int) -> int:
        """``steps`` from ``step`` on, or fewer where it must be looked at before."""
        return steps


class Part(Protocol):
    """One feature of the loop over steps; kinds inherit what they do not need."""

    name: str

    def applies(self, resolved: Resolved) -> bool:
        """Whether a network has it."""
        ...

    def key(self, resolved: Resolved) -> Any:
        """Plain data that decides what it adds to the module, beyond the kinds of cells, release, rules and schemes."""
        return None

    def draw(self, layout: Layout) -> Drawn:
        """Draws synapses; changes nothing."""
        return Drawn()

    def source(self, kinds: Kinds) -> Slots:
        """What it adds to the generated module."""
        ...

    def assemble(self, drawn: Drawn, build: Build) -> State:
        """Its state, once constants and places are known."""
        return State()


class Kept(State):
    """A state that is some arrays, the same for any number of threads."""

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What changes."""
        return {}

    def snapshot(self) -> Any:
        return {name: x.copy() for name, x in self.arrays().items()}

    def restore(self, kept: Any) -> None:
        for name, x in self.arrays().items():
            x[:] = kept[name]

    def state(self) -> dict[str, np.ndarray]:
        return dict(self.arrays())

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        self.restore(s)
