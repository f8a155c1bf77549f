"""Reuse of large arrays, since the first access to new memory costs as much as a pass over it.

An array is returned when nothing refers to it any more, neither an array nor a tensor made of it.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST = 1 << 20  # bytes; smaller arrays are not reused
MOST = 1 << 28  # greatest number of unused bytes

_free: list[np.ndarray] = []  # unused for longest first
_returned: deque[np.ndarray] = deque()  # filled by finalizers at any time, so without a lock
_lock = threading.Lock()


def empty(shape: tuple[int, ...], real: npt.DTypeLike) -> np.ndarray:
    """Same as ``np.empty``, from reused memory if the array is large."""
    size = math.prod(shape) * np.dtype(real).itemsize
    if size < LEAST:
        return np.empty(shape, real)
    base = _taken(size)
    loan = _Loan()
    loan.__array_interface__ = {**base.__array_interface__, "shape": shape, "typestr": np.dtype(real).str}
    weakref.finalize(loan, _returned.append, base).atexit = False
    return np.asarray(loan)


def _taken(size: int) -> np.ndarray:
    """Memory of ``size`` bytes: the last returned one, or new."""
    with _lock:
        while _returned:
            _free.append(_returned.popleft())
        at = next((i for i in range(len(_free) - 1, -1, -1) if _free[i].nbytes == size), -1)
        base = np.empty(size, np.uint8) if at < 0 else _free.pop(at)
        while sum(a.nbytes for a in _free) > MOST:
            _free.pop(0)
    return base


class _Loan:
    """Owner of a piece of memory, to which all its arrays refer."""

    __array_interface__: dict[str, Any]


def clear() -> None:
    """Frees all unused memory."""
    with _lock:
        _returned.clear()
        _free.clear()
