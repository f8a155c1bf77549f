"""Non-finite states: a test for them, and the error that names the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation, SimulationSnapshot


def finite(sim: Simulation) -> bool:
    """Whether all states of all neurons and synapses are finite; lanes beyond the last neuron do not count."""
    for at, states in sim.watched:
        if not np.isfinite(states).all() and not all(np.isfinite(at.get(sim.arrays.X, s)).all() for s in at.states):
            return False
    return all(s.finite() for s in sim.states.values())


def report(sim: Simulation, before: SimulationSnapshot, steps: int) -> None:
    """Repeats the chunk, bisecting for the step, and raises the error that names object, variable and time."""
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
    """Place, problem and hint of the first non-finite state."""
    for p in sim.slices:
        for s in p.states:
            wrong = np.flatnonzero(~np.isfinite(p.get(sim.arrays.X, s)))
            if len(wrong):
                hint = "check its parameters, inputs and weights, or give the network a smaller dt"
                where = f"Population '{p.member.name}', neuron {int(wrong[0])}, variable '{s}'"
                return where, "it is not a finite number", hint
    return next((s.fault() for s in sim.states.values() if not s.finite()), None)
