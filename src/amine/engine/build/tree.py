"""States, constants and tables of cells with a tree, and where their rows lie in the state array."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from amine.engine.build.prepare import Place, generator, require_finite
from amine.engine.codegen.tree import LISTS, MEMBRANE_COLUMNS
from amine.engine.resolve.tree import RECORD, names_at, poisson_share, rows
from amine.errors import AmineError, AmineWarning
from amine.models.multicompartment import along
from amine.models.naming import GAP_TOTAL, jump_row
from amine.values import realise

COARSE = 0.5  # relative error in time from which on the user is told


class CablePlace(Place):
    """Where a population of cells with trees lies: blocks of ``lanes`` neurons, rows named with their compartments."""

    @property
    def lanes(self) -> int:
        """Neurons of a block."""
        return self.member.structure.lanes

    @cached_property
    def index(self) -> dict[str, int]:
        """Place of each row; a state without a compartment is the root's."""
        found = {name: i for i, name in enumerate(self.rows)}
        return found | {name.partition("@")[0]: i for name, i in found.items() if name.endswith("@0")}

    def row(self, name: str) -> int:
        return self.index[name]


def make_place(member: Any, base: int, id0: int, code: dict[str, Any]) -> CablePlace:
    """The place of a population; the states to be watched are all rows of its compartments."""
    names = rows(
        member,
        [m["states"] for m in code["membranes"]],
        [m["constants"]["rows"] for m in code["membranes"]],
        code["cell_rows"],
    )
    first = 1 + len(code["cell_rows"])
    sizes = [len(RECORD) + len(m["states"]) + len(m["constants"]["rows"]) for m in code["membranes"]]
    return CablePlace(member, base, id0, names, names[first : first + sum(sizes[q] for q in member.plan.membrane)])


def width(place: CablePlace, code: dict[str, Any]) -> int:
    """Length of a population's row of constants."""
    plan = place.member.plan
    n = len(code["scalars"]) + LISTS + 2 * len(code["membranes"]) + 3 * len(plan.membrane)
    n += sum(
        len(at) * (MEMBRANE_COLUMNS + len(m["constants"]["fields"]))
        for at, m in zip(plan.members, code["membranes"], strict=True)
    )
    return n + 3 * len(plan.stimuli) + 2 * len(plan.gaps) + 2 * sum(map(len, plan.jumps.values()))


class _Values:
    """Parameters of the population's model at compartments: arrays [compartments or 1, neurons or 1]."""

    def __init__(self, place: CablePlace, values: dict[str, Any]):
        self.model, self.values, self.place = place.member.population.model, values, place

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


def fill_cell(
    net: Any,
    module: Any,
    place: CablePlace,
    values: dict[str, Any],
    gap: Mapping[int, np.ndarray],
    X: np.ndarray,
    c: np.ndarray,
) -> None:
    """Everything of one population at time zero; ``gap`` is the sum of the gap-junction conductances at each compartment."""
    _Filler(net, module, place, values, gap, X, c).fill()


