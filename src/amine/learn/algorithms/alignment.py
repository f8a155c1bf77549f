"""Errors sent back through fixed random weights instead of the transposed forward weights."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from amine.learn.algorithms._base import Learner, Rule
from amine.learn.losses import Loss
from amine.records import dataclass


def random_feedback(outputs: int, width: int, dtype: torch.dtype) -> Tensor:
    """Uniform in +-1/sqrt(outputs), as torch initialises a layer with as many inputs."""
    return (2 * torch.rand(outputs, width, dtype=dtype) - 1) / outputs**0.5


class _Aligned(Learner):
    """Sends activity forward and errors backward layer by layer, through fixed weights ``feedback_k``."""

    def __init__(self, network: nn.Module, loss: Loss, direct: bool):
        super().__init__(network, loss)
        self.direct = direct
        maps = self.network.maps
        for k, layer in enumerate(maps[:-1]):
            rows = maps[-1].out_features if direct else maps[k + 1].out_features
            self.register_buffer(f"feedback_{k}", random_feedback(rows, layer.out_features, layer.weight.dtype))

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        net = self.network
        inputs, befores, afters = self._forward(x)
        last = befores[-1]
        with torch.enable_grad():
            scores = net.readout(last)
            loss = self.loss(scores, target)
        (output_error,) = torch.autograd.grad(loss, last)
        error = output_error
        _write(net.maps[-1], inputs[-1], error)
        for k in range(len(net.maps) - 2, -1, -1):
            back = (output_error if self.direct else error) @ getattr(self, f"feedback_{k}")
            own = net.own(k)
            error, *rest = torch.autograd.grad(afters[k], [befores[k], *own], back)
            for p, g in zip(own, rest, strict=True):
                p.grad = g
            _write(net.maps[k], inputs[k], error)
        return loss.detach(), scores.detach()

    def _forward(self, x: Tensor) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """For each layer the input of its map, the output of its map (a leaf), and the activity of its neurons."""
        net = self.network
        inputs, befores, afters = [net.encode(x).detach()], [], []
        for k, layer in enumerate(net.maps):
            before = layer(inputs[-1]).detach().requires_grad_()
            befores.append(before)
            if k < len(net.maps) - 1:
                with torch.enable_grad():
                    afters.append(net.activation(k, before))
                inputs.append(afters[-1].detach())
        return inputs, befores, afters


def _write(layer: nn.Linear, x: Tensor, error: Tensor) -> None:
    """Writes the gradient of a map, summed over samples and, in networks with states, steps."""
    x, error = x.flatten(0, -2), error.flatten(0, -2)
    layer.weight.grad = error.T @ x
    if layer.bias is not None:
        layer.bias.grad = error.sum(0)


@dataclass(frozen=True)
class FeedbackAlignment(Rule):
    """Backpropagation with fixed random matrices in place of the transposed weights, layer by layer.

    Lillicrap TP, Cownden D, Tweed DB, Akerman CJ (2016) Nat Commun 7:13276.
    """

    name: ClassVar[str] = "feedback_alignment"
    direct: ClassVar[bool] = False

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Aligned(network, loss, self.direct)


@dataclass(frozen=True)
class DirectFeedbackAlignment(FeedbackAlignment):
    """The error of the outputs sent straight to each hidden layer through a fixed random matrix.

    Nøkland A (2016) NeurIPS 29:1037-1045.
    """

    name: ClassVar[str] = "dfa"
    direct: ClassVar[bool] = True
