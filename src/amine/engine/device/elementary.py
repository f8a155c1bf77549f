"""Further functions of equations: inverses of sine, cosine and tangent, the decimal logarithm, and the remainder.

In float32 they are computed in float64 and rounded. They are calls, so a loop with one of them does not vectorise.
"""

from __future__ import annotations

import math

import numpy as np

from amine.engine.device.functions import inlined

F32, F64 = np.float32, np.float64


@inlined
def log1032(x):
    return F32(math.log10(F64(x)))


@inlined
def log1064(x):
    return math.log10(x)


@inlined
def asin32(x):
    return F32(math.asin(F64(x)))


@inlined
def asin64(x):
    return math.asin(x)


@inlined
def acos32(x):
    return F32(math.acos(F64(x)))


@inlined
def acos64(x):
    return math.acos(x)


@inlined
def atan32(x):
    return F32(math.atan(F64(x)))


@inlined
def atan64(x):
    return math.atan(x)


@inlined
def atan232(y, x):
    return F32(math.atan2(F64(y), F64(x)))


@inlined
def atan264(y, x):
    return math.atan2(y, x)


@inlined
def mod64(x, y):
    """The remainder of x/y with the sign of y, without rounding."""
    return x % y


@inlined
def mod32(x, y):
    return F32(mod64(F64(x), F64(y)))
