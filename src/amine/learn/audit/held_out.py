"""Values of the held-out samples."""

from __future__ import annotations

import numpy as np

from amine.learn.data import Data, Split


def held_out(d: Data, parts: Split, values: np.ndarray) -> np.ndarray:
    """Values of the held-out samples out of those of all samples; each sample is found by its features."""
    index = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(d.X))}
    return values[[index[row.tobytes()] for row in np.ascontiguousarray(parts[2])]]
