"""The running state of slow signals: the arrays of a kernel, chunk by chunk, and what a checkpoint must hold of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.device import slow_tables as T
from amine.engine.resolve.signals import Plan, probe_name
from amine.errors import AmineError

BLOCK = 64


class SlowState:
    """Slow signals of a simulation.

    Parameters
    ----------
    plan : what there is. module : the generated module. places : populations in the state array.
    values : for each population, its parameters as the description gives them: floats or arrays (n,).
    rows : for each release model of each population its row in the table of constants.
    threads : number of threads; each advances its own copy of the signals, which are equal.
    """

    def __init__(
        self,
        plan: Plan,
        module: ModuleType,
        places: Sequence[Any],
        values: Sequence[dict[str, Any]],
        arrays: Any,
        threads: int,
    ):
        self.plan, self.every, self.dt_step = plan, plan.every, plan.h
        self.names = {place.member.name: p for p, place in enumerate(places)}
        initial = list(plan.initial)
        factors, base, at, step = self._parameters(module, places, values, initial)
        self.S = np.tile(np.array([*initial, 0.0]), (threads, 1))
        columns = [c for r in plan.recorded for c in range(r.signal, r.signal + r.n)]
        par = list(plan.par)
        releases = self._releases(module, places, arrays, par)
        spikes = []
        for o, name, start, stop, *rest in plan.spikes:
            id0 = places[self.names[name]].id0
            spikes.append((o, self.names[name], start + id0, stop + id0, *rest))
        self.fixed = (
            np.array(columns, np.int64),
            _table(plan.ops, T.OP_COLUMNS),
            _table(plan.args, T.ARG_COLUMNS),
            _table(plan.axes, T.AXIS_COLUMNS),
            _table(spikes, T.SPIKE_COLUMNS),
            _table(factors, T.VARY_COLUMNS),
            _table(releases, T.WEIGHT_COLUMNS),
            np.array([*par, 0.0]),
            np.concatenate([*self.maps, np.zeros(1, np.int64)]),
            base,
            base.copy(),
            at,
            step,
        )
        self.arrays = arrays

    def _parameters(
        self, module: ModuleType, places: Sequence[Any], values: Sequence[dict[str, Any]], initial: list[float]
    ) -> Any:
        """Tables of varying parameters: their factors, their values, and where these are."""
        self.maps = list(self.plan.maps)
        mapped = self.plan.mapped
        needs = [module.CELLS[p.member.kind]["needs"] if p.member.kind >= 0 else [] for p in places]
        width = max((len(n) for n in needs), default=0)
        at, step = np.full((len(places), max(width, 1)), -1, np.int64), np.zeros((len(places), max(width, 1)), np.int64)
        parts: list[np.ndarray] = []
        size = 0
        for p, place in enumerate(places):
            own = self.plan.varying(place.member.name)[1]
            for j, name in enumerate(needs[p]):
                x = np.asarray(values[p][name], float)
                if name in own or x.ndim:
                    x = np.broadcast_to(x, (place.n,))
                    x = np.concatenate([x, np.repeat(x[-1:], place.blocks * BLOCK - place.n)])
                    step[p, j] = 1
                at[p, j] = size
                parts.append(x.ravel())
                size += x.size
        factors = []
        for f in self.plan.factors:
            p = self.names[f.population]
            if f.parameter not in needs[p]:
                problem = f"nothing depends on parameter '{f.parameter}'"
                if hasattr(places[p].member.population.model, "cell"):
                    problem = f"'{f.parameter}' of a cell with a tree cannot change while the network runs"
                raise AmineError(
                    f"Population '{f.population}'",
                    problem,
                    hint="let doses and modulators act on other parameters or cells",
                )
            table = -1
            if f.regions is not None:
                full = np.concatenate([f.regions, np.full(places[p].blocks * BLOCK - len(f.regions), -1)])
                table, mapped = mapped, mapped + len(full)
                self.maps.append(full.astype(np.int64))
            factors.append((p, needs[p].index(f.parameter), f.signal, f.n, table, len(initial)))
            initial += [1.0] * f.n
        return factors, np.concatenate([*parts, np.zeros(1)]), at, step

    def _releases(
        self, module: ModuleType, places: Sequence[Any], arrays: Any, par: list[float]
    ) -> list[tuple[int, ...]]:
        out = []
        for name, parameter, signal in self.plan.weights:
            place = places[self.names[name]]
            first = int(arrays.Q[self.names[name], 6])
            for r, _ in enumerate(place.member.releases):
                columns = module.RELEASES[int(arrays.RT[first + r, 0])]["parameters"]
                if parameter in columns:
                    column = columns.index(parameter)
                    out.append((first + r, column, signal, len(par)))
                    par.append(float(arrays.RC[first + r, column]))
        return out

    def chunk(self, step: int, steps: int) -> T.Slow:
        """What the kernel needs from ``step`` on, with room for what is recorded in ``steps`` steps."""
        first, last = -(-step // self.every), -(-(step + steps) // self.every)
        t = np.arange(first, last) * self.dt_step
        doses = np.zeros((max(len(t), 1), max(len(self.plan.doses), 1)))
        for j, courses in enumerate(self.plan.doses):
            doses[: len(t), j] = sum(course.at(t) for course in courses)
        record = np.zeros((max(len(t), 1), len(self.fixed[0])))
        return T.Slow(self.every, self.S, doses, record, first, *self.fixed)

    def samples(
        self, record: list[np.ndarray], first: int, last: int
    ) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
        """What was recorded at the field steps of steps first..last (exclusive), in the form of probes."""
        t = np.arange(-(-first // self.every), -(-last // self.every)) * self.dt_step
        whole = np.concatenate(record) if record else np.zeros((0, len(self.fixed[0])))
        out, at = {}, 0
        for r in self.plan.recorded:
            out[probe_name(r)] = (t, {"value": whole[:, at : at + r.n]})
            at += r.n
        return out

    def state(self) -> dict[str, np.ndarray]:
        """Signals, and the tables in which their effect stands."""
        return {"S": self.S[0], "C": self.arrays.C, "RC": self.arrays.RC, "value": self.fixed[10]}

    def set_state(self, s: Any) -> None:
        """Back to what :meth:`state` gave."""
        self.S[:] = s["S"]
        self.arrays.C[:], self.arrays.RC[:], self.fixed[10][:] = s["C"], s["RC"], s["value"]


def _table(rows: Sequence[Sequence[int]], columns: int) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, columns)
