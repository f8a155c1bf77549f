"""Over-fitting: the gap between training and held-out scores, and whether more samples would help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from amine.learn import report
from amine.view.report import table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from amine.learn.data import Data, Split
    from amine.learn.estimators import Classifier, Regressor

FRACTIONS = (0.1, 0.3, 1.0)


def fitting(model: Classifier | Regressor, d: Data, parts: Split) -> report.Part:
    """Section of the report on over-fitting: training and held-out scores, their gap, and the learning curves."""
    a, b, c, e = parts
    seen, new = float(model.score(a, b)), float(model.score(c, e))
    rows = [("training", f"{seen:.4f}"), ("held out", f"{new:.4f}"), ("gap", f"{seen - new:.4f}")]
    body = [table(("", ""), rows)]
    if model.history_.get("loss"):
        body.append(report.shown(report.curves(model.history_), "Loss and score by epoch."))
    return {"score": seen, "score_held_out": new, "gap": seen - new}, "Over-fitting", body


def more_samples(model: Classifier | Regressor, d: Data, parts: Split) -> report.Part:
    """Section of the report on scores of models that were trained on fewer samples."""
    a, b, c, e = parts
    rng = np.random.default_rng(0)
    lines = []
    for f in FRACTIONS:
        rows = _part(rng, b, f, d.task == "classification")
        fresh: Any = clone(model)
        new = fresh.set_params(progress=False).fit(a[rows], b[rows]) if f < 1 else model
        lines.append((len(rows), new.score(a[rows], b[rows]), new.score(c, e)))
    fig, axes = figure(5, 3)
    n, seen, held = (np.array(v) for v in zip(*lines, strict=True))
    axes[0, 0].plot(n, seen, "o-", color=colour(0), label="training")
    axes[0, 0].plot(n, held, "o-", color=colour(1), label="held out")
    axes[0, 0].set(xlabel="samples", ylabel="score", xscale="log")
    axes[0, 0].set_xticks(n, [str(k) for k in n])
    axes[0, 0].minorticks_off()
    axes[0, 0].legend(frameon=False)
    still = float(held[-1] - held[-2])
    words = "More samples would probably help." if still > 0.01 else "More samples of this kind would hardly help."
    return (
        {"gain_of_last_samples": still},
        "Number of samples",
        [report.shown(fig, "Models trained on fewer samples."), report.paragraph(words)],
    )


def _part(rng: np.random.Generator, y: np.ndarray, fraction: float, classes: bool) -> np.ndarray:
    """Indices of a random fraction of the samples, with at least two of every class."""
    order = rng.permutation(len(y))
    n = max(4, round(fraction * len(y)))
    if not classes:
        return order[:n]
    first = np.concatenate([order[y[order] == c][:2] for c in np.unique(y)])
    return np.unique(np.concatenate([first, order[:n]]))
