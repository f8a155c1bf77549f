"""The structure of point neurons: all that the generated code depends on. Read off the description without SymPy, which is slow to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from amine.models.naming import port_name
from amine.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amine.engine.resolve.target_rules import Learned
    from amine.models.model import Model
    from amine.network.parts import Population, View


def partly(views: Sequence[View], population: Population) -> bool:
    """Whether views cover only some neurons of a population, or some more than once."""
    own = [v for v in views if v.population == population.name]
    return len(own) != 1 or own[0].n != population.n


class Binding(NamedTuple):
    """Kinetic binding of a drug to the receptor ``label``: formulas of d bound/dt and of the load, and names of numbers in them."""

    label: str
    drug: str
    rate: str
    load: str
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class CellStructure:
    """The kind of a population of point neurons; values and sizes are arguments of its generated code."""

    neuron: Model
    ports: tuple[tuple[str, Model], ...]  # (label, receptor)
    stimuli: int = 0
    poisson: tuple[tuple[str, bool, bool], ...] = ()  # (port label, weights differ, rates differ)
    gap: bool = False
    arrays: frozenset[str] = frozenset()  # parameters that differ between neurons
    varying: tuple[str, ...] = ()  # parameters that doses and modulators change while the network runs
    learned: tuple[Learned, ...] = ()  # rules of plasticity that give the neurons states
    blockers: tuple[Binding, ...] = ()  # drugs that bind receptors' channels
    interpolated: bool = False  # whether spikes are timed within the step
    courses: bool = False  # whether currents are added up outside its code
    tree: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """Its name in the generated module."""
        return self.neuron.name

    def parameters(self) -> list[str]:
        """Names of all parameters of the fused system except the total gap-junction conductance."""
        return [*self.neuron.units, *(port_name(n, label) for label, m in self.ports for n in m.units)]