class _Filler:
    def __init__(
        self,
        net: Any,
        module: Any,
        place: CablePlace,
        values: dict[str, Any],
        gap: Mapping[int, np.ndarray],
        X: np.ndarray,
        c: np.ndarray,
    ):
        self.net, self.module, self.place, self.gap, self.X, self.c = net, module, place, gap, X, c
        self.m, self.plan = place.member, place.member.plan
        self.code, self.kind = module.CELLS[self.m.kind], self.m.kind
        self.model = self.m.population.model
        self.parameters = _Values(place, values)
        self.at = 0

    def fill(self) -> None:
        self._warn()
        start, found = self._start_voltage(), {}
        for q, at in enumerate(self.plan.members):
            found[q] = self._membrane(q, at, start)
        self._constants(found)
        self._tables(found)
        ghosts = self.place.view(self.X)[-1, self.place.row("_ref")].view(f"i{self.X.itemsize}")
        ghosts[self.place.n - (self.place.blocks - 1) * self.place.lanes :] = np.iinfo(ghosts.dtype).max
        self._rows_of_the_cell()

    def _warn(self) -> None:
        error = self.model.accuracy(self.net.dt)["time"]
        if error > COARSE:
            warnings.warn(
                f"Population '{self.m.name}': the time step is coarse for its quickest gate or membrane, {self.net.dt:g} ms makes an error of "
                f"about {min(100 * error, 100):.0f} % in what changes as fast; give the network a smaller dt, or the cell method='crank_nicolson'",
                AmineWarning,
                stacklevel=2,
            )

    # --- states ------------------------------------------------------------------------------------------------

    def _given(self, name: str) -> Any:
        given = self.m.population.initial.get(name)
        if given is None:
            return None
        unit = self.code["units"].get(name.partition("@")[0], "mV")
        where = f"Population '{self.m.name}', initial '{name}'"
        return realise(given, unit, self.place.n, generator(self.net.seed, self.m.name, "initial", name), where)

    def _start_voltage(self) -> np.ndarray:
        """[compartments, neurons]: ``v`` sets all of a cell, ``v@3`` compartment 3."""
        base = self._given("v")
        v = np.empty((len(self.plan.membrane), self.place.n))
        v[:] = self.parameters.one("v_init", [0])[0, 0] if base is None else base
        for i in range(len(v)):
            own = self._given(f"v@{i}")
            if own is not None:
                v[i] = own
        require_finite({"v": v}, self.m, "an initial value")
        for i, x in enumerate(v):
            self.place.put(self.X, f"v@{i}", x)
        return v

    def _membrane(self, q: int, at: list[int], v: np.ndarray) -> dict[str, np.ndarray]:
        """Constants of a kind of membrane as arrays [compartments or 1, neurons or 1]; states are put in place."""
        code, name = self.code["membranes"][q], f"{self.kind}_{q}"
        needed = [n for n in self._names(name) if n != "T"]
        p: dict[str, Any] = self.parameters.at(at, needed)
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
        )
        for s in code["states"]:
            x = np.broadcast_to(np.asarray(start.get(s, 0.0), float), (len(at), self.place.n))
            general = self._given(s)
            for j, i in enumerate(at):
                own = self._given(f"{s}@{i}")
                value = own if own is not None else general if general is not None else x[j]
                require_finite({s: value}, self.m, "an initial value")
                self.place.put(self.X, f"{s}@{i}", value)
        for n in code["constants"]["rows"]:
            x = np.broadcast_to(np.asarray(found[n], float), (len(at), self.place.n))
            for j, i in enumerate(at):
                self.place.put(self.X, f"{n}@{i}", x[j])
        return found

    def _names(self, name: str) -> list[str]:
        return list(self.module.PARAMETERS[name])

    def _propagators(self, matrices: Any, sizes: dict[str, Any]) -> dict[str, Any]:
        from amine.engine.build.propagator import propagators

        shapes = [np.shape(e) for m in matrices for row in m for e in row]
        shape = np.broadcast_shapes((1, 1), *shapes)
        flat: Any = tuple(
            [[np.broadcast_to(np.asarray(e, float), shape).ravel() for e in row] for row in m] for m in matrices
        )
        found = propagators(flat, sizes, self.net.dt)
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
            self.place.put(self.X, n, self.cell_constants[n][0])
        for j, i in self.plan.stimuli:
            self.place.put(self.X, f"I_stimulus_{j}@{i}", self._stimulus(self.m.stimuli[j], i))
        for i, g in self.gap.items():
            self.place.put(self.X, f"{GAP_TOTAL}@{i}", g)

    def _stimulus(self, s: Any, i: int) -> np.ndarray:
        """The part of an injected current that each neuron takes at compartment ``i``: a current into several is divided between them."""
        from amine.network.cables import compartments, weights

        out = np.zeros(self.place.n)
        for v in s.target.views():
            at = compartments(self.m.population, v)
            if v.population == self.m.name and i in at:
                out[v.start : v.stop : v.step] += weights(self.m.population, v)[at.index(i)]
        return out

    def _tables(self, found: dict[int, dict[str, np.ndarray]]) -> None:
        cell, plan, row = self.model.cell, self.plan, self.place.row
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
            len(self.place.rows),
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

    def _put(self, lines: list[tuple[Any, ...]]) -> int:
        """Appends a table to the constants; returns its place."""
        start = self.at
        flat = np.array(lines, float).ravel()
        self.c[start : start + len(flat)] = flat
        self.at += len(flat)
        return start


def poisson_rows(
    net: Any,
    place: CablePlace,
    j: int,
    part: Any,
    state: str,
    rate: Any,
    weight_row: int,
    p: int,
    stream: int,
    X: np.ndarray,
) -> list[tuple[tuple[int, ...], np.ndarray]]:
    """A Poisson input as one row of the table of inputs, and its table of counts, for each compartment that it reaches."""
    from amine.engine.device.poisson import cumulative

    out = []
    for i, share in poisson_share(place.member, part).items():
        mean = np.broadcast_to(np.asarray(rate) * int(part.n) * net.dt * share, (place.n,))
        draws = max(1, int(np.ceil(float(mean.max()) / 16.0)))
        rate_row = -1
        if f"_poisson_rate_{j}@{i}" in place.index:
            place.put(X, f"_poisson_rate_{j}@{i}", mean)
            rate_row = place.row(f"_poisson_rate_{j}@{i}") * place.lanes
        table = cumulative(float(mean.max()) / draws)
        row = place.row(f"{state}@{i}") * place.lanes
        out.append(((p, row, weight_row, len(table), draws, stream, rate_row, place.stride, place.lanes), table))
        stream += draws
    return out
