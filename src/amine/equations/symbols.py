"""Names in equations: symbols, units, reserved words, and common dimensions."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container
from fractions import Fraction
from typing import Any

import sympy as sp

from amine.equations.given import LAST_SPIKE
from amine.units import dimension_of

Dimension = tuple
NONE: Dimension = (0, 0, 0, 0, 0, 0)
TIME = dimension_of("ms")
NOISE = tuple(Fraction(-1, 2) * e for e in TIME)
UNIT_NAMES = [
    "V",
    "mV",
    "uV",
    "s",
    "ms",
    "us",
    "A",
    "mA",
    "uA",
    "nA",
    "pA",
    "S",
    "mS",
    "uS",
    "nS",
    "pS",
    "F",
    "mF",
    "uF",
    "nF",
    "pF",
    "Hz",
    "kHz",
    "m",
    "cm",
    "mm",
    "um",
    "nm",
    "M",
    "mM",
    "uM",
    "nM",
    "Ohm",
    "kOhm",
    "MOhm",
    "GOhm",
    "K",
]


class low(sp.Function):
    """Rounding error of the argument in the precision of a step."""

    nargs = 1


class wide(sp.Function):
    """``wide(high, low)``: their sum in float64."""

    nargs = 2


class exprel(sp.Function):
    """(exp(x) - 1)/x, which is 1 at x = 0."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x = self.args[0]
        return (sp.exp(x) - exprel(x)) / x

    @classmethod
    def eval(cls, x: object) -> Any:
        return sp.S.One if x == 0 else None


class mod(sp.Function):
    """``mod(x, y)``: the remainder of x/y, which has the sign of y."""

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Any:
        args: Any = self.args
        return sp.S.One if argindex == 1 else -sp.floor(args[0] / args[1])

    @classmethod
    def eval(cls, x: Any, y: Any) -> Any:
        return x - y * sp.floor(x / y) if x.is_number and y.is_number else None


class rint(sp.Function):
    """The nearest whole number, of two the even one."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.S.Zero

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sp.Integer(round(float(x))) if x.is_number else None


def names_of(e: sp.Basic) -> set[str]:
    """Names of the symbols in an expression."""
    return {s.name for s in e.free_symbols if isinstance(s, sp.Symbol)}


def is_noise(name: str) -> bool:
    """True for ``xi`` and ``xi_<anything>``."""
    return name == "xi" or name.startswith("xi_")


def symbol(name: str) -> sp.Symbol:
    """The real symbol that stands for a name everywhere in amine."""
    return sp.Symbol(name, real=True)


def is_reserved(name: str, states: Container[str] = ()) -> bool:
    """True for names used by generated code, and for text that is not a name."""
    before, _, state = name.partition("_")
    return (
        not (name.isascii() and name.isidentifier())
        or keyword.iskeyword(name)
        or name in ("t", "dt", "np", LAST_SPIKE)
        or before == ""
        or (before in ("new", "next", "half", "x2", "x3", "x4", "k1", "k2", "k3", "k4") and state in states)
        or re.fullmatch(r"[PQHKL]_\d+_\d+", name) is not None
    )
