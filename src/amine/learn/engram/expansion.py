"""Fixed random expansion: the drive of principal neurons by a sample."""

from __future__ import annotations

import numpy as np

from amine.doors import constructor
from amine.errors import AmineError, did_you_mean
from amine.learn.checks import number, whole
from amine.learn.engram.given import matrix

SCALINGS = ("contrast", "features", "none")
GAIN = 3.0  # of a scaled sample
EPSILON = 1e-6  # of a sample's spread, for one without contrast
SPREAD = {"contrast": 0.3, "features": 3.0, "none": 0.3}  # of thresholds, beside inputs of unit weight


@constructor
class Expansion:
    """Rates of neurons with fixed random weights, each with its own threshold, rectified.

    Parameters
    ----------
    inputs, neurons : number of features and of neurons. seed : seed of weights and thresholds.
    scaling : ``contrast`` subtracts a sample's mean and divides by its spread over features, as early vision does; ``features`` scales each
        feature by mean and spread of the samples given to :meth:`adapt`; ``none`` takes samples as they are.
    spread : thresholds are uniform within plus and minus this number; None for 0.3, and 3 with ``features``.

    Examples
    --------
    >>> Expansion(64, 100, seed=0)(np.random.default_rng(0).random((5, 64))).shape
    (5, 100)
    """

    def __init__(
        self, inputs: int, neurons: int, seed: int = 0, scaling: str = "contrast", spread: float | None = None
    ):
        if scaling not in SCALINGS:
            raise AmineError(
                "Expansion, scaling", f"scaling {scaling!r} is not known", hint=did_you_mean(str(scaling), SCALINGS)
            )
        for name, size in (("inputs", inputs), ("neurons", neurons)):
            whole(f"Expansion, {name}", size)
        whole("Expansion, seed", seed, 0)
        half = number("Expansion, spread", SPREAD[scaling] if spread is None else spread, 0.0)
        rng = np.random.default_rng([seed, 21])
        weights = rng.standard_normal((inputs, neurons))
        self.scaling = scaling
        self.weights = weights / np.linalg.norm(weights, axis=0)
        self.thresholds = -half * rng.uniform(-1.0, 1.0, neurons)
        self.mean, self.scale = np.zeros(inputs), np.ones(inputs)

    def adapt(self, X: np.ndarray) -> None:
        """Take mean and spread of the features from samples (samples, inputs), if the scaling uses them."""
        if self.scaling == "features":
            spread = X.std(0)
            self.mean[:] = X.mean(0)
            self.scale[:] = np.where(spread > 1e-9 * (1.0 + np.abs(self.mean)), spread, 1.0)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Rates (samples, neurons) for samples (samples, inputs); raises AmineError if they do not fit or are not finite."""
        X = matrix("Expansion, samples", X, len(self.weights))
        return np.maximum(self.scaled(X) @ self.weights - self.thresholds, 0.0)

    def scaled(self, X: np.ndarray) -> np.ndarray:
        """Samples (samples, inputs) as the weights see them."""
        if self.scaling == "none":
            return X
        if self.scaling == "contrast":
            scaled = (X - X.mean(1, keepdims=True)) / (X.std(1, keepdims=True) + EPSILON)
        else:
            scaled = (X - self.mean) / self.scale
        return scaled * (GAIN / np.sqrt(X.shape[1]))

    def arrays(self) -> dict[str, np.ndarray]:
        """All numbers that the expansion keeps, by name."""
        return {"weights": self.weights, "thresholds": self.thresholds, "mean": self.mean, "scale": self.scale}
