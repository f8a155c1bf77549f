"""Diagnosis: is a breast tumour malignant? With honest probabilities, and a look at whether small tumours are served as well as large ones.

python examples/tumour.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amine.learn import Classifier, data
from amine.learn.audit import audit
from amine.view.style import colour, figure


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder``, writes the audit beside it and returns a few numbers."""
    d = data.get("tumour")
    X, y, X_new, y_new = d.split(0)
    model = Classifier(hidden=(16,), neurons="tanh", penalty=0.01, class_weight={1: 2.0}, epochs=150, rate=0.01).fit(
        X, y
    )
    p = model.predict_proba(X_new)[:, 1]
    found = float((p[y_new == 1] > 0.5).mean())
    false = float((p[y_new == 0] > 0.5).mean())
    result = audit(model, d, quick=True)
    print(f"{model.score(X_new, y_new):.3f} right; {found:.0%} of malignant ones found, {false:.0%} false alarms")
    print(result.text())

    fig, axes = figure(6, 3)
    for k, name in enumerate(d.classes):
        axes[0, 0].hist(p[y_new == k], np.linspace(0, 1, 21), color=colour(k), alpha=0.7, label=name)
    axes[0, 0].set(xlabel="probability of malignant", ylabel="held-out tumours", yscale="log")
    axes[0, 0].legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "tumour.png")
    result.write(folder / "tumour_audit.html", overwrite=True)
    return {
        "score": model.score(X_new, y_new),
        "found": found,
        "false": false,
        "calibration_error": result.summary["calibration_error"],
    }


if __name__ == "__main__":
    main(Path("out/examples"))
