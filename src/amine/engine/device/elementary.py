"""Logarithms, powers, and circular functions of generated kernels, from additions, multiplications, divisions and square roots alone.

Methods and coefficients of the logarithm and of the circular functions are those of FDLIBM (Sun Microsystems 1993); each product that is
rounded together with a sum is written as ``fma``. Special values (zeros, infinities, not a number, negative arguments) give what C
says, except that sine and cosine of more than 2^50 radians are not a number: neighbouring arguments are as far apart as a turn there.
In float32 all are computed in float64 and rounded. Errors are in docs/engine.md, and the tests measure them.
"""

from __future__ import annotations

import numpy as np

from amine.engine.device.functions import (
    F32,
    F64,
    I64,
    bits_float64,
    float_bits64,
    floor64,
    fma64,
    inlined,
    rint64,
    select,
    sqrt64,
)

INF, NAN = np.inf, np.nan
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
THIRD, THIRD_LOW = 1.0 / 3.0, 1.850371707708594e-17
QUARTER = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)  # pi/2 in three parts
HALF_PI, HALF_PI_LOW = 1.57079632679489655800e00, 6.12323399573676603587e-17
PI, PI_LOW = 3.1415926535897931160e00, 1.2246467991473531772e-16
TURNS, LARGEST = 0.6366197723675814, 2.0**50


# --- logarithms and powers ---------------------------------------------------------------------------------------------


@inlined
def _exponent64(x):
    """The whole e of x = m*2^e with m from sqrt(1/2) to sqrt(2), for positive normal x."""
    bits = float_bits64(x)
    e = (bits >> I64(52)) - I64(1023)
    m = bits_float64((bits & I64(0xFFFFFFFFFFFFF)) | I64(0x3FF0000000000000))
    return select(m > 1.4142135623730951, e + I64(1), e)


@inlined
def _mantissa64(x):
    """The m of :func:`_exponent64`."""
    bits = float_bits64(x)
    m = bits_float64((bits & I64(0xFFFFFFFFFFFFF)) | I64(0x3FF0000000000000))
    return select(m > 1.4142135623730951, m * 0.5, m)


@inlined
def _log_normal64(x, shift):
    """Logarithm of x*2^shift, for positive normal x."""
    e = F64(_exponent64(x)) + shift
    f = _mantissa64(x) - 1.0
    s = f / (2.0 + f)
    z = s * s
    p = 1.479819860511658591e-01
    p = fma64(p, z, 1.531383769920937332e-01)
    p = fma64(p, z, 1.818357216161805012e-01)
    p = fma64(p, z, 2.222219843214978396e-01)
    p = fma64(p, z, 2.857142874366239149e-01)
    p = fma64(p, z, 3.999999999940941908e-01)
    p = fma64(p, z, 6.666666666666735130e-01)
    half = 0.5 * f * f
    low = fma64(s, fma64(p, z, half), e * LN2_LOW)
    return fma64(e, LN2_HIGH, f - (half - low))


@inlined
def log64(x):
    tiny = x < 2.2250738585072014e-308
    y = _log_normal64(select(tiny, x * 18014398509481984.0, x), select(tiny, -54.0, 0.0))
    y = select(x < INF, y, x)
    return select(x > 0.0, y, select(x == 0.0, -INF, NAN))


@inlined
def log32(x):
    return F32(log64(F64(x)))


@inlined
def log1p64(x):
    """log(1 + x), with all digits where x is small."""
    y = 1.0 + x
    there = (y > 0.0) & (y < INF)
    y = select(there, log64(y) + (x - (y - 1.0)) / select(there, y, 1.0), log64(y))
    return select(x == 0.0, x, y)


@inlined
def log1064(x):
    tiny = x < 2.2250738585072014e-308
    y = select(tiny, x * 18014398509481984.0, x)
    k = F64(_exponent64(y)) + select(tiny, -54.0, 0.0)
    low = fma64(k, 3.69423907715893078616e-13, 4.34294481903251816668e-01 * _log_normal64(_mantissa64(y), 0.0))
    y = select(x < INF, fma64(k, 3.01029995663611771306e-01, low), x)
    return select(x > 0.0, y, select(x == 0.0, -INF, NAN))


