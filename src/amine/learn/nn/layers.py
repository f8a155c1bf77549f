"""Layers around neurons: sequences of modules, delays, read-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn

from amine import models
from amine.errors import AmineError, did_you_mean
from amine.learn.nn.neurons import Neurons, State, check_sequence, sequence
from amine.learn.nn.recurrent import Recurrent
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.learn.given import Drive, Sequenced

LayerState: TypeAlias = "State | list[LayerState] | None"  # of a module of a sequence
READOUTS = ("spike_count", "max_over_time", "leaky", "first_spike")


class Sequential(nn.Sequential):
    """A sequence of modules that passes each module its own state.

    ``forward(x, states=None) -> (output, states)``: ``states`` has one entry for each module, None for those without state.
    Modules of PyTorch need no change.

    >>> import torch
    >>> from amine.learn import nn as ann
    >>> net = ann.Sequential(torch.nn.Linear(5, 8), ann.Neurons("lif", 8), ann.Readout("spike_count"))
    >>> net(torch.rand(10, 2, 5))[0].shape
    torch.Size([2, 8])
    """

    def forward(self, x: Drive, states: list[LayerState] | None = None) -> tuple[Any, list[LayerState]]:
        modules = list(self)
        if states is not None and len(states) != len(modules):
            raise AmineError(
                "Sequential, states",
                "there must be one for each module",
                given=str(len(states)),
                expected=str(len(modules)),
            )
        ends: list[LayerState] = []
        for i, m in enumerate(modules):
            has_state = isinstance(m, Neurons | Recurrent | Sequential)
            out = m(x, states[i]) if has_state and states is not None else m(x)
            x, end = out if isinstance(out, tuple) else (out, None)
            ends.append(end if has_state else None)
        return x, ends


_INTEGRATOR = models.neuron(
    "leaky_integrator",
    "dv/dt = (R*I - v)/tau : mV\ninitial v = 0*mV",
    doc="A leaky integrator, for read-outs.",
    tau="20 ms",
    R="1 mV/pA",
)


class Readout(nn.Module):
    """A read-out of scores ``[batch, n]`` from a sequence ``[time, batch, n]``.

    Parameters
    ----------
    kind : ``"spike_count"``: the sum over time. ``"max_over_time"``: the maximum of a leaky mean of the input
        (Cramer et al. 2022, IEEE Trans Neural Netw Learn Syst 33:2744). ``"leaky"``: that mean at the end.
        ``"first_spike"``: number of steps left at the first spike, 0 without a spike, so that earlier spikes score higher.
    tau : time constant of the leaky mean. dt : time step. learn : whether tau is learned.

    Raises
    ------
    AmineError
        If the kind is not known.

    Examples
    --------
    >>> import torch
    >>> Readout("first_spike")(torch.tensor([0.0, 1.0, 1.0]).reshape(3, 1, 1)).item()
    2.0
    """

    def __init__(
        self, kind: str = "max_over_time", *, tau: Quantity = "20 ms", dt: Quantity = "1 ms", learn: bool = False
    ):
        super().__init__()
        if kind not in READOUTS:
            raise AmineError("Readout", f"readout '{kind}' is not known", hint=did_you_mean(str(kind), READOUTS))
        self.kind = kind
        leaky = kind in ("max_over_time", "leaky")
        self.integrator = (
            Neurons(_INTEGRATOR, 1, dt=dt, tau=tau, gain=None, learn=["tau"] if learn else [], per_neuron=False)
            if leaky
            else None
        )

    def forward(self, x: Sequenced) -> torch.Tensor:
        """Scores [batch, n] for a sequence [time, batch, n]."""
        y = sequence(x)
        check_sequence(y, y.shape[-1], "Readout, input")
        if self.kind == "spike_count":
            return y.sum(0)
        if self.kind == "first_spike":
            before = torch.cumprod(torch.cat([torch.ones_like(y[:1]), 1 - y[:-1]]), 0)  # 1 until the first spike
            left = torch.arange(y.shape[0], 0, -1, dtype=y.dtype, device=y.device)
            return (y * before * left[:, None, None]).sum(0)
        assert self.integrator is not None
        steps, batch, n = y.shape
        v, _ = self.integrator(y.reshape(steps, batch * n, 1))
        v = v.reshape(steps, batch, n)
        return v[-1] if self.kind == "leaky" else v.amax(0)

    def extra_repr(self) -> str:
        return repr(self.kind)


class Delays(nn.Module):
    """A delay for each of ``n`` lines, learned with a kernel that is wider than a step.

    The input at step t leaves around t + delay, spread by a triangle of half-width ``width`` and sum 1; with a
    width of one step, a delay between two steps divides a spike between both. Training starts with a wide kernel, since a spike
    out of its reach gives no gradient, and ends with a narrow one: see :meth:`sharpen`
    (after Hammouamri, Khalfaoui-Hassani & Masquelier 2024, ICLR).

    Parameters
    ----------
    n : number of lines. max : longest delay. dt : time step.
    start : initial delays, one or ``(n,)``; None: uniform between 0 and ``max``. learn : whether they are learned.
    width : half-width of the kernel; None: one step if they are not learned, else an eighth of ``max``.

    Raises
    ------
    AmineError
        If a delay is not between 0 and ``max``, or a value has no unit of time.

    Examples
    --------
    >>> import torch
    >>> line = Delays(1, max="5 ms", start="2 ms", learn=False)
    >>> line(torch.tensor([1.0, 0, 0, 0]).reshape(4, 1, 1)).flatten().tolist()
    [0.0, 0.0, 1.0, 0.0]
    """

    def __init__(
        self,
        n: int,
        *,
        max: Quantity = "20 ms",
        dt: Quantity = "1 ms",
        start: Values | None = None,
        learn: bool = True,
        width: Quantity | None = None,
    ):
        super().__init__()
        self.n, self.dt = n, float(to_internal(dt, "ms", "Delays, dt", positive=True))
        self.steps = round(float(to_internal(max, "ms", "Delays, max", positive=True)) / self.dt)
        d = (
            torch.rand(n) * self.steps
            if start is None
            else torch.as_tensor(to_internal(start, "ms", "Delays, start")) / self.dt
        )
        d = d.to(torch.get_default_dtype()).broadcast_to((n,)).clone()
        if bool(((d < 0) | (d > self.steps)).any()):
            raise AmineError(
                "Delays, start", "a delay is not between 0 and max", given=f"{float(d.max()) * self.dt:g} ms"
            )
        if learn:
            y = (d / self.steps).clamp(1e-3, 1 - 1e-3)
            self.raw = nn.Parameter(torch.log(y) - torch.log1p(-y))
        else:
            self.register_buffer("fixed", d)
        self.learn = learn
        self.width = 1.0
        self.sharpen(width if width is not None else f"{(self.steps * self.dt / 8 if learn else self.dt)} ms")

    def sharpen(self, width: Quantity) -> None:
        """Sets the half-width of the kernel, to at least one step."""
        self.width = float(to_internal(width, "ms", "Delays, width", positive=True)) / self.dt
        self.width = self.width if self.width > 1.0 else 1.0

    def delays(self) -> torch.Tensor:
        """The delays (n,) in ms, between 0 and max."""
        return self._steps() * self.dt

    def _steps(self) -> torch.Tensor:
        return self.steps * torch.sigmoid(self.raw) if self.learn else self.get_buffer("fixed")

    def forward(self, x: Sequenced) -> torch.Tensor:
        """The delayed sequence [time, batch, n]."""
        y = sequence(x)
        check_sequence(y, self.n, "Delays, input")
        k = torch.arange(self.steps + 1, dtype=y.dtype, device=y.device)
        kernel = (1 - (k - self._steps().to(y.dtype)[:, None]).abs() / self.width).clamp_min(0)
        kernel = kernel / kernel.sum(1, keepdim=True)
        padded = nn.functional.pad(y.permute(1, 2, 0), (self.steps, 0))
        return nn.functional.conv1d(padded, kernel.flip(1)[:, None], groups=self.n).permute(2, 0, 1)

    def extra_repr(self) -> str:
        return f"{self.n}, max={self.steps * self.dt:g} ms, width={self.width * self.dt:g} ms"


__all__ = ["Delays", "Readout", "Sequential", "State"]
