"""PyTorch modules on amine's equations: neurons, layers, readouts, encoders, whole circuits.

>>> from amine.learn import nn as ann
>>> ann.Neurons("adex", 4).model.name
'adex'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "amine.learn.nn.neurons": ("Neurons", "detach"),
    "amine.learn.nn.surrogate": ("Surrogate",),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}
_MODULES = ()

__all__ = ["Neurons", "Surrogate", "detach"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    if name in _MODULES:
        return import_module(f"amine.learn.nn.{name}")
    raise AttributeError(f"module 'amine.learn.nn' has no attribute '{name}'")


def __dir__() -> list[str]:
    return list(__all__)
