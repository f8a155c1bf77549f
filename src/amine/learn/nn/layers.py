"""Layers between neurons: sequences of modules, delays, readouts."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from amine import models
from amine.errors import AmineError, did_you_mean
from amine.learn.nn.neurons import Neurons, State, check_sequence, sequence
from amine.learn.nn.recurrent import Recurrent
from amine.units import to_internal

READOUTS = ("spike_count", "max_over_time", "leaky", "first_spike")


class Sequential(nn.Sequential):
    """Modules one after the other; those with a state get theirs back.

    ``forward(x, states=None) -> (output, states)``: ``states`` has one entry for each module, None where it has none.
    Modules of PyTorch take part as they are.

    >>> import torch
    >>> from amine.learn import nn as ann
    >>> net = ann.Sequential(torch.nn.Linear(5, 8), ann.Neurons("lif", 8), ann.Readout("spike_count"))
    >>> net(torch.rand(10, 2, 5))[0].shape
    torch.Size([2, 8])
    """

    def forward(self, x: Any, states: list[Any] | None = None) -> tuple[Any, list[Any]]:  # type: ignore[override]
        modules = list(self)
        if states is not None and len(states) != len(modules):
            raise AmineError(
                "Sequential, states",
                "there must be one for each module",
                given=str(len(states)),
                expected=str(len(modules)),
            )
        ends: list[Any] = []
        for i, m in enumerate(modules):
            has_state = isinstance(m, Neurons | Recurrent | Sequential)
            out = m(x, states[i]) if has_state and states is not None else m(x)
            x, end = out if isinstance(out, tuple) else (out, None)
            ends.append(end if has_state else None)
        return x, ends


_INTEGRATOR = models.neuron(
    "leaky_integrator",
    "dv/dt = (R*I - v)/tau : mV\ninitial v = 0*mV",
    doc="A readout that forgets: no threshold.",
    tau="20 ms",
    R="1 mV/pA",
)


class Readout(nn.Module):
    """From a sequence ``[time, batch, n]`` to scores ``[batch, n]``.

    Parameters
    ----------
    kind : ``"spike_count"``: the sum over time. ``"max_over_time"``: the maximum of a leaky mean of what comes in
        (Cramer et al. 2022, IEEE Trans Neural Netw Learn Syst 33:2744). ``"leaky"``: that mean at the end.
        ``"first_spike"``: steps that were left at the first spike, 0 if there was none: earlier is more.
    tau : time constant of the leaky mean. dt : time step. learn : whether tau is learned.

    Examples
    --------
    >>> import torch
    >>> Readout("first_spike")(torch.tensor([0.0, 1.0, 1.0]).reshape(3, 1, 1)).item()
    2.0
    """

    def __init__(self, kind: str = "max_over_time", *, tau: Any = "20 ms", dt: Any = "1 ms", learn: bool = False):
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

    def forward(self, x: Any) -> torch.Tensor:
        """Scores [batch, n]."""
        x = sequence(x)
        check_sequence(x, x.shape[-1], "Readout, input")
        if self.kind == "spike_count":
            return x.sum(0)
        if self.kind == "first_spike":
            before = torch.cumprod(torch.cat([torch.ones_like(x[:1]), 1 - x[:-1]]), 0)  # 1 until the first spike
            left = torch.arange(x.shape[0], 0, -1, dtype=x.dtype, device=x.device)
            return (x * before * left[:, None, None]).sum(0)
        assert self.integrator is not None
        steps, batch, n = x.shape
        v, _ = self.integrator(x.reshape(steps, batch * n, 1))
        v = v.reshape(steps, batch, n)
        return v[-1] if self.kind == "leaky" else v.amax(0)

    def extra_repr(self) -> str:
        return repr(self.kind)


class Delays(nn.Module):
    """A delay for each of ``n`` lines, learned through a kernel that is wider than a step.

    What comes in at step t goes out around t + delay, spread by a triangle of half-width ``width`` whose sum is 1; with a
    width of one step a delay between two steps divides a spike between both. Learning starts wide, since a spike
    that a kernel does not reach gives no gradient, and ends narrow: see :meth:`sharpen`
    (after Hammouamri, Khalfaoui-Hassani & Masquelier 2024, ICLR).

    Parameters
    ----------
    n : number of lines. max : longest delay. dt : time step.
    start : delays at the beginning; None: uniform between 0 and ``max``. learn : whether they are learned.
    width : half-width of the kernel; None: one step if they are not learned, else an eighth of ``max``.

    Examples
    --------
    >>> import torch
    >>> line = Delays(1, max="5 ms", start="2 ms", learn=False)
    >>> line(torch.tensor([1.0, 0, 0, 0]).reshape(4, 1, 1)).flatten().tolist()
    [0.0, 0.0, 1.0, 0.0]
    """

    def __init__(
        self, n: int, *, max: Any = "20 ms", dt: Any = "1 ms", start: Any = None, learn: bool = True, width: Any = None
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

    def sharpen(self, width: Any) -> None:
        """Sets the half-width of the kernel, at least a step."""
        self.width = float(to_internal(width, "ms", "Delays, width", positive=True)) / self.dt
        self.width = self.width if self.width > 1.0 else 1.0

    def delays(self) -> torch.Tensor:
        """The delays in ms, between 0 and max."""
        return self._steps() * self.dt

    def _steps(self) -> torch.Tensor:
        return self.steps * torch.sigmoid(self.raw) if self.learn else self.get_buffer("fixed")

    def forward(self, x: Any) -> torch.Tensor:
        """The delayed sequence [time, batch, n]."""
        x = sequence(x)
        check_sequence(x, self.n, "Delays, input")
        k = torch.arange(self.steps + 1, dtype=x.dtype, device=x.device)
        kernel = (1 - (k - self._steps().to(x.dtype)[:, None]).abs() / self.width).clamp_min(0)
        kernel = kernel / kernel.sum(1, keepdim=True)
        padded = nn.functional.pad(x.permute(1, 2, 0), (self.steps, 0))
        return nn.functional.conv1d(padded, kernel.flip(1)[:, None], groups=self.n).permute(2, 0, 1)

    def extra_repr(self) -> str:
        return f"{self.n}, max={self.steps * self.dt:g} ms, width={self.width * self.dt:g} ms"


__all__ = ["Delays", "Readout", "Sequential", "State"]
