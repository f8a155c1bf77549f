"""Rules of plasticity of a network, without repetition; read off the description without SymPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from amine.engine.resolve.keys import structural_key
from amine.network.plasticity import fields_of, outside_of, weight_unit
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.equations.rule_plan import RulePlan
    from amine.equations.rules import RuleEquations
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Synapses


@dataclass(frozen=True, eq=False)
class RuleStructure:
    """A rule of plasticity in a network: its equations, and the outside variables that they read."""

    model: Model
    weight: str  # unit of the weight
    outside: Mapping[str, str]  # units of variables that the network supplies, by name
    fields: tuple[str, ...]  # the slow signals among them

    def parsed(self) -> RuleEquations:
        """The checked equations."""
        from amine.equations.rules import parse_model

        return parse_model(self.model, self.outside, self.weight, self.fields)

    def plan(self) -> RulePlan:
        """The plan of its execution: which states advance where, and how."""
        from amine.equations.rule_plan import plan

        return plan(self.parsed(), set(self.fields))


def rule_structure(net: Network, s: Synapses) -> RuleStructure:
    """The rule of a plastic projection as it stands in a network."""
    used = set(re.findall(r"[A-Za-z_]\w*", s.plasticity.equations))
    outside = {n: u for n, u in outside_of(net, s).items() if n in used}
    return RuleStructure(s.plasticity, weight_unit(net, s), outside, tuple(n for n in fields_of(net) if n in used))


def rules_of(net: Network) -> list[RuleStructure]:
    """All rules of a network that differ in more than values."""
    found: dict[str, RuleStructure] = {}
    for s in net.projections:
        if s.plasticity is not None:
            r = rule_structure(net, s)
            found.setdefault(repr(structural_key(r)), r)
    return list(found.values())
