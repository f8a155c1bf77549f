"""Names and demands of circuits: keys of parameters, amounts of memory, and checks for parts without adjoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from amine.compounds import catalogue
from amine.engine.build.draws import initial_value
from amine.engine.build.slices import Slice
from amine.engine.resolve.courses import OF_EACH
from amine.engine.resolve.resolved import Resolved
from amine.errors import AmineError
from amine.network.parts import Waveform

if TYPE_CHECKING:
    from amine.learn.given import Bounds

WHERE = "Network.to_module"


def listed(x: str | Iterable[str]) -> list[str]:
    """Names as a list, from one name or several."""
    return [x] if isinstance(x, str) else list(x)


def module_name(name: str) -> str:
    """A name in which a middle dot replaces dots, which torch does not allow in names of modules."""
    return name.replace(".", "·")


def owner(key: str, names: Iterable[str]) -> tuple[str | None, str]:
    """The longest name with which ``key`` begins, and the rest of the key after the dot."""
    found = [n for n in names if key == n or key.startswith(f"{n}.")]
    if not found:
        return None, ""
    name = max(found, key=len)
    return name, key[len(name) + 1 :]


def of_drugs(prefix: str, bounds: Mapping[str, Bounds]) -> dict[str, Bounds]:
    """Bounds by drug, from those whose key begins with ``prefix``."""
    return {catalogue.drug(k.removeprefix(prefix)).id: b for k, b in bounds.items() if k.startswith(prefix)}


def rows(x: torch.Tensor, steps: int) -> np.ndarray:
    """A sequence [time, batch, n] as an array [time, batch * n]."""
    return x.detach().contiguous().numpy().reshape(steps, -1)


def byte_count(budget: object) -> float:
    """Number of bytes of an amount such as ``"1 GB"``; raises AmineError for anything else."""
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


def initial_states(at: Slice) -> dict[str, np.ndarray]:
    """Initial states that the network sets in place of the model's, by name (n,)."""
    m = at.member
    found = {s: initial_value(m, s, at.code["units"][s]) for s in m.population.initial}
    return {s: np.asarray(x, float) for s, x in found.items()}


def require_adjoint(resolved: Resolved) -> None:
    """Raises AmineError if the network has a part without adjoint."""
    levels = {r.level for r in resolved.routes}
    found = {
        "continuous couplings": bool(resolved.net.couplings),
        "named inputs of neurons": any(m.population.model.inputs for m in resolved.members),
        "currents of each neuron and noise": any(s.current.kind in OF_EACH for s in resolved.net.stimuli),
        "rates of sources that follow a course": any(
            v.population == m.name
            for m in resolved.members
            if m.population.model.kind == "source"
            for s in resolved.net.stimuli
            for v in s.target.views()
        ),
        "Poisson inputs whose rate or weight follows a course": any(
            isinstance(x, Waveform) for i in resolved.net.inputs for x in (i.rate, i.weight)
        ),
        "gap junctions": bool(resolved.net.electrical),
        "synapses that change by a rule": "plastic" in levels,
        "synapses that come and go": any(s.rewiring is not None for s in resolved.net.projections),
        "release at random and release of each synapse": "synaptic" in levels,
        "synapses with kinetic schemes": bool(levels & {"kinetic", "explicit"}),
        "interpolated spikes": any(m.population.spikes != "grid" for m in resolved.members),
        "cells with a tree": any(m.plan is not None for m in resolved.members),
    }
    for what, there in found.items():
        if there:
            hint = "take them out of the network that is trained"
            raise AmineError(WHERE, f"{what} are not differentiated", hint=hint)
