"""The one elimination of common subexpressions: of engine, trees, training and its adjoint alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import sympy as sp

from amine.equations.symbols import symbol

Steps: TypeAlias = list[tuple[str, Any]]


def shared(steps: Sequence[tuple[str, Any]], prefix: str = "_y") -> Steps:
    """Single assignments in which what occurs more than once is assigned just before its first use.

    A value that is divided by in more than one power is inverted once: a division is the dearest of all operations.

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


def placed(common: dict[str, Any], steps: Sequence[tuple[str, Any]]) -> Steps:
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


def _negative_powers(steps: Sequence[tuple[str, Any]]) -> list[Any]:
    """All 1/x**n in the assignments, in a fixed order."""
    found: set[Any] = {x for _, e in steps if isinstance(e, sp.Basic) for x in e.atoms(sp.Pow)}
    return sorted((x for x in found if x.exp.is_Integer and x.exp < 0), key=sp.default_sort_key)


def _inverses(steps: Sequence[tuple[str, Any]]) -> dict[Any, Any]:
    """Symbols for 1/x where it is needed in more than one power; x is made of nothing that the steps assign."""
    made = {name for name, _ in steps}
    powers: dict[Any, set[int]] = {}
    for x in _negative_powers(steps):
        if not {s.name for s in x.base.free_symbols} & made:
            powers.setdefault(x.base, set()).add(int(x.exp))
    many = [b for b, exponents in powers.items() if len(exponents) > 1]
    return {b: symbol(f"_inverse_{i}") for i, b in enumerate(many)}
