"""Bundles: all synapses of a source population that one table serves, divided by the threads that own the targets."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from amine.distributions import InternalDistribution
from amine.engine.build.connectivity import given
from amine.engine.build.connectivity.columns import GEOMETRIC, S_CHOICES, S_KIND, T_N
from amine.engine.build.connectivity.scratch import draw, own_scratch, scratch
from amine.engine.build.connectivity.spec import (
    ProjectionSpec,
    Tables,
    tables,
)
from amine.engine.build.draws import require_range
from amine.errors import AmineError
from amine.records import dataclass

SHARED, PACKED, SEPARATE = 0, 1, 2
Drawing: TypeAlias = tuple[int, int, float, str]  # number of sources, threads, dt (ms), precision: as in build_bundle


@dataclass
class Shard:
    """The synapses of one thread."""

    rows: np.ndarray  # [source + 1] int64: start of each row
    seg: np.ndarray | None  # [source, delay + 1] uint16 or uint32: offsets of delays in a row; None for one delay
    slots: np.ndarray  # [synapse] or [synapse, 1] int32: state of the target; [synapse, 2] if packed with its weight
    weights: np.ndarray | None  # [synapse, 1] float64; None if packed or shared

    @property
    def targets(self) -> np.ndarray:
        """Slot of each synapse."""
        return self.slots if self.slots.ndim == 1 else self.slots[:, 0]

    def weight_of_each(self, shared: float) -> np.ndarray:
        """Weight of each synapse: its own, or the ``shared`` one."""
        if self.weights is not None:
            return self.weights.ravel()
        return self.slots.view(np.float32)[:, 1] if self.slots.ndim == 2 else np.full(len(self.slots), shared)

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(a.nbytes for a in (self.rows, self.seg, self.slots, self.weights) if a is not None)


@dataclass
class Bundle:
    """Synapses of one source population; ``kind`` is SHARED, PACKED or SEPARATE (see :mod:`amine.engine.device.deliver`)."""

    kind: int
    weight: float
    dmin: int
    n_delays: int
    shards: list[Shard]

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return sum(int(s.rows[-1]) for s in self.shards)

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(s.nbytes for s in self.shards)


def build_bundle(specs: list[ProjectionSpec], n_source: int, threads: int, dt: float, precision: str) -> Bundle:
    """Draws all synapses of ``specs``, which share a source population of ``n_source`` neurons.

    Raises
    ------
    AmineError
        If a drawn delay is shorter than the step, or a weight is too large for the precision.
    """
    for s in specs:
        _require_weight(s, precision)
    # rows then come out sorted by target, and sums at a target have an order that does not depend on that of the specs
    specs = sorted(specs, key=lambda s: (s.base, s.stream.path, s.port))
    if any(given.is_given(s) for s in specs):
        return _given_bundle(specs, n_source, threads, dt, precision)
    t = tables(specs)
    shared = all(isinstance(s.weight, float | int) and isinstance(s.delay, int) for s in specs)
    shared = shared and len({(float(s.weight), s.delay - s.early) for s in specs}) == 1  # type: ignore[arg-type]
    if shared:
        bundle = Bundle(SHARED, float(specs[0].weight), int(specs[0].delay) - specs[0].early, 1, [])  # type: ignore[arg-type]
    else:
        dmin, dmax = delay_range(specs, dt)
        bundle = Bundle(PACKED if precision == "float32" else SEPARATE, 0.0, dmin, dmax - dmin + 1, [])
    out: dict[int, Shard | BaseException] = {}

    def work(tid: int) -> None:
        try:
            out[tid] = _shard(specs, t, bundle, n_source, tid, dt, threads == 1)
        except BaseException as e:
            out[tid] = e

    others = [threading.Thread(target=work, args=(tid,)) for tid in range(1, threads)]
    for o in others:
        o.start()
    work(0)
    for o in others:
        o.join()
    for tid in range(threads):
        shard = out[tid]
        if isinstance(shard, BaseException):
            raise shard
        bundle.shards.append(shard)
    return bundle


def connections(s: ProjectionSpec, n_source: int, dt: float) -> given.Connections:
    """All synapses of a specification in the order of connections, with their present weights and delays."""
    drawn = build_bundle([given.described(s)], n_source, 1, dt, "float64")
    shard = drawn.shards[0]
    sources = np.repeat(np.arange(n_source), np.diff(shard.rows))
    steps = np.full(len(sources), drawn.dmin + s.early, np.int64)
    if shard.seg is not None:
        each = np.diff(shard.seg.astype(np.int64), axis=1).ravel()
        steps += np.repeat(np.tile(np.arange(drawn.n_delays), n_source), each)
    targets = given.neurons(s, shard.targets)
    found = given.Connections(sources, targets, shard.targets, steps, shard.weight_of_each(drawn.weight).astype(float))
    order = np.lexsort((targets, sources))
    return given.substituted(s, given.Connections(*(x[order] for x in found)), dt)


def _given_bundle(specs: list[ProjectionSpec], n_source: int, threads: int, dt: float, precision: str) -> Bundle:
    """The bundle of synapses of which some have values in the order of connections."""
    each = [connections(s, n_source, dt) for s in specs]
    low, high = given.steps_between(each, specs)
    return bundle_of(each, specs, n_source, threads, precision, (low, high - low + 1))


def open_bundle(specs: list[ProjectionSpec], n_source: int, threads: int, dt: float, precision: str) -> Bundle:
    """As :func:`build_bundle`, for synapses to which others will be added: with room for all delays that can be drawn."""
    for s in specs:
        _require_weight(s, precision)
    low, high = delay_range([given.described(s) for s in specs], dt)
    each = [connections(s, n_source, dt) for s in specs]
    return bundle_of(each, specs, n_source, threads, precision, (low, high - low + 1))


def bundle_of(
    each: Sequence[given.Connections],
    specs: Sequence[ProjectionSpec],
    n_source: int,
    threads: int,
    precision: str,
    delays: tuple[int, int],
) -> Bundle:
    """The bundle of known synapses; ``delays`` are the least delay in steps, and the number of delays."""
    bundle = Bundle(PACKED if precision == "float32" else SEPARATE, 0.0, *delays, [])
    for tid in range(threads):
        r = given.in_rows(each, specs, tid, n_source, *delays)
        if bundle.kind == PACKED:
            slots = np.stack([r.slots, r.weights.astype(np.float32).view(np.int32)], 1)
            bundle.shards.append(Shard(r.rows, r.seg, np.ascontiguousarray(slots), None))
        else:
            bundle.shards.append(Shard(r.rows, r.seg, r.slots[:, None], r.weights[:, None]))
    return bundle


def _shard(specs: list[ProjectionSpec], t: Tables, b: Bundle, n_source: int, tid: int, dt: float, alone: bool) -> Shard:
    bounds = np.array([[s.bounds[tid], s.bounds[tid + 1]] for s in specs], np.int64)
    # untouched pages of the array cost nothing, so it is made a little longer than expected
    capacity = int(t.expected * _share(specs, bounds) + 8 * math.sqrt(t.expected) + t.longest + 1024)
    while True:
        if b.kind == SHARED:
            # a list of targets that nobody else reads becomes the list of slots
            reused = t.listed if len(specs) == 1 and alone else None
            found, shard = _fill_shared(t, bounds, n_source, capacity, reused)
        else:
            found, shard = _fill_own(t, b, bounds, n_source, dt, capacity)
        if found >= 0:
            return shard
        if found == -2:
            raise AmineError(
                f"Synapses '{specs[0].name}'",
                "a drawn delay is out of range",
                hint=f'bound the distribution with .clipped("{dt:g} ms")',
            )
        capacity *= 2


def _share(specs: list[ProjectionSpec], bounds: np.ndarray) -> float:
    """The largest part of any spec's targets that the thread owns."""
    parts = [
        (np.count_nonzero((g >= lo) & (g < hi)) / max(1, g.size))
        for s, (lo, hi) in zip(specs, bounds, strict=True)
        for g in [s.post[0] + s.post[1] * np.arange(s.post[2])]
    ]
    return max(parts, default=1.0)


