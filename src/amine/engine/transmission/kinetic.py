"""Kinetic schemes at the source: their bundles of synapses, the quantum of each mass row, and the tables of a thread."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from types import ModuleType

import numpy as np
import numpy.typing as npt

from amine.engine.build.arrays import Arrays, Totals
from amine.engine.build.connectivity import Bundle, ProjectionSpec, build_bundle
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import fill_row, spec_of
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device import deliver_tables as deliver
from amine.engine.device import deliver_vector_tables as deliver_vector
from amine.engine.device.pulse_tables import COLUMN
from amine.engine.device.tables import RANGE_COLUMNS, RELEASE
from amine.engine.resolve.pulses import PulseGroup, steps_of
from amine.engine.resolve.release import sites_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission import schemes as kinetic
from amine.engine.transmission.filter import drawn as drawn_bundles
from amine.engine.transmission.part import Build, Drawn, Kept, Layout, Part
from amine.engine.transmission.schemes import KineticState
from amine.models.naming import port_name
from amine.models.ports import scheme
from amine.models.sums import ONE, QUANTUM
from amine.records import dataclass

FULL = {"float32": 2.0**29, "float64": 2.0**52}  # quanta that a mass row may have to hold


@dataclass
class VectorBundle:
    """Synapses of one pulse group onto rows of one layout."""

    group: int  # index among all pulse groups
    population: int
    labels: tuple[str, ...]
    targets: set[int]  # populations
    rows: list[int]  # of each value, relative to the first
    masses: list[bool]
    receptor: list[int]  # index of the label of each value
    weights: list[float] | None  # of each label, or None if each synapse has its own
    bundle: Bundle
    dense: int = 0  # number of sources, if all have the same row, which is then held once


@dataclass
class KineticNetwork(Kept):
    """All pulses of a network: states, bundles, and tables for the threads."""

    at_source: KineticState
    groups: list[tuple[int, PulseGroup]]
    bundles: list[VectorBundle]
    ranges: np.ndarray  # [thread, group, first and last neuron]
    tables: list[np.ndarray]  # bundles of each thread
    whole: np.ndarray  # view of the state array as whole numbers
    weight: np.ndarray = field(default_factory=lambda: np.zeros((0, 1)))
    row: np.ndarray = field(default_factory=lambda: np.zeros((0, 1), np.int64))
    mass: np.ndarray = field(default_factory=lambda: np.zeros((0, 1), np.bool_))

    scratch: list[tuple[np.ndarray, ...]] = field(default_factory=list)  # of each thread

    def arguments(self, thread: int) -> arguments.Kinetic:
        s, t = self.at_source, thread
        own = (s.table, s.real, s.X, s.time, s.powers, self.ranges[t])
        shared = (self.weight, self.row, self.mass, self.whole)
        return arguments.Kinetic(*own, self.tables[t], *shared, *self.scratch[t])

    def arrays(self) -> dict[str, np.ndarray]:
        return {"X": self.at_source.X, "time": self.at_source.time}


def build(resolved: Resolved, slices: Sequence[Slice], blocks: np.ndarray, precision: str) -> list[VectorBundle]:
    """Draws the synapses of all receptors with a kinetic scheme at the source."""
    net = resolved.net
    found: dict[tuple[object, ...], tuple[VectorBundle, list[ProjectionSpec]]] = {}
    for x in resolved.pulsed:
        first = x.routes[0]
        target = slices[first.destination]
        names, masses, receptor = _values(x.group, x.labels)
        rows = [target.row_base(n) for n in names]
        specs = [spec_of(net, r, slices, blocks, names[0]) for r in x.routes]
        shared = [s.weight for s in specs if isinstance(s.weight, float)]
        alike = len(shared) == len(specs) and isinstance(specs[0].delay, int)
        weights = shared if alike else None
        spec = specs[0]
        if alike:
            spec.weight = 1.0
        offsets = [row - rows[0] for row in rows]
        key = (x.pulse, x.labels, *offsets, *(weights or ()), spec.delay if alike else "own")
        if key not in found:
            v = VectorBundle(x.pulse, first.origin, x.labels, set(), offsets, masses, receptor, weights, None)  # type: ignore[arg-type]
            found[key] = v, []
        found[key][0].targets.add(first.destination)
        found[key][1].append(spec)
    out = []
    # in an order that depends neither on that of the description nor on other bundles
    places = {
        key: (resolved.pulses[v.group].stream.path, v.labels, repr(v.weights), repr(key[-1]))
        for key, (v, _) in found.items()
    }
    for key in sorted(found, key=places.__getitem__):
        v, specs = found[key]
        n = slices[v.population].n
        if v.weights is not None and all(_everybody(x, n) for x in specs):
            v.dense, specs = n, [replace(x, pre=(0, 1, 1)) for x in specs]
        v.bundle = build_bundle(specs, 1 if v.dense else n, blocks.shape[0], net.dt, precision)
        if v.bundle.n_synapses:
            out.append(v)
    return out


def _everybody(spec: ProjectionSpec, n: int) -> bool:
    """Whether all neurons of the source population reach all targets."""
    whole = spec.rule == "all_to_all" or (spec.rule == "p" and spec.value >= 1.0)
    return whole and spec.pre == (0, 1, n) and (spec.autapses or not spec.same_population)


def _values(group: PulseGroup, labels: tuple[str, ...]) -> tuple[list[str], list[bool], list[int]]:
    """Rows of the values of a group's payload, whether they are masses, and the indices of their labels."""
    names, masses, receptor = [], [], []
    for i, (m, label) in enumerate(zip(group.schemes, labels, strict=True)):
        kind = "on" if group.cleft is None else "in"
        own = [port_name(f"{x}_{kind}", label) for x in scheme(m).free]
        own += [port_name("M", label)] if group.cleft is None else []
        names += own
        masses += [group.cleft is None and n == own[-1] for n in own]
        receptor += [i] * len(own)
    return names, masses, receptor


