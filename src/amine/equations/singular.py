"""Removable singularities: ``x/(exp(x) - 1)`` becomes ``1/exprel(x)``, which is 1 at x = 0 and accurate near it.

A quotient whose numerator and denominator have a common zero is 0/0 there and loses its digits nearby. Both are replaced by
their divided differences (:mod:`amine.equations.slopes`), which cancels the zero. A quotient without such a form is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from amine.equations.roots import positive, roots
from amine.equations.sampling import DRAWS, evaluate, vanishes, vanishes_at
from amine.equations.slopes import NoSlope, at, slope
from amine.equations.symbols import exprel, names_of
from amine.errors import AmineError

_TRIES = 4  # zeros of higher order are divided out one by one
_FAR = 10**9  # keeps a denominator away from 0 where its numerator is 0
_CELLS = 4  # grid cells that are refined
_SCAN = np.unique(np.concatenate([s * np.geomspace(1e-2, 1e3, 400) for s in (-1, 1)] + [np.zeros(1)]))


class Indeterminate(Exception):
    """Error of a quotient that is 0/0 for some value and has no known stable form."""

    def __init__(self, symbol: sp.Symbol, value: sp.Expr):
        super().__init__()
        self.symbol, self.value = symbol, value


def stable(e: sp.Expr, where: str, fixed: frozenset[str] = frozenset()) -> Any:
    """``e`` without removable singularities; ``fixed`` are the names of parameters.

    Raises
    ------
    AmineError
        If a quotient is 0/0 for all values of its other symbols, and no stable form is known.
    """
    try:
        return regular(e, fixed)
    except Indeterminate as found:
        raise AmineError(
            where,
            f"a quotient is 0/0 at {found.symbol} = {str(found.value)[:60]} and no form is known that is accurate near it",
            hint="write it with exprel(x), which is (exp(x) - 1)/x, or give its value there by where(abs(x) < ..., ..., ...)",
        ) from None


@lru_cache(maxsize=4096)
def regular(e: sp.Expr, fixed: frozenset[str] = frozenset()) -> Any:
    """Same as :func:`stable`, but raises Indeterminate."""
    if not e.args:
        return e
    if isinstance(e, sp.Piecewise):
        return _pieces(e, fixed)
    args = [regular(a, fixed) for a in e.args]
    e = e.func(*args) if tuple(args) != e.args else e
    if isinstance(e, sp.Add):
        e = _sum(e)
    return _by_value(_quotient(e), fixed) if isinstance(e, sp.Mul) else e


def _pieces(e: sp.Piecewise, fixed: frozenset[str]) -> Any:
    """Pieces without removable singularities; a user's own branch for the singular point is kept."""
    out: list[Any] = []
    pieces: Any = e.args
    for x, condition in pieces:
        try:
            x = regular(x, fixed)
        except Indeterminate as found:
            if not all(_finite(e, found.symbol, found.value, draw) for draw in range(DRAWS)):
                raise
        out.append((x, condition))
    return sp.Piecewise(*out)


def _finite(e: sp.Expr, s: sp.Symbol, s0: sp.Expr, draw: int) -> bool:
    at = evaluate(s0, {}, draw)
    return bool(np.isfinite(evaluate(e, {s: at}, draw)) or not np.isfinite(at))


def _factors(e: sp.Expr) -> list[tuple[Any, Any]]:
    """(base, exponent) of the factors that can vanish."""
    found = []
    for a in sp.Mul.make_args(e):
        base, p = (a.base, a.exp) if isinstance(a, sp.Pow) else (a, sp.S.One)
        if base.free_symbols and p.is_Rational and not isinstance(base, sp.exp | exprel):
            found.append((base, p))
    return found


def _quotient(e: sp.Expr) -> Any:
    for _ in range(_TRIES):
        found = _common_zero(e)
        if found is None:
            return e
        s, s0 = found
        try:
            e = _divided(e, s, s0)
        except NoSlope:
            raise Indeterminate(s, s0) from None
    found = _common_zero(e)
    if found is not None:
        raise Indeterminate(*found)
    return e


def _common_zero(e: sp.Expr) -> tuple[Any, Any] | None:
    """A symbol and its value at which both numerator and denominator of a product vanish; None if there is none."""
    factors = _factors(e)
    below = [b for b, p in factors if p < 0 and not positive(b)]
    above = [b for b, p in factors if p > 0]
    for d in below:
        for n in above:
            shared = sorted(d.free_symbols & n.free_symbols, key=str)
            found = _shared_zero(d, n, shared) if shared and not (d.is_Symbol and n.is_polynomial(d)) else None
            if found is not None:
                return found
    return None


def _shared_zero(d: sp.Expr, n: sp.Expr, shared: list[sp.Symbol]) -> tuple[Any, Any] | None:
    unsolved = []
    for s in shared:
        mine, theirs = roots(d, s), roots(n, s)
        for s0 in (mine or []) + (theirs or []):
            if vanishes(d, s, s0) and vanishes(n, s, s0):
                return s, s0
        if mine is not None:
            return None
        unsolved.append(s)
    for s in unsolved:
        s0 = _scan(d, n, s)
        if s0 is not None:
            return s, s0
    return None


