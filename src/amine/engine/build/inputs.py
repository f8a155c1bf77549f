"""Poisson inputs as tables: each row is one input at one site of one population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.draws import count, require_range, spread_value
from amine.engine.build.slices import Slice
from amine.engine.device.poisson_tables import cumulative
from amine.engine.device.tables import POISSON_COLUMNS
from amine.engine.resolve.streams import Stream
from amine.errors import AmineError
from amine.network.network import Network
from amine.network.parts import PoissonInput, Waveform

if TYPE_CHECKING:
    from amine.engine.device.arguments import Real

DRAWS = 1024  # most draws of one step and site
MEAN_OF_DRAW = 16.0  # a count of a larger mean is drawn in parts


def poisson_tables(
    net: Network, slices: Sequence[Slice], X: np.ndarray, real: Real
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of all inputs, the weight of each if it is one for all neurons, and cumulative probabilities of counts."""
    rows: list[tuple[int, ...]] = []
    weights: list[float] = []
    tables: list[np.ndarray] = []
    for p, at in enumerate(slices):
        for j, (part, stream) in enumerate(zip(at.member.poisson, at.member.arrivals, strict=True)):
            weight, found = _rows(net, at, p, j, part, stream, X)
            rows += [row for row, _ in found]
            tables += [table for _, table in found]
            weights += [weight] * len(found)
    width = max((len(t) for t in tables), default=1)
    PT = np.zeros((len(tables), max(width, 1)), np.uint32)
    for q, t in enumerate(tables):
        PT[q, : len(t)] = t
    return np.array(rows, np.int64).reshape(-1, POISSON_COLUMNS), np.array(weights, real), PT


def _rows(
    net: Network, at: Slice, p: int, j: int, part: PoissonInput, stream: Stream, X: np.ndarray
) -> tuple[float, list[tuple[tuple[int, ...], np.ndarray]]]:
    """The weight of input ``j`` of a population (0 if neurons have their own), and at each site its row and its table."""
    m, where, views = at.member, f"Poisson input '{part.name}'", part.target.views()
    weight_row = f"_poisson_weight_{j}"
    w: np.ndarray | float = 0.0
    if not isinstance(part.weight, Waveform):
        unit = m.ports[part.receptor].weight_unit
        w = spread_value(stream.child("weight"), views, m, part.weight, unit, where + ", weight")
    require_range(w, X.dtype, where, "the weight")
    if isinstance(part.rate, Waveform):
        rate: np.ndarray | float = highest(part.rate)
    else:
        rate = spread_value(stream.child("rate"), views, m, part.rate, "Hz", where + ", rate")
    expected = np.asarray(rate) * int(part.n) * net.dt
    draws_of(float(np.max(expected)), where)
    differs = weight_row in at.rows
    if differs:
        at.put(X, weight_row, w * count(views, m).astype(bool))
    own = at.row(weight_row) * at.lanes if differs else -1
    out = []
    key = stream.child([v.population for v in views].index(m.name)).key
    for i, (site, share) in enumerate(at.poisson_sites(part).items()):
        mean = np.broadcast_to(expected * share, (at.n,))
        rate_row = f"_poisson_rate_{j}{site}"
        varied = rate_row in at.rows
        if varied:
            at.put(X, rate_row, 0.0 if isinstance(part.rate, Waveform) else mean)
        draws = draws_of(float(mean.max()), where)
        table = cumulative(float(mean.max()) / draws)
        target = at.row(at.targets[part.receptor] + site) * at.lanes
        rates = at.row(rate_row) * at.lanes if varied else -1
        out.append(((p, target, own, len(table), draws, key, DRAWS * i, rates, at.stride, at.lanes), table))
    return (0.0 if differs else float(np.max(w))), out


def highest(rate: Waveform) -> float:
    """The greatest rate (1/ms) of a waveform; of noise one that it does not exceed in practice, and up to ten times of which counts are right."""
    if rate.kind == "noise":
        return max(0.0, rate.numbers["mean"] + 6.0 * rate.numbers["sd"])
    return rate.bounds()[1]


def draws_of(mean: float, where: str) -> int:
    """Draws of a count of an expected number of spikes a step; raises AmineError if there would be too many."""
    if np.ceil(mean / MEAN_OF_DRAW) > DRAWS:
        raise AmineError(where, "too many spikes a step are asked for", given=f"{mean:g} a step")
    return max(1, int(np.ceil(mean / MEAN_OF_DRAW)))


__all__ = ["draws_of", "highest", "poisson_tables"]
