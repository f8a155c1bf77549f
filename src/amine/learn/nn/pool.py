"""Threads for compiled scans: as many as PyTorch uses, kept alive between calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch

PARTS = 4  # per thread
_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def threads() -> int:
    """Number of threads that scans use: ``torch.get_num_threads()``."""
    return torch.get_num_threads()


def spread(work: Callable[[int, int, int], object], size: int, grain: int) -> None:
    """Calls ``work(part, first, last)`` in parallel for parts of ``range(size)`` that are multiples of ``grain``.

    There are several parts per thread, and each thread takes the next one when it is free, so that a slow thread delays the rest little.
    """
    units = -(-size // grain)
    parts = max(1, min(threads() * PARTS, units)) if threads() > 1 else 1
    edges = [min(size, units * t // parts * grain) for t in range(parts + 1)]
    if parts == 1:
        work(0, 0, size)
        return
    left = iter(range(parts))  # next() on it is atomic

    def some() -> None:
        for t in left:
            work(t, edges[t], edges[t + 1])

    helpers = min(threads(), parts) - 1
    key = (os.getpid(), helpers)  # a forked process has none of its parent's threads
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(helpers, "amine")
    others = [_pools[key].submit(some) for _ in range(helpers)]
    try:
        some()
    finally:
        for o in others:
            o.result()
