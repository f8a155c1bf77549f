"""Specifications of projections to be drawn, and their tables for compiled code."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.distributions import InternalDistribution
from amine.engine.build.connectivity import columns as c
from amine.engine.build.connectivity import spatial
from amine.engine.build.connectivity.scratch import draw, scratch
from amine.engine.device.arrays import exact
from amine.engine.resolve.streams import Stream
from amine.errors import AmineError
from amine.network.space.kernels import Placed
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.build.connectivity.given import InOrder

_KINDS = {"normal": c.NORMAL, "lognormal": c.LOGNORMAL, "uniform": c.UNIFORM, "exponential": c.EXPONENTIAL}


@dataclass
class ProjectionSpec:
    """Synapses from some neurons of a source population onto one state of some neurons of a target population.

    ``pre`` and ``post`` are (start, step, number); ``rule`` is the kind of pattern and ``value`` its argument: a probability, a number or (i, j) arrays;
    ``placed`` is the kernel of a pattern in space, with the positions. The state of target neuron i is at
    ``base + (i >> shift) * stride + i % 2**shift``; ``bounds`` are the first targets of the threads, and the end. ``weight`` is a float, a
    distribution, an array or a matrix of all pairs, ``delay`` a number of steps or the like in ms; either may be a list in the order of
    connections. Specs with the same
    ``stream`` draw the same pairs and delays, and different ``port`` different weights; ``early`` is 1 if
    spikes are delivered a step ahead, to act at its end.

    ``places`` are for targets with several places: distances from ``base``, with the cumulative probabilities of 32-bit words
    below which each is chosen, or None if the k-th given pair has the k-th place.
    """

    name: str
    stream: Stream
    pre: tuple[int, int, int]
    post: tuple[int, int, int]
    rule: str
    value: Any
    same_population: bool
    autapses: bool
    multapses: bool
    base: int
    stride: int
    bounds: tuple[int, ...]
    weight: float | InternalDistribution | np.ndarray | InOrder
    delay: int | InternalDistribution | np.ndarray | InOrder
    port: int = 0
    early: int = 0
    shift: int = 6
    places: tuple[np.ndarray, np.ndarray | None] | None = None
    placed: Placed | None = None


@dataclass
class Tables:
    """Specs in the form that compiled code reads; ``keep`` holds the arrays to whose addresses the tables point."""

    integers: np.ndarray
    reals: np.ndarray
    longest: int  # most targets in a row of one spec
    expected: float
    keep: list[np.ndarray] = field(default_factory=list)
    listed: np.ndarray | None = None  # int32: targets of the last spec that lists them


def expected_synapses(s: ProjectionSpec) -> float:
    """Expected number of synapses."""
    n, m = s.pre[2], s.post[2]
    if s.rule == "p":
        return s.value * n * m
    return {
        "indegree": lambda: s.value * m,
        "nearest": lambda: s.value * m,
        "outdegree": lambda: s.value * n,
        "total": lambda: s.value,
        "pairs": lambda: len(s.value[0]),
        "one_to_one": lambda: n,
        "all_to_all": lambda: n * m,
        "distance": lambda: n * m * s.placed.mean() if s.placed is not None else 0.0,
    }[s.rule]()


def own_index(s: ProjectionSpec) -> np.ndarray:
    """Index of each source neuron among the targets, or -1."""
    i = s.pre[0] + np.arange(s.pre[2]) * s.pre[1]
    j, rest = np.divmod(i - s.post[0], s.post[1])
    return np.where((rest == 0) & (j >= 0) & (j < s.post[2]) & s.same_population, j, -1)


def tables(specs: list[ProjectionSpec]) -> Tables:
    """The tables of a bundle."""
    out = Tables(np.zeros((len(specs), c.S_COLUMNS), np.int64), np.zeros((len(specs), c.P_COLUMNS)), 1, 0.0)
    for s, row, real in zip(specs, out.integers, out.reals, strict=True):
        row[[c.S_START, c.S_STEP, c.S_N, c.T_START, c.T_STEP, c.T_N]] = (*s.pre, *s.post)
        row[[c.S_BASE, c.S_STRIDE, c.S_KEY, c.S_PORT, c.S_EARLY]] = s.base, s.stride, s.stream.key, s.port, s.early
        row[c.S_SELF] = int(s.same_population and not s.autapses)
        row[c.S_SHIFT] = s.shift
        longest = _rule(s, row, real, out)
        out.longest = max(out.longest, longest)
        listed = out.listed if row[c.S_KIND] == c.LISTED else None
        out.expected += expected_synapses(s) if listed is None else len(listed)
        if s.places is not None:
            row[c.S_CHOICES], row[c.S_PLACES] = _places(s.places, row, out)
        row[c.W_KIND], row[c.W_LIST] = _value(s.weight, real, c.W_A, row, out)
        if isinstance(s.delay, int):
            row[c.D_KIND], row[c.S_DELAY] = c.CONSTANT, s.delay
        else:
            row[c.D_KIND], row[c.D_LIST] = _value(s.delay, real, c.D_A, row, out)
    return out


def _places(places: tuple[np.ndarray, np.ndarray | None], row: np.ndarray, out: Tables) -> tuple[int, int]:
    """Number and address of the sites of a target; a negative number means one site for each given pair."""
    offsets, below = places
    if below is None:
        return -len(offsets), _address(offsets[_order_of(row, out)].astype(np.int64), out)
    return len(offsets), _address(np.concatenate([offsets, below]).astype(np.int64), out)


def _address(a: np.ndarray, out: Tables) -> int:
    a = np.ascontiguousarray(a)
    out.keep.append(a)
    return a.ctypes.data


def _value(value: object, real: np.ndarray, at: int, row: np.ndarray, out: Tables) -> tuple[int, int]:
    """Kind and address of a weight or delay; its numbers go to ``real``."""
    if isinstance(value, InternalDistribution):
        real[at : at + 4] = value.a, value.b, value.low, value.high
        if value.kind == "lognormal":
            s2 = exact.log1p((value.b / value.a) ** 2)
            real[at : at + 2] = exact.log(value.a) - s2 / 2, np.sqrt(s2)
        if value.bounds == "none":
            real[at + 2 : at + 4] = -np.inf, np.inf
        return _KINDS[value.kind] + (c.TRUNCATED if value.bounds == "truncated" else 0), 0
    if isinstance(value, np.ndarray):
        listed = np.asarray(value, np.float64)
        if listed.ndim == 2:
            return c.MATRIX, _address(listed, out)
        return c.ARRAY, _address(listed[_order_of(row, out)] if row[c.S_KIND] == c.LISTED else listed, out)
    real[at] = value
    return c.CONSTANT, 0


def _order_of(row: np.ndarray, out: Tables) -> np.ndarray:
    """The order in which the given pairs were sorted."""
    return out.keep[int(row[c.S_LISTED])]


# --- rules -----------------------------------------------------------------------------------------------------


def _rule(s: ProjectionSpec, row: np.ndarray, real: np.ndarray, out: Tables) -> int:
    """Fills in the way to find targets; returns the largest number in a row."""
    m = s.post[2]
    if s.rule == "all_to_all" or (s.rule == "p" and s.value >= 1.0):
        row[c.S_KIND] = c.ALL
        return m
    if s.rule == "p":
        row[c.S_KIND], real[c.P_LOG] = c.GEOMETRIC, (1.0 / exact.log1p(-s.value) if s.value > 0 else 0.0)
        return m
    if s.rule in ("outdegree", "total") and s.placed is None:
        room = m - (own_index(s) >= 0) * int(row[c.S_SELF])
        counts = _counts(s, room)
        row[c.S_KIND] = c.REPLACED if s.multapses else c.DISTINCT
        row[c.S_LIST] = _address(counts.astype(np.int64), out)
        if (counts[room == 0] > 0).any():
            raise AmineError(f"Synapses '{s.name}'", "a neuron has no target but itself", hint="allow autapses")
        return int(counts.max(initial=0))
    starts, j, order = _listed(s)
    row[c.S_KIND], row[c.S_LISTED] = c.LISTED, len(out.keep)
    own = s.places is not None or isinstance(s.weight, np.ndarray) or isinstance(s.delay, np.ndarray)
    out.keep.append(order if own else np.empty(0, np.int64))
    row[c.S_LIST], row[c.S_TARGETS] = _address(starts, out), _address(j, out)
    out.listed = j
    return int(np.diff(starts).max(initial=0))


def _counts(s: ProjectionSpec, room: np.ndarray) -> np.ndarray:
    """Number of targets of each source: given, or as a fixed total falls on the sources."""
    if s.rule == "outdegree":
        return np.full(s.pre[2], s.value, np.int64)
    if not room.any():  # no source has a target; the caller refuses this if there should be one
        return np.full(s.pre[2], s.value, np.int64)
    rng = s.stream.child("total").generator()
    if s.multapses:
        return rng.multinomial(s.value, room / room.sum())
    return rng.multivariate_hypergeometric(room, s.value, method="marginals")


def _listed(s: ProjectionSpec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts of the rows of sources (int64), targets in the order of sources (int32), and the order in which given pairs were sorted."""
    if s.rule == "pairs":
        i, j = (np.asarray(x) for x in s.value)
        order = np.lexsort((j, i))
        return _starts(np.bincount(i, minlength=s.pre[2])), j[order].astype(np.int32), order
    if s.rule == "one_to_one":
        order = np.arange(s.pre[2], dtype=np.int32)
        return np.arange(s.pre[2] + 1, dtype=np.int64), order.copy(), order
    starts, j = _indegree(s) if s.placed is None else _in_space(s, s.placed)
    return starts, j, np.empty(0, np.int64)  # nothing that is given for each pair


