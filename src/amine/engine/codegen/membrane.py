"""A kind of membrane of a multicompartment cell as a program: its channels, receptors and ion pools, linearised about the voltage.

Gates and pools of ions advance over the step with the voltage at its start (exponential Euler, exact for a fixed voltage), and so are
half a step ahead of it; conductances and currents follow from them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import sympy as sp

from amine.engine.codegen.common import Steps, shared
from amine.engine.codegen.fuse import Fused
from amine.engine.codegen.pores import Growing, with_drugs
from amine.engine.codegen.program import Program, names_of
from amine.engine.codegen.step import Stepper
from amine.engine.resolve.tree import Membrane, TreeStructure, state_name
from amine.equations import CHANNEL_NAMES, IONS, parse
from amine.equations.symbols import symbol
from amine.equations.system import Equations
from amine.models.naming import gain_name, port_name

Swap: TypeAlias = dict[sp.Symbol, sp.Symbol]

OWN = frozenset({"T", "v", "t", "_steps"})  # names that no constant may have
# terms of the equation of a compartment's voltage: conductances and currents at zero voltage, per area and total
SUMS = ("g_density", "j_density", "g_point", "j_point")


class MembraneProgram:
    """A kind of membrane: its system, the assignments of a step, and its constants by storage."""

    def __init__(self, cell: TreeStructure, membrane: Membrane, q: int, wide: bool = False):
        self.cell, self.membrane, self.q = cell, membrane, q
        self.channels = [(label, parse(m), m) for label, m in membrane.channels]
        self.ports = [(label, parse(m)) for label, m in membrane.ports]
        self.pools = {s: label for label, eq, _ in self.channels for s in eq.states if s in CHANNEL_NAMES}
        self.currents: dict[str, sp.Expr] = {}  # of receptors under drugs, by label
        self.fused = self._fuse()
        self.stepper = Stepper(self.fused, frozenset(cell.arrays | membrane.fields), wide)
        self.steps = self._steps()
        self.constants = self._constants()
        self.program = self._program()
        self.program.give_names(OWN)

    # --- the system --------------------------------------------------------------------------------------------

    def _rename(self, label: str, eq: Equations) -> Swap:
        names = {s: state_name(s, label) for s in eq.states} | {p: port_name(p, label) for p in eq.parameters}
        return {symbol(a): symbol(b) for a, b in names.items()}

    def _exports(self) -> dict[str, sp.Expr]:
        """Reversal potentials computed from pools, which replace those of the channels."""
        found: dict[str, sp.Expr] = {}
        for label, eq, _ in self.channels:
            for n, e in eq.named.items():
                if n in CHANNEL_NAMES:
                    found[n] = eq.expand(e).subs(self._rename(label, eq), simultaneous=True)
        return found

    def _local(self, label: str, eq: Equations, e: sp.Expr) -> sp.Expr:
        """An expression of a channel in the names of the membrane, with reversal potentials from pools substituted."""
        exports, own = self._exports(), self._rename(label, eq)
        swap = {k: exports[k.name] if k.name in exports and k.name in eq.parameters else v for k, v in own.items()}
        found = eq.expand(e).subs(swap, simultaneous=True)
        return found.subs({symbol(n): x for n, x in exports.items()}, simultaneous=True)

    def _fuse(self) -> Fused:
        rhs: dict[str, sp.Expr] = {}
        units: dict[str, str] = {}
        initial: dict[str, sp.Expr] = {}
        labels = [*(n for n, _ in self.ports), *(n for n, _, _ in self.channels)]
        parameters = {"T", *(gain_name(n) for n in labels if gain_name(n) in self.cell.varying)}
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
                system = Growing(rhs, units, {"v": symbol("v")}, parameters | {"v"}, methods)
                self.currents[label] = with_drugs(current, label, self.cell, system)[0]
                parameters |= system.parameters - {"v"}
                initial |= {n: e for n, e in system.initial.items() if n != "v"}
        for s in rhs:
            initial.setdefault(s, sp.S.Zero if self._of_port(s) else self._steady(s, rhs[s]))
        initial = {s: self._at_start(e, initial) for s, e in initial.items()}
        inputs = {"v", *(f"i_{x}" for x in IONS)}
        return Fused(rhs, units, parameters, inputs, None, (), None, (), initial, methods=methods)

    def _port_names(self, label: str, eq: Equations) -> Swap:
        return {symbol(n): symbol(port_name(n, label)) for n in (*eq.states, *eq.parameters)}

    def _steady(self, s: str, e: sp.Expr) -> sp.Expr:
        """The steady state at the initial voltage; zero if it is unknown."""
        x, rate = symbol(s), sp.diff(e, symbol(s))
        if rate == 0 or x in rate.free_symbols:
            return sp.S.Zero
        return -e.subs(x, 0) / rate

    def _at_start(self, e: sp.Expr, initial: dict[str, sp.Expr]) -> sp.Expr:
        """An initial value without states in it: pools at rest, no ion currents."""
        out: Any = e
        for _ in range(3):
            known = {symbol(s): x for s, x in initial.items() if symbol(s) in out.free_symbols}
            out = out.subs(known, simultaneous=True)
        return out.subs({symbol(f"i_{x}"): 0 for x in IONS})

    # --- a step ------------------------------------------------------------------------------------------------

    def _steps(self) -> Steps:
        """Assignments in order: gates, pools with the gates that follow them, and the sums ``g`` and ``j`` (per area and in all)."""
        take = self.stepper.constants.take
        updates, new = self.stepper.updates()
        out = self._ahead(updates, new)
        ahead: Any = {symbol(s): symbol(new[s]) for s in self.fused.rhs if not self._of_port(s)}
        middle: Any = {symbol(s): (symbol(s) + symbol(new[s])) / 2 for s in self.fused.rhs if self._of_port(s)}
        density = [
            self._linear(self._current(label, eq).subs(ahead, simultaneous=True))
            for label, eq, _ in self.channels
            if eq.current is not None
        ]
        points = [self._linear(current.subs(middle, simultaneous=True)) for current in self.currents.values()]
        for name, parts in (("density", density), ("point", points)):
            for k, x in enumerate(("g", "j")):
                if parts:
                    self.stepper.stages[f"{x}_{name}"] = "conductances and currents at zero voltage"
                    out.append((f"{x}_{name}", take(sp.Add(*[p[k] for p in parts]))))
        return out

    def _ahead(self, updates: Steps, new: dict[str, str]) -> Steps:
        """Gates and pools half a step ahead of the voltage: each advances with the others in the middle of its step, in second order.

        That is the voltage at hand, and the mean of a gate or pool before and after. Currents of ions that depend on pools, directly or
        through gates, are computed twice, first with the pools before.
        """
        ions = {symbol(f"i_{x}") for x in IONS}
        pools = [(n, e) for n, e in updates if e.free_symbols & ions]
        names = {n for n, _ in pools}
        follow = self._following([(n, e) for n, e in updates if n not in names])
        out: Steps = [(n, e) for n, e in updates if n not in names | {n for n, _ in follow}]
        self.stepper.stages |= dict.fromkeys(names, "pools of ions")
        gates = {s: new[s] for s in self.fused.rhs if s not in self.pools and not self._of_port(s)}
        late = {n for n, _ in follow}
        free = {s: n for s, n in gates.items() if n not in late}
        drive = self._drive()
        pooled = {s: new[s] for s in self.pools if new[s] in names}
        if any(names_of([e]) & ({*self.pools} | gates.keys() - free.keys()) for e in drive.values()):
            first = self._advanced(pools, drive, free, "first_")
            out += first
            pooled = {s: f"first_{n}" for s, n in pooled.items()}
        else:
            out += self._advanced(pools, drive, free)
        out += [(n, e.subs(_means(pooled), simultaneous=True)) for n, e in follow]
        return out + (self._advanced(pools, drive, gates | pooled) if pooled and set(pooled.values()) - names else [])

    def _following(self, updates: Steps) -> Steps:
        """The assignments that read pools, directly or through others."""
        found, out = {*self.pools}, []
        for n, e in updates:
            if names_of([e]) & found:
                found.add(n)
                out.append((n, e))
        return out

    def _drive(self) -> dict[str, Any]:
        """Currents of ions into pools, by name."""
        out: dict[str, Any] = {}
        for label, eq, _ in self.channels:
            if eq.current is not None and eq.ion and f"{eq.ion}_i" in self.pools:
                name = f"i_{eq.ion}"
                out[name] = out.get(name, sp.S.Zero) + self._current(label, eq)
        return out

    def _current(self, label: str, eq: Equations) -> sp.Expr:
        """The current of a channel, times the factor that drugs give to its conductance."""
        assert eq.current is not None
        current = self._local(label, eq, eq.current)
        return symbol(gain_name(label)) * current if gain_name(label) in self.cell.varying else current

    def _advanced(self, pools: Steps, drive: dict[str, Any], ends: dict[str, str], prefix: str = "") -> Steps:
        """Currents of ions with the means of the states whose ``ends`` are known, and the pools after the step."""
        take = self.stepper.constants.take
        self.stepper.stages |= dict.fromkeys([prefix + n for n in drive], "currents of ions")
        swap: Any = {symbol(f"i_{x}"): symbol(f"{prefix}i_{x}") if f"i_{x}" in drive else 0 for x in IONS}
        swap |= {symbol(n): symbol(prefix + n) for n, _ in pools}
        out: Steps = [(prefix + n, take(e.subs(_means(ends), simultaneous=True))) for n, e in drive.items()]
        return out + [(prefix + n, e.subs(swap, simultaneous=True)) for n, e in pools]

    def _of_port(self, state: str) -> bool:
        return any(state == port_name(s, label) for label, eq in self.ports for s in eq.states)

    @staticmethod
    def _linear(current: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """(g, j) of the tangent j - g v of a current at the voltage at the start of the step."""
        v = symbol("v")
        g = -sp.diff(current, v)
        if v not in g.free_symbols:
            return g, current.subs(v, 0)
        return g, current + g * v

    # --- constants ---------------------------------------------------------------------------------------------

    def _constants(self) -> dict[str, list[str]]:
        """Names by storage: ``scalars`` (one for all), ``fields`` (differ between compartments), ``rows`` (differ between neurons)."""
        named = {n: {s.name for s in e.free_symbols} for e, n in self.stepper.constants.named.items()}
        lin = self.stepper.linear
        entries = {s.name for row in (*lin.A, *lin.B) for e in row for s in getattr(e, "free_symbols", ())}
        named |= dict.fromkeys(self.stepper.constants.extra, entries)
        used = names_of(e for _, e in self.steps)
        out: dict[str, list[str]] = {"scalars": [], "fields": [], "rows": []}
        for n, symbols in named.items():
            if n in used:
                kind = (
                    "rows" if symbols & self.cell.arrays else "fields" if symbols & self.membrane.fields else "scalars"
                )
                out[kind].append(n)
        return out

    def _program(self) -> Program:
        fused, stepper = self.fused, self.stepper
        states = {s: s for s in fused.rhs}
        new = {s: f"new_{s}" for s in fused.rhs}
        return Program(
            name=", ".join(n for n, _ in (*self.membrane.channels, *self.membrane.ports)) or "bare",
            load=states,
            out=new,
            before=new,
            inputs=["v"],
            noises=[],
            body=shared(self.steps),
            units=dict(fused.units),
            parameters=sorted(fused.parameters),
            constants=dict(stepper.constants.named),
            scalars=self.constants["scalars"],
            differ=[*self.constants["fields"], *self.constants["rows"]],
            entries=stepper.entry_words(),
            linear=stepper.linear,
            half=stepper.half,
            initial=dict(fused.initial),
            results={n: n for n, _ in self.steps if n in SUMS},
            integrators=dict(stepper.methods),
            stages=stepper.stages,
        )


def _means(ends: dict[str, str]) -> Any:
    """States replaced by the means of their values before and after the step."""
    return {symbol(s): (symbol(s) + symbol(n)) / 2 for s, n in ends.items()}
