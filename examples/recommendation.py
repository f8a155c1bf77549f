"""Recommendation: what would a user give an item that they haven't rated? A network with one hidden layer of tastes.

python examples/recommendation.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amine.learn import Regressor, data, report


def main(folder: Path) -> dict[str, float]:
    """Learns, draws the picture into ``folder`` and returns a few numbers."""
    d = data.get("ratings")
    X, y, X_new, y_new = d.split()

    def error(p: np.ndarray) -> float:
        return float(np.sqrt(np.mean((p - y_new) ** 2)))

    linear = Regressor(neurons="identity", epochs=300, rate=0.02, penalty=0.003).fit(X, y)
    network = Regressor(
        hidden=(32,), neurons="tanh", epochs=150, rate=0.01, batch_size=64, penalty=0.001, schedule="cosine"
    ).fit(X, y)
    numbers = {
        "mean": error(np.full(len(y_new), y.mean())),
        "user_and_item": error(linear.predict(X_new)),
        "network": error(network.predict(X_new)),
    }
    for name, value in numbers.items():
        print(f"{name:<14} is wrong by {value:.3f} stars (root mean square)")
    user = 0
    items = np.zeros((40, X.shape[1]))
    items[:, user], items[np.arange(40), d.extra["users"] + np.arange(40)] = 1, 1
    print(f"for user {user}: items {', '.join(map(str, np.argsort(network.predict(items))[::-1][:5]))}")
    folder.mkdir(parents=True, exist_ok=True)
    report.scatter(y_new + np.random.default_rng(0).uniform(-0.2, 0.2, len(y_new)), network.predict(X_new)).savefig(
        folder / "recommendation.png"
    )
    return numbers


if __name__ == "__main__":
    main(Path("out/examples"))
