"""EventProp: exact gradients of spike times for LIF neurons with exponential synapses (Wunderlich & Pehle 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from amine import models
from amine.errors import AmineError
from amine.learn.algorithms import _events
from amine.learn.algorithms._base import Learner, Rule
from amine.learn.layers import Spec, range_of
from amine.learn.losses import Loss
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.models.model import Model

LATEST = 0.5  # latest time of an input spike, as a fraction of the duration


@dataclass(frozen=True)
class Cell:
    """A LIF neuron in normalised units: U is 0 at rest and 1 at threshold, ``tau_m U' = -U + J``, ``tau_s J' = -J``; times in ms."""

    tau_m: float
    tau_s: float
    reset: float
    pause: float  # refractory period
    pico: float  # pA of one unit of J

    @property
    def peak(self) -> float:
        """Peak of U for a jump of J by 1; division by it makes a weight of 1 just enough to fire a resting neuron."""
        s = np.log(self.tau_m / self.tau_s) / (1 / self.tau_s - 1 / self.tau_m)
        return self.tau_s / (self.tau_m - self.tau_s) * float(np.exp(-s / self.tau_m) - np.exp(-s / self.tau_s))

    @staticmethod
    def fits(model: Model) -> bool:
        """Whether the closed forms solve the model's equations."""
        return model.equations == models.get("lif").equations

    @staticmethod
    def of(model: Model, tau_s: Quantity) -> Cell:
        """The cell of a model; raises AmineError if it does not rest below its threshold."""
        p = {n: scalar(v, model.units[n], f"{model.where}, parameter '{n}'") for n, v in model.parameters.items()}
        span = p["V_th"] - p["E_L"]
        if p["I_e"] != 0.0 or not span > 0:
            raise AmineError("rule 'eventprop'", "the neuron must rest below threshold, without a constant current")
        tau = scalar(tau_s, "ms", "rule 'eventprop', tau_s", positive=True)
        tau = tau * (1 + 1e-5) if abs(tau / p["tau_m"] - 1) < 1e-5 else tau  # the closed forms divide by the difference
        return Cell(p["tau_m"], tau, (p["V_r"] - p["E_L"]) / span, p["t_ref"], span * p["C"] / p["tau_m"])


class Events(nn.Module):
    """A feed-forward network simulated from spike to spike, without time steps.

    Each feature becomes one spike, earlier for larger values; a bias is a line that spikes at time 0. Scores are the mean over time, or the maximum, of the
    outputs' voltages. A spike of weight 1 brings a resting neuron just to its threshold.
    """

    def __init__(self, spec: Spec, cell: Cell):
        super().__init__()
        self.spec, self.cell, self.duration = spec, cell, spec.steps * spec.dt
        widths = (spec.inputs, *spec.hidden, spec.outputs)
        self.maps: Any = nn.ModuleList(
            nn.Linear(a, b, bias=spec.bias, dtype=torch.float64) for a, b in zip(widths, widths[1:], strict=False)
        )
        self._initialise()
        self.range = range_of(spec, torch.float64)

    def _initialise(self) -> None:
        """Draws weights such that a hidden neuron spikes after about half of its inputs."""
        for m in self.maps:
            n, last = m.in_features, m is self.maps[-1]
            nn.init.normal_(m.weight, 0.0 if last else 2.0 / n, 1.0 / n**0.5)
            if m.bias is not None:
                nn.init.normal_(m.bias, 0.0 if last else 0.1, 0.1)

    def set_range(self, x: Tensor) -> None:
        """Takes the range of features from samples."""
        if self.range is not None:
            self.range.take(x.double())

    def widen_range(self, x: Tensor) -> None:
        """Takes the range of features from further samples, too."""
        if self.range is not None:
            self.range.widen(x.double())

    def begin(self, epoch: int) -> None:
        """Begins a pass over the samples; nothing is drawn anew."""

    def times(self, x: Tensor) -> np.ndarray:
        """Time in ms of the spike of each feature (samples, features); infinite, without a spike, at its minimum."""
        x = x.double() if self.range is None else self.range(x.double())
        return torch.where(x > 0, LATEST * self.duration * (1 - x), torch.inf).numpy()

    def weights(self, k: int) -> np.ndarray:
        """Weights of map k as jumps of J, with the bias as a last column (neurons, inputs + 1)."""
        m = self.maps[k]
        bias = torch.zeros(m.out_features, 1, dtype=torch.float64) if m.bias is None else m.bias.detach()[:, None]
        return torch.cat([m.weight.detach(), bias], 1).numpy() / self.cell.peak

    def forward(self, x: Tensor) -> Tensor:
        out = torch.empty(len(x), self.spec.outputs, dtype=torch.float64)
        for b, times in enumerate(self.times(x)):
            out[b] = torch.from_numpy(self.sample(times)[1])
        return out.to(self.spec.dtype)

    def sample(self, times: np.ndarray) -> tuple[list[_events.Spikes], np.ndarray, list[np.ndarray]]:
        """For the spike times (features,) of one sample: spikes into each map, scores (outputs,), and the maxima of the outputs."""
        c, n = self.cell, len(self.maps)
        spikes = [_events.first(times)]
        for k in range(n - 1):
            spikes.append(
                _events.layer(self.weights(k), *spikes[-1][:2], self.duration, c.tau_m, c.tau_s, c.reset, c.pause)
            )
        at = self.spec.readout == "max_over_time"
        scores, *when = _events.read(self.weights(n - 1), *spikes[-1][:2], self.duration, c.tau_m, c.tau_s, at)
        return spikes, scores, when


