"""Probes of states: the recorded places of each thread, and the traces of a chunk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.tables import BEGIN, END, PROBE_COLUMNS
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.part import Build, Drawn, Layout, Part, Samples, State
from amine.engine.transmission.quantities import Quantities, raw
from amine.network.parts import Probe
from amine.network.recordings import SPIKES, TIMES
from amine.records import dataclass
from amine.units import to_internal

OUTPUT_BYTES = 64 * 2**20
FOREVER = 2**62  # steps


@dataclass(frozen=True)
class Watched:
    """A probe in a layout."""

    name: str
    every: int  # steps from sample to sample
    start: int  # first step
    stop: int  # last step, exclusive
    variables: tuple[str, ...]
    places: Sequence[np.ndarray]  # for each variable, places in the state array of all neurons
    n: int
    owned: Sequence[Sequence[np.ndarray]]  # [thread][variable] indices of the neurons that the thread owns


class ProbeState(State):
    """Traces of the present chunk."""

    def __init__(self, specs: Sequence[Probe], layout: Layout):
        self._dt, self._real, self._threads = layout.net.dt, np.dtype(layout.real), layout.threads
        self.probes = [_watched(s, layout) for s in specs]
        self._out: list[arguments.Probes] = []
        self.begin(0, 0)

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if traces would take too much memory."""
        width = sum(len(p.variables) * p.n / p.every for p in self.probes) * self._real.itemsize
        return min(steps, max(1, int(OUTPUT_BYTES / width))) if width else steps

    def begin(self, step: int, steps: int) -> None:
        self._out = [self._thread(t, step, max(steps, 1)) for t in range(self._threads)]

    def _thread(self, t: int, step: int, steps: int) -> arguments.Probes:
        rows, places, at, out = [], [], 0, 0
        for probe in self.probes:
            samples = _samples(probe, step, step + steps)
            for where, mine in zip(probe.places, probe.owned[t], strict=True):
                rows.append((probe.every, at, at + len(mine), out, probe.start, probe.stop))
                places.append(where[mine])
                at += len(mine)
                out += samples * len(mine)
        table = np.array(rows, np.int64).reshape(-1, PROBE_COLUMNS)
        joined = np.concatenate([*places, np.empty(0, np.int64)]).astype(np.int64)
        return arguments.Probes(table, joined, np.empty(out + 1, self._real))

    def arguments(self, thread: int) -> arguments.Probes:
        return self._out[thread]

    def samples(self, first: int, last: int) -> Samples:
        found: Samples = {}
        at = [0] * self._threads
        for probe in self.probes:
            samples = _samples(probe, first, last)
            values = {}
            for v, name in enumerate(probe.variables):
                whole = np.empty((samples, probe.n), self._real)
                for t, given in enumerate(self._out):
                    mine = probe.owned[t][v]
                    size = samples * len(mine)
                    whole[:, mine] = given.out[at[t] : at[t] + size].reshape(samples, len(mine))
                    at[t] += size
                values[name] = whole
            steps = np.arange(*_numbers(probe, first, last)) * probe.every
            found[probe.name] = (steps * self._dt, values)
        return found


def specs_of(resolved: Resolved) -> list[Probe]:
    """Probes of states: those of the description, and those that record the block of receptors by drugs."""
    return [*resolved.net.probes, *(resolved.slow.probes if resolved.slow is not None else [])]


def steps_of(time: str | None, dt: float, otherwise: int) -> int:
    """A time of a description in steps."""
    return otherwise if time is None else round(float(to_internal(time, "ms", "probe")) / dt)


def raw_states(spec: Probe, at: Slice) -> tuple[str, ...]:
    """States that are recorded for a probe."""
    if spec.electrodes:
        return tuple(f"v@{i}" for i in range(len(at.member.population.model.cell)))
    names = (*spec.variables, *([] if spec.at in (TIMES, SPIKES) else [spec.at]))  # an event is seen by its count
    return raw(names, Quantities(at).of(names, f"Probe '{spec.name}'"))


def first_step(spec: Probe, dt: float) -> int:
    """First step that is recorded: that of its start, or the one before where counts are compared."""
    start = steps_of(spec.start, dt, 0)
    return start if spec.at in (TIMES, SPIKES) else max(0, start - 1)


def _watched(spec: Probe, layout: Layout) -> Watched:
    p = layout.index[spec.target.population]
    at, dt = layout.slices[p], layout.net.dt
    i = np.arange(spec.target.start, spec.target.stop, spec.target.step)
    variables = raw_states(spec, at)
    places = [at.slots(v, i) for v in variables]
    edges = [(at.base + b[p, BEGIN] * at.stride, at.base + b[p, END] * at.stride) for b in layout.blocks]
    owned = [[np.flatnonzero((s >= low) & (s < high)) for s in places] for low, high in edges]
    span = (max(1, steps_of(spec.every, dt, 1)), first_step(spec, dt), steps_of(spec.stop, dt, FOREVER))
    return Watched(spec.name, *span, variables, places, len(i), owned)


def _samples(probe: Watched, first: int, last: int) -> int:
    begin, end = _numbers(probe, first, last)
    return end - begin


def _numbers(probe: Watched, first: int, last: int) -> tuple[int, int]:
    """First and last (exclusive) number of the samples of some steps, as multiples of the interval."""
    begin = -(-max(first, probe.start) // probe.every)
    return begin, max(begin, -(-min(last, probe.stop) // probe.every))


class Probes(Part):
    """The part of the loop that records."""

    name = "probes"

    def applies(self, resolved: Resolved) -> bool:
        return bool(specs_of(resolved))

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("probes", arguments.Probes),
            imports=[("amine.engine.device.sources", ["record"])],
            stages={"record": ["record(X, probes, k)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> ProbeState:
        return ProbeState(specs_of(build.layout.resolved), build.layout)
