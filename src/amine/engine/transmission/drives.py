"""Rates and weights that follow courses in time: rates of Poisson sources, and rates and weights of Poisson inputs.

The values of a chunk are computed before it, and put where sources and inputs read them at the beginning of each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

import numpy as np

from amine.engine.build.draws import count, require_range
from amine.engine.build.inputs import draws_of, highest
from amine.engine.build.slices import Slice
from amine.engine.codegen.lines import Block
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device.arrays import total
from amine.engine.device.tables import BEGIN, END, P_DRAWS, P_POP, P_RATE_ROW, SOURCE_FOLLOWED
from amine.engine.resolve.courses import stimuli_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.followed import Followed, followed
from amine.engine.transmission.part import Build, Drawn, Kept, Part
from amine.errors import AmineError
from amine.network.parts import Group, Stimulus, Waveform
from amine.network.parts import PoissonInput as Input
from amine.records import dataclass

OUTPUT_BYTES = 64 * 2**20
RATE, WEIGHT = "rate", "weight"


class Drives(Part):
    """The part of the loop that puts rates and weights of this step in their places."""

    name = "drives"

    def applies(self, resolved: Resolved) -> bool:
        inputs = any(isinstance(x, Waveform) for i in resolved.net.inputs for x in (i.rate, i.weight))
        return inputs or any(m.kind == SOURCE_FOLLOWED for m in resolved.members)

    def source(self, kinds: Kinds) -> Slots:
        put = "X[drives.places[j]] = drives.values[k - drives.first, drives.columns[j]]"
        return Slots(
            argument=("drives", arguments.Drives),
            stages={"input": [Block("for j in range(drives.places.size)", [put])]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> Running:
        return Running(build)


class FollowedSource(Part):
    """Populations that spike at rates that follow courses."""

    name = "followed_source"

    def applies(self, resolved: Resolved) -> bool:
        return any(m.kind == SOURCE_FOLLOWED for m in resolved.members)

    def source(self, kinds: Kinds) -> Slots:
        emit = "n = emit_followed(X, Q, B, p, mine, n, k)"
        return Slots(
            imports=[
                ("amine.engine.device.sources", ["emit_followed"]),
                ("amine.engine.device.tables", ["SOURCE_FOLLOWED"]),
            ],
            stages={"update": [Block("if kind == SOURCE_FOLLOWED", [emit])]},
        )


@dataclass
class _Course:
    """The course of a stimulus (``of``, ``what`` empty), or of the rate or weight of a Poisson input."""

    of: Stimulus | Input
    what: str
    course: Followed

    @property
    def name(self) -> str:
        """Its name among what can be set."""
        return f"{self.of.name}.{self.what}" if self.what else self.of.name

    @property
    def described(self) -> Waveform:
        """The waveform of the description."""
        found = (
            self.of.current if isinstance(self.of, Stimulus) else self.of.rate if self.what == RATE else self.of.weight
        )
        assert isinstance(found, Waveform)
        return found

    def values(self, step: int, steps: int, dt: float, real: type) -> np.ndarray:
        """Its values (steps, width); noise advances."""
        out = np.empty((steps, self.course.width))
        self.course.fill(out, step, dt)
        require_range(out, real, f"'{self.name}'", "the value")
        return out

    def columns(self, population: str) -> tuple[np.ndarray, np.ndarray]:
        """Neurons of a population that it reaches, and the column of each."""
        return columns_of(self.of.target, population, self.course.width)


def columns_of(target: Group, population: str, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Neurons of a population in a group, and the column of each among ``width``, which is 1 or one for each of the group."""
    neurons, columns, before = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for v in target.views():
        if v.population == population:
            neurons.append(np.arange(v.start, v.stop, v.step))
            columns.append(before + np.arange(v.n) if width > 1 else np.zeros(v.n, np.int64))
        before += v.n
    return np.concatenate(neurons), np.concatenate(columns)


