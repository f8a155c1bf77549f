"""Gap junctions: each step is repeated with the neighbours' mean voltage until the voltages agree (waveform iteration)."""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.arrays import Totals
from amine.engine.codegen.lines import Block, Comment, Line
from amine.engine.codegen.module import update
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.inputs import Constant
from amine.engine.transmission.part import Build, Drawn, Layout, Part

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}  # mV


class Gap(Part):
    """The part of the loop that couples voltages."""

    name = "gap"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.gap for m in resolved.members)

    def draw(self, layout: Layout) -> Drawn:
        table, conductances = wiring.gap_tables(layout.net, layout.places)
        return Drawn(content=table, delays=[(0, 0)], totals=Totals(gap=conductances))

    def source(self, kinds: Kinds) -> Slots:
        gapped = [(i, c) for i, c in enumerate(kinds.cells) if c.gap]
        starts = [Block(f"if Q[p, KIND] == {i}", [_start_trial(i, c)]) for i, c in gapped]
        trials = [
            Block(f"if Q[p, KIND] == {i}", [update("moved", i, "_trial"), "change = max(change, moved)"])
            for i, _ in gapped
        ]
        iteration: list[Line] = [
            "gap_currents(X, gap)",
            "barrier(team.barrier, team.threads)",
            "change = F(0.0)",
            Block("for p in range(Q.shape[0])", trials),
            "gap.worst[iteration % 2, tid] = change",
            "barrier(team.barrier, team.threads)",
            Block("for th in range(team.threads)", ["change = max(change, gap.worst[iteration % 2, th])"]),
            Block("if change < gap.tolerance", ["break"]),
        ]
        lines: list[Line] = [
            Comment("gap junctions: the step is tried until the voltages of all neighbours agree"),
            Block("for p in range(Q.shape[0])", starts),
            "barrier(team.barrier, team.threads)",
            Block("for iteration in range(GAP_ITERATIONS)", iteration),
        ]
        points = ["start_trial"] if any(not c.tree for _, c in gapped) else []
        return Slots(
            argument=("gap", arguments.Gap),
            imports=[
                ("amine.engine.device.sources", ["gap_currents", *points]),
                ("amine.engine.device.tables", ["GAP_ITERATIONS"]),
            ],
            stages={"couple": lines},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Constant:
        layout = build.layout
        worst = np.zeros((2, layout.threads), layout.real)
        tolerance = layout.real(TOLERANCE[layout.precision])
        threads = []
        for t in range(layout.threads):
            places, starts, v, trials, w = wiring.gap_shard(drawn.content, layout.places, layout.blocks, t)
            threads.append(arguments.Gap(places, starts, v, trials, w, worst, tolerance))
        return Constant(threads)


def _start_trial(i: int, c: Any) -> str:
    """The trial voltage starts from the voltage at the start of the step."""
    if c.tree:
        return f"start_trial_{i}(X, Q[p, BASE], B[p, BEGIN], B[p, END], cells.constants, p)"
    stride, row = len(c.rows) * BLOCK, c.rows.index("_trial") * BLOCK
    return f"start_trial(X, Q[p, BASE], B[p, BEGIN], B[p, END], {stride}, {row})"
