"""The protocol, files, stopping, and what is said of wrong input."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.datasets import load_iris, make_blobs, make_classification
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import amine as am
from amine.learn import Classifier, Regressor, load
from amine.learn.spiking import ENCODERS
from amine.learn.training import SCHEDULES, optimizers

IRIS = load_iris(return_X_y=True)
WEIGHTS = ("shape", "not_an_array", "list", "not_overwritten", "pandas_series")
WEIGHT_CHECKS = [f"check_sample_weights_{k}" for k in WEIGHTS]
WEIGHT_CHECKS += [f"check_sample_weight_equivalence_on_{k}_data" for k in ("dense", "sparse")]
WEIGHT_CHECKS += ["check_classifiers_one_label_sample_weights"]
UNWEIGHTED = {r: dict.fromkeys(WEIGHT_CHECKS, "the rule refuses weights of samples") for r in ("engram", "reward")}


@pytest.mark.parametrize(
    "estimator",
    [
        Classifier(),
        pytest.param(Classifier(hidden=(16,), neurons="tanh"), marks=pytest.mark.validate),
        pytest.param(Regressor(hidden=(16,), neurons="relu"), marks=pytest.mark.validate),
        Classifier(hidden=(16,), rule="engram"),
        Regressor(hidden=(100,), rule="engram"),
    ],
    ids=lambda e: f"{type(e).__name__}{e.hidden}{e.rule}",
)
def test_protocol_of_scikit_learn(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(estimator, on_fail=None, expected_failed_checks=UNWEIGHTED.get(estimator.rule))
    assert len(found) > 40
    assert [f["check_name"] for f in found if f["status"] == "failed"] == []


SPIKING = {"neurons": "lif", "steps": 50, "rate": 0.03, "epochs": 25, "batch_size": 30}
EVERY = (
    [Classifier((16,), encoder=e, **SPIKING) for e in ENCODERS]
    + [Regressor((16,), **SPIKING)]
    + [Classifier((16,), rule=r, **SPIKING) for r in ("truncated", "eprop", "reward")]
    + [Classifier((32,), rule="eventprop", encoder="latency", **{**SPIKING, "epochs": 60})]
    + [Classifier((16,), "tanh", rule=r) for r in ("feedback_alignment", "oja", "plastic", "backpropamine")]
    + [Classifier((16,), "relu", rule="hebb")]
    + [Classifier((16,), **{**SPIKING, "neurons": n}) for n in am.models.names("neuron")]
)


@pytest.mark.validate
@pytest.mark.parametrize("estimator", EVERY, ids=lambda e: f"{type(e).__name__}-{e.neurons}-{e.rule}-{e.encoder}")
def test_protocol_with_every_encoder_rule_and_neuron(estimator):
    test_protocol_of_scikit_learn(estimator)


@pytest.mark.parametrize("neurons", ["sigmoid", "tanh", "relu", "softmax", "identity"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_activations_and_losses(neurons, loss):
    model = Classifier(hidden=(12,), neurons=neurons, loss=loss, rate=0.03, epochs=250).fit(*IRIS)
    assert model.score(*IRIS) > 0.9
    np.testing.assert_allclose(model.predict_proba(IRIS[0]).sum(1), 1.0)
    assert model.history_["loss"][-1] < 0.6 * model.history_["loss"][0]


@pytest.mark.parametrize("name", sorted(optimizers()))
def test_every_optimiser_of_torch(name):
    X, y = make_blobs(60, centers=2, random_state=0)
    matrices = name == "muon"  # takes matrices only
    model = Classifier(
        hidden=(4,) if not matrices else (), optimizer=name, rate=0.05, epochs=20, bias=not matrices
    ).fit(X, y)
    assert model.history_["loss"][-1] < model.history_["loss"][0]


def test_softmax_without_hidden_layers_has_an_output_for_each_class():
    X, y = make_blobs(60, centers=2, random_state=0)
    one, two = Classifier().fit(X, y), Classifier(neurons="softmax").fit(X, y)
    assert one.network_.maps[-1].out_features == 1 and two.network_.maps[-1].out_features == 2
    assert two.decision_function(X).shape == one.decision_function(X).shape == (60,)


def test_seed_decides():
    a, b, c = (
        Classifier(hidden=(8,), epochs=5, batch_size=16, seed=s).fit(*IRIS).predict_proba(IRIS[0]) for s in (1, 1, 2)
    )
    assert (a == b).all() and (a != c).any()


def test_random_numbers_of_the_caller_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Classifier(hidden=(8,), epochs=2, batch_size=16).fit(*IRIS)
    assert torch.equal(torch.rand(3), expected)


def test_class_weights_are_repeated_samples():
    X, y = make_classification(80, weights=[0.8], random_state=1)
    w = Classifier(optimizer="sgd", rate=0.1, epochs=30, initial="zero", class_weight={0: 1, 1: 3}).fit(X, y)
    Xr, yr = np.vstack([X, *[X[y == 1]] * 2]), np.concatenate([y, *[y[y == 1]] * 2])
    factor = len(yr) / len(y)  # a mean over more samples
    r = Classifier(optimizer="sgd", rate=0.1 * factor, epochs=30, initial="zero").fit(Xr, yr)
    np.testing.assert_allclose(w.decision_function(X), r.decision_function(X), atol=1e-10)
    assert (Classifier(class_weight="balanced").fit(X, y).predict(X) == 1).sum() > (
        Classifier().fit(X, y).predict(X) == 1
    ).sum()


def test_early_stopping_keeps_the_best_weights():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 20)), rng.integers(0, 2, 80)
    model = Classifier(
        hidden=(64,), neurons="relu", rate=0.02, epochs=400, early_stopping=True, validation_fraction=0.25
    ).fit(X, y)
    losses = model.history_["validation_loss"]
    assert "early" in model.stopped_ and model.n_epochs_ == len(losses) < 400
    from sklearn.model_selection import train_test_split

    _, b = train_test_split(np.arange(80), test_size=20, random_state=0, stratify=y)
    p = np.clip(model.predict_proba(X[b])[np.arange(20), y[b]], 1e-12, 1)
    assert -np.log(p).mean() == pytest.approx(min(losses), abs=2e-4)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules(schedule):
    rates = Classifier(epochs=30, rate=0.1, schedule=schedule).fit(*IRIS).history_["rate"]
    assert rates[0] == pytest.approx(0.1)
    assert (rates[-1] == rates[0]) if schedule == "constant" else (rates[-1] < 0.2 * rates[0])


def test_iterations_count_updates():
    assert Classifier(iterations=30, batch_size=50).fit(*IRIS).n_epochs_ == 10


def test_partial_fit_goes_on():
    X, y = IRIS
    whole = Classifier(hidden=(8,), epochs=10, batch_size=30).fit(X, y)
    part = Classifier(hidden=(8,), batch_size=30)
    for _ in range(10):
        part.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_allclose(whole.predict_proba(X), part.predict_proba(X))
    with pytest.raises(am.AmineError, match="not among the classes"):
        part.partial_fit(X, y + 1)


def test_works_in_a_search():
    search = GridSearchCV(Classifier(epochs=40), {"hidden": [(), (8,)], "neurons": ["tanh"]}, cv=2).fit(*IRIS)
    assert search.best_score_ > 0.8 and clone(search.best_estimator_).get_params()["epochs"] == 40


NOISY = am.models.neuron(
    "noisy", "dv/dt = (R*I - v)/tau + s*xi*sqrt(2/tau) : mV\nthreshold v > V_th\nreset v = 0*mV\ninitial v = 0*mV",
    R="0.1 mV/pA", tau="10 ms", s="3 mV", V_th="15 mV",
)  # fmt: skip


# --- files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels", [np.array([0, 1, 2]), np.array(["a", "b", "c"]), np.array(["a", "b", "c"], dtype=object)]
)
def test_saved_classifier_predicts_the_same(tmp_path, labels):
    X, y = IRIS
    model = Classifier(hidden=(8,), epochs=5, rule="dfa", class_weight={labels[0]: 2.0}).fit(X, labels[y])
    model.save(tmp_path / "m.safetensors")
    back = load(tmp_path / "m.safetensors")
    assert (back.predict_proba(X) == model.predict_proba(X)).all() and (back.predict(X) == model.predict(X)).all()
    assert back.get_params().keys() == model.get_params().keys() and back.history_ == model.history_
    assert torch.equal(back._learner.feedback_0, model._learner.feedback_0)
    with pytest.raises(am.AmineError, match="it exists"):
        model.save(tmp_path / "m.safetensors")


def test_saved_regressor_predicts_the_same(tmp_path):
    X = IRIS[0]
    model = Regressor(hidden=(8,), epochs=5).fit(X[:, :2], X[:, 2:])
    model.save(tmp_path / "m.safetensors")
    assert (load(tmp_path / "m.safetensors").predict(X[:, :2]) == model.predict(X[:, :2])).all()


def test_arguments_set_after_a_fit_change_no_prediction(tmp_path):
    """Neither before nor after saving: they describe the next fit; what goes on learning with them is refused by name."""
    X, y = IRIS[0][:100], IRIS[1][:100]
    changes = {"steps": 9, "dt": "0.5 ms", "encoder": "rate", "readout": "leaky", "neurons": "sigmoid", "hidden": ()}
    changes |= {"rule": "dfa", "scaler": StandardScaler(), "bias": False, "warm_start": True}
    model = Classifier(hidden=(5,), neurons="lif", steps=6, epochs=2).fit(X, y)
    want = model.predict_proba(X)
    model.set_params(**{k: v for k, v in changes.items() if k != "scaler"}, scaler="range")
    model.save(tmp_path / "m.safetensors")
    back = load(tmp_path / "m.safetensors")
    assert (back.predict_proba(X) == want).all() and (model.predict_proba(X) == want).all()
    assert back.steps == 9 and back.hidden == ()
    for go_on in (model.fit, model.partial_fit, back.partial_fit):
        with pytest.raises(am.AmineError, match="Classifier, hidden: the network was made with another .given .., exp"):
            go_on(X, y)
    assert (model.set_params(scaler=changes["scaler"]).predict_proba(X) == want).all()


def test_noise_of_neurons_is_the_samples_own(tmp_path):
    X, y = IRIS[0][50:80], IRIS[1][40:70]
    model = Classifier(hidden=(6,), neurons=NOISY, steps=8, epochs=2).fit(X, y)
    want = model.predict_proba(X)
    assert (np.concatenate([model.predict_proba(x[None]) for x in X]) == want).all()
    assert (model.predict_proba(X[::-1])[::-1] == want).all() and len(np.unique(want[:, 0])) > 3
    model.save(tmp_path / "m.safetensors")
    assert (load(tmp_path / "m.safetensors").predict_proba(X) == want).all()
    draws = am.learn.nn.encode.noise(torch.arange(40), 50, 30)
    assert abs(draws.mean()) < 0.01 and abs(draws.std() - 1) < 0.01


def test_damaged_files(tmp_path):
    path = tmp_path / "m.safetensors"
    Classifier(epochs=2).fit(*IRIS).save(path)
    with safe_open(path, framework="pt") as f:
        meta, tensors = f.metadata(), {k: f.get_tensor(k) for k in f.keys()}  # noqa: SIM118
    good = path.read_bytes()

    def refused(words: str) -> None:
        with pytest.raises(am.AmineError, match=words) as e:
            load(path)
        assert str(path) in str(e.value) and "\n" not in str(e.value)

    path.write_bytes(good[:-5])
    refused("damaged")
    path.write_bytes(good[:-5] + bytes(5))
    refused("weights are not those")
    path.write_bytes(b"nothing of the kind")
    refused("damaged or not a model")
    save_file(tensors, path, metadata={**meta, "version": "99"})
    refused("another version")
    save_file(tensors, path)
    refused("not written by amine")
    save_file(tensors, path, metadata={**meta, "description": "{"})
    refused("description is damaged")
    description = json.loads(meta["description"])
    del description["parameters"]["hidden"], description["fitted"]["classes_"]
    save_file(tensors, path, metadata={**meta, "description": json.dumps(description)})
    refused("damaged")
    with pytest.raises(am.AmineError, match="does not exist"):
        load(tmp_path / "none")


# --- bad input -------------------------------------------------------------------------------------------------

GAP = IRIS[0].copy()
GAP[3, 1] = np.nan


@pytest.mark.parametrize(
    ("arguments", "X", "y", "words"),
    [
        ({}, IRIS[0][:10], IRIS[1], "along axis 0"),
        ({}, GAP, IRIS[1], "NaN in row 3, column 1"),
        ({}, IRIS[0][:, 0], IRIS[1], "one axis only"),
        ({}, IRIS[0][:, :, None], IRIS[1], "samples are sequences"),
        ({}, [["a", "b"], ["c", "d"]], [0, 1], "convert"),
        ({}, IRIS[0], np.zeros(150), "one class only"),
        ({}, IRIS[0], np.c_[IRIS[1], IRIS[1]], "along axis 1"),
        ({"rule": "backprob"}, *IRIS, "did you mean 'backprop'"),
        ({"neurons": "adx", "hidden": 3}, *IRIS, "did you mean 'adex'"),
        ({"neurons": "sigmoud"}, *IRIS, "did you mean 'sigmoid'"),
        ({"neurons": am.models.AMPA, "hidden": 3}, *IRIS, "receptor model"),
        ({"neurons": "lif"}, *IRIS, "hidden layers, and there are none"),
        ({"optimizer": "adan"}, *IRIS, "did you mean 'adam'"),
        ({"loss": "rmse"}, *IRIS, "did you mean 'mse'"),
        ({"schedule": "cosin"}, *IRIS, "did you mean 'cosine'"),
        ({"initial": "ones"}, *IRIS, "initialisation 'ones' is not known"),
        ({"initial": "zero", "hidden": (3,)}, *IRIS, "stay identical"),
        ({"hidden": (3, 0)}, *IRIS, "whole number"),
        ({"hidden": "3"}, *IRIS, "list of layer sizes"),
        ({"rate": -1}, *IRIS, "above 0"),
        ({"rate": float("nan")}, *IRIS, "does not fit"),
        ({"epochs": 0}, *IRIS, "epochs"),
        ({"batch_size": 2.5}, *IRIS, "batch_size"),
        ({"precision": "float16"}, *IRIS, "precision"),
        ({"class_weight": {7: 1.0}}, *IRIS, "class 7 is not in y"),
        ({"class_weight": "even"}, *IRIS, "balanced"),
        ({"class_weight": {"1": 1.0}}, *IRIS, "class '1' is not in y; the labels are of type int"),
        ({"class_weight": [0, 0, 0]}, *IRIS, "all weights are zero"),
        ({}, IRIS[0], np.array([b"a", b"b", b"c"])[IRIS[1]], "labels are bytes"),
        ({}, IRIS[0], IRIS[1] + 0.5, "Unknown label type: continuous .* use Regressor"),
        ({}, IRIS[0], np.array([1, "a", "b"], object)[IRIS[1]], "Unknown label type: .* all of one kind"),
        ({"early_stopping": True, "validation_fraction": 0.0}, *IRIS, "needs samples"),
        ({"validation_fraction": 0.9}, IRIS[0][[0, 149]][:1].repeat(2, 0), [0, 1], "no samples are left"),
    ],
)
def test_bad_input_is_one_sentence(arguments, X, y, words):
    with pytest.raises(am.AmineError, match=words) as e:
        Classifier(**arguments).fit(X, y)
    assert "\n" not in str(e.value) and str(e.value).startswith("Classifier")


def test_bad_regressions():
    X = IRIS[0]
    with pytest.raises(am.AmineError, match="cross-entropy needs classes"):
        Regressor(loss="cross_entropy").fit(X, X[:, 0])
    with pytest.raises(am.AmineError, match="NaN"):
        Regressor().fit(X, GAP[:, 1])
    model = Regressor(epochs=2).fit(X, X[:, :2])
    with pytest.raises(am.AmineError, match="along axis 1"):
        model.partial_fit(X, X[:, :3])


def test_prediction_with_other_features_says_how_many():
    model = Classifier(epochs=1).fit(*IRIS)
    with pytest.raises(am.AmineError, match="X has 3 features, but Classifier is expecting 4"):
        model.predict(IRIS[0][:, :3])


def test_prediction_needs_a_fit():
    with pytest.raises(NotFittedError):
        Classifier().predict_proba(IRIS[0])


def test_explosion_keeps_the_best_weights():
    X, y = IRIS
    start = Regressor(epochs=1, rate=1e-9).fit(X, y)
    model = Regressor(optimizer="sgd", rate=0.1, epochs=3000)  # each step leads a little further away
    with pytest.warns(am.AmineWarning, match="the weights of epoch 1, the best, are kept"):
        model.fit(X, y)
    assert np.abs(model.predict(X)).max() < 100 * np.abs(start.predict(X)).max()
    model = Regressor(optimizer="sgd", rate=1e6, epochs=400)
    with pytest.warns(am.AmineWarning, match=r"in epoch \d+; the weights of epoch \d+, the best, are kept"):
        model.fit(X, y)
    assert "exploded" in model.stopped_ and np.isfinite(model.predict(X)).all()
    with pytest.raises(am.AmineError, match="in epoch 1"):
        Regressor(optimizer="sgd", rate=1e30, precision="float32", batch_size=10).fit(X * 1e20, y)


@pytest.mark.parametrize("rate", [1e4, 1e8, 1e30])
@pytest.mark.parametrize("batch_size", [None, 20])
@pytest.mark.parametrize("neurons", ["tanh", "lif"])
def test_a_finite_loss_that_is_lost_is_said(rate, batch_size, neurons):
    """A rate of 1e4 and more leads to finite losses up to 1e30."""
    X, y = IRIS
    model = Classifier((6,), neurons, rate=rate, epochs=4, batch_size=batch_size, optimizer="sgd", steps=8)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            model.fit(X, y)
    except am.AmineError as e:
        assert "nothing was learned" in str(e)
    else:
        assert [w for w in said if w.category is am.AmineWarning] or model.history_["loss"][-1] < 1e3
        assert log_loss(y, model.predict_proba(X)) < 1e3


def test_a_single_pass_that_is_lost_is_said():
    X, y = IRIS
    with pytest.raises(am.AmineError, match="nothing was learned"):
        Regressor((4,), "relu", rate=1e30, epochs=1, optimizer="sgd").fit(X, y)
    model = Regressor((4,), "relu", epochs=50).fit(X, y)
    before = model.predict(X)
    model.optimizer_.param_groups[0] |= {"lr": 1e30, "initial_lr": 1e30}
    with pytest.warns(am.AmineWarning, match="the weights from before are kept|of epoch 1, the best"):
        model.partial_fit(X, y)
    np.testing.assert_allclose(model.predict(X), before)
