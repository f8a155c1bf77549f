"""Axes of a sweep: names with the values that each takes, and designs of the points between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

import numpy as np

from amine.compounds.doses import Course
from amine.engine.time.log import plain_data
from amine.errors import AmineError
from amine.network.parts import Waveform
from amine.records import dataclass
from amine.units import dimension_of, is_quantity, to_internal, unit_part
from amine.values import normalise

DESIGNS = ("grid", "list", "latin", "sobol")
ANY = "any"  # unit of what is no quantity: arguments of functions
DOSE = "dose:"
DISPLAY = {"1/ms": "Hz"}  # units in which values without a unit of their own are shown
MOST = 10**7  # points of a sweep


@dataclass(frozen=True)
class Target:
    """What a name stands for: the unit of its values, what they must be, and whether a running network follows them."""

    unit: str
    limit: str = ""
    follows: bool = True
    kind: str = ""
    reason: str = ""  # why a running network does not follow


@dataclass(frozen=True, eq=False)
class Axis:
    """A name and its values.

    ``values`` are plain data, ``numbers`` (values,) the same in ``unit``; NaN where a value is not one number, as a waveform.
    """

    name: str
    values: tuple[Any, ...]
    numbers: np.ndarray = field(repr=False)
    unit: str = ""

    @property
    def label(self) -> str:
        """Name and unit."""
        unit = {"1": "", ANY: ""}.get(self.unit, self.unit)
        return f"{self.name} ({unit})" if unit else self.name

    def text(self, k: int) -> str:
        """Value number ``k`` for people."""
        value = self.values[k]
        return value if isinstance(value, str) else f"{self.numbers[k]:.6g}" if np.isfinite(self.numbers[k]) else "..."

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"name": self.name, "values": list(self.values), "unit": self.unit}


def axis_of(name: str, given: object, target: Target) -> Axis:
    """An axis with the values that a user gave, each checked."""
    where = f"sweep, '{name}'"
    items = _items(given, where)
    if target.unit == ANY:
        return Axis(name, tuple(_bare(x, where) for x in items), np.array([_number(x) for x in items]), ANY)
    unit = _unit(items, target.unit)
    values = tuple(plain_data(_value(name, x, target, f"{where}, value {k + 1}")) for k, x in enumerate(items))
    return Axis(name, values, np.array([in_unit(v, unit) for v in values]), unit)


def _items(given: object, where: str) -> list[Any]:
    """The values of an axis as a list."""
    single = is_quantity(given) and np.ndim(given.magnitude) == 0
    try:
        items = None if single or isinstance(given, str | bytes | Mapping) else list(cast("Iterable[Any]", given))
    except TypeError:
        items = None
    if items is None:
        hint = 'such as ["100 pA", "200 pA"]'
        raise AmineError(where, "an axis needs several values", given=repr(given)[:40], hint=hint)
    if not items:
        raise AmineError(where, "it has no value")
    return items


def _bare(x: object, where: str) -> Any:
    """A value of an argument as plain data."""
    item = x.item() if isinstance(x, np.generic) else x
    if not isinstance(item, str | int | float | bool):
        raise AmineError(where, "an argument is text, a number or a truth value", given=repr(x)[:40])
    return item


def _number(x: object) -> float:
    return float(x) if isinstance(x, int | float | np.number) else np.nan


def _value(name: str, x: object, target: Target, where: str) -> Any:
    """One value as plain data, of its unit and limits."""
    if isinstance(x, Course | Waveform):
        return x
    if name.startswith(DOSE) and isinstance(x, int | float | np.number) and not isinstance(x, bool):
        x = f"{float(x)!r} uM"
    positive, nonnegative = (target.limit == k for k in ("positive", "nonnegative"))
    return normalise(x, target.unit, where, positive=positive, nonnegative=nonnegative)


def _unit(items: Sequence[Any], unit: str) -> str:
    """The unit in which an axis is shown: that of its first value if it has one of its own."""
    if dimension_of(unit) == dimension_of("1"):
        return "1"
    first = items[0]
    if isinstance(first, str):
        try:
            own = unit_part(first, "")
            return own if dimension_of(own) == dimension_of(unit) else DISPLAY.get(unit, unit)
        except AmineError:
            return DISPLAY.get(unit, unit)
    return DISPLAY.get(unit, unit)


def in_unit(value: Any, unit: str) -> float:
    """A value of an axis as a number in a unit; NaN if it is not one number."""
    if unit == ANY:
        return _number(value)
    if not isinstance(value, str):
        return np.nan
    try:
        found = to_internal(value, unit, "") / to_internal(f"1 {unit}" if unit != "1" else 1.0, unit, "")
    except AmineError:
        return np.nan
    return float(f"{float(found):.12g}")


# --- designs -----------------------------------------------------------------------------------------------------


def grid(axes: Sequence[Axis]) -> list[tuple[int, ...]]:
    """All combinations, as numbers of the values of each axis; the last axis changes fastest."""
    size = int(np.prod([len(a.values) for a in axes], dtype=object))
    if size > MOST:
        raise AmineError("sweep", "there are too many points", given=f"{size:,}", expected=f"at most {MOST:,}")
    return list(itertools.product(*(range(len(a.values)) for a in axes)))


def sampled(
    ranges: Mapping[str, object], targets: Mapping[str, Target], design: str, points: int, seed: int
) -> list[Axis]:
    """Axes of a sampled design: the k-th values of all axes are its k-th point.

    Ranges are (low, high); those of doses with a low end above zero are sampled on a logarithmic scale, all others evenly.
    """
    from scipy.stats import qmc  # SciPy is slow to import

    if not 1 <= points <= MOST:
        raise AmineError("sweep, points", "this number of points cannot be made", given=str(points))
    rng = np.random.default_rng(seed)
    if design == "latin":
        u = qmc.LatinHypercube(len(ranges), rng=rng).random(points)
    else:  # the first points of a sequence, whose number need not be a power of two
        u = qmc.Sobol(len(ranges), rng=rng).random_base2(_bits(points))[:points]
    return [_sampled(name, ends, targets[name], u[:, k]) for k, (name, ends) in enumerate(ranges.items())]


def _bits(points: int) -> int:
    return max(0, int(np.ceil(np.log2(points))))


def _sampled(name: str, ends: object, target: Target, u: np.ndarray) -> Axis:
    """An axis with values at shares ``u`` of a range."""
    where = f"sweep, '{name}'"
    low, high, unit = range_of(name, ends, target, where)
    if name.startswith(DOSE) and low > 0:
        x = np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
    else:
        x = low + u * (high - low)
    values = tuple(text_of(v, unit) for v in x) if unit != ANY else tuple(float(v) for v in x)
    return Axis(name, values, np.array([float(f"{v:.12g}") for v in x]), unit)


def text_of(x: float, unit: str) -> str:
    """A number in a unit as text."""
    return f"{float(x)!r} {unit}".removesuffix(" 1")


def range_of(name: str, ends: object, target: Target, where: str) -> tuple[float, float, str]:
    """Lowest and highest value of a range, and the unit of both."""
    items = _items(ends, where)
    if len(items) != 2:
        expected = 'the lowest and the highest value, such as ("100 pA", "400 pA")'
        raise AmineError(where, "this is not a range", given=f"{len(items)} values", expected=expected)
    axis = axis_of(name, items, target)
    low, high = axis.numbers
    if not low < high:
        raise AmineError(where, "the range does not rise", given=f"{axis.text(0)} to {axis.text(1)}")
    return float(low), float(high), axis.unit


__all__ = [
    "ANY",
    "DESIGNS",
    "DOSE",
    "Axis",
    "Target",
    "axis_of",
    "grid",
    "in_unit",
    "range_of",
    "sampled",
    "text_of",
]
