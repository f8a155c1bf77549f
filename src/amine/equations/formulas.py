"""Values given as text: formulas of a neuron's index and position, or of the distance between two neurons, in NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from amine.equations.expression import parse_expression
from amine.equations.printer import Printer
from amine.equations.symbols import UNIT_NAMES, names_of
from amine.errors import AmineError
from amine.records import dataclass
from amine.units import dimension_of

_QUANTITY = re.compile(
    r"(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)\s+((?:"
    + "|".join(sorted(UNIT_NAMES, key=len, reverse=True))
    + r")\b(?!\s*\())"
)


def evaluate(
    text: str, units: Mapping[str, str], unit: str, where: str, values: Mapping[str, np.ndarray]
) -> np.ndarray:
    """A formula such as ``"2*nS*exp(-d/(100 um))"`` for arrays of its names, which are broadcast, in the coherent unit of ``unit``.

    Parameters
    ----------
    text : the formula. units : unit of each name that it may use. unit : of its value. where : place named in errors.
    values : arrays by name, in coherent units.

    Raises
    ------
    AmineError
        The text is no expression of these names, or has another dimension than ``unit``.
    """
    code = compile(Printer("numpy")(_parsed(text, units, unit, where)), "<formula>", "eval")
    return _value(code, values)


def _parsed(text: str, units: Mapping[str, str], unit: str, where: str) -> Any:
    spaced = _QUANTITY.sub(r"(\1*\2)", text)
    return parse_expression(spaced, {n: dimension_of(u) for n, u in units.items()}, where, dimension_of(unit))


def _value(code: CodeType, values: Mapping[str, np.ndarray]) -> np.ndarray:
    with np.errstate(all="ignore"):  # what is not finite is refused by the caller
        return np.asarray(eval(code, {"np": np, "exprel": exprel, **values}), float)


@dataclass(frozen=True)
class Chance:
    """A probability, or a condition, as a function of arrays; ``names`` are those that it reads."""

    names: frozenset[str]
    code: CodeType

    def __call__(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        return _value(self.code, values)


@lru_cache(maxsize=256)
def chance(text: str, units: tuple[tuple[str, str], ...], where: str) -> Chance:
    """The text of a probability or of a condition, such as ``"exp(-d/(100 um))"`` or ``"w < 0.1 nS and age > 1 s"``.

    Parameters
    ----------
    text : the expression. units : names that it may use, with their units. where : place named in errors.

    Raises
    ------
    AmineError
        The text is neither a number without a unit nor a condition.
    """
    try:
        found = _parsed(f"int({text})", dict(units), "1", where)
    except AmineError:
        found = _parsed(text, dict(units), "1", where)
    return Chance(frozenset(names_of(found)), compile(Printer("numpy")(found), "<formula>", "eval"))


def exprel(x: np.ndarray) -> np.ndarray:
    """``(exp(x) - 1)/x``, 1 at 0."""
    y = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(y) / y)


__all__ = ["Chance", "chance", "evaluate", "exprel"]
