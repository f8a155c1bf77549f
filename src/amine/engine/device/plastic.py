"""Functions that generated rules call: raw stores, tables of decay, histories of targets."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types

from amine.engine.device.elementary import cos64, log64
from amine.engine.device.functions import exp64, intrinsic, load_i32, load_i64, njit
from amine.engine.device.plastic_tables import (
    NEAR,
    P_BASE,
    P_CROWDED,
    P_ENTRY,
    P_FIRST,
    P_HISTORY,
    P_LAST,
    P_MARGIN,
    P_STRIDE,
    P_WIDTH,
)
from amine.engine.device.random_numbers import halves, philox
from amine.engine.device.tables import BLOCK, BLOCK_BITS

I64, U64, U32, F64 = np.int64, np.uint64, np.uint32, np.float64


def _storer(t: types.Type, llvm: ir.Type):
    @intrinsic
    def store(typingctx, address, index, value):
        def codegen(context, builder, signature, args):
            p = builder.inttoptr(args[0], llvm.as_pointer())
            builder.store(args[2], builder.gep(p, [args[1]], source_etype=llvm))
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, t), codegen

    return store


store_f32 = _storer(types.float32, ir.FloatType())
store_f64 = _storer(types.float64, ir.DoubleType())
store_i32 = _storer(types.int32, ir.IntType(32))
store_i64 = _storer(types.int64, ir.IntType(64))


@njit(nogil=True, inline="always")
def decay(E, b, r, n):
    """exp(-rate n dt) for n >= 0 steps, as a product of two table entries."""
    if n < NEAR:
        return E[b, r, U64(n) & U64(255)] * E[b, r, U64(256) + (U64(n) >> U64(8))]
    return E.dtype.type(exp64(-E[b, r, 512] * n))


@njit(nogil=True, inline="always")
def mean(E, b, r, n):
    """The mean of exp(-rate t) over n steps; n is at most a tick."""
    return E[b, r, U64(513) + U64(n)]


@njit(nogil=True, inline="always")
def mean_far(E, b, r, n):
    """As :func:`mean`, for any n."""
    return (E.dtype.type(1.0) - decay(E, b, r, n)) / (E[b, r, 512] * E.dtype.type(n))


@njit(nogil=True)
def noise(key, target, row, step, place):
    """A standard normal for each synapse and step (Box and Muller on Philox words); ``row`` names its source and delay."""
    k0, k1 = halves(key)
    a, b, _, _ = philox(U32(target), U32(step), U32(row), U32(place), k0, k1)
    u, angle = (F64(a) + 0.5) * 2.3283064365386963e-10, F64(b) * 1.4629180792671596e-09
    return math.sqrt(-2.0 * log64(u)) * cos64(angle)


@njit(nogil=True)
def uniform(key, target, row, step, place):
    """A random number above 0 and below 1, also in float32, for each synapse and step; ``row`` names its source and delay."""
    k0, k1 = halves(key)
    a, _, _, _ = philox(U32(target), U32(step), U32(row), U32(place), k0, k1)
    return min((F64(a) + 0.5) * 2.3283064365386963e-10, 1.0 - 1.0 / 16777216.0)


# --- histories of targets ----------------------------------------------------------------------------------------


@njit(nogil=True, error_model="numpy")
def crowd(b, PB, count):
    """Marks a bundle if its longest history, of ``count`` entries, is nearly full."""
    if (count + PB[b, P_MARGIN]) * PB[b, P_ENTRY] >= PB[b, P_WIDTH]:
        PB[b, P_CROWDED] = 1


@njit(nogil=True, error_model="numpy")
def crowded(PB):
    """Whether a history must be enlarged before the loop continues."""
    full = False
    for b in range(PB.shape[0]):
        full |= PB[b, P_CROWDED] != 0
    return full


@njit(nogil=True, error_model="numpy")
def spread(X, b, PB, row, value):
    """Sets a row of all targets."""
    stride = PB[b, P_STRIDE]
    for i in range(PB[b, P_FIRST], PB[b, P_LAST]):
        X[U64(PB[b, P_BASE] + row + (i >> BLOCK_BITS) * stride + (i & (BLOCK - 1)))] = value


def _forgetter(
    word: Callable[..., int], put: Callable[..., None], kind: Callable[..., np.integer]
) -> Callable[..., None]:
    """The function ``forget`` for histories of words of one size."""

    @njit(nogil=True, error_model="numpy")
    def forget(b, PB, keep):
        """Drops entries before step ``keep`` from the histories, except the last three of them."""
        history, width, entry = PB[b, P_HISTORY], PB[b, P_WIDTH], PB[b, P_ENTRY]
        for i in range(PB[b, P_FIRST], PB[b, P_LAST]):
            hist = i * width
            count = I64(word(history, hist))
            m = count
            while m > 3 and I64(word(history, hist + 1 + (m - 1) * entry)) >= keep:
                m -= 1
            if m > 3:
                drop = (m - 3) * entry
                for q in range(hist + 1, hist + 1 + (count - m + 3) * entry):
                    put(history, q, word(history, q + drop))
                put(history, hist, kind(count - m + 3))

    return forget


forget32 = _forgetter(load_i32, store_i32, np.int32)
forget64 = _forgetter(load_i64, store_i64, np.int64)
