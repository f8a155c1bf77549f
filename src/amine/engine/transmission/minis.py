"""Spontaneous release: quanta that come at random times at each synapse, without a spike.

Synapses release as independent Poisson processes of one rate, so a target gets a Poisson process of the rate of all its
synapses together, and which of them released is then drawn evenly: this is exact, and costs by target, not by synapse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numba import njit

from amine.engine.device.functions import philox, random_block
from amine.engine.device.synaptic import size_of

M_BLOCK, M_BLOCKS, M_PLACE, M_STREAM, M_COLUMNS = range(5)
I64, U32, F64 = np.int64, np.uint32, np.float64
TWO32 = 4294967296.0


@njit(nogil=True, error_model="numpy")
def add_minis(X, M, P, threshold, start, slot, weight, step, words, k0, k1):
    """Adds this step's spontaneous quanta; M and P are the tables of (bundle) and its (rate per step, cv)."""
    for b in range(M.shape[0]):
        for j in range(M[b, M_BLOCKS]):
            random_block(words, M[b, M_BLOCK] + j, step, 0x60000000 + M[b, M_STREAM], k0, k1)
            first = M[b, M_PLACE] + j * 64
            for lane in range(64):
                if words[lane] < threshold[first + lane]:
                    add_events(X, P, b, first + lane, start, slot, weight, words[lane], step, M[b, M_STREAM], k0, k1)


@njit(nogil=True, error_model="numpy")
def add_events(X, P, b, target, start, slot, weight, word, step, stream, k0, k1):
    """All quanta of one target in one step: their number by the word that said there are some, each by words of its own."""
    a, n = start[target + b], start[target + b + 1] - start[target + b]
    mean, u = P[b, 0] * n, (F64(word) + 0.5) / TWO32
    term = math.exp(-mean)
    left, count = 1.0 - term, 0
    while u < left and count < 200:
        q, x, y, _ = philox(U32(slot[target]), U32(step), U32(count), U32(0x61000000 + stream), k0, k1)
        which = a + min(I64(F64(q) / TWO32 * n), n - 1)
        size = size_of(1.0, P[b, 1], x, y) if P[b, 1] > 0.0 else 1.0
        X[slot[target]] += X.dtype.type(weight[which] * size)
        count += 1
        term *= mean / count
        left -= term


@dataclass
class MiniBundle:
    """The synapses of a projection onto one population, by target."""

    bundle: Any
    place: Any
    row: str
    stream: int
    rate: float
    cv: float


class Minis:
    """Spontaneous release of all projections that have it; without state, since its numbers are named by the step."""

    def __init__(self, bundles: list[MiniBundle], blocks: np.ndarray, places: Sequence[Any], dt: float, real: Any):
        self.P = np.array([[b.rate * dt, b.cv] for b in bundles]).reshape(-1, 2)
        self.threads = [self._thread(t, bundles, blocks, places, dt, real) for t in range(len(blocks))]

    def _thread(self, t: int, bundles: list[MiniBundle], blocks: Any, places: Any, dt: float, real: Any) -> Any:
        M = np.zeros((len(bundles), M_COLUMNS), np.int64)
        threshold, start, slot, weight, at, held = [], [], [], [], 0, 0
        for row, b in zip(M, bundles, strict=True):
            first, last = blocks[t, [id(p) for p in places].index(id(b.place))]
            neurons = np.arange(first * 64, last * 64)
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
        joined = [np.concatenate([*x, np.zeros(1, np.int64)]) for x in (threshold, start, slot, weight)]
        types = (np.uint32, np.int64, np.int64, real)
        return (M, *(x.astype(k) for x, k in zip(joined, types, strict=True)))

    def arguments(self, t: int) -> tuple[Any, ...]:
        """What the kernel of thread ``t`` takes."""
        M, *rest = self.threads[t]
        return M, self.P, *rest

    def copy(self) -> None:
        """Nothing is kept."""

    def paste(self, saved: Any) -> None:
        """Nothing is kept."""

    def state(self) -> dict[str, np.ndarray]:
        """Nothing is kept."""
        return {}

    def set_state(self, s: Any) -> None:
        """Nothing is kept."""


def _weights(bundle: Any, shard: Any) -> np.ndarray:
    if shard.weights is not None:
        return shard.weights.ravel()
    return shard.slots.view(np.float32)[:, 1] if shard.slots.ndim == 2 else np.full(len(shard.slots), bundle.weight)


def build(
    resolved: Any, module: ModuleType, places: Sequence[Any], blocks: np.ndarray, precision: str
) -> list[MiniBundle]:
    """Draws the synapses of all routes with spontaneous release."""
    from amine.engine.build.connectivity import build_bundle
    from amine.engine.build.wiring import spec_of, target_row
    from amine.units import to_internal

    net, out = resolved.net, []
    for r in resolved.routes:
        if r.synapses.minis is None:
            continue
        row = target_row(places, r)
        release: Any = r.synapses.release
        spec = spec_of(net, r, places, blocks, row)
        bundle = build_bundle([spec], places[r.origin].n, blocks.shape[0], net.dt, precision, net.seed)
        rate = float(to_internal(r.synapses.minis, "1/ms", f"{r.where}, minis"))
        cv = float(to_internal(release.parameters["cv"], "1", "cv")) if release is not None and release.quantal else 0.0
        out.append(MiniBundle(bundle, places[r.destination], row, r.stream * 16 + r.port, rate, cv))
    return out
