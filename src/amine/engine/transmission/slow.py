"""Slow signals: doses, fields, occupancies and the parameters that they change, from one field step to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from amine.engine.build.arrays import Arrays
from amine.engine.build.draws import DrawnValues
from amine.engine.build.signals import Tables
from amine.engine.build.slices import Slice
from amine.engine.codegen.lines import Block, Call, Function, printed
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import slow_tables as T
from amine.engine.device.arrays import total
from amine.engine.device.tables import BLOCK, R_KIND, RELEASE
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.signals import Signals, probe_name
from amine.engine.transmission.part import Build, Drawn, Layout, Part, Samples, Snapshot, State
from amine.errors import AmineError


class SlowState(State):
    """Slow signals of a simulation.

    Parameters
    ----------
    signals : all of the network. module : the generated module. slices : populations in the state array.
    values : for each population, its drawn parameters: floats or arrays (n,).
    arrays : those of all neurons, whose constants change.
    threads : number of threads; each advances its own, equal copy of the signals.
    """

    def __init__(
        self,
        signals: Signals,
        module: ModuleType,
        slices: Sequence[Slice],
        values: Sequence[DrawnValues],
        arrays: Arrays,
        threads: int,
    ):
        self.signals, self.every, self.dt_step = signals, signals.every, signals.h
        self.doses = {drug: tuple(courses) for drug, courses in signals.doses.items()}  # present ones
        self.names = {at.member.name: p for p, at in enumerate(slices)}
        tables = Tables(signals.program)
        initial = list(signals.program.initial)
        spikes = tables.releasing(signals.releasing, self.names, [at.id0 for at in slices])
        factors, base, at, step = self._parameters(module, slices, values, initial, tables)
        self.S = np.tile(np.array([*initial, 0.0]), (threads, 1))
        columns = [c for r in signals.recorded for c in range(r.signal, r.signal + r.n)]
        releases = self._releases(module, slices, arrays, tables)
        self.fixed = (
            np.array(columns, np.int64),
            _table(tables.ops, T.OP_COLUMNS),
            _table(tables.args, T.ARG_COLUMNS),
            _table(tables.axes, T.AXIS_COLUMNS),
            _table(spikes, T.SPIKE_COLUMNS),
            _table(factors, T.VARY_COLUMNS),
            _table(releases, T.WEIGHT_COLUMNS),
            np.array([*tables.par, 0.0]),
            np.concatenate([*tables.maps, np.zeros(1, np.int64)]),
            base,
            base.copy(),
            at,
            step,
            arrays.RC,
        )
        self.arrays = arrays
        self._value = self.fixed[10]
        self.begin(0, 0)

    def _parameters(
        self,
        module: ModuleType,
        slices: Sequence[Slice],
        values: Sequence[DrawnValues],
        initial: list[float],
        tables: Tables,
    ) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray, np.ndarray]:
        """Tables of varying parameters: their factors, their values, and the indices and strides of these."""
        needs = [module.CELLS[p.member.kind]["needs"] if p.member.kind >= 0 else [] for p in slices]
        self._needs = needs
        width = max((len(n) for n in needs), default=0)
        at, step = np.full((len(slices), max(width, 1)), -1, np.int64), np.zeros((len(slices), max(width, 1)), np.int64)
        parts: list[np.ndarray] = []
        size = 0
        for p, population in enumerate(slices):
            own = self.signals.varying(population.member.name)[1]
            for j, name in enumerate(needs[p]):
                x = np.asarray(values[p][name], float)
                if name in own or x.ndim:
                    x = np.broadcast_to(x, (population.n,))
                    x = np.concatenate([x, np.repeat(x[-1:], population.blocks * BLOCK - population.n)])
                    step[p, j] = 1
                at[p, j] = size
                parts.append(x.ravel())
                size += x.size
        factors = []
        for f in self.signals.factors:
            p = self.names[f.population]
            if f.parameter not in needs[p]:
                problem = f"nothing depends on parameter '{f.parameter}'"
                if slices[p].member.plan is not None:
                    problem = f"'{f.parameter}' of a multicompartment cell cannot change while the network runs"
                raise AmineError(
                    f"Population '{f.population}'",
                    problem,
                    hint="let doses and modulators act on other parameters or cells",
                )
            table = -1
            if f.regions is not None:
                full = np.concatenate([f.regions, np.full(slices[p].blocks * BLOCK - len(f.regions), -1)])
                table = tables.regions(full)
            factors.append((p, needs[p].index(f.parameter), f.signal, f.n, table, len(initial)))
            initial += [1.0] * f.n
        return factors, np.concatenate([*parts, np.zeros(1)]), at, step

    def _releases(
        self, module: ModuleType, slices: Sequence[Slice], arrays: Arrays, tables: Tables
    ) -> list[tuple[int, ...]]:
        out = []
        for name, parameter, signal in self.signals.weights:
            p = self.names[name]
            first = int(arrays.Q[p, RELEASE])
            for r, _ in enumerate(slices[p].member.releases):
                columns = module.RELEASES[int(arrays.RT[first + r, R_KIND])]["parameters"]
                if parameter in columns:
                    column = columns.index(parameter)
                    out.append((first + r, column, signal, tables.numbers(arrays.RC[first + r, column])))
        return out

    def begin(self, step: int, steps: int) -> None:
        """Doses from ``step`` on, with room for the recordings of ``steps`` steps."""
        first, last = -(-step // self.every), -(-(step + steps) // self.every)
        t = np.arange(first, last) * self.dt_step
        doses = np.zeros((max(len(t), 1), max(len(self.doses), 1)))
        for j, courses in enumerate(self.doses.values()):
            doses[: len(t), j] = total([course.at(t) for course in courses])
        record = np.zeros((max(len(t), 1), len(self.fixed[0])))
        work = np.empty((len(self.S), 3 * self.S.shape[1] + 64)), np.empty(self.S.shape)
        self._now = T.Slow(self.every, self.S, doses, record, first, *self.fixed, *work)

    def parameter(self, p: int, name: str, n: int) -> float | np.ndarray | None:
        """The present value of a parameter of population ``p`` that changes, one or (n,); None if it does not."""
        if name not in self._needs[p]:
            return None
        j = self._needs[p].index(name)
        at, step = self.fixed[11][p, j], self.fixed[12][p, j]
        return self._value[at : at + n].copy() if step else float(self._value[at])

    def arguments(self, thread: int) -> T.Slow:
        return self._now

    def samples(self, first: int, last: int) -> Samples:
        begin, end = -(-first // self.every), -(-last // self.every)
        t = np.arange(begin, end) * self.dt_step
        out: Samples = {}
        at = 0
        for r in self.signals.recorded:
            out[probe_name(r)] = (t, {"value": self._now.record[: end - begin, at : at + r.n].copy()})
            at += r.n
        return out

    def snapshot(self) -> Snapshot:
        return {name: [x.copy()] for name, x in self.state().items()}

    def restore(self, kept: Snapshot) -> None:
        self.set_state({name: x for name, (x,) in kept.items()})

    def state(self) -> dict[str, np.ndarray]:
        """The signals, and the tables of the constants that they change."""
        return {"S": self.S[0], "C": self.arrays.C, "RC": self.arrays.RC, "value": self._value}

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        self.S[:] = s["S"]
        self.arrays.C[:], self.arrays.RC[:], self._value[:] = s["C"], s["RC"], s["value"]


def _signals(resolved: Resolved) -> Signals:
    assert resolved.slow is not None
    return resolved.slow


class Slow(Part):
    """The part of the loop that advances slow signals."""

    name = "slow"

    def applies(self, resolved: Resolved) -> bool:
        return resolved.slow is not None

    def draw(self, layout: Layout) -> Drawn:
        return Drawn(back=_signals(layout.resolved).every)  # spikes of the last field step release

    def source(self, kinds: Kinds) -> Slots:
        varying = [i for i, c in enumerate(kinds.cells) if c.needs]
        arguments = ("Q[p, KIND]", "X", "Q[p, BASE]", "B[p, BEGIN]", "B[p, END]", "cells.constants[p]")
        more = ("slow.value", "slow.at[p]", "slow.step[p]", "dt")
        changed = "if vary(slow, tid, p, B[p, BEGIN] * BLOCK, B[p, END] * BLOCK)"
        over = Block("for p in range(Q.shape[0])", [Block(changed, [Call("", "refresh", (*arguments, *more))])])
        return Slots(
            argument=("slow", T.Slow),
            imports=[("amine.engine.device.slow", ["expm", "noise_root", "slow_step", "vary"])],
            functions=printed([_refresh(varying), "", ""]),
            stages={"field": [Block("if k % slow.every == 0", ["slow_step(slow, tid, k, slot, spikes)", over])]},
            stop=["(k // slow.every + 1) * slow.every"],
        )

    def assemble(self, drawn: Drawn, build: Build) -> SlowState:
        b, a = build.layout, build.arrays
        return SlowState(_signals(b.resolved), b.module, b.slices, a.values, a, b.threads)


def _refresh(kinds: Sequence[int]) -> Function:
    """``refresh``: recomputes constants of a population, by its kind of cell."""
    given = ("X", "base", "first", "last", "c", "value", "at", "step", "dt")
    each = [Block(f"if kind == {i}", [Call("", f"refresh_{i}", given)]) for i in kinds]
    return Function(["inner()"], "refresh", ("kind", *given), [*each, "return"])


def _table(rows: Sequence[Sequence[int]], columns: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, columns)
