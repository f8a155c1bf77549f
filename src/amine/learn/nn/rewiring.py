"""Sparse weights whose connections are found while learning: DEEP R."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.transforms import on_cpu_first


class _Signed(nn.Module):
    """A weight as its sign times a size that is positive or zero, where there is a connection."""

    def __init__(self, sign: torch.Tensor, there: torch.Tensor):
        super().__init__()
        self.register_buffer("sign", sign)
        self.register_buffer("there", there)
        self.sign: torch.Tensor
        self.there: torch.Tensor

    def forward(self, size: torch.Tensor) -> torch.Tensor:
        """The weights."""
        return torch.where(self.there, self.sign * size.clamp_min(0), 0.0)

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        """Sizes of weights."""
        return weight.abs()


@constructor
class Rewiring:
    """Keeps the weights of a layer sparse: connections whose size falls to zero vanish, and as many new ones begin elsewhere.

    Each connection has a fixed sign and a learned size. After each step of the optimiser, :meth:`step` lowers the sizes by ``decay``, adds noise, removes
    connections that have reached zero and draws as many new ones with random signs where there are none; their number never changes
    (DEEP R: Bellec G, Kappel D, Maass W, Legenstein R (2018) ICLR). The layer itself is used and saved as ever; make the same ``Rewiring`` before a state is loaded.

    Parameters
    ----------
    layer : a module, such as ``Linear``, a convolution, or ``Recurrent``.
    density : fraction of possible connections that exist.
    decay : amount by which a size falls in a step. noise : standard deviation of what is added to it in a step.
    name : of the weight. seed : for the first connections and later draws.

    Raises
    ------
    AmineError
        If there is no such weight, or a number is out of range.

    Examples
    --------
    >>> import torch
    >>> from amine.learn import nn as ann
    >>> layer = ann.Linear(40, 30)
    >>> sparse = ann.Rewiring(layer, 0.1)
    >>> sparse.connections, int((layer.weight != 0).sum())
    (120, 120)
    """

    @on_cpu_first
    def __init__(
        self,
        layer: nn.Module,
        density: float = 0.1,
        *,
        decay: float = 1e-5,
        noise: float = 1e-4,
        name: str = "weight",
        seed: int = 0,
    ):
        weight = dict(layer.named_parameters(recurse=False)).get(name)
        if weight is None:
            raise AmineError(f"Rewiring, {type(layer).__name__}", f"it has no parameter '{name}' of its own")
        for what, x, high in (("density", density, 1.0), ("decay", decay, math.inf), ("noise", noise, math.inf)):
            if not (0 <= x <= high) or what == "density" and x == 0:
                raise AmineError(f"Rewiring, {what}", "the number is out of range", given=repr(x))
        self.layer, self.name, self.decay, self.noise = layer, name, decay, noise
        self._draw = torch.Generator().manual_seed(seed)
        possible = _possible(layer, weight)
        count = max(1, round(density * int(possible.sum())))
        order = possible.flatten().nonzero()[:, 0]
        there = torch.zeros(weight.numel(), dtype=torch.bool)
        there[order[torch.randperm(len(order), generator=self._draw)[:count]]] = True
        there = there.reshape(weight.shape).to(weight.device)
        with torch.no_grad():
            weight.div_(math.sqrt(density))  # the variance of what arrives stays
            part = _Signed(torch.where(weight < 0, -1.0, 1.0).to(weight), there)
        parametrize.register_parametrization(layer, name, part, unsafe=True)

    @property
    def _part(self) -> _Signed:
        parts: Any = self.layer.get_submodule(f"parametrizations.{self.name}")
        return parts[0]

    @property
    def _size(self) -> nn.Parameter:
        parts: Any = self.layer.get_submodule(f"parametrizations.{self.name}")
        return parts.original

    @property
    def connections(self) -> int:
        """Number of connections."""
        return int(self._part.there.sum())

    @torch.no_grad()
    def step(self) -> int:
        """Removes and draws connections, after a step of the optimiser; gives the number of those that were replaced."""
        part, size = self._part, self._size
        noise = self.noise * torch.randn(size.shape, generator=self._draw).to(size)
        size.add_(torch.where(part.there, noise - self.decay, 0.0))
        gone = part.there & (size <= 0)
        count = int(gone.sum())
        if count:
            free = (~part.there & _possible(self.layer, size)).flatten().nonzero()[:, 0]
            new = free[torch.randperm(len(free), generator=self._draw)[:count].to(free.device)]
            part.there &= ~gone
            lost = count - len(new)
            if lost:  # hardly any place is free: the last ones stay where they were
                part.there.view(-1)[gone.flatten().nonzero()[:lost, 0]] = True
            part.there.view(-1)[new] = True
            signs = torch.randint(0, 2, (len(new),), generator=self._draw).to(size) * 2 - 1
            part.sign.view(-1)[new] = signs
            size.clamp_(min=torch.finfo(size.dtype).tiny)
            size.view(-1)[new] = torch.finfo(size.dtype).tiny
        return count


def _possible(layer: nn.Module, weight: torch.Tensor) -> torch.Tensor:
    """Where connections may be: everywhere, but not on the diagonal of a recurrent layer without autapses."""
    where = torch.ones(weight.shape, dtype=torch.bool, device=weight.device)
    if getattr(layer, "autapses", True) is False:
        where.fill_diagonal_(False)
    return where


__all__ = ["Rewiring"]
