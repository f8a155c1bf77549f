"""Neurons without a reset, whose whole sequence is computed at once: sliding windows and linear state spaces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from amine.doors import constructor
from amine.errors import AmineError
from amine.learn.nn.described import Described
from amine.learn.nn.scanned import NotFinite, State, check_sequence, finite, sequence
from amine.learn.nn.shapes import HALF, floating
from amine.learn.nn.surrogate import TorchSurrogate
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.learn.nn.transforms import as_operator, on_cpu_first, transformed, without_autocast
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.learn.given import Sequenced, SurrogateLike


class _Parallel(Described):
    """A linear filter of the input over time, and a spike in each step in which it is above a learned threshold."""

    def __init__(self, n: int, surrogate: SurrogateLike, spiking: bool = True):
        super().__init__()
        where = type(self).__name__
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise AmineError(where, "the number of neurons must be a positive whole number", given=repr(n))
        self.n, self.surrogate = n, find_surrogate(surrogate)
        self.threshold = nn.Parameter(torch.ones(n)) if spiking else None
        self.spike = TorchSurrogate(self.surrogate, self.surrogate.relative, self.surrogate.height, 0.0)

    def filtered(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """The voltage [time, batch, n], 1 at the initial threshold, and the state at the end."""
        raise NotImplementedError

    def forward(self, x: Sequenced, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Spikes (or, without a threshold, the voltage) [time, batch, n] of an input of this shape, and the state at the end."""
        where = type(self).__name__
        y = floating(sequence(x), f"{where}, input")
        check_sequence(y, self.n, f"{where}, input")
        with without_autocast(y):
            wide = y.float() if y.dtype in HALF else y
            v, end = self.filtered(wide, state)
            if not (as_operator(y) or transformed() or finite(v)):  # a voltage that is no number would never spike
                raise NotFinite(
                    f"{where}, voltage",
                    "it is not a finite number",
                    hint="check the input for NaN and infinity, or lower weights or the learning rate",
                )
            out = v if self.threshold is None else self.spike(v - self.threshold.to(v.dtype))
            return out.to(y.dtype), end


