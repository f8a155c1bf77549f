"""Networks of spiking neurons for the estimators: encoder, linear maps with neurons after them, and a read-out over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from amine.learn import nn as ann
from amine.learn.layers import Layered, Spec

ENCODERS = ("current", "rate", "latency", "population", "delta")
READOUTS = ("mean", "leaky", "max_over_time")
UNITS = 5  # tuning curves of the population code per feature
RATE = 200.0  # Hz, for a feature at its maximum
FAR = 20.0  # distances between quartiles beyond which a value does not count for the range of a feature
CHARGE = 5.0  # weight of a single spike, so that it acts like a current over the time constant of a neuron


class Spiking(Layered):
    """A spiking network: features are encoded as currents or spikes, scores are read from the last map's output over time.

    Features are scaled to 0..1 by the range that :meth:`set_range` took, and clipped outside; outliers do not stretch it. One unit of input brings a resting neuron to
    its threshold within a step (:class:`amine.learn.nn.Neurons`, gain ``auto``), so that the usual initial weights suit any model.

    >>> from amine import models
    >>> Spiking(Spec(4, 3, (8,), models.get("lif"), precision="float32", steps=10))(torch.rand(2, 4)).shape
    torch.Size([2, 3])
    """

    def __init__(self, spec: Spec):
        super().__init__(spec)
        self.register_buffer("low", torch.zeros(spec.inputs, dtype=spec.dtype))
        self.register_buffer("high", torch.ones(spec.inputs, dtype=spec.dtype))
        self.low: Tensor
        self.high: Tensor
        make = [self._neurons(n) for n in spec.hidden]
        self.layers: Any = nn.ModuleList(self._recurrent(m) if spec.recurrent else m for m in make)
        self.score = ann.Readout(spec.readout, dt=f"{spec.dt} ms") if spec.readout != "mean" else None
        self._generator = torch.Generator()

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

    def set_range(self, x: Tensor) -> None:
        """Takes the range of features from samples, but not of values that lie far outside all others; with ``delta`` all features share one."""
        low, high = self._range(x)
        self.low.copy_(low)
        self.high.copy_(torch.where(high > low, high, low + 1))

    def widen_range(self, x: Tensor) -> None:
        """Widens the range of features by that of further samples."""
        low, high = self._range(x)
        self.low.copy_(torch.minimum(self.low, low))
        self.high.copy_(torch.maximum(self.high, high))

    def _range(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Least and greatest value of each feature (features,)."""
        n = x.shape[1]
        rows = x.reshape(-1, 1) if self.spec.encoder == "delta" else x
        found = np.quantile(rows.numpy(), (0.25, 0.75), axis=0)
        q1, q3 = (torch.as_tensor(q, dtype=x.dtype) for q in found)
        far = FAR * torch.where(q3 > q1, q3 - q1, torch.inf)  # no fence for a feature that hardly varies
        inside = (rows >= q1 - far) & (rows <= q3 + far)
        low = torch.where(inside, rows, torch.inf).amin(0)
        high = torch.where(inside, rows, -torch.inf).amax(0)
        return low.expand(n), high.expand(n)

    def encode(self, x: Tensor) -> Tensor:
        """Input of the first map [time, batch, lines]."""
        steps, kind = self.spec.steps, self.spec.encoder
        x = ((x - self.low) / (self.high - self.low)).clamp(0, 1)
        if kind == "current":
            return ann.encode.current(x, steps)
        if kind == "latency":
            return CHARGE * ann.encode.latency(x, steps)
        if kind == "population":
            return ann.encode.current(ann.encode.population(x, UNITS), steps)
        if kind == "delta":
            return CHARGE * ann.encode.delta(x.T[:, :, None], 0.1)
        # a sample's spikes are its own: they depend neither on its batch nor on its place there
        salt = int(torch.randint(2**62, (1,), generator=self._generator)) if self.training else 0
        keys = ann.encode.keys_of(x, salt)
        spikes = ann.encode.rate(x, steps, rate=f"{RATE} Hz", dt=f"{self.spec.dt} ms", keys=keys)
        return spikes / (RATE * 1e-3 * self.spec.dt)  # with the mean of the current encoder

    def activation(self, k: int, before: Tensor) -> Tensor:
        return self.layers[k](before)[0]

    def readout(self, before: Tensor) -> Tensor:
        return before.mean(0) if self.score is None else self.score(before)[0]

    def own(self, k: int) -> list[nn.Parameter]:
        return list(self.layers[k].parameters())


def neurons_of(layer: ann.Neurons | ann.Recurrent) -> ann.Neurons:
    """The neurons of a hidden layer, recurrent or not."""
    return layer.neurons if isinstance(layer, ann.Recurrent) else layer