def _fill_shared(t: Tables, bounds: np.ndarray, n: int, capacity: int, reused: np.ndarray | None) -> tuple[int, Shard]:
    plain = (t.integers[:, S_KIND] == GEOMETRIC).all() and (t.integers[:, S_CHOICES] == 0).all()
    fill = draw.fill_bernoulli if plain else draw.fill_shared
    rows, slots = np.empty(n + 1, np.int64), np.empty(capacity, np.int32) if reused is None else reused
    found = fill(t.integers, t.reals, bounds, n, rows, slots, scratch(t.longest, _widest(t)))
    return int(found), Shard(rows, None, slots[: max(found, 0)], None)


def _fill_own(t: Tables, b: Bundle, bounds: np.ndarray, n: int, dt: float, capacity: int) -> tuple[int, Shard]:
    wide = t.longest * len(t.integers) >= 2**16
    rows, seg = np.empty(n + 1, np.int64), np.empty((n, b.n_delays + 1), np.uint32 if wide else np.uint16)
    if b.kind == PACKED:
        slots = np.empty((capacity, 2), np.int32)
        weights, column = slots.view(np.float32), 1
    else:
        slots, weights, column = np.empty((capacity, 1), np.int32), np.empty((capacity, 1), np.float64), 0
    given = (t.integers, t.reals, bounds, n, dt, b.dmin, b.n_delays)
    more = scratch(t.longest, _widest(t)), own_scratch(t.longest, len(t.integers), b.n_delays)
    found = draw.fill_own(*given, rows, seg, slots, weights, column, *more)
    used = max(found, 0)
    return int(found), Shard(
        rows, None if b.n_delays == 1 else seg, slots[:used], None if b.kind == PACKED else weights[:used]
    )


