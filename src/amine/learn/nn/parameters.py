"""Learnable parameters that stay within bounds: an unbounded number of order one inside, a value in the model's unit outside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import nn

from amine.errors import AmineError, did_you_mean
from amine.learn.nn.described import Described
from amine.learn.nn.shapes import HALF
from amine.learn.nn.transforms import on_cpu_first
from amine.units import dimension_of
from amine.values import scalar

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.learn.given import Bounds

_ONE = math.log(math.e - 1)  # softplus of it is 1
POSITIVE = ("tau", "C", "g_", "Delta_", "gain", "weight", "R", "U", "Mg", "K_")


def natural(unit: str, voltage: float, current: float, time: float) -> float:
    """Natural size of a quantity, from a voltage (mV), a current (pA) and a time (ms) of the model; 1 for other dimensions.

    >>> natural("nS", 20.0, 400.0, 10.0)
    20.0
    """
    v, t, i, *others = dimension_of(unit)
    if any(others):
        return 1.0
    return float(voltage**v * time**t * current**i)


def is_positive(name: str) -> bool:
    """Whether a parameter of this name is kept above zero unless bounds are given."""
    return name.startswith(POSITIVE)


class Bounded(Described):
    """One learnable parameter.

    With one bound (zero for a positive parameter): value = low + start * softplus(raw), where ``start`` is the distance from the
    bound at first, but at least a tenth of ``scale``. With two bounds: low + (high - low) * sigmoid(raw). Else
    value = start + scale * raw. In each case ``raw`` is of order one, so that a usual learning rate suits any unit. Both stay
    float32 at least when the module is cast to float16 or bfloat16.

    Parameters
    ----------
    name, unit, where : for errors. start : initial value, or values (n,) for one per neuron.
    bounds : (low, high) in the unit, either None.
    scale : natural size of a change in the unit, from the model and not from the start, which may be zero.
    """

    @on_cpu_first
    def __init__(self, name: str, start: npt.ArrayLike, unit: str, where: str, bounds: Bounds | None, scale: float):
        super().__init__()
        self.name, self.unit, self.where = name, unit, where
        low, high = self._bounds(bounds)
        if bounds is None and is_positive(name):
            low = 0.0
        self.low, self.high = low, high
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float64))
        self.scale: torch.Tensor
        x = torch.tensor(np.array(start, float), dtype=torch.float64)
        self.register_buffer("start", torch.ones_like(x))
        self.start: torch.Tensor
        away = self.start
        if low is not None and high is not None:
            raw = torch.zeros_like(x)
        elif low is not None or high is not None:
            away = (x - low) if low is not None else (high - x)  # type: ignore[operator]
            self.start, raw = away.clamp_min(0.1 * scale), torch.full_like(x, _ONE)
        else:
            self.start, raw = x.clone(), torch.zeros_like(x)
        self._inside(x)
        self.raw = nn.Parameter(raw.to(torch.get_default_dtype()))
        if (low is not None and high is not None) or (low, high) != (None, None) and bool((self.start != away).any()):
            self.set(x)

    def described(self) -> dict[str, Any]:
        """Name and bounds."""
        return {"parameter": self.name, "unit": self.unit, "lower bound": self.low, "upper bound": self.high}

    def _bounds(self, bounds: Bounds | None) -> tuple[float | None, float | None]:
        if bounds is None:
            return None, None
        low, high = (None if b is None else scalar(b, self.unit, f"{self.where}, bounds") for b in bounds)
        if low is not None and high is not None and not low < high:
            raise AmineError(
                f"{self.where}, bounds", "the lower bound is not below the upper", given=f"{low:g}..{high:g}"
            )
        return low, high

    def _inside(self, x: torch.Tensor) -> None:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        bad = x[~((x > low) & (x < high))] if x.ndim else x[None][~((x[None] > low) & (x[None] < high))]
        if bad.numel():
            raise AmineError(
                self.where,
                "the value is not within its bounds",
                given=f"{float(bad.flatten()[0]):g} {self.unit}",
                expected=f"between {low:g} and {high:g} {self.unit}",
                hint="start within the bounds, or widen them",
            )

    def set(self, value: object) -> None:
        """Sets the value; raises AmineError if it is not within the bounds."""
        x = torch.as_tensor(value, dtype=torch.float64).broadcast_to(self.start.shape).clone()
        self._inside(x)
        if self.low is not None and self.high is not None:
            y = (x - self.low) / (self.high - self.low)
            raw = torch.log(y) - torch.log1p(-y)
        elif self.low is not None or self.high is not None:
            y = ((x - self.low) if self.low is not None else (self.high - x)) / self.start.double()  # type: ignore[operator]
            raw = y + torch.log(-torch.expm1(-y))
        else:
            raw = (x - self.start.double()) / self.scale.double()
        with torch.no_grad():
            self.raw.copy_(raw)

    def forward(self, raw: torch.Tensor | None = None) -> torch.Tensor:
        """The value in the model's unit, float64, with a gradient; for another unbounded number, if one is given."""
        raw, start = (self.raw if raw is None else raw).double(), self.start.double()
        if self.low is not None and self.high is not None:
            return self.low + (self.high - self.low) * torch.sigmoid(raw)
        if self.low is not None:
            return self.low + start * nn.functional.softplus(raw)
        if self.high is not None:
            return self.high - start * nn.functional.softplus(raw)
        return start + self.scale.double() * raw

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Self:
        """Casts and moves as any module, but never below float32."""

        def wide(t: torch.Tensor) -> torch.Tensor:
            out = fn(t)
            return t.to(out.device, torch.float32) if out.dtype in HALF else out

        return super()._apply(wide, recurse)

    def extra_repr(self) -> str:
        return f"{self.name}, {self.unit}, bounds=({self.low}, {self.high})"


def check_learnable(learn: str | Iterable[str], known: Mapping[str, object], where: str) -> list[str]:
    """Names of parameters to learn, as a list; raises AmineError for a name that is not known."""
    names = [learn] if isinstance(learn, str) else list(learn)
    for n in names:
        if n not in known:
            raise AmineError(f"{where}, learn", f"parameter '{n}' is not known", hint=did_you_mean(str(n), known))
        if n == "t_ref":
            raise AmineError(
                f"{where}, learn", "'t_ref' counts whole steps, so it has no gradient", hint="learn another parameter"
            )
    return names
