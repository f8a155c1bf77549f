"""Threads for compiled scans: as many as PyTorch uses, kept alive between calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def threads() -> int:
    """Number of threads that scans use: ``torch.get_num_threads()``."""
    return torch.get_num_threads()


def spread(work: Callable[[int, int, int], Any], size: int, grain: int) -> None:
    """Calls ``work(part, first, last)`` for parts of ``range(size)`` that are multiples of ``grain``, side by side."""
    units = -(-size // grain)
    parts = max(1, min(threads(), units))
    edges = [min(size, units * t // parts * grain) for t in range(parts + 1)]
    if parts == 1:
        work(0, 0, size)
        return
    key = (os.getpid(), parts)  # a forked process has none of its parent's threads
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(parts - 1, "amine")
    others = [_pools[key].submit(work, t, edges[t], edges[t + 1]) for t in range(1, parts)]
    try:
        work(0, edges[0], edges[1])
    finally:
        for o in others:
            o.result()
