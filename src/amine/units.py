"""Conversion of quantities: ``"1.5 nS"`` or ``20*ms`` as given become plain float64 in one coherent system of units.

Internally, everything is in ms, mV, nS, pA, pF, uM, um and K, so that no formula needs a conversion factor
(nS x mV = pA, pF x mV / ms = pA, pF / nS = ms). A dimension is a tuple of six exponents, of (mV, ms, pA, um, uM, K).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast, runtime_checkable

import numpy as np

from amine.errors import AmineError

if TYPE_CHECKING:
    import pint

Dimension = tuple
BASE = ("mV", "ms", "pA", "um", "uM", "K")

# Named units as (dimension, factor to the coherent system); prefixes are added below. A test compares with pint.
_NAMED: dict[str, tuple[tuple[int, ...], float]] = {
    "V": ((1, 0, 0, 0, 0, 0), 1e3),
    "s": ((0, 1, 0, 0, 0, 0), 1e3),
    "A": ((0, 0, 1, 0, 0, 0), 1e12),
    "m": ((0, 0, 0, 1, 0, 0), 1e6),
    "M": ((0, 0, 0, 0, 1, 0), 1e6),
    "K": ((0, 0, 0, 0, 0, 1), 1.0),
    "S": ((-1, 0, 1, 0, 0, 0), 1e9),
    "Ohm": ((1, 0, -1, 0, 0, 0), 1e-9),
    "ohm": ((1, 0, -1, 0, 0, 0), 1e-9),
    "F": ((-1, 1, 1, 0, 0, 0), 1e12),
    "Hz": ((0, -1, 0, 0, 0, 0), 1e-3),
    "C": ((0, 1, 1, 0, 0, 0), 1e15),
}
_PREFIX = {"": 0, "G": 9, "M": 6, "k": 3, "c": -2, "m": -3, "u": -6, "µ": -6, "n": -9, "p": -12, "f": -15}
_EXTRA = {"min": ((0, 1, 0, 0, 0, 0), 6e4), "h": ((0, 1, 0, 0, 0, 0), 3.6e6), "hour": ((0, 1, 0, 0, 0, 0), 3.6e6)}
_FACTOR = re.compile(
    r"\s*([*/]?)\s*(1|[A-Za-zµ]+)\s*(?:(?:\*\*|\^)\s*(\(?-?\d+(?:/\d+)?\)?|\(?-?\d+\.\d+\)?)|(-?\d+))?\s*"
)
MAX_TEXT = 1000  # characters of a quantity
MAX_UNIT = 100  # characters of a unit
MAX_POWER = 12  # of a unit
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf|nan)\s*(.*)$", re.S)


def _table() -> dict[str, tuple[tuple[int, ...], float]]:
    out: dict[str, tuple[tuple[int, ...], float]] = dict(_EXTRA)
    for unit, (dim, factor) in _NAMED.items():
        for prefix, power in _PREFIX.items():
            if prefix + unit not in out:
                exponent = round(np.log10(factor)) + power
                out[prefix + unit] = (dim, float(f"1e{exponent}"))
    return out


_UNITS = _table()


@runtime_checkable
class Quantity(Protocol):
    """Attributes by which a quantity of pint is recognised without importing pint."""

    @property
    def dimensionality(self) -> Any: ...
    @property
    def magnitude(self) -> Any: ...
    @property
    def units(self) -> Any: ...


@lru_cache(maxsize=4096)
def _parse(unit: str) -> tuple[Dimension, float] | None:
    """(dimension, factor) of a product of named units; None for any other text."""
    text = unit.strip()
    if text in ("", "1"):
        return (0,) * 6, 1.0
    if text.startswith("/"):
        text = "1" + text
    if len(text) > MAX_UNIT:
        return None
    out, at = _Product(), 0
    while at < len(text):
        m = _FACTOR.match(text, at)
        if not m or m.end() == at or (at == 0 and m.group(1)):
            return None
        op, name, power, short = m.groups()
        at = m.end()
        if name == "1":
            continue
        if name not in _UNITS:
            return None
        p = _power((power or short or "1").strip("()"))
        if p is None or not out.times(_UNITS[name], -p if op == "/" else p):
            return None
    return out.found


class _Product:
    """Product of powers of units, accumulated while a unit is read."""

    def __init__(self) -> None:
        self.dim: list[Any] = [Fraction(0)] * 6
        self.factor = 1.0

    def times(self, unit: tuple[Dimension, float], p: Fraction) -> bool:
        """Multiplies by a power of a unit; False if factor or exponents leave their limits."""
        dim, factor = unit
        self.dim = [a + p * b for a, b in zip(self.dim, dim, strict=True)]
        try:
            self.factor *= factor ** (int(p) if p.denominator == 1 else float(p))
        except OverflowError:
            return False
        return 1e-300 < self.factor < 1e300 and all(abs(x) <= MAX_POWER for x in self.dim)

    @property
    def found(self) -> tuple[Dimension, float]:
        return tuple(int(x) if x.denominator == 1 else x for x in self.dim), self.factor


def _power(text: str) -> Fraction | None:
    """A power such as 2, -1/2 or 0.5; None if it is invalid or too large."""
    try:
        p = Fraction(text) if len(text) <= 12 else None
    except (ValueError, ZeroDivisionError):
        return None
    return p if p is not None and abs(p) <= MAX_POWER and p.denominator <= MAX_POWER else None


def _lookup(unit: str, where: str) -> tuple[Dimension, float]:
    found = _parse(unit) or _spelt(unit)
    if found is None:
        raise AmineError(
            where,
            f"{shown(unit)} is not a unit",
            hint=f"use a unit such as mV, ms, nS, pA, pF, uM or Hz, and powers up to {MAX_POWER}",
        )
    return found


@lru_cache(maxsize=4096)
def _spelt(unit: str) -> tuple[Dimension, float] | None:
    """(dimension, factor) of a unit with brackets or with names of Pint, such as ``"siemens per (meter second)"``."""
    text = re.sub(r"\bper\b", "/", unit.strip().replace("^", "**"))
    text = re.sub(r"(?<=[\w)])\s+(?=[A-Za-zµ(])", "*", text)
    if len(text) > MAX_UNIT:
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    out = _Product()
    return out.found if _walk(tree, Fraction(1), out) else None


def _walk(node: ast.AST, p: Fraction, out: _Product) -> bool:
    """Multiplies the product by the p-th power of a syntax tree of units; False if it is invalid."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return _walk(node.left, p, out) and _walk(node.right, p if isinstance(node.op, ast.Mult) else -p, out)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        q = _power(ast.unparse(node.right).strip("()").replace(" ", ""))
        return q is not None and abs(p * q) <= MAX_POWER and _walk(node.left, p * q, out)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return 0 < node.value < 1e30 and out.times(((0,) * 6, float(node.value)), p)
    if not isinstance(node, ast.Name):
        return False
    unit = _UNITS.get(node.id) or _from_pint_name(node.id)
    return unit is not None and out.times(unit, p)


