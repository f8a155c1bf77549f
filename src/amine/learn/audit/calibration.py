"""Calibration: whether predictions with a probability of 0.8 are right in 8 cases of 10."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.learn import report
from amine.view.report import table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from amine.learn.data import Data, Split
    from amine.learn.estimators import Classifier


def reliability(p: np.ndarray, right: np.ndarray, bins: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean confidence, accuracy and share of samples in each non-empty bin (bins,), and the expected calibration error.

    Guo C, Pleiss G, Sun Y, Weinberger KQ (2017) ICML.

    >>> reliability(np.array([0.8] * 10), np.array([1] * 8 + [0] * 2))[3] < 1e-12
    True
    """
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = np.unique(place)
    confidence = np.array([p[place == k].mean() for k in found])
    accuracy = np.array([right[place == k].mean() for k in found])
    share = np.array([(place == k).mean() for k in found])
    return confidence, accuracy, share, float((share * np.abs(confidence - accuracy)).sum())


def calibration(model: Classifier, d: Data, parts: Split) -> report.Part:
    """Section of the report on predicted probabilities."""
    _, _, c, e = parts
    p = model.predict_proba(c)
    index = np.searchsorted(model.classes_, e)
    confidence, right = p.max(1), (p.argmax(1) == index).astype(float)
    binned, accuracy, share, error = reliability(confidence, right)
    brier = float(((p - np.eye(p.shape[1])[index]) ** 2).sum(1).mean())
    log_loss = float(-np.log(np.maximum(p[np.arange(len(e)), index], 1e-15)).mean())
    fig, axes = figure(4, 3.4)
    ax = axes[0, 0]
    ax.plot([0, 1], [0, 1], color="#999999", lw=0.8)
    ax.scatter(binned, accuracy, s=10 + 300 * share, color=colour(0), alpha=0.7, lw=0, clip_on=False)
    ax.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02), ylim=(0, 1.02))
    rows = [("expected calibration error", f"{error:.4f}"), ("Brier score", f"{brier:.4f}"), ("log-loss", f"{log_loss:.4f}"),
            ("mean confidence", f"{confidence.mean():.4f}"), ("accuracy", f"{right.mean():.4f}")]  # fmt: skip
    body = [
        table(("", ""), rows),
        report.shown(
            fig,
            "On the line, confidence equals accuracy; below it, the model is overconfident. The size of a dot is its number of samples.",
        ),
    ]
    return {"calibration_error": error, "brier": brier}, "Calibration", body
