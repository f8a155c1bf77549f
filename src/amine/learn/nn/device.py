"""Compiled parts that generated scans share: rows in and out of a block's buffer, spikes as lists, small products."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from amine.engine.device import exp32, exp64, exprel32, exprel64

F32, U8, U64 = np.float32, np.uint8, np.uint64
_FLAGS = {"contract", "nsz"}
_SERIES = tuple((k + 1) / math.factorial(k + 2) for k in range(16))


@njit(inline="always", fastmath=_FLAGS)
def exprel_slope64(x):
    """The derivative of exprel; a series below 1 in size, where the difference would cancel."""
    s = _SERIES[15]
    s = s * x + _SERIES[14]
    s = s * x + _SERIES[13]
    s = s * x + _SERIES[12]
    s = s * x + _SERIES[11]
    s = s * x + _SERIES[10]
    s = s * x + _SERIES[9]
    s = s * x + _SERIES[8]
    s = s * x + _SERIES[7]
    s = s * x + _SERIES[6]
    s = s * x + _SERIES[5]
    s = s * x + _SERIES[4]
    s = s * x + _SERIES[3]
    s = s * x + _SERIES[2]
    s = s * x + _SERIES[1]
    s = s * x + _SERIES[0]
    small = abs(x) < 1.0
    y = 1.0 if small else x
    return s if small else (exp64(y) - exprel64(y)) / y


@njit(inline="always", fastmath=_FLAGS)
def exprel_slope32(x):
    s = F32(_SERIES[9])
    s = s * x + F32(_SERIES[8])
    s = s * x + F32(_SERIES[7])
    s = s * x + F32(_SERIES[6])
    s = s * x + F32(_SERIES[5])
    s = s * x + F32(_SERIES[4])
    s = s * x + F32(_SERIES[3])
    s = s * x + F32(_SERIES[2])
    s = s * x + F32(_SERIES[1])
    s = s * x + F32(_SERIES[0])
    small = abs(x) < F32(1.0)
    y = F32(1.0) if small else x
    return s if small else (exp32(y) - exprel32(y)) / y


@njit(nogil=True)
def copy_in(Z, at, row, lo, n):
    """The buffer's row at ``at`` takes ``row[lo : lo + n]``."""
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        Z[a + l] = row[b + l]


@njit(nogil=True)
def add_in(Z, at, row, lo, n):
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        Z[a + l] += row[b + l]


@njit(nogil=True)
def copy_out(Z, at, row, lo, n):
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        row[b + l] = Z[a + l]


FIRED, FREE, NEAR = U8(1), U8(2), U8(4)  # bits of a mark


@njit(nogil=True)
def mark(Z, fired, free, near, marks, lo, n):
    """Spikes, lanes that are free, lanes where the surrogate is not zero; places below 0: all are."""
    a, b, f, g = U64(fired), U64(lo), U64(max(free, 0)), U64(max(near, 0))
    for l in range(U64(n)):
        marks[b + l] = U8(Z[a + l] > 0)
    if free < 0:
        for l in range(U64(n)):
            marks[b + l] |= FREE
    else:
        for l in range(U64(n)):
            marks[b + l] |= U8(Z[f + l] > 0) << U8(1)
    if near < 0:
        for l in range(U64(n)):
            marks[b + l] |= NEAR
    else:
        for l in range(U64(n)):
            marks[b + l] |= (U8(Z[g + l] > 0) & U8(Z[f + l] > 0 if free >= 0 else 1)) << U8(2)


@njit(nogil=True)
def unmark(Z, at, marks, lo, n, bit):
    a, b, s = U64(at), U64(lo), U8(bit)
    for l in range(U64(n)):
        Z[a + l] = (marks[b + l] >> s) & U8(1)


@njit(nogil=True)
def list_spikes(row, first, samples, n, index, value, start):
    """The nonzero entries of each sample of ``row[first:]``: places, values, and where each sample's begin."""
    at = 0
    for b in range(samples):
        start[b] = at
        base = U64(first + b * n)
        for j in range(U64(n)):
            x = row[base + j]
            index[at] = j
            value[at] = x
            at += x != 0
    start[samples] = at


