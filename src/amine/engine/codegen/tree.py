"""From a cell with a tree to source text: membranes of all compartments, then the tree solve, then spikes.

One step: gates advance over the step with the voltage at its start (exponential Euler, exact for a fixed voltage), and so stand
half a step ahead of it; conductances and currents follow from them, linearised about the voltage; then the voltages of all
compartments are solved for at once, implicitly. With Crank-Nicolson this staggered scheme is of second order in time (Hines 1984),
with backward Euler of first.

Loops over compartments run over index ranges in tables, so that the source does not grow with the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from amine.engine.codegen.cell import FUNCTION, assignments
from amine.engine.codegen.fuse import Fused
from amine.engine.codegen.pores import with_drugs
from amine.engine.codegen.refresh import DECORATOR, Refresh
from amine.engine.codegen.step import Stepper
from amine.engine.resolve.tree import CableStructure, Membrane, state_name
from amine.equations import CHANNEL_NAMES, IONS, parse
from amine.equations.printer import Printer
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.models.naming import gain_name, jump_row, port_name

# header of the tables, after the scalars in a population's row of constants
N, ROWS, SPIKE, SOLVE, STIMULI, STIMULUS_AT, GAPS, GAP_AT, JUMPS, JUMP_AT, LISTS = range(11)
SOLVE_COLUMNS, MEMBRANE_COLUMNS = 3, 4  # (row, parent's row, coupling); (row, capacitance, area, sum of couplings)


@dataclass
class CableCode:
    """Source of one kind of cells with trees, and what the engine must know to feed it."""

    membranes: list[dict[str, Any]]  # states, constants by where they live, units
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
    needs: tuple[str, ...] = ()  # parameters from which constants are worked out anew: none vary yet
    source: str = ""
    tree: ClassVar[bool] = True

    def metadata(self) -> dict[str, Any]:
        """Everything but the source, as plain data."""
        return {"cable": True} | {k: v for k, v in self.__dict__.items() if k != "source"}


def generate(cell: CableStructure, index: int, first: bool = True) -> CableCode:
    """Source and metadata of cell kind ``index``; ``first`` of its sort in the module."""
    return _Writer(cell, index, first).code()


class _Group:
    """One kind of membrane: its system, the assignments of a step, and its constants by where they live."""

    def __init__(self, cell: CableStructure, membrane: Membrane, q: int):
        self.cell, self.membrane, self.q = cell, membrane, q
        self.channels = [(label, parse(m), m) for label, m in membrane.channels]
        self.ports = [(label, parse(m)) for label, m in membrane.ports]
        self.pools = {s: label for label, eq, _ in self.channels for s in eq.states if s in CHANNEL_NAMES}
        self.currents: dict[str, Any] = {}  # of receptors, by label, as drugs change them
        self.fused = self._fuse()
        self.parameters = sorted(self.fused.parameters)
        self.stepper = Stepper(self.fused, frozenset(cell.arrays | membrane.fields))
        self.steps = self._steps()
        self.constants = self._constants()

    # --- the system --------------------------------------------------------------------------------------------

    def _rename(self, label: str, eq: Any) -> dict[Any, Any]:
        names = {s: state_name(s, label) for s in eq.states} | {p: port_name(p, label) for p in eq.parameters}
        return {symbol(a): symbol(b) for a, b in names.items()}

    def _exports(self) -> dict[Any, Any]:
        """Reversal potentials that pools give, in the place of the channels' own."""
        found = {}
        for label, eq, _ in self.channels:
            for n, e in eq.named.items():
                if n in CHANNEL_NAMES:
                    found[n] = eq.expand(e).subs(self._rename(label, eq), simultaneous=True)
        return found

    def _local(self, label: str, eq: Any, e: Any) -> Any:
        """An expression of a channel in the names of the membrane, with what pools give put in."""
        exports, own = self._exports(), self._rename(label, eq)
        swap = {k: exports[k.name] if k.name in exports and k.name in eq.parameters else v for k, v in own.items()}
        e = eq.expand(e).subs(swap, simultaneous=True)
        return e.subs({symbol(n): x for n, x in exports.items()}, simultaneous=True)

    def _fuse(self) -> Fused:
        rhs: dict[str, Any] = {}
        units: dict[str, str] = {}
        initial: dict[str, Any] = {}
        parameters = {"T", *(gain_name(n) for n, _ in self.ports if gain_name(n) in self.cell.varying)}
        methods: dict[str, str] = {}
        for label, eq, _ in self.channels:
            for s, e in eq.rhs.items():
                rhs[state_name(s, label)] = self._local(label, eq, e)
                units[state_name(s, label)] = eq.states[s]
            initial |= {state_name(s, label): self._local(label, eq, e) for s, e in eq.initial.items()}
            parameters |= {port_name(p, label) for p in eq.parameters}
        for label, eq in self.ports:
            names = self._port_names(label, eq)
            rhs |= {names[symbol(s)].name: e.subs(names, simultaneous=True) for s, e in eq.full_rhs.items()}
            units |= {names[symbol(s)].name: u for s, u in eq.states.items()}
            initial |= {
                names[symbol(s)].name: eq.expand(e).subs(names, simultaneous=True) for s, e in eq.initial.items()
            }
            parameters |= {port_name(p, label) for p in eq.parameters}
            if eq.current is not None:
                current = eq.expand(eq.current).subs(names, simultaneous=True)
                system = {"rhs": rhs, "units": units, "methods": methods, "initial": {"v": symbol("v")}}
                system["parameters"] = parameters | {"v"}
                self.currents[label] = with_drugs(current, label, self.cell, system)[0]
                parameters |= system["parameters"] - {"v"}
                initial |= {n: e for n, e in system["initial"].items() if n != "v"}
        for s in rhs:
            initial.setdefault(s, self._steady(s, rhs[s]))
        initial = {s: self._at_start(e, initial) for s, e in initial.items()}
        inputs = {"v", *(f"i_{x}" for x in IONS)}
        return Fused(rhs, units, parameters, inputs, None, (), None, (), initial, methods=methods)

    def _port_names(self, label: str, eq: Any) -> dict[Any, Any]:
        return {symbol(n): symbol(port_name(n, label)) for n in (*eq.states, *eq.parameters)}

    def _steady(self, s: str, e: Any) -> Any:
        """Where a state rests at the voltage of the start; zero if that cannot be said."""
        x, rate = symbol(s), sp.diff(e, symbol(s))
        if rate == 0 or x in rate.free_symbols or any(s.endswith(f"_{label}") for label, _ in self.ports):
            return sp.S.Zero
        return -e.subs(x, 0) / rate

    def _at_start(self, e: Any, initial: dict[str, Any]) -> Any:
        """Free of states: pools at rest, no ion currents."""
        for _ in range(3):
            e = e.subs({symbol(s): x for s, x in initial.items() if symbol(s) in e.free_symbols}, simultaneous=True)
        return e.subs({symbol(f"i_{x}"): 0 for x in IONS})

    # --- a step ------------------------------------------------------------------------------------------------

    def _steps(self) -> list[tuple[str, Any]]:
        """Assignments in order: gates, conductances and drives, pools, and the sums ``g`` and ``j`` (per area and in all)."""
        take = self.stepper.constants.take
        updates, new = self.stepper.updates()
        ions = {symbol(f"i_{x}") for x in IONS}
        later = {n for n, e in updates if e.free_symbols & ions}
        gates = {symbol(s): symbol(new[s]) for s in self.fused.rhs if s not in self.pools and not self._of_port(s)}
        middle = {symbol(s): (symbol(s) + symbol(new[s])) / 2 for s in self.fused.rhs if self._of_port(s)}
        out = [(n, e) for n, e in updates if n not in later]
        density: list[tuple[Any, Any]] = []
        currents: dict[str, Any] = {}
        for label, eq, _ in self.channels:
            if eq.current is None:
                continue
            g, j = self._linear(self._local(label, eq, eq.current).subs(gates, simultaneous=True))
            density.append((g, j))
            if eq.ion and any(s in self.pools for s in (f"{eq.ion}_i",)):
                currents.setdefault(f"i_{eq.ion}", 0)
                currents[f"i_{eq.ion}"] += j - g * symbol("v")
        points = []
        for current in self.currents.values():
            points.append(self._linear(current.subs(middle, simultaneous=True)))
        out += [(n, take(e)) for n, e in currents.items()]
        out += [(n, e.subs({i: 0 for i in ions if i.name not in currents})) for n, e in updates if n in later]
        for name, parts in (("density", density), ("point", points)):
            for k, x in enumerate(("g", "j")):
                if parts:
                    out.append((f"{x}_{name}", take(sp.Add(*[p[k] for p in parts]))))
        return out

    def _of_port(self, state: str) -> bool:
        return any(state == port_name(s, label) for label, eq in self.ports for s in eq.states)

    @staticmethod
    def _linear(current: Any) -> tuple[Any, Any]:
        """(g, j) of the line j - g v that touches a current at the voltage of the start."""
        v = symbol("v")
        g = -sp.diff(current, v)
        if v not in g.free_symbols:
            return g, current.subs(v, 0)
        return g, current + g * v

    # --- constants ---------------------------------------------------------------------------------------------

    def _constants(self) -> dict[str, list[str]]:
        """Names by where they live: ``scalars`` (one for all), ``fields`` (differ between compartments), ``rows`` (between neurons)."""
        named = {n: {s.name for s in e.free_symbols} for e, n in self.stepper.constants.named.items()}
        lin = self.stepper.linear
        entries = {s.name for row in (*lin.A, *lin.B) for e in row for s in getattr(e, "free_symbols", ())}
        named |= dict.fromkeys(self.stepper.constants.extra, entries)
        used = {s.name for _, e in self.steps for s in e.free_symbols}
        out: dict[str, list[str]] = {"scalars": [], "fields": [], "rows": []}
        for n, symbols in named.items():
            if n in used:
                kind = (
                    "rows" if symbols & self.cell.arrays else "fields" if symbols & self.membrane.fields else "scalars"
                )
                out[kind].append(n)
        return out


