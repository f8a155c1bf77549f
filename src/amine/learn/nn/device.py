"""Compiled functions used by generated scans: copies of rows to and from a block's buffer, lists of spikes, small products."""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import njit, types

from amine.engine.device.functions import (
    exp32,
    exp64,
    exprel32,
    exprel64,
    fma,
    fma32,
    fma64,
    inlined,
    intrinsic,
    select,
)

F32, U8, U64 = np.float32, np.uint8, np.uint64
BLOCK = 256  # lanes (neurons of a sample) that a scan advances together
_SERIES = tuple((k + 1) / math.factorial(k + 2) for k in range(16))


@inlined
def exprel_slope64(x):
    """The derivative of exprel; a series below 1 in size, where the difference would cancel."""
    s = _SERIES[15]
    s = fma64(s, x, _SERIES[14])
    s = fma64(s, x, _SERIES[13])
    s = fma64(s, x, _SERIES[12])
    s = fma64(s, x, _SERIES[11])
    s = fma64(s, x, _SERIES[10])
    s = fma64(s, x, _SERIES[9])
    s = fma64(s, x, _SERIES[8])
    s = fma64(s, x, _SERIES[7])
    s = fma64(s, x, _SERIES[6])
    s = fma64(s, x, _SERIES[5])
    s = fma64(s, x, _SERIES[4])
    s = fma64(s, x, _SERIES[3])
    s = fma64(s, x, _SERIES[2])
    s = fma64(s, x, _SERIES[1])
    s = fma64(s, x, _SERIES[0])
    small = abs(x) < 1.0
    y = select(small, 1.0, x)
    return select(small, s, (exp64(y) - exprel64(y)) / y)


@inlined
def exprel_slope32(x):
    """Same as :func:`exprel_slope64`, in float32."""
    s = F32(_SERIES[9])
    s = fma32(s, x, F32(_SERIES[8]))
    s = fma32(s, x, F32(_SERIES[7]))
    s = fma32(s, x, F32(_SERIES[6]))
    s = fma32(s, x, F32(_SERIES[5]))
    s = fma32(s, x, F32(_SERIES[4]))
    s = fma32(s, x, F32(_SERIES[3]))
    s = fma32(s, x, F32(_SERIES[2]))
    s = fma32(s, x, F32(_SERIES[1]))
    s = fma32(s, x, F32(_SERIES[0]))
    small = abs(x) < F32(1.0)
    y = select(small, F32(1.0), x)
    return select(small, s, (exp32(y) - exprel32(y)) / y)


@njit(nogil=True)
def copy_in(Z, at, row, lo, n):
    """Copies ``row[lo : lo + n]`` to the buffer's row at ``at``."""
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        Z[a + l] = row[b + l]


@njit(nogil=True)
def add_in(Z, at, row, lo, n):
    """Adds ``row[lo : lo + n]`` to the buffer's row at ``at``."""
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        Z[a + l] += row[b + l]


@njit(nogil=True)
def copy_out(Z, at, row, lo, n):
    """Copies the buffer's row at ``at`` to ``row[lo : lo + n]``."""
    a, b = U64(at), U64(lo)
    for l in range(U64(n)):
        row[b + l] = Z[a + l]


@njit(nogil=True)
def clear(row, at, n):
    """Sets ``row[at : at + n]`` to zero."""
    a = U64(at)
    for l in range(U64(n)):
        row[a + l] = 0


FIRED, FREE, NEAR = U8(1), U8(2), U8(4)  # bits of a mark


@njit(nogil=True)
def mark(Z, fired, free, near, marks, lo, n):
    """Marks lanes with a spike, lanes that are not refractory, and lanes with a nonzero surrogate; all, if a place is negative."""
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
    """Copies one bit of the marks, as 0 or 1, to the buffer's row at ``at``."""
    a, b, s = U64(at), U64(lo), U8(bit)
    for l in range(U64(n)):
        Z[a + l] = (marks[b + l] >> s) & U8(1)


