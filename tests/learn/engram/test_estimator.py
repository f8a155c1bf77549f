"""``rule="engram"``: streams, doses, files, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits

import amine as am
from amine.learn import Classifier, Regressor, algorithms, load

X, Y = load_digits(return_X_y=True)
X = X / 16.0
NEW, NEW_Y, X, Y = X[1200:], Y[1200:], X[:1200], Y[:1200]
TASKS = [np.flatnonzero(np.isin(Y, t)) for t in ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))]


def stream(model: Classifier) -> Classifier:
    for task in TASKS:
        model.partial_fit(X[task], Y[task], classes=range(10))
    return model


def test_a_stream_of_tasks_is_as_one_fit():
    one, many = Classifier((100,), rule="engram").fit(X, Y), stream(Classifier((100,), rule="engram"))
    np.testing.assert_allclose(one.predict_proba(NEW), many.predict_proba(NEW), atol=1e-6)
    assert many.score(NEW, NEW_Y) > 0.88 and many.surprises_ == []
    assert len(many.history_["loss"]) == 5 and one.n_epochs_ == 1
    p = many.predict_proba(NEW)
    np.testing.assert_allclose(p.sum(1), 1.0)
    assert (many.classes_[p.argmax(1)] == many.predict(NEW)).all()


def test_a_drug_while_learning():
    free, blocked = Classifier((100,), rule="engram"), Classifier((100,), rule="engram").dose("gabazine", "1 mM")
    assert stream(blocked).score(NEW, NEW_Y) < stream(free).score(NEW, NEW_Y) - 0.3
    assert clone(blocked).get_params()["rule"] == blocked.rule and blocked.rule.chemistry.gaba < 1e-3
    after = blocked.wash_out().fit(X, Y)
    assert after.rule.doses == () and after.score(NEW, NEW_Y) == free.score(NEW, NEW_Y)


def test_a_dose_after_learning_acts_on_what_comes():
    model = Classifier((100,), rule="engram")
    for k, task in enumerate(TASKS):
        if k == 3:
            model.dose("bicuculline", "1 mM")
        model.partial_fit(X[task], Y[task], classes=range(10))
    free = stream(Classifier((100,), rule="engram"))
    assert model.score(NEW, NEW_Y) < free.score(NEW, NEW_Y) - 0.05


@pytest.mark.parametrize("leak", [0.3, "auto"])
def test_files_go_on_where_they_stopped(tmp_path, leak):
    model = Classifier((100,), rule=algorithms.get("engram", leak=leak)).dose("gabazine", "20 nM")
    for task in TASKS[:3]:
        model.partial_fit(X[task], Y[task], classes=range(10))
    model.save(tmp_path / "m.safetensors")
    back = load(tmp_path / "m.safetensors")
    for m in (model, back):
        m.partial_fit(X[TASKS[3]], Y[TASKS[3]])
    assert (model.predict_proba(NEW) == back.predict_proba(NEW)).all() and back.rule == model.rule
    assert (model.uncertainty(NEW) == back.uncertainty(NEW)).all()


def test_uncertainty_tells_what_is_new():
    model = Classifier((100,), rule="engram").fit(X[TASKS[0]], Y[TASKS[0]])
    known = np.isin(NEW_Y, (0, 1))
    assert np.median(model.uncertainty(NEW[~known])) > 2 * np.median(model.uncertainty(NEW[known]))


@pytest.mark.parametrize("scaling", ["contrast", "features", "none"])
def test_the_module_has_the_rates_of_the_expansion_and_their_gradients(scaling):
    model = Classifier((50,), rule=algorithms.get("engram", scaling=scaling)).fit(X[TASKS[0]], Y[TASKS[0]])
    x = torch.from_numpy(X[:20]).requires_grad_()
    rates = model.network_.drive(x)
    np.testing.assert_allclose(rates.detach().numpy(), model.network_.expansion(X[:20]), atol=1e-12)
    model.network_(x).sum().backward()
    assert x.grad is not None and x.grad.abs().max() > 0


def test_regression_in_one_pass():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (600, 2))
    y = np.c_[np.sin(2 * x[:, 0]), x[:, 0] * x[:, 1]]
    by_size = np.argsort(x[:, 0])
    sorted_, mixed = (Regressor((200,), rule="engram", seed=1) for _ in range(2))
    mixed.fit(x, y)
    np.testing.assert_allclose(sorted_.fit(x[by_size], y[by_size]).predict(x), mixed.predict(x), atol=1e-6)
    assert mixed.score(x, y) > 0.95


@pytest.mark.parametrize("make", [Classifier, Regressor])
def test_scaled_features_are_those_of_the_first_call(make):
    x, y = X[:80, 20:28], (X[:80, 30] > 0.5).astype(int if make is Classifier else float)
    more = {"classes": [0, 1]} if make is Classifier else {}
    one, block = (make((30,), rule="engram").partial_fit(x[:20], y[:20], **more) for _ in range(2))
    for k in range(20, 80):
        one.partial_fit(x[k : k + 1], y[k : k + 1])
    block.partial_fit(x[20:], y[20:])
    np.testing.assert_allclose(one.predict(x), block.predict(x), atol=1e-9)
    with pytest.warns(am.AmineWarning, match="first call, which has 1 sample;"):
        make((30,), rule="engram").partial_fit(x[:1], y[:1], **more)


@pytest.mark.parametrize("size", [1e8, 1e200])
def test_samples_too_large_for_double_precision_are_refused_and_change_nothing(size):
    model = Classifier((30,), rule=algorithms.get("engram", scaling="none")).fit(X[:50], Y[:50])
    before = model.predict_proba(NEW)
    with pytest.raises(am.AmineError, match="too strong for double precision"):
        model.partial_fit(size * X[:50], Y[:50])
    assert (model.predict_proba(NEW) == before).all()


def test_surprises_of_a_regression_do_not_depend_on_blocks():
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, (240, 2))
    y = np.where(np.arange(240) < 200, x[:, 0], 5.0 - x[:, 0])  # the world changes
    one, block = (Regressor((20,), rule="engram").partial_fit(x[:20], y[:20]) for _ in range(2))
    for k in range(20, 240):
        one.partial_fit(x[k : k + 1], y[k : k + 1])
    block.partial_fit(x[20:], y[20:])
    assert one.surprises_ == block.surprises_ and len(one.surprises_) == 1 and 200 < one.surprises_[0] < 230


def test_class_weights_are_repeated_samples():
    some, twice = TASKS[0][:60], TASKS[0][:60][Y[TASKS[0][:60]] == 1]
    weighted = Classifier((30,), rule="engram", class_weight={0: 1.0, 1: 3.0}).fit(X[some], Y[some])
    again = np.concatenate([some, twice, twice])
    repeated = Classifier((30,), rule="engram").fit(X[again], Y[again])
    np.testing.assert_allclose(weighted.decision_function(X), repeated.decision_function(X), atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"hidden": ()}, "one hidden layer"),
        ({"hidden": (10, 10)}, "one hidden layer"),
        ({"neurons": "tanh"}, "its neurons are 'relu'"),
        ({"precision": "float32"}, "float64"),
        ({"epochs": 3}, "rule 'engram' has no use for it"),
        ({"optimizer": "sgd"}, "rule 'engram' has no use for it"),
        ({"rule": algorithms.get("engram", scaling="sample")}, "scaling"),
        ({"rule": algorithms.get("engram", gaba=-1.0)}, "engram, gaba"),
        ({"rule": algorithms.get("engram", module="x")}, "module.*a whole number"),
        ({"rule": algorithms.get("engram", module=2.5)}, "module.*a whole number"),
        ({"rule": algorithms.get("engram", spread=float("nan"))}, "spread"),
    ],
)
def test_what_means_nothing_is_refused(arguments, words):
    with pytest.raises(am.AmineError, match=words):
        Classifier(**{"hidden": (20,), "rule": "engram"} | arguments).fit(X, Y)


def test_other_rules_have_no_doses():
    with pytest.raises(am.AmineError, match="rule 'backprop' has none"):
        Classifier().dose("bicuculline", "1 uM")
    with pytest.raises(am.AmineError, match="bicuculine.*did you mean"):
        Classifier((10,), rule="engram").dose("bicuculine", "1 uM")
    with pytest.warns(am.AmineWarning, match="acts on nothing"):
        Classifier((10,), rule="engram").dose("caffeine", "1 uM")


def test_the_rule_itself_needs_no_torch():
    code = "import sys, amine.learn.engram; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
