"""Populations that are sources of spikes: at rates, or at given times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from amine.engine.build.kind import Filling
from amine.engine.build.slices import Slice
from amine.engine.resolve.resolved import Member
from amine.errors import AmineError
from amine.network.network import Network
from amine.values import Array

NEVER = 2.0**40  # steps; no run has as many


@final
class PoissonSource:
    """Sources that spike at random at given rates: one row, the probability of a spike in a step."""

    def slice(self, m: Member, base: int, id0: int) -> Slice:
        return Slice(m, base, id0, ["rate"], [], {})

    def width(self, at: Slice) -> int:
        return 0

    def fill(self, at: Slice, given: Filling) -> None:
        p = np.asarray(given.values["rate"]) * given.net.dt
        if (p > 1).any():
            raise AmineError(
                f"Population '{at.member.name}', parameter 'rate'",
                "more than one spike a step is asked for",
                given=f"{float(np.max(p)):g} a step",
                hint="give the network a smaller dt or use Network.poisson",
            )
        put_rates(at, given.X, p)


@final
class ListSource:
    """Sources that spike at given times: no rows in the state array."""

    def slice(self, m: Member, base: int, id0: int) -> Slice:
        return Slice(m, base, id0, [], [], {})

    def width(self, at: Slice) -> int:
        return 0

    def fill(self, at: Slice, given: Filling) -> None:
        pass


def put_rates(at: Slice, X: np.ndarray, p: np.ndarray) -> bool:
    """Sets the probabilities of a spike in a step, one or (n,), and returns whether any is another.

    Lanes beyond the last neuron stay silent.
    """
    before = at.view(X)[:, 0].copy()
    at.put(X, "rate", p)
    at.view(X)[-1, 0, at.n - (at.blocks - 1) * at.lanes :] = 0.0
    return not np.array_equal(before, at.view(X)[:, 0])


def spike_lists(net: Network, slices: Sequence[Slice]) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(population, steps, ids) of each list, sorted by step and then by id."""
    out = []
    for p, at in enumerate(slices):
        if not at.member.listed:
            continue
        times, indices = (_array(at.member, k) for k in ("times", "indices"))
        reached = times / net.dt < NEVER  # what lies beyond the last step of any run has no number
        times, indices = times[reached], indices[reached]
        steps = np.rint(times / net.dt).astype(np.int64) - 1
        if (steps < 0).any():
            raise AmineError(
                f"Population '{at.member.name}', parameter 'times'",
                "a spike lies before the end of the first step",
                given=f"{times.min():g} ms",
                expected=f"at least {net.dt:g} ms",
                hint="spikes are listed at the ends of steps: shift the times by a step",
            )
        order = np.lexsort((indices, steps))
        out.append((p, steps[order], (indices[order] + at.id0).astype(np.int32)))
    return out


def _array(m: Member, name: str) -> np.ndarray:
    value = m.population.parameters[name]
    assert isinstance(value, Array)  # checked with the population
    return value.values


__all__ = ["ListSource", "PoissonSource", "put_rates", "spike_lists"]
