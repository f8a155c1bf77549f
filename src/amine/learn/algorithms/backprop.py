"""Backpropagation, through time for networks with states, and its truncated form."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from amine.learn.algorithms._base import Learner, Rule
from amine.learn.algorithms.eprop import kernel
from amine.learn.checks import whole
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.learn.nn.neurons import State
from amine.records import dataclass


class _Exact(Learner):
    additive: ClassVar[bool] = True

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        self.network.zero_grad(set_to_none=True)
        scores = self.network(x)
        loss = self.loss(scores, target)
        loss.backward()
        return loss.detach(), scores.detach()


@dataclass(frozen=True)
class Backprop(Rule):
    """The gradient of the loss by the chain rule; in networks with states, back through all steps.

    Rumelhart DE, Hinton GE, Williams RJ (1986) Nature 323:533-536; Werbos PJ (1990) Proc IEEE 78:1550-1560.
    """

    name: ClassVar[str] = "backprop"

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Exact(network, loss)


class _Truncated(Learner):
    """Computes the scores without history, then each stretch again with the history of its own steps."""

    additive: ClassVar[bool] = True

    def __init__(self, network: nn.Module, loss: Loss, stretch: int):
        super().__init__(network, loss)
        self.stretch = stretch

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        net = self.network
        net.zero_grad(set_to_none=True)
        with torch.no_grad():
            lines = net.encode(x)
            weights = self._weights(lines)
            scores = self._run(lines, weights, None)[0] if self.stretch >= len(lines) else self._all(lines, weights)
        loss, error = self.loss.error(scores, target)
        states = None
        for part, w in zip(lines.split(self.stretch), weights.split(self.stretch), strict=True):
            with torch.enable_grad():
                share, states = self._run(part, w, states)
            share.backward(error)
            states = [{s: v.detach() for s, v in one.items()} for one in states]
        return loss, scores

    def _all(self, lines: Tensor, weights: Tensor) -> Tensor:
        states, total = None, 0.0
        for part, w in zip(lines.split(self.stretch), weights.split(self.stretch), strict=True):
            share, states = self._run(part, w, states)
            total = total + share
        return total  # type: ignore[return-value]

    def _run(self, lines: Tensor, weights: Tensor, states: list[State] | None) -> tuple[Tensor, list[State]]:
        """Contribution of these steps to the scores, and the states at their end, one for each layer."""
        net, ends = self.network, []
        for k, (m, layer) in enumerate(zip(net.maps, net.layers, strict=False)):
            lines, end = layer(m(lines), None if states is None else states[k])
            ends.append(end)
        return torch.einsum("t,tbk->bk", weights, net.maps[-1](lines)), ends

    def _weights(self, lines: Tensor) -> Tensor:
        """Weight of each step in the scores (steps,)."""
        n = len(lines)
        keep, add = kernel(self.network.score, n)
        return torch.tensor([add * keep ** (n - 1 - t) for t in range(n)], dtype=lines.dtype)


@dataclass(frozen=True)
class Truncated(Rule):
    """Backpropagation through time cut into stretches: gradients don't reach back beyond the stretch in which they arise.

    It takes the memory of one stretch; each is computed twice. Williams RJ, Peng J (1990) Neural Comput 2:490-501.

    Parameters
    ----------
    stretch : number of steps of a stretch.
    """

    stretch: int = 10
    name: ClassVar[str] = "truncated"
    rates: ClassVar[bool] = False

    def refuses(self, spec: Spec) -> str:
        why = super().refuses(spec)
        if not why and spec.readout == "max_over_time":
            why = "the read-out 'max_over_time' isn't a sum over stretches; use 'mean' or 'leaky'"
        return why

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Truncated(network, loss, whole("rule 'truncated', stretch", self.stretch))
