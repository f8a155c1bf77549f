"""Inputs from outside: Poisson input, populations that spike at rates or at given times, and white noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amine.engine.build.sources import spike_lists
from amine.engine.codegen.lines import Block, Line
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.tables import BLOCK, SOURCE_LIST, SOURCE_POISSON, SPIKE_LIST_COLUMNS
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State
from amine.equations.given import is_uniform


class Constant(State):
    """Constant arguments; there is no state, since random numbers depend on the step alone."""

    def __init__(self, threads: Sequence[tuple[object, ...]], kept: object = None):
        self._threads, self._kept = threads, kept  # arguments may hold addresses of arrays in ``kept``

    def arguments(self, thread: int) -> tuple[object, ...]:
        return self._threads[thread]


class PoissonInput(Part):
    """Poisson input to neurons: one count a step for all trains of a neuron together."""

    name = "poisson"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.poisson for m in resolved.members)

    def source(self, kinds: Kinds) -> Slots:
        points = any(c.poisson and not c.tree for c in kinds.cells)
        trees = any(c.poisson and c.tree for c in kinds.cells)
        found = [("poisson", "add_inputs")] * points + [("tree", "add_inputs_lanes")] * trees
        return Slots(
            argument=("poisson", arguments.Poisson),
            imports=[(f"amine.engine.device.{module}", [name]) for module, name in found],
            stages={"input": [f"{name}(X, Q, B, poisson, k)" for _, name in found]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Constant:
        a = build.arrays
        return Constant(
            [
                arguments.Poisson(a.PI, a.PF, a.PT, np.empty(BLOCK, np.int32), np.empty(BLOCK, np.uint32))
                for _ in range(build.layout.threads)
            ]
        )


class PoissonSource(Part):
    """Populations that spike at given rates."""

    name = "poisson_source"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.kind == SOURCE_POISSON for m in resolved.members)

    def source(self, kinds: Kinds) -> Slots:
        emit = "n = emit_poisson(X, Q, B, p, trains, mine, n, k == span.first, k)"
        return Slots(
            argument=("trains", arguments.Trains),
            imports=[
                ("amine.engine.device.sources", ["emit_poisson"]),
                ("amine.engine.device.tables", ["SOURCE_POISSON"]),
            ],
            stages={"update": [Block("if kind == SOURCE_POISSON", [emit])]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Constant:
        n = build.arrays.X.size // BLOCK + 1
        types = (np.int64, np.int64, np.uint32, np.float64, np.float64)
        return Constant([arguments.Trains(*(np.zeros(n, t) for t in types)) for _ in range(build.layout.threads)])


class SpikeList(Part):
    """Populations that spike at given times."""

    name = "spike_list"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.kind == SOURCE_LIST for m in resolved.members)

    def draw(self, layout: Layout) -> Drawn:
        lists = spike_lists(layout.net, layout.slices)
        return Drawn(
            content=lists, given={p: int(np.unique(s, return_counts=True)[1].max()) for p, s, _ in lists if len(s)}
        )

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("lists", arguments.Lists),
            imports=[
                ("amine.engine.device.sources", ["emit_list"]),
                ("amine.engine.device.tables", ["SOURCE_LIST"]),
            ],
            stages={"update": [Block("if kind == SOURCE_LIST", ["n = emit_list(lists.rows, p, k, mine, n)"])]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Constant:
        rows = [(p, steps.ctypes.data, ids.ctypes.data, len(steps)) for p, steps, ids in drawn.content]
        each = [rows if t == 0 else [] for t in range(build.layout.threads)]  # the first thread emits them all
        tables = [np.array(r, np.int64).reshape(-1, SPIKE_LIST_COLUMNS) for r in each]
        return Constant([arguments.Lists(rows) for rows in tables], drawn.content)


class Noise(Part):
    """White noise and random numbers: a row for each of a kind of cells, of standard normals or of numbers between 0 and 1."""

    name = "noise"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.kind >= 0 for m in resolved.members)

    def source(self, kinds: Kinds) -> Slots:
        lines: list[Line] = []
        for i, c in enumerate(kinds.cells):
            for j, name in enumerate(c.noises):
                stride, row = len(c.rows) * BLOCK, c.rows.index(name) * BLOCK
                draw = "uniform_block" if is_uniform(name) else "normal_block"
                body = [
                    f"{draw}(cells.normals, cells.words, b, k, {j}, k0, k1)",
                    f"o = U64(Q[p, BASE] + b * {stride} + {row})",
                    Block("for l in range(U64(BLOCK))", ["X[o + l] = F(cells.normals[l])"]),
                ]
                blocks = Block("for b in range(B[p, BEGIN], B[p, END])", body)
                lines.append(Block(f"if Q[p, KIND] == {i}", ["k0, k1 = halves(Q[p, KEY])", blocks]))
        if not lines:
            return Slots()
        return Slots(
            imports=[
                ("amine.engine.device.random_numbers", ["halves", "normal_block", "uniform_block"]),
                ("amine.engine.device.tables", ["KEY"]),
            ],
            stages={"noise": [Block("for p in range(Q.shape[0])", lines)]},
        )
