"""Numba is ready to compile without SciPy's linear algebra, and functions that call it are compiled as always."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import numpy as np, numba
from amine.engine.device.blas import list_functions
list_functions()
@numba.njit
def one(x):
    return x + 1
one(1.0)
print("scipy.linalg" in sys.modules)
@numba.njit
def product(a):
    return np.dot(a, a)
print(product(np.full((2, 2), 3.0)).tolist(), "scipy.linalg" in sys.modules)
"""


def test_linear_algebra_is_loaded_when_it_is_called():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.stdout.split("\n")[:2] == ["False", "[[18.0, 18.0], [18.0, 18.0]] True"], done.stdout + done.stderr
