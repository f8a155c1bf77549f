"""Named inputs of equations (``input x_in : pA``): emptied at the start of a step, before couplings and currents add to them."""

from __future__ import annotations

import numpy as np

from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.couplings import used_inputs
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.inputs import Constant
from amine.engine.transmission.part import Build, Drawn, Layout, Part


class NamedInputs(Part):
    """The part of the loop that empties inputs."""

    name = "named"

    def applies(self, resolved: Resolved) -> bool:
        return bool(used_inputs(resolved.net))

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("named", arguments.Named),
            stages={"input": [Block("for j in range(named.inputs.size)", ["X[named.inputs[j]] = F(0.0)"])]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Constant:
        layout = build.layout
        return Constant([arguments.Named(_places(layout, t)) for t in range(layout.threads)])


def _places(layout: Layout, tid: int) -> np.ndarray:
    """Places of all used inputs of a thread's neurons."""
    found = [np.empty(0, np.int64)]
    for population, name in used_inputs(layout.net):
        p = layout.index[population]
        at = layout.slices[p]
        first, last = layout.blocks[tid, p, [BEGIN, END]] * at.lanes
        found.append(at.slots(name, np.arange(first, min(last, at.n))))
    return np.concatenate(found).astype(np.int64)


__all__ = ["NamedInputs"]
