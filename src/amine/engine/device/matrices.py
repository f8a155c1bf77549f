"""Small matrices prepared once in float64: products, exponentials and linear systems in a fixed order of operations.

Libraries of linear algebra choose another order for each kind of processor; here all are sums and products of NumPy's arrays.
"""

from __future__ import annotations

import numpy as np

TERMS = 19  # of Taylor's series at a norm of at most a half


def product(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """The product of two matrices or stacks of them, each entry summed in order."""
    out = A[..., :, 0:1] * B[..., 0:1, :]
    for k in range(1, A.shape[-1]):
        out = out + A[..., :, k : k + 1] * B[..., k : k + 1, :]
    return out


def expm(A: np.ndarray) -> np.ndarray:
    """The exponential of a matrix or of each of a stack: Taylor's series after scaling by a power of two, then squaring.

    >>> expm(np.array([[0.0, 1.0], [-1.0, 0.0]])).round(3).tolist()
    [[0.54, 0.841], [-0.841, 0.54]]
    """
    A = np.asarray(A, np.float64)
    norm = np.max(np.sum(np.abs(A), -1), -1)[..., None, None]
    _, e = np.frexp(norm)
    squarings = np.where(np.isfinite(norm) & (norm > 0.5), e + 1, 0)
    scaled = A * np.ldexp(1.0, -squarings)
    out = term = np.broadcast_to(np.eye(A.shape[-1]), A.shape)
    for m in range(1, TERMS):
        term = product(term, scaled) / m
        out = out + term
    for i in range(int(squarings.max(initial=0))):
        out = np.where(squarings > i, product(out, out), out)
    return out


def solve(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """x of A x = b for a vector or a matrix b, by elimination with the largest pivots; not finite if A is singular.

    >>> solve(np.array([[0.0, 2.0], [1.0, 1.0]]), np.array([4.0, 3.0])).tolist()
    [1.0, 2.0]
    """
    n = len(A)
    M = np.concatenate([np.array(A, np.float64), np.asarray(b, np.float64).reshape(n, -1)], 1)
    with np.errstate(all="ignore"):
        for i in range(n):
            p = i + int(np.argmax(np.abs(M[i:, i])))
            M[[i, p]] = M[[p, i]]
            M[i] = M[i] / M[i, i]
            others = np.arange(n) != i
            M[others] = M[others] - M[others, i : i + 1] * M[i]
    return M[:, n:].reshape(np.shape(b))