@constructor
class SlidingNeurons(_Parallel):
    """Neurons whose voltage is a learned weighted sum of the last steps of their input (sliding PSN).

    The weights are those of a membrane that forgets at first, and free then; there is no reset, so all steps are computed at once
    (Fang W et al. (2023) NeurIPS 36).

    Parameters
    ----------
    n : number of neurons. steps : length of the window. tau : time constant of the first weights. dt : time step.
    surrogate : derivative of a spike, as of :class:`Neurons`; its unit is the distance from 0 to the first threshold, 1.

    Raises
    ------
    AmineError
        If a number is out of range, or a shape does not fit.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor([0.7, 0.0, 0.7, 0.0]).reshape(4, 1, 1)
    >>> SlidingNeurons(1, steps=3, tau="20 ms")(x)[0].flatten().tolist()
    [0.0, 0.0, 1.0, 0.0]
    """

    @on_cpu_first
    def __init__(
        self,
        n: int,
        *,
        steps: int = 16,
        tau: Quantity = "10 ms",
        dt: Quantity = "1 ms",
        surrogate: SurrogateLike = "arctan",
    ):
        super().__init__(n, surrogate)
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
            raise AmineError("SlidingNeurons, steps", "the window must have at least one step", given=repr(steps))
        self.steps = steps
        step = scalar(dt, "ms", "SlidingNeurons, dt", positive=True)
        decay = math.exp(-step / scalar(tau, "ms", "SlidingNeurons, tau", positive=True))
        self.weight = nn.Parameter(decay ** torch.arange(steps - 1, -1, -1.0).repeat(n, 1))  # oldest first

    def described(self) -> dict[str, Any]:
        """Length of the window and surrogate."""
        return {"window": self.steps, "surrogate": self.surrogate.described()}

    def filtered(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """The weighted sums, and the last inputs."""
        past = x.new_zeros(self.steps - 1, *x.shape[1:]) if state is None else state["past"].to(x.dtype)
        whole = torch.cat([past, x])
        v = nn.functional.conv1d(whole.permute(1, 2, 0), self.weight.to(x.dtype)[:, None], groups=self.n)
        return v.permute(2, 0, 1), {"past": whole[whole.shape[0] - self.steps + 1 :]}

    def extra_repr(self) -> str:
        return f"{self.n}, steps={self.steps}, surrogate='{self.surrogate.name}'"


@constructor
class StateSpace(_Parallel):
    """Neurons whose voltage is a sum of learned damped oscillators driven by their input (a diagonal state space, as in S4D).

    Each neuron has ``modes`` complex states s with ds/dt = a s + x and the voltage Re(c s) + d x; there is no reset, so a sequence is one convolution
    by Fourier transforms, of cost T log T, and its memory may be long (Gu A, Gupta A, Goel K, Ré C (2022) NeurIPS 35).

    Parameters
    ----------
    n : number of neurons. modes : number of complex states of each. tau : time constant of their decay at first.
    fastest : shortest period of oscillation at first; the modes' frequencies are evenly spaced from 0 up to it. dt : time step.
    spiking : whether the output are spikes, or the voltage itself. surrogate : derivative of a spike, as of :class:`Neurons`.

    Raises
    ------
    AmineError
        If a number is out of range, or a shape does not fit.

    Examples
    --------
    >>> import torch
    >>> layer = StateSpace(3, modes=4)
    >>> layer(torch.rand(50, 2, 3))[0].shape
    torch.Size([50, 2, 3])
    """

    @on_cpu_first
    def __init__(
        self,
        n: int,
        *,
        modes: int = 8,
        tau: Quantity = "20 ms",
        fastest: Quantity = "10 ms",
        dt: Quantity = "1 ms",
        spiking: bool = True,
        surrogate: SurrogateLike = "arctan",
    ):
        super().__init__(n, surrogate, bool(spiking))
        if not isinstance(modes, int) or isinstance(modes, bool) or modes < 1:
            raise AmineError("StateSpace, modes", "there must be at least one state", given=repr(modes))
        self.modes = modes
        self.dt = scalar(dt, "ms", "StateSpace, dt", positive=True)
        decay = self.dt / scalar(tau, "ms", "StateSpace, tau", positive=True)
        top = 2 * math.pi * self.dt / scalar(fastest, "ms", "StateSpace, fastest", positive=True)
        self.decay = nn.Parameter(torch.full((n, modes), math.log(decay)))
        self.frequency = nn.Parameter(torch.linspace(0, top if modes > 1 else 0.0, modes).repeat(n, 1))
        c = torch.randn(n, modes, 2) / modes
        c[:, 0] = torch.tensor([1.0, 0.0])  # a leaky membrane, and oscillations around it
        self.output = nn.Parameter(c)
        self.direct = nn.Parameter(torch.zeros(n))

    def described(self) -> dict[str, Any]:
        """Number of states, time step, kind of output."""
        return {
            "number of modes": self.modes,
            "time step": f"{self.dt:g} ms",
            "spiking": self.threshold is not None,
            "surrogate": self.surrogate.described(),
        }

    def filtered(self, x: torch.Tensor, state: State | None) -> tuple[torch.Tensor, State]:
        """The voltage by one convolution, and the states at the end, (batch, n, modes, 2)."""
        steps, real = x.shape[0], x.dtype
        a = torch.complex(-self.decay.to(real).exp(), self.frequency.to(real))
        c = torch.view_as_complex(self.output.to(real).contiguous())
        k = torch.arange(steps, dtype=real, device=x.device)
        powers = torch.exp(a * k[:, None, None])  # (steps, n, modes)
        kernel = (c * powers).sum(-1).real
        size = 2 * steps
        v = torch.fft.irfft(torch.fft.rfft(kernel, size, 0)[:, None] * torch.fft.rfft(x, size, 0), size, 0)[:steps]
        end = torch.einsum("tnm,tbn->bnm", powers.flip(0), x.to(powers.dtype))
        if state is not None:
            start = torch.view_as_complex(state["s"].to(real).contiguous())
            later = powers * torch.exp(a)
            v = v + torch.einsum("tnm,bnm->tbn", c * later, start).real
            end = end + later[-1] * start
        return v + self.direct.to(real) * x, {"s": torch.view_as_real(end)}

    def extra_repr(self) -> str:
        return f"{self.n}, modes={self.modes}, spiking={self.threshold is not None}"


__all__ = ["SlidingNeurons", "StateSpace"]
