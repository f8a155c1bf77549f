"""What is reached on known tasks; long."""

from __future__ import annotations

import numpy as np
import pytest

from amine.learn import Classifier, data

pytestmark = pytest.mark.validate
SPIKES = dict(hidden=(128,), neurons="lif", steps=20, epochs=30, rate=0.005, batch_size=32, schedule="cosine")
DIGITS = {
    "mlp": (
        dict(hidden=(128,), neurons="relu", rate=0.003, epochs=60, batch_size=32, schedule="cosine", penalty=1e-4),
        0.97,
    ),
    "spikes": (SPIKES, 0.965),
    "eprop": (SPIKES | {"rule": "eprop"}, 0.95),
    "eprop_recurrent": (SPIKES | {"rule": "eprop", "recurrent": True}, 0.95),
}


@pytest.mark.parametrize("name", DIGITS)
def test_digits_over_five_seeds(name, record_property):
    d = data.get("digits")
    arguments, least = DIGITS[name]
    scores = []
    for seed in range(5):
        X, y, X_new, y_new = d.split(seed)
        scores.append(Classifier(**arguments, seed=seed).fit(X, y).score(X_new, y_new))
    record_property("scores", scores)
    print(name, np.round(scores, 4), f"{np.mean(scores):.4f} +- {np.std(scores, ddof=1):.4f}")
    assert np.mean(scores) >= least


YIN_YANG = {
    "eventprop": dict(
        hidden=(120,),
        neurons="lif",
        rule="eventprop",
        encoder="latency",
        steps=60,
        rate=0.005,
        epochs=30,
        batch_size=64,
        schedule="cosine",
    ),
    "spikes": dict(
        hidden=(120,),
        neurons="lif",
        steps=20,
        rate=0.01,
        epochs=60,
        batch_size=64,
        schedule="cosine",
        surrogate="triangular",
    ),
}


@pytest.mark.parametrize("name", YIN_YANG)
def test_yin_yang(name, record_property):
    d = data.get("yin_yang")
    scores = [Classifier(**YIN_YANG[name], seed=s).fit(d.X, d.y).score(*d.extra["test"]) for s in range(2)]
    record_property("scores", scores)
    print(name, scores)
    assert np.mean(scores) >= 0.975


@pytest.mark.parametrize("rule", ["feedback_alignment", "dfa"])
def test_random_feedback_is_nearly_as_good(rule):
    """Lillicrap et al. (2016), Nøkland (2016): on digits, little is lost against backpropagation."""
    X, y, X_new, y_new = data.get("digits").split(0)
    common = dict(hidden=(128,), neurons="tanh", rate=0.003, epochs=60, batch_size=32, schedule="cosine")
    exact = Classifier(**common).fit(X, y).score(X_new, y_new)
    assert Classifier(**common, rule=rule).fit(X, y).score(X_new, y_new) > exact - 0.02
