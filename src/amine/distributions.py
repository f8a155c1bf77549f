"""Distributions of values that differ between neurons or synapses, as plain data from which the engine draws."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.frozen import closed
from amine.records import dataclass
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity

LARGEST = 1e30  # of any value, in the coherent units
WIDEST = 1e6  # standard deviation of a lognormal over its mean
MAX_TEXT = 500  # characters of a distribution
KINDS = {"normal": ("mean", "sd"), "lognormal": ("mean", "sd"), "uniform": ("low", "high"), "exponential": ("mean",)}


# largest standard normal and exponential deviates from 32-bit random words
Z_MAX, E_MAX = 6.78, 23.0


@dataclass(frozen=True)
class InternalDistribution:
    """A distribution in coherent units; ``bounds`` is none, clipped (set to the bound) or truncated (drawn again)."""

    kind: str
    a: float
    b: float
    low: float = -math.inf
    high: float = math.inf
    bounds: str = "none"

    @property
    def extremes(self) -> tuple[float, float]:
        """Least and greatest value that random words of 32 bits can give."""
        low, high = {
            "normal": (self.a - Z_MAX * self.b, self.a + Z_MAX * self.b),
            "uniform": (self.a, self.b),
            "exponential": (0.0, E_MAX * self.a),
        }.get(self.kind, (0.0, 0.0))
        if self.kind == "lognormal":
            s2 = math.log1p((self.b / self.a) ** 2)
            m, s = math.log(self.a) - s2 / 2, math.sqrt(s2)
            low, high = math.exp(m - Z_MAX * s), math.exp(m + Z_MAX * s)
        return max(low, self.low), min(high, self.high) if self.bounds != "none" else high

    def bound(self, x: np.ndarray, redraw: Callable[[int], np.ndarray]) -> Any:
        """Values ``x`` within the bounds; ``redraw(n)`` draws n new values where truncation needs them."""
        if self.bounds == "clipped":
            return np.clip(x, self.low, self.high)
        bad = np.flatnonzero((x < self.low) | (x > self.high)) if self.bounds == "truncated" else np.array([], int)
        tries = 0
        while bad.size:
            x[bad] = redraw(bad.size)
            bad = bad[(x[bad] < self.low) | (x[bad] > self.high)]
            tries += 1
            if tries > 1000:
                raise AmineError(
                    "distribution",
                    "almost nothing lies within the bounds",
                    given=f"{self.low:g}..{self.high:g}",
                    hint="widen them or clip instead",
                )
        return x

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draws ``n`` values, float64."""

        def fresh(m: int) -> np.ndarray:
            if self.kind == "normal":
                return generator.normal(self.a, self.b, m)
            if self.kind == "lognormal":
                s2 = math.log1p((self.b / self.a) ** 2)
                return generator.lognormal(math.log(self.a) - s2 / 2, math.sqrt(s2), m)
            if self.kind == "uniform":
                return generator.uniform(self.a, self.b, m)
            return generator.exponential(self.a, m)

        return self.bound(fresh(n), fresh)


