"""Pharmacology of networks: dose-response curves with Hill fits, and effects of drugs that are known from experiment.

For research and teaching; nothing here is a clinical claim.

>>> import amine as am
>>> am.pharmacology.concentrations("10 nM", "1 uM", 3)
[0.01, 0.1, 1.0]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import door

if TYPE_CHECKING:
    from amine.pharmacology import cases
    from amine.pharmacology.designing import Design, design
    from amine.pharmacology.fit import HillFit, hill_fit
    from amine.pharmacology.response import DoseResponse, concentrations, dose_response
    from amine.pharmacology.subject import Subject

_HOME = {
    "amine.pharmacology.designing": ("Design", "design"),
    "amine.pharmacology.fit": ("HillFit", "hill_fit"),
    "amine.pharmacology.response": ("DoseResponse", "concentrations", "dose_response"),
    "amine.pharmacology.subject": ("Subject",),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "Design",
    "DoseResponse",
    "HillFit",
    "Subject",
    "cases",
    "concentrations",
    "design",
    "dose_response",
    "hill_fit",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return door(getattr(import_module(_NAMES[name]), name))
    if name == "cases":
        return import_module("amine.pharmacology.cases")
    raise AttributeError(f"module 'amine.pharmacology' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
