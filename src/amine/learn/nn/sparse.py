"""Products of sparse spikes and a matrix: a row of spikes times the matrix is a sum of the matrix's rows.

The matrix is processed in panels of columns that fit the cache; each thread has its own panels or rows, and sums
have a fixed order, so that results do not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit

from amine.engine.device.functions import fma
from amine.learn.nn import memory, pool
from amine.learn.nn.device import bits, lowest, nonzero, nonzero_of, not_one

# Densities below which sums of rows are faster than the dense product, as measured by benchmarks/crossing.py.
FORWARD, GRADIENT = 0.4, 0.25

PANEL_BYTES = 2**20
U64, I32 = np.uint64, np.int32


@njit(nogil=True, cache=True)
def _find(x, first, last, masks, start):
    """Writes the nonzero entries of rows first..last as bits, and their counts into start[1:]; returns whether all are 1."""
    n, odd = x.shape[1], U64(0)
    for r in range(first, last):
        row, out = x[r], masks[r]
        for g in range(n // 64):
            out[g] = nonzero(row, U64(g * 64))
            odd |= out[g] & not_one(row, U64(g * 64))
        if n % 64:
            out[n // 64] = nonzero_of(row, n // 64 * 64, n % 64)
            for j in range(U64(n // 64 * 64), U64(n)):
                odd |= U64((row[j] != 0) & (row[j] != 1))
        found = U64(0)
        for g in range(U64(out.shape[0])):
            found += bits(out[g])
        start[r + 1] = found
    return odd == 0


@njit(nogil=True, cache=True)
def _list(x, first, last, masks, start, index, value):
    """Writes columns of the nonzero entries, and their values if ``value`` is not empty."""
    for r in range(first, last):
        row, at = x[r], U64(start[r])
        for g in range(masks.shape[1]):
            mask, lo = masks[r, g], U64(g * 64)
            while mask != 0:
                index[at] = I32(lo + lowest(mask))
                at += U64(1)
                mask &= mask - U64(1)
        if value.shape[0]:
            for q in range(start[r], start[r + 1]):
                value[q] = row[index[q]]


class Events:
    """The nonzero entries of a matrix by rows: columns, values (none if all are 1) and the first entry of each row.

    They are counted at once, and listed by :meth:`listed`.
    """

    def __init__(self, x: np.ndarray):
        self.shape = x.shape
        self.start = np.zeros(x.shape[0] + 1, np.int64)
        self.index, self.value = np.empty(0, I32), np.empty(0, x.dtype)
        self.masks = np.empty((x.shape[0], -(-x.shape[1] // 64)), U64)
        ones: list[bool] = []
        pool.spread(lambda _, a, b: ones.append(bool(_find(x, a, b, self.masks, self.start))), x.shape[0], 64)
        np.cumsum(self.start, out=self.start)
        self.ones = all(ones)

    @property
    def density(self) -> float:
        """Fraction of the entries that is not zero."""
        return self.start[-1] / max(1, self.shape[0] * self.shape[1])

    def listed(self, x: np.ndarray) -> Events:
        """Lists the entries of the same ``x`` from which they were counted."""
        self.index = np.empty(self.start[-1], I32)
        self.value = np.empty(0 if self.ones else self.start[-1], x.dtype)
        args = self.masks, self.start, self.index, self.value
        pool.spread(lambda _, a, b: _list(x, a, b, *args), x.shape[0], 64)
        self.masks = self.masks[:0]
        return self


@njit(nogil=True, cache=True)
def _forward(y, lo, start, index, value, ones, W, bias, first, last):
    """``y[r, lo:] = bias + sum over events of W[index]`` for rows first..last and a contiguous panel ``W``."""
    one, n = W.dtype.type(1), U64(bias.shape[0])
    acc = np.empty(bias.shape[0], W.dtype)
    for r in range(first, last):
        for i in range(n):
            acc[i] = bias[i]
        q, stop = U64(start[r]), U64(start[r + 1])
        while q + U64(8) <= stop:
            a, b = U64(index[q]) * n, U64(index[q + U64(1)]) * n
            c, d = U64(index[q + U64(2)]) * n, U64(index[q + U64(3)]) * n
            e, f = U64(index[q + U64(4)]) * n, U64(index[q + U64(5)]) * n
            g, h = U64(index[q + U64(6)]) * n, U64(index[q + U64(7)]) * n
            if ones:
                for i in range(n):
                    s = (W[a + i] + W[b + i]) + (W[c + i] + W[d + i])
                    acc[i] += s + ((W[e + i] + W[f + i]) + (W[g + i] + W[h + i]))
            else:
                v0, v1, v2, v3 = value[q], value[q + U64(1)], value[q + U64(2)], value[q + U64(3)]
                v4, v5, v6, v7 = value[q + U64(4)], value[q + U64(5)], value[q + U64(6)], value[q + U64(7)]
                for i in range(n):
                    s = fma(v3, W[d + i], fma(v2, W[c + i], fma(v1, W[b + i], v0 * W[a + i])))
                    acc[i] += fma(v7, W[h + i], fma(v6, W[g + i], fma(v5, W[f + i], fma(v4, W[e + i], s))))
            q += U64(8)
        while q < stop:
            a, v = U64(index[q]) * n, one if ones else value[q]
            for i in range(n):
                acc[i] = fma(v, W[a + i], acc[i])
            q += U64(1)
        out, o = y[r], U64(lo)
        for i in range(n):
            out[o + i] = acc[i]


@njit(nogil=True, cache=True)
def _weights(G, width, start, index, value, ones, g, lo):
    """``G[index] += value * g[r, lo:]`` over all events, for a contiguous panel of ``width`` columns."""
    one, n = g.dtype.type(1), U64(width)
    row = np.empty(width, g.dtype)
    for r in range(start.shape[0] - 1):
        q, stop = U64(start[r]), U64(start[r + 1])
        if q == stop:
            continue
        from_, o = g[r], U64(lo)
        for i in range(n):
            row[i] = from_[o + i]
        while q < stop:
            a, v = U64(index[q]) * n, one if ones else value[q]
            for i in range(n):
                G[a + i] = fma(v, row[i], G[a + i])
            q += U64(1)


def _panel(rows: int, columns: int, itemsize: int) -> int:
    """Number of columns of a panel that fits the second level of cache."""
    return min(columns, max(64, PANEL_BYTES // (rows * itemsize) // 64 * 64))


def _transposed(a: np.ndarray) -> np.ndarray:
    """A contiguous copy of the transpose, by PyTorch, which moves blocks that fit the cache."""
    out = memory.empty(a.shape[::-1], a.dtype)
    torch.from_numpy(out).copy_(torch.from_numpy(a).t())
    return out


def forward(e: Events, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Events times the transpose of ``weight`` [out, in], plus ``bias``; each panel of columns is transposed once."""
    width, columns = weight.shape
    y = memory.empty((e.shape[0], width), weight.dtype)
    panel = _panel(columns, width, weight.itemsize)
    for lo in range(0, width, panel):
        W = _transposed(weight[lo : lo + panel])
        b = np.zeros(W.shape[1], weight.dtype) if bias is None else bias[lo : lo + panel]

        def work(_: int, first: int, last: int, lo: int = lo, W: np.ndarray = W, b: np.ndarray = b) -> None:
            _forward(y, lo, e.start, e.index, e.value, e.ones, W.ravel(), b, first, last)

        pool.spread(work, e.shape[0], 64)
    return y


def weights(e: Events, g: np.ndarray) -> np.ndarray:
    """The gradient [out, in] of the weights for the gradient ``g`` [rows, out] of the product."""
    width = g.shape[1]
    G = np.empty((width, e.shape[1]), g.dtype)
    panel = min(_panel(e.shape[1], width, g.itemsize), -(-width // pool.threads()))

    def work(_: int, first: int, last: int) -> None:
        for lo in range(first * panel, min(last * panel, width), panel):
            n = min(panel, width - lo)
            part = np.zeros((e.shape[1], n), g.dtype)
            _weights(part.ravel(), n, e.start, e.index, e.value, e.ones, g, lo)
            torch.from_numpy(G[lo : lo + n]).copy_(torch.from_numpy(part).t())

    pool.spread(work, -(-width // panel), 1)
    return G
