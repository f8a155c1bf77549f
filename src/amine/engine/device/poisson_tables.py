"""Tables of Poisson inputs."""

from __future__ import annotations

import numpy as np

from amine.engine.device.arrays import exact

TWO32 = 4294967296.0


def cumulative(mean: float) -> np.ndarray:
    """Cumulative probabilities P(count <= k) as uint32 thresholds, up to 1 - 2**-32.

    A count is the number of thresholds that a uniform 32-bit word reaches or exceeds. The caller splits means above 16 into several
    draws.
    """
    values, p, total, k = [], float(exact.exp(-mean)), 0.0, 0
    while k < 200:
        total += p
        if total * TWO32 >= TWO32 - 1.0:
            break
        values.append(int(total * TWO32))
        k += 1
        p *= mean / k
    return np.array(values, np.uint32)
