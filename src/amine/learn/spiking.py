"""Networks of spiking neurons for the estimators: encoder, linear maps with neurons after them, and a read-out over time."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from amine.equations.given import is_uniform
from amine.learn import nn as ann
from amine.learn.layers import Layered, Spec
from amine.learn.nn.linear import product
from amine.learn.nn.scanned import random_like
from amine.records import dataclass

ENCODERS = ("current", "rate", "latency", "population", "delta")
READOUTS = ("mean", "leaky", "max_over_time")
UNITS = 5  # tuning curves of the population code per feature
CHANGE = 0.1  # of a feature, for a spike of the delta code
CHARGE = 5.0  # weight of a single spike, so that it acts like a current over the time constant of a neuron


@dataclass
class Keyed:
    """Noise of neurons that depends on the sample alone, for a layer and a pass over the samples."""

    x: Tensor  # samples (samples, ...)
    salt: int

    def __call__(self, like: Tensor, name: str) -> Tensor:
        """Random numbers of a name [time, batch, n]."""
        keys = ann.encode.keys_of(self.x, self.salt + sum(map(ord, name)))
        return ann.encode.noise(keys, like.shape[0], like.shape[2], uniform=is_uniform(name)).to(like)


class Spiking(Layered):
    """A spiking network: features are encoded as currents or spikes, scores are read from the last map's output over time.

    Features are scaled to 0..1 by :class:`amine.learn.ranges.Range`, and clipped outside. One unit of input brings a resting neuron to
    its threshold within a step (:class:`amine.learn.nn.Neurons`, gain ``auto``), so that the usual initial weights suit any model.

    >>> import torch
    >>> from amine import models
    >>> Spiking(Spec(4, 3, (8,), models.get("lif"), precision="float32", steps=10))(torch.rand(2, 4)).shape
    torch.Size([2, 3])
    """

    def __init__(self, spec: Spec):
        super().__init__(spec)
        make = [self._neurons(n) for n in spec.hidden]
        self.layers: Any = nn.ModuleList(self._recurrent(m) if spec.recurrent else m for m in make)
        self.score = ann.Readout(spec.readout, dt=f"{spec.dt} ms") if spec.readout != "mean" else None
        self.epoch = 1

    def _neurons(self, n: int) -> ann.Neurons:
        more = {} if self.spec.surrogate == "auto" else {"surrogate": self.spec.surrogate}
        return ann.Neurons(self.spec.neurons, n, dt=f"{self.spec.dt} ms", **more)

    def _recurrent(self, neurons: ann.Neurons) -> ann.Recurrent:
        layer = ann.Recurrent(neurons, autapses=False)
        layer.weight.data = layer.weight.data.to(self.spec.dtype)
        return layer

    def lines(self) -> int:
        spec = self.spec
        return {"population": UNITS * spec.inputs, "delta": 2}.get(spec.encoder, spec.inputs)

    def begin(self, epoch: int) -> None:
        """Begins a pass over the samples: the random encoder draws new spikes for each sample."""
        self.epoch = epoch

    def encode(self, x: Tensor) -> Tensor:
        """Input of the first map [time, batch, lines]."""
        steps, kind = self.spec.steps, self.spec.encoder
        x = self.scaled(x)
        if x.ndim == 3:  # sequences are the input of each step as they are
            return x.transpose(0, 1).contiguous()
        if kind == "current":
            return x.expand(steps, *x.shape)
        if kind == "latency":
            return CHARGE * ann.encode.latency(x, steps)
        if kind == "population":
            units = ann.encode.population(x, UNITS)
            return units.expand(steps, *units.shape)
        if kind == "delta":
            hold = steps // x.shape[1]
            if hold * CHANGE < 1:  # too few steps of each feature to follow it by one threshold a step
                return CHARGE * ann.encode.delta(x.T[:, :, None], CHANGE)
            return CHARGE * ann.encode.delta(x.T.repeat_interleave(hold, 0)[:, :, None], CHANGE, catch_up=True)
        # a sample's spikes are its own: they depend neither on its batch nor on its place there, and in training on the epoch
        keys = ann.encode.keys_of(x, self.epoch if self.training else 0)
        # a feature at its maximum spikes in every step, so that the mean is that of the current encoder, and the noise least
        return ann.encode.rate(x, steps, rate=f"{1e3 / self.spec.dt!r} Hz", dt=f"{self.spec.dt!r} ms", keys=keys)

    def mapped(self, layer: nn.Linear, x: Tensor) -> Tensor:
        """A map of its input [time, batch, lines]; an input that is the same in every step is mapped once.

        A prediction sums in double precision or in an order of its own for each sample, so that rounding does not depend on the other samples of the
        batch, which would shift single spikes.
        """
        if x.stride(0) == 0:
            one = layer(x[0]) if self.training else functional.linear(*(t.double() for t in (x[0], layer.weight)))
            one = one if self.training or layer.bias is None else one + layer.bias
            return one.to(x.dtype).expand(len(x), -1, -1)
        return layer(x) if self.training else product(x, layer.weight, layer.bias)

    def trace(self, x: Tensor) -> list[Tensor]:
        """As of any network; a sample's noise is its own, as are the spikes of its encoder."""
        cells = [neurons_of(m) for m in self.layers]
        epoch = self.epoch if self.training else 0
        try:
            for k, c in enumerate(cells):
                c.noise = Keyed(x, (epoch << 32) + ((k + 1) << 16))
            return super().trace(x)
        finally:
            for c in cells:
                c.noise = random_like

    def activation(self, k: int, before: Tensor) -> Tensor:
        return self.layers[k](before)[0]

    def readout(self, before: Tensor) -> Tensor:
        return before.double().mean(0).to(before.dtype) if self.score is None else self.score(before)[0]

    def own(self, k: int) -> list[nn.Parameter]:
        return list(self.layers[k].parameters())


def neurons_of(layer: ann.Neurons | ann.Recurrent) -> ann.Neurons:
    """The neurons of a hidden layer, recurrent or not."""
    return layer.neurons if isinstance(layer, ann.Recurrent) else layer
