"""NumPy's function names for torch tensors, so that code printed for NumPy also runs in torch, with gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

if TYPE_CHECKING:
    import numpy as np

    from amine.learn.nn.surrogate import TorchSurrogate

Operand: TypeAlias = "torch.Tensor | np.ndarray | float"


def _unary(f: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    return staticmethod(lambda x: f(torch.as_tensor(x)))


def _pair(a: Operand, b: Operand) -> tuple[torch.Tensor, torch.Tensor]:
    like = next((x for x in (a, b) if isinstance(x, torch.Tensor)), None)
    if like is None:
        return torch.as_tensor(a, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
    return torch.as_tensor(a, dtype=like.dtype), torch.as_tensor(b, dtype=like.dtype)


def exprel(x: object) -> torch.Tensor:
    """(exp(x) - 1)/x, which is 1 at 0, with a finite gradient there."""
    x = torch.as_tensor(x)
    small = x.abs() < 1e-3
    safe = torch.where(small, torch.ones_like(x), x)
    near = 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))))
    return torch.where(small, near, torch.expm1(safe) / safe)


class TorchNumpy:
    """Namespace ``np`` of generated code that runs on tensors.

    Parameters
    ----------
    surrogate : spike as a function of the margin, with its surrogate derivative; None for code without spikes.
    """

    exp, log, sqrt, sin, cos = (_unary(f) for f in (torch.exp, torch.log, torch.sqrt, torch.sin, torch.cos))
    tanh, floor, sign, abs = (_unary(f) for f in (torch.tanh, torch.floor, torch.sign, torch.abs))
    arcsin, arccos, arctan, log10 = (_unary(f) for f in (torch.arcsin, torch.arccos, torch.arctan, torch.log10))
    rint = _unary(torch.round)
    logical_not = _unary(torch.logical_not)
    exprel = staticmethod(exprel)

    def __init__(self, surrogate: TorchSurrogate | None = None):
        self.surrogate = surrogate

    @staticmethod
    def power(a: Operand, b: Operand) -> torch.Tensor:
        return torch.pow(*_pair(a, b))

    @staticmethod
    def arctan2(a: Operand, b: Operand) -> torch.Tensor:
        return torch.arctan2(*_pair(a, b))

    @staticmethod
    def mod(a: Operand, b: Operand) -> torch.Tensor:
        return torch.remainder(*_pair(a, b))

    @staticmethod
    def minimum(a: Operand, b: Operand) -> torch.Tensor:
        x, y = torch.broadcast_tensors(*_pair(a, b))
        return torch.where(x <= y, x, y)

    @staticmethod
    def maximum(a: Operand, b: Operand) -> torch.Tensor:
        x, y = torch.broadcast_tensors(*_pair(a, b))
        return torch.where(x >= y, x, y)

    @staticmethod
    def where(c: Operand, a: Operand, b: Operand) -> torch.Tensor:
        return torch.where(torch.as_tensor(c), *_pair(a, b))

    def spike(self, margin: torch.Tensor) -> torch.Tensor:
        assert self.surrogate is not None
        return self.surrogate(margin)

    @staticmethod
    def stop(x: torch.Tensor) -> torch.Tensor:
        return x.detach()

    def blend(self, s: torch.Tensor, a: Operand, b: Operand) -> torch.Tensor:
        """a without and b with a spike, differentiable in all three; for spikes of 0 or 1 the value is chosen, not interpolated."""
        x, y = _pair(a, b)
        if self.surrogate is not None and self.surrogate.soft:
            return x + s * (y - x)
        value = torch.where(s > 0, y, x)
        return value + (s - s.detach()) * (y - x).detach()
