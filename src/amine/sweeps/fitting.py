"""``am.fit``: values of a network or a cell that bring measures where they are wanted, by sweeps of whole generations of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.optimize import differential_evolution, least_squares

from amine.doors import methods
from amine.errors import AmineError, did_you_mean
from amine.models.model import Model
from amine.network.network import Network
from amine.records import dataclass
from amine.results.run import Run
from amine.shown import Shown
from amine.sweeps.axes import ANY, Axis, Target, range_of, text_of
from amine.sweeps.bench import Bench, How, opened_bench
from amine.sweeps.descent import descended
from amine.sweeps.executors import Executor
from amine.sweeps.points import Conditions, Point, Value
from amine.sweeps.sweeping import Made, conditions_of, made_of, seeds_of
from amine.view.fitted import fitted as picture
from amine.view.inline import box, png_image, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath, Quantity

METHODS = ("differential_evolution", "least_squares", "gradient")
WIDE = 10.0  # ratio of the ends of a range from which it is searched on a logarithmic scale
LOST = 10.0  # residual of a measure that has no value
LAST = 5  # places of a descent that are measured by the engine
STEP = 1e-3  # of finite differences, in shares of a range


@methods
@dataclass(eq=False)
class Fit(Shown):
    """Values that a fit found; made by :func:`amine.fit`.

    ``parameters`` are the values as text, ``numbers`` the same in the units of their ``ranges``, ``errors`` their standard errors from the
    curvature at the minimum (NaN where the measures do not determine them). ``found`` and ``wanted`` are the measures. ``loss`` is the sum
    over measures of the mean squared difference in units of their scale, ``course`` its least value after each generation. ``failures``
    says why some of the ``points`` could not be measured.
    """

    parameters: dict[str, str]
    numbers: dict[str, float]
    errors: dict[str, float]
    ranges: dict[str, tuple[float, float, str]]
    found: dict[str, Value]
    wanted: dict[str, Value]
    loss: float
    course: list[float]
    points: int
    failures: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Values with their errors, and measures, as text."""
        lines = [f"{n} = {x:.5g} +- {self.errors[n]:.2g} {self.ranges[n][2]}".rstrip() for n, x in self.numbers.items()]
        lines += [f"{m}: {_short(self.found[m])}, wanted {_short(w)}" for m, w in self.wanted.items()]
        lines.append(f"loss {self.loss:.4g} after {self.points} points")
        if self.failures:
            lines.append(f"{len(self.failures)} points could not be measured: {self.failures[0]}")
        return "\n".join(lines)

    def figure(self) -> Figure:
        """Draw the loss over generations, the values in their ranges, and the measures beside what was wanted."""
        return picture(self)

    def html(self) -> str:
        """Return values, measures and figure as HTML, without JavaScript."""
        rows = [
            (n, f"{x:.5g} {self.ranges[n][2]}", f"{self.errors[n]:.2g}", "{:.4g} to {:.4g}".format(*self.ranges[n][:2]))
            for n, x in self.numbers.items()
        ]
        wanted = [(m, _short(self.found[m]), _short(w)) for m, w in self.wanted.items()]
        lead = f"loss {self.loss:.4g} after {self.points} points"
        parts = [table(("", "Value", "Error", "Range"), rows), table(("", "Found", "Wanted"), wanted)]
        return box("Fit", lead, png_image(self.figure(), "Fit", 720), *parts)

    def __repr__(self) -> str:
        return f"<Fit: {', '.join(f'{n} = {v}' for n, v in self.parameters.items())}, loss {self.loss:.4g}>"


def _short(x: Value) -> str:
    return f"{float(x):.5g}" if np.ndim(x) == 0 else f"{np.size(x)} numbers"