@inlined
def log1032(x):
    return F32(log1064(F64(x)))


@inlined
def _power64(a, y):
    """a^y for positive finite a: the exponential of y times a logarithm with twice the digits; 0 below the normal numbers."""
    tiny = a < 2.2250738585072014e-308
    a = select(tiny, a * 18014398509481984.0, a)
    e = F64(_exponent64(a)) + select(tiny, -54.0, 0.0)
    m = _mantissa64(a)
    f, d = m - 1.0, m + 1.0
    left = m - (d - 1.0)
    s = f / d
    s_low = (fma64(-s, d, f) - s * left) / d
    z = s * s
    z_low = fma64(s, s, -z) + 2.0 * s * s_low
    t = 1.0 / 23.0
    t = fma64(t, z, 1.0 / 21.0)
    t = fma64(t, z, 1.0 / 19.0)
    t = fma64(t, z, 1.0 / 17.0)
    t = fma64(t, z, 1.0 / 15.0)
    t = fma64(t, z, 1.0 / 13.0)
    t = fma64(t, z, 1.0 / 11.0)
    t = fma64(t, z, 1.0 / 9.0)
    t = fma64(t, z, 1.0 / 7.0)
    t = fma64(t, z, 0.2) * z
    p = THIRD + t
    p_low = ((THIRD - p) + t) + THIRD_LOW
    q = z * p
    q_low = fma64(z, p, -q) + fma64(z, p_low, z_low * p)
    u, u_low = 2.0 * s, 2.0 * s_low
    v = u * q
    v_low = fma64(u, q, -v) + fma64(u, q_low, u_low * q)
    high = u + v
    low = ((u - high) + v) + (u_low + v_low)
    g = e * LN2_HIGH
    total = g + high
    rest = ((g - total) + high) + fma64(e, LN2_LOW, low)
    x = y * total
    x_low = fma64(y, total, -x) + y * rest
    n = rint64(min(max(x, -800.0), 800.0) * 1.4426950408889634)
    r = fma64(n, -LN2_HIGH, x)
    r_low = fma64(n, -LN2_LOW, x_low)
    w = r + r_low
    w_low = (r - w) + r_low
    c = 1.0 / 6227020800.0
    c = fma64(c, w, 1.0 / 479001600.0)
    c = fma64(c, w, 1.0 / 39916800.0)
    c = fma64(c, w, 1.0 / 3628800.0)
    c = fma64(c, w, 1.0 / 362880.0)
    c = fma64(c, w, 1.0 / 40320.0)
    c = fma64(c, w, 1.0 / 5040.0)
    c = fma64(c, w, 1.0 / 720.0)
    c = fma64(c, w, 1.0 / 120.0)
    c = fma64(c, w, 1.0 / 24.0)
    c = fma64(c, w, 1.0 / 6.0)
    c = fma64(c, w, 0.5)
    k = I64(n)
    half = k >> I64(1)
    value = 1.0 + (w + fma64(c * w, w, w_low))
    value = value * bits_float64((half + I64(1023)) << I64(52)) * bits_float64((k - half + I64(1023)) << I64(52))
    return select(x > 709.782712893384, INF, select(x < -708.396, 0.0, value))


@inlined
def pow64(x, y):
    a = abs(x)
    whole, odd = floor64(y) == y, floor64(0.5 * y) != 0.5 * y
    value = select((a > 0.0) & (a < INF), _power64(select((a > 0.0) & (a < INF), a, 1.0), y), a)
    value = select((a == 0.0) & (y < 0.0), INF, select((a == INF) & (y < 0.0), 0.0, value))
    value = select(abs(y) == INF, select((a > 1.0) == (y > 0.0), INF, 0.0), value)
    value = select((abs(y) == INF) & (a == 1.0), 1.0, value)
    value = select((float_bits64(x) < I64(0)) & whole & odd, -value, value)
    value = select((x < 0.0) & (a > 0.0) & (a < INF) & (abs(y) < INF) & (floor64(y) != y), NAN, value)
    value = select((x != x) | (y != y), NAN, value)
    return select((y == 0.0) | (x == 1.0), 1.0, value)


