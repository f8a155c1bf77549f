"""Training: estimators in scikit-learn's protocol, learning rules, torch modules, tasks, audit and export.

>>> from amine.learn import Classifier
>>> Classifier(hidden=(16,), neurons="tanh").get_params()["hidden"]
(16,)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.optional import optional

if TYPE_CHECKING:
    from amine.learn.engram.optimiser import Inhibited
    from amine.learn.estimators import Classifier, Regressor, load

_HOME = {
    "amine.learn.estimators": ("Classifier", "Regressor", "load"),
    "amine.learn.engram.optimiser": ("Inhibited",),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}
_MODULES = ("audit", "cable", "data", "nn", "algorithms", "engram")

__all__ = ["Classifier", "Inhibited", "Regressor", "load"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        with optional("amine.learn"):
            return getattr(import_module(_NAMES[name]), name)
    if name in _MODULES:
        with optional("amine.learn"):
            return import_module(f"amine.learn.{name}")
    raise AttributeError(f"module 'amine.learn' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
