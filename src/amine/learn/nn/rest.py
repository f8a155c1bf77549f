"""What it takes to make a resting neuron fire: the natural unit of a drive, and the place of the threshold that acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from amine.learn.nn.constants import Numbers, numbers

GRID = 64
WINDOW = 20.0  # ms in which an impulse must have made a spike


@dataclass(frozen=True)
class Excitability:
    """Answer of a resting neuron to an impulse of one step.

    ``impulse`` is the least current (pA) over one step that makes it fire; ``distance`` how far that carries the
    threshold's variable, and ``edge`` the margin that it reaches: 0 for a neuron that fires at once, below 0 for one
    whose upswing begins earlier than its spike is counted, such as the AdEx neuron.
    """

    impulse: float
    distance: float
    edge: float


class _Hard(Numbers):
    @staticmethod
    def spike(m: Any) -> Any:
        return np.where(np.asarray(m) > 0, 1.0, 0.0)

    @staticmethod
    def stop(x: object) -> Any:
        return x

    @staticmethod
    def blend(s: Any, a: Any, b: Any) -> Any:
        return np.where(s > 0, b, a)


def excitability(code: ModuleType, values: Mapping[str, Any], dt: float, where: str) -> Excitability | None:
    """The answer of a neuron with the mean of each parameter; None if it has no threshold or starts above it.

    A neuron that fires without input, or not even after a great impulse, has the values of the linear estimate: the
    impulse that would carry it to its threshold by its slope at the start.
    """
    if not code.SPIKES:
        return None
    mean = {p: float(np.mean(x)) for p, x in values.items()} | {"gain": 1.0}
    c = {n: float(x) for n, x in numbers(code, mean, dt, where).items()}
    rest = {s: float(x) for s, x in code.initial(Numbers(), mean).items()}
    start = float(code.margin_at_rest(Numbers(), mean))
    slope = _rise(code, c, rest)
    if start >= 0 or slope <= 0:
        return None
    linear = Excitability(-start / slope, -start, 0.0)
    if _fires(code, c, rest, np.zeros(1), dt)[0]:
        return linear
    grid = linear.impulse * np.geomspace(1e-4, 10.0, GRID)
    for _ in range(4):
        hit = np.flatnonzero(_fires(code, c, rest, grid, dt))
        if not len(hit):
            return linear
        i = int(hit[0])
        grid = np.linspace(grid[i - 1] if i else 0.0, grid[i], GRID)
    hit = np.flatnonzero(_fires(code, c, rest, grid, dt))
    impulse = float(grid[int(hit[0])] if len(hit) else grid[-1])
    edge = float(_step(code, c, rest, np.array([impulse]))[1]["margin"][0])
    edge = 0.0 if abs(edge) < 1e-3 * abs(start) else edge
    return Excitability(impulse, edge - start, edge)


def _step(code: ModuleType, c: Any, state: Any, x: np.ndarray) -> Any:
    zero = np.zeros_like(x)
    inputs = dict.fromkeys((*code.INPUTS, *code.NOISES), zero) | {"x": x}
    with np.errstate(all="ignore"):
        return code.step(_Hard(), c, {s: v + zero for s, v in state.items()}, inputs, np.ones_like(x), 0.0)


def _rise(code: ModuleType, c: Any, rest: Any) -> float:
    """By how much a current of 1 pA raises the margin within a step."""
    small = np.array([0.0, 1e-3])
    m = _step(code, c, rest, small)[1]["margin"]
    return float(m[1] - m[0]) / 1e-3


def _fires(code: ModuleType, c: Any, rest: Any, amplitudes: np.ndarray, dt: float) -> np.ndarray:
    """Whether an impulse in the first step makes a spike within the window."""
    state, x, fired = rest, amplitudes, np.zeros(amplitudes.shape, bool)
    for _ in range(max(2, round(WINDOW / dt))):
        state, out = _step(code, c, state, x)
        fired |= out["spikes"] > 0
        x = np.zeros_like(amplitudes)
    return fired
