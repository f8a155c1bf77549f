"""Encoders of values ``[batch, n]`` as sequences ``[time, batch, n]`` of spikes or currents."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from amine.errors import AmineError
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity


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


def keys_of(x: torch.Tensor, salt: int = 0) -> torch.Tensor:
    """A key for each sample, computed from its values: equal samples have equal keys, in any batch.

    Parameters
    ----------
    x : values [batch, n]. salt : a number on which the keys depend, too.

    Returns
    -------
    torch.Tensor
        int64 [batch].

    Examples
    --------
    >>> x = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
    >>> bool((keys_of(x)[1:] == keys_of(x[1:])).all())
    True
    """
    rows = np.ascontiguousarray(x.detach().cpu().numpy())
    salted = int(salt).to_bytes(8, "little", signed=True)
    digests = [hashlib.blake2b(row.tobytes() + salted, digest_size=8).digest() for row in rows]
    return torch.from_numpy(np.frombuffer(b"".join(digests), np.int64).copy())


def _mixed(z: np.ndarray) -> np.ndarray:
    """64-bit words with mixed bits: the finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _uniform(keys: torch.Tensor, step: int, n: int) -> torch.Tensor:
    """Uniform random numbers in 0..1 [batch, n] of a step; those of a sample depend on its key alone."""
    count = np.arange(step * n + 1, (step + 1) * n + 1, dtype=np.uint64)
    words = keys.cpu().numpy().astype(np.int64).view(np.uint64)[:, None]
    drawn = _mixed(_mixed(count * np.uint64(0x9E3779B97F4A7C15)) ^ words)
    return torch.from_numpy((drawn >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def noise(keys: torch.Tensor, steps: int, n: int, *, uniform: bool = False) -> torch.Tensor:
    """Random numbers [steps, batch, n], standard normal or uniform in 0..1, of which those of a sample depend on its key alone.

    >>> keys = keys_of(torch.tensor([[0.1, 0.2], [0.3, 0.4]]))
    >>> bool((noise(keys, 5, 3)[:, 1:] == noise(keys[1:], 5, 3)).all())
    True
    """
    u = torch.stack([_uniform(keys, k, n) for k in range(_steps(steps, "encode.noise"))])
    return u if uniform else torch.special.ndtri(u + 2.0**-54)


def rate(
    x: object,
    steps: int,
    *,
    rate: Quantity = "100 Hz",
    dt: Quantity = "1 ms",
    generator: torch.Generator | None = None,
    keys: torch.Tensor | None = None,
) -> torch.Tensor:
    """Random spikes [steps, batch, n], at most one per step: a value of 1 spikes at ``rate``, smaller values in proportion.

    Parameters
    ----------
    x : values in 0..1 [batch, n]. steps, dt : number and length of time steps. rate : rate of a value of 1.
    generator : of random numbers, which depend on a sample's place in the batch.
    keys : whole numbers [batch], as from :func:`keys_of`; the random numbers of a sample then depend on its key alone.

    Raises
    ------
    AmineError
        If a value is outside 0..1, more than one spike per step is asked for, or there is not one key per sample.

    Examples
    --------
    >>> rate(torch.ones(2, 3), 5, rate="1000 Hz").sum().item()
    30.0
    """
    x = _values(x, "encode.rate")
    p = x * scalar(rate, "Hz", "encode.rate, rate") * scalar(dt, "ms", "encode.rate, dt")
    if float(p.max()) > 1 + 1e-9:
        raise AmineError(
            "encode.rate",
            "more than one spike a step is asked for",
            given=f"{float(p.max()):g}",
            hint="lower the rate or dt",
        )
    steps = _steps(steps, "encode.rate")
    if keys is None:
        draws = torch.rand(steps, *x.shape, generator=generator, dtype=x.dtype, device=x.device)
        return (draws < p).to(x.dtype)
    if keys.shape != x.shape[:1] or keys.is_floating_point():
        raise AmineError(
            "encode.rate, keys",
            "they must be one whole number a sample",
            given=f"{keys.dtype} of shape {tuple(keys.shape)}",
            expected=f"int64 of shape ({len(x)},)",
        )
    out = torch.empty(steps, *x.shape, dtype=x.dtype, device=x.device)
    for k in range(steps):
        out[k] = _uniform(keys, k, x.shape[1]).to(x.device) < p
    return out


def latency(x: object, steps: int, *, tau: float | None = None, threshold: float = 0.0) -> torch.Tensor:
    """One spike for each value in 0..1, earlier for larger ones; none at or below ``threshold``.

    With ``tau`` (in steps) it is the time at which a capacitor charged by the value reaches 0.2, as in
    Cramer et al. (2022); without, it is linear: 1 spikes in the first step, 0 would in the last.

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
    """A constant drive ``offset + scale * x`` in every step.

    >>> current(torch.tensor([[2.0]]), 3).flatten().tolist()
    [2.0, 2.0, 2.0]
    """
    x = _values(x, "encode.current", unit=False)
    return (offset + scale * x).expand(_steps(steps, "encode.current"), *x.shape).contiguous()


def population(x: object, n: int, *, width: float | None = None, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    """Activity of ``n`` units per value with Gaussian tuning curves between ``low`` and ``high``: [batch, n * features].

    Another encoder turns it into a sequence (Bohte, Kok & La Poutré 2002, Neurocomputing 48:17).

    >>> population(torch.tensor([[0.0, 1.0]]), 2, width=0.1).round().tolist()
    [[1.0, 0.0, 0.0, 1.0]]
    """
    x = _values(x, "encode.population", unit=False)
    if n < 2:
        raise AmineError("encode.population, n", "there must be at least two units", given=str(n))
    centres = torch.linspace(low, high, n, dtype=x.dtype, device=x.device)
    width = (high - low) / (n - 1) / 1.5 if width is None else width
    return torch.exp(-(((x[:, :, None] - centres) / width) ** 2) / 2).flatten(1)


def delta(x: object, threshold: float, *, signed: bool = True, catch_up: bool = False) -> torch.Tensor:
    """Spikes at changes of a sequence [time, batch, n] by ``threshold`` since the last spike: lines for increases, then for decreases.

    With ``catch_up`` the level to compare with starts at zero and moves by one threshold a spike, so that a large change spikes in several steps, as in
    a delta modulator; without, a spike takes the level to the present value.

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
    level, up, down = torch.zeros_like(x[0]) if catch_up else x[0].clone(), [], []
    for now in x:
        up.append(now - level >= threshold)
        down.append(level - now >= threshold)
        if catch_up:
            level = level + threshold * (up[-1].to(x.dtype) - down[-1].to(x.dtype))
        else:
            level = torch.where(up[-1] | down[-1], now, level)
    parts = [torch.stack(up), torch.stack(down)] if signed else [torch.stack(up) | torch.stack(down)]
    return torch.cat(parts, -1).to(x.dtype)
