"""Weights and surrogates at the start, chosen so that voltages fluctuate below the threshold and gradients keep their size through depth."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from amine.errors import AmineError
from amine.learn.nn.delays import DelayedLinear
from amine.learn.nn.neurons import Neurons
from amine.learn.nn.readout import Readout
from amine.learn.nn.recurrent import Recurrent
from amine.learn.nn.rest import response
from amine.learn.nn.sequential import Residual, Sequential, called, is_chain
from amine.learn.nn.surrogate import Surrogate
from amine.records import dataclass

WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, DelayedLinear)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm, nn.GroupNorm)
RECURRENT = 0.1  # share of a recurrent layer's variance that its own spikes cause
MEMORY = 100.0  # ms of a neuron's response


@dataclass(frozen=True)
class Start:
    """One layer of neurons as it starts: spikes per neuron and step, standard deviation of its free voltage in distances to threshold, norm of
    the gradient at its input over that at its output."""

    name: str
    rate: float
    fluctuation: float
    gradient: float


def initialise(
    net: Sequential, x: torch.Tensor, *, margin: float = 2.0, gradients: bool = True, seed: int = 0
) -> list[Start]:
    """Draws the weights of a network anew, so that it starts well at any depth.

    Layer by layer, the weights in front of neurons are drawn from a normal distribution of mean zero (biases are zero), and scaled such that the
    voltage which they would have without spikes, for the input ``x``, fluctuates by 1/``margin`` of the distance from rest to threshold: the fluctuation-driven regime
    (Rossbroich J, Gygax J, Zenke F (2022) Neuromorph Comput Eng 2:044016), here measured and not computed from rates, so that it holds
    for any model, convolutions and pools. Of a BatchNorm or another norm in between, the weight is set instead. Recurrent weights cause a tenth of the variance.

    Then the height of each surrogate but the first is set, so that a gradient which is constant in time at the end has the same norm at the input of a layer as at its output;
    the first layer takes the height of the second.

    Parameters
    ----------
    net : a :class:`Sequential`, also with such ones inside.
    x : typical input ``[time, batch, ...]``.
    margin : distance from the mean voltage to the threshold, in standard deviations; 1 to 3.
    gradients : whether heights of surrogates are set. seed : for the weights.

    Returns
    -------
    list of Start
        For each layer of neurons what was measured after it was set.

    Raises
    ------
    AmineError
        If nothing reaches a layer, or a layer of neurons has no weights before it.

    Examples
    --------
    >>> import torch
    >>> from amine.learn import nn as ann
    >>> net = ann.Sequential(*[m for _ in range(4) for m in (ann.Linear(50, 50), ann.Neurons("lif", 50))])
    >>> starts = ann.initialise(net, (torch.rand(100, 8, 50) < 0.1).float())
    >>> all(0.45 < s.fluctuation < 0.55 for s in starts)
    True
    """
    if not (isinstance(margin, int | float) and 0 < margin < 10):
        raise AmineError("initialise, margin", "the number is out of range", given=repr(margin), expected="0 to 10")
    layers = _Walk(float(margin), torch.Generator().manual_seed(seed))
    with torch.no_grad():
        layers.through(net, x, "")
    if not layers.found:
        raise AmineError("initialise", "the network has no layer of spiking neurons")
    return _through_depth(layers.found, layers.draw, gradients)


@dataclass
class _Layer:
    """A layer of neurons, and the modules before it back to the last spikes, with their input."""

    name: str
    modules: list[nn.Module]
    x: torch.Tensor
    neurons: Neurons
    rate: float = 0.0
    fluctuation: float = 0.0

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """What the modules make of an input."""
        for m in self.modules:
            x, _ = called(f"initialise, before module {self.name}", m, x, None, True)
        return x


class _Walk:
    """Sets the weights of a network, from its input on."""

    def __init__(self, margin: float, draw: torch.Generator):
        self.margin, self.draw = margin, draw
        self.found: list[_Layer] = []

    def through(self, net: nn.Sequential, x: torch.Tensor, prefix: str) -> torch.Tensor:
        """Sets the weights of a sequence for an input, and gives its output."""
        start, y, before, timed = x, x, list[nn.Module](), True
        for i, m in enumerate(net):
            name = f"{prefix}{i}"
            if isinstance(m, Sequential) or is_chain(m):
                y = self.through(m, y, f"{name}.")
                start, before = y, []
                continue
            if isinstance(m, Readout):
                timed = False
            if isinstance(m, Neurons | Recurrent) and timed:
                y = self.layer(name, m, before, start)
                start, before = y, []
                continue
            if any(isinstance(k, Neurons) and k.code.SPIKES for k in m.modules()):
                raise AmineError(
                    f"initialise, module {name}",
                    f"{type(m).__name__} has neurons inside, and what stands before them is not known",
                    hint="write it as a Sequential, or initialise its layers one by one",
                )
            self.drawn(m)
            before.append(m)
            y, _ = called(f"initialise, module {name}", m, y, None, timed)
        return net.joined(y, x) if isinstance(net, Residual) else y

    def drawn(self, m: nn.Module) -> None:
        """Draws weights of variance 1/fan-in; norms begin at one."""
        if isinstance(m, WEIGHTS):
            w = torch.randn(m.weight.shape, generator=self.draw) / math.sqrt(m.weight[0].numel())
            m.weight.copy_(w)
            if m.bias is not None:
                m.bias.zero_()
        elif isinstance(m, NORMS) and m.weight is not None:
            m.reset_parameters()

    def layer(self, name: str, m: Neurons | Recurrent, before: list[nn.Module], x: torch.Tensor) -> torch.Tensor:
        """Scales the last weights before a layer of neurons, and gives its spikes."""
        cells = m if isinstance(m, Neurons) else m.neurons
        scaled: list[Any] = [
            k for k in before if isinstance(k, WEIGHTS) or isinstance(k, NORMS) and k.weight is not None
        ]
        if not scaled or not cells.code.SPIKES or cells.excitability is None:
            raise AmineError(
                f"initialise, module {name}",
                "its neurons do not spike or have no threshold to reach"
                if scaled
                else "no weights stand between these neurons and the layer before",
                hint="put a Linear, a convolution or a norm before neurons that spike",
            )
        layer, kernel = _Layer(name, list(before), x, cells), _kernel(cells)
        share = 1 - RECURRENT if isinstance(m, Recurrent) else 1.0
        for _ in range(3):  # what stands in between need not be linear
            size = _size(kernel, layer.run(x))
            if not (math.isfinite(size) and size > 0):
                raise AmineError(f"initialise, module {name}", "nothing reaches it", hint="give an input with spikes")
            scaled[-1].weight.mul_(math.sqrt(share) / (self.margin * size))
        drive = layer.run(x)
        layer.fluctuation = _size(kernel, drive)
        if isinstance(m, Recurrent):
            layer.fluctuation = math.hypot(layer.fluctuation, self.back(m, kernel, drive))
        spikes, _ = m(drive)
        layer.rate = float(spikes.mean())
        layer.modules.append(m)
        self.found.append(layer)
        return spikes

    def back(self, m: Recurrent, kernel: torch.Tensor, drive: torch.Tensor) -> float:
        """Sets recurrent weights for the spikes that the drive alone causes; gives the size of the fluctuations by them."""
        m.weight.copy_(torch.randn(m.weight.shape, generator=self.draw) / math.sqrt(m.n))
        spikes, _ = m.neurons(drive)
        size = _size(kernel, spikes @ m.matrix().t())
        if size == 0:
            return 0.0
        wanted = math.sqrt(RECURRENT) / self.margin
        m.weight.mul_(wanted / size)
        return wanted


def _kernel(cells: Neurons) -> torch.Tensor:
    """Response of the voltage to an input of 1 in one step, in distances from rest to threshold (steps,)."""
    assert cells.excitability is not None
    weak = 1e-3 * cells.excitability.impulse
    steps = max(1, round(MEMORY / cells.dt))
    rise = response(cells.code, cells.fixed_at_first, cells.dt, cells.where, weak, steps)
    gain = float(cells.value("gain").mean())
    return torch.as_tensor(rise * (gain / (weak * cells.distance)), dtype=torch.float32)


def _size(kernel: torch.Tensor, drive: torch.Tensor) -> float:
    """Root of the mean square of the voltage without spikes, over steps, samples and neurons."""
    steps = drive.shape[0]
    n = 2 * steps
    k = torch.fft.rfft(kernel[:steps].to(drive), n).reshape(-1, *[1] * (drive.ndim - 1))
    free = torch.fft.irfft(torch.fft.rfft(drive, n, 0) * k, n, 0)[:steps]
    return float(free.square().mean().sqrt())


def _through_depth(layers: list[_Layer], draw: torch.Generator, heights: bool) -> list[Start]:
    """Measures gradients from the last layer to the first, and sets heights of surrogates on the way; the gradient that arrives is constant in time."""
    starts: list[Start] = []
    g: torch.Tensor | None = None
    for i, layer in reversed(list(enumerate(layers))):
        way = _Back(layer, g, draw)
        ratio = way.ratio()
        if heights and i:
            ratio = way.balance(ratio)
        elif heights and len(layers) > 1:  # nothing learns before the first layer, so it does as the second
            cells = layers[0].neurons
            cells.surrogate = replace(cells.surrogate, height=layers[1].neurons.surrogate.height)
            ratio = way.ratio()
        starts.append(Start(layer.name, layer.rate, layer.fluctuation, ratio))
        g = way.back
    return starts[::-1]


class _Back:
    """The gradient through one layer, for one that arrives at its spikes."""

    def __init__(self, layer: _Layer, g: torch.Tensor | None, draw: torch.Generator):
        self.layer = layer
        self.x = layer.x.detach().clone().requires_grad_()
        spikes = layer.run(self.x)
        fits = g is not None and g.shape == spikes.shape
        own = torch.randn(spikes.shape[1:], generator=draw).to(spikes).expand_as(spikes)
        self.g = g if fits and g is not None else own
        self.back = torch.empty(0)

    def ratio(self) -> float:
        """Norm of the gradient at the input over that at the spikes."""
        (found,) = torch.autograd.grad(self.layer.run(self.x), self.x, self.g)
        self.back = found.detach()
        return float(self.back.norm() / self.g.norm())

    def tried(self, s: Surrogate, height: float) -> float:
        """The ratio with another height."""
        self.layer.neurons.surrogate = replace(s, height=height)
        return self.ratio()

    def balance(self, ratio: float) -> float:
        """Sets the height with which the ratio is one; gives the ratio."""
        s = self.layer.neurons.surrogate
        if s.soft or not (math.isfinite(ratio) and ratio > 0):
            raise AmineError(
                f"initialise, module {self.layer.name}",
                "the height of soft spikes is their size" if s.soft else "no gradient passes it",
                hint="use gradients=False" if s.soft else "give a typical input, or a wider surrogate",
            )
        low = high = s.height / ratio
        found = self.tried(s, high)
        if abs(found - 1) < 0.01:
            return found
        while (
            found < 1
        ):  # through recurrent weights a gradient passes surrogates several times, and grows with more than their height
            low, high = high, 2 * high
            found = self.tried(s, high)
        while low == high or self.tried(s, low) > 1:
            low /= 4
        for _ in range(8):
            middle = math.sqrt(low * high)
            found = self.tried(s, middle)
            low, high = (middle, high) if found < 1 else (low, middle)
        return found


__all__ = ["Start", "initialise"]
