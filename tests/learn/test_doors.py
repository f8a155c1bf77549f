"""Estimators take any arguments and data, and answer or say in one sentence what is wrong; no answer holds a number that is none.

A quick profile runs here; ``pytest -m validate tests/learn/test_doors.py`` tries some 5000. A constructor keeps what it is given, as
scikit-learn demands, so that arguments are refused by ``fit``. TypeError is left to data that scikit-learn's own checks refuse so.
"""

from __future__ import annotations

import random
import sys
import warnings
from pathlib import Path

import pytest

pytest.importorskip("torch")
import numpy as np
import pandas as pd
from scipy import sparse

import amine as am
from amine.learn import Classifier, Inhibited, Regressor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from anything import NUMBERS, ODD, TEXTS

RNG = np.random.default_rng(0)
X, Y = RNG.random((12, 3)), np.arange(12) % 2
LONG = {2**31, 2**63, 10**400, 1e300}  # as a number of epochs or neurons these are right, and take long
POOL = [x for x in (*TEXTS, *NUMBERS, *ODD) if not (isinstance(x, int | float) and x in LONG)]
DATA = [
    X, X.tolist(), X[:1], X[:, :0], X[:0], X[:, 0], X[0, 0], X * np.nan, X * np.inf, X * 1e300, X * 1e-300, X * 0, X.astype(np.float32), X.astype(np.float16),
    (X * 9).astype(int), X > 0.5, X.astype(complex), X.astype(str), X.astype(object), X.astype("M8[s]"), np.array(["a", None] * 6, object), X[:, :, None], X[None],
    sparse.csr_array(X), pd.DataFrame(X), np.ma.masked_array(X, X > 0.5), [[1.0], [1.0, 2.0]], {"a": 1}, "x", 3, None, range(12), object(),
]  # fmt: skip
LABELS = [
    Y, Y.tolist(), Y.astype(str), Y.astype(float), Y * 0, Y[:3], Y[:0], Y > 0, Y[:, None], np.stack([Y, 1 - Y], 1), RNG.random(12), RNG.random((12, 2)),
    np.full(12, np.nan), np.full(12, np.inf), np.full(12, 1e300), np.arange(12), np.array(["a", None] * 6, object), pd.Series(Y), [[0], [1, 2]] * 6, "x", 3, None,
    {1: 2}, Y.astype(complex), Y.astype("M8[s]"), object(),
]  # fmt: skip
MAKERS = {
    "Classifier": (Classifier, {"hidden": (2,), "neurons": "tanh", "epochs": 2}),
    "Regressor": (Regressor, {"hidden": (2,), "neurons": "tanh", "epochs": 2}),
    "spiking": (Classifier, {"hidden": (2,), "neurons": "lif", "epochs": 1, "steps": 4}),
}


def said(call, *args, data: bool = False):
    """The result, or None where one sentence says what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(*args)
        except am.AmineError as e:
            assert "\n" not in str(e) and len(str(e)) < 1500
        except (TypeError, ValueError) as e:
            if not data or not any("sklearn" in f for f in files(e)):
                raise
    return None


def files(e: BaseException) -> list[str]:
    """Files of a traceback."""
    out, at = [], e.__traceback__
    while at is not None:
        out.append(at.tb_frame.f_code.co_filename)
        at = at.tb_next
    return out


def answers(model, x: object) -> None:
    """What a fitted model says is finite, or refused."""
    for name in ("predict", "predict_proba", "decision_function"):
        found = said(getattr(model, name), x, data=True) if hasattr(model, name) else None
        if found is not None and np.asarray(found).dtype.kind == "f":
            assert np.isfinite(found).all(), (name, x)


def with_arguments(kind: str, rng: random.Random) -> None:
    maker, base = MAKERS[kind]
    names = [n for n in maker().get_params() if n not in ("progress", "callbacks")]
    given = {**base, rng.choice(names): rng.choice(POOL)}
    model = maker(**given)
    if said(model.fit, X, Y) is not None:
        answers(model, X)


def with_data(kind: str, rng: random.Random) -> None:
    maker, base = MAKERS[kind]
    x, y = (rng.choice(DATA), Y) if rng.random() < 0.5 else (X, rng.choice(LABELS))
    model = maker(**base)
    if said(model.fit, x, y, data=True) is not None:
        answers(model, x)
        answers(model, rng.choice(DATA))


@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
@pytest.mark.parametrize("attempt", [with_arguments, with_data])
def test_anything_is_answered_or_refused(kind, attempt):
    rng = random.Random(1)
    for _ in range(40):
        attempt(kind, rng)


@pytest.mark.validate
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("attempt", [with_arguments, with_data])
def test_many_things_are_answered_or_refused(kind, attempt):
    rng = random.Random(2)
    for _ in range(800):
        attempt(kind, rng)


def test_the_optimiser_of_engram_modules_refuses_what_it_cannot_use():
    for given in (None, 3, "x", [], [1.0], {}):
        assert said(Inhibited, given) is None


@pytest.mark.parametrize("surrogate", [int, float, len, lambda: 1, lambda x: 1, lambda x: x[:1]])
def test_a_surrogate_that_is_no_function_of_a_tensor_is_refused(surrogate):
    with pytest.raises(am.AmineError, match="surrogate: this is no function of a tensor"):
        Classifier(hidden=(2,), neurons="lif", epochs=1, steps=4, surrogate=surrogate).fit(X, Y)
