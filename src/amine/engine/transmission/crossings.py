"""Times of interpolated spikes within their steps, listed beside the spikes as the last row of the payload."""

from __future__ import annotations

from amine.engine.codegen.lines import Block, Line
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Drawn, Layout, Part

ROW = "_early"  # row of a block: share of the step that is left after a neuron's last spike


class Crossings(Part):
    """The part of the loop that lists the times of spikes within their steps; spikes on the grid have 0."""

    name = "crossings"

    def applies(self, resolved: Resolved) -> bool:
        return any(isinstance(c, CellStructure) and c.interpolated for c in resolved.cells)

    def draw(self, layout: Layout) -> Drawn:
        return Drawn(rows=1)

    def source(self, kinds: Kinds) -> Slots:
        place = "spikes.payload[spikes.payload.shape[0] - 1, tid, q]"
        timed = [(i, c.rows) for i, c in enumerate(kinds.cells) if ROW in c.rows]
        lines: list[Line] = []
        for i, rows in timed:
            index = f"Q[p, BASE] + i // BLOCK * {len(rows)} * BLOCK + {rows.index(ROW)} * BLOCK + i % BLOCK"
            body = ["i = I64(mine[q]) - Q[p, ID0]", f"{place} = X[{index}]"]
            lines.append(Block(f"{'elif' if lines else 'if'} kind == {i}", [Block("for q in range(start, n)", body)]))
        lines.append(Block("else", [Block("for q in range(start, n)", [f"{place} = 0"])]))
        return Slots(stages={"note": lines})
