"""Removable singularities: ``x/(exp(x) - 1)`` becomes ``1/exprel(x)``, which is finite at x = 0."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.symbols import exprel


def _exponential_minus_one(d: Any) -> tuple[Any, Any] | None:
    """(factor, u) if ``d`` is factor*(exp(u) - 1)."""
    if not (isinstance(d, sp.Add) and len(d.args) == 2):
        return None
    for c, e in (d.args, d.args[::-1]):
        factor, rest = e.as_coeff_Mul()
        if c.is_number and isinstance(rest, sp.exp) and sp.simplify(factor + c) == 0:
            return factor, rest.args[0]
    return None


def regular(e: Any) -> Any:
    """``e`` with each removable singularity of this form removed."""
    if not e.args:
        return e
    args = [regular(a) for a in e.args]
    e = e.func(*args) if tuple(args) != e.args else e
    if isinstance(e, sp.Pow) and e.exp == -1:
        return e
    if not isinstance(e, sp.Mul):
        return e
    for a in e.args:
        if not (isinstance(a, sp.Pow) and a.exp == -1):
            continue
        found = _exponential_minus_one(a.base)
        if found is None:
            continue
        factor, u = found
        exact = {number: sp.Rational(str(number)) for number in (e / a / u).atoms(sp.Float)}  # floats would not cancel
        ratio = sp.cancel(sp.together((e / a / u).xreplace(exact)))
        if not sp.fraction(ratio)[1].free_symbols & u.free_symbols or not _still_singular(ratio, u):
            return regular(ratio / factor) / exprel(u)
    return e


def _still_singular(ratio: Any, u: Any) -> bool:
    """True if dividing by u left a pole at u = 0, that is, the numerator did not vanish there."""
    denominator = sp.fraction(ratio)[1]
    pivot = sorted(u.free_symbols, key=str)
    for s in pivot:
        root = sp.solve(u, s) if u.is_polynomial(s) and sp.degree(u, s) == 1 else []
        if root:
            return sp.simplify(denominator.subs(s, root[0])) == 0
    return True
