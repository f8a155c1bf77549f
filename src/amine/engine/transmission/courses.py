"""Courses in time: stimuli of named inputs, currents of each neuron, noise, and more waveforms than the code of a cell names.

The values of a chunk are computed before it. A course that several neurons share is one column of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from amine.engine.build.draws import require_range
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.arrays import exact
from amine.engine.device.kernel import Kernels
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.courses import OF_EACH, added_stimuli, row_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.streams import Stream
from amine.engine.transmission.part import Build, Drawn, Kept, Layout, Part
from amine.network.parts import Stimulus, Waveform

OUTPUT_BYTES = 64 * 2**20


noise = Kernels("amine.engine.device.noise")


class Courses(Part):
    """The part of the loop that adds courses to inputs."""

    name = "courses"

    def applies(self, resolved: Resolved) -> bool:
        return any(added_stimuli(resolved.net, p) for p in resolved.net.populations.values())

    def source(self, kinds: Kinds) -> Slots:
        add = "X[courses.places[j]] += courses.values[k - courses.first, courses.columns[j]]"
        return Slots(
            argument=("courses", arguments.Courses),
            stages={"input": [Block("for j in range(courses.places.size)", [add])]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Running:
        return Running(build.layout)


@dataclass
class _Course:
    """A stimulus, its first column, and the number of its columns."""

    stimulus: Stimulus
    current: Waveform  # its present one
    first: int
    width: int
    stream: Stream
    noise: np.ndarray  # [neuron] float64: its state at the step that comes next; empty for others

    def fill(self, out: np.ndarray, step: int, dt: float) -> None:
        """Fills its columns for the steps from ``step`` on; noise advances."""
        current = self.current
        middle = (step + np.arange(len(out)) + 0.5) * dt
        if current.kind != "noise":
            x = current.at(middle)
            out[:] = x if x.ndim == 2 else x[:, None]
            return
        p = current.numbers
        decay = float(exact.exp(-dt / p["tau"]))
        path = np.empty(out.shape)
        spread = p["sd"] * math.sqrt(1.0 - decay**2)
        blocks = np.empty(64), np.empty(64, np.uint32)
        noise.ornstein_uhlenbeck(path, self.noise, decay, spread, step, self.stream.key, *blocks)
        on = (middle >= p["start"]) & (middle < p["stop"])
        out[:] = np.where(on[:, None], p["mean"] + path, 0.0)


class Running(Kept):
    """The courses of a running network: the values of the present chunk, and the states of noise."""

    def __init__(self, layout: Layout):
        self._dt, self._real = layout.net.dt, layout.real
        self._courses: list[_Course] = []
        streams = dict(zip(map(id, layout.net.stimuli), layout.resolved.streams.stimuli, strict=True))
        width = 0
        found = {id(s): s for p in layout.net.populations.values() for s in added_stimuli(layout.net, p)}
        for s in sorted(found.values(), key=lambda s: streams[id(s)].path):
            n = s.target.n if s.current.kind in OF_EACH else 1
            start = streams[id(s)].child("start").generator().standard_normal(n if s.current.kind == "noise" else 0)
            noise = start * s.current.numbers["sd"] if len(start) else start
            self._courses.append(_Course(s, s.current, width, n, streams[id(s)], noise))
            width += n
        self._width = width
        self._entries = [_entries(layout, t, self._courses) for t in range(layout.threads)]
        self._values, self._first = np.zeros((1, max(width, 1)), layout.real), 0

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if their values would take too much memory."""
        return min(steps, max(1, OUTPUT_BYTES // (self._width * np.dtype(self._real).itemsize)))

    def begin(self, step: int, steps: int) -> None:
        self._values, self._first = np.zeros((max(steps, 1), self._width), self._real), step
        for c in self._courses:
            values = np.empty((steps, c.width))
            c.fill(values, step, self._dt)
            require_range(values, self._real, f"Stimulus '{c.stimulus.name}'", "the current")
            self._values[:steps, c.first : c.first + c.width] = values

    def current(self, name: str) -> Waveform | None:
        """The present waveform of the stimulus of a name, if it is here."""
        return next((c.current for c in self._courses if c.stimulus.name == name), None)

    def put(self, name: str, current: Waveform) -> None:
        """Replaces the waveform of the stimulus of a name, if it is here."""
        for c in self._courses:
            c.current = current if c.stimulus.name == name else c.current

    def described(self) -> None:
        """Returns to the waveforms of the description."""
        for c in self._courses:
            c.current = c.stimulus.current

    def arguments(self, thread: int) -> arguments.Courses:
        return arguments.Courses(self._values, self._first, *self._entries[thread])

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {f"noise_{i}": c.noise for i, c in enumerate(self._courses) if len(c.noise)}


def _entries(layout: Layout, tid: int, courses: list[_Course]) -> tuple[np.ndarray, np.ndarray]:
    """Places of inputs of a thread's neurons, and the column that is added to each."""
    places, columns = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for c in courses:
        before = 0
        for v in c.stimulus.target.views():
            p = layout.index[v.population]
            at = layout.slices[p]
            added = any(s is c.stimulus for s in added_stimuli(layout.net, at.member.population))
            first, last = layout.blocks[tid, p, [BEGIN, END]] * at.lanes
            numbers = np.arange(v.start, v.stop, v.step)
            own = np.flatnonzero((numbers >= first) & (numbers < last)) if added else np.empty(0, np.int64)
            places.append(at.slots(row_of(c.stimulus), numbers[own]) if added else own)
            columns.append(c.first + (before + own if c.width > 1 else np.zeros(len(own), np.int64)))
            before += v.n
    return np.concatenate(places).astype(np.int64), np.concatenate(columns).astype(np.int64)


__all__ = ["Courses"]