@intrinsic
def lowest(typingctx, mask):
    """Position of the lowest set bit of a nonzero mask."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), codegen


@intrinsic
def bits(typingctx, mask):
    """Number of set bits of a mask."""

    def codegen(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), codegen


def _unlike(number: int):
    """A function (row, at) of a contiguous row: mask of the entries among the 64 of ``row[at:]`` that differ from ``number``.

    One comparison of a vector, whose lanes are the bits, in place of 64 shifts.
    """

    @intrinsic
    def unlike(typingctx, row, at):
        def codegen(context, builder, signature, args):
            kind = signature.args[0].dtype
            of = context.get_value_type(kind)
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            block = ir.VectorType(of, 64)
            at = builder.bitcast(builder.gep(data, [args[1]]), block.as_pointer())
            x = builder.load(at, align=kind.bitwidth // 8)
            to = ir.Constant(block, [number] * 64)
            differs = builder.fcmp_unordered if isinstance(kind, types.Float) else builder.icmp_unsigned
            return builder.bitcast(differs("!=", x, to), ir.IntType(64))

        return types.uint64(row, types.uint64), codegen

    return unlike


nonzero, not_one = _unlike(0), _unlike(1)


@njit(nogil=True)
def nonzero_of(row, at, n):
    """Mask of the nonzero ones among the ``n`` entries, fewer than 64, of ``row[at:]``."""
    mask, o = U64(0), U64(at)
    for j in range(U64(n)):
        mask |= U64(row[o + j] != 0) << j
    return mask


@njit(nogil=True)
def list_spikes(row, first, samples, n, index, value, start):
    """Lists the nonzero entries of each sample of ``row[first:]``: positions, values, and the first entry of each sample."""
    at = U64(0)
    for b in range(samples):
        start[b] = at
        base = U64(first + b * n)
        for lo in range(U64(0), U64(n), U64(64)):
            mask = nonzero(row, base + lo) if lo + U64(64) <= U64(n) else nonzero_of(row, base + lo, U64(n) - lo)
            while mask != 0:
                j = lo + lowest(mask)
                index[at], value[at] = j, row[base + j]
                at += U64(1)
                mask &= mask - U64(1)
    start[samples] = at


@njit(nogil=True)
def add_rows(y, at, W, index, value, first, last):
    """Adds the sum of value times row of W, over the listed rows, to ``y[at:]``."""
    n, o = U64(W.shape[1]), U64(at)
    q = first
    while q + 4 <= last:
        a, b, c, d = W[index[q]], W[index[q + 1]], W[index[q + 2]], W[index[q + 3]]
        x0, x1, x2, x3 = value[q], value[q + 1], value[q + 2], value[q + 3]
        for i in range(n):
            y[o + i] = fma(x3, d[i], fma(x2, c[i], fma(x1, b[i], fma(x0, a[i], y[o + i]))))
        q += 4
    while q < last:
        a, x0 = W[index[q]], value[q]
        for i in range(n):
            y[o + i] = fma(x0, a[i], y[o + i])
        q += 1


TILE = 256  # columns of a tile of four rows; multiply has it as literal distances
ROWS = 4  # rows of a tile, and samples for which it is read together


@njit(nogil=True, cache=True)
def tiles(W):
    """A matrix cut into contiguous tiles of 4 rows and 256 columns, padded with zeros."""
    n, m = W.shape
    R, P = (n + ROWS - 1) // ROWS, (m + TILE - 1) // TILE
    out = np.zeros(P * R * ROWS * TILE, W.dtype)
    for i in range(n):
        for p in range(P):
            at, lo = ((p * R + i // ROWS) * ROWS + i % ROWS) * TILE, p * TILE
            for j in range(min(TILE, m - lo)):
                out[at + j] = W[i, lo + j]
    return out


@njit(nogil=True)
def interleaved(x, first, samples, n, out):
    """Interleaves four samples of flat ``x`` from ``first`` on, four values of each in turn; the last sample replaces missing ones."""
    for s in range(ROWS):
        base = min(first + s, samples - 1) * n
        for i in range(n):
            out[(i // ROWS * ROWS + s) * ROWS + i % ROWS] = x[base + i]


@njit(nogil=True)
def multiply(y, x, W, n, samples):
    """``y[b] += x[b] @ W`` for flat ``y`` and ``x`` of some samples and a square matrix in :func:`tiles`.

    Each tile is read once for four samples: 16 factors, 4 rows of the matrix and 4 sums fit the vector registers.
    Fixed distances between rows show the compiler that they do not overlap.
    """
    R, P, size = (n + ROWS - 1) // ROWS, (n + TILE - 1) // TILE, U64(TILE)
    A, T = np.zeros(R * ROWS * ROWS, x.dtype), np.zeros(ROWS * TILE, x.dtype)
    for first in range(0, samples, ROWS):
        interleaved(x, first, samples, n, A)
        for p in range(P):
            T[:] = 0
            for r in range(R):
                o, q = U64((p * R + r) * ROWS * TILE), r * ROWS * ROWS
                a0, a1, a2, a3 = A[q], A[q + 1], A[q + 2], A[q + 3]
                b0, b1, b2, b3 = A[q + 4], A[q + 5], A[q + 6], A[q + 7]
                c0, c1, c2, c3 = A[q + 8], A[q + 9], A[q + 10], A[q + 11]
                d0, d1, d2, d3 = A[q + 12], A[q + 13], A[q + 14], A[q + 15]
                for j in range(size):
                    w0, w1, w2, w3 = W[o + j], W[o + U64(256) + j], W[o + U64(512) + j], W[o + U64(768) + j]
                    t = T[j]
                    T[j] = fma(a3, w3, fma(a2, w2, fma(a1, w1, fma(a0, w0, t))))
                    t = T[U64(256) + j]
                    T[U64(256) + j] = fma(b3, w3, fma(b2, w2, fma(b1, w1, fma(b0, w0, t))))
                    t = T[U64(512) + j]
                    T[U64(512) + j] = fma(c3, w3, fma(c2, w2, fma(c1, w1, fma(c0, w0, t))))
                    t = T[U64(768) + j]
                    T[U64(768) + j] = fma(d3, w3, fma(d2, w2, fma(d1, w1, fma(d0, w0, t))))
            lo = p * TILE
            for s in range(min(ROWS, samples - first)):
                for j in range(min(TILE, n - lo)):
                    y[(first + s) * n + lo + j] += T[s * TILE + j]
