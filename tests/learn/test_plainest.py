"""One layer by hand and with the library, on ten samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from amine.learn import Classifier
from amine.learn.losses import Loss

x = np.array([2, 3, 5, 4, 6, 2, 3, 6, 5, 4], dtype=float)
y = np.array([0, 0, 1, 0, 1, 0, 0, 1, 1, 0], dtype=float)
X = np.column_stack([np.ones_like(x), x])


def by_hand(iterations: int, penalty: float = 0.0) -> np.ndarray:
    w = np.zeros((2, 1))
    for _ in range(iterations):
        p = 1 / (1 + np.exp(-X @ w))
        w = w - 0.01 * (X.T @ (p - y[:, None]) / 10 + penalty * w * [[0.0], [1.0]])
    return w[:, 0]


def weights(model: Classifier) -> np.ndarray:
    layer = model.network_.maps[0]
    return np.array([layer.bias.item(), layer.weight.item()])


@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_library_agrees_with_numpy(penalty):
    model = Classifier(optimizer="sgd", rate=0.01, iterations=1000, initial="zero", penalty=penalty).fit(x[:, None], y)
    np.testing.assert_allclose(weights(model), by_hand(1000, penalty), rtol=0, atol=1e-10)


def test_a_column_of_ones_is_a_bias():
    model = Classifier(optimizer="sgd", rate=0.01, iterations=1000, initial="zero", bias=False).fit(X, y)
    np.testing.assert_allclose(model.network_.maps[0].weight.detach().numpy()[0], by_hand(1000), rtol=0, atol=1e-10)


def test_separable_classes_have_no_finite_optimum():
    w1, w2 = by_hand(2_000), by_hand(20_000)
    assert w2[1] > 2 * w1[1]
    scores = X @ np.array([-45.0, 10.0])
    losses = [np.mean(np.logaddexp(0, k * scores) - y * k * scores) for k in (1, 2, 4, 8)]
    assert all(b < a for a, b in zip(losses, losses[1:], strict=False)) and losses[-1] < 1e-15


def test_penalty_makes_the_optimum_finite():
    def cost(w: np.ndarray) -> float:
        s = X @ w
        return float(np.mean(np.logaddexp(0, s) - y * s) + 0.05 * w[1] ** 2)

    best = minimize(cost, np.zeros(2), tol=1e-12).x
    model = Classifier(optimizer="sgd", rate=0.2, iterations=6000, initial="zero", penalty=0.1).fit(x[:, None], y)
    np.testing.assert_allclose(weights(model), best, rtol=1e-4)


def test_a_column_of_targets_means_the_same_as_a_row():
    row = Classifier(epochs=20).fit(x[:, None], y)
    with pytest.warns(Warning, match="column-vector"):
        column = Classifier(epochs=20).fit(x[:, None], y[:, None])
    np.testing.assert_array_equal(weights(row), weights(column))


@pytest.mark.parametrize("score", [-1e4, -800.0, -30.0, 0.0, 30.0, 800.0, 1e4])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_log_loss_is_stable(score, label):
    s = torch.tensor([[score]], dtype=torch.float64, requires_grad=True)
    loss = Loss("cross_entropy", "binary")(s, torch.tensor([[label]], dtype=torch.float64))
    loss.backward()
    exact = np.logaddexp(0.0, score if label == 0 else -score)
    assert loss.item() == pytest.approx(exact, rel=1e-12, abs=1e-12)
    assert s.grad.item() == pytest.approx(1 / (1 + np.exp(-np.clip(score, -700, 700))) - label, abs=1e-12)
