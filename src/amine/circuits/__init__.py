"""Circuits from the literature, ready to run; three of them are plastic: ``song``, ``stdp_network``, ``vogels``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.doors import close, door
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.network.network import Network

_HOME = {
    "coba": "brette_2007",
    "cuba": "brette_2007",
    "cobahh": "brette_2007",
    "brunel": "brunel_2000",
    "microcircuit": "potjans_diesmann",
    "gamma": "boergers_2017",
    "striatum": "humphries_2009",
    "song": "learning",
    "stdp_network": "learning",
    "vogels": "learning",
    "ball_and_stick": "trees",
    "coba_trees": "trees",
    "chemical": "brette_chemical",
    "wang2002": "wang_2002",
    "thalamus": "destexhe_1996",
}


def names() -> list[str]:
    """Return the names of all circuits.

    >>> names()[:5]
    ['coba', 'cuba', 'cobahh', 'brunel', 'microcircuit']
    """
    return list(_HOME)


def get(name: str) -> Callable[..., Network]:
    """Return the function that makes a circuit; raises AmineError with the nearest name if there is none.

    >>> get("coba")(100).populations["E"].n
    80
    """
    if name not in _HOME:
        raise AmineError("circuits", f"circuit '{name}' is not known", hint=did_you_mean(str(name), _HOME))
    return door(getattr(import_module(f"amine.circuits.{_HOME[name]}"), name))


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return get(name)
    raise AttributeError(f"module 'amine.circuits' has no attribute '{name}'")


close(globals(), ("get", "names"))
