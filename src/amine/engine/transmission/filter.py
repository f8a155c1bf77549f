"""Linear filters: synapses whose spikes add their weight, times the released amount, to a state of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.connectivity import Bundle
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.deliver_tables import BATCH
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State
from amine.records import dataclass

FOREVER = 2**62


@dataclass(frozen=True)
class Delivered:
    """A bundle with its routes; it delivers the spikes of the steps ``since`` to ``until`` (exclusive)."""

    routes: tuple[Route, ...]
    bundle: Bundle
    since: int = -FOREVER
    until: int = FOREVER

    @property
    def always(self) -> bool:
        """Whether it delivers the spikes of all steps."""
        return (self.since, self.until) == (-FOREVER, FOREVER)

    def acting(self, step: int) -> tuple[int, int]:
        """First and last (exclusive) of its delays, as indices, with which spikes arrive at a step."""
        n, least = self.bundle.n_delays, self.bundle.dmin
        return max(0, min(step - self.until - least, n)), max(0, min(step - self.since - least, n))

    def next_change(self, step: int) -> int:
        """The first step after ``step`` at which other delays act; ``FOREVER`` if there is none."""
        low, high = self.acting(step)
        first = [self.until + self.bundle.dmin + 1] if low < self.bundle.n_delays else []
        first += [self.since + self.bundle.dmin + 1] if high < self.bundle.n_delays else []
        return min((max(step + 1, x) for x in first), default=FOREVER)


class FilterState(State):
    """Tables of all filters; their synapses do not change.

    Synapses whose delays were set while the network ran are delivered by several bundles until the spikes that were sent before have
    arrived: a spike keeps the delay that a synapse had when it was sent.
    """

    def __init__(self, delivered: Sequence[Delivered], build: Build, step: int = 0):
        self.delivered, self._build = delivered, build
        self._gated = any(not d.always for d in delivered)
        self._threads: list[arguments.Filter] = []
        self._put(step)

    def _put(self, step: int) -> None:
        found = [(d.routes, _acting(d, step)) for d in self.delivered]
        bundles = [(routes, b) for routes, b in found if b is not None]
        self._threads = arguments_of(bundles, self._build)
        self._bundles = bundles  # tables hold addresses of their arrays

    def begin(self, step: int, steps: int) -> None:
        if self._gated:
            self._put(step)

    def limit(self, step: int, steps: int) -> int:
        if not self._gated:
            return steps
        return min(steps, min(d.next_change(step) for d in self.delivered if not d.always) - step)

    def arguments(self, thread: int) -> arguments.Filter:
        return self._threads[thread]


def arguments_of(bundles: Sequence[tuple[tuple[Route, ...], Bundle]], build: Build) -> list[arguments.Filter]:
    """What the kernels of all threads are given of some bundles; it holds addresses of their arrays."""
    layout, Q = build.layout, build.arrays.Q
    weights = np.array([b.weight for _, b in bundles], layout.real)
    return [
        arguments.Filter(
            bundles=wiring.bundle_table(bundles, layout.slices, Q, t),
            weights=weights,
            starts=np.empty(BATCH, np.int64),
            ends=np.empty(BATCH, np.int64),
            factors=np.empty(BATCH, layout.real),
        )
        for t in range(layout.threads)
    ]


def _acting(d: Delivered, step: int) -> Bundle | None:
    """The bundle with the delays that act at a step; None if none does."""
    low, high = (0, d.bundle.n_delays) if d.always else d.acting(step)
    if low >= high:
        return None
    if (low, high) == (0, d.bundle.n_delays):
        return d.bundle
    shards = []
    for s in d.bundle.shards:
        assert s.seg is not None  # several delays
        own = s.seg[:, low : high + 1]
        shards.append(replace(s, seg=np.ascontiguousarray(np.concatenate([own, own[:, -1:]], 1))))  # the last is empty
    return replace(d.bundle, dmin=d.bundle.dmin + low, n_delays=high - low + 1, shards=shards)


class Filter(Part):
    """The part of the loop that delivers to filters."""

    name = "filter"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.at("filter"))

    def draw(self, layout: Layout) -> Drawn:
        bundles = wiring.build(layout.resolved, layout.slices, layout.blocks, layout.precision, layout.known)
        return drawn([b for _, b in bundles], [Delivered(r, b, *_sent(r[0])) for r, b in bundles])

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("filters", arguments.Filter),
            imports=[("amine.engine.device.deliver", ["deliver"])],
            stages={"arrive": ["delivered += deliver(X, filters, spikes, slot)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> FilterState:
        return FilterState(drawn.content, build)


def _sent(r: Route) -> tuple[int, int]:
    """The steps of the spikes that a route delivers."""
    return -FOREVER if r.since is None else r.since, FOREVER if r.until is None else r.until


def drawn(bundles: Sequence[Bundle], content: object, **more: Any) -> Drawn:
    """The result of drawing bundles of synapses; ``more`` are further fields of it."""
    return Drawn(
        content=content,
        n_synapses=sum(b.n_synapses for b in bundles),
        nbytes=sum(b.nbytes for b in bundles),
        delays=[(b.dmin, b.dmin + b.n_delays - 1) for b in bundles],
        **more,
    )