def _starts(counts: np.ndarray) -> np.ndarray:
    """First entry of each row, and the end of the last, from the numbers of entries."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _indegree(s: ProjectionSpec) -> tuple[np.ndarray, np.ndarray]:
    """Starts of rows and targets of a fixed in-degree, drawn target by target."""
    n, m, K = s.pre[2], s.post[2], int(s.value)
    own = _own_source(s)
    if ((n - (own >= 0) < 1) & (K > 0)).any():
        raise AmineError(f"Synapses '{s.name}'", "a neuron has no source but itself", hint="allow autapses")
    starts, at, targets = np.zeros(n + 1, np.int64), np.empty(n, np.int64), np.empty(m * K, np.int32)
    draw.incoming(n, m, K, s.multapses, own, *words(s.stream), starts, at, targets, scratch(K, n))
    return starts, targets


def _own_source(s: ProjectionSpec) -> np.ndarray:
    """Index of each target neuron among the sources if it must be left out, else -1."""
    n, m = s.pre[2], s.post[2]
    if not s.same_population or s.autapses:
        return np.full(m, -1, np.int64)
    k, rest = np.divmod(s.post[0] + np.arange(m) * s.post[1] - s.pre[0], s.pre[1])
    return np.where((rest == 0) & (k >= 0) & (k < n), k, -1)


def _in_space(s: ProjectionSpec, placed: Placed) -> tuple[np.ndarray, np.ndarray]:
    """Starts of rows and targets of connections that depend on places."""
    own = np.full(s.pre[2], -1) if s.autapses else own_index(s)
    rng = s.stream.child("space").generator()
    if s.rule == "nearest":
        i, j = spatial.neighbours(placed, int(s.value), _own_source(s))
    elif s.rule == "distance":
        i, j = spatial.connected(placed, own, rng) if placed.matrix is None else _by_matrix(s, placed.matrix, own)
    else:
        sign, left_out = (-1, _own_source(s)) if s.rule == "indegree" else (1, own)
        i, j = spatial.degrees(placed, int(s.value), sign, left_out, s.multapses, rng, f"Synapses '{s.name}'")
    return _starts(np.bincount(i, minlength=s.pre[2])), j.astype(np.int32)


def _by_matrix(s: ProjectionSpec, probabilities: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of which each has a probability of its own."""
    rows, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i, p in enumerate(probabilities):
        j = np.flatnonzero(s.stream.child("row", i).generator().random(len(p)) < p)
        j = j[j != own[i]]
        rows.append(np.full(len(j), i))
        columns.append(j)
    return np.concatenate(rows), np.concatenate(columns)


def words(stream: Stream) -> tuple[np.uint32, np.uint32]:
    """The two key words of a stream."""
    return np.uint32(stream.key & 0xFFFFFFFF), np.uint32(stream.key >> 32 & 0xFFFFFFFF)