def _widest(t: Tables) -> int:
    """The largest number of targets of a specification."""
    return int(max(1, t.integers[:, T_N].max(initial=1)))


def delay_range(specs: list[ProjectionSpec], dt: float) -> tuple[int, int]:
    """Least and greatest delay in steps that can be drawn."""
    low, high = 2**31, 0
    for s in specs:
        assert not isinstance(s.delay, given.InOrder)
        a, b = _extremes(s.delay, dt)
        low, high = min(low, max(1, math.floor(a / dt + 0.5)) - s.early), max(high, math.floor(b / dt + 0.5) - s.early)
    return int(low), max(int(low), int(high))


def _require_weight(s: ProjectionSpec, precision: str) -> None:
    """Raises AmineError if a weight is, or may be drawn, beyond the range of the precision."""
    weight = s.weight.values if isinstance(s.weight, given.InOrder) else s.weight
    low, high = (weight, weight) if isinstance(weight, float) else _extremes(weight, 1.0)
    require_range(max(abs(low), abs(high)), np.dtype(precision), f"Synapses '{s.name}'", "the weight")


def _extremes(delay: int | InternalDistribution | np.ndarray, dt: float) -> tuple[float, float]:
    if isinstance(delay, int):
        return delay * dt, delay * dt
    if isinstance(delay, InternalDistribution):
        return delay.extremes
    return (float(delay.min()), float(delay.max())) if delay.size else (dt, dt)


def pairs_of(spec: ProjectionSpec, n_source: int, dt: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All synapses of a spec: source neurons, target neurons, weights, delays in steps; sorted by source, delay and target."""
    whole = replace(spec, bounds=(0, 2**62))
    b = build_bundle([whole], n_source, 1, dt, "float64")
    s = b.shards[0]
    i = np.repeat(np.arange(n_source), np.diff(s.rows))
    block, lane = np.divmod(s.slots.ravel().astype(np.int64) - spec.base, spec.stride)
    j = block * 64 + lane
    weights = np.full(i.size, b.weight) if s.weights is None else s.weights.ravel()
    delays = np.full(i.size, b.dmin + spec.early, np.int64)
    if s.seg is not None:
        delays += (
            np.concatenate([np.repeat(np.arange(b.n_delays), np.diff(row.astype(np.int64))) for row in s.seg])
            if n_source
            else 0
        )
    return i, j, weights, delays
