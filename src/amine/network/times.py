"""Rounding of a description's times to steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amine.distributions import Distribution
from amine.errors import AmineError, warn
from amine.models.limits import refractory_of
from amine.models.multicompartment import Cable
from amine.network.parts import Population
from amine.values import Array, Formula, Value, scalar

LONGEST = 2**30  # steps; the engine counts steps in 32 bits


def check_refractory(population: Population, dt: float, where: str) -> None:
    """Check that the refractory time of a population can be counted in steps of ``dt`` ms, and warn if rounding changes it."""
    model = population.model
    name = "t_ref" if isinstance(model, Cable) else refractory_of(model.equations)
    if name in population.parameters:
        rounded = population.spikes == "grid"
        check_steps(population.parameters[name], dt, f"{where}, parameter '{name}'", rounded)


def check_steps(value: Value, dt: float, where: str, rounded: bool = True) -> None:
    """Refuse a time that is too long to be counted in steps of ``dt`` ms, and warn if it is ``rounded`` by over 1 %."""
    if isinstance(value, Distribution):
        return
    if isinstance(value, Formula):
        value, rounded = Array(np.array([value.high]), value.unit), False
    times: Any = value.values.ravel() if isinstance(value, Array) else [scalar(value, "ms", where)]
    longest = max(map(float, times), default=0.0)
    if longest / dt > LONGEST:
        raise AmineError(
            where, "the time is too long", given=f"{longest:g} ms", expected=f"at most {LONGEST * dt:g} ms"
        )
    if isinstance(value, Array) or not rounded:
        return
    steps = math.floor(longest / dt + 0.5)
    if abs(steps * dt - longest) > 0.01 * longest:
        hint = f"give a multiple of {dt:g} ms, or the network a smaller dt"
        warn(where, f"it is rounded to {steps * dt:g} ms, whole steps of {dt:g} ms", given=value, hint=hint)