@lru_cache(maxsize=1024)
def _from_pint_name(name: str) -> tuple[Dimension, float] | None:
    import pint

    try:
        return _from_pint(_registry().Unit(name))
    except (pint.errors.PintError, AttributeError, TypeError, ValueError, KeyError, OverflowError):
        return None


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.get_application_registry()


def _from_pint(unit: pint.Unit) -> tuple[Dimension, float]:
    """Dimension and factor of a pint unit; mass is expressed through mV, amount of substance through concentration."""
    q = unit._REGISTRY.Quantity(1, unit)
    if not q._is_multiplicative:
        raise ValueError("a scale with an offset, such as degC, is no unit here")
    exponents = cast("Mapping[str, float]", q.dimensionality)
    d = {k: Fraction(v).limit_denominator(12) for k, v in exponents.items()}
    volt, conc = d.pop("[mass]", Fraction(0)), d.pop("[substance]", Fraction(0))
    length = d.pop("[length]", Fraction(0)) - 2 * volt + 3 * conc
    time, current = d.pop("[time]", Fraction(0)) + 3 * volt, d.pop("[current]", Fraction(0)) + volt
    kelvin = d.pop("[temperature]", Fraction(0))
    if d:
        raise ValueError(f"dimension {sorted(d)} is not used here")
    dim = tuple(int(x) if x.denominator == 1 else x for x in (volt, time, current, length, conc, kelvin))
    return dim, float(q.to(_pint_unit(dim)).magnitude)


