"""White noise in equations: it may only be added, times factors without noise."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.symbols import is_noise
from amine.errors import AmineError


def noises_of(e: sp.Expr) -> list[Any]:
    """The white noises in an expression, sorted by name."""
    return sorted((s for s in e.free_symbols if is_noise(s.name)), key=str)


def refuse_nonlinear(e: sp.Expr, where: str) -> None:
    """Raises AmineError unless ``e`` is linear in its noises: a power or a function of white noise depends on the time step."""
    found = noises_of(e)
    if not found:
        return
    dummies = {n: sp.Dummy(real=True) for n in found}
    if not _linear(e.xreplace(dummies), set(dummies.values())):
        raise AmineError(
            where,
            f"the noise '{found[0]}' enters nonlinearly",
            given=str(e)[:60],
            expected="a term without noise, plus factors times noise",
            hint="a function of white noise has no limit for small time steps; make a state of it, such as dn/dt = -n/tau + sigma*xi",
        )


def _linear(e: sp.Basic, noises: set[sp.Symbol]) -> bool:
    """Whether an expression is a sum of terms with at most one noise, as a factor."""
    if not e.free_symbols & noises or e in noises:
        return True
    if isinstance(e, sp.Add):
        return all(_linear(a, noises) for a in e.args)
    if isinstance(e, sp.Mul):
        having = [a for a in e.args if a.free_symbols & noises]
        return len(having) == 1 and _linear(having[0], noises)
    if isinstance(e, sp.Piecewise):
        return all(_linear(x, noises) and not c.free_symbols & noises for x, c in e.args)  # type: ignore[misc]
    return False
