"""The driver of multicompartment cells: membranes of all compartments, then the tree solve, then spikes.

In a step, gates advance with the voltage at its start (:mod:`amine.engine.codegen.membrane`); then the implicit equations of the
voltages of all compartments are solved. With Crank-Nicolson this staggered scheme is of second order in time (Hines 1984),
with backward Euler of first.

Loops over compartments run over index ranges in tables, so that the source does not grow with the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from amine.engine.codegen import ir
from amine.engine.codegen.cell import ARGUMENTS, FUNCTION, SCALAR_FUNCTION
from amine.engine.codegen.membrane import MembraneProgram
from amine.engine.codegen.prepared import preparation
from amine.engine.codegen.program import COMMON, names_of, statements
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.refresh import Refresh, refresh_function
from amine.engine.codegen.text import PythonPrinter, heading
from amine.engine.device.tree_tables import (
    GAP_AT,
    GAPS,
    JUMP_AT,
    JUMPS,
    LISTS,
    MEMBRANE_COLUMNS,
    ROWS,
    SOLVE,
    SOLVE_COLUMNS,
    SPIKE,
    STIMULI,
    STIMULUS_AT,
    N,
)
from amine.engine.resolve.tree import TreeStructure
from amine.equations.lower import Lowering
from amine.equations.printer import Printer
from amine.errors import AmineError
from amine.models.naming import jump_row, port_name
from amine.records import dataclass

CELL_CONSTANTS = ("V_th", "V_r", "_steps")  # threshold, reset, and duration of the refractory state in steps


@dataclass
class TreeCode:
    """Source and metadata of a kind of multicompartment cells; the metadata are literals in the generated module."""

    membranes: list[dict[str, Any]]  # states, constants by storage, sizes of the linear system
    units: dict[str, str]
    integrators: dict[str, str]
    targets: dict[str, str]  # port label -> state that a spike adds to
    scalars: list[str]
    cell_rows: list[str]
    lanes: int
    method: str
    gap: bool
    poisson: int
    noises: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # parameters from which constants are recomputed when some of them vary
    source: str = ""
    wide: tuple[str, ...] = ()  # functions that the source computes in float64 at any precision
    tree: ClassVar[bool] = True

    def metadata(self) -> dict[str, Any]:
        """All of the metadata, as plain data."""
        return {"tree": True} | {k: v for k, v in self.__dict__.items() if k not in ("source", "wide")}


def generate(cell: TreeStructure, index: int, first: bool = True) -> TreeCode:
    """Source and metadata of cell kind ``index``; ``first``: whether it is the first kind with a tree in the module."""
    return _Writer(cell, index, first).code()


class _Writer:
    """Writer of a kind of cells: blocks of ``lanes`` cells, and tables of the rows of each compartment within a block."""

    def __init__(self, cell: TreeStructure, index: int, first: bool):
        self.cell, self.index, self.W, self.first = cell, index, cell.lanes, first
        self.groups = [MembraneProgram(cell, m, q, wide=True) for q, m in enumerate(cell.membranes)]
        # if spikes are those of the root and nothing changes its voltage after the solve, they are detected within the solve
        self.at_once = cell.spikes_at_root and not cell.jumps
        self.printer = PythonPrinter(Printer("kernel"))
        needed = [n for n in CELL_CONSTANTS if n != "V_r" or cell.resets]
        self.cell_rows = [n for n in needed if {"_steps": "t_ref"}.get(n, n) in cell.arrays]
        self.cell_scalars = [n for n in needed if n not in self.cell_rows]
        self.scalars = [self._name(g, n) for g in self.groups for n in g.constants["scalars"]] + self.cell_scalars
        self.H = len(self.scalars)

    def code(self) -> TreeCode:
        targets: dict[str, str] = {}
        integrators: dict[str, str] = {"v": f"implicit ({self.cell.method})"}
        units = {"v": "mV"}
        for g in self.groups:
            integrators |= g.program.integrators
            units |= g.program.units
            for label, eq in g.ports:
                state = eq.on_spike[0][0]
                targets[label] = port_name(state, label) if state in eq.states else jump_row(label)
        varying = self.cell.varying
        refresh = [Refresh(g.program, varying, g.constants["scalars"], []) for g in self.groups]
        needs = sorted({n for r in refresh for n in r.needs}) if varying else []
        membranes = [self._metadata(g) for g in self.groups]
        out = TreeCode(membranes, units, integrators, targets, self.scalars, self.cell_rows, self.W, self.cell.method,
                        self.cell.gap, int(self.cell.poisson), needs=tuple(needs))  # fmt: skip
        functions = [self._emit(), self._update(trial=False)]
        functions += [self._start_trial(), self._update(trial=True)] if self.cell.gap else []
        out.wide = ir.wide_functions(functions)
        out.source = "".join(
            [
                heading(self.cell.title, integrators),
                self._devices(),
                *(self._preparation(g) for g in self.groups),
                *(self.printer.function(f) for f in functions),
                self._refresh(refresh, needs) if varying else "",
            ]
        )
        return out

    @staticmethod
    def _metadata(g: MembraneProgram) -> dict[str, Any]:
        lin = g.program.linear
        sizes = {"n": len(lin.states), "inputs": len(lin.inputs), "noises": 0, "half": g.program.half}
        return {
            "states": list(g.program.load),
            "constants": {kind: [g.program.key(n) for n in names] for kind, names in g.constants.items()},
            "linear": sizes if lin.states else None,
        }

    def _devices(self) -> str:
        step = "substitute" if self.cell.method == "backward_euler" else "substitute_half"
        lines = [
            *(["PARAMETERS = {}"] if self.first else []),
            "from amine.engine.device import tree as tree_device",
            f"eliminate_{self.index} = tree_device.eliminate[{self.W}]",
            f"substitute_{self.index} = tree_device.{step}[{self.W}]",
        ]
        if self.cell.gap:
            lines.append(f"substitute_trial_{self.index} = tree_device.substitute_trial[{self.W}]")
        return "\n".join(lines) + "\n\n\n"

    @staticmethod
    def _name(g: MembraneProgram, n: str) -> str:
        return f"m{g.q}_{g.program.key(n)}"

    def _local(self, g: MembraneProgram) -> Callable[[str], str]:
        """Names in the loop, where constants of several membranes meet."""
        mine = {n for kind in g.constants.values() for n in kind}
        return lambda n: f"m{g.q}_{g.program.shown[n]}" if n in mine else n

    def _preparation(self, g: MembraneProgram) -> str:
        name = f"{self.index}_{g.q}"
        listed = ir.assign(
            ir.item("PARAMETERS", repr(name)), ir.Listed("list", tuple(map(ir.Name, map(repr, g.program.parameters))))
        )
        text = "\n".join(self.printer.block([listed], 0)) + "\n\n\n"
        return text + preparation(g.program, name, ("_p", "v"))

    # --- one step ----------------------------------------------------------------------------------------------

    def _update(self, trial: bool) -> ir.Function:
        W, i = self.W, self.index
        locals_ = [self._local(g)(n) for g in self.groups for n in g.constants["scalars"]] + self.cell_scalars
        body: list[ir.Statement] = quote("c = C[p]") + ([] if trial else quote("marks = empty_marks()"))
        body += [ir.assign(n, ir.item("c", j)) for j, n in enumerate(locals_)]
        body += quote(
            f"n = I64({self._head(N)})\nstride = I64({self._head(ROWS)}) * {W}\nsolve = I64({self._head(SOLVE)})"
        )
        if trial:
            body += quote("worst = F(0.0)")
        elif not self.at_once and not self.cell.resets:
            body += quote(f"before = stack_row({W}, F(0.0))")
        block = quote("ob = U64(base + b * stride)")
        for g in self.groups:
            block += self._membrane(g, trial)
        block += self._lists()
        if not self.at_once and not trial:
            block += quote(f"spike = ob + U64(I64({self._head(SPIKE)}) * {W})")
            if not self.cell.resets:
                block += quote(f"for l in range(U64({W})):\n    before[l] = X[spike + l]")
        block += self._solve(trial)
        block += self._compare() if trial else self._spikes()
        body += quote("for b in range(first, last):\n    block", block=block)
        body.append(ir.Return(ir.Name("worst" if trial else "at")))
        name = f"update_{i}{'_trial' if trial else ''}"
        return ir.Function(name, ARGUMENTS, ir.without_unread(body), FUNCTION)

    def _head(self, column: int) -> str:
        return f"c[{self.H + column}]"

    def _solve(self, trial: bool) -> list[ir.Statement]:
        """Elimination from the tips to the root, the root, and substitution back."""
        W, i = self.W, self.index
        rows = f"ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W}), c[e + 2]"
        substitute = f"substitute{'_trial' if trial else ''}_{i}"
        return quote(
            f"'from the tips to the root'\n"
            f"for q in range(n - 1, 0, -1):\n"
            f"    e = solve + {SOLVE_COLUMNS} * q\n"
            f"    eliminate_{i}(X, {rows})\n"
            f"root\n"
            f"'and back'\n"
            f"for q in range(1, n):\n"
            f"    e = solve + {SOLVE_COLUMNS} * q\n"
            f"    {substitute}(X, {rows})",
            root=self._root(trial),
        )

    def _membrane(self, g: MembraneProgram, trial: bool) -> list[ir.Statement]:
        """All compartments of a kind of membrane: states advance, and the row of the tree's equations is set up."""
        p, W = g.program, self.W
        at = self.H + LISTS + 2 * g.q
        fields, states, local = g.constants["fields"], list(p.load), self._local(g)
        used = names_of(e for _, e in p.body)
        reads = [ir.assign(local(n), quote_expr(f"c[e + {MEMBRANE_COLUMNS + j}]")) for j, n in enumerate(fields)]
        lane = quote("v = X[o + l]")
        lane += [ir.assign(s, self._at(3 + j)) for j, s in enumerate(states) if s in used]
        lane += [ir.assign(local(n), self._at(3 + len(states) + j)) for j, n in enumerate(g.constants["rows"])]
        lane += statements(p.body, Lowering(local), p.stages, COMMON)
        if not trial:
            lane += [ir.assign(self._at(3 + j), p.out[s]) for j, s in enumerate(states)]
        sums = {n: f"area * {n}" if n.endswith("density") else n for n in p.results}
        diagonal = " + ".join(["capacitance + coupling", *(x for n, x in sums.items() if n.startswith("g"))])
        right = " + ".join(["capacitance * v", *(x for n, x in sums.items() if n.startswith("j"))])
        lane.append(ir.Comment("the row of the tree's equations"))
        lane += [ir.assign(self._at(1), quote_expr(diagonal)), ir.assign(self._at(2), quote_expr(right))]
        body = quote(
            f"e = I64(c[{at + 1}]) + {MEMBRANE_COLUMNS + len(fields)} * q\n"
            f"o = ob + U64(I64(c[e]) * {W})\n"
            f"capacitance = c[e + 1]\narea = c[e + 2]\ncoupling = c[e + 3]\n"
            f"reads\n"
            f"for l in range(U64({W})):\n"
            f"    lane",
            reads=reads,
            lane=lane,
        )
        return [ir.Comment(p.name), *quote(f"for q in range(I64(c[{at}])):\n    body", body=body)]

    def _at(self, row: int) -> ir.Item:
        return _item(f"X[o + U64({row * self.W}) + l]")

    def _pairs(self, count: int, at: int, lane: str, columns: int = 2, before: str = "") -> list[ir.Statement]:
        """A loop over a list of the tables: rows ``o`` and ``s`` of each entry, then the statements of a lane."""
        W = self.W
        return quote(
            f"for q in range(I64({self._head(count)})):\n"
            f"    e = I64({self._head(at)}) + {columns} * q\n"
            f"    o = ob + U64(I64(c[e]) * {W})\n"
            f"    s = ob + U64(I64(c[e + 1]) * {W})\n"
            f"    before\n"
            f"    for l in range(U64({W})):\n"
            f"        lane",
            before=quote(before),
            lane=quote(lane),
        )

    def _lists(self) -> list[ir.Statement]:
        """Inputs to single compartments: injected currents and gap junctions."""
        W = self.W
        add, now = f"X[o + U64({2 * W}) + l] += now * X[s + l]", "now = inputs[row, u + I64(c[e + 2])]"
        text = [ir.Comment("injected currents"), *self._pairs(STIMULI, STIMULUS_AT, add, 3, now)]
        if not self.cell.gap:
            return text
        if (
            self.cell.method == "backward_euler"
        ):  # the current is that of the mean of both voltages over the step, on either side
            lane = (
                f"g = F(0.5) * X[s + U64({W}) + l]\n"
                f"X[o + U64({W}) + l] += g\n"
                f"X[o + U64({2 * W}) + l] += X[s + l] - g * X[o + l]"
            )
        else:
            lane = f"X[o + U64({W}) + l] += X[s + U64({W}) + l]\nX[o + U64({2 * W}) + l] += X[s + l]"
        return [*text, ir.Comment("gap junctions"), *self._pairs(GAPS, GAP_AT, lane)]

    def _root(self, trial: bool) -> list[ir.Statement]:
        """The root's voltage, which is clamped while a cell with a reset is refractory."""
        at_once = self.at_once and not trial
        old, diagonal, right = (self._root_row(r) for r in range(3))
        lane = quote("x = right / diagonal", right=right, diagonal=diagonal)
        if self.cell.resets or at_once:
            lane += quote("free = to_step(X[ob + l]) <= k")
        lane += quote("x = x if free else reset", reset=self._value("V_r")) if self.cell.resets else []
        lane += quote("right = x", right=right)
        if not trial:
            backward = self.cell.method == "backward_euler"
            lane += quote(f"old = row\nnew = {'x' if backward else 'x + x - old'}", row=old)
            if self.cell.resets and not backward:
                lane += quote("new = new if free else reset", reset=self._value("V_r"))
            lane += quote("row = new", row=old)
            lane += self._hit(ir.Name("old"), ir.Name("new")) if at_once else []
        marks = quote("hits = U8(0)") if at_once else []
        return marks + quote(f"for l in range(U64({self.W})):\n    lane", lane=lane)

    def _root_row(self, row: int) -> ir.Item:
        return _item(f"X[ob + U64({(1 + len(self.cell_rows) + row) * self.W}) + l]")

    def _hit(self, old: ir.Expr, new: ir.Expr) -> list[ir.Statement]:
        """Marks the neurons of a block that spike."""
        threshold = self._value("V_th")
        crossed = ir.Binary(">", new, threshold)
        if not self.cell.resets:
            crossed = ir.Binary("&", ir.Binary("<=", old, threshold), crossed)
        return quote("hit = U8(free & crossed)\nmarks[l] = hit\nhits |= hit", crossed=crossed)

    def _compare(self) -> list[ir.Statement]:
        """Change of the trial voltages of coupled compartments since the trial before."""
        W = self.W
        new = f"X[o + U64({2 * W}) + l]"
        if self.cell.method != "backward_euler":
            new = f"F(2.0) * {new} - X[o + l]"
        return self._pairs(
            GAPS,
            GAP_AT,
            f"new = {new}\n"
            f"change = abs(new - X[s + U64({2 * W}) + l])\n"
            f"X[s + U64({2 * W}) + l] = new\n"
            f"if to_step(X[ob + l]) < NEVER:\n"
            f"    worst = max(worst, change)",
        )

    def _value(self, name: str) -> ir.Expr:
        if name in self.cell_scalars:
            return ir.Name(name)
        return _item(f"X[ob + U64({(1 + self.cell_rows.index(name)) * self.W}) + l]")

    def _spikes(self) -> list[ir.Statement]:
        """Delta inputs to the voltage, then upward crossings of the threshold."""
        W = self.W
        emit = quote(f"if hits != 0:\n    at = emit_{self.index}(X, ob, c, k, spk, at, id0 + b * {W}, marks)")
        if self.at_once:
            return emit
        lane = quote("free = to_step(X[ob + l]) <= k")
        if self.cell.resets:
            lane += quote("X[spike + l] = X[spike + l] if free else reset", reset=self._value("V_r"))
        lane += self._hit(_item("before[l]"), _item("X[spike + l]"))
        return [
            ir.Comment("what arrives moves the voltage itself"),
            *self._pairs(JUMPS, JUMP_AT, "X[o + l] += X[s + l]\nX[s + l] = F(0.0)"),
            *quote(f"hits = U8(0)\nfor l in range(U64({W})):\n    lane", lane=lane),
            *emit,
        ]

    def _refresh(self, refresh: list[Refresh], needs: list[str]) -> str:
        """``refresh_<index>``: recomputes constants of changed parameters, which are the same at all compartments."""
        text: list[ir.Statement] = []
        for g, r in zip(self.groups, refresh, strict=True):
            if (set(r.named) | set(r.linear)) & {*g.constants["fields"], *g.constants["rows"]}:
                raise AmineError(
                    f"Neuron '{self.cell.name}'",
                    "a dose or modulator acts on a parameter that differs between compartments or neurons",
                    given=", ".join(self.cell.varying),
                    hint="give it one value",
                )
            r.needs = needs
            text += [*r.scratch(), *r.body(g.constants["scalars"], self._place(g), ir.Integer(0))]
        return refresh_function(self.index, [*text, ir.Return(ir.Name("None"))])

    def _place(self, g: MembraneProgram) -> Callable[[str], ir.Item]:
        return lambda n: ir.item("c", self.scalars.index(self._name(g, n)))

    def _emit(self) -> ir.Function:
        """Scalar code for the few neurons of a block that spiked."""
        shared = [ir.assign(n, ir.item("c", self.scalars.index(n))) for n in self.cell_scalars]
        reset = quote("row = reset", row=self._root_row(0), reset=self._value("V_r")) if self.cell.resets else []
        body = quote(
            f"shared\n"
            f"for l in range(U64({self.W})):\n"
            f"    if marks[l] != 0:\n"
            f"        reset\n"
            f"        X[ob + l] = from_step(k + STEP(1) + STEP(wait))\n"
            f"        spk[at] = id0 + I64(l)\n"
            f"        at += 1\n"
            f"return at",
            shared=shared,
            reset=reset,
            wait=self._value("_steps"),
        )
        args = ("X", "ob", "c", "k", "spk", "at", "id0", "marks")
        return ir.Function(f"emit_{self.index}", args, ir.without_unread(body), SCALAR_FUNCTION)

    def _start_trial(self) -> ir.Function:
        copy = self._pairs(GAPS, GAP_AT, f"X[s + U64({2 * self.W}) + l] = X[o + l]")
        body = quote(
            f"c = C[p]\n"
            f"stride = I64({self._head(ROWS)}) * {self.W}\n"
            f"for b in range(first, last):\n"
            f"    ob = U64(base + b * stride)\n"
            f"    copy\n"
            f"return None",
            copy=copy,
        )
        return ir.Function(f"start_trial_{self.index}", ("X", "base", "first", "last", "C", "p"), body, SCALAR_FUNCTION)


def _item(text: str) -> ir.Item:
    found = quote_expr(text)
    assert isinstance(found, ir.Item)
    return found


__all__ = ["TreeCode", "generate"]
