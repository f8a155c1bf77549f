"""Scaling of features before they are encoded."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
from amine.learn.layers import Spec  # noqa: E402
from amine.learn.spiking import ENCODERS, Spiking  # noqa: E402


def network(encoder, n=3):
    return Spiking(Spec(n, 2, (4,), am.models.get("lif"), precision="float32", steps=5, encoder=encoder))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_outlier_does_not_stretch_the_range(encoder):
    x = torch.as_tensor(np.random.default_rng(0).normal(size=(600, 3)), dtype=torch.float32)
    clean, spoiled = network(encoder), network(encoder)
    clean.set_range(x)
    assert clean.low.min() == x.amin() and clean.high.max() == x.amax()
    y = x.clone()
    y[17, 1], y[18, 2] = 1e4, -1e4
    spoiled.set_range(y)
    torch.testing.assert_close(spoiled.low, clean.low, rtol=0, atol=1.0)
    torch.testing.assert_close(spoiled.high, clean.high, rtol=0, atol=1.0)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_range_spans_all_parts(encoder):
    x = torch.rand(100, 3)
    whole, parts = network(encoder), network(encoder)
    whole.set_range(x)
    parts.set_range(x[:10])
    for part in x[10:].split(15):
        parts.widen_range(part)
    assert torch.equal(parts.low, whole.low) and torch.equal(parts.high, whole.high)


def test_features_that_hardly_vary_keep_their_range():
    x = torch.zeros(100, 3)
    x[4, 0] = 16.0
    net = network("current")
    net.set_range(x)
    assert net.low.tolist() == [0, 0, 0] and net.high.tolist() == [16, 1, 1]
