"""The arrays of a generated kernel: the slices of populations in them, and all values at time zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.draws import DrawnValues, drawn_values
from amine.engine.build.inputs import poisson_tables
from amine.engine.build.kind import Filling, Kind
from amine.engine.build.point import PointCell
from amine.engine.build.slices import Slice
from amine.engine.build.sources import ListSource, PoissonSource
from amine.engine.build.tree import TreeCell
from amine.engine.device.tables import POPULATION_COLUMNS, RELEASE, RELEASE_COLUMNS, RELEASE_END
from amine.engine.resolve.resolved import Member, Resolved
from amine.errors import AmineError
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.engine.device.arguments import Real
    from amine.models.model import Model


@dataclass
class Arrays:
    """The arrays that all threads share. Capital letters are the kernel's names; types and shapes stand in :mod:`amine.engine.device.arguments`."""

    X: np.ndarray  # states of all neurons
    Q: np.ndarray  # table of populations
    C: np.ndarray  # constants that all neurons of a population share
    PI: np.ndarray  # table of Poisson inputs
    PF: np.ndarray  # their weights
    PT: np.ndarray  # cumulative probabilities of their counts
    R: np.ndarray  # states of release models
    last: np.ndarray  # step of each neuron's last spike
    RT: np.ndarray  # table of release models
    RC: np.ndarray  # their constants
    values: list[DrawnValues] = field(default_factory=list)  # parameters of each population, distributions drawn


@dataclass(frozen=True)
class Totals:
    """Sums of drawn synapses and gap junctions at their targets, which constants of the targets depend on.

    ``gap`` is the conductance of all gap junctions of each neuron (nS), by population and compartment (0 for points);
    ``parameters`` are values that follow from all synapses of a receptor, by population and parameter.
    """

    gap: Mapping[int, Mapping[int, np.ndarray]] = field(default_factory=dict)
    parameters: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def kind_of(m: Member, module: ModuleType) -> Kind:
    """The kind of a population, which lays it out and fills it."""
    if m.structure is None:
        return ListSource() if m.listed else PoissonSource()
    return TreeCell(module, m.kind) if m.structure.tree else PointCell(module, m.kind)


def layout(resolved: Resolved, module: ModuleType) -> tuple[list[Slice], int]:
    """Slices of all populations, and the length of the state array."""
    slices, base, id0 = [], 0, 0
    for m in resolved.members:
        at = kind_of(m, module).slice(m, base, id0)
        slices.append(at)
        base += at.blocks * at.stride
        id0 += at.n
    if base >= 2**31 or id0 >= 2**31:
        raise AmineError("Network", "there are too many states for 32-bit places", given=f"{base} states")
    return slices, max(base, 1)


def aligned(size: int, real: Real) -> np.ndarray:
    """Zeros that begin at a cache line: rows of 64 values then share no cache lines, and no vector straddles two."""
    line = 64
    room = np.zeros(size + line // np.dtype(real).itemsize, real)
    first = (-room.ctypes.data % line) // room.itemsize
    return room[first : first + size]


def fill(
    resolved: Resolved, module: ModuleType, slices: Sequence[Slice], totals: Totals, size: int, real: Real
) -> Arrays:
    """States, constants, inputs and release states at time zero."""
    net, X, n = resolved.net, aligned(size, real), len(slices)
    kinds = [kind_of(at.member, module) for at in slices]
    widest = max((k.width(at) for k, at in zip(kinds, slices, strict=True)), default=0)
    C = np.zeros((n, max(widest, 1)), real)
    Q = np.zeros((n, POPULATION_COLUMNS), np.int64)
    stimulus, values = 0, []
    for p, (kind, at) in enumerate(zip(kinds, slices, strict=True)):
        m = at.member
        Q[p] = (at.base, at.n, at.id0, m.kind, m.stream.child("steps").key, stimulus, 0, 0, 0)
        stimulus += len(m.stimuli)
        own = drawn_values(m) | {k: np.float64(x) for k, x in totals.parameters.get(p, {}).items()}
        kind.fill(at, Filling(net, own, totals.gap.get(p, {}), X, C[p]))
        values.append(own)
    PI, PF, PT = poisson_tables(net, slices, X, real)
    return Arrays(X, Q, C, PI, PF, PT, *_releases(module, resolved, slices, Q), values)


def _releases(
    module: ModuleType, resolved: Resolved, slices: Sequence[Slice], Q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """States of release models, the step of each neuron's last spike, the table of models, and their constants."""
    table, constants, states, n_last = [], [], [], 0
    kinds = [m.structure() for m in resolved.releases]
    at = 0
    for p, population in enumerate(slices):
        Q[p, RELEASE] = len(table)
        for model in population.member.releases:
            kind = kinds.index(model.structure())
            c = [_shared(model, n) for n in module.RELEASES[kind]["parameters"]]
            start = getattr(module, f"release_initial_{kind}")(np.array(c))
            states.append(np.tile(np.asarray(start, float), population.n))
            table.append((kind, at, n_last))
            at += states[-1].size
            n_last += population.n
            constants.append(c)
        Q[p, RELEASE_END] = len(table)
    width = max((len(c) for c in constants), default=1)
    RC = np.zeros((len(constants), max(width, 1)))
    for r, c in enumerate(constants):
        RC[r, : len(c)] = c
    R = np.concatenate([*states, np.zeros(1)])
    return R, np.full(n_last + 1, -1, np.int64), np.array(table, np.int64).reshape(-1, RELEASE_COLUMNS), RC


def _shared(model: Model, name: str) -> float:
    value = model.parameters[name]
    where = f"Release '{model.name}', parameter '{name}'"
    if not isinstance(value, str):
        raise AmineError(where, "it must be one value for all neurons", hint="make a projection for each value")
    return scalar(value, model.units[name], where)


__all__ = ["Arrays", "Totals", "aligned", "fill", "kind_of", "layout"]
