"""The canonical order of a bundle's synapses, which does not depend on the number of threads."""

from __future__ import annotations

import numpy as np

from amine.engine.build.connectivity import Bundle, Shard


def canonical(b: Bundle) -> list[np.ndarray]:
    """For each shard, the positions of its synapses in the canonical order: by source, delay and target."""
    keys = [_keys(b, shard) for shard in b.shards]
    sizes = [len(k[0]) for k in keys]
    source, delay, slot = (np.concatenate(x) for x in zip(*keys, strict=True))
    position = np.empty(len(source), np.int64)
    index = np.lexsort((slot, delay, source))  # stable: synapses of one pair keep their order
    position[index] = np.arange(len(source))
    return np.split(position, np.cumsum(sizes)[:-1])


def _keys(b: Bundle, shard: Shard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = len(shard.rows) - 1
    source = np.repeat(np.arange(n), np.diff(shard.rows))
    delay = np.zeros(len(source), np.int64)
    if shard.seg is not None:
        counts = np.diff(shard.seg.astype(np.int64), axis=1).ravel()
        delay = np.repeat(np.tile(np.arange(b.n_delays), n), counts)
    slots = shard.slots[:, 0] if shard.slots.ndim == 2 else shard.slots
    return source, delay, slots.astype(np.int64)


def gathered(parts: list[np.ndarray], positions: list[np.ndarray]) -> np.ndarray:
    """Values of all shards in the canonical order."""
    out = np.empty((sum(map(len, positions)), *parts[0].shape[1:]), parts[0].dtype)
    for part, position in zip(parts, positions, strict=True):
        out[position] = part
    return out
