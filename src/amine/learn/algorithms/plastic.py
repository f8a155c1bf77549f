"""Differentiable plasticity: weights with a fixed and a Hebbian part, both trained by gradient descent."""

from __future__ import annotations

import math
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor, nn

from amine.errors import AmineError, did_you_mean
from amine.learn.algorithms._base import Learner, Rule
from amine.learn.algorithms.backprop import _Exact
from amine.learn.layers import ACTIVATIONS, Layered, Spec
from amine.learn.losses import Loss
from amine.records import dataclass

State: TypeAlias = tuple[Tensor, Tensor, Tensor]  # activity (batch, n), Hebbian trace and eligibility (batch, n, n)
FORMS = ("decay", "oja", "modulated", "retroactive")


class PlasticRecurrent(nn.Module):
    """Recurrent rate neurons whose connections change by Hebbian plasticity of trained strength.

    ``y(t) = f(x(t) + (w + alpha * H) y(t-1))`` with the Hebbian trace H, which starts at zero in each episode:

    - ``decay``: ``H = (1 - eta) H + eta y(t) y(t-1)`` (Miconi T, Clune J, Stanley KO 2018, ICML)
    - ``oja``: ``H = H + eta y(t) (y(t-1) - y(t) H)`` (ibid.)
    - ``modulated``: ``H = clip(H + M(t) y(t) y(t-1))``: the network gates its own plasticity by ``M(t) = tanh(m y(t))``, as dopamine might
      (Miconi T et al. 2019, ICLR: Backpropamine)
    - ``retroactive``: ``H = clip(H + M(t) E)`` with the eligibility ``E = (1 - eta) E + eta y(t) y(t-1)`` (ibid.)

    w, alpha, eta and m are trained. ``alpha`` is one number for each connection.

    >>> PlasticRecurrent(4)(torch.zeros(3, 2, 4))[0].shape
    torch.Size([3, 2, 4])
    """

    def __init__(self, n: int, form: str = "decay", activation: str = "tanh", dtype: torch.dtype = torch.float32):
        super().__init__()
        for word, value, known in (("form", form, FORMS), ("activation", activation, ACTIVATIONS)):
            if value not in known:
                raise AmineError(
                    "PlasticRecurrent", f"{word} '{value}' is not known", hint=did_you_mean(str(value), known)
                )
        self.n, self.form, self.activation = n, form, activation
        size = 0.1 / math.sqrt(n)
        self.weight = nn.Parameter(size * torch.randn(n, n, dtype=dtype))
        self.alpha = nn.Parameter(size * torch.randn(n, n, dtype=dtype))
        self.speed = nn.Parameter(torch.full((), math.log(0.1 / 0.9), dtype=dtype))  # eta = sigmoid(speed)
        if form in ("modulated", "retroactive"):
            self.modulator = nn.Linear(n, 1, dtype=dtype)

    def start(self, batch: int) -> State:
        """Activity, trace and eligibility at the beginning of an episode."""
        zero = self.weight.new_zeros(batch, self.n)
        H = self.weight.new_zeros(batch, self.n, self.n)
        return zero, H, H

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Activity [time, batch, n] for input of that shape, and the state at the end."""
        y, H, E = self.start(x.shape[1]) if state is None else state
        out = []
        for now in x:
            before = y
            y = ACTIVATIONS[self.activation](now + torch.einsum("bij,bj->bi", self.weight + self.alpha * H, before))
            H, E = self.update(y, before, H, E)
            out.append(y)
        return torch.stack(out), (y, H, E)

    def update(self, y: Tensor, before: Tensor, H: Tensor, E: Tensor) -> tuple[Tensor, Tensor]:
        """Trace and eligibility after a step."""
        eta, product = torch.sigmoid(self.speed), y[:, :, None] * before[:, None, :]
        if self.form == "decay":
            return (1 - eta) * H + eta * product, E
        if self.form == "oja":
            return H + eta * (product - y.square()[:, :, None] * H), E
        M = torch.tanh(self.modulator(y))[:, :, None]
        if self.form == "modulated":
            return (H + M * product).clamp(-1, 1), E
        return (H + M * E).clamp(-1, 1), (1 - eta) * E + eta * product


class PlasticNetwork(Layered):
    """Hidden layers of :class:`PlasticRecurrent` with the same input for ``show`` steps; scores are read at the last."""

    def __init__(self, spec: Spec, form: str, show: int):
        super().__init__(spec)
        self.show = show
        self.layers: Any = nn.ModuleList(PlasticRecurrent(n, form, spec.neurons, spec.dtype) for n in spec.hidden)

    def encode(self, x: Tensor) -> Tensor:
        return self.scaled(x).expand(self.show, *x.shape)

    def activation(self, k: int, before: Tensor) -> Tensor:
        return self.layers[k](before)[0]

    def readout(self, before: Tensor) -> Tensor:
        return before[-1]

    def own(self, k: int) -> list[nn.Parameter]:
        return list(self.layers[k].parameters())


@dataclass(frozen=True)
class Plastic(Rule):
    """Differentiable plasticity (Miconi et al. 2018): backpropagation through neurons with Hebbian plasticity; see :class:`PlasticRecurrent`.

    Parameters
    ----------
    form : ``decay``, ``oja``, ``modulated`` or ``retroactive``. show : number of steps for which a sample is shown.
    """

    form: str = "decay"
    show: int = 4
    name: ClassVar[str] = "plastic"
    spikes: ClassVar[bool] = False

    def refuses(self, spec: Spec) -> str:
        return super().refuses(spec) or (
            "" if spec.hidden else "there is no hidden layer whose connections could be plastic"
        )

    def build(self, spec: Spec) -> nn.Module:
        return PlasticNetwork(spec, self.form, self.show)

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Exact(network, loss)


@dataclass(frozen=True)
class Backpropamine(Plastic):
    """Differentiable plasticity, gated by the network's own activity (Miconi et al. 2019)."""

    form: str = "retroactive"
    name: ClassVar[str] = "backpropamine"
