"""Fits by the gradient of a network's rates, through its module for PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amine.errors import AmineError
from amine.network.network import Network
from amine.optional import optional
from amine.sweeps.axes import DOSE, text_of
from amine.sweeps.described import described
from amine.sweeps.points import Conditions
from amine.units import to_internal

RATE = 0.1  # of learning, falling to a tenth


def descended(
    net: Network,
    ranges: Mapping[str, tuple[float, float, str]],
    wanted: Mapping[str, float],
    scales: Mapping[str, float],
    conditions: Conditions,
    seeds: Sequence[int],
    steps: int,
) -> list[dict[str, float]]:
    """Values (in the units of their ranges) on the way of a descent by Adam, the best of the module last.

    Parameters
    ----------
    net : the network. ranges : by name (lowest, highest, unit). wanted : rates in Hz by measure, ``rate:E``. scales : by measure.
    conditions, seeds : of each run. steps : of the descent.

    Raises
    ------
    AmineError
        PyTorch is missing, a measure is no rate, or the network has parts without a gradient.
    """
    where = "fit, method 'gradient'"
    for m, w in wanted.items():
        if not m.startswith("rate:") or np.ndim(w):
            raise AmineError(where, "only rates have gradients here", given=m, hint="use differential_evolution")
    middle = {n: text_of((low + high) / 2, unit) for n, (low, high, unit) in ranges.items()}
    start = described(net.to_dict(), {n: v for n, v in middle.items() if not n.startswith(DOSE)}, net.seed)
    with optional(where):
        import torch
    outputs = {m: f"{m.partition(':')[2]}.rate" for m in wanted}
    circuit = start.to_module(
        outputs=list(outputs.values()),
        learn=list(ranges),
        start=conditions.start,
        bounds={n: _bounds(start, n, r) for n, r in ranges.items()},
        begin={n: v for n, v in middle.items() if n.startswith(DOSE)},
    )
    optimiser = torch.optim.Adam(circuit.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.1 ** (1 / max(1, steps)))
    course, best = [], np.inf
    for _ in range(steps):
        optimiser.zero_grad()
        loss = torch.zeros(())
        now = {n: float(circuit.value(n).detach()) / _unit(unit) for n, (_, _, unit) in ranges.items()}
        for seed in seeds:
            out: Any = circuit(duration=conditions.duration, batch=1, seed=seed)
            for m, key in outputs.items():
                rate = (out[key] if isinstance(out, dict) else out).mean()
                loss = loss + ((rate - wanted[m]) / scales[m]).square() / len(seeds)
        if float(loss.detach()) < best:
            best = float(loss.detach())
            course.append(now)
        loss.backward()
        optimiser.step()
        schedule.step()
    return course


def _bounds(net: Network, name: str, ends: tuple[float, float, str]) -> tuple[str, str]:
    """Bounds of a learned value as text; those of weights are plain numbers in the coherent system."""
    low, high, unit = ends
    if any(name.startswith(f"{s.name}.") for s in net.projections):
        return str(low * _unit(unit)), str(high * _unit(unit))
    return text_of(low, unit), text_of(high, unit)


def _unit(unit: str) -> float:
    """A unit in the coherent system."""
    return float(to_internal(f"1 {unit}" if unit not in ("", "1") else 1.0, unit or "1", "fit"))


__all__ = ["descended"]
