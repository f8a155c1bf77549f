"""Check of a kinetic scheme: expressions, dimensions, and rates linear in the transmitter concentration."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.expression import parse_expression
from amine.equations.limits import simplified
from amine.equations.schemes import Scheme, mentions
from amine.equations.statements import PER_TIME
from amine.equations.symbols import NONE, TIME, symbol
from amine.errors import AmineError, did_you_mean
from amine.units import dimension_of


def check(s: Scheme, units: dict[str, str]) -> dict[str, Any]:
    """Parses all expressions and checks their dimensions; returns the rates as SymPy expressions, by transition index.

    Raises
    ------
    AmineError
        If a rate is not in 1/ms or not linear in T, a name is not known, or the open fraction is not a pure number.
    """
    dims: dict[str, Any] = {n: dimension_of(u) for n, u in units.items()}
    dims |= {"v": dimension_of("mV"), "t": TIME} | {n: dimension_of(u) for n, _, u in s.parts}
    pure = dims | dict.fromkeys((*s.states, *(d for d, _, _ in s.downstream)), NONE)
    rates: dict[str, Any] = {}
    T = symbol("T")
    for i, t in enumerate(s.transitions):
        e = parse_expression(t.rate, dims | {"T": dimension_of("uM")}, s.where, PER_TIME)
        if T in sp.diff(e, T).free_symbols:
            raise AmineError(
                f"{s.where}, in '{t.rate}'",
                "a rate must be linear in T",
                hint="write each binding step as a separate transition",
            )
        rates[str(i)] = e
    for n, e, u in s.parts:
        parse_expression(e, pure | {"g": dimension_of("nS"), "T": dimension_of("uM")}, s.where, dimension_of(u))
        if mentions(e, "T"):
            raise AmineError(f"{s.where}, in '{n} = {e}'", "T may stand in rates only")
    for n, e, u in s.downstream:
        here = tuple(a + b for a, b in zip(dimension_of(u), PER_TIME, strict=True))
        x = parse_expression(e, pure, s.where, here)
        names = [symbol(k) for k in (*s.states, *(d for d, _, _ in s.downstream))]
        slopes = [sp.diff(x, k) for k in names]
        if any(d.free_symbols & set(names) for d in slopes) or simplified(x.subs(dict.fromkeys(names, 0))) != 0:
            raise AmineError(f"{s.where}, in 'd{n}/dt = {e}'", "it must be linear in the states, without a constant")
    for n in s.decay:
        if n not in units or not any(mentions(t.rate, n) for t in s.transitions):
            rates_of = [u for u in units if any(mentions(t.rate, u) for t in s.transitions)]
            raise AmineError(
                f"{s.where}, in 'decay'", f"'{n}' is no parameter of a rate", hint=did_you_mean(n, rates_of)
            )
    parse_expression(s.open, pure, s.where, NONE)
    parse_expression(s.current, dims | {"g": dimension_of("nS")}, s.where, dimension_of("pA"))
    return rates
