"""States, constants and tables of multicompartment cells, and the layout of their rows in the state array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import final

import numpy as np

from amine.engine.build.draws import DrawnValues, initial_value, require_finite
from amine.engine.build.kind import Filling
from amine.engine.build.propagator import Entry, Matrix, propagators
from amine.engine.build.slices import Slice, TreeSlice
from amine.engine.device.tree_tables import LISTS, MEMBRANE_COLUMNS
from amine.engine.resolve.courses import Injected
from amine.engine.resolve.resolved import Member
from amine.engine.resolve.tree import RECORD, names_at, rows
from amine.errors import AmineError, warn
from amine.models.multicompartment import along
from amine.models.naming import GAP_TOTAL, jump_row
from amine.network.cables import compartments, weights

COARSE = 0.5  # relative error in time above which the user is warned


@final
class TreeCell:
    """A kind of multicompartment cells: number ``index`` of the kinds of cells of a generated module."""

    def __init__(self, module: ModuleType, index: int):
        self.module, self.index, self.code = module, index, module.CELLS[index]

    def slice(self, m: Member, base: int, id0: int) -> TreeSlice:
        code, membranes, plan = self.code, self.code["membranes"], m.plan
        assert plan is not None
        constants = [x["constants"]["rows"] for x in membranes]
        names = rows(m, [x["states"] for x in membranes], constants, code["cell_rows"])
        first = 1 + len(code["cell_rows"])
        sizes = [len(RECORD) + len(x["states"]) + len(c) for x, c in zip(membranes, constants, strict=True)]
        watched = names[first : first + sum(sizes[q] for q in plan.membrane)]  # all rows of its compartments
        return TreeSlice(m, base, id0, names, watched, code)

    def width(self, at: Slice) -> int:
        assert isinstance(at, TreeSlice)
        code, plan = self.code, at.plan
        n = len(code["scalars"]) + LISTS + 2 * len(code["membranes"]) + 3 * len(plan.membrane)
        n += sum(
            len(compartments) * (MEMBRANE_COLUMNS + len(m["constants"]["fields"]))
            for compartments, m in zip(plan.members, code["membranes"], strict=True)
        )
        return n + 3 * len(plan.stimuli) + 2 * len(plan.gaps) + 2 * sum(map(len, plan.jumps.values()))

    def fill(self, at: Slice, given: Filling) -> None:
        assert isinstance(at, TreeSlice)
        _Filler(self.module, at, given).fill()

    def put_constants(self, at: Slice, given: Filling) -> None:
        """Puts all that is made of parameters into the arrays, states left as they are; raises AmineError, and changes nothing, if it is not finite."""
        assert isinstance(at, TreeSlice)
        apart = replace(given, X=given.X.copy(), constants=np.zeros_like(given.constants))
        _Filler(self.module, at, apart).fill(warned=True)
        rows = [at.row(n) for n in self.code["cell_rows"]]
        for membrane, members in zip(self.code["membranes"], at.plan.members, strict=True):
            rows += [at.row(f"{n}@{i}") for n in membrane["constants"]["rows"] for i in members]
        at.view(given.X)[:, rows] = at.view(apart.X)[:, rows]
        given.constants[:] = apart.constants


class _Values:
    """Parameters of a population's model at compartments: arrays (compartments or 1, neurons or 1)."""

    def __init__(self, slice_: TreeSlice, values: DrawnValues):
        self.model, self.values = slice_.member.population.model, values

    def one(self, name: str, at: list[int]) -> np.ndarray:
        """A parameter of the cell at some compartments."""
        x = self.values[name]
        if isinstance(x, str):
            return along(self.model.cell, x, self.model.units[name], f"{self.model.where}, parameter '{name}'")[at][
                :, None
            ]
        x = np.asarray(x, float)
        return x[None, :] if x.ndim else x.reshape(1, 1)

    def at(self, at: list[int], names: list[str]) -> dict[str, np.ndarray]:
        """All parameters of a membrane at its compartments."""
        each = [names_at(self.model, i) for i in at]
        out = {}
        for p in names:
            if p in each[0]:
                found = [e[p] for e in each]
                out[p] = self.one(found[0], at) if len(set(found)) == 1 else self._joined(found, at)
            else:
                out[p] = self.one(p, at)
        return out

    def _joined(self, found: list[str], at: list[int]) -> np.ndarray:
        parts = [self.one(n, [i]) for n, i in zip(found, at, strict=True)]
        shape = max(p.shape[1] for p in parts)
        return np.concatenate([np.broadcast_to(p, (1, shape)) for p in parts])


