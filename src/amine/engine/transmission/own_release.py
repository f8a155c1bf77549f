"""Release models whose parameters differ between synapses, so that each synapse has its own parameters and states.

Each synapse advances by the same generated code as a source neuron (:mod:`amine.engine.codegen.release`); its states and
then its parameters lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

import numpy as np

from amine.engine.build.connectivity import Bundle, Drawing, ProjectionSpec, build_bundle
from amine.engine.build.wiring import internal_value
from amine.engine.codegen.lines import Block, Function, Line, printed
from amine.engine.codegen.slots import Kinds
from amine.engine.device import synaptic_tables as table
from amine.engine.transmission.own_rates import values_of
from amine.models.model import Model

APART = 2**16  # draws of parameters differ from those of weights by their port, which is beyond that of any receptor


def own_release(
    specs: Sequence[ProjectionSpec], release: Model, module: ModuleType, number: int, bundle: Bundle, args: Drawing
) -> list[np.ndarray]:
    """For each shard the states and parameters (synapses, values) at time zero; ``number`` is that of the model in the module."""
    code = module.RELEASES[number]
    names, first = code["parameters"], code["states"]
    out = [np.zeros((int(shard.rows[-1]), first + len(names)), np.float32) for shard in bundle.shards]
    ports = [n for n in release.units if release.quanta is None or n not in release.quanta[:2]]
    for i, n in enumerate(names):
        value = internal_value(release.parameters[n], release.units[n], f"{release.where}, {n}")
        if isinstance(value, float):
            for x in out:
                x[:, first + i] = value
            continue
        apart = APART * (1 + ports.index(n))
        drawn = build_bundle([replace(s, weight=value, port=s.port + apart) for s in specs], *args)
        for x, shard in zip(out, drawn.shards, strict=True):
            x[:, first + i] = values_of(shard)
    for x in out:
        start = getattr(module, f"release_initial_{number}")(x[:, first:].T)
        for i, state in enumerate(start):
            x[:, i] = state
    return out


def own_columns(release: Model, module: ModuleType, number: int) -> dict[int, int]:
    """Entries of the table for such a model, by column."""
    code = module.RELEASES[number]
    width = code["states"] + len(code["parameters"])
    recovery = -1 if release.quanta is None else code["states"] + code["parameters"].index(release.quanta[2])
    return {table.RELEASED: -1, table.MODEL: number, table.WIDE: width, table.RECOVER: recovery}


def release_functions(kinds: Kinds, part: str) -> str:
    """Source of ``release_of``, the release of a synapse by the model of a given number; the first part that needs it writes it."""
    if part == "explicit" and "synaptic" in kinds.parts:
        return ""
    body: list[Line] = []
    for j in kinds.parts[part]:
        states, end = kinds.releases[j].states, kinds.releases[j].states + len(kinds.releases[j].parameters)
        call = f"release_{j}(own, at, own[at + {states} : at + {end}], elapsed)"
        body.append(Block(f"if model == {j}", [f"return np.float64({call})"]))
    body.append("return np.float64(0.0)")
    decorator = "inner()"
    return printed([Function([decorator], "release_of", ("model", "own", "at", "elapsed"), body), "", ""])


__all__ = ["own_columns", "own_release", "release_functions"]
