"""E-prop: gradients forward in time, from eligibility of each synapse and a learning signal of each neuron."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from numba import njit
from torch import Tensor, nn

from amine.engine.device.functions import fma
from amine.errors import AmineError, did_you_mean
from amine.learn import nn as ann
from amine.learn.algorithms import tangent
from amine.learn.algorithms._base import Learner, Rule
from amine.learn.algorithms.alignment import random_feedback
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.learn.nn.constants import Numbers
from amine.learn.nn.printers import CodePrinter
from amine.learn.nn.surrogate import Surrogate, expression
from amine.learn.spiking import neurons_of
from amine.records import dataclass

FEEDBACK = ("symmetric", "random", "adaptive")
DECAY = 1e-3  # of read-out and feedback weights in each update, with adaptive feedback


@njit(cache=True, nogil=True)
def _advance(eps, total, before, D, dx, g, h, keep, add):  # pragma: no cover  (compiled)
    """Advances all eligibilities by a step: eps [batch, neuron, state, input], total [batch, neuron, input]."""
    batch, neurons, states, inputs = eps.shape
    old = np.empty((states, inputs), eps.dtype)
    for b in range(batch):
        x = before[b]
        for j in range(neurons):
            here, sums = eps[b, j], total[b, j]
            old[:] = here
            hj = h[b, j] * add
            for i in range(inputs):
                sums[i] = fma(hj, x[i], keep * sums[i])
            for q in range(states):
                gq = g[q, b, j] * add
                if gq != 0.0:
                    for i in range(inputs):
                        sums[i] = fma(gq, old[q, i], sums[i])
            for s in range(states):
                u = dx[s, b, j]
                for i in range(inputs):
                    here[s, i] = u * x[i]
                for q in range(states):
                    d = D[s, q, b, j]
                    if d != 0.0:
                        for i in range(inputs):
                            here[s, i] = fma(d, old[q, i], here[s, i])


class Traced:
    """Neurons that carry an eligibility for each of their inputs, advanced step by step.

    Parameters
    ----------
    neurons : the neurons. batch, inputs : numbers of samples, and of inputs of each neuron.
    keep, add : factors of the past and of the present step in the read-out's sum, which apply to ``total`` [batch, neuron, input].
    """

    def __init__(self, neurons: ann.Neurons, batch: int, inputs: int, dtype: torch.dtype, keep: float, add: float):
        self.neurons, self.code = neurons, tangent.module(neurons.cell)
        self.keep, self.add = keep, add
        self.constants = {k: v.detach().numpy() for k, v in neurons.constants(dtype, "cpu").items()}
        start = neurons.initial(batch, dtype, "cpu")
        self.state = {s: start[s].numpy().copy() for s in self.code.STATES}
        shape = (batch, neurons.n)
        self.waiting = np.zeros(shape, np.int64)
        self.zero = np.zeros(shape, self.state[self.code.STATES[0]].dtype)
        self.np = tangent.Whole(shape_function(neurons.surrogate), *neurons.shape())
        n = len(self.code.STATES)
        self.eps = np.zeros((*shape, n, inputs), self.zero.dtype)
        self.total = np.zeros((*shape, inputs), self.zero.dtype)
        self.D, self.dx = np.zeros((n, n, *shape), self.zero.dtype), np.zeros((n, *shape), self.zero.dtype)
        self.g, self.h = np.zeros_like(self.dx), np.zeros_like(self.zero)
        self.spikes, self.time = self.zero, 0.0

    def step(self, drive: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Spikes of one step [batch, neuron] for the drive [batch, neuron]; ``before`` [batch, inputs] are the inputs behind that drive."""
        given = dict.fromkeys((*self.code.INPUTS, *self.code.NOISES), self.zero) | {"x": drive}
        free = (self.waiting <= 0).astype(drive.dtype)
        with np.errstate(over="ignore"):
            self.state, self.spikes, slopes = self.code.tangent(
                self.np, self.constants, self.state, given, free, self.time
            )
        self._fill(slopes)
        _advance(self.eps, self.total, before, self.D, self.dx, self.g, self.h, self.keep, self.add)
        if self.code.REFRACTORY is not None:
            steps = self.constants[self.code.REFRACTORY].astype(np.int64)
            self.waiting = np.where(self.spikes > 0, steps, np.maximum(self.waiting - 1, 0))
        self.time += self.neurons.dt
        return self.spikes

    def _fill(self, slopes: dict[tuple[str, str], np.ndarray]) -> None:
        names = {s: k for k, s in enumerate(self.code.STATES)}
        for (of, by), value in slopes.items():
            if of == "spikes":
                (self.h if by == "x" else self.g[names[by]])[:] = value
            else:
                (self.dx[names[of]] if by == "x" else self.D[names[of], names[by]])[:] = value


def shape_function(surrogate: Surrogate) -> Callable[[np.ndarray], np.ndarray]:
    """A surrogate's shape as a function of arrays."""
    shape = surrogate.shape
    if callable(shape):
        return lambda x: shape(torch.from_numpy(x)).numpy()
    code = compile(CodePrinter("numpy")(expression(shape)), "<surrogate>", "eval")
    return lambda x: eval(code, {"np": Numbers(), "x": x, "abs": np.abs})


