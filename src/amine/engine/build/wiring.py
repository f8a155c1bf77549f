"""Projections and gap junctions of a description as arrays for delivery, divided between threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from amine.distributions import Distribution, InternalDistribution
from amine.engine.build.connectivity import Bundle, InOrder, ProjectionSpec, build_bundle
from amine.engine.build.connectivity.spatial import connected
from amine.engine.build.slices import Slice
from amine.engine.device import deliver_tables as deliver
from amine.engine.device.tables import BEGIN, END, RELEASE
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.engine.resolve.streams import Stream
from amine.errors import AmineError
from amine.models.naming import GAP_CURRENT, JUMP
from amine.network.formulas import matrix
from amine.network.network import Network
from amine.network.parts import GapJunctions
from amine.network.pattern import placed
from amine.records import dataclass
from amine.values import Array, Formula, Value, realise, scalar

# source population, release model (-1: none), and further values that the synapses of a table share
Group: TypeAlias = tuple[int, int, tuple[float, ...]]
Pairs: TypeAlias = tuple[np.ndarray, np.ndarray]
X = TypeVar("X")
GapTable: TypeAlias = dict[str, np.ndarray]  # columns with an entry for each coupling and direction


def boundaries(slices: Sequence[Slice], threads: int) -> np.ndarray:
    """First and last (exclusive) block of each population for each thread (thread, population, 2)."""
    out = np.zeros((threads, len(slices), 2), np.int64)
    for p, at in enumerate(slices):
        edges = [at.blocks * t // threads for t in range(threads + 1)]
        out[:, p, BEGIN], out[:, p, END] = edges[:-1], edges[1:]
    return out


def routes_and_specs(
    resolved: Resolved, slices: Sequence[Slice], blocks: np.ndarray, plastic: bool = False
) -> dict[Group, list[tuple[Route, ProjectionSpec]]]:
    """Specifications of synapses to draw, with their routes, in groups that share a table.

    Filters share a table by source population, release, and weight and delay if these are one value; with ``plastic`` only plastic
    routes are given, with a table for each source, release, target population and projection.
    """
    found = _grouped(resolved, slices, blocks, plastic)
    return {k: [(r, s or _spec(resolved, r, slices, blocks)) for r, s in group] for k, group in found.items()}


def _spec(resolved: Resolved, r: Route, slices: Sequence[Slice], blocks: np.ndarray) -> ProjectionSpec:
    return spec_of(resolved.net, r, slices, blocks, target_row(slices, r))


def _grouped(
    resolved: Resolved, slices: Sequence[Slice], blocks: np.ndarray, plastic: bool
) -> dict[Group, list[tuple[Route, ProjectionSpec | None]]]:
    """As :func:`routes_and_specs`; a specification that decides on no group is not made."""
    groups: dict[Group, list[tuple[Route, ProjectionSpec | None]]] = {}
    for r in resolved.at("plastic" if plastic else "filter"):
        spec = None
        if plastic:
            more: tuple[float, ...] = (r.destination, r.number)
        elif r.together is not None:  # in a network that was changed while it ran, as it was built
            more = r.together
        else:
            spec = _spec(resolved, r, slices, blocks)
            more = alike(spec)
        groups.setdefault((r.origin, r.release, more), []).append((r, spec))
    return dict(sorted(groups.items(), key=lambda x: _place(resolved, plastic, *x)))


def _place(
    resolved: Resolved, plastic: bool, key: Group, group: list[tuple[Route, ProjectionSpec | None]]
) -> tuple[str, str, str, tuple[float, ...]]:
    """Place of a group among all: the order of sums at a target depends neither on the order of a description nor on other groups."""
    origin, release, alike_values = key
    member = resolved.members[origin]
    released = repr(member.releases[release].to_dict()) if release >= 0 else ""
    return member.stream.path, released, group[0][0].stream.path if plastic else "", () if plastic else alike_values


def target_row(slices: Sequence[Slice], r: Route) -> str:
    """The state of the target that a spike adds to."""
    return slices[r.destination].targets[r.label]


def alike(spec: ProjectionSpec) -> tuple[float, int] | tuple[()]:
    """Weight and steps of delivery if all synapses share them; empty if synapses differ."""
    if isinstance(spec.weight, float) and isinstance(spec.delay, int):
        return spec.weight, spec.delay - spec.early
    return ()


def spec_of(net: Network, r: Route, slices: Sequence[Slice], blocks: np.ndarray, row: str) -> ProjectionSpec:
    """Specification of the synapses of a route onto a row of its target."""
    s, a, b = r.synapses, r.source, r.target
    target = slices[r.destination]
    first_blocks = (*blocks[:, r.destination, BEGIN], blocks[-1, r.destination, END])
    edges = tuple(int(min(x * target.lanes, target.n)) for x in first_blocks)
    first, distances, shares = target.sites(b, row)
    return ProjectionSpec(
        name=s.name,
        stream=r.stream,
        pre=(a.start, a.step, a.n),
        post=(b.start, b.step, b.n),
        rule=s.pattern.kind,
        value=s.pattern.value,
        placed=placed(net, s.pattern, a, b, r.where),
        same_population=a.population == b.population,
        autapses=s.autapses,
        multapses=s.multapses,
        base=target.row_base(first),
        stride=target.stride,
        bounds=edges,
        weight=_present(r.weights, _of_pair(net, r, r.weight, r.weight_unit, "weight")),
        delay=_present(r.delays, _delay(net, r)),
        port=r.port,
        early=int(first.startswith(JUMP)),
        shift=target.lanes.bit_length() - 1,
        places=None if distances is None else (distances, shares),
    )


def _present(own: np.ndarray | None, described: X) -> X | InOrder:
    """A value of the description, or those of all synapses if they are others at present."""
    return described if own is None else InOrder(own, described)  # type: ignore[arg-type]


def internal_value(value: Value, unit: str, where: str) -> float | InternalDistribution | np.ndarray:
    """A value in the coherent system: a float, a distribution or an array."""
    if isinstance(value, Distribution):
        return value.internal(unit, where)
    return value.values if isinstance(value, Array) else scalar(value, unit, where)


def _of_pair(net: Network, r: Route, value: Value, unit: str, what: str) -> float | InternalDistribution | np.ndarray:
    """As :func:`internal_value`, for synapses of a route; a formula becomes a matrix of all pairs."""
    where = f"{r.where}, {what}"
    if isinstance(value, Formula):
        return matrix(net, value, unit, r.source, r.target, where)
    return internal_value(value, unit, where)


def _delay(net: Network, r: Route) -> int | InternalDistribution | np.ndarray:
    """Delay as a number of steps if all synapses share it, else a distribution, an array or a matrix in ms."""
    if r.synapses.delay is None:
        return 1
    x = _of_pair(net, r, r.synapses.delay, "ms", "delay")
    return max(1, int(round(x / net.dt))) if isinstance(x, float) else x


def build(
    resolved: Resolved,
    slices: Sequence[Slice],
    blocks: np.ndarray,
    precision: str,
    known: Mapping[tuple[Route, ...], Bundle] | None = None,
) -> list[tuple[tuple[Route, ...], Bundle]]:
    """All bundles of filters with their routes; ``known`` are bundles that were built of the same routes."""
    net, out = resolved.net, []
    for (p, *_), group in _grouped(resolved, slices, blocks, False).items():
        routes = tuple(r for r, _ in group)
        bundle = (known or {}).get(routes)
        if bundle is None:
            args = (slices[p].n, blocks.shape[0], net.dt, precision)
            bundle = build_bundle([s or _spec(resolved, r, slices, blocks) for r, s in group], *args)
        if bundle.n_synapses:
            out.append((routes, bundle))
    return out


def bundle_table(
    bundles: Sequence[tuple[tuple[Route, ...], Bundle]], slices: Sequence[Slice], Q: np.ndarray, tid: int
) -> np.ndarray:
    """The table of bundles of one thread (columns of :mod:`amine.engine.device.deliver`)."""
    D = np.zeros((len(bundles), deliver.COLUMNS), np.int64)
    for row, ((first, *_), b) in zip(D, bundles, strict=True):
        p, release = first.origin, first.release
        fill_row(row, b, tid, p, slices[p].id0)
        row[deliver.RELEASE] = Q[p, RELEASE] + release if release >= 0 else -1
    return D


def fill_row(row: np.ndarray, b: Bundle, tid: int, population: int, id0: int) -> None:
    """Fills the columns that all tables of bundles begin with."""
    shard = b.shards[tid]
    row[deliver.KIND], row[deliver.POP], row[deliver.ID0] = b.kind, population, id0
    row[deliver.DMIN], row[deliver.DELAYS] = b.dmin, b.n_delays
    row[deliver.ROWS], row[deliver.SLOTS] = shard.rows.ctypes.data, shard.slots.ctypes.data
    if shard.seg is not None:
        row[deliver.SEG], row[deliver.SEG_BYTES] = shard.seg.ctypes.data, shard.seg.itemsize
    row[deliver.WEIGHTS] = shard.weights.ctypes.data if shard.weights is not None else 0


# --- gap junctions ---------------------------------------------------------------------------------------------


def gap_pairs(net: Network, g: GapJunctions, stream: Stream) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coupled neurons of both populations, and their conductances in nS: three arrays (couplings,)."""
    rng = stream.generator()
    i, j = _draw_pairs(net, g, rng)
    i, j = g.a.start + i * g.a.step, g.b.start + j * g.b.step
    if g.a.population == g.b.population and g.pattern.kind not in ("pairs", "one_to_one"):
        keep = i != j
        both = np.unique(np.stack([np.minimum(i, j)[keep], np.maximum(i, j)[keep]]), axis=1)
        i, j = both[0], both[1]
    w = realise(g.conductance, "nS", len(i), rng, f"Gap junctions '{g.name}', conductance")
    return i, j, np.broadcast_to(np.asarray(w, float), i.shape)