def _pint_unit(dim: Dimension) -> str:
    names = ("mV", "ms", "pA", "um", "(umol/L)", "K")
    return " * ".join(f"{n} ** ({float(p)!r})" for n, p in zip(names, dim, strict=True) if p) or "dimensionless"


def dimension_of(unit: str) -> Dimension:
    """The dimension of a unit: exponents of (mV, ms, pA, um, uM, K).

    Parameters
    ----------
    unit : such as ``"nS"`` or ``"mS/cm**2"``.

    Raises
    ------
    AmineError
        If the text is not a unit.

    Examples
    --------
    >>> dimension_of("nS")
    (-1, 0, 1, 0, 0, 0)
    """
    if not isinstance(unit, str):
        raise AmineError("unit", "a unit must be text", given=shown(unit))
    return _lookup(unit, "unit")[0]


_COMMON = (
    "mV",
    "ms",
    "pA",
    "nS",
    "pF",
    "uM",
    "um",
    "K",
    "1/ms",
    "mV/ms",
    "1/mV",
    "pA/ms",
    "1/mV/ms",
    "um**2",
    "1/uM/ms",
)


def internal_unit(dim: Dimension) -> str:
    """The coherent unit of a dimension, as text; ``"1"`` for a pure number.

    Parameters
    ----------
    dim : exponents of (mV, ms, pA, um, uM, K).

    Examples
    --------
    >>> internal_unit(dimension_of("uS"))
    'nS'
    """
    for name in _COMMON:
        if dimension_of(name) == tuple(dim):
            return name
    top = "*".join(n if p == 1 else f"{n}**{p}" for n, p in zip(BASE, dim, strict=True) if p > 0)
    low = "".join(f"/{n}" if p == -1 else f"/{n}**{-p}" for n, p in zip(BASE, dim, strict=True) if p < 0)
    return (top or "1") + low


def is_quantity(value: object) -> TypeGuard[Quantity]:
    """Whether a value is a quantity of :mod:`pint`, recognised by its attributes so that pint need not be imported."""
    return isinstance(value, Quantity)


def shown(value: object) -> str:
    """A value as text for errors: at most 40 characters, never an exception."""
    try:
        return repr(value)[:40]
    except Exception:  # from a custom class, or an integer with too many digits
        return f"a value of type {type(value).__name__}"


def _split(value: str, where: str) -> tuple[float, str]:
    m = _NUMBER.match(value) if len(value) <= MAX_TEXT else None
    if not m:
        raise AmineError(
            where, "this is not a quantity", given=shown(value), expected="a number and a unit such as '20 ms'"
        )
    return float(m.group(1)), m.group(2).strip()


def _one(value: object, dim: Dimension, unit: str, where: str) -> Any:
    if isinstance(value, bool) or value is None:
        raise AmineError(where, "this is not a quantity", given=repr(value), expected=f"a value in {unit}")
    if isinstance(value, str):
        return _of_text(value, dim, unit, where)
    if np.iscomplexobj(cast(Any, getattr(value, "magnitude", value))):
        raise AmineError(where, "this is a complex number", given=shown(value), expected=f"a value in {unit}")
    if is_quantity(value):
        return _of_quantity(value, dim, unit, where)
    try:
        number = np.asarray(value, float)
    except (TypeError, ValueError, OverflowError) as e:
        raise AmineError(where, "this is not a quantity", given=shown(value), expected=f"a value in {unit}") from e
    if any(dim) and not np.isfinite(number).all():
        hint = "look where it comes from: a division by zero, or a value that was not measured"
        raise AmineError(
            where, "a value is not a finite number", given=shown(value), expected=f"values in {unit}", hint=hint
        )
    if any(dim) and np.any(number != 0):
        raise AmineError(
            where,
            "the unit is missing",
            given=shown(value),
            expected=f"a value in {unit}",
            hint=f"write '{value} {unit}' or multiply by a unit of amine.units"
            if number.ndim == 0
            else "multiply the array by a unit of amine.units",
        )
    return number if number.ndim else float(number)


def _of_text(value: str, dim: Dimension, unit: str, where: str) -> float:
    number, text = _split(value, where)
    if text:
        d, f = _lookup(text, where)
        _check(d, dim, text, unit, value, where)
        return number * f
    if any(dim) and number != 0:
        raise AmineError(
            where,
            "the unit is missing",
            given=shown(value),
            expected=f"a value in {unit}",
            hint=f"write '{number:g} {unit}' if that is meant",
        )
    return number


