"""Rounding of a description's times to steps."""

from __future__ import annotations

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
    times = value.values.ravel() if isinstance(value, Array) else np.array([scalar(value, "ms", where)])
    longest = float(times.max(initial=0.0))
    if longest / dt > LONGEST:
        raise AmineError(
            where, "the time is too long", given=f"{longest:g} ms", expected=f"at most {LONGEST * dt:g} ms"
        )
    whole = np.floor(times / dt + 0.5) * dt
    changed = np.flatnonzero(np.abs(whole - times) > 0.01 * times)
    if changed.size and rounded:
        k = int(changed[0])
        given = f"{times[k]:g} ms" if isinstance(value, Array) else value
        hint = f"give {'multiples' if isinstance(value, Array) else 'a multiple'} of {dt:g} ms, or the network a smaller dt"
        warn(where, f"it is rounded to {whole[k]:g} ms, whole steps of {dt:g} ms", given=given, hint=hint)
