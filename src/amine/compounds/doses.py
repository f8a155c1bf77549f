"""Time courses of drug concentrations: constant, ramp, table, bolus with one- or two-compartment pharmacokinetics, and sums of these.

Times are in ms and concentrations in uM. :meth:`Course.at` evaluates a course at any times in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.catalogue import drug
from amine.errors import AmineError
from amine.frozen import FrozenDict, closed, fix
from amine.records import dataclass
from amine.units import to_internal
from amine.values import scalar

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import Quantity


@closed("make another with am.bath(), am.bolus(), am.dose_ramp() or am.dose_table()")
@dataclass(frozen=True, eq=False)
class Course:
    """Time course of a concentration; made by :func:`bath`, :func:`bolus`, :func:`dose_ramp` and :func:`dose_table`, added with ``+``.

    ``kind`` is constant, ramp, table, exponentials or sum; ``numbers`` are its parameters in ms and uM.

    Examples
    --------
    >>> import amine as am
    >>> both = am.bath("1 uM") + am.bath("2 uM", start="10 ms", stop="20 ms")
    >>> both.at([5.0, 15.0, 25.0])
    array([1., 3., 1.])
    """

    kind: str
    numbers: Mapping[str, Any]

    def __post_init__(self) -> None:
        fix(self, numbers=FrozenDict(self.numbers, f"Course {self.kind}", "make another"))

    def at(self, t: npt.ArrayLike) -> np.ndarray:
        """Concentration (uM) at the times ``t`` (ms), an array of the same shape."""
        return _KINDS[self.kind](self.numbers, np.asarray(t, float))

    @property
    def peak(self) -> float:
        """Highest concentration in uM (an upper bound for a sum)."""
        n = self.numbers
        if self.kind == "sum":
            return sum(c.peak for c in n["parts"])
        if self.kind == "exponentials":
            return n["peak"]
        return float(max(n["values"])) if self.kind == "table" else max(n["first"], n["last"])

    def scaled(self, factor: float) -> Course:
        """The course with all concentrations times a factor.

        >>> bath("2 uM").scaled(0.5).at(0.0)
        array(1.)
        """
        if self.kind == "sum":
            return Course("sum", {"parts": [c.scaled(factor) for c in self.numbers["parts"]]})
        levels = ("first", "last", "values", "peak", "amplitudes")
        times = lambda x: [factor * v for v in x] if isinstance(x, list | tuple) else factor * x  # noqa: E731
        return Course(self.kind, {k: times(v) if k in levels else v for k, v in self.numbers.items()})

    def __add__(self, other: Course) -> Course:
        if not isinstance(other, Course):
            return NotImplemented
        parts = [p for c in (self, other) for p in (c.numbers["parts"] if c.kind == "sum" else [c])]
        return Course("sum", {"parts": parts})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Course) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    def to_dict(self) -> dict[str, Any]:
        """The course as JSON-compatible data."""
        if self.kind == "sum":
            return {"kind": "sum", "parts": [p.to_dict() for p in self.numbers["parts"]]}
        plain = {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in self.numbers.items()}
        return {"kind": self.kind, **plain}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Course:
        """Course from the data of :meth:`to_dict`; raises AmineError if they are damaged."""
        try:
            if data["kind"] == "sum":
                return Course("sum", {"parts": [Course.from_dict(p) for p in data["parts"]]})
            wanted = _NUMBERS[data["kind"]]
            if set(data) != {"kind", *wanted}:
                raise KeyError
            numbers: dict[str, Any] = {}
            for name in wanted:
                x = data[name]
                numbers[name] = [float(v) for v in x] if isinstance(x, list) else math.inf if x is None else float(x)
            course = Course(str(data["kind"]), numbers)
            if not np.isfinite(course.at(np.array([0.0, 1.0]))).all():
                raise ValueError
            return course
        except (KeyError, TypeError, ValueError) as e:
            raise AmineError("dose", "damaged description", given=repr(data)[:60]) from e

    def __str__(self) -> str:
        n = self.numbers
        match self.kind:
            case "sum":
                return " + ".join(map(str, n["parts"]))
            case "table":
                return f"{len(n['times'])} values up to {self.peak:g} uM"
            case "exponentials":
                return f"bolus of {n['peak']:g} uM at {n['at']:g} ms"
        level = f"{n['first']:g}" if n["first"] == n["last"] else f"{n['first']:g} to {n['last']:g}"
        if n["start"] == 0 and math.isinf(n["stop"]):
            return f"{level} uM"
        until = "" if math.isinf(n["stop"]) else f" to {n['stop']:g} ms"
        return f"{level} uM from {n['start']:g} ms{until}"


_NUMBERS = {
    "constant": ("first", "last", "start", "stop"),
    "ramp": ("first", "last", "start", "stop"),
    "table": ("times", "values"),
    "exponentials": ("at", "peak", "amplitudes", "rates"),
}


def _span(p: Mapping[str, Any], t: np.ndarray) -> np.ndarray:
    on = (t >= p["start"] - 1e-9) & (t < p["stop"] - 1e-9)
    if p["first"] == p["last"]:
        return np.where(on, p["first"], 0.0)
    part = np.clip((t - p["start"]) / (p["stop"] - p["start"]), 0.0, 1.0)
    return np.where(t >= p["start"] - 1e-9, p["first"] + (p["last"] - p["first"]) * part, 0.0)


def _table(p: Mapping[str, object], t: np.ndarray) -> np.ndarray:
    index = np.searchsorted(np.asarray(p["times"]), t + 1e-9, side="right") - 1
    return np.where(index < 0, 0.0, np.asarray(p["values"])[np.maximum(index, 0)])


def _exponentials(p: Mapping[str, Any], t: np.ndarray) -> np.ndarray:
    s = np.maximum(t - p["at"], 0.0)
    a, k = p["amplitudes"], p["rates"]
    if len(a) == len(k):
        value = sum(x * np.exp(-r * s) for x, r in zip(a, k))
    else:  # one rate more than amplitudes: the first is that of absorption
        value = sum(x * _rise(r, k[0], s) for x, r in zip(a, k[1:]))
    return np.where(t >= p["at"] - 1e-9, np.maximum(value, 0.0), 0.0)


def _rise(k: float, ka: float, s: np.ndarray) -> np.ndarray:
    """Bateman's function ka (exp(-k s) - exp(-ka s)) / (ka - k), also valid for equal rates."""
    d = (ka - k) * s
    slower = np.minimum(k, ka)
    d = np.abs(d)  # symmetric in both rates but for the factor
    ratio = np.where(d > 1e-12, -np.expm1(-d) / np.where(d > 1e-12, d, 1.0), 1.0)
    return ka * s * np.exp(-slower * s) * ratio


