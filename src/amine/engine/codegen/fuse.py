"""The equations of a population as a single system: neuron, receptors, stimuli and gap junctions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from amine.engine.codegen.pores import Growing, with_drugs
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.target_rules import add_states
from amine.equations import parse
from amine.equations.integrate import choose
from amine.equations.symbols import symbol
from amine.equations.system import Equations, Happening
from amine.errors import AmineError
from amine.models.naming import COURSES, GAP_CURRENT, SHIFT, gain_name, jump_row, port_name, stimulus_input
from amine.records import dataclass

if TYPE_CHECKING:
    import sympy as sp


@dataclass
class Fused:
    """The fused system: derivatives of all states of a population, and the assignments at a spike."""

    rhs: dict[str, Any]
    units: dict[str, str]
    parameters: set[str]
    inputs: set[str]
    threshold: Any
    reset: tuple[tuple[str, sp.Expr], ...]
    refractory: Any
    hold: tuple[str, ...]
    initial: dict[str, Any]
    targets: dict[str, str] = field(default_factory=dict)  # port label -> state that a spike adds to
    rows: list[str] = field(default_factory=list)  # inputs that synapses set and a step reads
    masses: set[str] = field(default_factory=set)  # those of them that are held as whole numbers
    methods: dict[str, str] = field(default_factory=dict)  # state -> the method that its model requests
    impulses: set[str] = field(default_factory=set)  # rows that hold for one step
    draws: tuple[str, ...] = ()  # random numbers of one step
    happenings: tuple[Happening, ...] = ()  # events that are no spikes
    waiting: Any = None  # condition that keeps a neuron refractory after a spike
    currents: dict[str, Any] = field(
        default_factory=dict
    )  # of receptors, and the shares that drugs leave to the transmitter
    named: dict[str, Any] = field(default_factory=dict)  # named parts of the neuron's equations
    shifts: dict[Any, Any] = field(default_factory=dict)  # parameters to which modulators add

    def shifted(self, e: Any) -> Any:
        """An expression with what modulators add to parameters."""
        return e.subs(self.shifts, simultaneous=True) if self.shifts else e


def fuse(cell: CellStructure) -> Fused:
    """Substitutes the receptors' currents, stimuli and gap junctions for ``I``."""
    eq = parse(cell.neuron)
    system = _System(cell, eq)
    for label, receptor in cell.ports:
        system.add_receptor(label, parse(receptor))
    return system.whole()


