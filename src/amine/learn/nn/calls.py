"""What a scan is given beside tensors that carry gradients, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import numpy as np
import torch

from amine.records import dataclass

if TYPE_CHECKING:
    from amine.learn.given import Real

Grad: TypeAlias = torch.Tensor | None  # missing where no gradient arrives or is wanted
Value: TypeAlias = (
    "torch.Tensor | int | float | None"  # of a kernel's argument: an array or none, a whole number, a real one
)


class Launcher(Protocol):
    """Starter of a kernel by name: a thread for each lane, or a block for each sample of a recurrent layer."""

    def __call__(self, kernel: str, lanes: int, neurons: int, values: Sequence[Value]) -> None:
        """Starts it with the ``values`` of its arguments; an array without entries is none."""
        ...


@dataclass
class Call:
    """Arguments of a scan beside the tensors that carry gradients."""

    code: ModuleType
    plain: ModuleType
    steps: int
    batch: int
    n: int
    first_step: int
    dt: float
    surrogate: np.ndarray
    trace: bool
    real: Real
    launch: Launcher | None = None  # of kernels on a card; None: those of Numba

    @property
    def traced(self) -> bool:
        """Whether states are an output: on request, or if there is no other output."""
        return self.trace or not (self.plain.SPIKES or self.code.RESULTS)

    @property
    def group(self) -> int:
        """Number of samples of a recurrent layer that are advanced together: a multiple of four, about a thousand lanes."""
        return max(4, 1024 // self.n // 4 * 4)

    @property
    def lanes(self) -> int:
        """Number of lanes: one for each neuron of each sample."""
        return self.batch * self.n


class Kept(NamedTuple):
    """What the adjoint needs of the way forward: values of all constants, and states, marks and drives by step."""

    scalars: np.ndarray  # (constants that all neurons share,)
    own: np.ndarray  # constants that differ between neurons (constants, lanes)
    states: np.ndarray  # (kept values, steps + 1, lanes)
    marks: np.ndarray  # two bits of each step (steps + 1, lanes)
    total: np.ndarray  # drives of recurrent neurons with what their spikes add (steps, lanes)


class CardKept(NamedTuple):
    """The same on a card, but one value of each constant for a neuron."""

    scalars: torch.Tensor
    own: torch.Tensor  # (constants, neurons)
    states: torch.Tensor
    marks: torch.Tensor
    total: torch.Tensor


class Made(NamedTuple):
    """What a scan gives, as tensors: spikes, states by step, results, refractory steps left, states at the end (states, batch, n)."""

    spikes: torch.Tensor
    traces: torch.Tensor
    results: torch.Tensor
    waited: torch.Tensor
    ends: torch.Tensor


class Gradients(NamedTuple):
    """Gradients that a scan's way back gives; None where none is wanted."""

    drives: list[Grad]
    states: torch.Tensor  # (states, batch, n)
    constants: list[torch.Tensor]
    extra: list[Grad]  # of the weights and the last spikes
