"""Figures. Most are methods of a run; :func:`circuit` draws a network, :func:`layer` neurons in space, :func:`morphology` shapes, :func:`structure`, :func:`pathway` and
:func:`selectivity` draw compounds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.view.layers import layer
    from amine.view.networks import circuit
    from amine.view.occupancies import selectivity
    from amine.view.pathways import pathway
    from amine.view.shapes import picture as morphology
    from amine.view.structures import structure

_HOME = {
    "circuit": ("amine.view.networks", "circuit"),
    "layer": ("amine.view.layers", "layer"),
    "morphology": ("amine.view.shapes", "picture"),
    "pathway": ("amine.view.pathways", "pathway"),
    "selectivity": ("amine.view.occupancies", "selectivity"),
    "structure": ("amine.view.structures", "structure"),
}

__all__ = ["circuit", "layer", "morphology", "pathway", "selectivity", "structure"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'amine.view' has no attribute '{name}'")
    module, function = _HOME[name]
    return door(getattr(import_module(module), function))
