"""Functions of equations in generated kernels: NumPy's values over their ranges, in both precisions."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from amine.engine.device import elementary, functions

R = np.random.default_rng(15)
WIDE = np.concatenate(
    [R.uniform(-1e3, 1e3, 3000), R.uniform(-1, 1, 1000), R.normal(0, 1e-6, 1000), np.arange(-8.0, 8.0, 0.5)]
)
SHARE = np.concatenate([R.uniform(-1, 1, 4000), [-1.0, 0.0, 1.0, 1 - 1e-7, -1e-30]])
ABOVE = np.concatenate([10 ** R.uniform(-30, 30, 4000), 10.0 ** np.arange(-9, 10)])
OTHER = R.permutation(WIDE)
OTHER[OTHER == 0] = 3.0
CASES = {
    "log10": (np.log10, (ABOVE,)),
    "asin": (np.arcsin, (SHARE,)),
    "acos": (np.arccos, (SHARE,)),
    "atan": (np.arctan, (WIDE,)),
    "atan2": (np.arctan2, (WIDE, OTHER)),
    "mod": (np.mod, (WIDE, OTHER)),
    "rint": (np.rint, (WIDE,)),
}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_numpy(name, bits):
    reference, arguments = CASES[name]
    real = np.dtype(f"float{bits}").type
    home = functions if name == "rint" else elementary
    f = getattr(home, f"{name}{bits}")
    given = [a.astype(real) for a in arguments]
    one = njit(lambda x: f(x)) if len(given) == 1 else njit(lambda x, y: f(x, y))
    found = np.array([one(*a) for a in zip(*given, strict=True)], real)
    expected = reference(*[a.astype(float) for a in given]).astype(real)
    exact = name in ("mod", "rint")
    np.testing.assert_allclose(found, expected, rtol=0 if exact else 2 * np.finfo(real).eps, atol=0)