def quanta(
    resolved: Resolved, slices: Sequence[Slice], bundles: list[VectorBundle], precision: str
) -> dict[int, dict[str, float]]:
    """Quantum of each receptor's mass row and mean weight (nS), by target population and name of the parameter.

    The quantum of a label is a power of two such that all synapses of a neuron together stay below ``FULL`` quanta.
    """
    most: dict[tuple[int, str], float] = {}
    total: dict[tuple[int, str], list[float]] = {}
    for v in bundles:
        sites = max(1, sites_of(resolved.pulses[v.group].group.release))
        count, inputs, weight_sum = _inputs(v.bundle)
        inputs *= max(1, v.dense)
        for p in v.targets:
            for i, label in enumerate(v.labels):
                w = 1.0 if v.weights is None else v.weights[i]
                most[p, label] = most.get((p, label), 0.0) + inputs * w * sites
                t = total.setdefault((p, label), [0.0, 0.0])
                t[0] += count
                t[1] += weight_sum * w
    bounds = {label: max([x for (_, y), x in most.items() if y == label]) for _, label in most}
    out: dict[int, dict[str, float]] = {}
    for (p, label), (n, w) in total.items():
        quantum = 2.0 ** math.ceil(math.log2(max(bounds[label], 1e-30) / FULL[precision]))
        for name, x in ((QUANTUM, quantum), (ONE, w / n if n and w > 0 else 1.0)):
            if port_name(name, label) in slices[p].member.values:
                out.setdefault(p, {})[port_name(name, label)] = x
    return out


def _inputs(b: Bundle) -> tuple[int, float, float]:
    """Number of synapses, the largest sum of weights of a target, and the sum of all weights (1 each if shared)."""
    most, total, count = 0.0, 0.0, 0
    for shard in b.shards:
        packed = shard.weights is None and b.kind == deliver.PACKED
        slots = shard.slots[:, 0] if shard.slots.ndim == 2 else shard.slots
        if not slots.size:
            continue
        w = shard.slots.view(np.float32)[:, 1] if packed else None if shard.weights is None else shard.weights.ravel()
        sums = np.bincount(slots - slots.min(), w)
        most, total, count = max(most, float(sums.max())), total + float(sums.sum()), count + slots.size
    return count, most, total


def assemble(
    resolved: Resolved,
    module: ModuleType,
    slices: Sequence[Slice],
    blocks: np.ndarray,
    bundles: list[VectorBundle],
    quanta: Mapping[int, Mapping[str, float]],
    first_pay: int,
    arrays: Arrays,
    dt: float,
) -> KineticNetwork:
    """States and tables, from the bundles and the arrays of all neurons."""
    groups, Q = [(p.origin, p.group) for p in resolved.pulses], arrays.Q
    fractions = [
        -1 if g.release is None else int(Q[p, RELEASE]) + slices[p].member.releases.index(g.release) for p, g in groups
    ]
    index = {repr(m.structure()): j for j, m in enumerate(resolved.schemes)}
    state = kinetic.state(
        groups, slices, module, index, first_pay, fractions, [p.stream.key for p in resolved.pulses], dt
    )
    whole = arrays.X.view(f"i{arrays.X.itemsize}")
    out = KineticNetwork(state, groups, bundles, _ranges(groups, slices, blocks), [], whole)
    n, width = 2 * len(bundles), state.dim
    out.weight, out.row = np.zeros((n, width)), np.zeros((n, width), np.int64)
    out.mass = np.zeros((n, width), np.bool_)
    for i, v in enumerate(bundles):
        for b in (2 * i, 2 * i + 1):
            for c, (row, mass, r) in enumerate(zip(v.rows, v.masses, v.receptor, strict=True)):
                w = 1.0 if v.weights is None else v.weights[r]
                out.row[b, c], out.mass[b, c] = row, mass
                out.weight[b, c] = w / quanta[min(v.targets)][port_name(QUANTUM, v.labels[r])] if mass else w
    out.tables = [table(out, slices, t) for t in range(len(blocks))]
    out.scratch = [_scratch(state.dim, arrays.X.dtype, whole.dtype) for _ in blocks]
    return out