def _of_quantity(value: Quantity, dim: Dimension, unit: str, where: str) -> Any:
    """Value of a quantity of pint, from any registry, in coherent units."""
    try:
        d, f = _from_pint(value.units)
        magnitude = np.asarray(value.magnitude, float) * f
    except Exception as e:  # pint raises assorted errors on units and magnitudes that are invalid here
        raise AmineError(where, "this is not a quantity", given=shown(value), expected=f"a value in {unit}") from e
    _check(d, dim, value.units, unit, value, where)
    return magnitude if magnitude.ndim else float(magnitude)


def _check(given: Dimension, wanted: Dimension, text: object, unit: str, value: object, where: str) -> None:
    if tuple(given) != tuple(wanted):
        said = f"{shown(value)} in {shown(str(text)).strip(chr(39)) or '1'}"
        raise AmineError(where, "wrong dimension", given=said, expected=f"a value in {unit or '1'}")


def to_internal(
    value: object,
    unit: str,
    where: str,
    *,
    positive: bool = False,
    nonnegative: bool = False,
    finite: bool = True,
    shape: tuple[int, ...] | None = None,
) -> Any:
    """A quantity in coherent units: a float, or an array of float64 for arrays and lists.

    Parameters
    ----------
    value : text such as ``"1.5 nS"``, a pint quantity, a bare number if ``unit`` is ``"1"``, or a list of these.
    unit : a unit of the expected dimension.
    where : place named in errors.
    positive, nonnegative, finite : demands on all values.
    shape : shape that an array must have; None: any.

    Raises
    ------
    AmineError
        Unit missing or of another dimension, value not finite or out of range, wrong shape.

    Examples
    --------
    >>> to_internal("5 Hz", "Hz", "rate")
    0.005
    """
    dim, _ = _lookup(unit, where)
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        parts = [_one(v, dim, unit, f"{where}[{i}]") for i, v in enumerate(value)]
        if len({np.shape(x) for x in parts}) > 1:
            raise AmineError(
                where,
                "values of a list have different lengths",
                given=", ".join(map(str, sorted({np.size(x) for x in parts}))),
                expected="one number each",
            )
        out: Any = np.array(parts, float)
    else:
        out = _one(value, dim, unit, where)
    a = np.asarray(out)
    if np.isnan(a).any() or (finite and not np.isfinite(a).all()):
        raise AmineError(where, "the value is not finite", given=shown(value).strip("'"))
    if positive and (a <= 0).any():
        raise AmineError(where, "the value must be positive", given=shown(value).strip("'"))
    if nonnegative and (a < 0).any():
        raise AmineError(where, "the value must not be negative", given=shown(value).strip("'"))
    if shape is not None and a.ndim and a.shape != shape:
        raise AmineError(where, "the array has the wrong shape", given=str(a.shape), expected=str(shape))
    return out


def format_quantity(x: float, unit: str) -> str:
    """Text in ``unit`` of a value in coherent units.

    Parameters
    ----------
    x : value in coherent units. unit : of the text.

    Raises
    ------
    AmineError
        The unit is not known.

    Examples
    --------
    >>> format_quantity(0.005, "Hz")
    '5 Hz'
    """
    _, factor = _lookup(unit, "unit")
    return f"{x / factor:.6g} {unit}".removesuffix(" 1")


_PUBLIC = [
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
    "K",
    "Ohm",
    "MOhm",
    "GOhm",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return _registry().Unit({"Ohm": "ohm", "MOhm": "megaohm", "GOhm": "gigaohm"}.get(name, name))
    if name in ("M", "mM", "uM", "nM"):
        return _registry().Unit({"M": "mol/L", "mM": "mmol/L", "uM": "umol/L", "nM": "nmol/L"}[name])
    raise AttributeError(f"module 'amine.units' has no attribute '{name}'")


def unit_part(text: str, where: str) -> str:
    """The unit in a text such as ``"1.5 nS"``; ``"1"`` for a pure number.

    Parameters
    ----------
    text : a number and a unit. where : place named in errors.

    Raises
    ------
    AmineError
        The text is not a quantity.

    Examples
    --------
    >>> unit_part("1.5 nS", "weight")
    'nS'
    """
    return _split(text, where)[1] or "1"
