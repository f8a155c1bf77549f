"""The plainest case of deep learning, by hand in NumPy and with the library: one layer, one output, ten samples.

Walks through initialisation, forward pass, loss, backward pass and update, shows that both agree, what a penalty on large
weights changes, and what two classic mistakes do.

    python examples/logistic_regression.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from amine.learn import Classifier

x = np.array([2, 3, 5, 4, 6, 2, 3, 6, 5, 4], dtype=float)
y = np.array([0, 0, 1, 0, 1, 0, 0, 1, 1, 0], dtype=float)
X = np.column_stack([np.ones_like(x), x])  # (10, 2): a column of ones, whose weight is the bias
STEP, ITERATIONS = 0.01, 1000


def sigmoid(s: np.ndarray) -> np.ndarray:
    """1/(1 + exp(-s)), with an exponential that never overflows."""
    e = np.exp(-np.abs(s))
    return np.where(s >= 0, 1.0, e) / (1.0 + e)


def log_loss(s: np.ndarray, y: np.ndarray) -> float:
    """-mean(y log p + (1 - y) log(1 - p)) worked out from the scores, so that log(0) never appears."""
    return float(np.mean(np.maximum(s, 0.0) - y * s + np.log1p(np.exp(-np.abs(s)))))


def by_hand(iterations: int = ITERATIONS, penalty: float = 0.0, sign: float = 1.0) -> tuple[np.ndarray, list[float]]:
    """Weights (2, 1) and the loss before each update; ``sign=-1`` makes the first classic mistake."""
    target = y[:, None]  # (10, 1): a column, like the scores
    w = np.zeros((2, 1))  # initialisation
    losses = []
    for _ in range(iterations):
        s = X @ w  # forward pass: scores (10, 1)
        p = sigmoid(s)  # probabilities
        losses.append(log_loss(s, target))
        error = sign * (p - target)  # backward pass: derivative of each sample's loss by its score
        gradient = (
            X.T @ error / len(X) + penalty * np.array([[0.0], [1.0]]) * w
        )  # mean over the batch; no penalty on the bias
        w = w - STEP * gradient  # update
    return w, losses


def with_library(iterations: int = ITERATIONS, penalty: float = 0.0, rate: float = STEP) -> Classifier:
    """The same by the library: its own bias stands for the column of ones."""
    model = Classifier(
        neurons="sigmoid",
        loss="cross_entropy",
        optimizer="sgd",
        rate=rate,
        iterations=iterations,
        initial="zero",
        penalty=penalty,
    )
    return model.fit(x[:, None], y)


def weights_of(model: Classifier) -> np.ndarray:
    """Bias and weight, in the order of the columns of X."""
    layer = model.network_.maps[0]
    return np.array([layer.bias.item(), layer.weight.item()])


def row_mistake(iterations: int = ITERATIONS) -> np.ndarray:
    """Weights when y stays a row: (10, 1) minus (10,) is (10, 10), and w silently becomes ten pairs of weights (2, 10)."""
    w = np.zeros((2, 1))
    for _ in range(iterations):
        w = w - STEP * X.T @ (sigmoid(X @ w) - y) / len(X)
    return w


def row_mistake_mse(iterations: int = 20_000) -> np.ndarray:
    """Probabilities when the loss is mean((p - y)^2) and y stays a row: each output is pulled towards every target."""
    w = np.zeros((2, 1))
    for _ in range(iterations):
        p = sigmoid(X @ w)
        error = 2 * (p - y).mean(axis=1, keepdims=True) * p * (1 - p)
        w = w - 10 * STEP * X.T @ error / len(X)
    return sigmoid(X @ w)[:, 0]


def main(folder: Path) -> dict[str, float]:
    """Draws the picture into ``folder`` and returns a few numbers."""
    w, losses = by_hand()
    model = with_library()
    apart = float(np.abs(w[:, 0] - weights_of(model)).max())
    print(f"by hand      bias {w[0, 0]:+.6f}, weight {w[1, 0]:+.6f}, boundary at x = {-w[0, 0] / w[1, 0]:.3f}")
    print(f"the library differs by {apart:.1e}")
    longer = {n: by_hand(n) for n in (1000, 10_000, 100_000)}
    for n, (v, lost) in longer.items():
        print(f"{n:>7} iterations: weight {v[1, 0]:7.3f}, boundary {-v[0, 0] / v[1, 0]:.3f}, loss {lost[-1]:.4f}")
    bounded = np.array(weights_of(with_library(4000, penalty=0.1, rate=0.2)))[:, None]
    print(f"with penalty 0.1: weight {bounded[1, 0]:.3f}, boundary {-bounded[0, 0] / bounded[1, 0]:.3f}")
    wrong, wrong_losses = by_hand(sign=-1.0)
    print(
        f"wrong sign: loss {wrong_losses[0]:.3f} -> {wrong_losses[-1]:.3f}, {np.mean((X @ wrong > 0)[:, 0] == y):.0%} right"
    )
    rows = row_mistake()
    same = np.mean((X @ rows > 0) == y)  # column j says y_j for (nearly) everything
    print(f"y as a row: w has shape {rows.shape}; column j predicts y[j] for {same:.0%} of all samples")
    flat = row_mistake_mse()
    print(f"y as a row in mse: all probabilities between {flat.min():.3f} and {flat.max():.3f}")
    _picture(folder, {n: v for n, (v, _) in longer.items()}, bounded, losses, wrong_losses)
    return {
        "apart": apart,
        "accuracy": model.score(x[:, None], y),
        "boundary": float(-w[0, 0] / w[1, 0]),
        "weight_1000": float(w[1, 0]),
        "weight_100000": float(longer[100_000][0][1, 0]),
        "weight_penalty": float(bounded[1, 0]),
        "wrong_sign_loss": wrong_losses[-1],
        "row_same": float(same),
        "row_mse_spread": float(np.ptp(flat)),
        "row_mse_mean": float(flat.mean()),
    }


def _picture(folder: Path, longer: dict[int, np.ndarray], bounded: np.ndarray, losses: list, wrong: list) -> None:
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    grid = np.linspace(1, 7, 301)
    features = np.column_stack([np.ones_like(grid), grid])
    left.plot(x, y, "o", color="#222222", label="samples", zorder=3)
    for (n, v), shade in zip(longer.items(), ("#56B4E9", "#0072B2", "#003c66"), strict=True):
        left.plot(grid, sigmoid(features @ v), color=shade, label=f"{n:,} iterations")
    left.plot(grid, sigmoid(features @ bounded), color="#D55E00", label="penalty 0.1")
    left.axhline(0.5, color="#999999", lw=0.7)
    left.axvline(4.5, color="#999999", lw=0.7, ls="--")
    left.set(xlabel="x", ylabel="probability of class 1", title="The step steepens without end")
    left.legend(frameon=False, fontsize=8)
    right.plot(losses, color="#0072B2", label="right sign")
    right.plot(wrong, color="#D55E00", label="wrong sign")
    right.set(xlabel="iteration", ylabel="log-loss", yscale="log", title="The sign of the error")
    right.legend(frameon=False)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "logistic_regression.png")


if __name__ == "__main__":
    main(Path("out/examples"))