def fit(
    subject: Network | Model | Callable[..., object],
    parameters: Mapping[str, Sequence[Quantity]],
    target: Mapping[str | Callable[[Run], object], Any],
    *,
    scale: Mapping[str, float] | None = None,
    duration: Quantity = "1 s",
    start: Quantity = "0 ms",
    seeds: int | Sequence[int] = 1,
    method: str = "differential_evolution",
    points: int = 2000,
    random: int = 0,
    together: bool | None = None,
    executor: Executor | int | None = None,
    store: FilePath | None = None,
    precision: str = "float32",
    progress: bool = True,
) -> Fit:
    """Find values with which measures come nearest to what is wanted.

    All candidates of a generation are one sweep; those of a single unconnected neuron are one population (:func:`amine.sweep`).

    Parameters
    ----------
    subject : what is fitted: a network, a neuron model or a function, as for :func:`amine.sweep`.
    parameters : by name the range (lowest, highest) of a value; positive ranges over a factor of 10 or more are searched on a logarithmic scale.
    target : by measure (a name, or a function of a run) what is wanted: a number, or an array for functions that return one, such as a trace.
        For a loss of your own, a function that returns it, with target 0.
    scale : by measure the difference that counts as 1; by default the size of what is wanted: its absolute value, or the standard
        deviation of an array.
    duration, start, seeds : of each run, as for :func:`amine.sweep`; measures are means over seeds.
    method : ``"differential_evolution"``: a search of the whole ranges (Storn & Price 1997, J Global Optim 11:341-359), then least squares
        from the best point; ``"least_squares"``: from the middle of the ranges alone, for measures that change smoothly; ``"gradient"``: from
        the middle of the ranges by the gradient of rates (:meth:`amine.Network.to_module`, with its demands on a network).
    points : number of points at which the search ends at the latest.
    random : seed of the search.
    together, executor, store, precision, progress : as for :func:`amine.sweep`; a search that is continued from a store is the same.

    Raises
    ------
    AmineError
        An unknown name, measure or method, a range that does not rise, or no point that can be measured.

    Examples
    --------
    >>> import amine as am
    >>> found = am.fit(am.models.lif, {"I_e": ("300 pA", "600 pA")}, {"rate": 50.0}, duration="500 ms", points=60, progress=False)
    >>> abs(found.found["rate:cell"] - 50.0) <= 2.0
    True
    """
    if method not in METHODS:
        raise AmineError("fit, method", f"'{method}' is not known", hint=did_you_mean(str(method), METHODS))
    if not parameters or not target:
        raise AmineError("fit", "no parameter or no target is named", hint='such as {"E.I_e": ("0 pA", "500 pA")}')
    conditions = conditions_of(duration, start, precision, 1, "fit")
    functions = {getattr(m, "__name__", str(m)): m for m in target}
    named = {n: f for n, f in functions.items() if callable(f)}
    names = [m for m in functions.values() if isinstance(m, str)]
    made = made_of(subject, list(parameters), [*names, *named.values()], conditions)
    space = _Space(made, {made.names[n]: r for n, r in parameters.items()})
    made = made.with_axes(space.axes, together)
    wanted = _wanted([m.name for m in made.subject.measures], list(functions), list(target.values()))
    each = seeds_of(seeds, made.seed, "fit")
    how = How(executor, None, store, progress)
    with opened_bench(made.subject, how, points * len(each), "fit") as bench:
        search = _Search(bench, space, each, wanted, _scales(wanted, scale or {}))
        try:
            if method == "gradient":
                best = _descended(search, subject, conditions, points)
            else:
                best = _searched(search, method, points, random)
        except _Stopped as e:
            raise e.args[0] from None
        return search.result(best)


def _wanted(measures: Sequence[str], names: Sequence[str], values: Sequence[Any]) -> dict[str, Value]:
    """What is wanted of each measure; ``rate`` alone stands for that of the only population."""
    given = dict(zip(names, values, strict=True))
    out: dict[str, Value] = {}
    for m in measures:
        name = m if m in given else m.partition(":")[0]
        x = np.asarray(given[name])
        if x.dtype.kind not in "biuf" or not np.isfinite(x).all() or not x.size:
            raise AmineError(f"fit, target '{name}'", "these are no finite numbers", given=repr(given[name])[:40])
        out[m] = float(x) if x.ndim == 0 else x.astype(float)
    return out


def _scales(wanted: Mapping[str, Value], given: Mapping[str, float]) -> dict[str, float]:
    """The difference of each measure that counts as 1."""
    for n, x in given.items():
        if n not in wanted or np.ndim(x) or not 0 < float(x) < np.inf:
            raise AmineError("fit, scale", f"'{n}' is no measure, or its scale is not positive", given=repr(x)[:40])
    size = {m: float(np.std(w)) if np.ndim(w) else abs(float(w)) for m, w in wanted.items()}
    return {m: float(given.get(m, s or 1.0)) for m, s in size.items()}


