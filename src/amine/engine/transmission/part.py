"""The protocol of a part of the loop over steps: synapses of one kind, inputs, probes, slow signals; each is one file.

A part tests whether a network needs it, draws its synapses, adds its lines to the generated loop, and then holds its state while the
network runs. :mod:`amine.engine.transmission.parts` lists all parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import ModuleType
from typing import Any, Protocol, TypeAlias

import numpy as np

from amine.engine.build.arrays import Arrays, Totals
from amine.engine.build.connectivity import Bundle
from amine.engine.build.slices import Slice
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device.arguments import Real
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.network.network import Network
from amine.records import dataclass

Snapshot: TypeAlias = Mapping[str, Sequence[np.ndarray]]  # copies of arrays, by name and thread or bundle
Samples: TypeAlias = dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]  # probe -> times (ms), values by variable


@dataclass(frozen=True)
class Layout:
    """A resolved network with its generated module, its slices of the state array, and their division between threads."""

    resolved: Resolved
    module: ModuleType
    slices: Sequence[Slice]
    blocks: np.ndarray  # [thread, population, BEGIN or END]
    precision: str
    known: Mapping[tuple[Route, ...], Bundle] = field(
        default_factory=dict
    )  # bundles of filters that need not be drawn again

    @property
    def net(self) -> Network:
        """The description."""
        return self.resolved.net

    @property
    def threads(self) -> int:
        """Number of threads."""
        return len(self.blocks)

    @property
    def real(self) -> Real:
        """Type of states."""
        return np.float32 if self.precision == "float32" else np.float64

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Index of each population by its name."""
        return {at.member.name: p for p, at in enumerate(self.slices)}


@dataclass(frozen=True)
class Drawn:
    """The synapses that a part drew, and its demands on the lists of spikes."""

    content: Any = ()
    n_synapses: int = 0
    nbytes: int = 0
    delays: Sequence[tuple[int, int]] = ()  # (least delay, steps back) of each bundle: threads meet once in the least
    back: int = 0  # steps back that it reads, beyond delays
    lists: Sequence[int] = ()  # populations of lists beyond those of spikes
    rows: int = 0  # rows of payload
    given: Mapping[int, int] = field(default_factory=dict)  # most entries a step of populations without blocks
    totals: Totals = field(default_factory=Totals)  # sums of the synapses at their targets


@dataclass(frozen=True)
class Room:
    """The demands of all parts together on the lists of spikes."""

    interval: int  # steps after which threads meet
    history: int  # steps back that the lists reach
    lists: Sequence[int]  # populations of lists beyond those of spikes
    own: int  # most entries that a thread can add in a step
    first_row: int  # row of payload after those of release models


@dataclass(frozen=True)
class Build:
    """The inputs of :meth:`Part.assemble`: the layout, arrays of all neurons, and room in the lists of spikes."""

    layout: Layout
    arrays: Arrays
    room: Room


class Running(Protocol):
    """The parts of a running simulation that a state may read."""

    step: int
    arrays: Arrays


class State:
    """The state of a part while a network runs; subclasses override the methods that they need."""

    def begin(self, step: int, steps: int) -> None:
        """Prepares a span of at most ``steps`` steps from ``step`` on."""

    def arguments(self, thread: int) -> tuple[object, ...] | None:
        """The NamedTuple for the kernel of a thread (:mod:`amine.engine.device.arguments`)."""
        return None

    def prepare(self) -> None:
        """Makes room in arrays that are nearly full."""

    def samples(self, first: int, last: int) -> Samples:
        """Recordings of the steps ``first`` to ``last`` (exclusive)."""
        return {}

    def snapshot(self) -> Snapshot:
        """A copy of all that changes, for going back within a chunk."""
        return {}

    def restore(self, kept: Snapshot) -> None:
        """Goes back to a snapshot."""

    def state(self) -> dict[str, np.ndarray]:
        """Arrays for a checkpoint, in a form that does not depend on the number of threads."""
        return {}

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        """Goes to a state that :meth:`state` returned."""

    def finite(self) -> bool:
        """Whether all its numbers are finite and its iterations have converged."""
        return True

    def fault(self) -> tuple[str, str, str]:
        """Place, problem and hint of the error if :meth:`finite` is False."""
        return "", "", ""

    def limit(self, step: int, steps: int) -> int:
        """``steps`` from ``step`` on, or fewer if the chunk must end earlier."""
        return steps


class Part(Protocol):
    """One feature of the loop over steps; subclasses inherit the methods that they do not need."""

    name: str

    def applies(self, resolved: Resolved) -> bool:
        """Whether a network needs it."""
        ...

    def key(self, resolved: Resolved) -> Any:
        """Plain data on which its code depends, beyond the kinds of cells, release, rules and schemes."""
        return None

    def draw(self, layout: Layout) -> Drawn:
        """Draws synapses; changes nothing."""
        return Drawn()

    def source(self, kinds: Kinds) -> Slots:
        """Its code in the generated module."""
        ...

    def assemble(self, drawn: Drawn, build: Build) -> State:
        """Its state, from the drawn synapses and the arrays of all neurons."""
        return State()


class Kept(State):
    """A state of arrays that do not depend on the number of threads."""

    def arrays(self) -> Mapping[str, np.ndarray]:
        """The arrays that change, by name."""
        return {}

    def snapshot(self) -> Snapshot:
        return {name: [x.copy()] for name, x in self.arrays().items()}

    def restore(self, kept: Snapshot) -> None:
        self.set_state({name: x for name, (x,) in kept.items()})

    def state(self) -> dict[str, np.ndarray]:
        return dict(self.arrays())

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        for name, x in self.arrays().items():
            x[:] = s[name]
