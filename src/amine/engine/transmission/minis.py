"""Spontaneous release: quanta that come at random times at each synapse, without a spike.

Synapses release as independent Poisson processes of one rate, so a target gets a Poisson process of the rate of all its
synapses together, and which of them released is then drawn evenly: this is exact, and costs by target, not by synapse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.build.connectivity import build_bundle
from amine.engine.build.wiring import spec_of, target_row
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.minis import M_BLOCK, M_BLOCKS, M_COLUMNS, M_PLACE, M_REALS, M_STREAM, TWO32
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.release import variation_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, State
from amine.units import to_internal


@dataclass
class MiniBundle:
    """The synapses of a projection onto one population, by target."""

    bundle: Any
    place: Any
    row: str
    stream: int
    rate: float
    cv: float


class MiniState(State):
    """Spontaneous release of all projections that have it; without state, since its numbers are named by the step."""

    def __init__(self, bundles: list[MiniBundle], blocks: np.ndarray, places: Sequence[Any], dt: float, real: Any):
        self._numbers = np.array([[b.rate * dt, b.cv] for b in bundles]).reshape(-1, M_REALS)
        self._threads = [self._thread(t, bundles, blocks, places, dt, real) for t in range(len(blocks))]

    def _thread(
        self, t: int, bundles: list[MiniBundle], blocks: Any, places: Any, dt: float, real: Any
    ) -> arguments.Minis:
        M = np.zeros((len(bundles), M_COLUMNS), np.int64)
        threshold, start, slot, weight, at, held = [], [], [], [], 0, 0
        for row, b in zip(M, bundles, strict=True):
            first, last = blocks[t, [id(p) for p in places].index(id(b.place))]
            neurons = np.arange(first * BLOCK, last * BLOCK)
            own = b.place.slots(b.row, neurons)
            shard = b.bundle.shards[t]
            slots = (shard.slots[:, 0] if shard.slots.ndim == 2 else shard.slots).astype(np.int64)
            order = np.argsort(slots, kind="stable")
            begin = np.searchsorted(slots[order], own)
            count = np.searchsorted(slots[order], own, side="right") - begin
            w = _weights(b.bundle, shard)[order]
            row[[M_BLOCK, M_BLOCKS, M_PLACE, M_STREAM]] = first, last - first, at, b.stream
            threshold.append(np.minimum((1.0 - np.exp(-b.rate * dt * count)) * TWO32, TWO32 - 1).astype(np.uint32))
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


def _joined(parts: list[np.ndarray], kind: Any) -> np.ndarray:
    """Arrays one after the other, and one entry that nothing reads, so that there is one."""
    return np.concatenate([*parts, np.zeros(1, np.int64)]).astype(kind)


def _weights(bundle: Any, shard: Any) -> np.ndarray:
    return shard.weight_of_each(bundle.weight)


def build(
    resolved: Any, module: ModuleType, places: Sequence[Any], blocks: np.ndarray, precision: str
) -> list[MiniBundle]:
    """Draws the synapses of all routes with spontaneous release."""
    net, out = resolved.net, []
    for r in resolved.routes:
        if r.synapses.minis is None:
            continue
        row = target_row(places, r)
        release: Any = r.synapses.release
        spec = spec_of(net, r, places, blocks, row)
        bundle = build_bundle([spec], places[r.origin].n, blocks.shape[0], net.dt, precision, net.seed)
        rate = float(to_internal(r.synapses.minis, "1/ms", f"{r.where}, minis"))
        cv = variation_of(release)
        out.append(MiniBundle(bundle, places[r.destination], row, r.stream * 16 + r.port, rate, cv))
    return out


class Minis(Part):
    """The part of the loop that adds quanta without spikes."""

    name = "minis"

    def applies(self, resolved: Resolved) -> bool:
        return any(r.synapses.minis is not None for r in resolved.routes)

    def draw(self, layout: Layout) -> Drawn:
        """The synapses of spikes once more, which therefore do not count."""
        return Drawn(content=build(layout.resolved, layout.module, layout.places, layout.blocks, layout.precision))

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("minis", arguments.Minis),
            imports=[("amine.engine.device.minis", ["add_minis"])],
            stages={"arrive": ["add_minis(X, minis, k, k0, k1)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> MiniState:
        b = build.layout
        return MiniState(drawn.content, b.blocks, b.places, b.net.dt, b.real)