class _Filler:
    """Writer of the values of one population at time zero."""

    def __init__(self, module: ModuleType, slice_: TreeSlice, given: Filling):
        self.module, self.slice, self.net, self.gap = module, slice_, given.net, given.gap
        self.X, self.c = given.X, given.constants
        self.m, self.plan = slice_.member, slice_.plan
        self.code, self.kind = module.CELLS[self.m.kind], self.m.kind
        self.model = self.m.population.model
        self.parameters = _Values(slice_, given.values)
        self.at = 0

    def fill(self, warned: bool = False) -> None:
        if not warned:
            self._warn()
        start, found = self._start_voltage(), {}
        for q, at in enumerate(self.plan.members):
            found[q] = self._membrane(q, at, start)
        self._constants(found)
        self._tables(found)
        self.slice.silence(self.X)
        self._rows_of_the_cell()

    def _warn(self) -> None:
        error = self.model.accuracy(self.net.dt)["time"]
        if error > COARSE:
            warn(
                f"Population '{self.m.name}'",
                f"the time step is coarse for its quickest gate or membrane, {self.net.dt:g} ms makes an error of about "
                f"{min(100 * error, 100):.0f} % in what changes as fast",
                hint="give the network a smaller dt, or the cell method='crank_nicolson'",
            )

    # --- states ------------------------------------------------------------------------------------------------

    def _given(self, name: str) -> float | np.ndarray | None:
        return initial_value(self.m, name, self.code["units"].get(name.partition("@")[0], "mV"))

    def _start_voltage(self) -> np.ndarray:
        """Initial voltages (compartments, neurons): ``v`` sets all of a cell, ``v@3`` those of compartment 3."""
        base = self._given("v")
        v = np.empty((len(self.plan.membrane), self.slice.n))
        v[:] = self.parameters.one("v_init", [0])[0, 0] if base is None else base
        for i in range(len(v)):
            own = self._given(f"v@{i}")
            if own is not None:
                v[i] = own
        require_finite({"v": v}, self.m, "an initial value", self.X.dtype)
        for i, x in enumerate(v):
            self.slice.put(self.X, f"v@{i}", x)
        return v

    def _membrane(self, q: int, at: list[int], v: np.ndarray) -> dict[str, np.ndarray]:
        """Puts the states of a kind of membrane in place; returns its constants, (compartments or 1, neurons or 1)."""
        code, name = self.code["membranes"][q], f"{self.kind}_{q}"
        needed = [n for n in self._names(name) if n != "T"]
        p = self.parameters.at(at, needed)
        p["T"] = self.parameters.one("T", at)
        with np.errstate(all="ignore"):
            found = dict(getattr(self.module, f"constants_{name}")(p, self.net.dt))
            if code["linear"] is not None:
                found |= self._propagators(getattr(self.module, f"matrices_{name}")(p), code["linear"])
            start = getattr(self.module, f"initial_{name}")(p, v[at])
        require_finite(
            {n: found[n] for kind in code["constants"].values() for n in kind},
            self.m,
            "a constant made of its parameters",
            self.X.dtype,
        )
        for s in code["states"]:
            x = np.broadcast_to(np.asarray(start.get(s, 0.0), float), (len(at), self.slice.n))
            general = self._given(s)
            for j, i in enumerate(at):
                own = self._given(f"{s}@{i}")
                value = own if own is not None else general if general is not None else x[j]
                require_finite({s: value}, self.m, "an initial value", self.X.dtype)
                self.slice.put(self.X, f"{s}@{i}", value)
        for n in code["constants"]["rows"]:
            x = np.broadcast_to(np.asarray(found[n], float), (len(at), self.slice.n))
            for j, i in enumerate(at):
                self.slice.put(self.X, f"{n}@{i}", x[j])
        return found

    def _names(self, name: str) -> list[str]:
        return list(self.module.PARAMETERS[name])

    def _propagators(self, matrices: tuple[Matrix, Matrix, Matrix], sizes: dict[str, int]) -> dict[str, np.ndarray]:
        shapes = [np.shape(e) for m in matrices for row in m for e in row]
        shape = np.broadcast_shapes((1, 1), *shapes)

        def flat(m: Matrix) -> list[list[Entry]]:
            return [[np.broadcast_to(np.asarray(e, float), shape).ravel() for e in row] for row in m]

        a, b, g = matrices
        found = propagators((flat(a), flat(b), flat(g)), sizes, self.net.dt)
        return {
            n: np.asarray(x, float).reshape(shape) if np.ndim(x) else np.full(shape, float(x)) for n, x in found.items()
        }

    # --- constants and tables ----------------------------------------------------------------------------------

    def _constants(self, found: dict[int, dict[str, np.ndarray]]) -> None:
        cell = {n: self.parameters.one(n, [0]) for n in ("V_th", "V_r") if n in self.model.units}
        cell["_steps"] = np.floor(self.parameters.one("t_ref", [0]) / self.net.dt + 0.5)
        self.cell_constants = cell
        for j, name in enumerate(self.code["scalars"]):
            if name in cell:
                self.c[j] = cell[name][0, 0]
            else:
                q, n = name[1:].split("_", 1)
                self.c[j] = np.asarray(found[int(q)][n], float).ravel()[0]

    def _rows_of_the_cell(self) -> None:
        for n in self.code["cell_rows"]:
            self.slice.put(self.X, n, self.cell_constants[n][0])
        for j, i in self.plan.stimuli:
            self.slice.put(self.X, f"I_stimulus_{j}@{i}", self._stimulus(self.m.stimuli[j], i))
        for i, g in self.gap.items():
            self.slice.put(self.X, f"{GAP_TOTAL}@{i}", g)

    def _stimulus(self, s: Injected, i: int) -> np.ndarray:
        """Share of an injected current at compartment ``i`` of each neuron (n,): a current into several compartments is divided."""
        out = np.zeros(self.slice.n)
        for v in s.views:
            at = compartments(self.m.population, v)
            if i in at:
                out[v.start : v.stop : v.step] += weights(self.m.population, v)[at.index(i)]
        return out

    def _tables(self, found: dict[int, dict[str, np.ndarray]]) -> None:
        cell, plan, row = self.model.cell, self.plan, self.slice.row
        r_a = float(self.parameters.one("R_a", [0])[0, 0])
        coupling = np.zeros(len(cell))
        inner = np.flatnonzero(cell.parent >= 0)
        coupling[inner] = 1.0 / (r_a * cell.resistance[inner])
        total = coupling.copy()
        np.add.at(total, cell.parent[inner], coupling[inner])
        half = 1.0 if self.model.method == "backward_euler" else 2.0
        capacitance = self._capacitance() * cell.area * half / self.net.dt
        H = len(self.code["scalars"])
        self.at = H + LISTS + 2 * len(plan.members)
        solve = self._put(
            [(row(f"v@{i}"), row(f"v@{max(int(cell.parent[i]), 0)}"), coupling[i]) for i in range(len(cell))]
        )
        stimuli = self._put([(row(f"v@{i}"), row(f"I_stimulus_{j}@{i}"), j) for j, i in plan.stimuli])
        gaps = self._put([(row(f"v@{i}"), row(f"I_gap@{i}")) for i in plan.gaps])
        jumps = [(row(f"v@{i}"), row(f"{jump_row(label)}@{i}")) for label, at in plan.jumps.items() for i in at]
        jump_at = self._put(jumps)
        header = [
            len(cell),
            len(self.slice.rows),
            row(f"v@{self.model.spike_at}"),
            solve,
            len(plan.stimuli),
            stimuli,
        ]
        header += [len(plan.gaps), gaps, len(jumps), jump_at]
        for q, at in enumerate(plan.members):
            fields = self.code["membranes"][q]["constants"]["fields"]
            columns = [np.broadcast_to(np.asarray(found[q][n], float), (len(at), 1))[:, 0] for n in fields]
            lines = [
                (row(f"v@{i}"), capacitance[i], cell.area[i], total[i], *(x[j] for x in columns))
                for j, i in enumerate(at)
            ]
            header += [len(at), self._put(lines)]
        self.c[H : H + len(header)] = header

    def _capacitance(self) -> np.ndarray:
        c = np.zeros(len(self.model.cell))
        for name, at in self.model.capacitances:
            value = self.parameters.one(name, list(at))
            if value.shape[1] > 1:
                raise AmineError(
                    f"Population '{self.m.name}', parameter '{name}'", "it must be one value for all neurons"
                )
            c[list(at)] = value[:, 0]
        return c

    def _put(self, lines: Sequence[tuple[float, ...]]) -> int:
        """Appends a table to the constants; returns the index of its first entry."""
        start = self.at
        flat = np.array(lines, float).ravel()
        self.c[start : start + len(flat)] = flat
        self.at += len(flat)
        return start


__all__ = ["TreeCell"]
