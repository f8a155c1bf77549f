"""Transformers of scikit-learn as scalers of an estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from amine.errors import AmineError
from amine.learn.ranges import SCALERS


def copied(where: str, scaler: object) -> Any:
    """An unfitted copy of a transformer; raises AmineError if it is none."""
    if not (callable(getattr(scaler, "fit", None)) and callable(getattr(scaler, "transform", None))):
        raise AmineError(
            where,
            "this is neither a name nor a transformer",
            given=repr(scaler)[:40],
            expected=f"{', '.join(SCALERS)}, or an object with fit and transform",
        )
    return clone(scaler)  # type: ignore[type-var]


def fit(where: str, scaler: Any, X: np.ndarray, y: np.ndarray, *, stream: bool) -> None:
    """Fits a transformer to samples (samples, features), or to further ones of a stream."""
    learn = getattr(scaler, "partial_fit", None) if stream else scaler.fit
    if learn is None:
        raise AmineError(
            f"{where}, {type(scaler).__name__}",
            "it has no partial_fit, so it cannot follow a stream of samples",
            hint="use fit(), scaler='robust', or a transformer such as StandardScaler",
        )
    learn(X, y)


def transform(where: str, scaler: Any, X: np.ndarray) -> np.ndarray:
    """Samples (samples, features) by a fitted transformer; raises AmineError if one is no finite number any more."""
    out = scaler.transform(X)
    out = np.asarray(out.toarray() if issparse(out) else out, float)
    if not np.isfinite(out).all():
        raise AmineError(f"{where}, {type(scaler).__name__}", "its output is not finite")
    return out
