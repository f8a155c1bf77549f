"""Regularisers: penalties to be added to a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity


def rate(
    spikes: torch.Tensor, *, low: Quantity = "0 Hz", high: Quantity = "50 Hz", dt: Quantity = "1 ms"
) -> torch.Tensor:
    """Mean squared deviation, in spikes, of the neurons' mean counts from the band between the rates ``low`` and ``high``.

    ``spikes`` is ``[time, batch, n]``, ``dt`` the time step.

    >>> rate(torch.ones(100, 2, 3), high="1000 Hz").item()
    0.0
    """
    per_step = scalar(dt, "ms", "regularise.rate, dt")
    least, most = (scalar(x, "Hz", "regularise.rate") * per_step * spikes.shape[0] for x in (low, high))
    count = spikes.sum(0).mean(0)
    return ((least - count).clamp_min(0) ** 2 + (count - most).clamp_min(0) ** 2).mean()


def sparsity(spikes: torch.Tensor) -> torch.Tensor:
    """Mean number of spikes per neuron and sequence, for spikes ``[time, batch, n]``.

    >>> sparsity(torch.ones(10, 2, 3)).item()
    10.0
    """
    return spikes.sum(0).mean()


def weight(module: torch.nn.Module, *, l1: float = 0.0, l2: float = 0.0) -> torch.Tensor:
    """``l1`` times the sum of absolute weights plus ``l2`` times the sum of squares, of all parameters called weight.

    >>> weight(torch.nn.Linear(2, 1), l2=0.0).item()
    0.0
    """
    found = [p for name, p in module.named_parameters() if name.split(".")[-1].startswith("weight")]
    total = sum((l1 * p.abs().sum() + l2 * p.square().sum() for p in found), torch.zeros(()))
    return torch.as_tensor(total)