def _draw_pairs(net: Network, g: GapJunctions, rng: np.random.Generator) -> Pairs:
    n, m, kind, value = g.a.n, g.b.n, g.pattern.kind, g.pattern.value
    same = g.a == g.b
    if kind == "pairs":
        return value
    if kind == "one_to_one":
        return np.arange(n), np.arange(n)
    if kind == "distance":
        found = placed(net, g.pattern, g.a, g.b, f"Gap junctions '{g.name}'")
        assert found is not None
        i, j = connected(found, np.full(n, -1), rng)
        keep = i < j if same else np.ones(len(i), bool)  # of a pair within a selection one direction counts
        return i[keep], j[keep]
    rows, columns = np.triu_indices(n, 1) if same else (np.repeat(np.arange(n), m), np.tile(np.arange(m), n))
    if kind == "all_to_all":
        return rows, columns
    if kind == "total":
        if value > rows.size:
            raise AmineError(
                f"Gap junctions '{g.name}'",
                "total is more than there are pairs",
                given=str(value),
                expected=f"at most {rows.size}",
            )
        chosen = np.sort(rng.choice(rows.size, value, replace=False))
        return rows[chosen], columns[chosen]
    chosen = rng.random(rows.size) < value
    return rows[chosen], columns[chosen]


def gap_tables(resolved: Resolved, slices: Sequence[Slice]) -> tuple[GapTable, dict[int, dict[int, np.ndarray]]]:
    """Every coupling in both directions, and sums of conductances by population and compartment (0 for points).

    The couplings are sorted by target: places of currents, of voltages and trial voltages on either side, and conductances (nS).
    """
    total: dict[int, dict[int, np.ndarray]] = {}
    index = {at.member.name: p for p, at in enumerate(slices)}
    rank = np.argsort(np.argsort([at.member.stream.path for at in slices]))
    parts: list[list[np.ndarray]] = [[] for _ in range(10)]
    junctions = zip(resolved.net.electrical, resolved.streams.electrical, strict=True)
    for g, stream in sorted(junctions, key=lambda x: x[1].path):
        i, j, w = gap_pairs(resolved.net, g, stream)
        ends = [
            (index[v.population], n, slices[index[v.population]].gap_sites(stream.child(side), v, len(n)))
            for v, n, side in ((g.a, i, 0), (g.b, j, 1))
        ]
        for (p, target, to), (q, source, from_) in (ends, ends[::-1]):
            a, b = slices[p], slices[q]
            for part, x in zip(
                parts,
                (
                    np.full(len(i), p),
                    target,
                    a.slots_at(GAP_CURRENT, target, to),
                    a.slots_at("v", target, to),
                    a.slots_at("_trial", target, to),
                    b.slots_at("v", source, from_),
                    b.slots_at("_trial", source, from_),
                    w,
                    np.full(len(i), rank[q]),
                    source,
                ),
                strict=True,
            ):
                part.append(x)
            _add_conductance(total.setdefault(p, {}), a.n, target, to, w)
    joined = [np.concatenate(x) if x else np.empty(0, np.int64) for x in parts]
    # sums at a neuron are over its neighbours' populations in the order of their identities
    order = np.lexsort((joined[9], joined[8], joined[2], joined[1], joined[0]))
    names = ("population", "neuron", "current", "own_v", "own_trial", "v", "trial", "weight")
    return dict(zip(names, (x[order] for x in joined[:8]), strict=True)), total


