"""What Numba can compile, listed without loading SciPy.

Numba lists its functions when it compiles for the first time. For those of linear algebra it asks whether SciPy is there by importing all of
its linear algebra, which takes as long as to compile a small kernel. SciPy is one of the packages that amine needs, so it is there; it is
loaded when a function that somebody compiles calls it.
"""

from __future__ import annotations

import importlib
import sys

from numba.np import linalg


def list_functions() -> None:
    """Lists them, unless Numba has compiled something before, or asks in another way."""
    asked = getattr(linalg, "ensure_blas", None)
    if asked is None or "numba.np.arraymath" in sys.modules:
        return
    linalg.ensure_blas = lambda: None
    try:
        listed = importlib.import_module("numba.np.arraymath")
    finally:
        linalg.ensure_blas = asked
    listed.ensure_blas = asked
