"""Numerical values of expressions for descriptions: parameters along a dendrite, and relaxation rates of gates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp

from amine.equations.expression import parse_expression
from amine.equations.printer import Printer
from amine.equations.symbols import names_of, symbol
from amine.units import dimension_of


def formula_of_path(text: str, x: np.ndarray, unit: str, where: str) -> np.ndarray:
    """A formula such as ``"2*mS/cm**2*exp(-x/(100*um))"`` at path distances ``x`` (um), in the coherent unit of ``unit``.

    Raises
    ------
    AmineError
        The text is not an expression of ``x``, or has another dimension than ``unit``.
    """
    e = parse_expression(text, {"x": dimension_of("um")}, where, dimension_of(unit))
    value = eval(compile(Printer("numpy")(e), "<parameter>", "eval"), {"np": np, "x": x})
    return np.broadcast_to(np.asarray(value, float), x.shape).copy()


def fastest_rate(e: sp.Expr, state: str, v: np.ndarray, values: Mapping[str, float]) -> float | None:
    """Largest relaxation rate ``|d(ds/dt)/ds|`` (1/ms) of a state over the voltages ``v`` (mV).

    Parameters
    ----------
    e : time derivative of the state. state : its name.
    values : parameters and temperature ``T`` in coherent units. None is returned if the rate depends on anything else.
    """
    rate = sp.diff(e, symbol(state))
    if names_of(rate) - set(values) - {"v"}:
        return None
    with np.errstate(all="ignore"):
        scope = {"np": np, "exprel": _exprel, **values, "v": v}
        a = np.abs(eval(compile(Printer("numpy")(rate), "<rate>", "eval"), scope))
    return float(np.nanmax(np.broadcast_to(a, v.shape)))


def _exprel(x: np.ndarray) -> np.ndarray:
    y = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(y) / y)
