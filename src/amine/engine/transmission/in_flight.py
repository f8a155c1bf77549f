"""Weights of kinetic synapses that are set while pulses of transmitter are under way.

A target counts the weights of the receptors that are exposed to transmitter (the row of masses). A pulse that began with one weight and
ends with another would leave a remainder there for ever, so masses of pulses under way are brought to the new weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.connectivity import Connections
from amine.engine.device.pulse_tables import G_DIM, G_ID0, G_LIST, G_PAY, G_SITES, G_STATE, G_WIDTH
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.routes import Route
from amine.engine.transmission.kinetic import KineticNetwork, build, quanta
from amine.errors import AmineError
from amine.models.naming import port_name
from amine.models.ports import scheme
from amine.models.sums import QUANTUM

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation

MOST = 2.0  # a mass row has room for twice the weights of the beginning


def require_room(sim: Simulation, resolved: Resolved, where: str) -> None:
    """Raises AmineError if the weights of kinetic synapses exceed what the targets' rows of masses can hold."""
    built = sim.built.layout
    known = sim.drawn["kinetic"].totals.parameters
    found = quanta(resolved, sim.slices, build(resolved, sim.slices, built.blocks, sim.precision), sim.precision)
    for p, parameters in found.items():
        for name, x in parameters.items():
            if name.startswith(QUANTUM) and x > MOST * known[p][name]:
                hint = "set it before the first step, or describe a network with it"
                raise AmineError(
                    where, "the weights are more than twice those that the sums at the targets were made for", hint=hint
                )


def correct_masses(sim: Simulation, r: Route, was: Connections, now: Connections) -> None:
    """Brings the masses of pulses that are under way to the present weights of a route."""
    state = sim.states["kinetic"]
    assert isinstance(state, KineticNetwork)
    q = next(x.pulse for x in sim.built.layout.resolved.pulsed if r in x.routes)
    row = state.at_source.table[q]
    if not row[G_WIDTH]:  # transmitter is cleared: targets hold no masses
        return
    group = state.groups[q][1]
    sizes = np.cumsum([len(scheme(m).states) for m in group.schemes])
    labels = next(x.labels for x in sim.built.layout.resolved.pulsed if r in x.routes)
    c = int(sizes[labels.index(r.label)]) - 1
    mass = _delivered(sim, state, row, c, now)
    p, target = r.destination, sim.slices[r.destination]
    quantum = sim.drawn["kinetic"].totals.parameters[p][port_name(QUANTUM, r.label)]
    first = port_name(f"{scheme(group.schemes[labels.index(r.label)]).free[0]}_on", r.label)
    slots = now.slots + target.row_base(port_name("M", r.label)) - target.row_base(first)
    change = np.rint(now.weights * mass / quantum) - np.rint(was.weights * mass / quantum)
    np.add.at(state.whole, slots, change.astype(state.whole.dtype))


def _delivered(sim: Simulation, state: KineticNetwork, row: np.ndarray, c: int, x: Connections) -> np.ndarray:
    """Mass of each synapse that its target counts as exposed to transmitter: that of the source, less what has not arrived."""
    D, units = int(row[G_DIM]), max(1, int(row[G_SITES]))
    n = int(x.sources.max(initial=-1)) + 1
    at = int(row[G_STATE]) + np.arange(n * units)[:, None] * 2 * D + D + c
    exposed = state.at_source.X[at].reshape(n, units).sum(1)
    ages = int(x.steps.max(initial=0)) + 1  # an event of this age has not arrived
    late = np.zeros((n, ages + 1))  # mass of the events of the last steps
    for age, found in enumerate(_events(sim, row, c, ages)):
        for neuron, mass in found:
            if neuron < n:
                late[neuron, age + 1] += mass
    waiting = np.cumsum(late, 1)
    return exposed[x.sources] - waiting[x.sources, x.steps + 1]


def _events(sim: Simulation, row: np.ndarray, c: int, ages: int) -> list[list[tuple[int, float]]]:
    """Neurons and masses of the starts and ends of pulses in each of the last steps, the last first."""
    lists, out = sim.lists, []
    for age in range(ages):
        each: list[tuple[int, float]] = []
        slot = lists.used - 1 - age
        for which in (int(row[G_LIST]), int(row[G_LIST]) + 1) if slot >= 0 else ():
            for t in range(lists.threads):
                a, b = (int(lists.parts[slot, which, t, k]) for k in (BEGIN, END))
                masses: Sequence[float] = lists.payload[int(row[G_PAY]) + c, t, a:b].tolist()
                each += zip((lists.ids[t, a:b] - int(row[G_ID0])).tolist(), masses, strict=True)
        out.append(each)
    return out


__all__ = ["correct_masses", "require_room"]
