"""NumPy's names on torch tensors: the text that is printed for NumPy also runs, and is differentiated, in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _unary(f: Callable[[Any], Any]) -> Any:
    return staticmethod(lambda x: f(torch.as_tensor(x)))


def _pair(a: Any, b: Any) -> tuple[torch.Tensor, torch.Tensor]:
    like = next((x for x in (a, b) if isinstance(x, torch.Tensor)), None)
    if like is None:
        return torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
    return torch.as_tensor(a, dtype=like.dtype), torch.as_tensor(b, dtype=like.dtype)


def exprel(x: object) -> torch.Tensor:
    """(exp(x) - 1)/x, which is 1 at 0, with a gradient that is finite there, too."""
    x = torch.as_tensor(x)
    small = x.abs() < 1e-3
    safe = torch.where(small, torch.ones_like(x), x)
    near = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))))
    return torch.where(small, near, torch.expm1(safe) / safe)


class TorchNumpy:
    """What generated code calls ``np`` when it works on tensors.

    Parameters
    ----------
    surrogate : gives spikes their values and their derivative; None where there are none.
    """

    exp, log, sqrt, sin, cos = (_unary(f) for f in (torch.exp, torch.log, torch.sqrt, torch.sin, torch.cos))
    tanh, floor, sign, abs = (_unary(f) for f in (torch.tanh, torch.floor, torch.sign, torch.abs))
    logical_not = _unary(torch.logical_not)
    exprel = staticmethod(exprel)

    def __init__(self, surrogate: Any = None):
        self.surrogate = surrogate

    @staticmethod
    def power(a: Any, b: Any) -> torch.Tensor:
        return torch.pow(*_pair(a, b))

    @staticmethod
    def minimum(a: Any, b: Any) -> torch.Tensor:
        a, b = torch.broadcast_tensors(*_pair(a, b))
        return torch.where(a <= b, a, b)

    @staticmethod
    def maximum(a: Any, b: Any) -> torch.Tensor:
        a, b = torch.broadcast_tensors(*_pair(a, b))
        return torch.where(a >= b, a, b)

    @staticmethod
    def where(c: Any, a: Any, b: Any) -> torch.Tensor:
        return torch.where(torch.as_tensor(c), *_pair(a, b))

    def spike(self, margin: torch.Tensor) -> torch.Tensor:
        return self.surrogate(margin)

    @staticmethod
    def stop(x: torch.Tensor) -> torch.Tensor:
        return x.detach()

    def blend(self, s: torch.Tensor, a: Any, b: Any) -> torch.Tensor:
        """Differentiable in all three; where spikes are whole the value is taken, not computed."""
        a, b = _pair(a, b)
        if self.surrogate is not None and self.surrogate.soft:
            return a + s * (b - a)
        value = torch.where(s > 0, b, a)
        return value + (s - s.detach()) * (b - a).detach()
