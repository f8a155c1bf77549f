"""States that are no numbers: whether there are any, and the sentence that names the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError

if TYPE_CHECKING:
    from amine.engine.build.slices import Slice
    from amine.engine.time.simulation import Simulation


def finite(sim: Simulation) -> bool:
    """Whether all states of all neurons and synapses are finite; lanes beyond the last neuron do not count."""
    X = sim.arrays.X
    return all(_finite(p, X) for p in sim.places if p.states) and all(s.finite() for s in sim.states.values())


def _finite(place: Slice, X: np.ndarray) -> bool:
    if np.isfinite(place.view(X)[:, : len(place.states)]).all():
        return True
    return all(np.isfinite(place.get(X, s)).all() for s in place.states)


def report(sim: Simulation, before: dict[str, Any], steps: int) -> None:
    """Runs the chunk again by halves to find the step, then raises the error that names who, what and when."""
    good, bad = 0, steps
    while bad - good > 1:
        middle = (good + bad) // 2
        sim.restore(before)
        sim.chunk(middle)
        good, bad = (middle, bad) if finite(sim) else (good, middle)
    sim.restore(before)
    sim.chunk(bad)
    found = _culprit(sim)
    sim.restore(before)
    if found is None:
        raise AmineError("Network.run", "a state is not finite", hint="try a smaller dt")
    where, problem, hint = found
    raise AmineError(where, f"{problem} at {(before['step'] + bad) * sim.net.dt:g} ms", hint=hint)


def _culprit(sim: Simulation) -> tuple[str, str, str] | None:
    """The first state that is no number, and what to do about it."""
    for p in sim.places:
        for s in p.states:
            wrong = np.flatnonzero(~np.isfinite(p.get(sim.arrays.X, s)))
            if len(wrong):
                hint = "check its parameters, inputs and weights, or give the network a smaller dt"
                where = f"Population '{p.member.name}', neuron {int(wrong[0])}, variable '{s}'"
                return where, "it is not a finite number", hint
    return next((s.fault() for s in sim.states.values() if not s.finite()), None)
