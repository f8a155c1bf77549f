"""Estimated accuracy of a point neuron: its rate of firing with a step, against a finer one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from amine import equations
from amine.distributions import Distribution
from amine.errors import AmineError
from amine.values import Array, Value, scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.models.model import Model

SPAN = 300.0  # ms
SETTLED = 50.0  # ms
FINER = 8
RATE = 40.0  # Hz, looked for
LARGEST = 20e3  # pA
PROBE = 100.0  # pA, for neurons that don't fire

# the step in ms at which :func:`point_accuracy` gives about 1 %, with the parameters of the library; the error grows with its square
ONE_PERCENT = {"hodgkin_huxley": 0.13, "traub_miles": 0.14, "thalamic_relay": 0.1, "thalamic_reticular": 0.16}


def step_of_one_percent(model: Model, dt: float) -> float:
    """The step (ms) at which a neuron's rate is estimated to be 1 % off, by the error at ``dt``, which grows with its square.

    Infinite for a neuron that doesn't fire; raises AmineError as :func:`point_accuracy` does.
    """
    error = point_accuracy(model, dt).get("rate", 0.0)
    return dt * (0.01 / error) ** 0.5 if error > 0.0 else math.inf


def time_step(dt: Quantity, where: str, most: float = math.inf) -> float:
    """A time step in ms; a bare number is in ms."""
    bare = isinstance(dt, int | float) and not isinstance(dt, bool)
    step = float(dt) if bare else scalar(dt, "ms", where)
    if not 0.0 < step <= most:
        expected = f"ms, above 0 and at most {most:g}"
        raise AmineError(where, "this is no time step", given=repr(dt)[:40], expected=expected)
    return step


def point_accuracy(model: Model, dt: Quantity) -> dict[str, float]:
    """See :meth:`amine.models.model.Model.accuracy`."""
    where = f"{model.where}, accuracy"
    if model.kind != "neuron":
        raise AmineError(where, "only neurons have an accuracy", given=model.kind)
    if "v" not in model.state_units:
        raise AmineError(where, "only neurons with a voltage v have an accuracy", given=", ".join(model.state_units))
    step = time_step(dt, where, SPAN / 10)
    if "v" not in model.parsed.states:
        raise AmineError(where, "its equations have no voltage v")
    if model.parsed.draws:
        raise AmineError(where, "its equations draw random numbers, so that a rate has no single value")
    values = {model.read_as(n): _mean(v, model.units[n], where) for n, v in model.parameters.items()}
    march = equations.March(model.parsed, values)
    try:
        with np.errstate(all="ignore"):
            return _errors(march, step)
    except (
        ArithmeticError,
        ValueError,
    ) as e:  # of Python's mathematics, where NumPy would go on with what is not finite
        given, hint = f"steps of {step:g} ms", "try a smaller one, and look at the equations"
        raise AmineError(where, "a state leaves the range of numbers", given=given, hint=hint) from e


def _errors(march: Any, dt: float) -> dict[str, float]:
    """Error of the rate under a current with which the neuron fires, or of the voltage if it doesn't."""
    current = _drive(march, dt)
    if current is None:
        coarse, fine = (march.run(h, SPAN, PROBE)[1] for h in (dt, dt / FINER))
        n = min(len(coarse), len(fine))
        return {"voltage": float(np.abs(coarse[:n] - fine[:n]).max(initial=0.0)), "current": PROBE}
    coarse, fine = (_rate(march.run(h, SPAN, current)[0], h) for h in (dt, dt / FINER))
    return {"rate": abs(coarse / fine - 1.0) if fine > 0 else 1.0, "current": current}


def _mean(value: Value, unit: str, where: str) -> float:
    if isinstance(value, Array):
        return float(value.values.mean())
    if isinstance(value, Distribution):
        return float(value.internal(unit, where).a)
    return scalar(value, unit, where)


def _rate(times: np.ndarray, dt: float) -> float:
    """Rate between the first and the last spike after the start, in Hz; 0 with fewer than three.

    Spikes in one step after the other are one: without a refractory time a neuron spikes as long as it is above its threshold.
    """
    late = times[times > SETTLED]
    late = late[np.diff(late, prepend=0.0) > 1.5 * dt]
    return 1e3 * (len(late) - 1) / float(late[-1] - late[0]) if len(late) > 2 else 0.0


def _drive(march: Any, dt: float) -> float | None:
    """The least current, of a ladder of factors of 1.5, with which the neuron fires at the rate looked for; None if none does."""
    step, current = min(dt, 0.1), 0.0
    while current < LARGEST:
        try:
            times, _ = march.run(step, 150.0, current)
        except (ArithmeticError, ValueError):
            return None
        if 1e3 * np.count_nonzero(times > SETTLED) / 100.0 >= RATE:
            return current
        current = max(20.0, 1.5 * current)
    return None
