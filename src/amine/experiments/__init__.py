"""Experiments: networks with a task, a protocol of phases and figures of merit.

A circuit is a description of a network; an experiment trains and tests networks and returns the results as an
:class:`~amine.experiments.outcome.Outcome`.

>>> "memory" in names()
True
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from amine.doors import close, door
from amine.errors import AmineError, did_you_mean

if TYPE_CHECKING:
    from amine.experiments.outcome import Outcome

_HOME = {
    "memory": "memory",
    "association": "association",
    "continual": "continual",
    "forgetting": "forgetting",
    "engram": "engram",
    "maze": "maze",
}


def names() -> list[str]:
    """Return the names of all experiments."""
    return list(_HOME)


def get(name: str) -> Callable[..., Outcome]:
    """Return the function that runs an experiment; raises AmineError with the nearest name if there is none."""
    if name not in _HOME:
        raise AmineError("experiments", f"experiment '{name}' is not known", hint=did_you_mean(str(name), _HOME))
    return door(getattr(import_module(f"amine.experiments.{_HOME[name]}"), name))


close(globals(), ("get", "names"))
