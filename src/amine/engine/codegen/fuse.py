"""One population's equations in one piece: neuron, receptors, stimuli and gap junctions fused into a single system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amine.engine.codegen.pores import with_drugs
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.target_rules import add_states
from amine.equations import parse
from amine.equations.integrate import choose
from amine.equations.symbols import symbol
from amine.equations.system import Equations
from amine.errors import AmineError
from amine.models.naming import GAP_CURRENT, SHIFT, gain_name, jump_row, port_name, stimulus_input


@dataclass
class Fused:
    """The fused system: derivatives of all states of a population, and what happens at a spike."""

    rhs: dict[str, Any]
    units: dict[str, str]
    parameters: set[str]
    inputs: set[str]
    threshold: Any
    reset: tuple[tuple[str, Any], ...]
    refractory: Any
    hold: tuple[str, ...]
    initial: dict[str, Any]
    targets: dict[str, str] = field(default_factory=dict)  # port label -> state that a spike adds to
    rows: list[str] = field(default_factory=list)  # values that synapses set and a step reads
    masses: set[str] = field(default_factory=set)  # those of them that are whole numbers
    methods: dict[str, str] = field(default_factory=dict)  # state -> the method that its model asks for
    impulses: set[str] = field(default_factory=set)  # those of them that are for one step


def fuse(cell: CellStructure) -> Fused:
    """Puts the receptors' currents, stimuli and gap junctions in the place of ``I``."""
    eq = parse(cell.neuron)
    rhs, units, initial = dict(eq.full_rhs), dict(eq.states), {s: eq.expand(e) for s, e in eq.initial.items()}
    parameters = set(eq.parameters)
    targets: dict[str, str] = {}
    asked = dict(eq.methods)
    system = {"rhs": rhs, "units": units, "initial": initial, "parameters": parameters, "methods": asked}
    rows: list[str] = []
    masses: set[str] = set()
    impulses: set[str] = set()
    total: Any = 0
    currents: dict[str, Any] = {}
    for label, receptor in cell.ports:
        part = parse(receptor)
        rename = _renaming(part, label)
        clash = set(rename.values()) & (set(units) | parameters)
        if clash:
            raise AmineError(
                f"Receptor '{label}' on neuron '{cell.neuron.name}'",
                f"the name '{sorted(clash)[0]}' is taken",
                hint="rename it in the equations",
            )
        swap: Any = {symbol(a): symbol(b) for a, b in rename.items()}
        rhs |= {rename[s]: e.subs(swap, simultaneous=True) for s, e in part.full_rhs.items()}
        units |= {rename[s]: u for s, u in part.states.items()}
        initial |= {rename[s]: part.expand(e).subs(swap, simultaneous=True) for s, e in part.initial.items()}
        parameters |= {rename[p] for p in part.parameters}
        if part.current is not None:
            current = part.expand(part.current).subs(swap, simultaneous=True)
            current, left = with_drugs(current, label, cell, system)
            currents |= {f"I_{label}": current, gain_name(label): left}
            total += current
        rows += [rename[n] for n in part.inputs]
        masses |= {rename[n] for n in part.masses}
        impulses |= {rename[n] for n in part.impulses}
        if part.on_spike:
            state = part.on_spike[0][0]
            targets[label] = rename[state] if state in rename else jump_row(label)
    parameters |= set(cell.varying)
    inputs = set(rows) | {stimulus_input(j) for j in range(cell.stimuli)}
    total += sum(symbol(stimulus_input(j)) for j in sorted(range(cell.stimuli), key=stimulus_input))
    if cell.gap:
        total += symbol(GAP_CURRENT)
        inputs.add(GAP_CURRENT)
    jumps = [j for x in cell.learned for j in add_states(x, currents, rhs, units, initial, parameters)]
    order = sorted(rhs, key=lambda s: s != "v")  # the voltage is the first row of a block
    rhs = {s: rhs[s].subs(symbol("I"), total) for s in order}
    shifted: Any = {
        symbol(n[len(SHIFT) :]): symbol(n[len(SHIFT) :]) + symbol(n) for n in cell.varying if n.startswith(SHIFT)
    }
    if shifted:
        rhs = {s: e.subs(shifted, simultaneous=True) for s, e in rhs.items()}
    return Fused(
        rhs,
        {s: units[s] for s in order},
        parameters,
        inputs,
        None if eq.threshold is None else eq.expand(eq.threshold).subs(shifted, simultaneous=True),
        (*((n, eq.expand(e)) for n, e in eq.reset), *jumps),
        None if eq.refractory is None else eq.expand(eq.refractory),
        eq.hold,
        initial,
        targets,
        rows,
        masses,
        _methods(eq, asked, rhs, parameters, inputs, bool(rows)),
        impulses,
    )


def _methods(
    eq: Equations, asked: dict[str, str], rhs: dict[str, Any], parameters: set[str], inputs: set[str], schemes: bool
) -> dict[str, str]:
    """The methods that a neuron and drugs ask for; and where schemes of receptors alone make it nonlinear, such as by a block that
    depends on the voltage, its states are linearised at the start of a step rather than taken through four stages.
    """
    if not schemes:
        return asked
    found = choose(rhs, parameters, inputs, asked)
    if "rk4" not in found.values():
        return asked
    alone = choose(eq.full_rhs, set(eq.parameters), {"I", *eq.inputs}, asked)
    gentle = {s for s, m in found.items() if m == "rk4" and alone.get(s) in ("exact", "exponential_euler")}
    return {**dict.fromkeys(gentle, "exponential_euler"), **asked}


def _renaming(part: Equations, label: str) -> Mapping[str, str]:
    return {n: port_name(n, label) for n in (*part.states, *part.parameters, *part.inputs)}
