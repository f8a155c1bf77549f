"""Functions that a model defines itself: as text, or as a table that is interpolated."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from amine.equations.symbols import Dimension, symbol
from amine.errors import AmineError
from amine.records import dataclass
from amine.units import dimension_of, to_internal

MOST_POINTS = 100  # of a table: each costs a minimum and a maximum
_HEAD = re.compile(r"^([A-Za-z_]\w*)\s*\(([^()]*)\)\s*=\s*(.+)\s*:\s*([^:]+)$", re.S)


@dataclass(frozen=True)
class Own:
    """A function of a model: its arguments with their dimensions, its dimension, and its value in their symbols."""

    arguments: tuple[tuple[str, Dimension], ...]
    dimension: Dimension
    value: Any

    def __call__(self, *given: Any) -> Any:
        swap: dict[Any, Any] = {symbol(n): x for (n, _), x in zip(self.arguments, given, strict=True)}
        return self.value.subs(swap, simultaneous=True)


@dataclass(frozen=True)
class Header:
    """The parts of a definition, whose body is not read yet."""

    name: str
    arguments: tuple[tuple[str, str], ...]  # names and units
    body: str
    unit: str


def header(key: str, rest: str, where: str) -> Header:
    """The parts of ``f(x : mV, y : 1) = body : unit``."""
    example = "table f(v : mV) = [-80, 0], [0.1, 0.9] : 1" if key == "table" else "function f(x : mV) = x/(2*mV) : 1"
    m = _HEAD.match(rest)
    pairs = [p.partition(":") for p in m.group(2).split(",")] if m else []
    if m is None or not all(name.strip().isidentifier() and unit.strip() for name, _, unit in pairs):
        raise AmineError(f"{where}, in '{key} {rest[:60]}'", "this defines no function", expected=example)
    arguments = tuple((name.strip(), unit.strip()) for name, _, unit in pairs)
    if len({n for n, _ in arguments}) < len(arguments):
        raise AmineError(f"{where}, in '{key} {rest[:60]}'", "two arguments have one name")
    return Header(m.group(1), arguments, m.group(3).strip(), m.group(4).strip())


def table(h: Header, where: str) -> Own:
    """A function that is linear between the points of a table, and constant beyond them."""
    place = f"{where}, table '{h.name}'"
    if len(h.arguments) != 1:
        raise AmineError(place, "a table has one argument", given=str(len(h.arguments)))
    try:
        x, y = (tuple(float(v) for v in values) for values in ast.literal_eval(h.body))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as e:
        hint = "write two lists of numbers, such as [-80, -40, 0], [0.1, 0.5, 0.9]"
        raise AmineError(place, "its values are not readable", given=h.body[:40], hint=hint) from e
    _require(x, y, place)
    (name, unit), s = h.arguments[0], symbol(h.arguments[0][0])
    across, up = (float(to_internal(f"1 {u}", u, place)) for u in (unit, h.unit))
    value: Any = sp.Float(repr(y[0] * up), 17)
    for (x0, x1), (y0, y1) in zip(_pairs(x), _pairs(y), strict=True):
        if y1 != y0:
            low, high = sp.Float(repr(x0 * across), 17), sp.Float(repr(x1 * across), 17)
            steep = sp.Float(repr((y1 - y0) * up / ((x1 - x0) * across)), 17)
            value += steep * (sp.Min(sp.Max(s, low), high) - low)
    return Own(((name, tuple(dimension_of(unit))),), tuple(dimension_of(h.unit)), value)


def _pairs(x: tuple[float, ...]) -> Iterable[tuple[float, float]]:
    return zip(x, x[1:], strict=False)


def _require(x: tuple[float, ...], y: tuple[float, ...], place: str) -> None:
    if len(x) != len(y) or not 2 <= len(x) <= MOST_POINTS:
        given = f"{len(x)} and {len(y)}"
        raise AmineError(place, "its lists do not fit", given=given, expected=f"equal lengths of 2 to {MOST_POINTS}")
    if not all(map(math.isfinite, (*x, *y))):
        raise AmineError(place, "a value is not finite")
    if any(b <= a for a, b in _pairs(x)):
        raise AmineError(place, "the values of its argument do not increase")


def dimensions(arguments: Iterable[tuple[str, str]]) -> Mapping[str, Dimension]:
    """Dimensions of arguments by name."""
    return {n: tuple(dimension_of(u)) for n, u in arguments}


__all__ = ["Header", "Own", "dimensions", "header", "table"]
