"""What decides the generated code of a population; read off the description, without the parser, which is slow to import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


def port_name(name: str, label: str) -> str:
    """The name of a receptor's state or parameter within its population."""
    return f"{name}_{label}"


def stimulus_input(j: int) -> str:
    """The name of the current of stimulus ``j`` of a population."""
    return f"I_stimulus_{j}"


JUMP = "jump_"


def jump_row(label: str) -> str:
    """Where what a receptor adds to the voltage itself waits for the end of the step at whose end it arrives."""
    return JUMP + label


def gain_name(label: str) -> str:
    """The factor on the current of a receptor: a parameter that is there only when something acts on it."""
    return f"gain_{label}"


def blocker_name(what: str, drug: str, label: str) -> str:
    """A state or parameter of a blocker of a receptor's open channels."""
    return re.sub(r"\W", "_", f"{what}_{drug}_{label}")


def tonic_name(label: str) -> str:
    """The part of a receptor's channels that agonists among the drugs hold open: a parameter that is there only with them."""
    return f"tonic_{label}"


def total_name(label: str) -> str:
    """The conductance of all channels of a receptor of a neuron together: there only where drugs must know it."""
    return f"total_{label}"


SHIFT = "shift_"  # what is added to a parameter of the neuron while the network runs


GAP_CURRENT, GAP_TOTAL = "I_gap", "G_gap"


@dataclass(frozen=True)
class CellStructure:
    """What decides the generated code of a population; values and sizes are arguments of that code."""

    neuron: Any  # Model
    ports: tuple[tuple[str, Any], ...]  # (label, receptor Model)
    stimuli: int = 0
    poisson: tuple[tuple[str, bool, bool], ...] = ()  # (port label, weights differ, rates differ)
    gap: bool = False
    arrays: frozenset[str] = frozenset()  # parameters that differ between neurons
    varying: tuple[str, ...] = ()  # parameters that doses and modulators change while the network runs
    learned: tuple[Any, ...] = ()  # rules of plasticity that give the neurons states
    blockers: tuple[tuple[str, str], ...] = ()  # (port label, drug) of blockers of open channels

    def parameters(self) -> list[str]:
        """Names of all parameters of the fused system but the total gap-junction conductance."""
        return [*self.neuron.units, *(port_name(n, label) for label, m in self.ports for n in m.units)]

    def key(self) -> Any:
        """Plain data that decides the code."""
        key = [
            self.neuron.structure(),
            [[label, m.structure()] for label, m in self.ports],
            self.stimuli,
            list(self.poisson),
            self.gap,
            sorted(self.arrays),
        ]
        key += [list(self.varying), list(self.blockers)] if self.varying else []
        return [*key, ["learned", *([x.tag, x.rule.key()] for x in self.learned)]] if self.learned else key
