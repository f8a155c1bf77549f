"""Excitability of a resting neuron: the natural unit of its drive, and the margin at which it fires."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from amine.equations.given import is_uniform
from amine.learn.nn.constants import Numbers, numbers
from amine.records import dataclass

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.learn.given import ParameterValue

T = TypeVar("T")
Arrays: TypeAlias = dict[str, np.ndarray]
GRID = 64
WINDOW = 20.0  # ms within which an impulse must cause a spike
LONG, MOST_STEPS = 100.0, 2000  # ms, and steps, within which a constant current must cause one


@dataclass(frozen=True)
class Excitability:
    """Response of a resting neuron to an impulse of one step.

    ``impulse`` is the smallest current (pA) over one step that makes it fire; ``distance`` the change of the threshold's
    variable by it, and ``edge`` the margin that is reached: 0 for a neuron that fires at once, negative for one
    with an upswing before its spike, such as the AdEx neuron.
    """

    impulse: float
    distance: float
    edge: float


class _Hard(Numbers):
    """Namespace ``np`` of generated code with spikes of 0 or 1."""

    @staticmethod
    def spike(m: npt.ArrayLike) -> np.ndarray:
        return np.where(np.asarray(m) > 0, 1.0, 0.0)

    @staticmethod
    def stop(x: T) -> T:
        return x

    @staticmethod
    def blend(s: np.ndarray, a: npt.ArrayLike, b: npt.ArrayLike) -> np.ndarray:
        return np.where(s > 0, b, a)


def excitability(code: ModuleType, values: Mapping[str, ParameterValue], dt: float, where: str) -> Excitability | None:
    """Excitability of a neuron with the mean of each parameter; None if it has no threshold or starts above it.

    For a neuron that fires without input, or not even after a strong impulse, it is the linear estimate: the
    impulse that would bring it to its threshold by the initial slope.
    """
    if not code.SPIKES:
        return None
    mean = {p: float(np.mean(x)) for p, x in values.items()} | {"gain": 1.0, "dt": dt}
    c = {n: float(x) for n, x in numbers(code, mean, dt, where).items()}
    rest = {s: float(x) for s, x in code.initial(Numbers(), mean | {n: mean_of(n) for n in code.DRAWS}).items()}
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


def rheobase(code: ModuleType, values: Mapping[str, ParameterValue], dt: float, where: str, impulse: float) -> float:
    """Least constant current (pA) by which a resting neuron fires within a long time, to a few per cent; at most ``impulse``."""
    mean = {p: float(np.mean(x)) for p, x in values.items()} | {"gain": 1.0, "dt": dt}
    c = {n: float(x) for n, x in numbers(code, mean, dt, where).items()}
    state: Mapping[str, ParameterValue] = {
        s: float(x) for s, x in code.initial(Numbers(), mean | {n: mean_of(n) for n in code.DRAWS}).items()
    }
    grid = impulse * np.geomspace(1e-3, 1.0, GRID)
    fired = np.zeros(GRID, bool)
    for _ in range(min(MOST_STEPS, round(LONG / dt))):
        state, out = _step(code, c, state, grid)
        fired |= out["spikes"] > 0
    return float(grid[np.flatnonzero(fired)[0]]) if fired.any() else impulse


def response(
    code: ModuleType, values: Mapping[str, ParameterValue], dt: float, where: str, current: float, steps: int
) -> np.ndarray:
    """Change of the margin to the threshold at the end of each step by a weak current (pA) in the first one (steps,)."""
    mean = {p: float(np.mean(x)) for p, x in values.items()} | {"gain": 1.0, "dt": dt}
    c = {n: float(x) for n, x in numbers(code, mean, dt, where).items()}
    state: Mapping[str, ParameterValue] = {
        s: float(x) for s, x in code.initial(Numbers(), mean | {n: mean_of(n) for n in code.DRAWS}).items()
    }
    x, out = np.array([0.0, current]), np.empty(steps)
    for k in range(steps):
        state, made = _step(code, c, state, x)
        out[k] = made["margin"][1] - made["margin"][0]
        x = np.zeros(2)
    return out


def mean_of(noise: str) -> float:
    """Mean of a noise or random number."""
    return 0.5 if is_uniform(noise) else 0.0


def _step(
    code: ModuleType, c: Mapping[str, float], state: Mapping[str, ParameterValue], x: np.ndarray
) -> tuple[Arrays, Arrays]:
    """States and outputs after one step with the drive ``x`` (amplitudes,)."""
    zero = np.zeros_like(x)
    typical = {n: zero + mean_of(n) for n in code.NOISES}
    inputs = dict.fromkeys(code.INPUTS, zero) | typical | {"x": x}
    with np.errstate(all="ignore"):
        return code.step(_Hard(), c, {s: v + zero for s, v in state.items()}, inputs, np.ones_like(x), 0.0)


def _rise(code: ModuleType, c: Mapping[str, float], rest: Mapping[str, float]) -> float:
    """Increase of the margin by a current of 1 pA within a step."""
    small = np.array([0.0, 1e-3])
    m = _step(code, c, rest, small)[1]["margin"]
    return float(m[1] - m[0]) / 1e-3


def _fires(
    code: ModuleType, c: Mapping[str, float], rest: Mapping[str, float], amplitudes: np.ndarray, dt: float
) -> np.ndarray:
    """Whether an impulse of each amplitude in the first step causes a spike within the window (amplitudes,)."""
    state: Mapping[str, ParameterValue] = rest
    x, fired = amplitudes, np.zeros(amplitudes.shape, bool)
    for _ in range(max(2, round(WINDOW / dt))):
        state, out = _step(code, c, state, x)
        fired |= out["spikes"] > 0
        x = np.zeros_like(amplitudes)
    return fired
