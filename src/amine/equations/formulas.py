"""Values given as text: formulas of a neuron's index and position, or of the distance between two neurons, in NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from amine.equations.expression import parse_expression
from amine.equations.printer import Printer
from amine.equations.symbols import UNIT_NAMES
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
    spaced = _QUANTITY.sub(r"(\1*\2)", text)
    e = parse_expression(spaced, {n: dimension_of(u) for n, u in units.items()}, where, dimension_of(unit))
    with np.errstate(all="ignore"):  # what is not finite is refused by the caller
        found = eval(compile(Printer("numpy")(e), "<formula>", "eval"), {"np": np, "exprel": exprel, **values})
    return np.asarray(found, float)


def exprel(x: np.ndarray) -> np.ndarray:
    """``(exp(x) - 1)/x``, 1 at 0."""
    y = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(y) / y)


__all__ = ["evaluate", "exprel"]