_KINDS: dict[str, Callable[[Mapping[str, Any], np.ndarray], np.ndarray]] = {
    "constant": _span,
    "ramp": _span,
    "table": _table,
    "exponentials": _exponentials,
    "sum": lambda p, t: np.sum([c.at(t) for c in p["parts"]], axis=0),
}


# --- makers ------------------------------------------------------------------------------------------------------


def _conc(value: object, where: str) -> float:
    return scalar(value, "uM", where, nonnegative=True)


def _times(start: Quantity, stop: Quantity | None, where: str) -> dict[str, float]:
    a = scalar(start, "ms", f"{where}, start", nonnegative=True)
    b = math.inf if stop is None else scalar(stop, "ms", f"{where}, stop")
    if b <= a:
        raise AmineError(where, "it stops before it starts", given=f"{start}..{stop}")
    return {"start": a, "stop": b}


def bath(concentration: Quantity, start: Quantity = "0 ms", stop: Quantity | None = None) -> Course:
    """Constant concentration in the bath from ``start`` to ``stop``, zero before and after.

    Parameters
    ----------
    concentration : such as ``"500 nM"``.
    start, stop : times; None for ``stop``: until the end of the run.

    Raises
    ------
    AmineError
        A unit is missing, a value is negative, or ``stop`` is not after ``start``.

    Examples
    --------
    >>> bath("500 nM", start="1 s").at([0.0, 2000.0])
    array([0. , 0.5])
    """
    c = _conc(concentration, "bath()")
    return Course("constant", {"first": c, "last": c, **_times(start, stop, "bath()")})


