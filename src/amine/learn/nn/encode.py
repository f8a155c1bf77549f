"""Encoders: from values to sequences ``[time, batch, n]`` of spikes or currents."""

from __future__ import annotations

import math
from typing import Any

import torch

from amine.errors import AmineError
from amine.units import to_internal


def _values(x: object, where: str, unit: bool = True) -> torch.Tensor:
    x = torch.as_tensor(x)
    x = x if x.is_floating_point() else x.to(torch.get_default_dtype())
    if x.ndim != 2:
        raise AmineError(where, "the number of axes is wrong", given=str(tuple(x.shape)), expected="[batch, n]")
    if not bool(torch.isfinite(x).all()):
        raise AmineError(where, "a value is not finite", hint="impute or drop missing values first")
    if unit and bool(((x < 0) | (x > 1)).any()):
        raise AmineError(
            where, "a value is outside 0..1", given=f"{float(x.min()):g}..{float(x.max()):g}", hint="scale the features"
        )
    return x


def _steps(steps: int, where: str) -> int:
    if not isinstance(steps, int) or steps < 1:
        raise AmineError(where, "the number of steps must be a positive whole number", given=repr(steps))
    return steps


def rate(x: object, steps: int, *, rate: Any = "100 Hz", dt: Any = "1 ms", generator: Any = None) -> torch.Tensor:
    """Poisson-like spikes: a value of 1 spikes at ``rate``.

    >>> rate(torch.ones(2, 3), 5, rate="1000 Hz").sum().item()
    30.0
    """
    x = _values(x, "encode.rate")
    p = x * float(to_internal(rate, "Hz", "encode.rate, rate")) * float(to_internal(dt, "ms", "encode.rate, dt"))
    if float(p.max()) > 1 + 1e-9:
        raise AmineError(
            "encode.rate",
            "more than one spike a step is asked for",
            given=f"{float(p.max()):g}",
            hint="lower the rate or dt",
        )
    draws = torch.rand(_steps(steps, "encode.rate"), *x.shape, generator=generator, dtype=x.dtype, device=x.device)
    return (draws < p).to(x.dtype)


def latency(x: object, steps: int, *, tau: float | None = None, threshold: float = 0.0) -> torch.Tensor:
    """One spike for each value, the earlier the larger it is; none at or below ``threshold``.

    With ``tau`` (in steps) the time is that at which a capacitor charged by the value reaches 0.2, as in
    Cramer et al. (2022); without, it is linear: 1 spikes in the first step, the smallest in the last.

    >>> latency(torch.tensor([[1.0, 0.5, 0.0]]), 5)[:, 0].argmax(0).tolist()
    [0, 2, 0]
    """
    x = _values(x, "encode.latency")
    steps = _steps(steps, "encode.latency")
    if tau is None:
        at = (1 - x) * (steps - 1)
    else:
        x_min = 0.2
        inside = (x / (x - x_min).clamp_min(1e-9)).log() * tau
        at = torch.where(x > x_min, inside, torch.full_like(x, math.inf))
    k = torch.arange(steps, device=x.device)[:, None, None]
    there = (x > threshold) & (at <= steps - 1 + 1e-6)
    return ((k == at.clamp_max(steps).round()) & there).to(x.dtype)


def current(x: object, steps: int, *, scale: float = 1.0, offset: float = 0.0) -> torch.Tensor:
    """The value itself in every step, as a drive ``offset + scale * x``.

    >>> current(torch.tensor([[2.0]]), 3).flatten().tolist()
    [2.0, 2.0, 2.0]
    """
    x = _values(x, "encode.current", unit=False)
    return (offset + scale * x).expand(_steps(steps, "encode.current"), *x.shape).contiguous()


def population(x: object, n: int, *, width: float | None = None, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    """Each value as the activity of ``n`` units with Gaussian tuning curves between ``low`` and ``high``: [batch, n * features].

    To be followed by another encoder (Bohte, Kok & La Poutré 2002, Neurocomputing 48:17).

    >>> population(torch.tensor([[0.0, 1.0]]), 2, width=0.1).round().tolist()
    [[1.0, 0.0, 0.0, 1.0]]
    """
    x = _values(x, "encode.population", unit=False)
    if n < 2:
        raise AmineError("encode.population, n", "there must be at least two units", given=str(n))
    centres = torch.linspace(low, high, n, dtype=x.dtype, device=x.device)
    width = (high - low) / (n - 1) / 1.5 if width is None else width
    return torch.exp(-(((x[:, :, None] - centres) / width) ** 2) / 2).flatten(1)


def delta(x: object, threshold: float, *, signed: bool = True) -> torch.Tensor:
    """Spikes where a sequence [time, batch, n] has moved by ``threshold`` since the last: lines up, and beside them down.

    >>> delta(torch.tensor([0.0, 0.4, 1.1, 0.0]).reshape(4, 1, 1), 0.5)[:, 0].tolist()
    [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    x = torch.as_tensor(x)
    if x.ndim != 3:
        raise AmineError(
            "encode.delta", "the number of axes is wrong", given=str(tuple(x.shape)), expected="[time, batch, n]"
        )
    if not threshold > 0:
        raise AmineError("encode.delta, threshold", "it must be positive", given=str(threshold))
    level, up, down = x[0].clone(), [], []
    for now in x:
        up.append(now - level >= threshold)
        down.append(level - now >= threshold)
        level = torch.where(up[-1] | down[-1], now, level)
    parts = [torch.stack(up), torch.stack(down)] if signed else [torch.stack(up) | torch.stack(down)]
    return torch.cat(parts, -1).to(x.dtype)
