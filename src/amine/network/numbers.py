"""Checks of single numbers, flags and names among the arguments of a network's methods."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from amine.errors import AmineError
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity


def whole_number(x: object, where: str, low: int, high: int) -> int:
    """Return ``x`` as an integer of low..high."""
    try:
        if isinstance(x, bool) or not isinstance(x, SupportsIndex):
            raise TypeError
        n = operator.index(x)
    except TypeError as e:
        raise AmineError(where, "this is not a whole number", given=repr(x)[:40]) from e
    if not low <= n <= high:
        raise AmineError(where, "the number is out of range", given=str(n), expected=f"{low}..{high}")
    return n


def number(x: object, unit: str, where: str, **demands: Any) -> float:
    """Return ``x`` as one number in the coherent unit; arrays are refused."""
    try:
        value = to_internal(x, unit, where, **demands)
    except (OverflowError, TypeError) as e:
        raise AmineError(where, "this is not a number", given=repr(x)[:40]) from e
    if np.ndim(value):
        raise AmineError(where, "one value is needed", given=f"an array of shape {np.shape(value)}")
    return float(value)


def probability(x: object, where: str, hint: str = "") -> float:
    """Return ``x`` as a number of 0..1."""
    p = number(x, "1", where)
    if not 0 <= p <= 1:
        raise AmineError(where, "p is outside 0..1", given=str(x)[:40], hint=hint)
    return p


def flag(x: object, where: str) -> bool:
    """Return ``x``, which must be True or False."""
    if not isinstance(x, bool | np.bool_):
        raise AmineError(where, "this is neither True nor False", given=repr(x)[:40])
    return bool(x)


def name_of(x: object, where: str, what: str = "the name") -> str:
    """Return ``x`` as a name: text that can be printed and written to files."""
    if not isinstance(x, str) or not x or not x.isprintable():
        raise AmineError(where, f"{what} must be text that can be printed", given=repr(x)[:40])
    return x


def stream_of(x: object, where: str, taken: Iterable[object]) -> int | str | None:
    """Return ``x`` as the identity of a part's random numbers: a whole number, text, or None; ``taken`` are those of other parts of its kind."""
    if x is None:
        return None
    found = (
        name_of(x, f"{where}, stream", "it")
        if isinstance(x, str)
        else whole_number(x, f"{where}, stream", 0, 2**63 - 1)
    )
    if any(found == y and type(found) is type(y) for y in taken):
        raise AmineError(f"{where}, stream", "another part has it", given=repr(found), hint="declare one of its own")
    return found


def steps_of(every: Quantity, dt: float, where: str) -> str:
    """Return an interval, a multiple of the time step ``dt`` (ms), as text in ms."""
    ms = number(every, "ms", where, positive=True)
    if abs(ms / dt - round(ms / dt)) > 1e-6 or ms < dt / 2:
        raise AmineError(
            where, "this is not a multiple of the time step", given=str(every), expected=f"a multiple of {dt:g} ms"
        )
    return f"{ms!r} ms"
