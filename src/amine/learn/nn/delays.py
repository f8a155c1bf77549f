"""Layers whose lines or connections have learned delays."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import nn

from amine.doors import constructor
from amine.errors import AmineError, did_you_mean
from amine.learn.nn.described import Described
from amine.learn.nn.neurons import State, check_sequence, sequence
from amine.learn.nn.shapes import HALF, floating
from amine.learn.nn.transforms import on_cpu_first, without_autocast
from amine.network.numbers import whole_number
from amine.units import to_internal
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.learn.given import Sequenced

KERNELS = {
    "triangle": 1.0,
    "gaussian": 0.1,
}  # least widths in steps: one step divides a spike between two, a tenth rounds


class _Delayed(Described):
    """Delays of any shape, learned or not, and the kernel that spreads each of them over steps."""

    spread: torch.Tensor

    def __init__(self, where: str, max: Quantity, dt: Quantity, kernel: str):
        super().__init__()
        if kernel not in KERNELS:
            raise AmineError(f"{where}, kernel", f"'{kernel}' is not known", hint=did_you_mean(str(kernel), KERNELS))
        self.where, self.form = where, kernel
        self.dt = scalar(dt, "ms", f"{where}, dt", positive=True)
        self.steps = round(scalar(max, "ms", f"{where}, max", positive=True) / self.dt)
        self.register_buffer("spread", torch.ones((), dtype=torch.float64))

    def settle(self, shape: tuple[int, ...], start: Values | None, learn: bool, width: Quantity | None) -> None:
        """Sets the delays and the width of the kernel at the start."""
        if start is None:
            d = torch.rand(shape) * self.steps
        else:
            d = torch.as_tensor(to_internal(start, "ms", f"{self.where}, start")) / self.dt
            if d.ndim > len(shape) or any(a not in (1, b) for a, b in zip(d.shape[::-1], shape[::-1], strict=False)):
                raise AmineError(
                    f"{self.where}, start", "the shape is wrong", given=str(tuple(d.shape)), expected=str(shape)
                )
        d = d.to(torch.get_default_dtype()).broadcast_to(shape).clone()
        wrong = ~((d >= 0) & (d <= self.steps))
        if bool(wrong.any()):
            raise AmineError(
                f"{self.where}, start",
                "a delay is not between 0 and max",
                given=f"{float(d[wrong][0]) * self.dt:g} ms",
            )
        self.learn = learn
        if learn:
            y = (d / self.steps).clamp(1e-3, 1 - 1e-3)
            self.raw = nn.Parameter(torch.log(y) - torch.log1p(-y))
        else:
            self.register_buffer("fixed", d)
        wide = max(self.steps / 8, KERNELS[self.form]) if learn else KERNELS[self.form]
        self.sharpen(f"{wide * self.dt} ms" if width is None else width)

    def described(self) -> dict[str, Any]:
        """Time step, longest delay, shape of the kernel, and whether delays are learned."""
        return {
            "time step": f"{self.dt:g} ms",
            "longest delay": f"{self.steps} steps",
            "kernel": self.form,
            "learning": str(self.learn),
        }

    @property
    def width(self) -> float:
        """Half-width of a triangle or standard deviation of a Gaussian kernel, in steps."""
        return float(self.spread)

    def sharpen(self, width: Quantity) -> None:
        """Sets the width of the kernel: half-width of a triangle (at least one step), standard deviation of a Gaussian (at least a tenth)."""
        steps = scalar(width, "ms", f"{self.where}, width", positive=True) / self.dt
        self.spread.fill_(max(steps, KERNELS[self.form]))

    def delays(self) -> torch.Tensor:
        """The delays in ms, between 0 and max."""
        return self._steps() * self.dt

    def rounded(self) -> Self:
        """A copy with fixed delays of whole steps, as connections of a simulation have them, and the narrowest kernel."""
        other = copy.deepcopy(self)
        d = self._steps().detach().round()
        if self.learn:
            del other.raw
            other.register_buffer("fixed", d)
        else:
            other.fixed = d
        other.learn = False
        other.spread.fill_(KERNELS[self.form])
        return other

    def _steps(self) -> torch.Tensor:
        return self.steps * torch.sigmoid(self.raw) if self.learn else self.get_buffer("fixed")

    def kernel(self, dtype: torch.dtype) -> torch.Tensor:
        """What leaves after 0, 1, ... steps, for each delay: ``[..., steps + 1]``, of sum 1."""
        d = self._steps().to(dtype)[..., None]
        k = torch.arange(self.steps + 1, dtype=dtype, device=d.device)
        if self.form == "gaussian":
            return torch.softmax(-(((k - d) / self.spread.to(dtype)).square() / 2), -1)
        y = (1 - (k - d).abs() / self.spread.to(dtype)).clamp_min(0)
        return y / y.sum(-1, keepdim=True)

    def convolved(
        self, x: torch.Tensor, state: State | None, weight: torch.Tensor | None
    ) -> tuple[torch.Tensor, State]:
        """The sequence through the kernels, which ``weight`` [to, from] sums over lines; without it each line stays its own."""
        past = x.new_zeros(self.steps, *x.shape[1:]) if state is None else state["past"]
        if past.shape != (self.steps, *x.shape[1:]):
            raise AmineError(
                f"{self.where}, state",
                "the shape is wrong",
                given=str(tuple(past.shape)),
                expected=str((self.steps, *x.shape[1:])),
            )
        whole = torch.cat([past.to(x.dtype), x])
        with without_autocast(x):
            wide = whole.float() if x.dtype in HALF else whole
            kernel = self.kernel(wide.dtype)
            if weight is None:
                kernel, groups = kernel[:, None], x.shape[-1]
            else:
                kernel, groups = weight.to(wide.dtype)[..., None] * kernel, 1
            out = nn.functional.conv1d(wide.permute(1, 2, 0), kernel.flip(-1), groups=groups).permute(2, 0, 1)
        return out.to(x.dtype), {"past": whole[-self.steps :] if self.steps else whole[:0]}


@constructor
class Delays(_Delayed):
    """A delay for each of ``n`` lines, learned with a kernel that is wider than a step.

    The input at step t leaves around t + delay, spread by a kernel of sum 1; a triangle with a half-width of one step divides a
    spike between both steps that are next to its delay. Training starts with a wide kernel, since a spike
    out of its reach gives no gradient, and ends with a narrow one: see :meth:`sharpen`
    (after Hammouamri, Khalfaoui-Hassani & Masquelier 2024, ICLR).

    Parameters
    ----------
    n : number of lines. max : longest delay. dt : time step.
    start : initial delays, one or ``(n,)``; None: uniform between 0 and ``max``. learn : whether they are learned.
    width : half-width of a triangle, or standard deviation of a Gaussian; None: the least if they are not learned, else an eighth of ``max``.
    kernel : ``"triangle"`` or ``"gaussian"``.

    Raises
    ------
    AmineError
        If a delay is not between 0 and ``max``, or a value has no unit of time.

    Examples
    --------
    >>> import torch
    >>> line = Delays(1, max="5 ms", start="2 ms", learn=False)
    >>> line(torch.tensor([1.0, 0, 0, 0]).reshape(4, 1, 1))[0].flatten().tolist()
    [0.0, 0.0, 1.0, 0.0]
    """

    @on_cpu_first
    def __init__(
        self,
        n: int,
        *,
        max: Quantity = "20 ms",
        dt: Quantity = "1 ms",
        start: Values | None = None,
        learn: bool = True,
        width: Quantity | None = None,
        kernel: str = "triangle",
    ):
        super().__init__("Delays", max, dt, kernel)
        self.n = n
        self.settle((n,), start, learn, width)

    def forward(self, x: Sequenced, state: State | None = None) -> tuple[torch.Tensor, State]:
        """The delayed sequence [time, batch, n], and the state: the last inputs, which are still on their way."""
        y = floating(sequence(x), "Delays, input")
        check_sequence(y, self.n, "Delays, input")
        return self.convolved(y, state, None)

    def extra_repr(self) -> str:
        return f"{self.n}, max={self.steps * self.dt:g} ms, {self.form} of {self.width * self.dt:g} ms"


@constructor
class DelayedLinear(_Delayed):
    """A dense layer in which each connection has a weight and a delay, both learned.

    The output is ``y[t, o] = bias[o] + sum over i of weight[o, i] x[t - delay[o, i], i]``. A delay between steps, and its gradient, come from a kernel as in
    :class:`Delays`: positions in a dilated convolution with learnable spacings (Khalfaoui-Hassani I et al. 2023, ICLR; as delays of spiking
    networks Hammouamri I et al. 2024, ICLR). Start with a wide kernel and narrow it while learning by :meth:`sharpen`; :meth:`rounded` gives whole steps.
    The product is PyTorch's convolution over time, on any device.

    Parameters
    ----------
    in_features, out_features, bias : as in PyTorch.
    max : longest delay. dt : time step.
    start : initial delays, one, ``(in,)`` or ``(out, in)``; None: uniform between 0 and ``max``. learn : whether delays are learned.
    width : standard deviation of a Gaussian, or half-width of a triangle; None: the least if they are not learned, else an eighth of ``max``.
    kernel : ``"gaussian"`` or ``"triangle"``.

    Raises
    ------
    AmineError
        If a delay is not between 0 and ``max``, a value has no unit of time, or a shape does not fit.

    Examples
    --------
    >>> import amine as am, torch
    >>> layer = DelayedLinear(2, 1, bias=False, max="3 ms", start=[[1.0, 3.0]] * am.units.ms, learn=False)
    >>> _ = torch.nn.init.ones_(layer.weight)
    >>> layer(torch.tensor([[1.0, 1.0], [0, 0], [0, 0], [0, 0]])[:, None])[0].flatten().round(decimals=6).tolist()
    [0.0, 1.0, 0.0, 1.0]
    """

    @on_cpu_first
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        max: Quantity = "20 ms",
        dt: Quantity = "1 ms",
        start: Values | None = None,
        learn: bool = True,
        width: Quantity | None = None,
        kernel: str = "gaussian",
    ):
        super().__init__("DelayedLinear", max, dt, kernel)
        for name, n in (("in_features", in_features), ("out_features", out_features)):
            whole_number(n, f"DelayedLinear, {name}", 1, 2**31 - 1)
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound)) if bias else None
        self.settle((out_features, in_features), start, learn, width)

    def forward(self, x: Sequenced, state: State | None = None) -> tuple[torch.Tensor, State]:
        """The sequence [time, batch, out], and the state: the last inputs, which are still on their way."""
        y = floating(sequence(x), "DelayedLinear, input")
        check_sequence(y, self.in_features, "DelayedLinear, input")
        out, end = self.convolved(y, state, self.weight)
        return (out if self.bias is None else out + self.bias.to(out.dtype)), end

    def extra_repr(self) -> str:
        return (
            f"{self.in_features}, {self.out_features}, bias={self.bias is not None}, max={self.steps * self.dt:g} ms, "
            f"{self.form} of {self.width * self.dt:g} ms"
        )


__all__ = ["DelayedLinear", "Delays"]
