"""Unsupervised rules find what theory says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs

from amine import models
from amine.learn import algorithms
from amine.learn.layers import Dense, Spec
from amine.learn.losses import Loss
from amine.learn.spiking import Spiking
from amine.learn.training import few_threads

LOSS = Loss("cross_entropy", "classes")


@pytest.fixture(autouse=True)
def one_thread():
    """Others only get in the way of arrays as small as these."""
    with few_threads(0):
        yield


def run(rule, net, x, y, rate: float, steps: int) -> None:
    learner = rule.start(net, LOSS)
    opt = torch.optim.SGD([*net.maps[0].parameters()], lr=rate)
    for _ in range(steps):
        learner.step(x, y)
        opt.step()


def test_oja_finds_principal_components():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    x = torch.tensor(3.0 + rng.normal(size=(300, 6)) * [5.0, 3.0, 1.5, 1.0, 0.5, 0.2] @ basis)
    net = Dense(Spec(6, 2, (3,), "identity"))
    run(algorithms.get("oja"), net, x, torch.zeros(300, dtype=torch.long), 0.5, 600)
    _, _, v = np.linalg.svd(x.numpy() - x.numpy().mean(0))
    w = net.maps[0].weight.detach().numpy()
    np.testing.assert_allclose(np.abs((w * v[:3]).sum(1)), 1.0, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(w, axis=1), 1.0, atol=1e-3)
    np.testing.assert_allclose(net.maps[0].bias.detach().numpy(), -w @ x.numpy().mean(0), atol=1e-2)


def test_competition_finds_clusters():
    X, _ = make_blobs(300, n_features=5, centers=4, cluster_std=0.3, random_state=2)
    net = Dense(Spec(5, 2, (12,), "relu"))
    run(algorithms.get("hebb"), net, torch.tensor(X), torch.zeros(300, dtype=torch.long), 0.2, 200)
    w = net.maps[0].weight.detach().numpy()
    nearest = np.linalg.norm(X[:, None] - w[None], axis=2).min(1)
    assert nearest.mean() < 1.0 < 0.2 * np.linalg.norm(X - X.mean(0), axis=1).mean()


def test_stdp_strengthens_what_comes_before_spikes():
    torch.manual_seed(0)
    spec = Spec(8, 2, (1,), models.get("lif"), precision="float64", steps=40, encoder="latency")
    net = Spiking(spec)
    with torch.no_grad():
        net.maps[0].weight.fill_(0.2)
        net.maps[0].bias.zero_()
    early = torch.cat([torch.full((1, 4), 0.95), torch.full((1, 4), 0.05)], 1).double()  # four lines early, four late
    run(algorithms.get("stdp", inhibition=0.0), net, early, torch.zeros(1, dtype=torch.long), 0.5, 30)
    w = net.maps[0].weight.detach()[0]
    assert w[:4].min() > 0.2 > w[4:].max() and w.abs().max() <= 0.5
