"""Scaling of features before they are encoded."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
from sklearn.datasets import load_iris, make_blobs  # noqa: E402
from sklearn.preprocessing import RobustScaler, StandardScaler  # noqa: E402

from amine.learn import Classifier  # noqa: E402
from amine.learn.layers import Spec  # noqa: E402
from amine.learn.ranges import Range  # noqa: E402
from amine.learn.spiking import ENCODERS, Spiking  # noqa: E402


def network(encoder, n=3):
    return Spiking(Spec(n, 2, (4,), am.models.get("lif"), precision="float32", steps=5, encoder=encoder))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_outlier_does_not_stretch_the_range(encoder):
    x = torch.as_tensor(np.random.default_rng(0).normal(size=(600, 3)), dtype=torch.float32)
    clean, spoiled = network(encoder), network(encoder)
    clean.set_range(x)
    assert clean.range.low.min() == x.amin() and clean.range.high.max() == x.amax()
    y = x.clone()
    y[17, 1], y[18, 2] = 1e4, -1e4
    spoiled.set_range(y)
    torch.testing.assert_close(spoiled.range.low, clean.range.low, rtol=0, atol=1.0)
    torch.testing.assert_close(spoiled.range.high, clean.range.high, rtol=0, atol=1.0)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_range_spans_all_parts(encoder):
    x = torch.rand(100, 3)
    whole, parts = network(encoder), network(encoder)
    whole.set_range(x)
    parts.set_range(x[:10])
    for part in x[10:].split(15):
        parts.widen_range(part)
    assert torch.equal(parts.range.low, whole.range.low) and torch.equal(parts.range.high, whole.range.high)


def test_features_that_hardly_vary_keep_their_range():
    x = torch.zeros(100, 3)
    x[4, 0] = 16.0
    net = network("current")
    net.set_range(x)
    assert net.range.low.tolist() == [0, 0, 0] and net.range.span.tolist() == [16, 1, 1]


@pytest.mark.parametrize("first", [1, 3, 40])
def test_an_outlier_in_a_stream_is_known_as_one_later(first):
    """Even if it came in the first call, or in features that are mostly zero."""
    x = np.random.default_rng(1).normal(size=(600, 3))
    x[:, 2] = np.where(np.arange(600) % 50 == 0, np.random.default_rng(2).uniform(1, 16, 600), 0)
    x[0, 0], x[0, 1], x[500, 2] = 1e4, -1e4, 1e4
    stream = Range(3, torch.float64)
    for part in (x[:first], *np.array_split(x[first:], 9)):
        stream.widen(torch.from_numpy(part))
    clean = np.delete(x, (0, 500), 0)
    np.testing.assert_allclose(stream.low, clean.min(0), atol=1.0)
    np.testing.assert_allclose(stream.high, clean.max(0), atol=1.0)
    assert int(stream.seen) == 600


@pytest.mark.parametrize("scaler", ["auto", "robust", StandardScaler(), RobustScaler()])
@pytest.mark.parametrize("neurons", ["tanh", "lif"])
def test_an_outlier_does_not_spoil_a_fit(scaler, neurons):
    X, y = make_blobs(600, centers=2, random_state=0)
    X[17, 1] = 1e4
    if scaler == "auto" and neurons == "tanh" or isinstance(scaler, StandardScaler):
        pytest.skip("scaled by the spread, which the outlier stretches")
    model = Classifier((8,), neurons, scaler=scaler, steps=10, epochs=30, rate=0.05, batch_size=60, seed=1).fit(X, y)
    assert model.score(X, y) > 0.93


def test_scalers_that_do_not_fit_are_refused():
    X, y = make_blobs(30, centers=2, random_state=0)
    for scaler, match in (("robst", "robust"), (3, "fit and transform")):
        with pytest.raises(am.AmineError, match=match):
            Classifier(scaler=scaler).fit(X, y)
    with pytest.raises(am.AmineError, match="partial_fit"):
        Classifier(scaler=RobustScaler()).partial_fit(X, y)
    with pytest.raises(am.AmineError, match="no use for it"):
        Classifier((8,), rule="engram", scaler="range").fit(X, y)
    model = Classifier(scaler=StandardScaler(), epochs=3).partial_fit(X, y).partial_fit(X, y)
    assert int(model.scaler_.n_samples_seen_) == 60


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_prediction_depends_on_the_sample_alone(encoder):
    """Neither on its batch, nor on its place in it, to the last bit; nor do the spikes of an encoder in training."""
    X, y = load_iris(return_X_y=True)
    model = Classifier(
        (12,), "lif", encoder=encoder, recurrent=True, steps=12, epochs=2, batch_size=30, rate=0.02, surrogate="arctan"
    ).fit(X, y)
    whole, order = model.decision_function(X), np.random.default_rng(0).permutation(150)
    assert np.array_equal(model.decision_function(X[order]), whole[order])
    assert np.array_equal(np.vstack([model.decision_function(x[None]) for x in X[:40]]), whole[:40])
    net = model.network_.train()
    x = torch.as_tensor(X, dtype=torch.float32)
    net.begin(3)
    lines = net.encode(x)
    assert torch.equal(net.encode(x[order]), lines[:, order]) and torch.equal(net.encode(x[7:8]), lines[:, 7:8])
    net.begin(4)
    assert torch.equal(net.encode(x), lines) == (encoder != "rate")
