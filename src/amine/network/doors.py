"""Check of the call itself, common to all methods of a network: names of arguments, and what they may be."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from amine import doors
from amine.errors import AmineError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


def door(method: Callable[P, R]) -> Callable[P, R]:
    """Decorator: an unknown or missing argument raises AmineError with the nearest name, and one that cannot be used a sentence that names it."""
    compared = doors.door(method)
    signature = inspect.signature(method)
    known = [n for n, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD][1:]

    @functools.wraps(method)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as e:
            wrong = next((k for k in kwargs if k not in known), "")
            name = method.__name__.removeprefix("add_")
            raise AmineError(f"net.{name}()", str(e), hint=did_you_mean(wrong, known) if wrong else "") from e
        return compared(*args, **kwargs)

    return checked
