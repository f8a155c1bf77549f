"""Continuous coupling: in each step, sums over connections of an expression of both neurons' states are added to inputs of the targets.

The functions of the sources are computed by the threads that own these, and kept for as long as delays reach back. Without a delay, threads
meet before the sums; with one, they meet once in the least delay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from amine.engine.build import couplings as connections
from amine.engine.build.arrays import Arrays
from amine.engine.build.couplings import Connections, delay_steps
from amine.engine.build.slices import Slice
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device import coupling_tables as columns
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.couplings import CouplingStructure, coupling_structure, coupling_structures
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.streams import Stream
from amine.engine.transmission.part import Build, Drawn, Kept, Layout, Part
from amine.equations.terms import ELEMENTARY, KERNEL_FUNCTIONS
from amine.network.couplings import Coupling
from amine.network.parts import View
from amine.records import dataclass


@dataclass(frozen=True)
class Described:
    """A coupling with its structure, and its connections unless it is a sum over all pairs."""

    part: Coupling
    structure: CouplingStructure
    width: int  # functions of the sources
    drawn: Connections | None
    nearest: int  # least delay in steps
    farthest: int


class Couplings(Part):
    """The part of the loop that couples neurons by their states."""

    name = "coupling"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.net.couplings)

    def key(self, resolved: Resolved) -> object:
        return [asdict(s) for s in coupling_structures(resolved.net)]

    def draw(self, layout: Layout) -> Drawn:
        parts = zip(layout.net.couplings, layout.resolved.streams.couplings, strict=True)
        # sums onto a target do not depend on the order in which couplings were added
        found = [_described(layout, c, stream) for c, stream in sorted(parts, key=lambda x: x[1].path)]
        drawn = [d.drawn for d in found if d.drawn is not None]
        return Drawn(
            content=found,
            n_synapses=sum(len(x.sources) for x in drawn),
            nbytes=sum(x.nbytes for x in drawn),
            delays=[(max(d.nearest - 1, 0), 0) for d in found],
        )

    def source(self, kinds: Kinds) -> Slots:
        from amine.engine.codegen.coupling import coupling_source  # SymPy, which a module in the cache does not need

        structures = [CouplingStructure(**k) for k in kinds.parts[self.name]]
        meet = "barrier(team.barrier, team.threads)"
        prompt = any(s.delays == "none" for s in structures)
        return Slots(
            argument=("couplings", arguments.Couplings),
            imports=[
                ("amine.engine.device.functions", [f"{f}64 as w{f}" for f in KERNEL_FUNCTIONS if f not in ELEMENTARY]),
                ("amine.engine.device.elementary", [f"{f}64 as w{f}" for f in ELEMENTARY]),
                ("amine.engine.device.coupling", ["total"]),
                ("amine.engine.device.coupling_tables", columns.NAMES),
            ],
            functions=coupling_source(structures),
            stages={
                "couple": [
                    "couple_sources(X, couplings, k)",
                    meet if prompt else Block("if k == 0", [meet]),
                    "couple_targets(X, couplings, k)",
                ]
            },
        )

    def assemble(self, drawn: Drawn, build: Build) -> Coupled:
        return Coupled(drawn.content, build)


def _described(layout: Layout, c: Coupling, stream: Stream) -> Described:
    from amine.engine.codegen.coupling import expression_parts  # SymPy has been loaded by the check of the expression

    net, s = layout.net, coupling_structure(layout.net, c)
    parts = expression_parts(s)
    one = delay_steps(net, c)
    if parts.whole is not None:
        return Described(c, s, len(parts.sources), None, one, one)
    a, b = (layout.slices[layout.index[v.population]] for v in (c.source, c.target))
    drawn = connections.draw(net, c, stream, s.each, (a, b))
    each = s.delays == "each" and len(drawn.delays)
    ends = (int(drawn.delays.min()), int(drawn.delays.max())) if each else (one, one)
    return Described(c, s, len(parts.sources), drawn, *ends)


class Coupled(Kept):
    """Couplings of all threads: what the sources gave, as far back as delays reach."""

    def __init__(self, found: Sequence[Described], build: Build):
        self._arrays, self._kept = build.arrays, any(d.farthest or d.structure.changes for d in found)
        kept = [d.farthest + build.room.interval + 1 if d.farthest else 1 for d in found]
        plastic = [_plastic(d) for d in found]
        sizes = [k * d.part.source.n * d.width for k, d in zip(kept, found, strict=True)]
        places = [int(x) for x in np.cumsum([0, *(n + len(x) for n, x in zip(sizes, plastic, strict=True))])]
        self._values = np.zeros(places[-1] + 1)
        starts = [(d, place + size) for d, place, size in zip(found, places, sizes, strict=False)]
        self._plastic = {
            d.part.name: (d, first) for d, first in starts
        }  # names of several parts are refused by who asks
        for (_, first), x in zip(starts, plastic, strict=True):
            self._values[first : first + len(x)] = x
        structures = coupling_structures(build.layout.net)
        threads = [_Thread(build.layout, t) for t in range(build.layout.threads)]
        for thread in threads:
            for d, k, place in zip(found, kept, places, strict=False):
                thread.add(d, structures.index(d.structure), k, place)
        self._given = [thread.given for thread in threads]
        self._threads = [thread.arguments(self._values) for thread in threads]
        self.begin(0, 0)

    def begin(self, step: int, steps: int) -> None:
        """Takes over parameters, which may have been set."""
        for thread, entries in zip(self._threads, self._given, strict=True):
            for g in entries:
                thread.given[g.first : g.first + len(g.numbers)] = g.value(self._arrays)

    def connections(self, name: str) -> dict[str, np.ndarray]:
        """Numbers of the neurons and present plastic values (connections,) of a coupling, by target and then source."""
        d, first = self._plastic[name]
        if d.drawn is None:
            return {}
        n = len(d.drawn.sources)
        ends = {"pre": _neurons(d.part.source)[d.drawn.sources], "post": _neurons(d.part.target)[d.drawn.targets]}
        own = (v for v, _, _ in d.structure.changes)
        return ends | {v: self._values[first + k * n : first + (k + 1) * n].copy() for k, v in enumerate(own)}

    def arguments(self, thread: int) -> arguments.Couplings:
        return self._threads[thread]

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {"values": self._values} if self._kept else {}


@dataclass(frozen=True)
class _Given:
    """A parameter of some neurons of population ``p``, and its place among those of a thread."""

    p: int
    name: str
    numbers: np.ndarray
    first: int

    def value(self, arrays: Arrays) -> np.ndarray:
        """Its present values."""
        x = np.asarray(arrays.values[self.p][self.name], float)
        return x[self.numbers] if x.ndim else np.full(len(self.numbers), float(x))


class _Thread:
    """Tables of a thread, filled coupling by coupling."""

    def __init__(self, layout: Layout, tid: int):
        self.layout, self.tid = layout, tid
        self.rows: list[list[int]] = []
        self.given: list[_Given] = []
        self.sizes: dict[str, int] = dict.fromkeys(
            ("reads", "given", "inputs", "starts", "pairs", "delays", "numbers"), 0
        )
        self.parts: dict[str, list[np.ndarray]] = {n: [] for n in self.sizes}

    def put(self, name: str, x: np.ndarray) -> int:
        """Adds values to an array; the place of the first."""
        at = self.sizes[name]
        self.parts[name].append(x)
        self.sizes[name] += len(x)
        return at

    def add(self, d: Described, kind: int, kept: int, place: int) -> None:
        """Adds the thread's part of a coupling."""
        c, s = d.part, d.structure
        p, q = (self.layout.index[v.population] for v in (c.source, c.target))
        a, b = self.layout.slices[p], self.layout.slices[q]
        pre, post = self.own(c.source, p, a), self.own(c.target, q, b)
        sources, targets = _neurons(c.source)[pre], _neurons(c.target)[post]
        row = [0] * columns.COUPLING_COLUMNS
        row[columns.C_KIND], row[columns.C_KEPT], row[columns.C_SIZE], row[columns.C_VALUES] = (
            kind,
            kept,
            c.source.n,
            place,
        )
        row[columns.C_FIRST], row[columns.C_SOURCES] = (int(pre[0]) if len(pre) else 0), len(pre)
        row[columns.C_READS] = self.states(a, s.pre_states, sources)
        row[columns.C_GIVEN] = self.parameters(p, s.pre_parameters, sources)
        row[columns.C_TARGETS], row[columns.C_INPUTS] = len(post), self.put("inputs", b.slots(c.into, targets))
        row[columns.C_POST_READS] = self.states(b, s.post_states, targets)
        row[columns.C_POST_GIVEN] = self.parameters(q, s.post_parameters, targets)
        row[columns.C_DELAY] = d.nearest
        single = [connections.single_value(c, n) for n in s.single]
        self.put("numbers", np.array([self.layout.net.dt]))
        row[columns.C_NUMBERS] = self.put("numbers", np.array(single, np.float64))
        if d.drawn is not None:
            low = self.connect(row, d.drawn, post)
            row[columns.C_PLASTIC] = place + kept * c.source.n * d.width + low
            row[columns.C_TOTAL] = len(d.drawn.sources)
        elif s.apart:
            row[columns.C_PAIRS] = self.put("pairs", _places_in(c.source, targets))
        self.rows.append(row)

    def connect(self, row: list[int], drawn: Connections, post: np.ndarray) -> int:
        """Adds the connections onto the thread's targets ``post``; the index of the first among all."""
        low, high = (int(x) for x in np.searchsorted(drawn.targets, [post[0], post[-1] + 1])) if len(post) else (0, 0)
        starts = np.searchsorted(drawn.targets[low:high], np.append(post, post[-1] + 1 if len(post) else 0))
        row[columns.C_STARTS], row[columns.C_COUNT] = self.put("starts", starts), high - low
        row[columns.C_PAIRS] = self.put("pairs", drawn.sources[low:high])
        self.put("delays", np.zeros(row[columns.C_PAIRS] - self.sizes["delays"]))  # so that both begin at one place
        self.put("delays", drawn.delays[low:high])
        self.put("numbers", drawn.numbers[:, low:high].ravel())
        return low

    def own(self, view: View, p: int, at: Slice) -> np.ndarray:
        """Indices within a selection of the neurons that the thread owns."""
        first, last = self.layout.blocks[self.tid, p, [BEGIN, END]] * at.lanes
        numbers = _neurons(view)
        return np.flatnonzero((numbers >= first) & (numbers < last))

    def states(self, at: Slice, names: Sequence[str], neurons: np.ndarray) -> int:
        """Adds the places of states; the index of the first."""
        first = self.sizes["reads"]
        for n in names:
            self.put("reads", at.slots(n, neurons))
        return first

    def parameters(self, p: int, names: Sequence[str], neurons: np.ndarray) -> int:
        """Adds parameters; the index of the first."""
        first = self.sizes["given"]
        for n in names:
            self.given.append(_Given(p, n, neurons, self.put("given", np.zeros(len(neurons)))))
        return first

    def arguments(self, values: np.ndarray) -> arguments.Couplings:
        """The tuple for the kernel."""
        types = {n: np.float64 if n in ("given", "numbers") else np.int64 for n in self.parts}
        joined = {n: np.concatenate([*x, np.zeros(1)]).astype(types[n]) for n, x in self.parts.items()}
        table = np.array(self.rows, np.int64).reshape(-1, columns.COUPLING_COLUMNS)
        return arguments.Couplings(table, values, **joined, lanes=np.zeros(columns.LANES))


def _plastic(d: Described) -> np.ndarray:
    """Plastic values of all connections at the start, value after value."""
    names = [n for n, _, _ in d.structure.changes]
    if d.drawn is None or not names:
        return np.zeros(0)
    return np.concatenate([d.drawn.numbers[d.structure.each.index(n)] for n in names])


def _neurons(view: View) -> np.ndarray:
    return np.arange(view.start, view.stop, view.step)


def _places_in(view: View, neurons: np.ndarray) -> np.ndarray:
    """Index of each neuron within a selection, or -1."""
    i, rest = np.divmod(neurons - view.start, view.step)
    return np.where((rest == 0) & (i >= 0) & (i < view.n), i, -1)


__all__ = ["Coupled", "Couplings"]