@dataclass
class _Source:
    """A source, the courses that are added to its rates, and its neurons of one course by their column."""

    p: int
    at: Slice
    courses: Sequence[_Course]
    base: object = None  # the rates to which they are added, as they were when the columns were made
    column: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # [neuron]
    one: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))  # [column] a neuron of it

    def group(self, base: np.ndarray | float) -> bool:
        """Finds the neurons of one course, for rates ``base`` in 1/ms; whether any has moved to another column."""
        if self.base is base:
            return False
        self.base, n, before = base, self.at.n, self.column
        if any(c.course.width > 1 for c in self.courses):
            self.one = self.column = np.arange(n)
        else:
            counts = [count(c.of.target.views(), self.at.member) for c in self.courses]
            same = np.stack([np.broadcast_to(np.asarray(base, float), (n,)), *counts], 1)
            _, self.one, self.column = np.unique(same, axis=0, return_index=True, return_inverse=True)
            self.column = self.column.ravel()
        return not np.array_equal(before, self.column)

    def probabilities(self, values: Mapping[int, np.ndarray], steps: int, dt: float, first: int) -> np.ndarray:
        """Probabilities of a spike in each step (steps, columns) from the values of the courses; raises AmineError above 1."""
        n, each = self.at.n, []
        for c in self.courses:
            x, own = values[id(c)], np.zeros((steps, len(self.one)))
            if c.course.width == 1:
                own += x * count(c.of.target.views(), self.at.member)[self.one]
            else:
                neurons, columns = c.columns(self.at.member.name)
                np.add.at(own.T, neurons, x.T[columns])
            each.append(own)
        base = np.broadcast_to(np.asarray(self.base, float), (n,))[self.one]
        p = np.maximum(base + total(each), 0.0) * dt if each else np.zeros((steps, n))
        if p.max(initial=0.0) > 1.0 + 1e-12:
            k, j = np.unravel_index(np.argmax(p), p.shape)
            where = f"Population '{self.at.member.name}', rate at {(first + k + 0.5) * dt:g} ms"
            given, expected = f"{p[k, j] / dt * 1e3:g} Hz", f"at most {1e3 / dt:g} Hz: one spike a step"
            raise AmineError(where, "the rate is too high", given=given, expected=expected)
        return p


