"""Places on multicompartment neurons in a description: compartments that a part reaches, and names of their states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from amine.errors import AmineError
from amine.models.multicompartment import Cable, Layer
from amine.models.naming import state_name
from amine.network.parts import Population, View


def has_tree(population: Population) -> bool:
    """True if the neurons of a population have compartments."""
    return isinstance(population.model, Cable)


def compartments(population: Population, view: View) -> tuple[int, ...]:
    """Compartments of a view of a multicompartment population; the root if it names no place."""
    return (0,) if view.place is None else view.place.compartments


def weights(population: Population, view: View) -> np.ndarray:
    """Shares of a view's inputs on its compartments, an array of sum 1."""
    c = np.array(compartments(population, view))
    w = population.model.cell.area[c] if view.place is not None and view.place.spread == "area" else np.ones(len(c))
    return w / w.sum()


def check_view(population: Population, view: View, where: str) -> None:
    """Raise AmineError if the view has a place that its population does not have."""
    if view.place is None:
        return
    if not has_tree(population):
        raise AmineError(where, f"'{population.name}' has no places, its neurons are points")
    n, area = len(population.model.cell), population.model.cell.area
    if not view.place.compartments or any(not 0 <= i < n or area[i] <= 0 for i in view.place.compartments):
        raise AmineError(
            where, "the place lies outside the tree", given=view.place.place, expected=f"compartments of 0..{n - 1}"
        )


class States(Mapping[str, str]):
    """Names and units of all states of multicompartment neurons: ``v`` of the root, ``v@3`` of compartment 3, ``g_AMPA@3`` of a receptor there."""

    def __init__(self, population: Population, ports: Mapping[str, object]):
        self.cell, self.layers = population.model.cell, population.model.layers
        self.base = dict(population.model.state_units)
        self.ports = {f"{s}_{label}": u for label, m in ports.items() for s, u in m.state_units.items()}
        self.where: dict[str, set[int]] = {"v": set(range(len(self.cell)))}
        for x in self.layers:
            for s in x.model.state_units:
                self.where.setdefault(state_name(s, x.label), set()).update(x.compartments)

    def __getitem__(self, name: str) -> str:
        state, _, place = name.partition("@")
        unit = {**self.base, **self.ports}.get(state)
        if unit is None or (place and not (place.isdigit() and int(place) < len(self.cell))):
            raise KeyError(name)
        if state in self.where and place and int(place) not in self.where[state]:
            raise KeyError(name)
        return unit

    def __iter__(self) -> Iterator[str]:
        return iter([*self.base, *self.ports])

    def __len__(self) -> int:
        return len(self.base) + len(self.ports)


def probed(population: Population, view: View, variables: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Variables of a probe with their compartments: ``v`` at a tuft becomes ``v@12``, ``v@13``; without a place, those of the root."""
    found = []
    for v in variables:
        if "@" in v:
            found.append(v)
            continue
        there = {i for x in population.model.layers if v in _layer_states(x) for i in x.compartments}
        mine = [i for i in compartments(population, view) if not there or i in there]
        if not mine:
            place = "the root" if view.place is None else f"'{view.place.place}'"
            raise AmineError(
                where, f"there is no '{v}' at {place}", hint="probe a place where its channel is: E.at(...)"
            )
        found += [v] if view.place is None else [f"{v}@{i}" for i in mine]
    return tuple(found)


def _layer_states(layer: Layer) -> set[str]:
    return {state_name(s, layer.label) for s in layer.model.state_units}
