"""Limits on the size of expressions: a description of a few lines must not cost minutes or gigabytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy as sp

from amine.errors import AmineError

MAX_TEXT = 20_000  # characters of an expression
MAX_LINES = 2_000  # of a model
MAX_DEPTH = 60  # of nested brackets
MAX_NODES = 2_000  # of one expression as written
MAX_OPERATIONS = 20_000  # of one equation with all named subexpressions substituted
MAX_STATES = 200
MAX_EXPONENT = 64
LARGEST = 1e300  # of a number
EXPANDED = 400  # terms up to which products are multiplied out
SIMPLIFIED = 60  # operations up to which an expression is simplified


def too_large(x: sp.Expr) -> bool:
    """Whether a number exceeds :data:`LARGEST` or is not finite; its parts must already have been checked."""
    if not x.is_number:
        return False
    if x.is_Integer:
        return abs(int(x)).bit_length() > 990
    try:
        return not abs(complex(x)) < LARGEST
    except (OverflowError, TypeError, ValueError):
        return True


def too_high(base: sp.Expr, exponent: sp.Expr) -> bool:
    """Whether the exponent or the result of a power is beyond the limits."""
    if not exponent.is_number:
        return False
    try:
        p = abs(float(exponent))
        low = abs(float(base)) if base.is_number else 1.0
    except (OverflowError, TypeError, ValueError):
        return True
    if isinstance(base, sp.Pow) and base.exp.is_number:
        p *= max(1.0, abs(float(base.exp)))
    return not p <= MAX_EXPONENT or (low > 0 and p * abs(math.log10(low)) > 300)


def require_small(named: Mapping[str, sp.Expr], roots: Mapping[str, sp.Expr], where: str) -> None:
    """Raises AmineError if an expression gets too large when the named subexpressions, free of loops, are substituted."""
    sizes: dict[str, int] = {}

    def size(e: sp.Expr) -> int:
        total = 0
        for node in sp.preorder_traversal(e):
            name = node.name if isinstance(node, sp.Symbol) else ""
            total += of(name) if name in named else 1
        return total

    def of(name: str) -> int:
        if name not in sizes:
            sizes[name] = size(named[name])
        return sizes[name]

    for name, e in {**named, **roots}.items():
        n = of(name) if name in named else size(e)
        if n > MAX_OPERATIONS:
            raise AmineError(
                f"{where}, in '{name}'",
                "the equation is too long with all named parts substituted",
                given=f"about 10^{len(str(n)) - 1} operations",
                expected=f"at most {MAX_OPERATIONS}",
                hint="make a part of it a state with its own time constant",
            )


def terms(e: sp.Basic) -> int:
    """Number of terms of ``e`` when fully expanded."""
    if isinstance(e, sp.Add):
        return sum(terms(a) for a in e.args)
    if isinstance(e, sp.Mul):
        return math.prod(terms(a) for a in e.args)
    if isinstance(e, sp.Pow) and e.exp.is_Integer:
        n, k = abs(int(e.exp)), terms(e.base)
        return math.comb(n + k - 1, k - 1) if n <= MAX_EXPONENT else EXPANDED + 1
    return max((terms(a) for a in e.args), default=1)


def expanded(e: sp.Expr) -> Any:
    """``e`` expanded, or unchanged if the result would be long."""
    return sp.expand(e) if terms(e) <= EXPANDED else e


def simplified(e: sp.Expr) -> Any:
    """``e`` simplified, or unchanged if it is long."""
    return sp.simplify(e) if sp.count_ops(e) <= SIMPLIFIED else e
