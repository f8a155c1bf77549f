"""Warnings of time steps that are too coarse for a neuron with channels."""

from __future__ import annotations

import hashlib
import json
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
    """The step (ms) at which the rate of a neuron of the library is 1 % off, from a table; None for other equations."""
    if model.name not in ONE_PERCENT or model.equations != find.get(model.name).equations:
        return None
    return ONE_PERCENT[model.name]


_found: dict[tuple[str, float], float] = {}  # by equations and time step, in this process


def _kept_step(model: Model, dt: float) -> float:
    """The step of 1 % error of a model, estimated within a second and kept beside its compiled code.

    Once in a process for the same equations, with the parameters that come first: a sweep over values does not estimate at each point.
    """
    if (model.equations, dt) not in _found:
        _found[model.equations, dt] = _on_disk(model, dt)
    return _found[model.equations, dt]


def _on_disk(model: Model, dt: float) -> float:
    values = {n: to_plain(v) for n, v in model.parameters.items()}
    described = [_ESTIMATE, model.equations, dict(model.units), values, dt]
    path = directory() / f"amine_accuracy_{structure_hash(json.loads(json.dumps(described, default=str)))}.json"
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