def _scan(d: sp.Expr, n: sp.Expr, s: sp.Symbol) -> Any:
    """Common zero of expressions that cannot be solved, found numerically for several values of the other symbols."""
    found = []
    d, n = (e.args[0] if isinstance(e, sp.Abs) else e for e in (d, n))
    for draw in range(DRAWS):
        for low, high in _flips(d, n, s, _SCAN, draw)[:_CELLS]:
            for _ in range(6):
                inner = _flips(d, n, s, np.linspace(low, high, 200), draw)
                low, high = inner[0] if inner else (np.nan, np.nan)
            if low == low and vanishes_at(d, s, low, draw) and vanishes_at(n, s, low, draw):
                found.append(low)
                break
    return sp.Float(found[0], 17) if len(found) >= 2 else None


def _flips(d: sp.Expr, n: sp.Expr, s: sp.Symbol, grid: np.ndarray, draw: int) -> list[tuple[float, float]]:
    """Grid cells in which both expressions change sign or vanish at the lower end."""
    both = np.ones(grid.size - 1, bool)
    for e in (d, n):
        y = np.broadcast_to(np.asarray(evaluate(e, {s: grid}, draw), float), grid.shape)
        both &= np.isfinite(y[1:]) & np.isfinite(y[:-1]) & (np.sign(y[1:]) * np.sign(y[:-1]) <= 0)
    return [(float(grid[i]), float(grid[i + 1])) for i in np.flatnonzero(both)]


def _divided(e: sp.Expr, s: sp.Symbol, s0: sp.Expr) -> Any:
    """A product in which each factor that vanishes at ``s0`` is divided by s - s0."""
    out, order = sp.S.One, sp.S.Zero
    for a in sp.Mul.make_args(e):
        base, p = (a.base, a.exp) if isinstance(a, sp.Pow) else (a, sp.S.One)
        if s in base.free_symbols and p.is_Rational and vanishes(base, s, s0):
            out *= slope(base, s, s0) ** p
            order += p
        else:
            out *= a
    factor, rest = out.as_coeff_Mul()
    return (sp.Rational(str(factor)) if factor.is_Float else factor) * rest * (s - s0) ** order


def _by_value(e: sp.Expr, fixed: frozenset[str]) -> Any:
    """A product whose numerator and denominator vanish together for some values of parameters, such as V_1 = V_2 in
    (v - V_1)/(exp((v - V_2)/k) - 1): the numerator is split into its value at the pole and the rest, which is divided out.
    """
    factors = _factors(e)
    for d in [b for b, p in factors if p == -1 and not positive(b)]:
        for n in [b for b, p in factors if p == 1]:
            for s in sorted(d.free_symbols & n.free_symbols, key=str):
                if s.name in fixed or not (_curved(d, s) or _curved(n, s)):
                    continue
                for s0 in roots(d, s) or []:
                    if not _made_of(s0, fixed) or vanishes(n, s, s0):
                        continue
                    try:
                        left, steep = at(n, s, s0), slope(d, s, s0)
                        if left.free_symbols and _made_of(left, fixed):
                            return e * d / n * (slope(n, s, s0) + _over(left, s - s0)) / steep
                    except NoSlope:
                        continue
    return e


def _made_of(e: sp.Expr, fixed: frozenset[str]) -> bool:
    """Whether ``e`` contains only parameters, and no functions, which could be undefined for their values."""
    return names_of(e) <= fixed and not any(f.free_symbols for f in e.atoms(sp.Function))


def _over(left: sp.Expr, h: sp.Expr) -> Any:
    """left/h, or 0 where ``left`` is 0."""
    return left / (h + _FAR * sp.Max(0, 1 - sp.Abs(sp.sign(left))))  # SymPy would expand a plain product


def _sum(e: sp.Expr) -> Any:
    """A sum in which terms whose poles cancel, as in 1/tanh(x) - 1/x, are combined to one quotient."""
    summands: Any = e.args
    poles: list[tuple[Any, Any]] = [(t, d) for t in summands for d, p in _factors(t) if p < 0 and not positive(d)]
    for _, d in poles:
        for s in sorted(d.free_symbols, key=str):
            for s0 in roots(d, s) or []:
                same = [u for u, g in poles if s in g.free_symbols and vanishes(g, s, s0)]
                if len(dict.fromkeys(same)) < 2 or not any(_curved(u, s) for u in same):
                    continue
                others: list[Any] = [a for a in summands if a not in same]
                top, bottom = sp.fraction(sp.together(sp.Add(*same)))
                if vanishes(top, s, s0):
                    return regular(sp.Add(*others) + _quotient(top / bottom))
    return e


def _curved(e: sp.Basic, s: sp.Symbol) -> bool:
    """Whether a term contains a function of ``s`` other than its powers."""
    return any(s in a.free_symbols for a in e.atoms(sp.Function))
