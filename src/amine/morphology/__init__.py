"""Morphologies of neurons: simple shapes, trees from text, reconstructions from files; their compartments and places.

>>> import amine as am
>>> cell = am.morphology.ball_and_stick(soma="20 um", dendrite=("500 um", "2 um"), segments=50)
>>> cell.regions
('soma', 'dendrite')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.morphology.build import ball_and_stick, cylinder, point, tree
    from amine.morphology.compartments import Compartments
    from amine.morphology.files import from_asc, from_file, from_swc
    from amine.morphology.passive import impedance
    from amine.morphology.reduction import Reduced, reduce
    from amine.morphology.shape import Branch, Morphology

_HOME = {
    "build": ("ball_and_stick", "cylinder", "point", "tree"),
    "compartments": ("Compartments",),
    "files": ("from_asc", "from_file", "from_swc"),
    "passive": ("impedance",),
    "reduction": ("Reduced", "reduce"),
    "shape": ("Branch", "Morphology"),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Branch",
    "Compartments",
    "Morphology",
    "Reduced",
    "ball_and_stick",
    "cylinder",
    "from_asc",
    "from_file",
    "from_swc",
    "impedance",
    "point",
    "reduce",
    "tree",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return door(getattr(import_module(f"amine.morphology.{_NAMES[name]}"), name))
    raise AttributeError(f"module 'amine.morphology' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
