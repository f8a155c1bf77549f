"""Warnings of time steps that are too coarse for a neuron with channels."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from amine.engine.codegen.cache import directory, read_own, structure_hash, write_own
from amine.engine.resolve.resolved import Member
from amine.errors import AmineError, warn
from amine.models import find, firing
from amine.models.firing import ONE_PERCENT, step_of_one_percent
from amine.models.model import Model
from amine.values import to_plain

_ESTIMATE = hashlib.sha256(Path(firing.__file__).read_bytes()).hexdigest()
GATED = "exponential_euler"  # how a voltage is advanced that gates follow


def warn_of_the_step(member: Member, integrators: dict[str, str], dt: float) -> None:
    """Warns if the rate of a neuron with channels is estimated to be more than 1 % off at a time step."""
    model = member.population.model
    if integrators.get("v") != GATED or list(integrators.values()).count(GATED) < 2:
        return
    step = known_step(model) or _kept_step(model, dt)
    error = 0.01 * (dt / step) ** 2
    if error > 0.0101:
        warn(
            f"Population '{member.name}'",
            f"with steps of {dt:g} ms its rate of firing is off by about {100 * min(error, 1.0):.2g} %",
            hint="give the network a smaller dt; model.accuracy(dt) estimates it",
        )


def known_step(model: Model) -> float | None:
    """The step (ms) at which the rate of a neuron of the library is 1 % off, from a table; None for other models."""
    if model.name not in ONE_PERCENT:
        return None
    library = find.get(model.name)
    same = model.equations == library.equations and model.parameters == library.parameters
    return ONE_PERCENT[model.name] if same else None


def _kept_step(model: Model, dt: float) -> float:
    """The step of 1 % error: estimated once for each model, within a second, and kept beside its compiled code."""
    values = {n: to_plain(v) for n, v in model.parameters.items()}
    described = [_ESTIMATE, model.equations, dict(model.units), values, dt]
    return _step(structure_hash(json.loads(json.dumps(described, default=str))), model, dt)


@lru_cache(maxsize=1024)
def _step(key: str, model: Model, dt: float) -> float:
    path = directory() / f"accuracy_{key}.json"
    kept = read_own(path)
    if kept is not None:
        return float(json.loads(kept))
    try:
        found = step_of_one_percent(model, dt)
    except AmineError:  # it has no estimate, for example because it draws random numbers
        found = float("inf")
    write_own(path, json.dumps(found).encode())
    return found


__all__ = ["known_step", "warn_of_the_step"]
