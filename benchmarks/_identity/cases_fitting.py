"""Estimators: a few updates with each learning rule; weights, losses and scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from _identity.record import Arrays
from _identity.registry import case

RATES = ("backprop", "feedback_alignment", "dfa", "reward", "hebb", "oja", "plastic", "backpropamine")
SPIKES = ("backprop", "truncated", "eprop", "dfa", "stdp", "eventprop")


def data() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of points."""
    rng = np.random.default_rng(1)
    y = np.arange(48) % 3
    return rng.normal(size=(48, 5)) + 2.0 * np.eye(5)[y], y


def fitted(rule: str, threads: int, **given: Any) -> Arrays:
    """What a classifier is after three epochs."""
    import torch

    from amine.learn import Classifier

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        X, y = data()
        model = Classifier(hidden=(8,), rule=rule, epochs=3, batch_size=16, seed=1, **given).fit(X, y)
        out = {f"{rule}/parameter {k}": p.detach().numpy().copy() for k, p in enumerate(model.network_.parameters())}
        return out | {f"{rule}/loss": np.asarray(model.history_["loss"]), f"{rule}/scores": model.decision_function(X)}
    finally:
        torch.set_num_threads(before)


@case("rate networks: backprop, alignment, reward, Hebb, Oja, plastic synapses", both=True, quick=True)
def rates(precision: str, threads: int) -> Arrays:
    out: Arrays = {}
    for rule in RATES:
        out |= fitted(rule, threads, neurons="relu" if rule in ("hebb", "oja") else "tanh", precision=precision)
    return out


@case("spiking networks: through time, truncated, e-prop, alignment, STDP, EventProp")
def spikes(precision: str, threads: int) -> Arrays:
    out: Arrays = {}
    for rule in SPIKES:
        out |= fitted(
            rule,
            threads,
            neurons="lif",
            steps=12,
            precision=precision,
            encoder="latency" if rule == "eventprop" else "current",
        )
    return out


@case("recurrent AdEx neurons with e-prop; a regressor")
def recurrent(precision: str, threads: int) -> Arrays:
    from amine.learn import Regressor

    X, y = data()
    model = Regressor(hidden=(6,), neurons="tanh", epochs=3, seed=1, precision=precision).fit(X, y.astype(float))
    out = fitted("eprop", threads, neurons="adex", steps=12, recurrent=True, precision=precision)
    return out | {"regressor": np.asarray(model.predict(X))}


@case("data that is generated")
def sets(precision: str, threads: int) -> Arrays:
    from amine.learn import data as library

    out: Arrays = {}
    for name in ("yin_yang", "lesions", "regimes", "ratings", "languages"):
        found = library.get(name)
        out |= {f"{name}/X": np.asarray(found.X), f"{name}/y": np.asarray(found.y)}
    return out
