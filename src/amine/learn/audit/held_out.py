"""Values of the samples that were held out."""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.learn.data import Data


def held_out(d: Data, parts: Any, values: np.ndarray) -> np.ndarray:
    """Of values for all samples, those of the held-out ones, found by their features."""
    index = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(d.X))}
    return values[[index[row.tobytes()] for row in np.ascontiguousarray(parts[2])]]
