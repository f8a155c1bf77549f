"""Unsupervised learning of hidden layers; only the read-out follows the error."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from amine.learn.algorithms._base import Learner, Rule
from amine.learn.losses import Loss
from amine.learn.spiking import neurons_of
from amine.records import dataclass


class _Unsupervised(Learner):
    """Writes the changes of hidden layers as gradients of opposite sign, so that gradient descent adds them times the rate."""

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        net = self.network
        with torch.no_grad():
            activity = [net.encode(x)]
            for k, m in enumerate(net.maps[:-1]):
                change, bias = self.change(k, activity[-1])
                m.weight.grad = -change
                if m.bias is not None:
                    m.bias.grad = -bias
                activity.append(net.activation(k, m(activity[-1])))
        last = net.maps[-1]
        last.zero_grad(set_to_none=True)
        with torch.enable_grad():
            scores = net.readout(last(activity[-1]))
            loss = self.loss(scores, target)
            loss.backward()
        return loss.detach(), scores.detach()

    def change(self, k: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Change of weights (neurons, inputs) and biases (neurons,) of hidden layer k for the input x."""
        raise NotImplementedError


class _Hebb(_Unsupervised):
    def __init__(self, network: nn.Module, loss: Loss, sharpness: float):
        super().__init__(network, loss)
        self.sharpness = sharpness
        self.begun: Any
        self.register_buffer("begun", torch.zeros(len(self.network.spec.hidden), dtype=torch.bool))

    def change(self, k: int, x: Tensor) -> tuple[Tensor, Tensor]:
        w = self.network.maps[k].weight
        if not bool(self.begun[k]):  # units start at samples, since a unit far from all samples never wins
            w.copy_(x[torch.randint(len(x), (len(w),), generator=torch.Generator().manual_seed(k))] + 0.1 * w)
            self.begun[k] = True
        u = x @ w.T - 0.5 * w.square().sum(1)
        y = torch.softmax(self.sharpness / _variance(x) * u, 1)
        step = (y.T @ x - y.sum(0)[:, None] * w) / y.sum(0).clamp_min(1.0)[:, None]
        bias = self.network.maps[k].bias
        return step, step.new_zeros(len(w)) if bias is None else -(w @ x.mean(0)) - bias


def _variance(x: Tensor) -> Tensor:
    """Total variance of the inputs; division by it makes a rule independent of their scale."""
    return (x - x.mean(0)).square().sum(1).mean().clamp_min(1e-12)


class _Oja(_Unsupervised):
    def change(self, k: int, x: Tensor) -> tuple[Tensor, Tensor]:
        w, bias = self.network.maps[k].weight, self.network.maps[k].bias
        mean = x.mean(0) if bias is not None else torch.zeros_like(x[0])
        x = x - mean
        y = x @ w.T
        step = (y.T @ x - torch.tril(y.T @ y) @ w) / len(x) / _variance(x)
        return step, step.new_zeros(len(w)) if bias is None else -(w @ mean) - bias


@dataclass(frozen=True)
class Hebb(Rule):
    """Competitive Hebbian learning: a unit's weights move towards the inputs for which it wins.

    ``dw = y (x - w)`` with y from a soft competition, ``softmax(sharpness * (w x - w w/2))`` (in units of the inputs' variance), so that weights become centres of clusters; with the plain product
    ``y x`` they would grow without bound. A bias converges to the value at which the unit's mean input is zero. The read-out follows the error.
    Hebb DO (1949) The Organization of Behavior; Nowlan SJ (1990) NeurIPS 2:574-582.
    """

    sharpness: float = 30.0
    name: ClassVar[str] = "hebb"
    spikes: ClassVar[bool] = False

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Hebb(network, loss, self.sharpness)


@dataclass(frozen=True)
class Oja(Rule):
    """Oja's rule for several units (Sanger's form): hidden weights become the principal components of the input, in order.

    ``dw_j = y_j (x - sum over k <= j of y_k w_k)`` over the inputs' variance, with inputs centred by the biases. The read-out follows the error.
    Oja E (1982) J Math Biol 15:267-273; Sanger TD (1989) Neural Netw 2:459-473.
    """

    name: ClassVar[str] = "oja"
    spikes: ClassVar[bool] = False

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _Oja(network, loss)


class _STDP(_Unsupervised):
    def __init__(self, network: nn.Module, loss: Loss, options: STDP):
        super().__init__(network, loss)
        self.options = options

    def change(self, k: int, x: Tensor) -> tuple[Tensor, Tensor]:
        o, m = self.options, self.network.maps[k]
        neurons = neurons_of(self.network.layers[k])
        keep_pre, keep_post = (math.exp(-neurons.dt / tau) for tau in (o.tau_plus, o.tau_minus))
        pre, post, state = torch.zeros_like(x[0]), x.new_zeros(x.shape[1], m.out_features), None
        up, down = torch.zeros_like(m.weight), torch.zeros_like(m.weight)
        fired = torch.zeros_like(post)
        for now, drive in zip(x, m(x), strict=True):
            rivals = post.sum(1, keepdim=True) - post
            spikes, state = neurons((drive - o.inhibition * rivals)[None], state)
            pre = keep_pre * pre + now
            down += post.T @ now  # the input comes after the neuron's spikes
            up += spikes[0].T @ (pre - pre.mean(1, keepdim=True))  # the neuron spikes after its inputs
            post = keep_post * post + spikes[0]
            fired += spikes[0]
        n = x.shape[0] * x.shape[1]
        change = ((o.top - m.weight) * up - o.ratio * (m.weight + o.top) * down) / n
        return change, o.target - fired.mean(0) / len(x)


@dataclass(frozen=True)
class STDP(Rule):
    """Pair-based spike-timing-dependent plasticity with soft bounds, competition and homeostasis.

    A spike potentiates preceding inputs by ``(top - w)`` times the excess of their trace over the mean of all inputs; an input depresses its weight by ``ratio (w + top)`` times the trace of the preceding spikes. During
    training, spikes inhibit the other neurons of the layer (``inhibition``), and biases keep each neuron at ``target`` spikes per step. The read-out follows the error.
    Bi G, Poo M (1998) J Neurosci 18:10464-10472; van Rossum MCW, Bi GQ, Turrigiano GG (2000) J Neurosci 20:8812-8821; competition after Diehl PU, Cook M (2015)
    Front Comput Neurosci 9:99.

    Parameters
    ----------
    tau_plus, tau_minus : time constants of the traces (ms). ratio : ratio of depression to potentiation.
    inhibition : inhibition by each recent spike of the others, in units of the neurons' drive. target : spikes per step. top : largest weight.
    """

    tau_plus: float = 20.0
    tau_minus: float = 20.0
    ratio: float = 0.5
    inhibition: float = 0.1
    target: float = 0.05
    top: float = 0.5
    name: ClassVar[str] = "stdp"
    rates: ClassVar[bool] = False

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _STDP(network, loss, self)
