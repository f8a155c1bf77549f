"""Continuous coupling: the columns of its table, and sums whose order does not depend on the number of threads."""

from __future__ import annotations

from amine.engine.device.coupling_tables import LANES
from amine.engine.device.functions import njit


@njit(nogil=True, cache=True, error_model="numpy")
def total(values, first, n, lanes):
    """The sum of ``n`` values from ``first`` on, by 64 partial sums; ``lanes`` is scratch."""
    for lane in range(LANES):
        lanes[lane] = 0.0
    whole = n // LANES
    for b in range(whole):
        o = first + b * LANES
        for lane in range(LANES):
            lanes[lane] += values[o + lane]
    for lane in range(n - whole * LANES):
        lanes[lane] += values[first + whole * LANES + lane]
    width = LANES // 2
    while width:
        for lane in range(width):
            lanes[lane] += lanes[lane + width]
        width //= 2
    return lanes[0]


__all__ = ["total"]
