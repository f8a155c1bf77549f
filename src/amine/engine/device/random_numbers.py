"""Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, SC11), whose calls give four words each.

A key of 64 bits names a stream (:mod:`amine.engine.resolve.streams`): one noise, one input, the synapses between two groups. Its counter
names a neuron or a synapse and a step, so that numbers depend on neither threads nor chunks nor what else is in a network.
"""

from __future__ import annotations

import math

from amine.engine.device.functions import (
    F64,
    I64,
    U32,
    U64,
    bits_float64,
    float_bits64,
    fma64,
    inlined,
    njit,
    rint64,
    select,
    sqrt64,
)


@inlined
def halves(key):
    """The two words of a key that a table of int64 holds."""
    return U32(key & I64(0xFFFFFFFF)), U32((key >> I64(32)) & I64(0xFFFFFFFF))


_LOW = U64(0xFFFFFFFF)


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10 on uint32 counter words c0..c3 and key words k0, k1; four uint32 words.

    Words lie in the lower halves of words of 64 bits, so that each product is one instruction and nothing moves between lanes of
    vectors; upper halves are anything, and cut off where a product would read them.
    """
    a, b, c, d, k, m = U64(c0), U64(c1), U64(c2), U64(c3), U64(k0), U64(k1)
    for _ in range(10):
        p0, p1 = (a & _LOW) * U64(0xD2511F53), (c & _LOW) * U64(0xCD9E8D57)
        a, b, c, d = (p1 >> U64(32)) ^ b ^ k, p1, (p0 >> U64(32)) ^ d ^ m, p0
        k, m = k + U64(0x9E3779B9), m + U64(0xBB67AE85)
    return U32(a), U32(b), U32(c), U32(d)


@njit(nogil=True, cache=True)
def random_block(out, block, step, stream, k0, k1):
    """Fills ``out`` (64 uint32) for one block of neurons, step and stream.

    Word j of call l belongs to neuron 16 j + l of the block, so that the calls vectorise over l.
    """
    lo, hi = U32(step & I64(0xFFFFFFFF)), U32(step >> I64(32))
    for lane in range(16):
        a, b, c, d = philox(U32(block * 16 + lane), lo, hi, U32(stream), k0, k1)
        out[lane] = a
        out[lane + 16] = b
        out[lane + 32] = c
        out[lane + 48] = d


_LN2 = math.log(2.0)


@inlined
def log_unit(x):
    """Natural logarithm of a positive float64, vectorisable; relative error below 1e-15."""
    bits = float_bits64(x)
    e = (bits >> I64(52)) - I64(1023)
    m = bits_float64((bits & I64(0xFFFFFFFFFFFFF)) | I64(0x3FF0000000000000))
    big = m > 1.4142135623730951
    m = select(big, m * 0.5, m)
    e = select(big, e + I64(1), e)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 23.0
    p = fma64(p, z, 1.0 / 21.0)
    p = fma64(p, z, 1.0 / 19.0)
    p = fma64(p, z, 1.0 / 17.0)
    p = fma64(p, z, 1.0 / 15.0)
    p = fma64(p, z, 1.0 / 13.0)
    p = fma64(p, z, 1.0 / 11.0)
    p = fma64(p, z, 1.0 / 9.0)
    p = fma64(p, z, 1.0 / 7.0)
    p = fma64(p, z, 1.0 / 5.0)
    p = fma64(p, z, 1.0 / 3.0)
    p = fma64(p, z, 1.0)
    return fma64(F64(e), _LN2, 2.0 * s * p)


@inlined
def _sin_quarter(x):
    """sin(pi/2 x) for -1 <= x <= 1."""
    t = x * 1.5707963267948966
    z = t * t
    p = -1 / 121645100408832000.0
    p = fma64(p, z, 1 / 355687428096000.0)
    p = fma64(p, z, -1 / 1307674368000.0)
    p = fma64(p, z, 1 / 6227020800.0)
    p = fma64(p, z, -1 / 39916800.0)
    p = fma64(p, z, 1 / 362880.0)
    p = fma64(p, z, -1 / 5040.0)
    p = fma64(p, z, 1 / 120.0)
    p = fma64(p, z, -1 / 6.0)
    p = fma64(p, z, 1.0)
    return t * p


@njit(nogil=True, cache=True)
def normal_block(out, words, block, step, stream, k0, k1):
    """Fills ``out`` (64 values) with standard normals by Box and Muller, two words a pair."""
    random_block(words, block, step, stream, k0, k1)
    for lane in range(32):
        u = (F64(words[lane]) + 0.5) * (1.0 / 4294967296.0)
        a = (F64(words[lane + 32]) + 0.5) * (1.0 / 1073741824.0)  # angle in quarter turns, 0..4
        r = sqrt64(-2.0 * log_unit(u))
        q = rint64(a)
        f = a - q
        odd = I64(q) & I64(1)
        s, c = _sin_quarter(f), _sin_quarter(1.0 - abs(f))
        flip_s = (I64(q) & I64(2)) != I64(0)
        flip_c = ((I64(q) + I64(1)) & I64(2)) != I64(0)
        si = c if odd else s
        co = s if odd else c
        out[lane] = r * (-si if flip_s else si)
        out[lane + 32] = r * (-co if flip_c else co)


@njit(nogil=True, cache=True)
def uniform_block(out, words, block, step, stream, k0, k1):
    """Fills ``out`` (64 float64) with random numbers above 0 and below 1, also in float32; 2^-32 apart."""
    random_block(words, block, step, stream, k0, k1)
    for lane in range(64):
        out[lane] = min((F64(words[lane]) + 0.5) * (1.0 / 4294967296.0), 1.0 - 1.0 / 16777216.0)
