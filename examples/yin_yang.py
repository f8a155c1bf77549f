"""Yin-Yang: a figure that no line divides, learned with exact gradients of spike times (EventProp).

python examples/yin_yang.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amine.learn import Classifier, data
from amine.view.style import colour, figure


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = data.get("yin_yang")
    X_new, y_new = d.extra["test"]
    line = Classifier(epochs=200, rate=0.05).fit(d.X, d.y)
    model = Classifier(
        hidden=(40,),
        neurons="lif",
        rule="eventprop",
        encoder="latency",
        steps=60,
        rate=0.01,
        epochs=9,
        batch_size=64,
        schedule="cosine",
    ).fit(d.X, d.y)
    numbers = {"line": line.score(X_new, y_new), "eventprop": model.score(X_new, y_new)}
    print(f"a line: {numbers['line']:.3f}, spiking neurons: {numbers['eventprop']:.3f} of new points")

    fig, axes = figure(8, 3.8, 1, 2)
    for ax, m, name in zip(axes[0], (line, model), ("linear", "EventProp"), strict=True):
        said = m.predict(X_new)
        for k in range(3):
            ax.plot(*X_new[said == k, :2].T, ".", color=colour(k), ms=4)
        wrong = said != y_new
        ax.plot(*X_new[wrong, :2].T, "x", color="#222222", ms=5)
        ax.set(title=f"{name}: {np.mean(~wrong):.1%}", aspect="equal")
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "yin_yang.png")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
