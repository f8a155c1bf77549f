"""Synapses whose weights or delays are given one by one, in the order of connections: by source, then target.

Synapses of one pair stand in the order of the delays of their description. The pairs are those that the description draws; bundles come
out as they would for the same values in a description, with the same order of summation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from amine.distributions import InternalDistribution
from amine.engine.build.connectivity.spec import ProjectionSpec
from amine.errors import AmineError
from amine.records import dataclass


@dataclass(frozen=True, eq=False)
class InOrder:
    """Values of all synapses of a route in the order of connections; ``described`` is the value in the description."""

    values: np.ndarray
    described: float | InternalDistribution | np.ndarray


class Connections(NamedTuple):
    """Synapses of a route in the order of connections (synapses,): neurons, slots of the targets, delays in steps, weights."""

    sources: np.ndarray
    targets: np.ndarray
    slots: np.ndarray
    steps: np.ndarray
    weights: np.ndarray


class Rows(NamedTuple):
    """The synapses of one thread in the order of delivery: starts of rows, offsets of delays in them, slots and weights."""

    rows: np.ndarray
    seg: np.ndarray | None
    slots: np.ndarray
    weights: np.ndarray


def is_given(s: ProjectionSpec) -> bool:
    """Whether values of its synapses are in the order of connections."""
    return isinstance(s.weight, InOrder) or isinstance(s.delay, InOrder)


def described(s: ProjectionSpec) -> ProjectionSpec:
    """The specification of the same synapses, all of them for one thread, with the values of the description."""
    weight = s.weight.described if isinstance(s.weight, InOrder) else s.weight
    delay = s.delay.described if isinstance(s.delay, InOrder) else s.delay
    return replace(s, bounds=(0, 2**62), weight=weight, delay=delay)


def neurons(s: ProjectionSpec, slots: np.ndarray) -> np.ndarray:
    """Target neurons of slots."""
    first = 0 if s.places is None else int(s.places[0].min())
    at = slots.astype(np.int64) - s.base
    return (at - first) // s.stride * 2**s.shift + at % 2**s.shift


def substituted(s: ProjectionSpec, drawn: Connections, dt: float) -> Connections:
    """The synapses with the values that are given."""
    if isinstance(s.weight, InOrder):
        drawn = drawn._replace(weights=_fitting(s, s.weight.values, drawn))
    if isinstance(s.delay, InOrder):
        steps = np.floor(_fitting(s, s.delay.values, drawn) / dt + 0.5).astype(np.int64)
        if (steps < 1).any():
            raise AmineError(
                f"Synapses '{s.name}'", "a delay is shorter than the time step", given=f"{steps.min()} steps"
            )
        drawn = drawn._replace(steps=steps)
    return drawn


def _fitting(s: ProjectionSpec, values: np.ndarray, drawn: Connections) -> np.ndarray:
    if len(values) != len(drawn.slots):
        given, expected = f"{len(values)} values", f"{len(drawn.slots)} synapses"
        raise AmineError(
            f"Synapses '{s.name}'", "the values belong to other connections", given=given, expected=expected
        )
    return np.asarray(values, float)


def steps_between(each: Sequence[Connections], specs: Sequence[ProjectionSpec]) -> tuple[int, int]:
    """Least and greatest delay in steps with which the synapses are delivered."""
    low = min((int(x.steps.min()) - s.early for x, s in zip(each, specs, strict=True) if len(x.steps)), default=1)
    high = max((int(x.steps.max()) - s.early for x, s in zip(each, specs, strict=True) if len(x.steps)), default=low)
    return low, high


def in_rows(
    each: Sequence[Connections], specs: Sequence[ProjectionSpec], tid: int, n_source: int, least: int, n_delays: int
) -> Rows:
    """The synapses of a thread's targets by source and delay, in each delay by specification and connection."""
    mine = [_owned(x, s, tid) for x, s in zip(each, specs, strict=True)]
    sources, slots, weights = (np.concatenate([getattr(x, n) for x in mine]) for n in ("sources", "slots", "weights"))
    d = np.concatenate([x.steps - s.early for x, s in zip(mine, specs, strict=True)]) - least
    order = np.argsort(sources * n_delays + d, kind="stable")
    count = np.bincount(sources * n_delays + d, minlength=n_source * n_delays).reshape(n_source, n_delays)
    rows = np.concatenate([[0], np.cumsum(count.sum(1))]).astype(np.int64)
    seg = None
    if n_delays > 1:
        longest = int(count.sum(1).max(initial=0))
        seg = np.zeros((n_source, n_delays + 1), np.uint32 if longest >= 2**16 else np.uint16)
        seg[:, 1:] = np.cumsum(count, 1)
    return Rows(rows, seg, slots[order].astype(np.int32), weights[order])


def _owned(x: Connections, s: ProjectionSpec, tid: int) -> Connections:
    here = (x.targets >= s.bounds[tid]) & (x.targets < s.bounds[tid + 1])
    return Connections(*(a[here] for a in x))


__all__ = ["Connections", "InOrder", "described", "in_rows", "is_given", "neurons", "steps_between", "substituted"]