@inlined
def pow32(x, y):
    return F32(pow64(F64(x), F64(y)))


# --- sine and cosine ---------------------------------------------------------------------------------------------------


@inlined
def _sine_part(r, low):
    """sin(r + low) for abs(r) up to pi/4."""
    z = r * r
    p = 1.58969099521155010221e-10
    p = fma64(p, z, -2.50507602534068634195e-08)
    p = fma64(p, z, 2.75573137070700676789e-06)
    p = fma64(p, z, -1.98412698298579493134e-04)
    p = fma64(p, z, 8.33333333332248946124e-03)
    v = z * r
    return r - (fma64(z, fma64(-v, p, 0.5 * low), -low) - v * -1.66666666666666324348e-01)


@inlined
def _cosine_part(r, low):
    """cos(r + low) for abs(r) up to pi/4."""
    z = r * r
    p = -1.13596475577881948265e-11
    p = fma64(p, z, 2.08757232129817482790e-09)
    p = fma64(p, z, -2.75573143513906633035e-07)
    p = fma64(p, z, 2.48015872894767294178e-05)
    p = fma64(p, z, -1.38888888888741095749e-03)
    p = fma64(p, z, 4.16666666666666019037e-02)
    half = 0.5 * z
    w = 1.0 - half
    return w + (((1.0 - w) - half) + fma64(z * z, p, -(r * low)))


@inlined
def _circular64(x, turn):
    """sin(x + turn*pi/2) for a whole ``turn``: pi/2 in three parts leaves all digits of what is beyond whole quarters."""
    n = rint64(select(abs(x) < LARGEST, x, 0.0) * TURNS)
    n = n + rint64(fma64(-n, QUARTER[0], x) * TURNS)  # the first may miss the nearest where it is large
    a = fma64(-n, QUARTER[0], x)
    b = n * QUARTER[1]
    r = a - b
    left = a - r
    r_low = (a - (r + left)) + (left - b)
    r_low = fma64(-n, QUARTER[2], r_low - fma64(n, QUARTER[1], -b))
    high = r + r_low
    low = (r - high) + r_low
    k = I64(n) + turn
    s, c = _sine_part(high, low), _cosine_part(high, low)
    y = select((k & I64(1)) == I64(1), c, s)
    y = select((k & I64(2)) == I64(2), -y, y)
    return select(abs(x) < LARGEST, y, NAN)


@inlined
def sin64(x):
    return select(abs(x) < 1e-8, x, _circular64(x, I64(0)))


@inlined
def sin32(x):
    return F32(sin64(F64(x)))


@inlined
def cos64(x):
    return _circular64(x, I64(1))


@inlined
def cos32(x):
    return F32(cos64(F64(x)))


# --- inverses of sine, cosine and tangent ------------------------------------------------------------------------------


@inlined
def _arc(t):
    """(asin(x) - x)/x for t = x^2 up to 1/4."""
    p = 3.47933107596021167570e-05
    p = fma64(p, t, 7.91534994289814532176e-04)
    p = fma64(p, t, -4.00555345006794114027e-02)
    p = fma64(p, t, 2.01212532134862925881e-01)
    p = fma64(p, t, -3.25565818622400915405e-01)
    p = fma64(p, t, 1.66666666666666657415e-01)
    q = 7.70381505559019352791e-02
    q = fma64(q, t, -6.88283971605453293030e-01)
    q = fma64(q, t, 2.02094576023350569471e00)
    q = fma64(q, t, -2.40339491173441421878e00)
    q = fma64(q, t, 1.0)
    return t * p / q


