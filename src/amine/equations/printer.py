"""SymPy expressions as source text: for kernels (``F(...)`` literals, inlined functions) and for NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

from amine.equations.symbols import exprel


class Printer:
    """Prints expressions: ``kernel`` with device functions and typed literals, ``numpy`` or ``scalar`` in float64."""

    def __init__(self, mode: str, name: Callable[[str], str] = str):
        self.kernel, self.scalar, self.name = mode == "kernel", mode == "scalar", name
        self.branch = mode != "numpy"

    def number(self, x: Any) -> str:
        value = repr(float(x))
        return f"F({value})" if self.kernel else f"({value})"

    def __call__(self, e: Any) -> str:
        e = sp.sympify(e)
        if e.is_Symbol:
            return self.name(e.name)
        if e.is_number:
            return self.number(e)
        if isinstance(e, BooleanTrue | BooleanFalse):
            return "True" if e else "False"
        method = getattr(self, "on_" + type(e).__name__, None)
        if method is None:
            raise NotImplementedError(f"no code for {type(e).__name__}")
        return method(e)

    def on_Add(self, e: sp.Add) -> str:
        text = ""
        for a in sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), sp.default_sort_key(a))):
            minus = bool(text) and a.could_extract_minus_sign()
            text += (" - " if minus else " + " if text else "") + self(-a if minus else a)
        return f"({text})"

    def on_Mul(self, e: sp.Mul) -> str:
        top, bottom = [], []
        for a in e.args:
            if isinstance(a, sp.Pow) and a.exp.is_number and a.exp.is_negative:
                bottom.append(sp.Pow(a.base, -a.exp))
            else:
                top.append(a)
        if top and top[0] == -1:
            rest = sp.Mul(*top[1:], *[sp.Pow(b, -1) for b in bottom], evaluate=False) if len(e.args) > 1 else None
            return f"(-{self(e / -1)})" if rest is not None else self.number(-1)
        text = "*".join(self(a) for a in top) or self.number(1)
        return f"({text}/{self._product(bottom)})" if bottom else f"({text})"

    def _product(self, parts: list[Any]) -> str:
        return "(" + "*".join(self(b) for b in parts) + ")"

    def on_Pow(self, e: sp.Pow) -> str:
        if e.exp.is_Integer and 0 < int(e.exp) <= 64:
            return self._power(self(e.base), int(e.exp))
        if e.exp == sp.Rational(1, 2):
            return f"{self._function('sqrt')}({self(e.base)})"
        if e.exp.is_number and e.exp.is_negative:
            return f"({self.number(1)}/{self(sp.Pow(e.base, -e.exp))})"
        if self.kernel:
            return f"vpow({self(e.base)}, {self(e.exp)})"
        return f"{'math.pow' if self.scalar else 'np.power'}({self(e.base)}, {self(e.exp)})"

    def _power(self, x: str, n: int) -> str:
        if n == 1:
            return x
        half = self._power(x, n // 2)
        return f"({half}*{half}{'*' + x if n % 2 else ''})"

    def _function(self, f: str) -> str:
        if self.kernel:
            return f"v{f}"
        if self.scalar:
            return {"exprel": "exprel64", "sign": "sign64"}.get(f, f"math.{f}")
        return {"exprel": "exprel"}.get(f, f"np.{f}")

    def _call(self, f: str, e: Any) -> str:
        return f"{self._function(f)}({', '.join(self(a) for a in e.args)})"

    def on_exp(self, e: Any) -> str:
        return self._call("exp", e)

    def on_log(self, e: Any) -> str:
        return self._call("log", e)

    def on_sin(self, e: Any) -> str:
        return self._call("sin", e)

    def on_cos(self, e: Any) -> str:
        return self._call("cos", e)

    def on_tan(self, e: Any) -> str:
        x = e.args[0]
        return self(sp.Mul(sp.sin(x), sp.Pow(sp.cos(x), -1), evaluate=False))

    def on_tanh(self, e: Any) -> str:
        return self._call("tanh", e)

    def on_sinh(self, e: Any) -> str:
        return self((sp.exp(e.args[0]) - sp.exp(-e.args[0])) / 2)

    def on_cosh(self, e: Any) -> str:
        return self((sp.exp(e.args[0]) + sp.exp(-e.args[0])) / 2)

    def on_exprel(self, e: exprel) -> str:
        return self._call("exprel", e)

    def on_floor(self, e: Any) -> str:
        return self._call("floor", e)

    def on_sign(self, e: Any) -> str:
        return self._call("sign", e)

    def on_Abs(self, e: Any) -> str:
        return f"{'abs' if self.branch else 'np.abs'}({self(e.args[0])})"

    def _fold(self, f: str, e: Any) -> str:
        text = self(e.args[0])
        for a in e.args[1:]:
            text = f"{f}({text}, {self(a)})"
        return text

    def on_Min(self, e: Any) -> str:
        return self._fold("min" if self.branch else "np.minimum", e)

    def on_Max(self, e: Any) -> str:
        return self._fold("max" if self.branch else "np.maximum", e)

    def on_Piecewise(self, e: Any) -> str:
        text = self(e.args[-1][0])
        for value, condition in reversed(e.args[:-1]):
            f = "select" if self.branch else "np.where"
            text = f"{f}({self(condition)}, {self(value)}, {text})"
        return text

    def on_Heaviside(self, e: Any) -> str:
        f = "select" if self.branch else "np.where"
        return f"{f}({self(e.args[0])} >= {self.number(0)}, {self.number(1)}, {self.number(0)})"

    def _compare(self, op: str, e: Any) -> str:
        return f"({self(e.args[0])} {op} {self(e.args[1])})"

    def on_StrictGreaterThan(self, e: Any) -> str:
        return self._compare(">", e)

    def on_GreaterThan(self, e: Any) -> str:
        return self._compare(">=", e)

    def on_StrictLessThan(self, e: Any) -> str:
        return self._compare("<", e)

    def on_LessThan(self, e: Any) -> str:
        return self._compare("<=", e)

    def on_And(self, e: And) -> str:
        return "(" + " & ".join(self(a) for a in sorted(e.args, key=str)) + ")"

    def on_Or(self, e: Or) -> str:
        return "(" + " | ".join(self(a) for a in sorted(e.args, key=str)) + ")"

    def on_Not(self, e: Not) -> str:
        return f"(not {self(e.args[0])})" if self.branch else f"np.logical_not({self(e.args[0])})"
