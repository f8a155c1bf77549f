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


@njit(nogil=True, fastmath=_FLAGS)
def multiply(y, x, W, samples):
    """``y[b] += x[b] @ W`` for flat ``y`` and ``x`` of some samples."""
    n, m = W.shape
    for b in range(samples):
        at, o = b * n, U64(b * m)
        i = 0
        while i + 8 <= n:
            r0, r1, r2, r3 = W[i], W[i + 1], W[i + 2], W[i + 3]
            r4, r5, r6, r7 = W[i + 4], W[i + 5], W[i + 6], W[i + 7]
            x0, x1, x2, x3 = x[at + i], x[at + i + 1], x[at + i + 2], x[at + i + 3]
            x4, x5, x6, x7 = x[at + i + 4], x[at + i + 5], x[at + i + 6], x[at + i + 7]
            for j in range(U64(m)):
                s = x0 * r0[j] + x1 * r1[j] + x2 * r2[j] + x3 * r3[j]
                y[o + j] += s + (x4 * r4[j] + x5 * r5[j] + x6 * r6[j] + x7 * r7[j])
            i += 8
        while i < n:
            r0, x0 = W[i], x[at + i]
            for j in range(U64(m)):
                y[o + j] += x0 * r0[j]
            i += 1


@njit(nogil=True, fastmath=_FLAGS)
def outer(G, index, value, start, samples, x, n):
    """``G[j] += value * x[b]`` for every listed entry j of every sample b: the gradient of weights [from, to]."""
    for b in range(samples):
        at = U64(b * n)
        for q in range(start[b], start[b + 1]):
            row, v = G[index[q]], value[q]
            for i in range(U64(n)):
                row[i] += v * x[at + i]
