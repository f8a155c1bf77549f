"""Small data sets that ship with a dependency, are generated, or lie in files of one's own.

>>> from amine.learn import data
>>> data.get("digits").X.shape
(1797, 64)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from amine.errors import AmineError, did_you_mean

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
    """Samples X (samples, features), targets y, and what they are.

    ``groups`` may hold a group of each sample, for questions of fairness; ``shape`` the axes that a sample's features had.
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

    def split(self, seed: int = 0, test: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """X and y to learn from, X and y held out: at random, stratified by class; in order for a time series."""
        from sklearn.model_selection import train_test_split

        if self.task != "classification":
            n = round(len(self.X) * (1 - test))
            return self.X[:n], self.y[:n], self.X[n:], self.y[n:]
        a, b = train_test_split(np.arange(len(self.X)), test_size=test, random_state=seed, stratify=self.y)
        return self.X[a], self.y[a], self.X[b], self.y[b]


def names() -> list[str]:
    """The data sets that need no files.

    >>> "yin_yang" in names()
    True
    """
    return list(_HOME)


def get(name: str) -> Data:
    """A data set by name; raises AmineError with the nearest name if there is none."""
    if name not in _HOME:
        raise AmineError("data", f"data set '{name}' is not known", hint=did_you_mean(str(name), _HOME))
    return getattr(import_module(f"amine.learn.data.{_HOME[name]}"), name)()


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"amine.learn.data.{_HOME[name]}"), name)
    if name in ("shd", "ssc", "nmnist", "mnist"):
        return getattr(import_module("amine.learn.data.files"), name)
    raise AttributeError(f"module 'amine.learn.data' has no attribute '{name}'")
