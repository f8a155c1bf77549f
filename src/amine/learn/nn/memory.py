"""Large arrays that are used again: the first touch of new memory costs as much as a pass over it.

An array that is handed out goes back when nothing refers to it any more, neither an array nor a tensor made of it.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from typing import Any

import numpy as np

LEAST = 1 << 20  # bytes below which new memory costs little
MOST = 1 << 28  # bytes that are kept unused

_free: list[np.ndarray] = []  # the longest unused first
_returned: deque[np.ndarray] = deque()  # filled whenever Python lets go of something, so without a lock
_lock = threading.Lock()


def empty(shape: tuple[int, ...], real: Any) -> np.ndarray:
    """As ``np.empty``."""
    size = int(np.prod(shape)) * np.dtype(real).itemsize
    if size < LEAST:
        return np.empty(shape, real)
    base = _taken(size)
    loan = _Loan()
    loan.__array_interface__ = {**base.__array_interface__, "shape": shape, "typestr": np.dtype(real).str}
    weakref.finalize(loan, _returned.append, base).atexit = False
    return np.asarray(loan)


def _taken(size: int) -> np.ndarray:
    """Memory of ``size`` bytes: the last that was given back, or new."""
    with _lock:
        while _returned:
            _free.append(_returned.popleft())
        at = next((i for i in range(len(_free) - 1, -1, -1) if _free[i].nbytes == size), -1)
        base = np.empty(size, np.uint8) if at < 0 else _free.pop(at)
        while sum(a.nbytes for a in _free) > MOST:
            _free.pop(0)
    return base


class _Loan:
    """What all arrays of one piece of memory refer to."""

    __array_interface__: dict[str, Any]


def clear() -> None:
    """Gives all unused memory back."""
    with _lock:
        _returned.clear()
        _free.clear()
