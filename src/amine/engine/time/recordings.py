"""From the states that a chunk recorded to what its probes ask for: quantities, sums over neurons, values at spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.transmission.probes import FOREVER, first_step, raw_states, steps_of
from amine.engine.transmission.quantities import TIME, Quantities, Quantity
from amine.engine.transmission.slow import SlowState
from amine.network.extracellular import POTENTIAL, potentials
from amine.network.parts import Probe
from amine.network.recordings import NEURON, SPIKES

if TYPE_CHECKING:
    from amine.engine.time.simulation import Chunk, Simulation


SAMPLES = 256  # of potentials that are summed at a time


class Made:
    """One probe whose recording is made of states after each chunk."""

    def __init__(self, sim: Simulation, spec: Probe):
        self.sim, self.spec = sim, spec
        self.p = sim.built.layout.index[spec.target.population]
        self.at = sim.slices[self.p]
        names = () if spec.electrodes else spec.variables
        self.quantities = Quantities(self.at).of(names, f"Probe '{spec.name}'")
        self.potentials = potentials(self.at.member.population, spec) if spec.electrodes else np.empty(0)
        self.states = raw_states(spec, self.at)
        self.neurons = np.arange(spec.target.start, spec.target.stop, spec.target.step)
        self.every = max(1, steps_of(spec.every, sim.net.dt, 1))
        self.start, self.stop = steps_of(spec.start, sim.net.dt, 0), steps_of(spec.stop, sim.net.dt, FOREVER)
        self.begin = first_step(spec, sim.net.dt)

    @property
    def needed(self) -> bool:
        """Whether the states are not the recording already."""
        return bool(self.quantities or self.spec.at or self.spec.reduce or self.spec.electrodes)

    @property
    def varying(self) -> bool:
        """Whether it reads parameters that doses and modulators change."""
        return any(n in self.at.member.varying for q in self.quantities.values() for n in q.parameters)

    def of(self, chunk: Chunk) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times and values of the recording in a chunk."""
        times, states = chunk.probes.get(self.spec.name, (self._times(chunk), {}))
        real = self.sim.real
        if self.spec.at:
            return self._at_events(chunk, states)
        if self.spec.electrodes:
            return times, {POTENTIAL: self._extracellular(states, len(times))}
        found = {n: self._value(n, states, times[:, None], self.neurons) for n in self.spec.variables}
        whole = {n: np.broadcast_to(x, (len(times), len(self.neurons))) for n, x in found.items()}
        if self.spec.reduce:  # along the contiguous axis: sums of a sample do not depend on other samples
            sums = {n: np.ascontiguousarray(x, float).sum(axis=1, keepdims=True) for n, x in whole.items()}
            whole = {n: x / len(self.neurons) if self.spec.reduce == "mean" else x for n, x in sums.items()}
        return times, {n: np.ascontiguousarray(x, real) for n, x in whole.items()}

    def _extracellular(self, states: dict[str, np.ndarray], samples: int) -> np.ndarray:
        """Potentials (samples, electrodes): sums in an order that does not depend on the number of samples."""
        out = np.empty((samples, len(self.spec.electrodes)), self.sim.real)
        for a in range(0, samples, SAMPLES):
            v = np.stack([np.asarray(x[a : a + SAMPLES], float) for x in states.values()], 2)
            for k, each in enumerate(self.potentials):
                out[a : a + SAMPLES, k] = (v * each).reshape(len(v), -1).sum(axis=1)
        return out

    def _times(self, chunk: Chunk) -> np.ndarray:
        """Times of the samples, of a recording that reads no state."""
        first, last = max(chunk.first, self.start), min(chunk.last, self.stop)
        begin = -(-first // self.every)
        return np.arange(begin, max(begin, -(-last // self.every))) * self.every * self.sim.net.dt

    def _value(self, name: str, states: dict[str, np.ndarray], times: np.ndarray, neurons: np.ndarray) -> np.ndarray:
        q = self.quantities.get(name)
        if q is None:
            return states[name]
        known: dict[str, Any] = {s: np.asarray(states[s], float) for s in q.states}
        return q.value(known | {TIME: times} | {n: self._parameter(n, neurons) for n in q.parameters})

    def _parameter(self, name: str, neurons: np.ndarray) -> float | np.ndarray:
        slow = self.sim.states.get("slow")
        found: Any = slow.parameter(self.p, name, self.at.n) if isinstance(slow, SlowState) else None
        found = self.sim.arrays.values[self.p][name] if found is None else found
        return np.asarray(found)[neurons] if np.ndim(found) else float(found)

    def _at_events(self, chunk: Chunk, states: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times, neurons and values at events, in the order of steps and neurons."""
        lowest = max(chunk.first, self.begin)
        ends = {
            s: self.sim.arrays.X[self.at.slots(s, self.neurons)] for s in self.states
        }  # at the end of the last step
        steps, column, early = (
            self._spikes(chunk) if self.spec.at == SPIKES else self._counted(chunk, states, ends, lowest)
        )
        late, rows = steps >= chunk.last, steps - lowest
        picked = {s: np.where(late, ends[s][column], _picked(x, rows, column, late)) for s, x in states.items()}
        times, neurons = steps * self.sim.net.dt, self.neurons[column]
        found = {n: np.broadcast_to(self._value(n, picked, times, neurons), times.shape) for n in self.spec.variables}
        values = {n: np.ascontiguousarray(x, self.sim.real) for n, x in found.items()}
        return (steps - early) * self.sim.net.dt, {NEURON: neurons.astype(np.int64), **values}

    def _spikes(self, chunk: Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray | float]:
        """Steps and columns of the spikes of the neurons, and the parts of a step by which they precede its end."""
        offset = chunk.ids.astype(np.int64) - self.at.id0 - self.spec.target.start
        column, rest = np.divmod(offset, self.spec.target.step)
        mine = (rest == 0) & (column >= 0) & (column < len(self.neurons))
        mine &= (chunk.steps >= self.start) & (chunk.steps < self.stop)
        early = 0.0 if chunk.early is None else chunk.early[mine].astype(float)
        return chunk.steps[mine], column[mine], early

    def _counted(
        self, chunk: Chunk, states: dict[str, np.ndarray], ends: dict[str, np.ndarray], lowest: int
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Steps and columns at which the count of an event rose."""
        count = states[self.spec.at]
        if len(count) and lowest + len(count) == chunk.last and chunk.last < self.stop:
            count = np.concatenate([count, ends[self.spec.at][None]])
        row, column = np.nonzero(np.diff(count, axis=0) > 0)
        return lowest + row + 1, column, 0.0


def _picked(x: np.ndarray, rows: np.ndarray, column: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Values of samples (rows, columns), anything where ``late``."""
    if not len(x):
        return np.zeros(len(rows), x.dtype)
    return x[np.where(late, 0, rows), column]


class Recordings:
    """All probes whose recordings are made of states."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._made = [m for m in (Made(sim, p) for p in sim.net.probes) if m.needed]
        self._varying = any(m.varying for m in self._made)

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if parameters that they read change before."""
        slow = self._sim.states.get("slow")
        if not self._varying or not isinstance(slow, SlowState):
            return steps
        return min(steps, (step // slow.every + 1) * slow.every - step)

    def make(self, chunk: Chunk) -> None:
        """Replaces the states of each probe by what it asks for."""
        chunk.probes |= {m.spec.name: m.of(chunk) for m in self._made}


__all__ = ["Quantity", "Recordings"]
