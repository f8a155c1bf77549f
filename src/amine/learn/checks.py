"""Checks of an estimator's arguments and data, made before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.learn.base import Estimator


def one_of(where: str, word: str, value: object, known: Iterable[str]) -> str:
    """``value`` if it is one of the known names; otherwise raises AmineError with the nearest name."""
    known = list(known)
    if not isinstance(value, str) or value not in known:
        raise AmineError(where, f"{word} {value!r} is not known", hint=did_you_mean(str(value), known))
    return value


def number(where: str, value: object, low: float = -math.inf, high: float = math.inf, open_low: bool = False) -> float:
    """A finite number between bounds; ``open_low`` excludes the lower one."""
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        x = float(value)
        if math.isfinite(x) and low <= x <= high and not (open_low and x == low):
            return x
    bounds = f"a number {'above' if open_low else 'from'} {low:g}" + (f" to {high:g}" if high < math.inf else "")
    raise AmineError(where, "this value does not fit", given=repr(value)[:40], expected=bounds)


def whole(where: str, value: object, low: int = 1) -> int:
    """A whole number of at least ``low``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise AmineError(
            where, "this value does not fit", given=repr(value)[:40], expected=f"a whole number, {low} or more"
        )
    return int(value)


def sizes(where: str, hidden: object) -> tuple[int, ...]:
    """Numbers of neurons of the hidden layers, checked."""
    if isinstance(hidden, int | np.integer) and not isinstance(hidden, bool):
        hidden = (hidden,)
    if not isinstance(hidden, tuple | list):
        raise AmineError(
            f"{where}, hidden",
            "this is not a list of layer sizes",
            given=repr(hidden)[:40],
            expected="such as (64, 32)",
        )
    return tuple(whole(f"{where}, hidden", n) for n in hidden)


def data(estimator: Estimator, X: npt.ArrayLike, *, reset: bool) -> np.ndarray:
    """X as an array of floats (samples, features) without missing values; sets or checks ``n_features_in_``."""
    from sklearn.utils.validation import validate_data

    where = f"{type(estimator).__name__}, X"
    check: Any = validate_data  # its annotations name strings for arrays
    try:
        array = check(
            estimator, X, reset=reset, dtype=(np.float64, np.float32), ensure_all_finite=False, ensure_min_samples=1
        )
    except AmineError:
        raise
    except ValueError as e:
        problem = str(e).splitlines()[0].rstrip(".")
        if "1D array" in problem:
            raise AmineError(
                where,
                "there is one axis only",
                expected="(samples, features)",
                hint="Reshape your data: X.reshape(-1, 1) if it is one feature, X.reshape(1, -1) if it is one sample",
            ) from e
        raise AmineError(where, problem) from e
    bad = ~np.isfinite(array)
    if bad.any():
        row, column = map(int, np.argwhere(bad)[0])
        what = "NaN" if np.isnan(array[row, column]) else "infinity"
        raise AmineError(
            where,
            f"input contains {what} in row {row}, column {column}",
            hint="fill or leave out such samples, for example with sklearn.impute",
        )
    return np.asarray(array)


def lengths(where: str, X: np.ndarray, y: np.ndarray) -> None:
    """Raises AmineError unless X and y have the same number of samples."""
    if len(X) != len(y):
        raise AmineError(
            where, "X and y differ in length along axis 0, the samples", given=f"{len(X)} and {len(y)} samples"
        )


def targets(estimator: Estimator, y: npt.ArrayLike, X: np.ndarray) -> np.ndarray:
    """Targets of a regression as floats, (samples,) or (samples, outputs)."""
    from sklearn.utils import check_array as _check

    check_array: Any = _check
    where = f"{type(estimator).__name__}, y"
    if y is None:
        raise AmineError(where, "requires y to be passed, but the target y is None")
    array = check_array(
        y, ensure_2d=False, dtype=np.float64, ensure_all_finite=False, input_name="y", ensure_min_samples=0
    )
    if array.ndim not in (1, 2):
        raise AmineError(where, f"y has {array.ndim} axes", expected="(samples,) or (samples, outputs)")
    lengths(where, X, array)
    if not np.isfinite(array).all():
        raise AmineError(
            where, "input contains NaN or infinity", given=f"first in row {int(np.argwhere(~np.isfinite(array))[0][0])}"
        )
    return array


def labels(estimator: Estimator, y: npt.ArrayLike, X: np.ndarray) -> np.ndarray:
    """Labels of a classification (samples,)."""
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _num_samples, column_or_1d

    where = f"{type(estimator).__name__}, y"
    if y is None:
        raise AmineError(where, "requires y to be passed, but the target y is None")
    _num_samples(y)
    array = np.asarray(y)
    missing = [k for k, v in enumerate(array.ravel()) if v is None or v != v] if array.dtype.kind == "O" else []
    if missing:
        raise AmineError(
            where,
            f"the label in row {missing[0]} is missing",
            given=repr(array.ravel()[missing[0]]),
            hint="leave out such samples, or name a class for them",
        )
    if array.ndim == 2 and array.shape[1] != 1:
        raise AmineError(
            where, "y has several columns along axis 1", given=str(array.shape), expected="one label a sample"
        )
    array = column_or_1d(array, warn=True)
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise AmineError(where, "input contains NaN or infinity")
    check_classification_targets(array)
    lengths(where, X, array)
    return array


def class_weights(where: str, given: object, classes: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Weights of the classes (classes,), from ``"balanced"``, a mapping or a list; None if none are given."""
    if given is None:
        return None
    if isinstance(given, str) and given == "balanced":
        counts = np.array([(y == c).sum() for c in classes])
        return len(y) / (len(classes) * np.maximum(counts, 1))
    if not isinstance(given, Mapping | str) and np.ndim(given) == 1:  # type: ignore[arg-type]
        if np.shape(given) != (len(classes),):  # type: ignore[arg-type]
            raise AmineError(
                f"{where}, class_weight",
                "there must be one weight for each class, in the order of classes_",
                given=str(np.shape(given)[0]),  # type: ignore[arg-type]
                expected=str(len(classes)),
            )
        given = dict(zip(classes, np.asarray(given).tolist(), strict=True))
    if not isinstance(given, Mapping):
        raise AmineError(
            f"{where}, class_weight",
            "this value does not fit",
            given=repr(given)[:40],
            expected="'balanced', {class: weight} or one weight for each class",
        )
    known = list(classes)
    for c in given:
        if c not in known:
            raise AmineError(
                f"{where}, class_weight", f"class {c!r} is not in y", hint=did_you_mean(str(c), map(str, known))
            )
    return np.array([number(f"{where}, class_weight", given.get(c, 1.0), 0.0) for c in known])
