"""Values of a description as numbers: distributions are drawn, values of groups put at their neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from amine.engine.resolve.resolved import Member
from amine.engine.resolve.streams import Stream
from amine.equations.given import is_draw, is_uniform
from amine.errors import AmineError
from amine.network.parts import View
from amine.values import Value, realise

# parameters by name: a number, one for each neuron (n,), or the text of a formula of the path from the soma
DrawnValues: TypeAlias = dict[str, np.float64 | np.ndarray | str]


def drawn_values(m: Member) -> DrawnValues:
    """Every parameter of a population as a float or an array (n,); formulas of the path from the soma stay text."""
    out: DrawnValues = {}
    for name, (value, unit) in m.values.items():
        where = f"Population '{m.name}', parameter '{name}'"
        if name in m.formulas:
            assert isinstance(value, str)
            out[name] = value
        elif isinstance(value, int | float):
            out[name] = np.float64(value)
        else:
            x = realise(value, unit, m.population.n, m.stream.child("parameter", name).generator(), where)
            out[name] = np.asarray(x) if np.ndim(x) else np.float64(x)
    return out


class WithDraws(dict[str, Any]):
    """Values by name, among them the random numbers of a population's initial values, which are drawn when they are asked for."""

    def __init__(self, values: Mapping[str, object], m: Member):
        super().__init__(values)
        self.member = m

    def __missing__(self, name: str) -> np.ndarray:
        if not is_draw(name):
            raise KeyError(name)
        rng, n = self.member.stream.child("initial", name).generator(), self.member.population.n
        self[name] = rng.random(n) if is_uniform(name) else rng.standard_normal(n)
        return self[name]


def initial_value(m: Member, state: str, unit: str) -> float | np.ndarray | None:
    """The initial value that the network gives a state, drawn; None if it gives none."""
    given = m.population.initial.get(state)
    if given is None:
        return None
    where = f"Population '{m.name}', initial '{state}'"
    return realise(given, unit, m.population.n, m.stream.child("initial", state).generator(), where)


def count(views: tuple[View, ...], m: Member) -> np.ndarray:
    """Number of times that each neuron of a population is in a group (n,)."""
    out = np.zeros(m.population.n)
    for v in views:
        if v.population == m.name:
            out[v.start : v.stop : v.step] += 1
    return out


def spread_value(
    stream: Stream, views: tuple[View, ...], m: Member, value: Value, unit: str, where: str
) -> np.ndarray | float:
    """A value of a group at a population's neurons: one for all, or (n,) with zeros outside the group; ``stream`` is that of the group's draw."""
    total = sum(v.n for v in views)
    x = realise(value, unit, total, stream.generator(), where)
    if np.ndim(x) == 0:
        return float(x)
    out, at = np.zeros(m.population.n), 0
    for v in views:
        if v.population == m.name:
            out[v.start : v.stop : v.step] = np.asarray(x)[at : at + v.n]
        at += v.n
    return out


def require_finite(found: Mapping[str, np.ndarray | float], m: Member, what: str, real: np.dtype) -> None:
    """Raises an AmineError that names the first value and neuron of a population that are not finite, or beyond the range of ``real``."""
    for name, x in found.items():
        if not np.isfinite(x).all():
            i = int(np.flatnonzero(~np.isfinite(np.atleast_1d(x)))[0])
            raise AmineError(
                f"Population '{m.name}'",
                f"{what} is not finite",
                given=f"{name} of neuron {i}",
                hint="check for zeros and extremes among its parameters",
            )
        require_range(x, real, f"Population '{m.name}', {name}", what)


def require_range(x: np.ndarray | float, real: np.dtype | type, where: str, what: str) -> None:
    """Raises AmineError if a number is finite, but infinite in the type that a run computes in."""
    limit = float(np.finfo(real).max)
    largest = float(np.max(np.abs(x), initial=0.0))
    if limit < largest < np.inf:
        raise AmineError(
            where,
            f"{what} is too large for {np.dtype(real).name}",
            given=f"{largest:g}",
            expected=f"at most {limit:.3g}",
            hint="check its unit, or run with precision='float64'",
        )


__all__ = ["count", "drawn_values", "initial_value", "require_finite", "require_range", "spread_value"]
