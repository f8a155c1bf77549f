"""Linear filters: synapses whose spikes add their weight, times the released amount, to a state of the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.connectivity import Bundle
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.deliver import BATCH
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State


class FilterState(State):
    """Tables of all filters; their synapses do not change."""

    def __init__(self, bundles: list[tuple[int, int, Bundle]], build: Build):
        layout, real = build.layout, build.layout.real
        Q = build.arrays.Q
        weights = np.array([b.weight for _, _, b in bundles], real)
        self._threads = [
            arguments.Filter(
                bundles=wiring.bundle_table(bundles, layout.slices, Q, t),
                weights=weights,
                starts=np.empty(BATCH, np.int64),
                ends=np.empty(BATCH, np.int64),
                factors=np.empty(BATCH, real),
            )
            for t in range(layout.threads)
        ]
        self._bundles = bundles  # tables hold addresses of their arrays

    def arguments(self, thread: int) -> arguments.Filter:
        return self._threads[thread]


class Filter(Part):
    """The part of the loop that delivers to filters."""

    name = "filter"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.at("filter"))

    def key(self, resolved: Resolved) -> bool:
        """Whether synapses differ; a network whose synapses are alike compiles only one kind of delivery."""
        return any(not isinstance(x, str) for r in resolved.at("filter") for x in (r.weight, r.synapses.delay or ""))

    def draw(self, layout: Layout) -> Drawn:
        bundles = wiring.build(layout.resolved, layout.slices, layout.blocks, layout.precision)
        return drawn([b for _, _, b in bundles], bundles)

    def source(self, kinds: Kinds) -> Slots:
        deliver = "deliver" if kinds.parts[self.name] else "deliver_alike"
        return Slots(
            argument=("filters", arguments.Filter),
            imports=[("amine.engine.device.deliver", [deliver])],
            stages={"arrive": [f"delivered += {deliver}(X, filters, spikes, slot)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> FilterState:
        return FilterState(drawn.content, build)


def drawn(bundles: Sequence[Bundle], content: object, **more: Any) -> Drawn:
    """The result of drawing bundles of synapses; ``more`` are further fields of it."""
    return Drawn(
        content=content,
        n_synapses=sum(b.n_synapses for b in bundles),
        nbytes=sum(b.nbytes for b in bundles),
        delays=[(b.dmin, b.dmin + b.n_delays - 1) for b in bundles],
        **more,
    )