class _Writer:
    def __init__(self, cell: CableStructure, index: int, first: bool):
        self.cell, self.index, self.W, self.first = cell, index, cell.lanes, first
        self.groups = [_Group(cell, m, q) for q, m in enumerate(cell.membranes)]
        # the root makes the spikes, and nothing moves its voltage after the solve: they are found as it is solved
        self.at_once = cell.spikes_at_root and not cell.jumps

    def code(self) -> CableCode:
        scalars = [self._name(g, n) for g in self.groups for n in g.constants["scalars"]]
        cell = [n for n in ("V_th", "V_r", "_steps") if n != "V_r" or self.cell.resets]
        rows = [n for n in cell if {"_steps": "t_ref"}.get(n, n) in self.cell.arrays]
        self.cell_scalars = [n for n in cell if n not in rows]
        scalars += self.cell_scalars
        self.scalars, self.cell_rows = scalars, rows
        targets: dict[str, str] = {}
        integrators: dict[str, str] = {"v": f"implicit ({self.cell.method})"}
        units = {"v": "mV"}
        for g in self.groups:
            integrators |= g.stepper.methods
            units |= g.fused.units
            for label, eq in g.ports:
                state = eq.on_spike[0][0]
                targets[label] = port_name(state, label) if state in eq.states else jump_row(label)
        membranes = [
            {
                "states": list(g.fused.rhs),
                "constants": g.constants,
                "linear": None
                if not g.stepper.linear.states
                else {
                    "n": len(g.stepper.linear.states),
                    "inputs": len(g.stepper.linear.inputs),
                    "noises": 0,
                    "half": g.stepper.half,
                },
            }
            for g in self.groups
        ]
        out = CableCode(
            membranes,
            units,
            integrators,
            targets,
            scalars,
            rows,
            self.W,
            self.cell.method,
            self.cell.gap,
            int(self.cell.poisson),
        )
        refresh = [Refresh(g.stepper, self.cell.varying, g.constants["scalars"], []) for g in self.groups]
        self.needs = sorted({n for r in refresh for n in r.needs}) if self.cell.varying else []
        out.needs = tuple(self.needs)
        out.source = "".join(
            [
                f"# {self.cell.title}: " + ", ".join(f"{s} {m}" for s, m in integrators.items()) + "\n",
                self._devices(),
                *(self._preparation(g) for g in self.groups),
                self._emit(),
                self._update(trial=False),
                *([self._start_trial(), self._update(trial=True)] if self.cell.gap else []),
                *([self._refresh(refresh)] if self.cell.varying else []),
            ]
        )
        return out

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
    def _name(g: _Group, n: str) -> str:
        return f"m{g.q}_{n}"

    def _printer(self, g: _Group) -> Printer:
        mine = {n for kind in g.constants.values() for n in kind}
        return Printer("kernel", lambda n: self._name(g, n) if n in mine else n)

    # --- prepared once, in float64 -----------------------------------------------------------------------------

    def _preparation(self, g: _Group) -> str:
        numpy = Printer("numpy")
        read = [f"    {n} = _p['{n}']" for n in g.parameters]
        constants = [f"        '{n}': {numpy(e)}," for e, n in g.stepper.constants.named.items()]
        initial = [f"        '{s}': {numpy(e)}," for s, e in g.fused.initial.items()]
        lin = g.stepper.linear
        matrices = [
            f"        [{', '.join('[' + ', '.join(numpy(e) for e in row) + ']' for row in getattr(lin, k))}],"
            for k in "ABG"
        ]
        name = f"{self.index}_{g.q}"
        parts = [
            (f"constants_{name}", "_p, dt", ["    return {", *constants, "    }"]),
            (f"initial_{name}", "_p, v", ["    t = 0.0", "    return {", *initial, "    }"]),
            (f"matrices_{name}", "_p", ["    return (", *matrices, "    )"]),
        ]
        listed = f"PARAMETERS['{name}'] = {g.parameters!r}\n\n\n"
        return listed + "".join("\n".join([f"def {n}({a}):", *read, *body]) + "\n\n\n" for n, a, body in parts)

    # --- one step ----------------------------------------------------------------------------------------------

    def _update(self, trial: bool) -> str:
        W, H, i = self.W, len(self.scalars), self.index
        name = f"update_{i}{'_trial' if trial else ''}"
        text = [FUNCTION, f"def {name}(X, base, first, last, C, p, inputs, row, u, t, k, spk, at, id0):"]
        text += ["    c = C[p]"] + ["    marks = empty_marks()"] * (not trial)
        text += [f"    {n} = c[{j}]" for j, n in enumerate(self.scalars)]
        text += [f"    n, stride, solve = I64(c[{H + N}]), I64(c[{H + ROWS}]) * {W}, I64(c[{H + SOLVE}])"]
        text += (
            ["    worst = F(0.0)"]
            if trial
            else []
            if self.at_once or self.cell.resets
            else [f"    before = np.empty({W}, F)"]
        )
        text += ["    for b in range(first, last):", "        ob = U64(base + b * stride)"]
        for g in self.groups:
            text += [" " * 8 + line for line in self._membrane(g, H, trial)]
        text += [" " * 8 + line for line in self._lists(H)]
        if not self.at_once and not trial:
            text.append(f"        spike = ob + U64(I64(c[{H + SPIKE}]) * {W})")
        if not trial and not self.at_once and not self.cell.resets:
            text += [f"        for l in range(U64({W})):", "            before[l] = X[spike + l]"]
        text += [
            "        for q in range(n - 1, 0, -1):",
            f"            e = solve + {SOLVE_COLUMNS} * q",
            f"            eliminate_{i}(X, ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W}), c[e + 2])",
            *(" " * 8 + line for line in self._root(trial)),
            "        for q in range(1, n):",
            f"            e = solve + {SOLVE_COLUMNS} * q",
            f"            substitute{'_trial' if trial else ''}_{i}(X, ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W}), c[e + 2])",
        ]
        text += [" " * 8 + line for line in (self._compare(H) if trial else self._spikes(H))]
        return "\n".join([*text, f"    return {'worst' if trial else 'at'}"]) + "\n\n\n"

    def _membrane(self, g: _Group, H: int, trial: bool) -> list[str]:
        """All compartments of one kind: states advance, and the row of the tree's equations is set up."""
        W, at = self.W, f"c[{H + LISTS + 2 * g.q + 1}]"
        fields, states = g.constants["fields"], list(g.fused.rhs)
        columns = MEMBRANE_COLUMNS + len(fields)
        printer = self._printer(g)
        used = {s.name for _, e in g.steps for s in e.free_symbols}
        text = [
            f"for q in range(I64(c[{H + LISTS + 2 * g.q}])):  # {', '.join(n for n, _ in (*g.membrane.channels, *g.membrane.ports)) or 'bare'}",
            f"    e = I64({at}) + {columns} * q",
            f"    o = ob + U64(I64(c[e]) * {W})",
            "    capacitance, area, coupling = c[e + 1], c[e + 2], c[e + 3]",
            *(f"    {self._name(g, n)} = c[e + {MEMBRANE_COLUMNS + j}]" for j, n in enumerate(fields)),
            f"    for l in range(U64({W})):",
        ]
        lane = ["v = X[o + l]"]
        lane += [f"{s} = {self._at(3 + j)}" for j, s in enumerate(states) if s in used]
        lane += [f"{self._name(g, n)} = {self._at(3 + len(states) + j)}" for j, n in enumerate(g.constants["rows"])]
        lane += assignments(g.steps, printer)
        if not trial:
            lane += [f"{self._at(3 + j)} = new_{s}" for j, s in enumerate(states)]
        names = {n for n, _ in g.steps}
        d = (
            "capacitance + coupling"
            + (" + area * g_density" if "g_density" in names else "")
            + (" + g_point" if "g_point" in names else "")
        )
        x = (
            "capacitance * v"
            + (" + area * j_density" if "j_density" in names else "")
            + (" + j_point" if "j_point" in names else "")
        )
        lane += [f"{self._at(1)} = {d}", f"{self._at(2)} = {x}"]
        return text + [" " * 8 + line for line in lane]

    def _at(self, row: int) -> str:
        return f"X[o + U64({row * self.W}) + l]"

    def _lists(self, H: int) -> list[str]:
        """What reaches single compartments: injected currents and gap junctions."""
        W = self.W
        text = [
            f"for q in range(I64(c[{H + STIMULI}])):",
            f"    e = I64(c[{H + STIMULUS_AT}]) + 3 * q",
            f"    o, s = ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W})",
            "    now = inputs[row, u + I64(c[e + 2])]",
            f"    for l in range(U64({W})):",
            f"        X[o + U64({2 * W}) + l] += now * X[s + l]",
        ]
        if not self.cell.gap:
            return text
        half = self.cell.method == "backward_euler"
        text += [
            f"for q in range(I64(c[{H + GAPS}])):",
            f"    e = I64(c[{H + GAP_AT}]) + 2 * q",
            f"    o, s = ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W})",
            f"    for l in range(U64({W})):",
        ]
        if half:  # the current of a step is that of the mean of both voltages over it, on either side
            text += [
                f"        g = F(0.5) * X[s + U64({W}) + l]",
                f"        X[o + U64({W}) + l] += g",
                f"        X[o + U64({2 * W}) + l] += X[s + l] - g * X[o + l]",
            ]
        else:
            text += [
                f"        X[o + U64({W}) + l] += X[s + U64({W}) + l]",
                f"        X[o + U64({2 * W}) + l] += X[s + l]",
            ]
        return text

    def _root(self, trial: bool) -> list[str]:
        """The root's voltage; a soma that was reset is held."""
        W, at_once = self.W, self.at_once and not trial
        text = ["hits = U8(0)"] * at_once + [
            f"for l in range(U64({W})):",
            f"    x = {self._root_row(2)} / {self._root_row(1)}",
        ]
        if self.cell.resets or at_once:
            text.append("    free = to_step(X[ob + l]) <= k")
        if self.cell.resets:
            text.append(f"    x = x if free else {self._value('V_r')}")
        text.append(f"    {self._root_row(2)} = x")
        if trial:
            return text
        text += [
            f"    old = {self._root_row(0)}",
            "    new = " + ("x" if self.cell.method == "backward_euler" else "x + x - old"),
        ]
        if self.cell.resets and self.cell.method != "backward_euler":
            text.append(f"    new = new if free else {self._value('V_r')}")
        text.append(f"    {self._root_row(0)} = new")
        return text + ["    " + line for line in self._hit("old", "new")] * at_once

    def _root_row(self, row: int) -> str:
        return f"X[ob + U64({(1 + len(self.cell_rows) + row) * self.W}) + l]"

    def _hit(self, old: str, new: str) -> list[str]:
        """Marks the neurons of a block that spike."""
        crossed = f"{new} > {self._value('V_th')}"
        if not self.cell.resets:
            crossed = f"({old} <= {self._value('V_th')}) & ({crossed})"
        return [f"hit = U8(free & ({crossed}))", "marks[l] = hit", "hits |= hit"]

    def _compare(self, H: int) -> list[str]:
        """How far the trial voltages of coupled compartments are from those of the trial before."""
        W = self.W
        new = (
            f"X[o + U64({2 * W}) + l]"
            if self.cell.method == "backward_euler"
            else f"F(2.0) * X[o + U64({2 * W}) + l] - X[o + l]"
        )
        return [
            f"for q in range(I64(c[{H + GAPS}])):",
            f"    e = I64(c[{H + GAP_AT}]) + 2 * q",
            f"    o, s = ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W})",
            f"    for l in range(U64({W})):",
            f"        new = {new}",
            f"        change = abs(new - X[s + U64({2 * W}) + l])",
            f"        X[s + U64({2 * W}) + l] = new",
            "        if to_step(X[ob + l]) < NEVER:",
            "            worst = max(worst, change)",
        ]

    def _value(self, name: str) -> str:
        return name if name in self.scalars else f"X[ob + U64({(1 + self.cell_rows.index(name)) * self.W}) + l]"

    def _spikes(self, H: int) -> list[str]:
        """Jumps of the voltage, then upward crossings of the threshold."""
        W, i = self.W, self.index
        emit = ["if hits != 0:", f"    at = emit_{i}(X, ob, c, k, spk, at, id0 + b * {W}, marks)"]
        if self.at_once:
            return emit
        hold = [f"    X[spike + l] = X[spike + l] if free else {self._value('V_r')}"] if self.cell.resets else []
        return [
            f"for q in range(I64(c[{H + JUMPS}])):",
            f"    e = I64(c[{H + JUMP_AT}]) + 2 * q",
            f"    o, s = ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W})",
            f"    for l in range(U64({W})):",
            "        X[o + l] += X[s + l]",
            "        X[s + l] = F(0.0)",
            "hits = U8(0)",
            f"for l in range(U64({W})):",
            "    free = to_step(X[ob + l]) <= k",
            *hold,
            *("    " + line for line in self._hit("before[l]", "X[spike + l]")),
            *emit,
        ]

    def _refresh(self, refresh: list[Refresh]) -> str:
        """``refresh_<index>``: works out anew what depends on parameters that changed; they are the same at all compartments."""
        text = [DECORATOR, f"def refresh_{self.index}(X, base, first, last, c, value, at, step, dt):"]
        for g, r in zip(self.groups, refresh, strict=True):
            beyond = (set(r.named) | set(r.linear)) & {*g.constants["fields"], *g.constants["rows"]}
            if beyond:
                raise AmineError(
                    f"Neuron '{self.cell.name}'",
                    "a dose or modulator acts on a parameter that differs between compartments or neurons",
                    given=", ".join(self.cell.varying),
                    hint="give it one value",
                )
            r.needs = self.needs
            text += r._scratch() if r.linear else []
            text += [f"    {x}" for x in r._body(g.constants["scalars"], self._place(g), "0")]
        return "\n".join([*text, "    return"]) + "\n\n\n"

    def _place(self, g: _Group) -> Any:
        return lambda n: f"c[{self.scalars.index(self._name(g, n))}]"

    def _emit(self) -> str:
        """Scalar code for the few neurons of a block that spiked."""
        pad = " " * 12
        text = [
            "@njit(nogil=True, error_model='numpy')",
            f"def emit_{self.index}(X, ob, c, k, spk, at, id0, marks):",
            *(f"    {n} = c[{self.scalars.index(n)}]" for n in self.cell_scalars),
            f"    for l in range(U64({self.W})):",
            "        if marks[l] != 0:",
        ]
        if self.cell.resets:
            text.append(f"{pad}{self._root_row(0)} = {self._value('V_r')}")
        text += [
            f"{pad}X[ob + l] = from_step(k + STEP(1) + STEP({self._value('_steps')}))",
            f"{pad}spk[at] = id0 + I64(l)",
            f"{pad}at += 1",
            "    return at",
        ]
        return "\n".join(text) + "\n\n\n"

    def _start_trial(self) -> str:
        W, H = self.W, len(self.scalars)
        text = [
            "@njit(nogil=True, error_model='numpy')",
            f"def start_trial_{self.index}(X, base, first, last, C, p):",
            "    c = C[p]",
            f"    stride = I64(c[{H + ROWS}]) * {W}",
            "    for b in range(first, last):",
            "        ob = U64(base + b * stride)",
            f"        for q in range(I64(c[{H + GAPS}])):",
            f"            e = I64(c[{H + GAP_AT}]) + 2 * q",
            f"            o, s = ob + U64(I64(c[e]) * {W}), ob + U64(I64(c[e + 1]) * {W})",
            f"            for l in range(U64({W})):",
            f"                X[s + U64({2 * W}) + l] = X[o + l]",
        ]
        return "\n".join(text) + "\n\n\n"


__all__ = ["CableCode", "generate"]