class _EventProp(Learner):
    def __init__(self, network: nn.Module, loss: Loss, wake: float):
        super().__init__(network, loss)
        self.wake = wake

    def step(self, x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        net = self.network
        runs = [net.sample(t) for t in net.times(x)]
        scores = torch.from_numpy(np.stack([r[1] for r in runs]))
        loss, error = self.loss.error(scores, target)
        slopes = [np.zeros((m.out_features, m.in_features + 1)) for m in net.maps]
        heard = [np.zeros(n, bool) for n in net.spec.hidden]
        for (spikes, _, when), e in zip(runs, error.numpy(), strict=True):
            self._backward(spikes, when, e, slopes)
            for k in range(len(heard)):
                heard[k][spikes[k + 1][1][:-1]] = True
        for k, (m, g) in enumerate(zip(net.maps, slopes, strict=True)):
            g /= net.cell.peak
            if k < len(heard):
                g[~heard[k], :-1] -= self.wake / m.in_features
            m.weight.grad = torch.from_numpy(g[:, :-1].copy())
            if m.bias is not None:
                m.bias.grad = torch.from_numpy(g[:, -1].copy())
        return loss, scores.to(net.spec.dtype)

    def _backward(
        self, spikes: list[_events.Spikes], when: list[np.ndarray], error: np.ndarray, slopes: list[np.ndarray]
    ) -> None:
        net, c = self.network, self.network.cell
        n = len(net.maps)
        at = net.spec.readout == "max_over_time"
        times, lines = spikes[-1][:2]
        at_time, turn = when
        late = _events.read_back(
            net.weights(n - 1), times, lines, at_time, turn, error, slopes[-1], net.duration, c.tau_m, c.tau_s, at
        )
        for k in range(n - 2, -1, -1):
            late = _events.layer_back(
                net.weights(k),
                *spikes[k][:2],
                *spikes[k + 1][:4],
                late,
                slopes[k],
                net.duration,
                c.tau_m,
                c.tau_s,
                c.pause,
            )


@dataclass(frozen=True)
class EventProp(Rule):
    """Exact gradients of the loss through spike times (Wunderlich TC, Pehle C 2021, Sci Rep 11:12829): no surrogate, no time steps.

    Closed forms lead from spike to spike, and back for the adjoint. A neuron that never spikes has no gradient, so ``wake`` increases its weights until it does;
    ``tau_s`` is the time constant of the synapses. Features are spikes in time (the encoder is ``latency``), the read-out is ``mean`` or ``max_over_time`` of the outputs' voltages.
    """

    wake: float = 0.1
    tau_s: Quantity = "5 ms"
    name: ClassVar[str] = "eventprop"
    rates: ClassVar[bool] = False

    def refuses(self, spec: Spec) -> str:
        why = super().refuses(spec)
        if not why and not Cell.fits(spec.neurons):
            why = f"its closed forms are those of 'lif', and '{spec.neurons.name}' has other equations; use neurons='lif', or rule='backprop'"
        if not why and spec.recurrent:
            why = "recurrent weights are not in its closed forms"
        if not why and spec.readout == "leaky":
            why = "the read-out must be 'mean' or 'max_over_time'"
        return why or ("" if spec.encoder == "latency" else "it needs single spikes in time; use encoder='latency'")

    def build(self, spec: Spec) -> nn.Module:
        return Events(spec, Cell.of(spec.neurons, self.tau_s))

    def start(self, network: nn.Module, loss: Loss) -> Learner:
        return _EventProp(network, loss, self.wake)
