"""A time series that switches between two regimes: a network sees from recent moves which one it is in, a line can't.

python examples/forecast.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amine.learn import Regressor
from amine.learn.data.generated import regimes
from amine.view.style import colour, figure


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = regimes(12_000)
    X, y, X_new, y_new = d.split()
    best = d.extra["best"][-len(y_new) :]
    line = Regressor(neurons="identity", epochs=300, rate=0.01).fit(X, y)
    net = Regressor(
        hidden=(32, 32),
        neurons="relu",
        epochs=20,
        rate=0.003,
        batch_size=128,
        penalty=3e-3,
        schedule="cosine",
        precision="float32",
    ).fit(X, y)
    numbers = {"line": line.score(X_new, y_new), "network": net.score(X_new, y_new)}
    numbers["best"] = float(1 - np.mean((y_new - best) ** 2) / np.var(y_new))
    for name, value in numbers.items():
        print(f"{name:<8} explains {value:.3f} of the variance of new returns")

    fig, axes = figure(9, 3.2)
    span = slice(0, 150)
    axes[0, 0].plot(y_new[span], color="#999999", lw=1, label="returns")
    axes[0, 0].plot(net.predict(X_new)[span], color=colour(0), lw=1.2, label="network")
    axes[0, 0].plot(best[span], color=colour(1), lw=0.8, ls="--", label="who knows the regime")
    axes[0, 0].set(xlabel="step", ylabel="return")
    axes[0, 0].legend(frameon=False, ncols=3)
    folder.mkdir(parents=True, exist_ok=True)
    fig.savefig(folder / "forecast.png")
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
