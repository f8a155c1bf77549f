"""Checks of what is given to the engram rule: sizes, and arrays of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError

if TYPE_CHECKING:
    import numpy.typing as npt


def matrix(where: str, x: npt.ArrayLike, width: int, rows: int | None = None) -> np.ndarray:
    """Finite numbers (samples, ``width``) in double precision; of ``rows`` samples, if this is given."""
    try:
        a = np.asarray(x, dtype=float)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "these are no numbers", given=f"{e}"[:80]) from e
    if a.ndim != 2 or a.shape[1] != width or rows not in (None, len(a)):
        some = "samples" if rows is None else rows
        raise AmineError(where, "the shape does not fit", given=f"{a.shape}", expected=f"({some}, {width})")
    if not np.isfinite(a).all():
        raise AmineError(where, "a value is not finite", given=f"row {np.flatnonzero(~np.isfinite(a).all(1))[0]}")
    return a


def outcomes_of(where: str, x: npt.ArrayLike, rows: int, count: int) -> np.ndarray:
    """Indices (rows,) of outcomes below ``count``."""
    a = np.asarray(x)
    if a.shape != (rows,) or not np.issubdtype(a.dtype, np.integer):
        raise AmineError(where, "one whole number for each sample is asked for", given=f"{a.shape} of {a.dtype}")
    if rows and not 0 <= a.min() <= a.max() < count:
        raise AmineError(where, "an index is out of range", given=f"{a.min()} to {a.max()}", expected=f"0 to {count - 1}")  # fmt: skip
    return a
