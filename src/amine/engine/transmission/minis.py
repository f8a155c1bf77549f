"""Spontaneous release: quanta that are released at random times at each synapse, without a spike.

Synapses release as independent Poisson processes of one rate, so the releases at a target are a Poisson process of the summed rate, and
the synapse of each is drawn uniformly: this is exact, and its cost depends on the number of targets, not of synapses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from amine.engine.build.connectivity import Bundle, build_bundle
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import spec_of, target_row
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.arguments import Real
from amine.engine.device.arrays import exact
from amine.engine.device.minis_tables import M_BLOCK, M_BLOCKS, M_COLUMNS, M_KEY, M_PLACE, M_REALS, TWO32
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.release import variation_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State
from amine.records import dataclass
from amine.values import scalar


@dataclass
class MiniBundle:
    """Synapses of a projection onto one population, with their spontaneous release."""

    bundle: Bundle
    target: int  # index of the population
    row: str
    key: int  # of its random numbers
    rate: float  # of a synapse, 1/ms
    cv: float  # coefficient of variation of a quantum


class MiniState(State):
    """Spontaneous release of all projections that have it; there is no state, since random numbers depend on the step alone."""

    def __init__(self, bundles: list[MiniBundle], blocks: np.ndarray, slices: Sequence[Slice], dt: float, real: Real):
        self._numbers = np.array([[b.rate * dt, b.cv] for b in bundles]).reshape(-1, M_REALS)
        self._threads = [self._thread(t, bundles, blocks, slices, dt, real) for t in range(len(blocks))]

    def _thread(
        self, t: int, bundles: list[MiniBundle], blocks: np.ndarray, slices: Sequence[Slice], dt: float, real: Real
    ) -> arguments.Minis:
        M = np.zeros((len(bundles), M_COLUMNS), np.int64)
        threshold, start, slot, weight, at, held = [], [], [], [], 0, 0
        for row, b in zip(M, bundles, strict=True):
            first, last = blocks[t, b.target]
            neurons = np.arange(first * BLOCK, last * BLOCK)
            own = slices[b.target].slots(b.row, neurons)
            shard = b.bundle.shards[t]
            slots = shard.targets.astype(np.int64)
            order = np.argsort(slots, kind="stable")
            begin = np.searchsorted(slots[order], own)
            count = np.searchsorted(slots[order], own, side="right") - begin
            w = shard.weight_of_each(b.bundle.weight)[order]
            row[[M_BLOCK, M_BLOCKS, M_PLACE, M_KEY]] = first, last - first, at, b.key
            threshold.append(np.minimum((1.0 - exact.exp(-b.rate * dt * count)) * TWO32, TWO32 - 1).astype(np.uint32))
            start.append(np.append(begin, len(slots)) + held)
            slot.append(own)
            weight.append(w.astype(real))
            at, held = at + len(own), held + len(slots)
        return arguments.Minis(
            bundles=M,
            numbers=self._numbers,
            thresholds=_joined(threshold, np.uint32),
            starts=_joined(start, np.int64),
            places=_joined(slot, np.int64),
            weights=_joined(weight, real),
            words=np.empty(BLOCK, np.uint32),
        )

    def arguments(self, thread: int) -> arguments.Minis:
        return self._threads[thread]


def _joined(parts: list[np.ndarray], kind: npt.DTypeLike) -> np.ndarray:
    """The arrays joined, with an unused last entry so that none is empty."""
    return np.concatenate([*parts, np.zeros(1, np.int64)]).astype(kind)


def build(resolved: Resolved, slices: Sequence[Slice], blocks: np.ndarray, precision: str) -> list[MiniBundle]:
    """Draws the synapses of all routes with spontaneous release."""
    net, out = resolved.net, []
    for r in sorted(resolved.routes, key=lambda r: (r.stream.path, r.port)):
        if r.synapses.minis is None or r.until is not None:
            continue
        row = target_row(slices, r)
        spec = spec_of(net, r, slices, blocks, row)
        bundle = build_bundle([spec], slices[r.origin].n, blocks.shape[0], net.dt, precision)
        rate = scalar(r.synapses.minis, "1/ms", f"{r.where}, minis")
        cv = variation_of(r.synapses.release)
        out.append(MiniBundle(bundle, r.destination, row, r.stream.child("minis", r.port).key, rate, cv))
    return out


class Minis(Part):
    """The part of the loop that adds spontaneous quanta."""

    name = "minis"

    def applies(self, resolved: Resolved) -> bool:
        return any(r.synapses.minis is not None for r in resolved.routes)

    def draw(self, layout: Layout) -> Drawn:
        """The same synapses as those of the spikes; they are not counted again."""
        return Drawn(content=build(layout.resolved, layout.slices, layout.blocks, layout.precision))

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("minis", arguments.Minis),
            imports=[("amine.engine.device.minis", ["add_minis"])],
            stages={"arrive": ["add_minis(X, minis, k)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> MiniState:
        b = build.layout
        return MiniState(drawn.content, b.blocks, b.slices, b.net.dt, b.real)
