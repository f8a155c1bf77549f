"""Numerical tests of whether expressions vanish or are finite, at sample values of their symbols."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from sympy.core.relational import Relational

from amine.equations.symbols import exprel

DRAWS = 4  # sets of sample values: an expression may be undefined for some of them

Number: TypeAlias = float | np.ndarray
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "Abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceiling": np.ceil,
    "rint": np.rint,
    "mod": np.mod,
    "log10": np.log10,
    "atan2": np.arctan2,
    "Equality": np.equal,
    "Unequality": np.not_equal,
    "And": lambda *a: np.logical_and.reduce(a),
    "Or": lambda *a: np.logical_or.reduce(a),
    "Not": np.logical_not,
    "ITE": np.where,
    "StrictGreaterThan": np.greater,
    "GreaterThan": np.greater_equal,
    "StrictLessThan": np.less,
    "LessThan": np.less_equal,
}


def sample(name: str, draw: int) -> float:
    """A reproducible value for the symbol ``name``; positive in all draws but the last."""
    digest = hashlib.blake2b(f"{name} {draw}".encode(), digest_size=4).digest()
    x = int.from_bytes(digest, "little") / 2**32
    return 0.4 + 1.7 * x if draw < DRAWS - 1 else 3 * x - 1.5


def evaluate(e: sp.Basic, values: Mapping[sp.Basic, Number], draw: int = 0) -> Any:
    """Value of ``e`` in float64 for ``values`` of some symbols, numbers or arrays, and sample values of the others; NaN if undefined."""
    with np.errstate(all="ignore"):
        return _value(sp.sympify(e), values, draw)


def _value(e: sp.Basic, values: Mapping[sp.Basic, Number], draw: int) -> Any:
    if e in values:
        return values[e]
    if e.is_Symbol:
        return sample(e.name, draw)
    if isinstance(e, sp.logic.boolalg.BooleanAtom):
        return bool(e)
    if e.is_number:
        return _number(e)
    parts = [_value(a, values, draw) for a in e.args if not isinstance(e, sp.Piecewise)]
    if isinstance(e, sp.Add):
        return sum(parts[1:], parts[0])
    if isinstance(e, sp.Mul):
        return np.prod(np.broadcast_arrays(*parts), axis=0)
    if isinstance(e, sp.Pow):
        return np.power(np.asarray(parts[0], float), parts[1])
    if isinstance(e, sp.Piecewise):
        return _pieces(e, values, draw)
    if isinstance(e, sp.Min | sp.Max):
        return (np.minimum if isinstance(e, sp.Min) else np.maximum).reduce(np.broadcast_arrays(*parts))
    if isinstance(e, exprel):
        x = np.asarray(parts[0], float)
        return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))
    if isinstance(e, Relational) or type(e).__name__ in _FUNCTIONS:
        return _FUNCTIONS[type(e).__name__](*parts)
    return np.nan


@lru_cache(maxsize=4096)
def _number(e: sp.Basic) -> float:
    exact: Any = e
    x = complex(exact)
    return x.real if x.imag == 0 else np.nan


def _pieces(e: sp.Piecewise, values: Mapping[sp.Basic, Number], draw: int) -> Any:
    out: Any = np.nan
    for x, condition in reversed(e.args):  # type: ignore[misc]
        out = np.where(_value(condition, values, draw), _value(x, values, draw), out)
    return out


def vanishes(e: sp.Basic, s: sp.Symbol, s0: sp.Expr) -> bool:
    """Whether ``e`` is 0 at ``s`` = ``s0``, an expression, for all values of the other symbols."""
    seen = False
    for draw in range(DRAWS):
        zero = vanishes_at(e, s, float(evaluate(s0, {}, draw)), draw)
        if zero is False:
            return False
        seen = seen or zero is True
    return seen


def vanishes_at(e: sp.Basic, s: sp.Symbol, x: float, draw: int) -> bool | None:
    """Whether ``e`` is 0 at the number ``s`` = ``x``; None if it is undefined there."""
    step = 1e-3 * (1 + abs(x))
    there, *beside = (float(evaluate(e, {s: y}, draw)) for y in (x, x + step, x - step))
    near = [abs(y) for y in beside if np.isfinite(y)]
    if not near or not np.isfinite(there):
        return None
    return abs(there) <= 1e-9 * min(near)
