"""Learning rules behind one interface: ``rule="backprop"`` by name, or ``rule=EProp(feedback="random")`` with options.

>>> from amine.learn import algorithms
>>> "backprop" in algorithms.names()
True
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError, did_you_mean
from amine.optional import optional

with optional("amine.learn.algorithms"):
    from amine.learn.algorithms._base import Learner, Rule

if TYPE_CHECKING:
    from amine.learn.given import LearningRule

_HOME: dict[str, tuple[str, str]] = {
    "backprop": ("backprop", "Backprop"),
    "truncated": ("backprop", "Truncated"),
    "feedback_alignment": ("alignment", "FeedbackAlignment"),
    "dfa": ("alignment", "DirectFeedbackAlignment"),
    "eprop": ("eprop", "EProp"),
    "reward": ("reward", "Reward"),
    "hebb": ("hebb", "Hebb"),
    "oja": ("hebb", "Oja"),
    "stdp": ("hebb", "STDP"),
    "plastic": ("plastic", "Plastic"),
    "backpropamine": ("plastic", "Backpropamine"),
    "eventprop": ("eventprop", "EventProp"),
    "engram": ("engram", "Engram"),
}

__all__ = ["Learner", "Rule", "get", "names"]


def names() -> list[str]:
    """Names of the learning rules.

    >>> names()[0]
    'backprop'
    """
    return list(_HOME)


def get(rule: LearningRule, where: str = "rules", **options: Any) -> Rule:
    """A learning rule, by name or as an object, with other values of its options.

    Parameters
    ----------
    rule : name of a rule, or a rule. where : place named by errors. options : fields of the rule's class.

    Raises
    ------
    AmineError
        If there is no rule of this name, or it has no such option.

    Examples
    --------
    >>> get("dfa").name
    'dfa'
    """
    if isinstance(rule, Rule):
        return replace(rule).set_params(**options)
    if rule not in _HOME:
        raise AmineError(where, f"rule {rule!r} is not known", hint=did_you_mean(str(rule), _HOME))
    module, name = _HOME[rule]
    make = getattr(import_module(f"amine.learn.algorithms.{module}"), name)
    try:
        return make(**options)
    except TypeError:
        known = list(make.__dataclass_fields__)
        wrong = next((k for k in options if k not in known), "")
        raise AmineError(
            f"{where}, rule '{rule}'", f"it has no option '{wrong}'", hint=did_you_mean(wrong, known)
        ) from None


def __dir__() -> list[str]:
    return sorted([*__all__, *(c for _, c in _HOME.values())])


def __getattr__(name: str) -> Any:
    for module, cls in _HOME.values():
        if cls == name:
            with optional("amine.learn"):
                return getattr(import_module(f"amine.learn.algorithms.{module}"), name)
    raise AttributeError(f"module 'amine.learn.algorithms' has no attribute '{name}'")
