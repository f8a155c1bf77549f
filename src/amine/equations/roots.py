"""Zeros of expressions, solved for one symbol."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from sympy.codegen.cfunctions import log10

from amine.equations.limits import EXPANDED, terms
from amine.equations.symbols import exprel

FACTORED = 30  # operations up to which a sum is factored
_INVERSE: dict[Any, Any] = {
    sp.exp: lambda y: [sp.log(y)],
    sp.log: lambda y: [sp.exp(y)],
    sp.sin: lambda y: [sp.asin(y)],
    sp.cos: lambda y: [sp.acos(y), -sp.acos(y)],
    sp.tan: lambda y: [sp.atan(y)],
    sp.asin: lambda y: [sp.sin(y)],
    sp.acos: lambda y: [sp.cos(y)],
    sp.atan: lambda y: [sp.tan(y)],
    log10: lambda y: [sp.Pow(10, y)],
    sp.sinh: lambda y: [sp.asinh(y)],
    sp.cosh: lambda y: [sp.acosh(y), -sp.acosh(y)],
    sp.tanh: lambda y: [sp.atanh(y)],
    sp.Abs: lambda y: [y, -y],
}


def positive(e: sp.Expr) -> bool:
    """Whether the form of ``e`` shows that it is positive for all values of its symbols."""
    if e.is_number:
        return bool(e.is_positive)  # a number that is not real is not
    if isinstance(e, sp.exp | sp.cosh | exprel):
        return True
    if isinstance(e, sp.Pow):
        return positive(e.base)
    if isinstance(e, sp.Mul):
        return all(positive(a) for a in e.args)
    if isinstance(e, sp.Add):
        return any(positive(a) for a in e.args) and all(positive(a) or _not_negative(a) for a in e.args)
    return False


def _not_negative(e: sp.Expr) -> bool:
    even = isinstance(e, sp.Pow) and e.exp.is_Integer and int(e.exp) % 2 == 0
    if isinstance(e, sp.Mul):
        return all(positive(a) or _not_negative(a) for a in e.args)
    return even or isinstance(e, sp.Abs)


def roots(e: sp.Expr, s: sp.Symbol) -> list[Any] | None:
    """Values of ``s`` at which ``e`` vanishes (principal values of periodic functions); None if they cannot be computed."""
    if s not in e.free_symbols or isinstance(e, sp.exp | sp.cosh | exprel) or positive(e):
        return []
    if isinstance(e, sp.Mul):
        parts = [roots(a, s) for a in e.args]
        return None if None in parts else [r for p in parts for r in p or []]
    if isinstance(e, sp.Pow):
        return roots(e.base, s) if e.exp.is_number and e.exp > 0 else [] if e.exp.is_number else None
    if terms(e) > EXPANDED:
        return None
    if e.is_polynomial(s):
        return _polynomial(e, s)
    if isinstance(e, sp.Add):
        return _sum(e, s)
    if type(e) in _INVERSE:
        return _inverse(e, sp.S.Zero, s)
    return None


def _polynomial(e: sp.Expr, s: sp.Symbol) -> list[Any] | None:
    p = sp.Poly(e, s)
    if p.degree() == 1:
        a, b = p.all_coeffs()
        return [-b / a]
    if p.degree() == 2:
        a, b, c = p.all_coeffs()
        square = b**2 - 4 * a * c
        root = sp.sqrt(sp.factor(square) if sp.count_ops(square) <= FACTORED else square)
        return [] if root.is_imaginary else [(-b + root) / (2 * a), (-b - root) / (2 * a)]
    if not (e.free_symbols - {s}) and p.degree() <= 8:
        return [sp.Float(x, 17) for x in _real_roots(p)]
    return None


def _real_roots(p: sp.Poly) -> list[float]:
    found = np.roots([float(c) for c in p.all_coeffs()])
    return [float(x.real) for x in found if abs(x.imag) < 1e-7 * (1 + abs(x))]


def _inverse(f: sp.Expr, y: sp.Expr, s: sp.Symbol) -> list[Any] | None:
    """Solutions of f = y."""
    values = [x for x in _INVERSE[type(f)](y) if not x.has(sp.zoo, sp.nan, sp.oo, sp.I)]
    parts = [roots(f.args[0] - x, s) for x in values]
    return None if None in parts else [r for p in parts for r in p or []]


def _sum(e: sp.Expr, s: sp.Symbol) -> list[Any] | None:
    rest, moving = e.as_independent(s, as_Add=True)
    terms = sp.Add.make_args(moving)
    if len(terms) == 1:
        factor, f = terms[0].as_independent(s, as_Add=False)
        if type(f) in _INVERSE:
            return _inverse(f, -rest / factor, s)
        if isinstance(f, sp.Pow) and f.exp.is_number and f.exp > 0 and not f.exp.is_Integer:
            power = -rest / factor  # of a base that is not negative, as broken powers of others are no numbers
            return [] if power.is_negative else roots(f.base - power ** (1 / f.exp), s)
    pairs: list[Any] = [t.as_independent(s, as_Add=False) for t in terms]
    if rest == 0 and len(pairs) == 2 and all(isinstance(f, sp.exp) for _, f in pairs):
        (a, f), (b, g) = pairs
        ratio = -b / a
        return [] if ratio.is_negative else roots(f.args[0] - g.args[0] - sp.log(ratio), s)
    return _factored(e, s)


def _factored(e: sp.Expr, s: sp.Symbol) -> list[Any] | None:
    """Roots of the factors of a small sum, such as exp(2 s) - 3 exp(s) + 2."""
    if e.has(sp.Float, sp.Piecewise, sp.Min, sp.Max) or sp.count_ops(e) > FACTORED:
        return None
    whole: Any = sp.factor(sp.together(e))
    parts = [a for a in sp.Mul.make_args(whole) if s in a.free_symbols]
    return None if len(parts) < 2 else roots(sp.Mul(*parts), s)