class _Space:
    """The ranges of all parameters as a cube with sides of length 1."""

    def __init__(self, made: Made, ranges: Mapping[str, Sequence[Quantity]]):
        self.targets: Mapping[str, Target] = made.targets
        self.ranges = {n: range_of(n, r, made.targets[n], f"fit, '{n}'") for n, r in ranges.items()}
        self.logarithmic = np.array([low > 0 and high >= WIDE * low for low, high, _ in self.ranges.values()])

    @property
    def axes(self) -> list[Axis]:
        """The ends of the ranges as axes."""
        ends = {n: tuple(_plain(x, u) for x in (low, high)) for n, (low, high, u) in self.ranges.items()}
        return [Axis(n, e, np.array(self.ranges[n][:2]), self.ranges[n][2]) for n, e in ends.items()]

    def numbers(self, x: np.ndarray) -> np.ndarray:
        """Values at a place of the cube (parameters,), in their units."""
        low, high = (np.array([r[k] for r in self.ranges.values()]) for k in (0, 1))
        even = low + x * (high - low)
        safe = np.where(self.logarithmic, low, 1.0), np.where(self.logarithmic, high, 2.0)
        found = np.where(self.logarithmic, safe[0] * (safe[1] / safe[0]) ** x, even)
        return np.array([float(f"{v:.10g}") for v in found])

    def places(self, numbers: Mapping[str, float]) -> np.ndarray:
        """Place of the cube of values in their units."""
        found = []
        for (n, (low, high, _)), log in zip(self.ranges.items(), self.logarithmic, strict=True):
            x = numbers[n]
            found.append(np.log(max(x, low) / low) / np.log(high / low) if log else (x - low) / (high - low))
        return np.clip(found, 0.0, 1.0)

    def values(self, x: np.ndarray) -> dict[str, Any]:
        """Values at a place of the cube as plain data."""
        return {n: _plain(v, self.ranges[n][2]) for n, v in zip(self.ranges, self.numbers(x))}

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Derivatives of the values by the places."""
        h = 1e-6
        return (self.numbers(np.minimum(x + h, 1)) - self.numbers(np.maximum(x - h, 0))) / (
            np.minimum(x + h, 1) - np.maximum(x - h, 0)
        )


def _plain(x: float, unit: str) -> Any:
    return float(x) if unit == ANY else text_of(x, unit)


class _Stopped(Exception):
    """An AmineError within SciPy's search."""


class _Search:
    """Residuals at places of the cube, and the course of the search."""

    def __init__(
        self,
        bench: Bench,
        space: _Space,
        seeds: Sequence[int],
        wanted: Mapping[str, Value],
        scales: Mapping[str, float],
    ):
        self.bench, self.space, self.seeds, self.wanted, self.scales = bench, space, seeds, wanted, scales
        self.course: list[float] = []
        self.best, self.loss = np.full(len(space.ranges), 0.5), np.inf
        self.points = 0

    def residuals(self, places: np.ndarray) -> np.ndarray:
        """Residuals (places, numbers) at places (places, parameters) of the cube: one sweep."""
        rows = [[Point(self.space.values(x), s) for s in self.seeds] for x in places]
        flat = [p for row in rows for p in row]
        self.bench.measure(sorted(flat, key=lambda p: p.seed))
        self.points += len(flat)
        found = np.array([self._residual(self._means(row)) for row in rows])
        losses = (found**2).sum(1)
        k = int(np.argmin(losses))
        if losses[k] < self.loss:
            self.loss, self.best = float(losses[k]), np.array(places[k])
        self.course.append(self.loss)
        if len(self.bench.failed) == len(self.bench.asked):
            self.bench.report()
        return found

    def losses(self, x: np.ndarray) -> np.ndarray:
        """Losses at places (parameters, places) of the cube, for SciPy, which makes an error of its own of each ValueError."""
        try:
            return (self.residuals(np.atleast_2d(x.T)) ** 2).sum(1)
        except AmineError as e:
            raise _Stopped(e) from e

    def _means(self, row: Sequence[Point]) -> dict[str, Value]:
        """Measures of a place, means over seeds."""
        each = [self.bench.of(p) for p in row]
        return (
            {m: np.mean(np.array([e.get(m, np.nan) for e in each]), axis=0) for m in self.wanted} if all(each) else {}
        )

    def _residual(self, found: Mapping[str, Value]) -> np.ndarray:
        """Differences in units of the scales; those of an array count as one measure."""
        parts = []
        for m, w in self.wanted.items():
            wanted = np.atleast_1d(w).ravel()
            x = np.atleast_1d(found.get(m, np.full(wanted.shape, np.nan))).ravel()
            if x.shape != wanted.shape:
                given, expected = str(np.shape(found[m])), str(np.shape(w))
                raise AmineError(f"fit, target '{m}'", "the measure has another shape", given=given, expected=expected)
            r = (x - wanted) / self.scales[m] / np.sqrt(len(wanted))
            parts.append(np.where(np.isfinite(r), r, LOST / np.sqrt(len(wanted))))
        return np.concatenate(parts)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """Derivatives (numbers, parameters) of the residuals by the places, from one sweep."""
        h = np.where(x + STEP <= 1.0, STEP, -STEP)
        moved = x + np.diag(h)
        found = self.residuals(np.vstack([x, moved]))
        return (found[1:] - found[0]).T / h

    def result(self, x: np.ndarray) -> Fit:
        """The fit with its best place, and errors of the values from the curvature there."""
        jacobian = self.jacobian(x)
        x = self.best
        row = [Point(self.space.values(x), s) for s in self.seeds]
        found, numbers = self._means(row), self.space.numbers(x)
        errors = _errors(jacobian, self.loss) * np.abs(self.space.slope(x))
        names = list(self.space.ranges)
        return Fit(
            {n: str(v) for n, v in self.space.values(x).items()},
            dict(zip(names, numbers.tolist(), strict=True)),
            dict(zip(names, errors.tolist(), strict=True)),
            {n: (low, high, "" if unit == ANY else unit) for n, (low, high, unit) in self.space.ranges.items()},
            {m: found[m] if np.ndim(found[m]) else float(found[m]) for m in self.wanted},
            dict(self.wanted),
            self.loss,
            self.course,
            self.points,
            list(self.bench.failed.values()),
        )