def _scratch(dim: int, real: np.dtype, whole: np.dtype) -> tuple[np.ndarray, ...]:
    """Scratch arrays for the events of a step and for the change of states by a pulse."""
    sizes: list[tuple[int | tuple[int, int], npt.DTypeLike]] = [
        *(((dim, deliver.BATCH), np.float64), (deliver.BATCH, np.int64), (deliver.BATCH, np.int64)),
        *((deliver.BATCH, real), (deliver.BATCH, whole), (2 * dim, np.float64), (dim + COLUMN, np.float64)),
    ]
    return tuple(np.empty(shape, kind) for shape, kind in sizes)


def _ranges(groups: list[tuple[int, PulseGroup]], slices: Sequence[Slice], blocks: np.ndarray) -> np.ndarray:
    """First and last (exclusive) neuron of each group that a thread advances; the first thread advances all of a list of spikes."""
    out = np.zeros((len(blocks), max(1, len(groups)), RANGE_COLUMNS), np.int64)
    for t, mine in enumerate(blocks):
        for q, (p, _) in enumerate(groups):
            at = slices[p]
            edges = mine[p] * at.lanes if at.rows else (0, at.n if t == 0 else 0)
            out[t, q] = np.minimum(edges, at.n)
    return out


def table(k: KineticNetwork, slices: Sequence[Slice], tid: int) -> np.ndarray:
    """Bundles of one thread: each twice, for the starts and for the ends of pulses."""
    D = np.zeros((2 * len(k.bundles), deliver_vector.V_COLUMNS), np.int64)
    for i, v in enumerate(k.bundles):
        for end in (0, 1):
            row, g = D[2 * i + end], k.at_source.table[v.group]
            fill_row(row, v.bundle, tid, v.population, slices[v.population].id0)
            if v.dense:
                row[deliver.KIND] = deliver_vector.DENSE
            row[deliver_vector.LIST] = g[kinetic.G_LIST] + end
            row[deliver_vector.PAY], row[deliver_vector.DIM] = g[kinetic.G_PAY], g[kinetic.G_DIM]
    return D


class Kinetic(Part):
    """The part of the loop in which pulses of transmitter at the source change the sums that targets receive."""

    name = "kinetic"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.pulses)

    def draw(self, layout: Layout) -> Drawn:
        resolved, slices = layout.resolved, layout.slices
        bundles = build(resolved, slices, layout.blocks, layout.precision)
        groups = [p.group for p in resolved.pulses]
        return drawn_bundles(
            [v.bundle for v in bundles],
            bundles,
            back=max(
                steps_of(g, layout.net.dt) for g in groups
            ),  # ends of pulses are found from the spikes that began them
            lists=[p.origin for p in resolved.pulses for _ in ("start", "end")],
            rows=sum(g.dim for g in groups),
            totals=Totals(parameters=quanta(resolved, slices, bundles, layout.precision)),
        )

    def source(self, kinds: Kinds) -> Slots:
        pulse = "n = pulses(kinetic, g, spikes, tid, slot, n, k, dt)"
        of_group = Block("if kinetic.groups[g, G_POP] == p", [pulse])
        return Slots(
            argument=("kinetic", arguments.Kinetic),
            imports=[
                ("amine.engine.device.deliver_vector", ["deliver_vectors"]),
                ("amine.engine.device.pulse_tables", ["G_POP"]),
                ("amine.engine.device.pulses", ["pulses"]),
            ],
            stages={
                "arrive": ["delivered += deliver_vectors(X, kinetic, spikes, slot)"],
                "pulse": [Block("for g in range(kinetic.groups.shape[0])", [of_group])],
            },
        )

    def assemble(self, drawn: Drawn, build: Build) -> KineticNetwork:
        b, room = build.layout, build.room
        own = (b.resolved, b.module, b.slices, b.blocks, drawn.content, drawn.totals.parameters)
        return assemble(*own, room.first_row, build.arrays, b.net.dt)
