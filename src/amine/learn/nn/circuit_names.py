"""Names, amounts and demands of circuits: what a key means, and what has no adjoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

from amine.compounds import catalogue
from amine.engine.build.prepare import generator
from amine.engine.resolve.release import is_synaptic
from amine.errors import AmineError
from amine.network.receptors import states_of
from amine.values import realise

WHERE = "Network.to_module"


def listed(x: Any) -> list[str]:
    return [x] if isinstance(x, str) else list(x)


def module_name(name: str) -> str:
    """A name without dots, which torch does not allow in names of modules."""
    return name.replace(".", "·")


def owner(key: str, names: Iterable[str]) -> tuple[str | None, str]:
    """The longest name that ``key`` begins with, and what follows it."""
    found = [n for n in names if key == n or key.startswith(f"{n}.")]
    if not found:
        return None, ""
    name = max(found, key=len)
    return name, key[len(name) + 1 :]


def of_drugs(prefix: str, bounds: Mapping[str, Any]) -> dict[str, Any]:
    return {catalogue.drug(k.removeprefix(prefix)).id: b for k, b in bounds.items() if k.startswith(prefix)}


def rows(x: torch.Tensor, steps: int) -> np.ndarray:
    return x.detach().contiguous().numpy().reshape(steps, -1)


def byte_count(budget: Any) -> float:
    units = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
    if isinstance(budget, int | float) and not isinstance(budget, bool) and budget > 0:
        return float(budget)
    for unit, size in units.items():
        if isinstance(budget, str) and budget.strip().endswith(unit):
            try:
                found = float(budget.strip()[: -len(unit)]) * size
            except ValueError:
                break
            if found > 0:
                return found
    raise AmineError(
        f"{WHERE}, budget", "this is not an amount of memory", given=repr(budget), expected='such as "1 GB"'
    )


def initial_states(net: Any, m: Any, cell: Any) -> dict[str, np.ndarray]:
    """States that do not start as the model says."""
    known = states_of(m.population, net)
    out = {}
    for s, v in m.population.initial.items():
        where = f"Population '{m.name}', initial '{s}'"
        out[s] = np.asarray(
            realise(v, known[s], m.population.n, generator(net.seed, m.name, "initial", s), where), float
        )
    return out


def require_adjoint(net: Any) -> None:
    """Raises AmineError for what has no adjoint."""
    why = ""
    if net.electrical:
        why = "gap junctions"
    elif any(getattr(s, "plasticity", None) is not None for s in net.projections):
        why = "synapses that change by a rule"
    elif any(is_synaptic(s) for s in net.projections):
        why = "release at random and release of each synapse"
    elif any(getattr(s, "detail", "receptor") != "receptor" for s in net.projections):
        why = "synapses with kinetic schemes"
    elif any(getattr(p.model, "cell", None) is not None for p in net.populations.values()):
        why = "cells with a tree"
    if why:
        raise AmineError(WHERE, f"{why} are not differentiated", hint="take them out of the network that is trained")