class _EProp(Learner):
    def __init__(self, network: nn.Module, loss: Loss, feedback: str):
        super().__init__(network, loss)
        self.feedback = feedback
        last = self.network.maps[-1]
        for k, n in enumerate(self.network.spec.hidden):
            if feedback != "symmetric":
                self.register_buffer(f"feedback_{k}", random_feedback(last.out_features, n, last.weight.dtype))
        if feedback == "adaptive":
            self.seen: Any
            self.register_buffer("seen", last.weight.detach().clone())

    @torch.no_grad()
    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if self.feedback == "adaptive":
            self._follow()
        scores, layers, mean, weight = self.run(x)
        loss, error = self.loss.error(scores, target)
        self._write(layers, error, mean, weight)
        return loss, scores

    def run(self, x: Tensor) -> tuple[Tensor, list[Traced], Tensor, float]:
        """Scores, layers with their eligibilities, the last layer's activity weighted as in the read-out, and the sum of these weights."""
        net = self.network
        lines = net.encode(x)
        keep, add = kernel(net.score, len(lines))
        layers = []
        for m, layer in zip(net.maps, net.layers, strict=False):
            own = m.in_features + (m.out_features if net.spec.recurrent else 0) + 1
            layers.append(Traced(neurons_of(layer), len(x), own, net.spec.dtype, keep, add))
        mean, weight = torch.zeros(len(x), net.maps[-1].in_features, dtype=lines.dtype), 0.0
        for now in lines:
            for m, layer, traced in zip(net.maps, net.layers, layers, strict=False):
                drive = m(now)
                parts = [now]
                if net.spec.recurrent:
                    last = torch.from_numpy(traced.spikes)
                    drive = drive + last @ layer.matrix().T
                    parts.append(last)
                before = torch.cat([*parts, torch.ones(len(x), 1, dtype=now.dtype)], 1)
                now = torch.from_numpy(traced.step(drive.numpy(), before.numpy()))
            mean, weight = keep * mean + add * now, keep * weight + add
        last = net.maps[-1]
        scores = mean @ last.weight.T + (0.0 if last.bias is None else weight * last.bias)
        return scores, layers, mean, weight

    def _write(self, layers: list[Traced], error: Tensor, mean: Tensor, weight: float) -> None:
        net = self.network
        last = net.maps[-1]
        last.weight.grad = error.T @ mean
        if last.bias is not None:
            last.bias.grad = weight * error.sum(0)
        signal = error
        for k in range(len(layers) - 1, -1, -1):
            signal = (
                signal @ net.maps[k + 1].weight
                if self.feedback == "symmetric"
                else error @ getattr(self, f"feedback_{k}")
            )
            g = torch.einsum("bj,bji->ji", signal, torch.from_numpy(layers[k].total))
            m = net.maps[k]
            m.weight.grad = g[:, : m.in_features].contiguous()
            if m.bias is not None:
                m.bias.grad = g[:, -1].contiguous()
            if net.spec.recurrent:
                r = g[:, m.in_features : -1].contiguous()
                net.layers[k].weight.grad = r - torch.diag(r.diagonal())

    def _follow(self) -> None:
        """Adds the last change of the read-out to the feedback, and lets both decay, so that they align (Bellec et al. 2020, methods)."""
        last, k = self.network.maps[-1].weight, len(self.network.spec.hidden) - 1
        back = getattr(self, f"feedback_{k}")
        back += last - self.seen
        back *= 1 - DECAY
        last *= 1 - DECAY
        self.seen.copy_(last)


def kernel(readout: ann.Readout | None, steps: int) -> tuple[float, float]:
    """Factors of the past and of the present step in a read-out's sum; None is the mean over ``steps``."""
    if readout is None or readout.integrator is None:
        return 1.0, 1.0 / steps
    keep = math.exp(-readout.integrator.dt / float(readout.integrator.value("tau")))
    return keep, 1.0 - keep


@dataclass(frozen=True)
class EProp(Rule):
    """E-prop (Bellec G et al. 2020, Nat Commun 11:3625), for any spiking neuron model: gradients computed forward in time.

    Each synapse carries an eligibility, a vector with an entry for each state of the neuron, that advances with the derivatives of the neuron's own equations;
    the error reaches neurons as a learning signal. Memory does not grow with the sequence. Against backpropagation through time, it neglects the effect of a spike on the error
    through later spikes of other neurons. The gradient is exact for one hidden layer without recurrent weights and with symmetric feedback.

    Parameters
    ----------
    feedback : ``symmetric`` (the read-out's own weights; before the last hidden layer, products of forward weights), ``random`` (fixed), or ``adaptive`` (random at the start, then
        changed with the read-out's weights).
    """

    feedback: str = "symmetric"
    name: ClassVar[str] = "eprop"
    rates: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.feedback not in FEEDBACK:
            raise AmineError(
                "rule 'eprop', feedback",
                f"'{self.feedback}' is not known",
                hint=did_you_mean(str(self.feedback), FEEDBACK),
            )

    def refuses(self, spec: Spec) -> str:
        why = super().refuses(spec)
        if why:
            return why
        if spec.readout == "max_over_time":
            return "the read-out 'max_over_time' isn't linear in the activity, so no eligibility can be summed forward; use 'mean' or 'leaky'"
        parsed = spec.neurons.parsed
        if parsed.threshold is None:
            return f"'{spec.neuron_name}' has no threshold from which a spike's derivative could be made"
        return f"'{spec.neuron_name}' draws noise" if parsed.noises else ""

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _EProp(network, loss, self.feedback)
