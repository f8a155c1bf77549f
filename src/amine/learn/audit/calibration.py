"""Whether a probability of 0.8 is right in 8 cases of 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.learn import report
from amine.view.report import table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from amine.learn.base import Estimator
    from amine.learn.data import Data


def reliability(p: np.ndarray, right: np.ndarray, bins: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean confidence, accuracy and share of samples in each bin that has any, and the expected calibration error.

    Guo C, Pleiss G, Sun Y, Weinberger KQ (2017) ICML.

    >>> reliability(np.array([0.8] * 10), np.array([1] * 8 + [0] * 2))[3] < 1e-12
    True
    """
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = np.unique(place)
    said = np.array([p[place == k].mean() for k in found])
    true = np.array([right[place == k].mean() for k in found])
    share = np.array([(place == k).mean() for k in found])
    return said, true, share, float((share * np.abs(said - true)).sum())


def calibration(model: Estimator, d: Data, parts: Any) -> tuple[dict[str, Any], str, list[str]]:
    """The part of the report on probabilities."""
    _, _, c, e = parts
    p = model.predict_proba(c)
    index = np.searchsorted(model.classes_, e)
    confidence, right = p.max(1), (p.argmax(1) == index).astype(float)
    said, true, share, error = reliability(confidence, right)
    brier = float(((p - np.eye(p.shape[1])[index]) ** 2).sum(1).mean())
    log_loss = float(-np.log(np.maximum(p[np.arange(len(e)), index], 1e-15)).mean())
    fig, axes = figure(4, 3.4)
    ax = axes[0, 0]
    ax.plot([0, 1], [0, 1], color="#999999", lw=0.8)
    ax.scatter(said, true, s=10 + 300 * share, color=colour(0), alpha=0.7, lw=0, clip_on=False)
    ax.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02))
    rows = [("expected calibration error", f"{error:.4f}"), ("Brier score", f"{brier:.4f}"), ("log-loss", f"{log_loss:.4f}"),
            ("mean confidence", f"{confidence.mean():.4f}"), ("share that is right", f"{right.mean():.4f}")]  # fmt: skip
    body = [
        table(("", ""), rows),
        report.shown(
            fig,
            "On the line, confidence is deserved; below it there is too much. Dots are as large as they have samples.",
        ),
    ]
    return {"calibration_error": error, "brier": brier}, "Calibration", body
