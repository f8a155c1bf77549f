"""Elimination of common subexpressions, the same for point neurons, trees, training and its adjoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sympy as sp

from amine.equations.symbols import symbol

Step: TypeAlias = tuple[str, sp.Expr]  # an assignment
Steps: TypeAlias = list[tuple[str, Any]]  # assignments; results of SymPy have no narrower type


def shared(steps: Sequence[Step], prefix: str = "_y") -> Steps:
    """Single assignments, with common subexpressions assigned just before their first use.

    A divisor that occurs in several powers is inverted once: division is the most expensive operation.

    Parameters
    ----------
    steps : assignments (name, SymPy expression) in order. prefix : of the names of common subexpressions, which are numbered.
    """
    inverse = _inverses(steps)
    swap = {x: r**-x.exp for x in _negative_powers(steps) for b, r in inverse.items() if x.base == b}
    whole = [e.xreplace(swap) if isinstance(e, sp.Basic) else e for _, e in steps]
    found: Any = sp.cse([*inverse, *whole], symbols=(symbol(f"{prefix}{i}") for i in range(100_000)), list=True)
    common = {s.name: e for s, e in found[0]}
    common |= {r.name: 1 / b for r, b in zip(inverse.values(), found[1], strict=False)}
    reduced = found[1][len(inverse) :]
    return placed(common, [(name, e) for (name, _), e in zip(steps, reduced, strict=True)])


def placed(common: Mapping[str, sp.Expr], steps: Sequence[Step]) -> Steps:
    """The steps with each common subexpression put just before its first use."""
    out: Steps = []
    waiting = dict(common)

    def put(e: sp.Expr) -> None:
        for s in sorted(getattr(e, "free_symbols", ()), key=lambda q: (len(q.name), q.name)):
            if s.name in waiting:
                sub = waiting.pop(s.name)
                put(sub)
                out.append((s.name, sub))

    for name, e in steps:
        put(e)
        out.append((name, e))
    return out


def _negative_powers(steps: Sequence[Step]) -> list[sp.Pow]:
    """All 1/x**n in the assignments, in a fixed order."""
    found: set[Any] = {x for _, e in steps if isinstance(e, sp.Basic) for x in e.atoms(sp.Pow)}
    return sorted((x for x in found if x.exp.is_Integer and x.exp < 0), key=sp.default_sort_key)


def _inverses(steps: Sequence[Step]) -> dict[sp.Expr, sp.Symbol]:
    """Symbols for 1/x by x, if several powers of it are needed and x depends on nothing that the steps assign."""
    made = {name for name, _ in steps}
    powers: dict[Any, set[int]] = {}
    for x in _negative_powers(steps):
        if not {s.name for s in x.base.free_symbols} & made:
            powers.setdefault(x.base, set()).add(int(x.exp))
    many = [b for b, exponents in powers.items() if len(exponents) > 1]
    return {b: symbol(f"_inverse_{i}") for i, b in enumerate(many)}
