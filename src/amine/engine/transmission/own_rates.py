"""Schemes whose rates differ between synapses: parameters are drawn for each, rates follow from the scheme's expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from amine.engine.build.connectivity import Bundle, Drawing, ProjectionSpec, Shard, build_bundle
from amine.engine.build.wiring import internal_value
from amine.equations.schemes import Scheme
from amine.errors import AmineError
from amine.models.model import Model
from amine.models.ports import scheme

# draws of rates differ from those of weights and of release by their port, so that no other draw uses the same random numbers
APART, FIRST = 2**16, 1024
Number: TypeAlias = float | np.ndarray  # for all synapses, or (synapses,)
# rates of all transitions from parameters and the concentration of transmitter (uM)
Rates: TypeAlias = Callable[[Mapping[str, Number], float], Sequence[Number]]


def own_rates(
    spec: ProjectionSpec, model: Model, rates: Rates, bundle: Bundle, args: Drawing, where: str
) -> list[np.ndarray] | None:
    """For each shard the rates [2, synapses] of a scheme of two states, binding (per uM of transmitter) and unbinding.

    None if no parameter in a rate differs between synapses. ``rates`` is the scheme's function of the generated module.

    Raises
    ------
    AmineError
        If the scheme has more than two states, or its rates are not one proportional to T and one independent of it.
    """
    s = scheme(model)
    names = s.rate_parameters(model.units)
    differ = [n for n in names if not isinstance(model.parameters[n], str)]
    if not differ:
        return None
    place = f"{where}, {model.where[:1].lower() + model.where[1:]}, parameter '{differ[0]}'"
    if len(s.states) != 2 or s.downstream or s.voltage_dependent:
        raise AmineError(
            place,
            "rates can differ between synapses only in a scheme of two states, whose rates do not depend on the voltage",
            expected="such as C <-> O: alpha*T, beta",
        )
    shared: dict[str, Number] = {n: np.float64(0.0) for n in model.units}  # zero if no rate depends on it
    drawn: dict[str, list[np.ndarray]] = {}
    for i, n in enumerate(names):
        value = internal_value(model.parameters[n], model.units[n], f"{model.where}, {n}")
        if isinstance(value, float):
            shared[n] = np.float64(value)
        else:
            other = build_bundle([replace(spec, weight=value, port=spec.port + APART * (FIRST + i))], *args)
            drawn[n] = [values_of(shard) for shard in other.shards]
    sizes = [int(shard.rows[-1]) for shard in bundle.shards]
    return [_of_shard(s, rates, shared | {n: x[t] for n, x in drawn.items()}, n, place) for t, n in enumerate(sizes)]


def require_shared(model: Model, square: bool, where: str) -> None:
    """Raises AmineError if a parameter of the open fraction or of a square pulse differs between synapses."""
    names = (*scheme(model).opening_parameters(model.units), *(("T_max", "T_width") if square else ()))
    for n in names:
        if not isinstance(model.parameters[n], str):
            raise AmineError(
                f"{where}, {model.where[:1].lower() + model.where[1:]}, parameter '{n}'",
                "it must be one value for all synapses",
                hint="only rates of a scheme of two states can differ; make a projection for each value",
            )


def values_of(shard: Shard) -> np.ndarray:
    """Values that were drawn for the synapses of a shard in the place of weights."""
    return shard.slots.view(np.float32)[:, 1] if shard.weights is None else shard.weights.ravel()


def _of_shard(s: Scheme, rates: Rates, values: Mapping[str, Number], n: int, place: str) -> np.ndarray:
    """Sums of the rates in each direction (2, synapses); exact, since a rate is linear in T."""
    out = np.zeros((2, n), np.float32)
    for t, without, bound in zip(s.transitions, rates(values, 0.0), rates(values, 1.0), strict=True):
        forward = t.a == s.rest
        if np.any(without != 0.0) if forward else np.any(bound != without):
            raise AmineError(
                place,
                "rates can differ between synapses only if binding is proportional to T and unbinding is without it",
                given=t.rate,
                expected="such as C <-> O: alpha*T, beta",
            )
        rate = bound if forward else without
        bad = ~np.isfinite(rate) | (np.asarray(rate) < 0)
        if np.any(bad):
            raise AmineError(
                place,
                f"the rate from '{t.a}' to '{t.b}' is negative or not finite",
                given=f"{t.rate} = {float(np.broadcast_to(rate, (n,))[np.broadcast_to(bad, (n,))][0]):g}",
                hint="bound the distribution with .clipped(low) or .truncated(low)",
            )
        out[int(not forward)] += rate
    return out


__all__ = ["own_rates", "require_shared", "values_of"]
