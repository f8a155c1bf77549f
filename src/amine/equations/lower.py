"""Conversion of SymPy expressions to expressions of generated code, which fixes the order of operations for all printers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from amine.equations.terms import Binary, Boolean, Call, Expr, Name, Number, Unary, chain, fused_sum

FUNCTIONS = (
    *("exp", "log", "log10", "sin", "cos", "asin", "acos", "atan", "atan2", "tanh", "exprel"),
    *("floor", "rint", "mod", "sign"),
)
LARGEST_POWER = 64  # integer powers up to this are products


class Lowering:
    """Converter of SymPy expressions to those of generated code; ``name`` maps a symbol to its name there."""

    def __init__(self, name: Callable[[str], str] = str):
        self.name = name

    def __call__(self, e: sp.Basic) -> Expr:
        x: Any = sp.sympify(e)
        if x.is_Symbol:
            return Name(self.name(x.name))
        if x.is_number:
            return Number(float(x))
        if isinstance(x, BooleanTrue | BooleanFalse):
            return Boolean(bool(x))
        kind = type(x).__name__
        if kind in FUNCTIONS:
            return self._function(kind, x)
        method = getattr(self, "on_" + kind, None)
        if method is None:
            raise NotImplementedError(f"no code for {kind}")
        return method(x)

    def _function(self, f: str, e: sp.Basic) -> Expr:
        return Call(f, tuple(self(a) for a in e.args))

    # --- arithmetic --------------------------------------------------------------------------------------------

    def on_Add(self, e: sp.Add) -> Expr:
        terms = sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), sp.default_sort_key(a)))
        out = self(terms[0])
        for a in terms[1:]:
            minus = a.could_extract_minus_sign()
            out = fused_sum("-" if minus else "+", out, self(-a if minus else a))
        return out

    def on_Mul(self, e: sp.Mul) -> Expr:
        top, bottom = [], []
        for a in e.args:
            if isinstance(a, sp.Pow) and a.exp.is_number and a.exp.is_negative:
                bottom.append(sp.Pow(a.base, -a.exp))
            else:
                top.append(a)
        if top and top[0] == -1:
            return Unary("-", self(e / -1))
        out = chain("*", [self(a) for a in top] or [Number(1.0)])
        return Binary("/", out, chain("*", [self(b) for b in bottom])) if bottom else out

    def on_Pow(self, e: sp.Pow) -> Expr:
        if e.exp.is_Integer and 0 < int(e.exp) <= LARGEST_POWER:
            return _power(self(e.base), int(e.exp))
        if e.exp == sp.Rational(1, 2):
            return Call("sqrt", (self(e.base),))
        if e.exp.is_number and e.exp.is_negative:
            return Binary("/", Number(1.0), self(sp.Pow(e.base, -e.exp)))
        return Call("pow", (self(e.base), self(e.exp)))

    def on_tan(self, e: sp.Expr) -> Expr:
        x = e.args[0]
        return self(sp.Mul(sp.sin(x), sp.Pow(sp.cos(x), -1), evaluate=False))

    def on_sinh(self, e: sp.Expr) -> Expr:
        x: Any = e.args[0]
        return self((sp.exp(x) - sp.exp(-x)) / 2)

    def on_cosh(self, e: sp.Expr) -> Expr:
        x: Any = e.args[0]
        return self((sp.exp(x) + sp.exp(-x)) / 2)

    def on_ceiling(self, e: sp.Expr) -> Expr:
        x: Any = e.args[0]
        return Unary("-", Call("floor", (self(-x),)))

    def on_low(self, e: sp.Expr) -> Expr:
        return self._function("low", e)

    def on_wide(self, e: sp.Expr) -> Expr:
        high, rest = (self(a) for a in e.args)
        return Binary("+", Call("np.float64", (high,)), rest)

    def on_Abs(self, e: sp.Expr) -> Expr:
        return self._function("abs", e)

    def _fold(self, f: str, e: sp.Expr) -> Expr:
        out = self(e.args[0])
        for a in e.args[1:]:
            out = Call(f, (out, self(a)))
        return out

    def on_Min(self, e: sp.Expr) -> Expr:
        return self._fold("min", e)

    def on_Max(self, e: sp.Expr) -> Expr:
        return self._fold("max", e)

    # --- choices -----------------------------------------------------------------------------------------------

    def on_Piecewise(self, e: sp.Piecewise) -> Expr:
        pieces: Any = e.args
        out = self(pieces[-1][0])
        for value, condition in reversed(pieces[:-1]):
            out = Call("select", (self(condition), self(value), out))
        return out

    def on_Heaviside(self, e: sp.Expr) -> Expr:
        return Call("select", (Binary(">=", self(e.args[0]), Number(0.0)), Number(1.0), Number(0.0)))

    def _compare(self, op: str, e: sp.Rel) -> Expr:
        return Binary(op, self(e.args[0]), self(e.args[1]))

    def on_StrictGreaterThan(self, e: sp.Rel) -> Expr:
        return self._compare(">", e)

    def on_GreaterThan(self, e: sp.Rel) -> Expr:
        return self._compare(">=", e)

    def on_StrictLessThan(self, e: sp.Rel) -> Expr:
        return self._compare("<", e)

    def on_LessThan(self, e: sp.Rel) -> Expr:
        return self._compare("<=", e)

    def on_Equality(self, e: sp.Rel) -> Expr:
        return self._compare("==", e)

    def on_Unequality(self, e: sp.Rel) -> Expr:
        return self._compare("!=", e)

    def on_And(self, e: sp.And) -> Expr:
        return chain("&", [self(a) for a in sorted(e.args, key=str)])

    def on_Or(self, e: sp.Or) -> Expr:
        return chain("|", [self(a) for a in sorted(e.args, key=str)])

    def on_ITE(self, e: sp.ITE) -> Expr:
        """A choice between conditions, which SymPy makes of compared choices between numbers."""
        c, a, b = (self(x) for x in e.args)
        return Binary("|", Binary("&", c, a), Binary("&", Unary("not", c), b))

    def on_Not(self, e: sp.Not) -> Expr:
        return Unary("not", self(e.args[0]))


def _power(x: Expr, n: int) -> Expr:
    """x**n by repeated squaring."""
    if n == 1:
        return x
    half = _power(x, n // 2)
    return chain("*", [half, half, x] if n % 2 else [half, half])