class _System:
    """A neuron's equations, to which receptors are added one by one."""

    def __init__(self, cell: CellStructure, eq: Equations):
        self.cell, self.eq = cell, eq
        self.rhs, self.units, self.asked = dict(eq.full_rhs), dict(eq.states), dict(eq.methods)
        self.initial = {s: eq.expand(e) for s, e in eq.initial.items()}
        self.parameters = set(eq.parameters)
        self.targets: dict[str, str] = {}
        self.rows: list[str] = list(eq.inputs)
        self.masses: set[str] = set()
        self.impulses: set[str] = set()
        self.draws: list[str] = list(eq.draws)
        self.currents: dict[str, sp.Expr] = {}
        self.total: Any = 0

    def add_receptor(self, label: str, part: Equations) -> None:
        """States, parameters and current of a receptor, under names that end with its label."""
        rename = _renaming(part, label)
        clash = set(rename.values()) & (set(self.units) | self.parameters)
        if clash:
            raise AmineError(
                f"Receptor '{label}' on neuron '{self.cell.neuron.name}'",
                f"the name '{sorted(clash)[0]}' is taken",
                hint="rename it in the equations",
            )
        swap: Any = {symbol(a): symbol(b) for a, b in rename.items()}

        def own(e: sp.Expr) -> sp.Expr:
            return part.expand(e).subs(swap, simultaneous=True)

        self.rhs |= {rename[s]: e.subs(swap, simultaneous=True) for s, e in part.full_rhs.items()}
        self.units |= {rename[s]: u for s, u in part.states.items()}
        self.initial |= {rename[s]: own(e) for s, e in part.initial.items()}
        self.parameters |= {rename[p] for p in part.parameters}
        if part.current is not None:
            self._add_current(label, own(part.current))
        self.rows += [rename[n] for n in part.inputs]
        self.masses |= {rename[n] for n in part.masses}
        self.impulses |= {rename[n] for n in part.impulses}
        self.draws += [rename[n] for n in part.draws]
        if part.on_spike:
            state = part.on_spike[0][0]
            self.targets[label] = rename[state] if state in rename else jump_row(label)

    def _add_current(self, label: str, current: sp.Expr) -> None:
        system = Growing(self.rhs, self.units, self.initial, self.parameters, self.asked)
        current, left = with_drugs(current, label, self.cell, system)
        self.currents |= {f"I_{label}": current, gain_name(label): left}
        self.total += current

    def whole(self) -> Fused:
        """The whole system; the voltage, which is the first row of a block, comes first."""
        cell, eq = self.cell, self.eq
        self.parameters |= set(cell.varying)
        inputs = {*self.rows, *self.draws} | {stimulus_input(j) for j in range(cell.stimuli)}
        self.total += sum(symbol(stimulus_input(j)) for j in sorted(range(cell.stimuli), key=stimulus_input))
        schemes = len(self.rows) > len(eq.inputs)
        if cell.courses:
            self.total += symbol(COURSES)
            self.rows.append(COURSES)
            inputs.add(COURSES)
        if cell.gap:
            self.total += symbol(GAP_CURRENT)
            inputs.add(GAP_CURRENT)
        jumps = [
            j
            for x in cell.learned
            for j in add_states(x, self.currents, self.rhs, self.units, self.initial, self.parameters)
        ]
        shifts = [n for n in cell.varying if n.startswith(SHIFT)]
        shifted: Any = {symbol(n[len(SHIFT) :]): symbol(n[len(SHIFT) :]) + symbol(n) for n in shifts}
        rhs: dict[str, Any] = {
            s: self.rhs[s].subs(symbol("I"), self.total) for s in sorted(self.rhs, key=lambda s: s != "v")
        }
        rhs = {s: e.subs(shifted, simultaneous=True) for s, e in rhs.items()} if shifted else rhs
        return Fused(
            rhs=rhs,
            units={s: self.units[s] for s in rhs},
            parameters=self.parameters,
            inputs=inputs,
            threshold=None if eq.threshold is None else eq.expand(eq.threshold).subs(shifted, simultaneous=True),
            reset=(*((n, eq.expand(e)) for n, e in eq.reset), *jumps),
            refractory=None if eq.refractory is None else eq.expand(eq.refractory),
            hold=eq.hold,
            initial=self.initial,
            targets=self.targets,
            rows=self.rows,
            masses=self.masses,
            methods=_methods(eq, self.asked, rhs, self.parameters, inputs, schemes),
            impulses=self.impulses,
            draws=tuple(self.draws),
            happenings=tuple(
                Happening(
                    x.name,
                    eq.expand(x.condition).subs(shifted, simultaneous=True),
                    tuple((n, eq.expand(e).subs(shifted, simultaneous=True)) for n, e in x.acts),
                )
                for x in eq.happenings
            ),
            waiting=None if eq.waiting is None else eq.expand(eq.waiting).subs(shifted, simultaneous=True),
            currents={n: e.subs(shifted, simultaneous=True) for n, e in self.currents.items()},
            named={
                n: eq.expand(e).subs(symbol("I"), self.total).subs(shifted, simultaneous=True)
                for n, e in eq.named.items()
            },
            shifts=shifted,
        )


def _methods(
    eq: Equations, asked: dict[str, str], rhs: dict[str, sp.Expr], parameters: set[str], inputs: set[str], schemes: bool
) -> dict[str, str]:
    """Requested methods of integration of states.

    If the system is nonlinear only through kinetic schemes of its receptors, for example by a voltage-dependent block, its states are
    linearised at the start of a step (exponential Euler) instead of RK4.
    """
    if not schemes:
        return asked
    found = choose(rhs, parameters, inputs, asked)
    if "rk4" not in found.values():
        return asked
    alone = choose(eq.full_rhs, set(eq.parameters), {"I", *eq.inputs, *eq.draws}, asked)
    gentle = {s for s, m in found.items() if m == "rk4" and alone.get(s) in ("exact", "exponential_euler")}
    return {**dict.fromkeys(gentle, "exponential_euler"), **asked}


def _renaming(part: Equations, label: str) -> Mapping[str, str]:
    return {n: port_name(n, label) for n in (*part.states, *part.parameters, *part.inputs, *part.draws)}