def _add_conductance(total: dict[int, np.ndarray], n: int, i: np.ndarray, at: np.ndarray, w: np.ndarray) -> None:
    """Adds the conductances ``w`` of neurons ``i`` at compartments ``at`` to the sums of ``n`` neurons."""
    for c in np.unique(at):
        total[int(c)] = np.bincount(i[at == c], w[at == c], n) + total.get(int(c), 0.0)


@dataclass(frozen=True)
class GapShard:
    """Gap junctions of one thread's neurons, by coupled neuron (or compartment)."""

    population: np.ndarray  # [coupled] int64
    neuron: np.ndarray  # [coupled] int64
    currents: np.ndarray  # [coupled] int64: place of its current
    own: np.ndarray  # [coupled, 2] int64: places of its voltage and its trial voltage
    starts: np.ndarray  # [coupled + 1] int64: its first coupling
    neighbours: np.ndarray  # [coupling, 2] int64: places of the neighbour's voltage and trial voltage
    conductances: np.ndarray  # [coupling] float64: nS

    @property
    def total(self) -> np.ndarray:
        """Sum of the conductances of each coupled neuron in nS."""
        return np.add.reduceat(self.conductances, self.starts[:-1]) if len(self.currents) else np.zeros(0)


def gap_shard(table: GapTable, slices: Sequence[Slice], blocks: np.ndarray, tid: int) -> GapShard:
    """The gap junctions of one thread's neurons."""
    lanes = np.array([at.lanes for at in slices], np.int64)
    first, last = blocks[tid, :, BEGIN] * lanes, blocks[tid, :, END] * lanes
    p, i = table["population"].astype(np.int64), table["neuron"].astype(np.int64)
    mine = np.flatnonzero((i >= first[p]) & (i < last[p])) if len(i) else np.empty(0, np.int64)
    keys = table["current"][mine].astype(np.int64)
    new = np.flatnonzero(np.append(True, np.diff(keys) != 0)) if len(keys) else np.empty(0, np.int64)

    def pair(a: str, b: str, rows: np.ndarray) -> np.ndarray:
        return np.stack([table[a][rows], table[b][rows]], 1).astype(np.int64)

    return GapShard(
        p[mine][new],
        i[mine][new],
        keys[new],
        pair("own_v", "own_trial", mine[new]),
        np.append(new, len(mine)).astype(np.int64),
        pair("v", "trial", mine),
        table["weight"][mine].astype(np.float64),
    )
