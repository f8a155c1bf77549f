"""Products with spikes: a row of spikes times a matrix is a sum of the matrix's rows.

Rows are walked in panels of columns, so that the part of the matrix in use stays in cache; each thread has panels or
rows of its own, and sums have a fixed order, so that results do not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from amine.learn.nn import memory, pool

PANEL_BYTES = 2**20
_FLAGS = {"contract", "nsz"}
U64, I32 = np.uint64, np.int32


@njit(nogil=True, cache=True)
def _count(x, first, last, start):
    """Numbers of nonzero entries of rows first..last, into start[1:]; returns whether all of them are 1."""
    ones = True
    for r in range(first, last):
        row = x[r]
        n, odd = 0, 0
        for j in range(U64(row.shape[0])):
            n += row[j] != 0
            odd += (row[j] != 0) & (row[j] != 1)
        start[r + 1] = n
        ones &= odd == 0
    return ones


@njit(nogil=True, cache=True)
def _fill(x, first, last, start, index, value, with_values):
    """Places of the nonzero entries, and their values; branch-free, with room for one more than there are."""
    room, kept = np.empty(x.shape[1] + 1, I32), np.empty(x.shape[1] + 1, x.dtype)
    for r in range(first, last):
        row = x[r]
        at = U64(0)
        for j in range(U64(row.shape[0])):
            room[at] = I32(j)
            kept[at] = row[j]
            at += U64(row[j] != 0)
        s = U64(start[r])
        for q in range(at):
            index[s + q] = room[q]
        if with_values:
            for q in range(at):
                value[s + q] = kept[q]


class Events:
    """The nonzero entries of a matrix by rows: places, values (None if all are 1) and where each row begins."""

    def __init__(self, start: np.ndarray, index: np.ndarray, value: np.ndarray, ones: bool, shape: tuple[int, int]):
        self.start, self.index, self.value, self.ones, self.shape = start, index, value, ones, shape

    @property
    def density(self) -> float:
        """Part of the entries that is not zero."""
        return self.start[-1] / max(1, self.shape[0] * self.shape[1])


def count(x: np.ndarray) -> tuple[np.ndarray, bool]:
    """Where each row's nonzero entries will begin, and whether they are all 1."""
    start, ones = np.zeros(x.shape[0] + 1, np.int64), [True] * pool.threads()

    def work(part: int, first: int, last: int) -> None:
        ones[part] = bool(_count(x, first, last, start))

    pool.spread(work, x.shape[0], 256)
    return np.cumsum(start, out=start), all(ones)


def events(x: np.ndarray, start: np.ndarray, ones: bool) -> Events:
    """The nonzero entries of ``x``, whose rows' numbers are known."""
    index = np.empty(start[-1], I32)
    value = np.empty(0 if ones else start[-1], x.dtype)
    pool.spread(lambda _, a, b: _fill(x, a, b, start, index, value, not ones), x.shape[0], 256)
    return Events(start, index, value, ones, x.shape)


@njit(nogil=True, cache=True, fastmath=_FLAGS)
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
                    s = v0 * W[a + i] + v1 * W[b + i] + v2 * W[c + i] + v3 * W[d + i]
                    acc[i] += s + (v4 * W[e + i] + v5 * W[f + i] + v6 * W[g + i] + v7 * W[h + i])
            q += U64(8)
        while q < stop:
            a, v = U64(index[q]) * n, one if ones else value[q]
            for i in range(n):
                acc[i] += v * W[a + i]
            q += U64(1)
        out, o = y[r], U64(lo)
        for i in range(n):
            out[o + i] = acc[i]


@njit(nogil=True, cache=True, fastmath=_FLAGS)
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
                G[a + i] += v * row[i]
            q += U64(1)


def _panel(rows: int, columns: int, itemsize: int) -> int:
    """Columns of a panel of a matrix that stays in the second level of cache."""
    return min(columns, max(64, PANEL_BYTES // (rows * itemsize) // 64 * 64))


def forward(e: Events, WT: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Events times ``WT`` [in, out], plus ``bias``."""
    width = WT.shape[1]
    y = memory.empty((e.shape[0], width), WT.dtype)
    panel = _panel(WT.shape[0], width, WT.itemsize)
    for lo in range(0, width, panel):
        W = np.ascontiguousarray(WT[:, lo : lo + panel])
        b = np.zeros(W.shape[1], WT.dtype) if bias is None else bias[lo : lo + panel]

        def work(_: int, first: int, last: int, lo: int = lo, W: np.ndarray = W, b: np.ndarray = b) -> None:
            _forward(y, lo, e.start, e.index, e.value, e.ones, W.ravel(), b, first, last)

        pool.spread(work, e.shape[0], 64)
    return y


def weights(e: Events, g: np.ndarray) -> np.ndarray:
    """The gradient of ``WT`` [in, out] for the gradient ``g`` [rows, out] of the product."""
    width = g.shape[1]
    G = np.empty((e.shape[1], width), g.dtype)
    panel = min(_panel(e.shape[1], width, g.itemsize), -(-width // pool.threads()))

    def work(_: int, first: int, last: int) -> None:
        for lo in range(first * panel, min(last * panel, width), panel):
            n = min(panel, width - lo)
            part = np.zeros(e.shape[1] * n, g.dtype)
            _weights(part, n, e.start, e.index, e.value, e.ones, g, lo)
            G[:, lo : lo + n] = part.reshape(-1, n)

    pool.spread(work, -(-width // panel), 1)
    return G
