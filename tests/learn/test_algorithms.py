"""Every rule learns, says why it can't where it can't, and is saved with its state."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import amine as am
from amine import models
from amine.learn import Classifier, Regressor, algorithms, load
from amine.learn.layers import Spec
from amine.learn.losses import Loss
from amine.learn.spiking import Spiking

X, Y = load_digits(n_class=4, return_X_y=True)
X, Y = X[:280] / 16, Y[:280]

# rule: (arguments for rates, for spikes); None where the rule refuses
FAST = dict(rate=0.02, epochs=6, batch_size=40)
SLOW = dict(optimizer="sgd", rate=0.3, epochs=6, batch_size=40)
CASES = {
    "backprop": (FAST, FAST),
    "truncated": (None, FAST),
    "feedback_alignment": (FAST, FAST),
    "dfa": (FAST, FAST),
    "eprop": (None, FAST),
    "reward": (FAST | {"epochs": 20}, FAST | {"epochs": 14, "batch_size": 20}),
    "hebb": (SLOW | {"neurons": "relu"}, None),
    "oja": (SLOW | {"neurons": "identity"}, None),
    "stdp": (None, SLOW),
    "plastic": (FAST, None),
    "backpropamine": (FAST, None),
    "eventprop": (None, FAST | {"encoder": "latency", "steps": 40, "rate": 0.05}),
    "engram": ({"neurons": "relu"}, None),
}


def test_every_rule_is_listed():
    assert list(CASES) == algorithms.names()
    for name in algorithms.names():
        assert algorithms.get(name).name == name and algorithms.get(name).to_dict()["name"] == name
        assert type(algorithms.get(name)).__name__ in dir(algorithms) and type(algorithms.get(name)).__doc__


def made(rule: str, spikes: bool, **more) -> Classifier:
    arguments = CASES[rule][spikes]
    start = {"neurons": "lif", "steps": 12} if spikes else {"neurons": "tanh"}
    return Classifier(hidden=(24,), rule=rule, **{**start, **(arguments or {}), **more})


@pytest.mark.parametrize("spikes", [False, True], ids=["rates", "spikes"])
@pytest.mark.parametrize("rule", CASES)
def test_learns_or_says_why_not(rule, spikes, tmp_path):
    model = made(rule, spikes)
    if CASES[rule][spikes] is None:
        with pytest.raises(am.AmineError, match=f"rule '{rule}': the network can't follow it: .*(spike|states)"):
            model.fit(X, Y)
        return
    model.fit(X, Y)
    assert model.score(X, Y) > 0.8, model.score(X, Y)
    model.save(tmp_path / "m.safetensors")
    back = load(tmp_path / "m.safetensors")
    assert (back.predict_proba(X) == model.predict_proba(X)).all()
    for a in (model, back):
        a.partial_fit(X[:40], Y[:40])
    assert np.isfinite(back.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rule": "eprop", "neurons": "lif", "readout": "max_over_time"}, "isn't linear"),
        ({"rule": "truncated", "neurons": "lif", "readout": "max_over_time"}, "isn't a sum"),
        ({"rule": "eventprop", "neurons": "adex", "encoder": "latency"}, "has other equations"),
        ({"rule": "eventprop", "neurons": "lif"}, "encoder='latency'"),
        ({"rule": "eventprop", "neurons": "lif", "encoder": "latency", "recurrent": True}, "recurrent"),
        ({"rule": "plastic", "hidden": ()}, "no hidden layer"),
        (
            {"rule": "eprop", "neurons": models.neuron("flat", "dv/dt = -v/tau + I/C : mV", tau="5 ms", C="9 pF")},
            "no threshold",
        ),
        ({"neurons": "lif", "encoder": "latent"}, "did you mean 'latency'"),
        ({"neurons": "lif", "readout": "max"}, "read-out 'max' is not known"),
    ],
)
def test_refusals_say_why(arguments, words):
    with pytest.raises(am.AmineError, match=words):
        Classifier(**{"hidden": (5,), **arguments}).fit(X, Y)


def test_reward_needs_classes():
    with pytest.raises(am.AmineError, match="a regression has none"):
        Regressor(hidden=(4,), rule="reward").fit(X, X[:, 0])


def test_unknown_options():
    with pytest.raises(am.AmineError, match="no option 'feedbak'; did you mean 'feedback'"):
        algorithms.get("eprop", feedbak="random")
    with pytest.raises(am.AmineError, match="did you mean 'random'"):
        algorithms.get("eprop", feedback="randon")


@pytest.mark.parametrize("encoder", ["current", "rate", "latency", "population", "delta"])
def test_encoders(encoder):
    model = Classifier(hidden=(32,), neurons="lif", encoder=encoder, steps=16, rate=0.02, epochs=8, batch_size=20).fit(
        X, Y
    )
    assert model.score(X, Y) > (0.5 if encoder == "delta" else 0.85)  # delta reads all pixels along one line
    whole, order = model.predict_proba(X), np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict_proba(X[order]), whole[order], atol=1e-3)
    alone = np.concatenate([model.predict_proba(x[None]) for x in X[:20]])
    np.testing.assert_allclose(alone, whole[:20], atol=1e-3)
    assert (model.predict_proba(X) == whole).all()


# --- truncated -------------------------------------------------------------------------------------------------


def gradients(rule, net, loss, x, y) -> list[torch.Tensor]:
    (algorithms.get(rule) if isinstance(rule, str) else rule).start(net, loss).step(x, y)
    return [p.grad.clone() for p in net.parameters()]


def network(model="lif", recurrent=False, readout="mean", hidden=(7,), steps=24, seed=3, **more):
    torch.manual_seed(seed)
    net = Spiking(
        Spec(
            6,
            3,
            hidden,
            models.get(model),
            precision="float64",
            steps=steps,
            recurrent=recurrent,
            readout=readout,
            **more,
        )
    )
    with torch.no_grad():
        for p in net.maps[0].parameters():
            p.mul_(3.0)
    return net, torch.rand(5, 6, dtype=torch.float64), torch.randint(0, 3, (5,))


@pytest.mark.parametrize("readout", ["mean", "leaky"])
def test_truncated_in_one_stretch_is_backprop(readout):
    net, x, y = network(recurrent=True, readout=readout)
    loss = Loss("cross_entropy", "classes")
    exact = gradients("backprop", net, loss, x, y)
    for a, b in zip(exact, gradients(algorithms.get("truncated", stretch=24), net, loss, x, y), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)
    short = gradients(algorithms.get("truncated", stretch=5), net, loss, x, y)
    torch.testing.assert_close(exact[2:4], short[2:4])  # the read-out's own weights don't reach back
    cosine = torch.cosine_similarity(exact[0].flatten(), short[0].flatten(), 0)
    assert 0.3 < cosine < 1.0 - 1e-6