def _errors(jacobian: np.ndarray, loss: float) -> np.ndarray:
    """Standard errors of the places; NaN where there are no more residuals than parameters or some do not determine them."""
    n, k = jacobian.shape
    if n <= k or np.linalg.matrix_rank(jacobian) < k:
        return np.full(k, np.nan)
    return np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)) * loss / (n - k))


def _descended(search: _Search, subject: object, conditions: Conditions, points: int) -> np.ndarray:
    """The best place of the cube on a descent by the gradient; what counts is what the engine measures there."""
    if not isinstance(subject, Network):
        raise AmineError("fit, method 'gradient'", "a network is needed", given=type(subject).__name__)
    wanted = {m: float(w) for m, w in search.wanted.items() if not np.ndim(w)}
    if len(wanted) < len(search.wanted):
        raise AmineError("fit, method 'gradient'", "only rates have gradients here", hint="use differential_evolution")
    space, steps = search.space, max(2, points // (3 * len(search.seeds)))  # a step costs about as much as three runs
    course = descended(subject, space.ranges, wanted, search.scales, conditions, search.seeds, steps)
    search.residuals(np.array([space.places(x) for x in course[-LAST:]]))
    return search.best


def _searched(search: _Search, method: str, points: int, random: int) -> np.ndarray:
    """The best place of the cube."""
    k, seeds = len(search.space.ranges), len(search.seeds)
    begin = search.best
    if method == "differential_evolution":
        size = max(32, 10 * k)
        size = k * max(2, size // k)
        generations = max(1, int(0.8 * points) // (size * seeds) - 1)
        differential_evolution(
            search.losses,
            [(0.0, 1.0)] * k,
            popsize=size // k,
            maxiter=generations,
            updating="deferred",
            vectorized=True,
            polish=False,
            tol=1e-6,
            rng=np.random.default_rng(random),
        )
        begin = search.best
    each = (k + 2) * seeds  # a point and a Jacobian
    left = (points - search.points) // each - 1  # one Jacobian for the errors
    if left < 1:
        return search.best
    least_squares(
        lambda x: search.residuals(x[None])[0],
        np.clip(begin, 1e-9, 1 - 1e-9),
        cast(Any, lambda x: search.jacobian(np.asarray(x))),  # its types know of texts alone
        bounds=(0.0, 1.0),
        max_nfev=left,
    )
    return search.best


__all__ = ["Fit", "fit"]