@njit(nogil=True, fastmath=_FLAGS)
def add_rows(y, at, W, index, value, first, last):
    """``y[at:]`` += sum of value times row of W, over the listed rows."""
    n, o = U64(W.shape[1]), U64(at)
    q = first
    while q + 4 <= last:
        a, b, c, d = W[index[q]], W[index[q + 1]], W[index[q + 2]], W[index[q + 3]]
        x0, x1, x2, x3 = value[q], value[q + 1], value[q + 2], value[q + 3]
        for i in range(n):
            y[o + i] += x0 * a[i] + x1 * b[i] + x2 * c[i] + x3 * d[i]
        q += 4
    while q < last:
        a, x0 = W[index[q]], value[q]
        for i in range(n):
            y[o + i] += x0 * a[i]
        q += 1


TILE = 256  # columns of a tile, of which each has eight rows


@njit(nogil=True)
def tiles(W):
    """A matrix cut into tiles of 8 rows and 256 columns, filled up with zeros: each lies in one piece."""
    n, m = W.shape
    R, P = (n + 7) // 8, (m + TILE - 1) // TILE
    out = np.zeros(P * R * 8 * TILE, W.dtype)
    for i in range(n):
        for p in range(P):
            at, lo = ((p * R + i // 8) * 8 + i % 8) * TILE, p * TILE
            for j in range(min(TILE, m - lo)):
                out[at + j] = W[i, lo + j]
    return out


@njit(nogil=True, fastmath=_FLAGS)
def multiply(y, x, W, n, samples):
    """``y[b] += x[b] @ W`` for flat ``y`` and ``x`` of some samples and a square matrix in :func:`tiles`.

    Two samples share what is read of the matrix; rows at known distances let the compiler see that nothing overlaps.
    """
    R, P, size = (n + 7) // 8, (n + TILE - 1) // TILE, U64(TILE)
    a, b = np.zeros(R * 8, x.dtype), np.zeros(R * 8, x.dtype)
    T = np.zeros(2 * TILE, x.dtype)
    for first in range(0, samples, 2):
        second = min(first + 1, samples - 1)
        for i in range(n):
            a[i] = x[first * n + i]
            b[i] = x[second * n + i]
        for p in range(P):
            T[:] = 0
            for r in range(R):
                k, o = r * 8, U64((p * R + r) * 8 * TILE)
                a0, a1, a2, a3, a4, a5, a6, a7 = (
                    a[k],
                    a[k + 1],
                    a[k + 2],
                    a[k + 3],
                    a[k + 4],
                    a[k + 5],
                    a[k + 6],
                    a[k + 7],
                )
                b0, b1, b2, b3, b4, b5, b6, b7 = (
                    b[k],
                    b[k + 1],
                    b[k + 2],
                    b[k + 3],
                    b[k + 4],
                    b[k + 5],
                    b[k + 6],
                    b[k + 7],
                )
                for j in range(size):
                    w0, w1, w2, w3 = W[o + j], W[o + U64(256) + j], W[o + U64(512) + j], W[o + U64(768) + j]
                    w4, w5, w6, w7 = (
                        W[o + U64(1024) + j],
                        W[o + U64(1280) + j],
                        W[o + U64(1536) + j],
                        W[o + U64(1792) + j],
                    )
                    s = a0 * w0 + a1 * w1 + a2 * w2 + a3 * w3
                    t = b0 * w0 + b1 * w1 + b2 * w2 + b3 * w3
                    T[j] += s + (a4 * w4 + a5 * w5 + a6 * w6 + a7 * w7)
                    T[size + j] += t + (b4 * w4 + b5 * w5 + b6 * w6 + b7 * w7)
            lo = p * TILE
            for j in range(min(TILE, n - lo)):
                y[first * n + lo + j] += T[j]
            if second > first:
                for j in range(min(TILE, n - lo)):
                    y[second * n + lo + j] += T[TILE + j]
