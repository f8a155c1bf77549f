"""Arguments of estimators that scikit-learn's users bring: weights of samples, several labels, sequences, seeds, optimisers, callbacks, rules in a grid."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_blobs, make_multilabel_classification
from sklearn.model_selection import GridSearchCV

import amine as am
from amine.learn import Classifier, Regressor, algorithms, load

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize("neurons", ["tanh", "lif"])
def test_a_weight_is_as_good_as_so_many_samples(neurons):
    w = np.random.default_rng(0).integers(0, 3, len(X))
    make = Classifier((6,), neurons, epochs=6, steps=8)
    weighed = clone(make).fit(X, Y, sample_weight=w).predict_proba(X)
    repeated = clone(make).fit(np.repeat(X, w, 0), np.repeat(Y, w)).predict_proba(X)
    np.testing.assert_allclose(weighed, repeated, atol=1e-4 if neurons == "lif" else 1e-10)
    assert not np.allclose(weighed, clone(make).fit(X, Y).predict_proba(X), atol=1e-4)


def test_weights_that_mean_nothing_are_refused():
    for w, match in ((np.ones(3), "one weight for each"), (-np.ones(150), "row 0"), (np.zeros(150), "all weights")):
        with pytest.raises(am.AmineError, match=match):
            Classifier(epochs=1).fit(X, Y, sample_weight=w)
    with pytest.raises(am.AmineError, match="no use for it"):
        Classifier((8,), rule="engram").fit(X, Y, sample_weight=np.ones(150) * 2)


def test_several_labels(tmp_path):
    x, y = make_multilabel_classification(120, 8, n_classes=3, random_state=0)
    model = Classifier((16,), "tanh", epochs=150, rate=0.02).fit(x, y)
    assert model.predict(x).shape == y.shape and model.score(x, y) > 0.6
    assert model.predict_proba(x).shape == y.shape == model.decision_function(x).shape
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(load(tmp_path / "m.safetensors").predict(x), model.predict(x))
    assert np.array_equal(clone(model).fit(x, sparse.csr_array(y)).predict(x), model.predict(x))
    with pytest.raises(am.AmineError, match="not 0 or 1"):
        Classifier().fit(x, y + 1)
    with pytest.raises(am.AmineError, match="one label a sample"):
        Classifier((8,), rule="engram").fit(x, y)


def test_sequences(tmp_path):
    rng = np.random.default_rng(0)
    x = (rng.random((80, 30, 3)) < 0.1).astype(float)
    y = rng.integers(0, 2, 80)
    x[y == 1, 20:, 0] = 1.0
    model = Classifier((12,), "lif", epochs=30, rate=0.03, batch_size=20, readout="leaky").fit(x, y)
    assert model.score(x, y) > 0.9 and model.n_features_in_ == 3
    assert model.predict(x[:4, :11]).shape == (4,)
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(load(tmp_path / "m.safetensors").decision_function(x), model.decision_function(x))
    for wrong, match in (
        (lambda: Classifier((4,)).fit(x, y), "no time"),
        (lambda: Classifier((4,), "lif", encoder="rate").fit(x, y), "'current'"),
        (lambda: model.predict(x[:, 0]), "number of axes"),
        (lambda: model.predict(x[:, :, :2]), "2 features"),
        (lambda: model.to_network(x[0, 0]), "sequences"),
    ):
        with pytest.raises(am.AmineError, match=match):
            wrong()


def test_seeds():
    def weights(**more):
        return Classifier((4,), epochs=1, **more).fit(X, Y).predict_proba(X)

    assert np.array_equal(weights(seed=3), weights(random_state=3))
    assert np.array_equal(weights(random_state=np.random.RandomState(1)), weights(seed=np.random.RandomState(1)))
    assert not np.array_equal(weights(seed=None), weights(seed=None))


def test_optimisers_by_class_and_with_arguments():
    by_name = Classifier(optimizer="sgd", optimizer_arguments={"momentum": 0.9}, rate=0.1, epochs=5).fit(X, Y)
    by_class = Classifier(optimizer=torch.optim.SGD, optimizer_arguments={"momentum": 0.9}, rate=0.1, epochs=5).fit(
        X, Y
    )
    made = Classifier(optimizer=lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), epochs=5).fit(X, Y)
    assert np.array_equal(by_name.predict_proba(X), by_class.predict_proba(X))
    assert np.array_equal(made.predict_proba(X), by_class.predict_proba(X))
    for given, more, match in (
        ("sgd", {"momentun": 1}, "momentun"),
        (torch.optim.LBFGS, {}, "one gradient a batch"),
        (3, {}, "no optimiser"),
    ):
        with pytest.raises(am.AmineError, match=match):
            Classifier(optimizer=given, optimizer_arguments=more, epochs=1).fit(X, Y)


def test_warm_start_and_callbacks():
    seen = []
    once = Classifier(epochs=20, rate=0.05).fit(X, Y)
    model = Classifier(epochs=10, rate=0.05, warm_start=True, callbacks=[lambda m, line: seen.append(line["loss"])])
    again = model.fit(X, Y).fit(X, Y)
    np.testing.assert_allclose(again.predict_proba(X), once.predict_proba(X))
    assert seen == again.history_["loss"] and len(seen) == 20
    stopped = Classifier(epochs=100, callbacks=[lambda m, line: len(m.history_["loss"]) == 3]).fit(X, Y)
    assert stopped.n_epochs_ == 3 and "callback" in stopped.stopped_


def test_options_of_a_rule_in_a_grid():
    for rule in ("truncated", algorithms.get("truncated")):
        base = Classifier((6,), "lif", rule=rule, epochs=1, steps=8, batch_size=50)
        grid = GridSearchCV(base, {"rule__stretch": [2, 8]}, cv=2, error_score="raise").fit(X, Y)
        assert {p["rule__stretch"] for p in grid.cv_results_["params"]} == {2, 8}
        assert grid.best_estimator_.rule.stretch == grid.best_params_["rule__stretch"]
    assert algorithms.get("truncated").stretch == 10
    with pytest.raises(am.AmineError, match="no option 'strech'"):
        base.set_params(rule__strech=3)


def test_sparse_samples():
    x, y = make_blobs(60, centers=3, n_features=5, random_state=0)
    x[x < 0] = 0
    dense, thin = Classifier(epochs=5).fit(x, y), Classifier(epochs=5).fit(sparse.csr_array(x), y)
    assert np.array_equal(dense.predict_proba(x), thin.predict_proba(sparse.csr_array(x)))


def test_portions_give_the_gradient_of_the_batch(monkeypatch):
    def fitted():
        return Regressor((6,), "lif", steps=10, epochs=4, precision="float64").fit(X[:, :2], X[:, 3]).predict(X[:, :2])

    whole = fitted()
    monkeypatch.setattr("amine.learn.base.TRAINED", 700)  # 11 samples at once
    np.testing.assert_allclose(fitted(), whole, atol=1e-9)
