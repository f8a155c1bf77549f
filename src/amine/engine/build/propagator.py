"""Exact propagators of the linear part of a population (Rotter & Diesmann 1999, Biol Cybern 81:381), in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from amine.engine.device.arrays import exact
from amine.engine.device.matrices import expm, product

Entry: TypeAlias = float | np.ndarray  # the same for all neurons, or one for each
Matrix: TypeAlias = Sequence[Sequence[Entry]]


def propagators(matrices: tuple[Matrix, Matrix, Matrix], sizes: Mapping[str, int], dt: float) -> dict[str, Entry]:
    """Entries P (states), Q (inputs) and L (noise) of one step, and H, K of half a step, by name.

    Parameters
    ----------
    matrices : A (n, n), B (n, inputs) and G (n, noises) of x' = A x + B u + G xi; entries are floats or arrays (neurons,).
    sizes : the numbers n, inputs and noises, and whether half steps are needed.
    dt : time step in ms.
    """
    n, inputs, noises = sizes["n"], sizes["inputs"], sizes["noises"]
    A, B, G = (_stack(m, n, k) for m, k in zip(matrices, (n, inputs, noises), strict=True))
    out = _named(_exponential(A, B, dt), n, inputs, "P", "Q")
    if sizes["half"]:
        out |= _named(_exponential(A, B, dt / 2), n, inputs, "H", "K")
    if noises:
        L = _noise(A, G, dt)
        out |= {f"L_{i}_{j}": _squeeze(L[:, i, j]) for i in range(n) for j in range(i + 1)}
    return out


def _stack(rows: Matrix, n: int, k: int) -> np.ndarray:
    """Entries as an array (neurons or 1, n, k)."""
    size = max((np.size(e) for row in rows for e in row), default=1)
    out = np.zeros((size, n, k))
    for i, row in enumerate(rows):
        for j, e in enumerate(row):
            out[:, i, j] = e
    return out


def _squeeze(x: np.ndarray) -> Entry:
    return float(x[0]) if x.size == 1 else x


def _exponential(A: np.ndarray, B: np.ndarray, h: float) -> np.ndarray:
    """exp of the augmented matrix [[A, B], [0, 0]] h: the propagators of states and of constant inputs."""
    size, n, k = max(len(A), len(B)), A.shape[1], B.shape[2]
    M = np.zeros((size, n + k, n + k))
    M[:, :n, :n], M[:, :n, n:] = A * h, B * h
    if k == 0 and not (A * (1 - np.eye(n))).any():
        out = np.zeros_like(M)
        out[:, range(n), range(n)] = exact.exp(M[:, range(n), range(n)])
        return out
    return expm(M)


def _named(E: np.ndarray, n: int, k: int, state: str, drive: str) -> dict[str, Entry]:
    out = {f"{state}_{i}_{j}": _squeeze(E[:, i, j]) for i in range(n) for j in range(n)}
    return out | {f"{drive}_{i}_{j}": _squeeze(E[:, i, n + j]) for i in range(n) for j in range(k)}


def _noise(A: np.ndarray, G: np.ndarray, h: float) -> np.ndarray:
    """A square root of the covariance that noise adds in one step (Van Loan 1978, IEEE Trans Autom Control 23:395)."""
    size, n = max(len(A), len(G)), A.shape[1]
    A, S = np.broadcast_to(A, (size, n, n)), np.broadcast_to(product(G, G.transpose(0, 2, 1)), (size, n, n))
    M = np.zeros((size, 2 * n, 2 * n))
    M[:, :n, :n], M[:, :n, n:], M[:, n:, n:] = -A * h, S * h, A.transpose(0, 2, 1) * h
    E = expm(M)
    F = E[:, n:, n:].transpose(0, 2, 1)
    covariance = product(F, E[:, :n, n:])
    return _root(0.5 * (covariance + covariance.transpose(0, 2, 1)))


def _root(S: np.ndarray) -> np.ndarray:
    """Lower triangular L with L L' = S for positive semidefinite S: states without noise have a zero row."""
    L = np.zeros_like(S)
    n = S.shape[1]
    for i in range(n):
        for j in range(i + 1):
            rest = S[:, i, j] - (L[:, i, :j] * L[:, j, :j]).sum(-1)
            if i == j:
                L[:, i, i] = np.sqrt(np.maximum(rest, 0.0))
            else:
                pivot = L[:, j, j]
                small = pivot <= 1e-14 * np.sqrt(np.maximum(S[:, j, j], 1e-300))
                L[:, i, j] = np.where(small, 0.0, rest / np.where(small, 1.0, pivot))
    return L
