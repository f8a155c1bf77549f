"""Courses in time: stimuli of named inputs, currents of each neuron, noise, and more waveforms than the code of a cell names.

The values of a chunk are computed before it. Courses of the same neurons are added up there, in no order; one that several neurons share is one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amine.engine.build.draws import require_range
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.arrays import total
from amine.engine.device.tables import BEGIN, END
from amine.engine.resolve.courses import added_stimuli, row_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.followed import Followed, followed
from amine.engine.transmission.part import Build, Drawn, Kept, Layout, Part
from amine.network.parts import Stimulus, Waveform
from amine.records import dataclass

OUTPUT_BYTES = 64 * 2**20


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
    """A stimulus and its course."""

    stimulus: Stimulus
    course: Followed

    @property
    def width(self) -> int:
        """Number of its columns."""
        return self.course.width


@dataclass
class _Added:
    """Courses of the same neurons, the first of their columns, and the number of these."""

    courses: list[_Course]
    first: int
    width: int

    @property
    def stimulus(self) -> Stimulus:
        """One of them, for what they have in common."""
        return self.courses[0].stimulus

    def fill(self, out: np.ndarray, step: int, dt: float, real: Any) -> None:
        """Fills their columns for the steps from ``step`` on."""
        found = []
        for c in self.courses:
            values = np.empty((len(out), c.width))
            c.course.fill(values, step, dt)
            require_range(values, real, f"Stimulus '{c.stimulus.name}'", "the current")
            found.append(np.broadcast_to(values, out.shape))
        out[:] = total(found)


class Running(Kept):
    """The courses of a running network: the values of the present chunk, and the states of noise."""

    def __init__(self, layout: Layout):
        self._dt, self._real = layout.net.dt, layout.real
        self._courses: list[_Course] = []
        streams = dict(zip(map(id, layout.net.stimuli), layout.resolved.streams.stimuli, strict=True))
        found = {id(s): s for p in layout.net.populations.values() for s in added_stimuli(layout.net, p)}
        for s in sorted(found.values(), key=lambda s: streams[id(s)].path):
            self._courses.append(_Course(s, followed(s.current, s.target.n, streams[id(s)])))
        self._added = _added(layout, self._courses)
        self._width = width = sum(x.width for x in self._added)
        self._entries = [_entries(layout, t, self._added) for t in range(layout.threads)]
        self._values, self._first = np.zeros((1, max(width, 1)), layout.real), 0

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if their values would take too much memory."""
        return min(steps, max(1, OUTPUT_BYTES // (self._width * np.dtype(self._real).itemsize)))

    def begin(self, step: int, steps: int) -> None:
        self._values, self._first = np.zeros((max(steps, 1), self._width), self._real), step
        for x in self._added:
            values = np.empty((steps, x.width))
            x.fill(values, step, self._dt, self._real)
            require_range(values, self._real, f"Stimulus '{x.stimulus.name}' and others", "the current")
            self._values[:steps, x.first : x.first + x.width] = values

    def current(self, name: str) -> Waveform | None:
        """The present waveform of the stimulus of a name, if it is here."""
        return next((c.course.current for c in self._courses if c.stimulus.name == name), None)

    def put(self, name: str, current: Waveform) -> None:
        """Replaces the waveform of the stimulus of a name, if it is here."""
        for c in self._courses:
            c.course.current = current if c.stimulus.name == name else c.course.current

    def described(self) -> None:
        """Returns to the waveforms of the description."""
        for c in self._courses:
            c.course.current = c.stimulus.current

    def arguments(self, thread: int) -> arguments.Courses:
        return arguments.Courses(self._values, self._first, *self._entries[thread])

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {f"noise_{i}": c.course.noise for i, c in enumerate(self._courses) if len(c.course.noise)}


def _added(layout: Layout, courses: list[_Course]) -> list[_Added]:
    """Courses by the neurons and the input that they reach, in an order that depends on these alone."""
    paths = {name: s.path for name, s in layout.resolved.streams.populations.items()}
    here = {name: {id(s) for s in added_stimuli(layout.net, p)} for name, p in layout.net.populations.items()}
    by: dict[str, list[_Course]] = {}
    for c in courses:  # one that the code of some of its populations names is added to the others alone
        views = [
            (paths[v.population], v.start, v.stop, v.step, repr(v.place), id(c.stimulus) in here[v.population])
            for v in c.stimulus.target.views()
        ]
        by.setdefault(repr((row_of(c.stimulus), views)), []).append(c)
    found, first = [], 0
    for key in sorted(by):
        width = max(c.width for c in by[key])
        found.append(_Added(by[key], first, width))
        first += width
    return found


def _entries(layout: Layout, tid: int, courses: list[_Added]) -> tuple[np.ndarray, np.ndarray]:
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
