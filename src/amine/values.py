"""Values in a description: text with a unit, a distribution, or an array in coherent units."""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.distributions import Distribution, InternalDistribution, parse_distribution
from amine.errors import AmineError
from amine.frozen import closed, fix
from amine.records import dataclass
from amine.units import dimension_of, internal_unit, is_quantity, to_internal, unit_part


def scalar(
    value: object, unit: str, where: str, *, positive: bool = False, nonnegative: bool = False, finite: bool = True
) -> float:
    """A quantity that is one number, in coherent units; arguments as for :func:`amine.units.to_internal`.

    Raises
    ------
    AmineError
        As there, and if several values are given.

    Examples
    --------
    >>> scalar("5 Hz", "Hz", "rate")
    0.005
    """
    found = to_internal(value, unit, where, positive=positive, nonnegative=nonnegative, finite=finite)
    if np.ndim(found):
        raise AmineError(where, "one value is expected here", given=f"an array of shape {np.shape(found)}")
    return float(found)


@closed("give other values when the part is made")
@dataclass(frozen=True, eq=False)
class Array:
    """Values that differ between neurons or synapses: float64, in the coherent unit ``unit``."""

    values: np.ndarray
    unit: str

    def __post_init__(self) -> None:
        values = np.array(self.values)  # a copy that nobody else can change
        values.flags.writeable = False
        fix(self, values=values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Array) and self.unit == other.unit and np.array_equal(self.values, other.values)

    def __repr__(self) -> str:
        extent = f", {self.values.min():g}..{self.values.max():g}" if self.values.size else ","
        return f"Array({self.values.shape}{extent} {self.unit})"


@closed("give another formula when the part is made")
@dataclass(frozen=True)
class Formula:
    """The value of a synapse as a formula of its two neurons, with the least and greatest values that it takes."""

    text: str
    unit: str
    low: float
    high: float

    def __str__(self) -> str:
        return self.text


Value = str | Distribution | Array | Formula


def normalise(value: object, unit: str, where: str, *, shape: tuple[int, ...] | None = None, **demands: Any) -> Value:
    """A value as plain data: text with its unit, a distribution, or an :class:`Array`.

    Parameters
    ----------
    value : a quantity, an array or a distribution. unit : a unit of the expected dimension. where : place named in errors.
    shape : shape that an array must have; None: any.
    demands : ``positive``, ``nonnegative``, ``share`` (0 to 1) or ``finite``.

    Raises
    ------
    AmineError
        The value has another dimension or shape, or violates a demand.

    Examples
    --------
    >>> normalise("20 ms", "ms", "tau", positive=True)
    '20 ms'
    """
    if demands.pop("share", False):
        return _share(normalise(value, unit, where, shape=shape, nonnegative=True), where)
    if isinstance(value, Array):
        if dimension_of(value.unit) != dimension_of(unit):
            raise AmineError(where, "wrong dimension", given=value.unit, expected=f"values in {unit}")
        to_internal(value.values * 0 if not len(value.values) else value.values, "1", where, **demands)
        return _shaped(value, shape, where)
    if isinstance(value, Formula):
        if dimension_of(value.unit) != dimension_of(unit):
            raise AmineError(where, "wrong dimension", given=value.unit, expected=f"values in {unit}")
        to_internal(np.array([value.low, value.high]), "1", where, **demands)
        return value
    if isinstance(value, str) and (found := parse_distribution(value, where)) is not None:
        value = found
    if isinstance(value, Distribution):
        d = value.internal(unit, where)
        _check_distribution(d, value, where, **demands)
        return value
    try:
        x = to_internal(value, unit, where, **demands)
    except (OverflowError, TypeError) as e:
        raise AmineError(where, "this is not a value", given=repr(value)[:40]) from e
    if np.ndim(x):
        return _shaped(Array(np.asarray(x, float), internal_unit(dimension_of(unit))), shape, where)
    if isinstance(value, str):
        return value.strip()
    return f"{float(x)!r} {internal_unit(dimension_of(unit))}".removesuffix(" 1")


