"""Gap junctions: each step is tried until the voltages on both sides agree (waveform iteration).

The current of a step is conductance * (mean of the neighbour's voltage over the step - mean of the neuron's own): of second order,
nothing between equal voltages at any conductance, and the same on both sides with opposite signs. Populations that junctions connect
are a group, which iterates until its own voltages agree, whatever other groups do. The iteration corrects the current of a
point by a part of what is missing, 1/(1 + dt G / (2 C)) with the sum G of its conductances: that settles for any G.
"""

from __future__ import annotations

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.arrays import Totals
from amine.engine.build.draws import require_range
from amine.engine.codegen.lines import Block, Comment, Line
from amine.engine.codegen.module import update
from amine.engine.codegen.slots import CellSource, Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, Snapshot, State

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}  # mV
ROUNDING = {"float32": 2e-5, "float64": 1e-13}  # mV: smaller changes of a voltage near 100 mV are rounding


class Gap(Part):
    """The part of the loop that couples voltages."""

    name = "gap"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.gap for m in resolved.members)

    def draw(self, layout: Layout) -> Drawn:
        table, conductances = wiring.gap_tables(layout.resolved, layout.slices)
        require_range(table["weight"], layout.real, "Gap junctions", "the conductance")
        return Drawn(content=table, delays=[(0, 0)], totals=Totals(gap=conductances))

    def source(self, kinds: Kinds) -> Slots:
        gapped = [(i, c) for i, c in enumerate(kinds.cells) if c.gap]
        starts = [Block(f"if Q[p, KIND] == {i}", [_start_trial(i, c)]) for i, c in gapped]
        change = "gap.worst[iteration % 2, tid, group]"
        trials = [
            Block(f"if Q[p, KIND] == {i}", [update("moved", i, "_trial"), f"{change} = max({change}, moved)"])
            for i, _ in gapped
        ]
        iteration: list[Line] = [
            "gap_currents(X, gap)",
            "barrier(team.barrier, team.threads)",
            "gap.worst[iteration % 2, tid] = F(0.0)",
            Block(
                "for p in range(Q.shape[0])",
                ["group = gap.groups[p]", Block("if group < 0 or gap.settled[group]", ["continue"]), *trials],
            ),
            "barrier(team.barrier, team.threads)",
            Block("if settle(gap, iteration % 2)", ["break"]),
            Block("if iteration == GAP_ITERATIONS - 1", ["gap.unsettled[tid] += 1"]),
        ]
        lines: list[Line] = [
            Comment("gap junctions: the step is tried until the voltages of all neighbours agree"),
            "gap.settled[:] = False",
            Block("for p in range(Q.shape[0])", starts),
            "barrier(team.barrier, team.threads)",
            Block("for iteration in range(GAP_ITERATIONS)", iteration),
        ]
        points = ["start_trial"] if any(not c.tree for _, c in gapped) else []
        return Slots(
            argument=("gap", arguments.Gap),
            imports=[
                ("amine.engine.device.sources", ["gap_currents", "settle", *points]),
                ("amine.engine.device.tables", ["GAP_ITERATIONS"]),
            ],
            stages={"couple": lines},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Coupled:
        layout = build.layout
        groups = _groups(layout)
        n = int(groups.max()) + 1
        worst = np.zeros((2, layout.threads, n), layout.real)
        unsettled = np.zeros(layout.threads, np.int64)
        shards = [wiring.gap_shard(drawn.content, layout.slices, layout.blocks, t) for t in range(layout.threads)]
        damping = [_damping(s, build) for s in shards]
        # damped corrections are small even far from convergence, so the tolerance is smaller by the same factor
        slowest = np.ones(n)
        for s, d in zip(shards, damping, strict=True):
            np.minimum.at(slowest, groups[s.population], np.where(d > 0.0, d, 1.0))
        tolerances = np.maximum(TOLERANCE[layout.precision] * slowest, ROUNDING[layout.precision]).astype(layout.real)
        common = (worst, unsettled, tolerances, groups)
        threads = [
            arguments.Gap(
                *(s.currents, s.own, d, s.starts, s.neighbours, s.conductances, *common),
                *(groups[s.population], np.zeros(n, np.bool_)),
            )
            for s, d in zip(shards, damping, strict=True)
        ]
        return Coupled(threads, unsettled)


class Coupled(State):
    """Gap junctions of all threads; their only state is the number of steps in which the voltages did not converge."""

    def __init__(self, threads: list[arguments.Gap], unsettled: np.ndarray):
        self._threads, self._unsettled = threads, unsettled

    def arguments(self, thread: int) -> arguments.Gap:
        return self._threads[thread]

    def restore(self, kept: Snapshot) -> None:
        self._unsettled[:] = 0

    def finite(self) -> bool:
        return not self._unsettled.any()

    def fault(self) -> tuple[str, str, str]:
        problem = "the voltages that they couple do not come to agree within a step"
        return "Gap junctions", problem, "lower the conductance, or give the network a smaller dt"


def _groups(layout: Layout) -> np.ndarray:
    """The group of each population, of all that gap junctions connect with each other, as consecutive numbers; -1 for those without."""
    root = list(range(len(layout.slices)))

    def find(p: int) -> int:
        while root[p] != p:
            p = root[p]
        return p

    for g in layout.net.electrical:
        a, b = (find(layout.index[v.population]) for v in (g.a, g.b))
        root[a] = b
    coupled = [p for p, at in enumerate(layout.slices) if at.member.gap]
    numbers = {r: i for i, r in enumerate(dict.fromkeys(map(find, coupled)))}
    out = np.full(len(root), -1, np.int64)
    out[coupled] = [numbers[find(p)] for p in coupled]
    return out


def _damping(s: wiring.GapShard, build: Build) -> np.ndarray:
    """Damping factor of the corrections of the current, for each coupled point neuron; 0 for compartments."""
    out = np.zeros(len(s.currents))
    for p in np.unique(s.population):
        at, here = build.layout.slices[p], s.population == p
        if not at.solves_gaps:
            values = build.arrays.values[p]
            rate = np.asarray(getattr(build.layout.module, f"susceptibility_{at.member.kind}")(values)["v"], float)
            k = np.abs(np.broadcast_to(rate, (at.n,)))[s.neuron[here]] * s.total[here] * build.layout.net.dt
            out[here] = 1.0 / (1.0 + 0.5 * k)
    return out


def _start_trial(i: int, c: CellSource) -> str:
    """Call that sets the trial voltages to the voltages at the start of the step."""
    if c.tree:
        return f"start_trial_{i}(X, Q[p, BASE], B[p, BEGIN], B[p, END], cells.constants, p)"
    stride, row = len(c.rows) * BLOCK, c.rows.index("_trial") * BLOCK
    return f"start_trial(X, Q[p, BASE], B[p, BEGIN], B[p, END], {stride}, {row})"
