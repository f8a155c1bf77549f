"""Divided differences: e(s) = e(s0) + (s - s0) q(s), with q in a form that keeps all digits for s near s0."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import log10

from amine.equations.limits import expanded
from amine.equations.sampling import vanishes
from amine.equations.symbols import exprel


class NoSlope(Exception):
    """Error of an expression without a known divided difference."""


def slope(e: sp.Expr, s: sp.Symbol, s0: sp.Expr) -> Any:
    """(e - e(s0))/(s - s0), where ``s0`` is an expression without ``s``.

    Raises
    ------
    NoSlope
        If ``e`` has no derivative at ``s0``, or is made of functions whose difference has no stable form here.

    Examples
    --------
    >>> v = sp.Symbol("v", real=True)
    >>> slope(v**2, v, 3)
    v + 3
    """
    if s not in e.free_symbols:
        return sp.S.Zero
    if e == s:
        return sp.S.One
    if isinstance(e, sp.Add):
        return sp.Add(*[slope(a, s, s0) for a in e.args])
    if isinstance(e, sp.Mul):
        return _product(e, s, s0)
    if isinstance(e, sp.Pow):
        return _power(e.base, e.exp, s, s0)
    if type(e) not in _RULES:
        raise NoSlope
    u: Any = e.args[0]
    return _RULES[type(e)](u, at(u, s, s0)) * slope(u, s, s0)


def at(e: sp.Expr, s: sp.Symbol, s0: sp.Expr) -> Any:
    """``e`` at ``s`` = ``s0``; an exact 0 if it vanishes there."""
    if s in e.free_symbols and vanishes(e, s, s0):
        return sp.S.Zero
    value = expanded(e.subs(s, s0)) if e.is_polynomial(s) else e.subs(s, s0)
    if value.has(sp.zoo, sp.nan, sp.oo, sp.I):
        raise NoSlope
    return value


def _product(e: sp.Expr, s: sp.Symbol, s0: sp.Expr) -> Any:
    """(f g)' = f' g + f(s0) g', the vanishing factors first, so that most terms are 0."""
    factors: Any = e.args
    first, *rest = sorted(factors, key=lambda a: not (s in a.free_symbols and vanishes(a, s, s0)))
    others = sp.Mul(*rest)
    out = slope(first, s, s0) * others
    left = at(first, s, s0)
    return out + left * slope(others, s, s0) if left != 0 else out


def _power(a: sp.Expr, p: sp.Expr, s: sp.Symbol, s0: sp.Expr) -> Any:
    if s not in a.free_symbols:  # a**u = exp(u log a)
        u0 = at(p, s, s0)
        return a**u0 * sp.log(a) * exprel((p - u0) * sp.log(a)) * slope(p, s, s0)
    if not p.is_number:
        raise NoSlope
    q, a0 = slope(a, s, s0), at(a, s, s0)
    if p.is_Integer and 0 < p <= 8:
        return q * sp.Add(*[a ** (int(p) - 1 - k) * a0**k for k in range(int(p))])
    if a0 == 0:
        raise NoSlope
    if p.is_Integer and -8 <= p < 0:
        return -_power(a, -p, s, s0) / (a**-p * a0**-p)
    if p == sp.S.Half:
        return q / (sp.sqrt(a) + sp.sqrt(a0))
    ratio = sp.log(a / a0)
    return q * p * a0 ** (p - 1) * exprel(p * ratio) / exprel(ratio)


def _sinhc(y: sp.Expr) -> Any:
    """sinh(y)/y"""
    return sp.exp(sp.Abs(y)) * exprel(-2 * sp.Abs(y))


def _tanhc(y: sp.Expr) -> Any:
    """tanh(y)/y"""
    ratio: Any = exprel(-2 * sp.Abs(y)) / (1 + sp.exp(-2 * sp.Abs(y)))
    return 2 * ratio


def _sinc(y: sp.Expr) -> Any:
    """sin(y)/y"""
    near = sp.Abs(y) < sp.Rational(1, 20)
    series = 1 - y**2 / 6 + y**4 / 120 - y**6 / 5040
    return sp.Piecewise((series, near), (sp.sin(y) / sp.Piecewise((1, near), (y, True)), True))


_RULES: dict[Any, Any] = {
    sp.exp: lambda u, u0: sp.exp(u0) * exprel(u - u0),
    sp.log: lambda u, u0: 1 / (u0 * exprel(sp.log(u / u0))),
    log10: lambda u, u0: 1 / (sp.log(10) * u0 * exprel(sp.log(u / u0))),
    sp.sin: lambda u, u0: sp.cos((u + u0) / 2) * _sinc((u - u0) / 2) if u0 != 0 else _sinc(u),
    sp.cos: lambda u, u0: -sp.sin((u + u0) / 2) * _sinc((u - u0) / 2),
    sp.tan: lambda u, u0: _sinc(u - u0) / (sp.cos(u) * sp.cos(u0)),
    sp.sinh: lambda u, u0: sp.cosh((u + u0) / 2) * _sinhc((u - u0) / 2),
    sp.cosh: lambda u, u0: sp.sinh((u + u0) / 2) * _sinhc((u - u0) / 2),
    sp.tanh: lambda u, u0: _tanhc(u - u0) * (1 - sp.tanh(u) * sp.tanh(u0)),
}