class Running(Kept):
    """The courses of a running network: the values of the present chunk, and the states of noise."""

    def __init__(self, build: Build):
        self._build, layout = build, build.layout
        self._dt, self._real = layout.net.dt, layout.real
        streams = layout.resolved.streams
        stimuli = {id(s): x for s, x in zip(layout.net.stimuli, streams.stimuli, strict=True)}
        found: dict[int, _Course] = {}
        self._sources: list[_Source] = []
        for p, at in enumerate(layout.slices):
            if at.member.kind != SOURCE_FOLLOWED:
                continue
            own = sorted(stimuli_of(layout.net, at.member.name), key=lambda s: stimuli[id(s)].path)
            for s in own:
                made = _Course(s, "", followed(s.current, s.target.n, stimuli[id(s)]))
                found.setdefault(id(s), made)
            self._sources.append(_Source(p, at, [found[id(s)] for s in own]))
        self._inputs: list[_Course] = []
        for i, stream in zip(layout.net.inputs, streams.inputs, strict=True):
            for what, x in ((RATE, i.rate), (WEIGHT, i.weight)):
                if isinstance(x, Waveform):
                    self._inputs.append(_Course(i, what, followed(x, i.target.n, stream.child(f"{what} in time"))))
        self._courses = [*found.values(), *self._inputs]
        self._rows = [x for c in self._inputs for x in _rows(c, build)]
        self._group()
        self._values, self._first = np.zeros((1, self._width), self._real), 0

    def _group(self) -> None:
        """Finds columns and entries anew, where the rates of sources, to which courses are added, are others than before."""
        values = self._build.arrays.values
        moved = [s.group(values[s.p][RATE]) for s in self._sources]  # type: ignore[arg-type]  (a rate is no formula)
        if any(moved) or not self._sources:
            self._width = max(1, sum(len(s.one) for s in self._sources) + sum(r.width for r in self._rows))
            self._entries = [self._of_thread(t) for t in range(self._build.layout.threads)]

    def _of_thread(self, tid: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of a thread's neurons, and the column that is put into each."""
        layout, places, columns, first = self._build.layout, [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
        targets = [(s.p, s.at, RATE, np.arange(s.at.n), s.column, len(s.one)) for s in self._sources]
        targets += [(r.p, r.at, r.row, r.neurons, r.columns, r.width) for r in self._rows]
        for p, at, row, neurons, own, width in targets:
            low, high = layout.blocks[tid, p, [BEGIN, END]] * at.lanes
            mine = (neurons >= low) & (neurons < high)
            places.append(at.slots(row, neurons[mine]))
            columns.append(first + own[mine])
            first += width
        return np.concatenate(places).astype(np.int64), np.concatenate(columns).astype(np.int64)

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if their values would take too much memory."""
        self._group()
        return min(steps, max(1, OUTPUT_BYTES // (self._width * 8)))

    def begin(self, step: int, steps: int) -> None:
        self._group()
        self._values, self._first = np.zeros((max(steps, 1), self._width), self._real), step
        values = {id(c): c.values(step, steps, self._dt, self._real) for c in self._courses}
        first = 0
        for s in self._sources:
            self._values[:steps, first : first + len(s.one)] = s.probabilities(values, steps, self._dt, step)
            first += len(s.one)
        for r in self._rows:
            x = values[id(r.course)] * r.scale
            x = np.maximum(x, 0.0) if r.course.what == RATE else x
            self._values[:steps, first : first + r.width] = x
            first += r.width

    # --- what is set while it runs ---------------------------------------------------------------------------------

    def current(self, name: str) -> Waveform | None:
        """The present waveform of a name, if it is here."""
        return next((c.course.current for c in self._courses if c.name == name), None)

    def put(self, name: str, current: Waveform) -> None:
        """Replaces the waveform of a name, if it is here."""
        for c in self._courses:
            if c.name == name:
                self._draws(c, current)
                c.course.current = current

    def described(self) -> None:
        """Returns to the waveforms of the description."""
        for c in self._courses:
            if c.course.current is not c.described:
                self._draws(c, c.described)
                c.course.current = c.described

    def draw_again(self) -> None:
        """Tells the tables of Poisson inputs, which are new, how many draws the present waveforms need."""
        for c in self._inputs:
            self._draws(c, c.course.current)

    def _draws(self, c: _Course, current: Waveform) -> None:
        """Has counts of an input drawn in as many parts as the highest rate of a waveform needs."""
        if c.what != RATE:
            return
        table = self._build.arrays.PI
        for r in self._rows:
            if r.course is c:
                rates = r.at.row(r.row) * r.at.lanes
                here = (table[:, P_POP] == r.p) & (table[:, P_RATE_ROW] == rates)
                table[here, P_DRAWS] = draws_of(highest(current) * r.scale, f"Poisson input '{c.of.name}'")

    def arguments(self, thread: int) -> arguments.Drives:
        return arguments.Drives(self._values, self._first, *self._entries[thread])

    def arrays(self) -> Mapping[str, np.ndarray]:
        return {f"noise_{i}": c.course.noise for i, c in enumerate(self._courses) if len(c.course.noise)}


@dataclass
class _Row:
    """A row of a population that a course of a Poisson input is put into, times ``scale``."""

    course: _Course
    p: int
    at: Slice
    row: str
    scale: float
    neurons: np.ndarray
    columns: np.ndarray

    @property
    def width(self) -> int:
        """Number of its columns."""
        return self.course.course.width


def _rows(c: _Course, build: Build) -> Iterator[_Row]:
    """The rows of a Poisson input in all its targets: rates at each compartment, in proportion, and weights."""
    assert isinstance(c.of, Input)
    for p, at in enumerate(build.layout.slices):
        j = next((j for j, i in enumerate(at.member.poisson) if i is c.of), None)
        if j is None:
            continue
        neurons = c.columns(at.member.name)
        if c.what == WEIGHT:
            yield _Row(c, p, at, f"_poisson_weight_{j}", 1.0, *neurons)
            continue
        for site, share in at.poisson_sites(c.of).items():
            scale = int(c.of.n) * build.layout.net.dt * share
            yield _Row(c, p, at, f"_poisson_rate_{j}{site}", scale, *neurons)


__all__ = ["Drives", "FollowedSource", "columns_of"]
