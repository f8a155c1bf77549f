"""Each part of an audit against what is known."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am
from amine.learn import Classifier, Regressor, data
from amine.learn.audit import audit
from amine.learn.audit.attribution import attribute, spike_saliency
from amine.learn.audit.calibration import reliability
from amine.learn.audit.cost import activity, operations
from amine.learn.audit.held_out import held_out
from amine.learn.audit.privacy import private

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6))
Y = (2 * X[:, 1] - X[:, 4] > 0).astype(int)


def test_attribution_of_a_linear_model_is_weight_times_distance():
    model = Classifier(epochs=100).fit(X, Y)
    shares = attribute(model, X[:20])
    w = model.network_.maps[0].weight.detach().numpy()[0]
    np.testing.assert_allclose(shares, w * (X[:20] - X[:20].mean(0)), atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [{}, {"neurons": "lif", "steps": 15}, {"neurons": "lif", "rule": "eventprop", "encoder": "latency", "steps": 40}],
    ids=["rates", "spikes", "events"],
)
def test_attribution_finds_what_counts(more):
    model = Classifier(
        **{"hidden": (24,), "neurons": "tanh", "rate": 0.02, "epochs": 30, "batch_size": 30, **more}
    ).fit(X, Y)
    assert model.score(X, Y) > 0.85
    size = np.abs(attribute(model, X[:60])).mean(0)
    assert size.argmax() == 1


def test_saliency_of_spikes_adds_up():
    model = Classifier(hidden=(20,), neurons="lif", steps=15, rate=0.02, epochs=5, batch_size=30).fit(X, Y)
    fired, share = spike_saliency(model, X[0])
    last = model.network_.maps[-1]
    assert fired.sum() > 0 and (share[fired == 0] == 0).all()
    total = share.sum() + last.bias.item()  # the read-out is linear, so shares and bias make the score
    assert total == pytest.approx(model.decision_function(X[:1])[0], rel=1e-4)


def test_calibration_of_coins():
    p = RNG.uniform(0.5, 1.0, 200_000)
    right = RNG.random(p.size) < p
    assert reliability(p, right.astype(float))[3] < 0.005
    assert reliability(np.full(1000, 0.9), np.repeat([0.0, 1.0], 500))[3] == pytest.approx(0.4)


def test_operations_are_counted():
    model = Classifier(hidden=(10,), neurons="relu", epochs=1).fit(X, Y)
    found = operations(model, X)
    assert found["multiply_adds"] == 6 * 10 + 10 and found["energy"] == pytest.approx(70 * 4.6e-3)
    spiking = Classifier(hidden=(10,), neurons="lif", encoder="latency", steps=12, epochs=1).fit(X, Y)
    events = activity(spiking, X)["events"]
    assert events[0] <= 6
    found = operations(spiking, X)
    assert found["additions"] == pytest.approx(events[0] * 10 + events[1])
    assert found["multiply_adds"] == 10 * 12  # neurons: one state, twelve steps


def test_privacy_costs_more_the_more_noise():
    model = Classifier(hidden=(8,), neurons="tanh").fit(X, Y)
    loud, small = private(model, X, Y, noise=4.0, epochs=4)
    quiet, large = private(model, X, Y, noise=0.7, epochs=4)
    assert 0 < small < large < 50 and quiet.score(X, Y) > 0.8
    assert loud.predict_proba(X[:2]).shape == (2, 2)
    with pytest.raises(am.AmineError, match="gradients of single samples"):
        private(Classifier(hidden=(8,), rule="dfa", epochs=1).fit(X, Y), X, Y)


def test_everything_at_once(tmp_path):
    d = data.get("tumour")
    a, b, _, _ = d.split(0)
    model = Classifier(hidden=(8,), neurons="tanh", epochs=40).fit(a, b)
    found = audit(model, d)
    assert len(found.sections) == 7
    assert found.summary["score_held_out"] > 0.9 and 0 < found.summary["accuracy_difference_between_groups"] < 0.3
    assert found.summary["private_noise_1.5"]["epsilon"] < found.summary["private_noise_0.6"]["epsilon"]
    assert (held_out(d, d.split(0), d.y) == d.split(0)[3]).all()
    found.write(tmp_path / "a.html")
    with pytest.raises(am.AmineError, match="it exists"):
        found.write(tmp_path / "a.html")
    assert "private noise 0.6: epsilon" in found.text()


def test_regression():
    d = data.get("regimes")
    a, b, _, _ = d.split()
    found = audit(Regressor(hidden=(8,), neurons="tanh", epochs=20).fit(a, b), d, quick=True)
    assert [s[0] for s in found.sections] == ["Attribution", "Over-fitting", "Cost"]