def dose_ramp(first: Quantity, last: Quantity, start: Quantity, stop: Quantity | None) -> Course:
    """Concentration that changes linearly from ``first`` at ``start`` to ``last`` at ``stop`` and stays there.

    Parameters
    ----------
    first, last : concentrations, such as ``"10 uM"``. start, stop : times, such as ``"1 s"``.

    Raises
    ------
    AmineError
        A unit is missing, a value is negative, or ``stop`` is not after ``start``.

    Examples
    --------
    >>> dose_ramp("0 uM", "10 uM", "0 s", "1 s").at([500.0, 2000.0])
    array([ 5., 10.])
    """
    a, b = _conc(first, "dose_ramp(), first"), _conc(last, "dose_ramp(), last")
    if stop is None:
        raise AmineError("dose_ramp()", "the end is missing")
    return Course("ramp", {"first": a, "last": b, **_times(start, stop, "dose_ramp()")})


def dose_table(times: Quantity | Sequence[Quantity], values: Quantity | Sequence[Quantity]) -> Course:
    """Piecewise constant concentration: each of ``values`` holds from its time on; zero before the first.

    Parameters
    ----------
    times : increasing times. values : as many concentrations.

    Raises
    ------
    AmineError
        A unit is missing, lengths differ, times do not increase, or a concentration is negative.

    Examples
    --------
    >>> dose_table(["0 s", "1 s"], ["1 uM", "0 uM"]).at([500.0, 1000.0])
    array([1., 0.])
    """
    t = np.atleast_1d(to_internal(times, "ms", "dose_table(), times"))
    v = np.atleast_1d(to_internal(values, "uM", "dose_table(), values", nonnegative=True))
    if t.ndim != 1 or t.shape != v.shape or not t.size:
        raise AmineError(
            "dose_table()", "times and values must be lists of one length", given=f"{t.shape} and {v.shape}"
        )
    if (np.diff(t) <= 0).any():
        raise AmineError("dose_table()", "times must increase")
    return Course("table", {"times": t.tolist(), "values": v.tolist()})


def bolus(
    peak: Quantity,
    *,
    elimination: Quantity,
    absorption: Quantity | None = None,
    distribution: Quantity | None = None,
    slow: float = 0.5,
    at: Quantity | Sequence[Quantity] = "0 ms",
) -> Course:
    """A single dose, or several, with one- or two-compartment pharmacokinetics.

    One compartment without absorption (into a vein): C = peak exp(-k t). With absorption: Bateman's function
    C ~ exp(-k t) - exp(-ka t). Two compartments: a fast phase of ``distribution`` and a slow phase of ``elimination``, which starts with the
    fraction ``slow`` of the concentration. All are scaled so that the highest concentration of one dose is ``peak``.

    Parameters
    ----------
    peak : highest concentration.
    elimination : half-life of elimination.
    absorption : half-life of absorption; None for a dose into the blood.
    distribution : half-life of distribution into the second compartment; None for one compartment.
    slow : with two compartments, the fraction of the slow phase, 0..1.
    at : time of the dose, or a list of times.

    Raises
    ------
    AmineError
        A unit is missing, a half-life is not positive, ``slow`` is outside 0..1, or distribution is slower than elimination.

    Examples
    --------
    >>> c = bolus("300 nM", absorption="30 min", elimination="20 h")
    >>> round(float(c.at(np.linspace(0, 3.6e6 * 12, 20001)).max()), 6)
    0.3
    """
    where = "bolus()"
    top = _conc(peak, f"{where}, peak")
    if top <= 0:
        raise AmineError(f"{where}, peak", "the value must be positive", given=str(peak))
    rate = lambda x, name: math.log(2) / scalar(x, "ms", f"{where}, {name}", positive=True)  # noqa: E731
    rates, amounts = [rate(elimination, "elimination")], [1.0]
    if distribution is not None:
        if not 0 < slow < 1:
            raise AmineError(f"{where}, slow", "the value is outside 0..1", given=str(slow))
        rates, amounts = [rate(distribution, "distribution"), *rates], [1.0 - slow, float(slow)]
        if rates[0] <= rates[1]:
            raise AmineError(where, "distribution is slower than elimination", given=f"{distribution}, {elimination}")
    if absorption is not None:
        rates = [rate(absorption, "absorption"), *rates]
    numbers = {"at": 0.0, "peak": top, "amplitudes": amounts, "rates": rates}
    scale = top / _maximum(numbers)
    numbers["amplitudes"] = [a * scale for a in amounts]
    moments = at if isinstance(at, list | tuple) else [at]
    starts = [scalar(x, "ms", f"{where}, at", nonnegative=True) for x in moments]
    if not starts:
        raise AmineError(f"{where}, at", "no time is given")
    doses = [Course("exponentials", {**numbers, "at": s}) for s in starts]
    return doses[0] if len(doses) == 1 else Course("sum", {"parts": doses})