@inlined
def asin64(x):
    a = abs(x)
    inner = a < 0.5
    t = select(inner, a * a, 0.5 * (1.0 - a))
    r = _arc(t)
    s = sqrt64(t)
    left = select(t > 0.0, fma64(-s, s, t) / select(t > 0.0, 2.0 * s, 1.0), 0.0)
    outer = HALF_PI - (2.0 * s + (2.0 * fma64(s, r, left) - HALF_PI_LOW))
    y = select(inner, fma64(a, r, a), outer)
    return select(x < 0.0, -y, select(x == 0.0, x, y))


@inlined
def asin32(x):
    return F32(asin64(F64(x)))


@inlined
def acos64(x):
    a = abs(x)
    inner = a < 0.5
    t = select(inner, a * a, 0.5 * (1.0 - a))
    r = _arc(t)
    s = sqrt64(t)
    left = select(t > 0.0, fma64(-s, s, t) / select(t > 0.0, 2.0 * s, 1.0), 0.0)
    near = 2.0 * (s + fma64(s, r, left))
    far = PI - 2.0 * (s + (fma64(s, r, left) - HALF_PI_LOW))
    return select(inner, HALF_PI - (x - fma64(-x, r, HALF_PI_LOW)), select(x < 0.0, far, near))


@inlined
def acos32(x):
    return F32(acos64(F64(x)))


@inlined
def atan64(x):
    a = abs(x)
    c0, c1, c2, c3 = a < 0.4375, a < 0.6875, a < 1.1875, a < 2.4375
    top = select(c0, a, select(c1, 2.0 * a - 1.0, select(c2, a - 1.0, select(c3, a - 1.5, -1.0))))
    bottom = select(c0, 1.0, select(c1, 2.0 + a, select(c2, a + 1.0, select(c3, fma64(1.5, a, 1.0), a))))
    high = select(c0, 0.0, select(c1, 4.63647609000806093515e-01, select(c2, 7.85398163397448278999e-01, 0.0)))
    high = select(c2, high, select(c3, 9.82793723247329054082e-01, HALF_PI))
    low = select(c0, 0.0, select(c1, 2.26987774529616870924e-17, select(c2, 3.06161699786838301793e-17, 0.0)))
    low = select(c2, low, select(c3, 1.39033110312309984516e-17, HALF_PI_LOW))
    t = top / bottom
    z = t * t
    w = z * z
    p = 1.62858201153657823623e-02
    p = fma64(p, w, 4.97687799461593236017e-02)
    p = fma64(p, w, 6.66107313738753120669e-02)
    p = fma64(p, w, 9.09088713343650656196e-02)
    p = fma64(p, w, 1.42857142725034663711e-01)
    p = fma64(p, w, 3.33333333333329318027e-01)
    q = -3.65315727442169155270e-02
    q = fma64(q, w, -5.83357013379057348645e-02)
    q = fma64(q, w, -7.69187620504482999495e-02)
    q = fma64(q, w, -1.11111104054623557880e-01)
    q = fma64(q, w, -1.99999999998764832476e-01)
    y = high - (fma64(t, fma64(z, p, w * q), -low) - t)
    return select(x < 0.0, -y, select(x == 0.0, x, y))


@inlined
def atan32(x):
    return F32(atan64(F64(x)))


@inlined
def atan264(y, x):
    a, b = abs(y), abs(x)
    both = (a == INF) & (b == INF)
    none = (a == 0.0) & (b == 0.0)
    z = atan64(select(none | both, 0.0, a / select(none | both, 1.0, b)))
    z = select(both, 7.85398163397448278999e-01, z)
    z = select(float_bits64(x) < I64(0), PI - (z - PI_LOW), z)
    z = select(float_bits64(y) < I64(0), -z, z)
    return select((x != x) | (y != y), NAN, z)


@inlined
def atan232(y, x):
    return F32(atan264(F64(y), F64(x)))


# --- the remainder -----------------------------------------------------------------------------------------------------


@inlined
def mod64(x, y):
    """The remainder of x/y with the sign of y, without rounding."""
    return x % y


@inlined
def mod32(x, y):
    return F32(mod64(F64(x), F64(y)))
