"""Recorded states of multicompartment neurons, by place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.results.run import Run


class Shape(dict[int, float]):
    """Values by compartment, with the ``label`` of their axis."""

    label: str = ""


def recorded_at(run: Run, variables: tuple[str, ...], at: str | int | Iterable[str | int]) -> tuple[str, ...]:
    """Names of recorded variables at places: ``v`` at the soma is ``v`` or ``v@0``."""
    places = [at] if isinstance(at, str | int) else list(at)
    wanted = variables or ("v",)
    found: list[str] = []
    for probe in run.probes.values():
        population = run.network.populations[probe.population]
        if getattr(population.model, "cell", None) is None:
            continue
        for place in places:
            for i in population.model.cell.at(place, where="Run.traces, at"):
                names = [f"{v}@{i}" for v in wanted] + (list(wanted) if i == 0 else [])
                found += [n for n in names if n in probe.values and n not in found]
    if not found:
        recorded = sorted({v for p in run.probes.values() for v in p.values})
        raise AmineError(
            "Run.traces, at",
            "nothing was recorded there",
            given=str(at),
            hint=f"recorded are {', '.join(recorded[:8]) or 'no states'}",
        )
    return tuple(found)


def state_at(run: Run, time: Quantity, neuron: int, population: str | None, variable: str) -> Shape:
    """See :meth:`amine.results.run.Run.voltage_at`."""
    where = "Run.voltage_at"
    trees = [n for n, p in run.network.populations.items() if getattr(p.model, "cell", None) is not None]
    name = population if population is not None else (trees[0] if trees else "")
    if name not in trees:
        raise AmineError(where, f"population '{name}' has no multicompartment neurons", hint=did_you_mean(name, trees))
    ms = scalar(time, "ms", f"{where}, time", nonnegative=True)
    out = Shape()
    out.label = f"{variable} ({run.network.populations[name].model.state_units.get(variable, '')})"
    for probe in run.probes.values():
        if probe.population != name or neuron not in probe.indices or not len(probe.times):
            continue
        row = int(np.abs(np.asarray(probe.times) - ms).argmin())
        column = int(np.flatnonzero(np.asarray(probe.indices) == neuron)[0])
        for v, x in probe.values.items():
            state, _, place = v.partition("@")
            if state == variable:
                out[int(place) if place else 0] = float(np.asarray(x)[row, column])
    if not out:
        raise AmineError(
            where,
            f"'{variable}' of neuron {neuron} was not recorded",
            hint='add net.probe(E.at("*"), "v") before the run',
        )
    return out
