"""Small data sets: shipped with a dependency, generated, or loaded from your own files.

>>> from amine.learn import data
>>> data.get("digits").X.shape
(1797, 64)
"""

from __future__ import annotations

import warnings
from dataclasses import field
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from amine.errors import AmineError, AmineWarning, did_you_mean
from amine.optional import optional
from amine.records import dataclass

Split: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # X and y for training, X and y held out

_HOME = {
    "digits": "bundled",
    "tumour": "bundled",
    "lesions": "generated",
    "yin_yang": "generated",
    "regimes": "generated",
    "ratings": "generated",
    "speech": "speech",
    "languages": "languages",
    "digits_av": "speech",
}


@dataclass(frozen=True)
class Data:
    """A data set: samples X (samples, features), targets y (samples,), and their description.

    Parameters
    ----------
    name, doc : name, and description in a sentence.
    task : ``classification``, ``regression`` or ``series``.
    shape : axes of a sample before it was flattened, such as (rows, columns).
    features, classes : their names.
    groups : a group for each sample (samples,), for the audit of fairness.
    extra : further arrays, such as a test set.

    Examples
    --------
    >>> d = get("digits")
    >>> d.X.shape, d.shape, len(d.classes)
    ((1797, 64), (8, 8), 10)
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    doc: str
    task: str = "classification"
    shape: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def split(self, seed: int = 0, test: float = 0.3) -> Split:
        """X and y for training, X and y held out: at random and stratified by class; in order unless the task is a classification."""
        from sklearn.model_selection import train_test_split

        if self.task != "classification":
            n = round(len(self.X) * (1 - test))
            return self.X[:n], self.y[:n], self.X[n:], self.y[n:]
        labels, index, counts = np.unique(self.y, return_inverse=True, return_counts=True)
        alone = counts[index] == 1
        if alone.any():
            first = labels[counts == 1][0]
            problem = f"class {first!s} has one sample, which is learned from, so none of it is held out"
            warnings.warn(str(AmineError(f"data '{self.name}'", problem)), AmineWarning, stacklevel=2)
        rest = np.flatnonzero(~alone)
        held = round(len(rest) * test)
        if held < 1 or held == len(rest):
            raise AmineError(
                f"data '{self.name}'", "there are too few samples to hold some out", given=str(len(self.y))
            )
        fits = min(held, len(rest) - held) >= (counts > 1).sum()
        stratum = self.y[rest] if fits else None
        a, b = train_test_split(rest, test_size=test, random_state=seed, stratify=stratum)
        a = np.concatenate([a, np.flatnonzero(alone)])
        return self.X[a], self.y[a], self.X[b], self.y[b]


def names() -> list[str]:
    """Names of the data sets that need no files.

    >>> "yin_yang" in names()
    True
    """
    return list(_HOME)


def get(name: str) -> Data:
    """A data set by name; raises AmineError with the nearest name if there is none.

    >>> get("languages").classes
    ('de', 'en', 'es', 'fr')
    """
    if name not in _HOME:
        raise AmineError("data", f"data set '{name}' is not known", hint=did_you_mean(str(name), _HOME))
    with optional("amine.learn"):
        return getattr(import_module(f"amine.learn.data.{_HOME[name]}"), name)()


def __getattr__(name: str) -> Any:
    if name in _HOME:
        with optional("amine.learn"):
            return getattr(import_module(f"amine.learn.data.{_HOME[name]}"), name)
    if name in ("shd", "ssc", "nmnist", "mnist", "fashion", "emnist"):
        with optional("amine.learn"):
            return getattr(import_module("amine.learn.data.files"), name)
    raise AttributeError(f"module 'amine.learn.data' has no attribute '{name}'")
