"""Checks of an estimator's arguments and data, made before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

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


def seed(where: str, given: object) -> int:
    """A seed from a whole number, NumPy's RandomState, or None for a new one each time."""
    if given is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)
    if isinstance(given, np.random.RandomState):
        return int(given.randint(2**31 - 1))
    return whole(f"{where}, seed", given, 0)


def sample_weights(where: str, given: npt.ArrayLike | None, X: np.ndarray) -> np.ndarray | None:
    """Weights of samples (samples,), checked; None if none are given."""
    if given is None:
        return None
    where = f"{where}, sample_weight"
    try:
        w = np.asarray(given, float)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "these are not numbers", given=repr(given)[:40]) from e
    w = np.full(len(X), float(w)) if w.ndim == 0 else w
    if w.shape != (len(X),):
        raise AmineError(where, "there must be one weight for each sample", given=str(w.shape), expected=f"({len(X)},)")
    if not np.isfinite(w).all() or (w < 0).any():
        row = int(np.argmax(~np.isfinite(w) | (w < 0)))
        raise AmineError(where, f"the weight in row {row} is negative or not finite", given=f"{w[row]:g}")
    if not w.any():
        raise AmineError(where, "all weights are zero, so nothing is left to learn from")
    return w


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
    """X as an array of floats (samples, features) or (samples, steps, features) without missing values; sets or checks ``n_features_in_``."""
    from sklearn.utils.validation import validate_data

    where = f"{type(estimator).__name__}, X"
    shape: tuple[int, ...] = (
        np.shape(X) if isinstance(X, np.ndarray) or isinstance(X, list) and X and np.ndim(X[0]) == 2 else ()
    )
    steps, features = shape[1:] if len(shape) == 3 else (0, 0)
    if len(shape) == 3 and 0 in shape:
        raise AmineError(where, "an axis has no entries", given=str(shape), expected="(samples, steps, features)")
    rows: Any = np.reshape(np.asarray(X), (-1, features)) if steps else X
    check: Any = validate_data  # its annotations name strings for arrays
    try:
        array = check(
            estimator, rows, reset=reset, dtype=(np.float64, np.float32), ensure_all_finite=False,
            ensure_min_samples=1, accept_sparse=True,
        )  # fmt: skip
        array = array.toarray() if issparse(array) else array
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
    if steps:
        array = np.reshape(array, shape)
    if reset:
        estimator.steps_ = steps
    elif steps == 0 and getattr(estimator, "steps_", 0) or steps and not getattr(estimator, "steps_", 0):
        raise AmineError(
            where,
            "the model learned from samples with another number of axes",
            given=f"{3 if steps else 2}",
            expected=f"{2 if steps else 3}",
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
    try:
        array = np.asarray(y)
    except ValueError as e:
        raise AmineError(where, "the labels are no array", given=str(e)[:80], expected="one label a sample") from e
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
    if array.dtype.kind == "S":
        raise AmineError(where, "labels are bytes", given=repr(array[0])[:40], expected="text or whole numbers")
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise AmineError(where, "input contains NaN or infinity")
    try:
        check_classification_targets(array)
    except (ValueError, TypeError) as e:
        problem, numbers = str(e).split(". ")[0], array.dtype.kind == "f"
        hint = "use Regressor, or round them" if numbers else "give text or whole numbers, all of one kind"
        raise AmineError(where, problem, given=repr(array.ravel()[0])[:40], hint=hint) from e
    lengths(where, X, array)
    return array


def indicators(estimator: Estimator, y: npt.ArrayLike, X: np.ndarray) -> np.ndarray | None:
    """Labels of a classification in which each sample has several, as 0 or 1 (samples, labels); None if each has one."""
    if isinstance(y, list | tuple) and len({np.size(v) for v in y}) > 1:
        return None  # ragged
    found: np.ndarray = y.toarray() if issparse(y) else np.asarray(y)  # type: ignore[union-attr]
    if found.ndim != 2 or found.shape[1] < 2:
        return None
    where = f"{type(estimator).__name__}, y"
    if not np.isin(found, (0, 1)).all():
        raise AmineError(
            where,
            "y has several columns along axis 1 that are not 0 or 1",
            given=str(np.shape(found)),
            expected="one label a sample, or 0 and 1 for each label",
            hint="for several classes in each column use sklearn.multioutput.MultiOutputClassifier",
        )
    lengths(where, X, found)
    return found.astype(int)


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
            same = next((k for k in known if str(k) == str(c)), None)
            hint = (
                did_you_mean(str(c), map(str, known))
                if same is None
                else f"the labels are of type {type(same).__name__}"
            )
            raise AmineError(f"{where}, class_weight", f"class {c!r} is not in y", hint=hint)
    found = np.array([number(f"{where}, class_weight", given.get(c, 1.0), 0.0) for c in known])
    if not found.any():
        raise AmineError(f"{where}, class_weight", "all weights are zero, so nothing can be learned")
    return found
