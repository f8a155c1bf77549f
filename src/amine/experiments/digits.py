"""Handwritten digits as spikes: the 1 797 images of 8 x 8 pixels that come with scikit-learn.

Alpaydin E, Kaynak C (1998) Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from amine.optional import optional
from amine.records import dataclass

PIXELS = 64
Images = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Images (n, 64) with values 0..1 and their labels, for learning and held out."""

    images: Images
    labels: npt.NDArray[np.int64]
    held_images: Images
    held_labels: npt.NDArray[np.int64]


def load(seed: int, held: float = 0.3, classes: tuple[int, ...] | None = None) -> Split:
    """Stratified split of the digits, or of some ``classes``; ``held`` is the share of the test part.

    Raises
    ------
    AmineError
        If scikit-learn is not installed.
    """
    with optional("digits"):
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    images, labels = load_digits(return_X_y=True)
    images = np.asarray(images, float) / 16.0
    if classes is not None:
        keep = np.isin(labels, classes)
        images, labels = images[keep], labels[keep]
    a, b, la, lb = train_test_split(images, labels, test_size=held, stratify=labels, random_state=seed)
    return Split(np.asarray(a), np.asarray(la), np.asarray(b), np.asarray(lb))


def even(images: Images, total: float = 20.0) -> Images:
    """Images of equal total brightness: divisive normalisation (Carandini M, Heeger DJ (2012) Nat Rev Neurosci 13:51-62)."""
    return images * (total / np.maximum(images.sum(1, keepdims=True), 1e-12))


def spike_trains(
    images: Images, shown: float, rest: float, rate: float, dt: float, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Poisson spikes of 64 neurons, one for each pixel, for images shown one after the other.

    Parameters
    ----------
    images : (n, 64), 0..1. shown, rest : time (ms) for which each is shown, and of silence after it.
    rate : rate (Hz) of a pixel of brightness 1. dt : time step in ms.

    Returns
    -------
    Times in ms and the neuron of each spike.
    """
    on, all_ = round(shown / dt), round((shown + rest) / dt)
    times, indices = [], []
    for k, image in enumerate(images):
        step, pixel = np.nonzero(rng.random((on, images.shape[1])) < image * rate * dt * 1e-3)
        times.append((k * all_ + step + 1) * dt)
        indices.append(pixel)
    return np.concatenate(times), np.concatenate(indices)


def occlude(images: Images, fraction: float, rng: np.random.Generator) -> Images:
    """Images with a dark part (share ``fraction``) at a side that is random for each image."""
    out = images.reshape(-1, 8, 8).copy()
    n = round(8 * fraction)
    for image, side in zip(out, rng.integers(0, 4, len(out)), strict=True):
        turned = np.rot90(image, side)  # a view: what is set here is set in the image
        turned[:n] = 0.0
    return out.reshape(-1, PIXELS)
