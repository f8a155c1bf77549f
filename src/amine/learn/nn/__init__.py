"""PyTorch modules on amine's equations: neurons, layers, readouts, encoders, whole circuits.

>>> from amine.learn import nn as ann
>>> ann.Neurons("adex", 4).model.name
'adex'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.optional import optional

if TYPE_CHECKING:
    from amine.learn.nn import encode, regularise
    from amine.learn.nn.delays import DelayedLinear, Delays
    from amine.learn.nn.dendrites import Dendrites, branch_response
    from amine.learn.nn.linear import Linear
    from amine.learn.nn.neurons import Neurons, detach
    from amine.learn.nn.parallel import SlidingNeurons, StateSpace
    from amine.learn.nn.readout import Readout
    from amine.learn.nn.recurrent import Recurrent
    from amine.learn.nn.rewiring import Rewiring
    from amine.learn.nn.sequential import PerStep, Residual, Sequential
    from amine.learn.nn.starting import initialise
    from amine.learn.nn.streaming import Stream
    from amine.learn.nn.surrogate import Surrogate
    from amine.learn.nn.synaptic import Receptor, Release

_HOME = {
    "amine.learn.nn.delays": ("DelayedLinear", "Delays"),
    "amine.learn.nn.dendrites": ("Dendrites", "branch_response"),
    "amine.learn.nn.neurons": ("Neurons", "detach"),
    "amine.learn.nn.parallel": ("SlidingNeurons", "StateSpace"),
    "amine.learn.nn.rewiring": ("Rewiring",),
    "amine.learn.nn.starting": ("initialise",),
    "amine.learn.nn.streaming": ("Stream",),
    "amine.learn.nn.surrogate": ("Surrogate",),
    "amine.learn.nn.linear": ("Linear",),
    "amine.learn.nn.recurrent": ("Recurrent",),
    "amine.learn.nn.synaptic": ("Receptor", "Release"),
    "amine.learn.nn.readout": ("Readout",),
    "amine.learn.nn.sequential": ("PerStep", "Residual", "Sequential"),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}
_MODULES = ("encode", "regularise")

__all__ = [
    "DelayedLinear",
    "Delays",
    "Dendrites",
    "Linear",
    "Neurons",
    "PerStep",
    "Readout",
    "Receptor",
    "Recurrent",
    "Release",
    "Residual",
    "Rewiring",
    "Sequential",
    "SlidingNeurons",
    "StateSpace",
    "Stream",
    "Surrogate",
    "branch_response",
    "detach",
    "encode",
    "initialise",
    "regularise",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        with optional("amine.learn"):
            return getattr(import_module(_NAMES[name]), name)
    if name in _MODULES:
        with optional("amine.learn"):
            return import_module(f"amine.learn.nn.{name}")
    raise AttributeError(f"module 'amine.learn.nn' has no attribute '{name}'")


def __dir__() -> list[str]:
    return list(__all__)