@closed("make another, such as am.normal(mean, sd)")
@dataclass(frozen=True)
class Distribution:
    """A random value, made by :func:`normal`, :func:`lognormal`, :func:`uniform` or :func:`exponential`.

    Examples
    --------
    >>> normal("1.5 ms", "0.75 ms").clipped("0.1 ms")
    normal('1.5 ms', '0.75 ms').clipped('0.1 ms')
    """

    kind: str
    a: Any
    b: Any = None
    low: Any = None
    high: Any = None
    bounds: str = "none"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise AmineError("distribution", f"'{self.kind}' is not known", hint=did_you_mean(str(self.kind), KINDS))
        if self.bounds not in ("none", "clipped", "truncated"):
            raise AmineError(
                f"{self.kind}()", "unknown kind of bounds", given=repr(self.bounds), expected="clipped or truncated"
            )

    def clipped(self, low: Quantity | None = None, high: Quantity | None = None) -> Distribution:
        """Distribution whose values outside low..high are set to the bound; None leaves a side open."""
        return replace(self, low=low, high=high, bounds="clipped")

    def truncated(self, low: Quantity | None = None, high: Quantity | None = None) -> Distribution:
        """Distribution whose values outside low..high are drawn again; None leaves a side open."""
        return replace(self, low=low, high=high, bounds="truncated")

    def internal(self, unit: str, where: str) -> InternalDistribution:
        """The distribution checked and in coherent units; raises AmineError, which begins with ``where``."""
        a = to_internal(self.a, unit, f"{where}, {self.kind}()")
        b = to_internal(self.b, unit, f"{where}, {self.kind}()") if len(KINDS[self.kind]) == 2 else 0.0
        low = -math.inf if self.low is None else to_internal(self.low, unit, f"{where}, lower bound")
        high = math.inf if self.high is None else to_internal(self.high, unit, f"{where}, upper bound")
        if any(np.ndim(x) for x in (a, b, low, high)):
            raise AmineError(where, "a distribution takes single values, not arrays")
        if any(abs(x) > LARGEST for x in (a, b)) or any(LARGEST < abs(x) < math.inf for x in (low, high)):
            raise AmineError(where, "a value of the distribution is too large", given=repr(self)[:60])
        if self.kind == "normal" and b < 0:
            raise AmineError(where, "the standard deviation is negative", given=str(self.b))
        if self.kind == "lognormal" and (a <= 0 or b < 0):
            raise AmineError(
                where,
                "a lognormal needs a positive mean and a standard deviation of 0 or more",
                given=f"{self.a}, {self.b}",
            )
        if self.kind == "lognormal" and b > WIDEST * a:
            raise AmineError(
                where,
                "the standard deviation of a lognormal is too large for its mean",
                given=f"{self.a}, {self.b}",
                expected=f"at most {WIDEST:g} times the mean",
            )
        if self.kind == "exponential" and a <= 0:
            raise AmineError(where, "an exponential needs a positive mean", given=str(self.a))
        if (self.kind == "uniform" and b < a) or low > high:
            raise AmineError(where, "the lower bound is above the upper", given=repr(self))
        return InternalDistribution(self.kind, a, b, low, high, self.bounds)

    def to_dict(self) -> dict[str, Any]:
        """The distribution as plain data."""
        return {
            "distribution": self.kind,
            "a": _plain(self.a),
            "b": _plain(self.b),
            "low": _plain(self.low),
            "high": _plain(self.high),
            "bounds": self.bounds,
        }

    @staticmethod
    def from_dict(d: Mapping[str, Any]) -> Distribution:
        """Distribution from the data of :meth:`to_dict`; raises AmineError if they are damaged."""
        try:
            return Distribution(
                d["distribution"], d["a"], d.get("b"), d.get("low"), d.get("high"), d.get("bounds", "none")
            )
        except (KeyError, TypeError, AttributeError) as e:
            raise AmineError("distribution", "damaged description", given=repr(d)[:60]) from e

    def __repr__(self) -> str:
        text = f"{self.kind}({', '.join(repr(x) for x in (self.a, self.b)[: len(KINDS[self.kind])])})"
        if self.bounds != "none":
            inside = [repr(self.low)] if self.high is None else [repr(self.low), repr(self.high)]
            text += f".{self.bounds}({', '.join(inside)})"
        return text


def _plain(x: object) -> Any:
    return x if x is None or isinstance(x, str | int | float) else str(x)


def normal(mean: Quantity, sd: Quantity) -> Distribution:
    """Normal distribution.

    Parameters
    ----------
    mean, sd : with the unit of the value that is drawn. Units and signs are checked where the distribution is used.

    Examples
    --------
    >>> normal("15 ms", "2 ms")
    normal('15 ms', '2 ms')
    """
    return Distribution("normal", mean, sd)


def lognormal(mean: Quantity, sd: Quantity) -> Distribution:
    """Lognormal distribution.

    Parameters
    ----------
    mean, sd : mean and standard deviation of the value itself, not of its logarithm; the mean must be positive.

    Examples
    --------
    >>> lognormal("1 nS", "0.5 nS")
    lognormal('1 nS', '0.5 nS')
    """
    return Distribution("lognormal", mean, sd)


def uniform(low: Quantity, high: Quantity) -> Distribution:
    """Uniform distribution.

    Parameters
    ----------
    low, high : bounds, with the unit of the value that is drawn.

    Examples
    --------
    >>> uniform("-60 mV", "-50 mV")
    uniform('-60 mV', '-50 mV')
    """
    return Distribution("uniform", low, high)


def exponential(mean: Quantity) -> Distribution:
    """Exponential distribution.

    Parameters
    ----------
    mean : with the unit of the value that is drawn; it must be positive.

    Examples
    --------
    >>> exponential("2 ms")
    exponential('2 ms')
    """
    return Distribution("exponential", mean)


_MAKERS = {"normal": normal, "lognormal": lognormal, "uniform": uniform, "exponential": exponential}


def parse_distribution(text: str, where: str) -> Distribution | None:
    """``'normal("15 ms", "2 ms").clipped("1 ms")'`` as a Distribution; None if the text is not a call.

    >>> parse_distribution('uniform("1 ms", "2 ms")', "delay")
    uniform('1 ms', '2 ms')
    """
    if "(" not in text or len(text) > MAX_TEXT:
        return None
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _build(node, where) if isinstance(node, ast.Call) else None


def _build(node: ast.AST, where: str) -> Distribution:
    if not isinstance(node, ast.Call) or node.keywords or not all(isinstance(a, ast.Constant) for a in node.args):
        raise AmineError(
            where,
            "this is not a distribution",
            given=ast.unparse(node)[:60],
            expected='one such as normal("15 ms", "2 ms")',
        )
    args = [a.value for a in node.args if isinstance(a, ast.Constant)]
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("clipped", "truncated") and len(args) <= 2:
        return getattr(_build(node.func.value, where), node.func.attr)(*args)
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in _MAKERS:
        raise AmineError(where, f"distribution '{name}' is not known", hint=did_you_mean(name, _MAKERS))
    if len(args) != len(KINDS[name]):
        raise AmineError(where, f"{name}() takes {' and '.join(KINDS[name])}", given=f"{len(args)} value(s)")
    return _MAKERS[name](*args)
