"""Expressions of continuous coupling: their units, and the parts of source, connection and target in which they are computed.

A sum over all pairs of ``f(source)*g(target)`` is ``g(target)`` times the sum of ``f(source)``: one pass over sources and one over targets.
Sines and cosines of sums of both are written as such products first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from amine.equations.expression import parse_expression
from amine.equations.symbols import names_of, symbol
from amine.errors import AmineError
from amine.records import dataclass
from amine.units import dimension_of

PRE, POST = "_pre", "_post"
MOST_TERMS = 32  # of a sum of products; more are computed for each connection


@dataclass(frozen=True)
class Parts:
    """An expression in parts.

    ``sources`` are functions of the source alone. ``body`` is the value of a connection, in which ``_f0``, ``_f1`` ... stand for the
    sources' functions and ``_g0`` ... for those of the target alone, ``targets``. If ``whole`` is not None, the sum over all sources is
    ``whole``, in which ``_s0`` ... are sums of the sources' functions and ``_n`` is the number of sources. ``changes`` are the rates of change of
    plastic values, in the names of ``body``.
    """

    sources: tuple[Any, ...]
    targets: tuple[Any, ...]
    body: Any
    whole: Any = None
    changes: tuple[Any, ...] = ()


def names_in_coupling(value: str, units: Mapping[str, str], unit: str, where: str) -> dict[str, str]:
    """Units of the names in an expression, of ``units``; raises AmineError if it is invalid or has another unit than ``unit``."""
    e = _parsed(value, units, unit, where)
    used = names_of(e)
    if not used:
        raise AmineError(where, "this is a number without names", given=value, hint="such as w*x_pre")
    return {n: u for n, u in units.items() if n in used}


def _parsed(value: str, units: Mapping[str, str], unit: str, where: str) -> Any:
    dims = {n: dimension_of(u) for n, u in units.items()}
    return parse_expression(value, dims, where, dimension_of(unit))


@lru_cache(maxsize=256)
def parts_of(
    value: str,
    units: tuple[tuple[str, str], ...],
    unit: str,
    ends: tuple[frozenset[str], frozenset[str]],
    dense: bool,
    changes: tuple[tuple[str, str, str], ...] = (),
) -> Parts:
    """An expression in parts; ``ends`` are the names of the source and of the target, ``dense`` asks for sums over all sources.

    ``changes`` are the names of plastic values, their rates of change, and the units of these.
    """
    e = _parsed(value, dict(units), unit, "coupling")
    pre, post = ends
    e = _products(e, pre, post)
    if dense:
        found = _sums(e, pre)
        if found is not None:
            return found
    rates = [_products(_parsed(text, dict(units), of, "coupling"), pre, post) for _, text, of in changes]
    return _each(e, rates, pre, post)


def _side(e: Any, pre: frozenset[str], post: frozenset[str]) -> str:
    """``pre`` or ``post`` if an expression depends on that side alone, ``free`` if on neither and no value, else ``mixed``."""
    names = names_of(e)
    if not names:
        return "free"
    return "pre" if names <= pre else "post" if names <= post else "mixed"


def _products(e: Any, pre: frozenset[str], post: frozenset[str]) -> Any:
    """The expression with sines and cosines of sums of several sides as products of those of each."""
    if not e.args:
        return e
    e = e.func(*[_products(a, pre, post) for a in e.args])
    if not isinstance(e, sp.sin | sp.cos) or _side(e, pre, post) != "mixed":
        return e
    terms: dict[str, list[Any]] = {}
    for a in sp.Add.make_args(sp.expand_mul(e.args[0])):
        terms.setdefault(_side(a, pre, post), []).append(a)
    if "pre" not in terms or len(terms) < 2:
        return e
    first: Any = sp.Add(*terms.pop("pre"))
    rest: Any = sp.Add(*(a for each in terms.values() for a in each))
    s, c = (_products(f(rest), pre, post) for f in (sp.sin, sp.cos))
    if isinstance(e, sp.sin):
        return sp.sin(first) * c + sp.cos(first) * s
    return sp.cos(first) * c - sp.sin(first) * s


def _sums(e: Any, pre: frozenset[str]) -> Parts | None:
    """The parts of a sum over all sources; None if the expression is no sum of products of the two sides."""
    whole: Any = sp.S.Zero
    found: dict[Any, int] = {}
    for term in sp.Add.make_args(sp.expand(e, power_base=False, power_exp=False, log=False, basic=False)):
        own, rest = [], []
        for f in sp.Mul.make_args(term):
            names = names_of(f)
            if names & pre and not names <= pre:
                return None
            (own if names & pre else rest).append(f)
        if not own:
            whole += sp.Mul(*rest, symbol("_n"))
            continue
        m = found.setdefault(sp.Mul(*own), len(found))
        whole += sp.Mul(*rest, symbol(f"_s{m}"))
    return Parts(tuple(found), (), None, whole) if len(found) <= MOST_TERMS else None


def _each(e: Any, rates: Sequence[Any], pre: frozenset[str], post: frozenset[str]) -> Parts:
    """The parts of the value of a connection and of its rates of change: whatever one side alone decides is computed once for each neuron."""
    found: dict[str, dict[Any, str]] = {"pre": {}, "post": {}}

    def taken(x: Any) -> Any:
        side = _side(x, pre, post)
        if side in found:
            return symbol(found[side].setdefault(x, f"_{'f' if side == 'pre' else 'g'}{len(found[side])}"))
        if not x.args or side == "free":
            return x
        if not isinstance(x, sp.Add | sp.Mul):
            return x.func(*[taken(a) for a in x.args])
        sides = {s: [a for a in x.args if _side(a, pre, post) == s] for s in found}
        rest = [taken(a) for a in x.args if _side(a, pre, post) not in found]
        return x.func(*[taken(x.func(*each)) for each in sides.values() if each], *rest)

    body, changes = taken(e), tuple(taken(r) for r in rates)
    return Parts(tuple(found["pre"]), tuple(found["post"]), body, changes=changes)


__all__ = ["Parts", "names_in_coupling", "parts_of"]
