"""Synapses that come and go: tables of the present ones, and their delivery if no rule changes their weights.

All synapses of a projection stand in one table in the order of connections, from which the rows for delivery are made anew when it changes.
Spikes are pulled, so a spike acts through the synapses that are there when it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.connectivity import (
    SHARED,
    Bundle,
    Connections,
    ProjectionSpec,
    Shard,
    bundle_of,
    connections,
    delay_range,
    described,
)
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.engine.transmission.filter import arguments_of, drawn
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State
from amine.records import dataclass

COLUMNS = ("of", "pre", "post", "steps", "born")


@dataclass(frozen=True, eq=False)
class Table:
    """The present synapses of a projection in the order of connections (synapses,).

    ``of`` is the number of the pair of views, ``pre`` and ``post`` are the numbers of the neurons in their populations, ``steps`` the delay and
    ``born`` the step at which the synapse appeared; ``weights`` are those that no rule changes, by receptor. ``counts`` are the numbers of synapses at
    the start, of those that have appeared since, and of those that have vanished.
    """

    of: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    steps: np.ndarray
    born: np.ndarray
    weights: Mapping[str, np.ndarray]
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.pre)

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name."""
        own = {n: getattr(self, n) for n in (*COLUMNS, "counts")}
        return own | {f"weight.{label}": w for label, w in self.weights.items()}


@dataclass(frozen=True, eq=False)
class Way:
    """A route of synapses that come and go: its specification, least delay and number of delays, and its number among pairs of views."""

    route: Route
    spec: ProjectionSpec
    delays: tuple[int, int]
    of: int

    def connections(self, table: Table) -> Connections:
        """Its present synapses."""
        mine, s = table.of == self.of, self.spec
        post = table.post[mine]
        slots = s.base + (post >> s.shift) * s.stride + post % 2**s.shift
        return Connections(table.pre[mine], post, slots, table.steps[mine], table.weights[self.route.label][mine])


class Structures(State):
    """All synapses that come and go; ``tables`` by the number of the projection."""

    def __init__(self, tables: Mapping[int, Table], ways: Sequence[Way], build: Build):
        self.tables, self._ways, self._build = dict(tables), ways, build
        self._bundles = [((w.route,), _bundle(w, self.tables[w.route.number], build.layout)) for w in ways]
        self._threads = arguments_of(self._bundles, build)

    def put(self, number: int, table: Table) -> None:
        """Replaces the synapses of a projection."""
        self.tables[number] = table
        for k, w in enumerate(self._ways):
            if w.route.number == number:
                self._bundles[k] = (w.route,), _bundle(w, table, self._build.layout)
        self._threads = arguments_of(self._bundles, self._build)

    def arguments(self, thread: int) -> arguments.Filter:
        return self._threads[thread]

    def state(self) -> dict[str, np.ndarray]:
        return {f"{n}.{name}": x for n, table in self.tables.items() for name, x in table.arrays().items()}

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        for n, table in list(self.tables.items()):
            weights = {label: s[f"{n}.weight.{label}"] for label in table.weights}
            columns = {c: s[f"{n}.{c}"] for c in (*COLUMNS, "counts")}
            self.put(n, Table(weights=weights, **columns))


def _bundle(w: Way, table: Table, layout: Layout) -> Bundle:
    n = layout.slices[w.route.origin].n
    b = bundle_of([w.connections(table)], [w.spec], n, layout.threads, layout.precision, w.delays)
    each = [s.weight_of_each(0.0) for s in b.shards]
    first = next((x[0] for x in each if len(x)), 0.0)
    if b.n_delays > 1 or any((x != first).any() for x in each):
        return b
    shards = [Shard(s.rows, None, np.ascontiguousarray(s.targets), None) for s in b.shards]
    return Bundle(SHARED, float(first), b.dmin, 1, shards)


def _table(layout: Layout, number: int) -> Table:
    """The synapses of a projection at the start."""
    by_label: dict[str, list[Connections]] = {}
    for r in layout.resolved.routes:
        if r.number == number:
            spec = wiring.spec_of(layout.net, r, layout.slices, layout.blocks, wiring.target_row(layout.slices, r))
            by_label.setdefault(r.label, []).append(connections(spec, layout.slices[r.origin].n, layout.net.dt))
    plastic = layout.net.projections[number].plastic
    weights = {n: np.concatenate([x.weights for x in each]) for n, each in by_label.items() if n != plastic}
    first = next(iter(by_label.values()))
    pre, post, steps = (np.concatenate([x[k] for x in first]).astype(np.int64) for k in (0, 1, 3))
    of = np.repeat(np.arange(len(first)), [len(x.sources) for x in first])
    return Table(of, pre, post, steps, np.zeros_like(pre), weights, np.array([len(pre), 0, 0], np.int64))


def _ways(layout: Layout) -> list[Way]:
    out, seen = [], dict[tuple[int, str], int]()
    for r in layout.resolved.at("structural"):
        spec = wiring.spec_of(layout.net, r, layout.slices, layout.blocks, wiring.target_row(layout.slices, r))
        low, high = delay_range([described(spec)], layout.net.dt)
        of = seen.get((r.number, r.label), 0)
        seen[r.number, r.label] = of + 1
        out.append(Way(r, spec, (low, high - low + 1), of))
    return sorted(out, key=lambda w: (w.route.stream.path, w.route.port))


class Structural(Part):
    """The part of the loop that delivers through synapses that come and go."""

    name = "structural"

    def applies(self, resolved: Resolved) -> bool:
        return any(s.rewiring is not None for s in resolved.net.projections)

    def draw(self, layout: Layout) -> Drawn:
        numbers = [k for k, s in enumerate(layout.net.projections) if s.rewiring is not None]
        tables, ways = {k: _table(layout, k) for k in numbers}, _ways(layout)
        return drawn([_bundle(w, tables[w.route.number], layout) for w in ways], (tables, ways))

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("structures", arguments.Filter),
            imports=[("amine.engine.device.deliver", ["deliver"])],
            stages={"arrive": ["delivered += deliver(X, structures, spikes, slot)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Structures:
        tables, ways = drawn.content
        return Structures(tables, ways, build)


__all__ = ["Structural", "Structures", "Table", "Way"]
