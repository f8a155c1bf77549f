"""Ranges of parameters: declared by the model or derived from its equations, never from names.

A time, capacitance or other extent in a denominator is positive; a refractory time, a spike rate, a quantity of the cleft and
the conductance of an ion channel are not negative.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from amine.errors import AmineError, did_you_mean
from amine.units import dimension_of

LIMITS: dict[str, dict[str, bool]] = {
    "positive": {"positive": True},
    "nonnegative": {"nonnegative": True},
    "share": {"share": True},  # 0 to 1
}
_EXTENTS = ("ms", "pF", "uF/cm**2", "um", "um**2", "um**3", "K")
_QUANTA = ("positive", "nonnegative", "positive")
_DIVISOR = re.compile(r"/\s*(?:\(([^()+\-]*)\)|([A-Za-z_]\w*))")
_NAME = re.compile(r"[A-Za-z_]\w*")
_REFRACTORY = re.compile(r"^\s*refractory\s+([A-Za-z_]\w*)\s*(?:$|;|#|hold\b)", re.M)


def limits_of(
    kind: str, equations: str, units: Mapping[str, str], declared: Mapping[str, str], where: str
) -> dict[str, str]:
    """Limit of each parameter that has one: ``positive``, ``nonnegative`` or ``share``."""
    for name, limit in declared.items():
        if name not in units:
            raise AmineError(
                f"{where}, limits", f"parameter '{name}' is not known", hint=did_you_mean(str(name), units)
            )
        if limit not in LIMITS:
            raise AmineError(f"{where}, limits", f"'{limit}' is not known", hint=did_you_mean(str(limit), LIMITS))
    found = {n: "nonnegative" for n, unit in units.items() if _never_negative(kind, unit)}
    if refractory := refractory_of(equations):
        found |= {refractory: "nonnegative"} if refractory in units else {}
    found |= {n: limit for n, limit in zip(quanta_of(equations), _QUANTA, strict=False) if n in units}
    found |= {n: "positive" for n in divisors(equations) if n in units and _is(units[n], _EXTENTS)}
    return found | dict(declared)


def refractory_of(equations: str) -> str:
    """Name of the refractory time; empty if there is none or it is an expression."""
    found = _REFRACTORY.search(equations)
    return found.group(1) if found else ""


def quanta_of(equations: str) -> tuple[str, ...]:
    """Parameters of a quantal release: number of sites, variation of a quantum, recovery time."""
    found = re.search(r"^\s*quanta\s+([^#\n;]*)", equations, re.M)
    return tuple(x.strip() for x in found.group(1).split(",")) if found else ()


def divisors(equations: str) -> set[str]:
    """Names in denominators of the equations, alone or in a product.

    >>> sorted(divisors("dv/dt = (E_L - v)/tau + I/(a*C) : mV"))
    ['C', 'a', 'dt', 'tau']
    """
    return set(_divisors(equations))


def _divisors(equations: str) -> Iterator[str]:
    for product, name in _DIVISOR.findall(equations):
        yield from _NAME.findall(product) if product else [name]


def _is(unit: str, among: tuple[str, ...]) -> bool:
    return unit != "weight" and dimension_of(unit) in [dimension_of(u) for u in among]


def _never_negative(kind: str, unit: str) -> bool:
    by_kind: dict[str, tuple[str, ...]] = {"source": ("Hz",), "channel": ("mS/cm**2",)}
    return kind == "cleft" or _is(unit, by_kind.get(kind, ()))


def demands(limit: str | None) -> dict[str, Any]:
    """Arguments of :func:`amine.values.normalise` that enforce a limit."""
    return {} if limit is None else LIMITS[limit]
