"""What is recorded and is no state: parameters, named parts of equations and currents of receptors, as functions of states and parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.resolve.cells import CellStructure
from amine.errors import AmineError
from amine.models.naming import port_name, total_name
from amine.network.recordings import SYNAPTIC
from amine.records import dataclass

TIME = "t"


@dataclass(frozen=True, eq=False)
class Quantity:
    """A recorded quantity of a population: an expression of its states and parameters."""

    name: str
    states: tuple[str, ...]  # rows that are read
    parameters: tuple[str, ...]
    value: Callable[[Mapping[str, Any]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Quantities:
    """All that some probes of a population record and is no state."""

    at: Slice

    def of(self, names: Sequence[str], where: str) -> dict[str, Quantity]:
        """The quantities among some recorded names."""
        if self.at.member.plan is not None or self.at.member.structure is None:  # states, of compartments or of sources
            return {}
        return {n: self._quantity(n, where) for n in names if n not in self._states}

    @cached_property
    def _states(self) -> set[str]:
        """Rows of the state array that are states and named inputs; others hold constants, or are filled within a step."""
        m = self.at.member
        inputs = {port_name(n, label) for label, port in m.ports.items() for n in port.inputs}
        own = {m.population.model.voltage_name} if "v" in self.at.states else set[str]()
        return {*self.at.states, *own, *m.population.model.inputs, *inputs} - set(m.values)

    @cached_property
    def _known(self) -> dict[str, Any]:
        """Expressions by name: parameters, then named parts, then currents."""
        from amine.engine.codegen.recorded import expressions  # SymPy, which other networks in the cache do not need

        structure = self.at.member.structure
        assert isinstance(structure, CellStructure)
        return expressions(structure, SYNAPTIC)

    def _quantity(self, name: str, where: str) -> Quantity:
        from amine.engine.codegen.recorded import function, names_in

        if name not in self._known:
            raise AmineError(where, f"'{name}' cannot be recorded of the neurons of '{self.at.member.name}'")
        e = self._known[name]
        read = names_in(e)
        states = tuple(sorted(read & self._states))
        parameters = tuple(sorted(read & {*self.at.member.values, *self._totals}))
        other = sorted(read - {*states, *parameters, TIME})
        if other:
            problem = f"'{name}' reads '{other[0]}', which is known within a step only"
            raise AmineError(where, problem, hint="record the states and currents that it is made of")
        return Quantity(name, states, parameters, function(e, where))

    @cached_property
    def _totals(self) -> set[str]:
        return {total_name(label) for label in self.at.member.ports}


def raw(names: Sequence[str], found: Mapping[str, Quantity]) -> tuple[str, ...]:
    """The states from which some names follow, without repetition."""
    each = [s for n in names for s in (found[n].states if n in found else (n,))]
    return tuple(dict.fromkeys(each))


__all__ = ["TIME", "Quantities", "Quantity", "raw"]
