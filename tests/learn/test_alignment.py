"""Random feedback: it aligns, and it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from amine.learn import Classifier, algorithms
from amine.learn.layers import Dense, Spec
from amine.learn.losses import Loss

X, Y = load_digits(return_X_y=True)
X = X / 16.0


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.rad2deg(torch.acos(torch.cosine_similarity(a.flatten(), b.flatten(), 0))))


@pytest.mark.parametrize("rule", ["feedback_alignment", "dfa"])
def test_transposed_feedback_is_backprop(rule):
    torch.manual_seed(0)
    hidden = (7, 6) if rule == "feedback_alignment" else (7,)
    spec = Spec(5, 4, hidden, "tanh")
    made = algorithms.get(rule)
    net, loss = Dense(spec), Loss("cross_entropy", "classes")
    learner = made.start(net, loss)
    for k in range(len(hidden)):
        getattr(learner, f"feedback_{k}").copy_(net.maps[k + 1].weight)
    x, y = torch.randn(9, 5, dtype=torch.float64), torch.randint(0, 4, (9,))
    learner.step(x, y)
    found = [p.grad.clone() for p in net.parameters()]
    algorithms.get("backprop").start(net, loss).step(x, y)
    for f, p in zip(found, net.parameters(), strict=True):
        torch.testing.assert_close(f, p.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("rule", ["feedback_alignment", "dfa"])
def test_the_angle_to_backprop_falls_below_a_right_angle(rule):
    model = Classifier(
        hidden=(64, 64), neurons="tanh", rule=rule, optimizer="sgd", rate=0.2, epochs=1, batch_size=32
    ).fit(X, Y)
    x, y = torch.tensor(X[:400]), torch.tensor(Y[:400])
    angles = []
    for _ in range(6):
        model._learner.step(x, y)
        found = [m.weight.grad.clone() for m in model.network_.maps[:-1]]
        algorithms.get("backprop").start(model.network_, model._learner.loss).step(x, y)
        angles.append([angle(f, m.weight.grad) for f, m in zip(found, model.network_.maps, strict=False)])
        for _ in range(3):
            model.partial_fit(X, Y)
    assert np.max(angles[-1]) < 75 and np.mean(angles[-1]) < np.mean(angles[0])
    assert model.score(X, Y) > 0.97