def _share(value: Value, where: str) -> Value:
    """The value; raises AmineError if it can exceed 1."""
    if isinstance(value, Array):
        highest = float(value.values.max(initial=0.0))
    elif isinstance(value, Formula):
        highest = value.high
    elif isinstance(value, Distribution):
        d = value.internal("1", where)
        highest = min(d.high, {"uniform": d.b, "normal": d.a if d.b == 0 else np.inf}.get(d.kind, np.inf))
    else:
        highest = scalar(value, "1", where)
    if highest > 1.0:
        given = value if isinstance(value, str) else repr(value)[:60]
        raise AmineError(where, "the value is above 1", given=given, expected="0..1")
    return value


def _shaped(value: Array, shape: tuple[int, ...] | None, where: str) -> Array:
    if shape == (-1,):
        raise AmineError(
            where,
            "an array needs a given order of synapses",
            hint="use pairs=, one_to_one or all_to_all, or a distribution",
        )
    if shape is not None and value.values.shape != shape:
        raise AmineError(where, "the array has the wrong shape", given=str(value.values.shape), expected=str(shape))
    return value


def _check_distribution(
    d: InternalDistribution, value: Distribution, where: str, positive: bool = False, nonnegative: bool = False
) -> None:
    lowest = {"normal": -np.inf, "lognormal": 0.0, "uniform": d.a, "exponential": 0.0}[d.kind]
    lowest = max(lowest, d.low)
    if d.kind == "normal" and d.b == 0:
        lowest = max(d.a, d.low)
    bad = (positive and lowest <= 0 and d.kind in ("normal", "uniform")) or (nonnegative and lowest < 0)
    if bad:
        raise AmineError(
            where,
            "the distribution reaches values that are not allowed here",
            given=repr(value),
            hint="bound it with .clipped(low) or .truncated(low)",
        )


def unit_of(value: object, where: str) -> str:
    """Coherent unit of a value; ``"1"`` for a bare number.

    >>> unit_of("2 s", "a time")
    'ms'
    """
    if isinstance(value, str):
        value = parse_distribution(value, where) or value
    if isinstance(value, Distribution):
        return unit_of(value.a, where)
    if isinstance(value, str):
        return internal_unit(dimension_of(unit_part(value, where)))
    if isinstance(value, Array | Formula):
        return value.unit
    return internal_unit(dimension_of(f"{value.units:~C}")) if is_quantity(value) else "1"


def realise(value: Value, unit: str, n: int, generator: np.random.Generator, where: str) -> float | np.ndarray:
    """The value in coherent units: a float if it is the same for all, else an array (n,) of float64."""
    if isinstance(value, Array):
        return value.values.copy()
    if isinstance(value, Distribution):
        return value.internal(unit, where).draw(n, generator)
    if isinstance(value, Formula):
        raise AmineError(where, "a formula of two neurons has no value here", given=value.text)
    return scalar(value, unit, where)


def to_plain(value: Value) -> Any:
    """A value as JSON-compatible data."""
    if isinstance(value, Array):
        return {"array": value.values.tolist(), "unit": value.unit}
    if isinstance(value, Formula):
        return {"formula": value.text, "unit": value.unit, "range": [value.low, value.high]}
    return value.to_dict() if isinstance(value, Distribution) else value


def from_plain(data: object) -> Value:
    """Value from the data of :func:`to_plain`; raises AmineError if they are damaged."""
    if isinstance(data, str):
        return data
    if isinstance(data, dict) and "distribution" in data:
        return Distribution.from_dict(data)
    if isinstance(data, dict) and set(data) == {"formula", "unit", "range"} and isinstance(data["unit"], str):
        low, high = (float(x) for x in data["range"])
        return Formula(str(data["formula"]), data["unit"], low, high)
    if isinstance(data, dict) and set(data) == {"array", "unit"} and isinstance(data["unit"], str):
        try:
            values = np.asarray(data["array"], float)
        except (TypeError, ValueError) as e:
            raise AmineError("value", "damaged description", given=repr(data)[:60]) from e
        return Array(values, data["unit"])
    raise AmineError("value", "damaged description", given=repr(data)[:60])
