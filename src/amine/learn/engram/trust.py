"""How much a sample is to be trusted: the leak that makes all that was seen most probable."""

from __future__ import annotations

import math

import numpy as np

LEAKS = 10.0 ** np.arange(-3.0, 4.01, 0.25)  # among which one is chosen
FIRST, GROWTH = 20, 1.25  # samples before the first choice, and growth of their number until the next


class Trust:
    """Sums from which acetylcholine sets the leak: Hebbian products of drive and teacher, and squares of the teacher.

    The leak is the one of highest evidence (MacKay DJC (1992) Neural Comput 4:415-447): the probability of all targets so far for weights and
    errors of unknown variance, whose ratio is the leak. Wrong labels raise it. The sums do not depend on the order of samples.

    Parameters
    ----------
    neurons, outputs : sizes of the read-out.
    """

    def __init__(self, neurons: int, outputs: int):
        self.product = np.zeros((neurons, outputs))
        self.totals = np.array(
            [0.0, 0.0, float(FIRST)]
        )  # squares of targets, samples, samples at which the leak is set next

    def until(self, count: int) -> int:
        """Number of samples out of ``count`` that may come before the leak is set."""
        return max(1, min(count, int(self.totals[2] - self.totals[1])))

    def add(self, drive: np.ndarray, target: np.ndarray) -> None:
        """Take samples: drive (samples, neurons) and target (samples, outputs)."""
        self.product += drive.T @ target
        self.totals[:2] += float(np.square(target).sum()), len(drive)

    def due(self) -> bool:
        """Whether the leak is to be set now; if so, sets when it is to be set next."""
        if self.totals[1] < self.totals[2]:
            return False
        self.totals[2] = math.ceil(GROWTH * self.totals[1])
        return True

    def leak(self, synapses: np.ndarray) -> float:
        """Leak of highest evidence for inhibitory synapses (neurons, neurons) at the natural dose."""
        squares, count, _ = self.totals
        values, vectors = np.linalg.eigh(synapses)
        values = np.maximum(values, 0.0)
        power = np.square(vectors.T @ self.product).sum(1)
        n = count * self.product.shape[1]
        rest = squares - (power[:, None] / (values[:, None] + LEAKS)).sum(0)
        fit = -n * np.log(np.maximum(rest, 1e-12 * squares + 1e-300))
        evidence = fit - self.product.shape[1] * np.log1p(values[:, None] / LEAKS).sum(0)
        return float(LEAKS[int(np.argmax(evidence))])

    def let_go(self, keep: float) -> None:
        """Multiply all sums by ``keep``."""
        self.product *= keep
        self.totals[:2] *= keep
        self.totals[2] = self.totals[1] + FIRST

    def arrays(self) -> dict[str, np.ndarray]:
        """All numbers that are kept, by name."""
        return {"product": self.product, "totals": self.totals}
