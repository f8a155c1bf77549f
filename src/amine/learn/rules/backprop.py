"""Backpropagation, through time where there is time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from amine.learn.losses import Loss
from amine.learn.rules._base import Learner, Rule


class _Exact(Learner):
    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        self.network.zero_grad(set_to_none=True)
        scores = self.network(x)
        loss = self.loss(scores, target)
        loss.backward()
        return loss.detach(), scores.detach()


@dataclass(frozen=True)
class Backprop(Rule):
    """The gradient of the loss by the chain rule; in networks in time, back through all steps.

    Rumelhart DE, Hinton GE, Williams RJ (1986) Nature 323:533-536; Werbos PJ (1990) Proc IEEE 78:1550-1560.
    """

    name: ClassVar[str] = "backprop"

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Exact(network, loss)
