"""Postsynaptic states of plasticity rules: their equations become part of the target population's system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amine.engine.resolve.rules import RuleStructure, rule_structure
from amine.records import dataclass

if TYPE_CHECKING:
    import sympy as sp

    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Synapses


@dataclass(frozen=True, eq=False)
class Learned:
    """A rule that gives a population states; ``tag`` is a suffix of its parameters' names, apart from those of other rules."""

    tag: str
    rule: RuleStructure

    def parameter(self, name: str) -> str:
        """Name of a parameter of the rule within the population."""
        return f"{name}_{self.tag}"


def learned(net: Network, population: str) -> dict[Learned, Synapses]:
    """The rules that give a population states, each with the projection it comes from; equal ones once."""
    out: dict[Learned, Synapses] = {}
    seen: list[Model] = []
    for s in net.projections:
        if s.fused and s.target.views()[0].population == population and s.plasticity not in seen:
            seen.append(s.plasticity)
            out[Learned(f"rule{len(seen)}", rule_structure(net, s))] = s
    return out


def add_states(
    part: Learned,
    currents: Mapping[str, sp.Expr],
    rhs: dict[str, sp.Expr],
    units: dict[str, str],
    initial: dict[str, sp.Expr],
    parameters: set[str],
) -> list[tuple[str, sp.Expr]]:
    """Adds the states of a rule to a system; returns the assignments to them at a postsynaptic spike."""
    from sympy import sympify

    from amine.equations.symbols import symbol

    plan = part.rule.plan()
    eq = plan.eq
    swap = {symbol(n): symbol(part.parameter(n)) for n in eq.parameters} | {symbol(n): e for n, e in currents.items()}
    for s in plan.fused:
        rhs[s], units[s] = eq.rhs[s].subs(swap, simultaneous=True), eq.states[s]
        if s in eq.initial:
            initial[s] = eq.initial[s].subs(swap, simultaneous=True)
    for f in plan.bathed:  # rows that the loop over steps sets each tick
        rhs[f], units[f] = sympify(0), part.rule.outside[f]
    used = {x.name for s in plan.fused for x in eq.rhs[s].free_symbols}
    jumps = [(n, e) for event in eq.post for act in event.acts if act is not None for n, e in [act] if n in plan.fused]
    used |= {x.name for _, e in jumps for x in e.free_symbols} | {
        x.name for s in plan.fused if s in eq.initial for x in eq.initial[s].free_symbols
    }
    parameters |= {part.parameter(n) for n in eq.parameters if n in used}
    return [(n, e.subs(swap, simultaneous=True)) for n, e in jumps]
