"""Constants of a step from parameters: in NumPy if nothing is learned, in torch if gradients must flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from amine.engine.build.propagator import propagators
from amine.errors import AmineError
from amine.learn.nn.tensors import TorchNumpy, exprel
from amine.learn.nn.transforms import transformed

if TYPE_CHECKING:
    import numpy.typing as npt

Rows: TypeAlias = Sequence[Sequence[torch.Tensor | np.ndarray | float]]  # entries: one value, or one per neuron
Matrix: TypeAlias = list[list[torch.Tensor]]


class Numbers:
    """Namespace ``np`` of generated code that runs on numbers: NumPy with exprel."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @staticmethod
    def exprel(x: npt.ArrayLike) -> np.ndarray:
        x = np.asarray(x, float)
        y = np.where(x == 0.0, 1.0, x)
        return np.where(x == 0.0, 1.0, np.expm1(y) / y)


def numbers(module: ModuleType, values: Mapping[str, object], dt: float, where: str) -> dict[str, np.ndarray]:
    """All constants in float64, exactly as the engine computes them."""
    np_ = Numbers()
    with np.errstate(all="ignore"):  # values that are not finite are reported below
        found = dict(module.constants(np_, values, dt))
        if module.LINEAR is not None:
            found |= propagators(module.matrices(np_, values), module.LINEAR, dt)
    for name, x in found.items():
        if not np.isfinite(x).all():
            raise AmineError(
                where,
                "a constant made of its parameters is not finite",
                given=", ".join(module.OF.get(name, [])) or name,
                hint="check for zeros and extremes among them",
            )
    return {n: np.asarray(found[n], float) for n in (*module.SCALARS, *module.DIFFER)}


def tensors(module: ModuleType, values: Mapping[str, object], dt: float) -> dict[str, torch.Tensor]:
    """All constants as float64 tensors with their gradients."""
    np_ = TorchNumpy()
    found = dict(module.constants(np_, values, dt))
    if module.LINEAR is not None:
        found |= _propagators(module.matrices(np_, values), module.LINEAR, dt)
    return {n: torch.as_tensor(found[n], dtype=torch.float64) for n in (*module.SCALARS, *module.DIFFER)}


def _propagators(matrices: tuple[Rows, Rows, Rows], sizes: dict[str, int], dt: float) -> dict[str, Any]:
    """Same as :func:`amine.engine.build.propagator.propagators`, in torch."""
    n, inputs, noises = sizes["n"], sizes["inputs"], sizes["noises"]
    A, B, G = (_stack(m, n, k) for m, k in zip(matrices, (n, inputs, noises), strict=True))
    out = _named(A, B, dt, "P", "Q")
    if sizes["half"]:
        out |= _named(A, B, dt / 2, "H", "K")
    if noises:
        fixed = propagators((_plain(matrices[0]), _plain(matrices[1]), _plain(matrices[2])), sizes, dt)
        out |= {k: v for k, v in fixed.items() if k.startswith("L_")}
    return out


def _plain(rows: Rows) -> list[list[Any]]:
    """Entries as numbers and arrays, without gradients."""
    return [[e.detach().numpy() if isinstance(e, torch.Tensor) else e for e in row] for row in rows]


def _stack(rows: Rows, n: int, k: int) -> Matrix:
    """Entries of an (n, k) matrix as float64 tensors."""
    return [[torch.as_tensor(rows[i][j], dtype=torch.float64) for j in range(k)] for i in range(n)]


def _zero(entry: torch.Tensor) -> bool:
    """Whether an entry is zero; inside a transform, where values cannot be looked at, only one without gradient is."""
    if transformed() and torch._C._functorch.is_functorch_wrapped_tensor(entry):
        return False
    return bool((entry == 0).all())


def _named(A: Matrix, B: Matrix, h: float, state: str, drive: str) -> dict[str, Any]:
    """Entries of the exponential of the augmented matrix, by name; in closed form if the states are independent of each other."""
    n, k = len(A), len(B[0]) if B else 0
    if all(_zero(A[i][j]) for i in range(n) for j in range(n) if i != j):
        out: dict[str, Any] = {}
        for i in range(n):
            z = A[i][i] * h
            out |= {f"{state}_{i}_{j}": torch.exp(z) if i == j else torch.zeros_like(z) for j in range(n)}
            out |= {f"{drive}_{i}_{j}": B[i][j] * h * exprel(z) for j in range(k)}
        return out
    shape = torch.broadcast_shapes(*(e.shape for row in (*A, *B) for e in row))
    zero = torch.zeros(shape, dtype=torch.float64)
    rows = [torch.stack([e.expand(shape) * h for e in (*A[i], *B[i])], -1) for i in range(n)]
    rows += [torch.stack([zero] * (n + k), -1) for _ in range(k)]
    E = torch.linalg.matrix_exp(torch.stack(rows, -2))
    out = {f"{state}_{i}_{j}": E[..., i, j] for i in range(n) for j in range(n)}
    return out | {f"{drive}_{i}_{j}": E[..., i, n + j] for i in range(n) for j in range(k)}
