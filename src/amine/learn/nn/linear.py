"""A dense layer that knows that spikes are sparse."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from amine.learn.nn.neurons import sequence


class Linear(nn.Linear):
    """As ``torch.nn.Linear``, over sequences ``[time, batch, in]``.

    >>> import torch
    >>> Linear(5, 3)(torch.zeros(4, 2, 5)).shape
    torch.Size([4, 2, 3])
    """

    def forward(self, input: Any) -> torch.Tensor:
        return super().forward(sequence(input))
