"""What decides the generated code of a population; read off the description, without the parser, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from amine.models.naming import port_name
from amine.network.parts import Population


def partly(views: Any, population: Population) -> bool:
    """Whether only some neurons of a population, or some more than once, are meant."""
    own = [v for v in views if v.population == population.name]
    return len(own) != 1 or own[0].n != population.n


class Binding(NamedTuple):
    """What a drug holds of the channels of the receptor ``label``: formulas of d bound/dt and of the load, names of numbers in them."""

    label: str
    drug: str
    rate: str
    load: str
    numbers: tuple[str, ...]


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
    blockers: tuple[Binding, ...] = ()  # what drugs hold of receptors' channels
    tree: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """What the generated module calls it."""
        return self.neuron.name

    def parameters(self) -> list[str]:
        """Names of all parameters of the fused system but the total gap-junction conductance."""
        return [*self.neuron.units, *(port_name(n, label) for label, m in self.ports for n in m.units)]