def _maximum(numbers: Mapping[str, Any]) -> float:
    """Maximum of a unimodal curve by golden-section search; without absorption, its initial value."""
    if len(numbers["rates"]) == len(numbers["amplitudes"]):
        return sum(numbers["amplitudes"])
    f = lambda s: float(_exponentials(numbers, np.asarray(s)))  # noqa: E731
    a, b, g = 0.0, 50.0 / min(numbers["rates"]), (math.sqrt(5) - 1) / 2
    for _ in range(200):
        c, d = b - g * (b - a), a + g * (b - a)
        a, b = (a, d) if f(c) >= f(d) else (c, b)
    return f((a + b) / 2)


# --- text --------------------------------------------------------------------------------------------------------


def parse_dose(text: str) -> tuple[str, Course]:
    """Drug and course of its concentration from text such as ``"ketamine=1 uM@200ms..600ms"``.

    Parameters
    ----------
    text : ``NAME=CONCENTRATION`` or ``NAME=FIRST..LAST`` for a ramp, then optionally ``@START`` or ``@START..STOP``.

    Raises
    ------
    AmineError
        Unknown drug, unit missing, negative concentration, or text of another form.

    Examples
    --------
    >>> name, course = parse_dose("ketamine=1 uM@200ms..600ms")
    >>> name, str(course)
    ('ketamine', '1 uM from 200 ms to 600 ms')
    """
    name, equals, rest = text.partition("=")
    if not equals or not name.strip() or not rest.strip():
        raise AmineError("dose", "this is not DRUG=CONCENTRATION[@START..STOP]", given=text)
    which = drug(name.strip()).id
    level, at, span = rest.partition("@")
    start, _, stop = span.partition("..")
    if at and not start.strip():
        raise AmineError(f"dose of {which}", "the start is missing after @", given=text)
    begin, end = start.strip() or "0 ms", stop.strip() or None
    first, ramp, last = level.partition("..")
    try:
        if ramp:
            return which, dose_ramp(first.strip(), last.strip(), begin, end)
        return which, bath(level.strip(), begin, end)
    except AmineError as e:
        raise AmineError(f"dose of {which}", e.problem, given=e.given, expected=e.expected, hint=e.hint) from None


def as_course(value: object, where: str = "dose") -> Course:
    """The value itself if it is a course; a concentration as a constant course.

    Parameters
    ----------
    value : a course, or a concentration such as ``"1 uM"``. where : place named in errors.

    Raises
    ------
    AmineError
        The value is not a concentration.

    Examples
    --------
    >>> as_course("1 uM").peak
    1.0
    """
    if isinstance(value, Course):
        return value
    if isinstance(value, Sequence) and not isinstance(value, str):
        raise AmineError(where, "this is not a concentration in time", hint="use dose_table(times, values)")
    c = _conc(value, where)
    return Course("constant", {"first": c, "last": c, "start": 0.0, "stop": math.inf})
