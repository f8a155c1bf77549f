"""Fits of Hill curves, with confidence intervals from the profile of the squared error."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import f as f_distribution

from amine.errors import AmineError
from amine.records import dataclass
from amine.shown import Shown
from amine.view.dose import hill_html

if TYPE_CHECKING:
    import numpy.typing as npt

NAMES = ("EC50", "slope", "zero", "infinity")


@dataclass(frozen=True)
class HillFit(Shown):
    """``y = zero + (infinity - zero) c^slope / (c^slope + EC50^slope)``.

    EC50 is in uM. The slope is searched from 0.2 to 12: a curve at the upper end is a step. ``zero`` is the response without the drug,
    ``infinity`` that to a saturating dose; for an inhibitor the latter is the lower one and EC50 is its IC50. ``interval`` holds the
    confidence interval of each (infinite if the data leave it open), ``r2`` the share of the variance explained, ``p`` the p-value of
    an F test against a constant response.
    """

    EC50: float
    slope: float
    zero: float
    infinity: float
    interval: dict[str, tuple[float, float]]
    r2: float
    p: float

    @property
    def top(self) -> float:
        """The higher of both levels."""
        return max(self.zero, self.infinity)

    @property
    def bottom(self) -> float:
        """The lower of both levels."""
        return min(self.zero, self.infinity)

    def __call__(self, c: npt.ArrayLike) -> np.ndarray:
        """Values of the curve at concentrations ``c`` in uM, in the shape of ``c``."""
        return _curve(np.asarray(c, float), (np.log(self.EC50), np.log(self.slope), self.zero, self.infinity))

    def html(self) -> str:
        """Return the curve with its numbers and their intervals as HTML, without JavaScript."""
        return hill_html(self)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        open_ended = lambda x: None if not np.isfinite(x) else float(x)  # noqa: E731
        return {
            **{n: getattr(self, n) for n in NAMES},
            "interval": {k: [open_ended(x) for x in v] for k, v in self.interval.items()},
            "r2": self.r2,
            "p": self.p,
        }


def _curve(c: np.ndarray, q: tuple[float, float, float, float]) -> np.ndarray:
    return q[2] + (q[3] - q[2]) * _saturation(_log(c), q[0], q[1])


def _log(c: np.ndarray) -> np.ndarray:
    """Logarithms of concentrations; a large negative number for concentration 0."""
    return np.where(c > 0, np.log(np.where(c > 0, c, 1.0)), -1e4)


def _saturation(log_c: np.ndarray, log_ec50: float, log_slope: float) -> np.ndarray:
    """Occupancy of the Hill curve, from logarithms."""
    return 1.0 / (1.0 + np.exp(np.minimum(exp(log_slope) * (log_ec50 - log_c), 700.0)))


def hill_fit(concentrations: npt.ArrayLike, values: npt.ArrayLike, level: float = 0.95) -> HillFit:
    """Fit a Hill curve by least squares.

    Parameters
    ----------
    concentrations : uM, in the shape of ``values``; 0 for controls.
    values : responses; NaN are left out.
    level : confidence level of the intervals.

    Raises
    ------
    AmineError
        Fewer than five values at fewer than four concentrations above zero, or a negative concentration.

    Examples
    --------
    >>> c = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
    >>> f = hill_fit(c, 10 - 8 * c**2 / (c**2 + 4))
    >>> round(f.EC50, 6), round(f.slope, 6), round(f.infinity, 6)
    (2.0, 2.0, 2.0)
    """
    try:
        c, y = np.asarray(concentrations, float).ravel(), np.asarray(values, float).ravel()
    except (TypeError, ValueError, OverflowError) as e:
        raise AmineError(
            "hill_fit", "these are no numbers", given=str(e), expected="concentrations in uM, and values"
        ) from e
    if c.shape != y.shape:
        raise AmineError("hill_fit", "concentrations and values differ in number", given=f"{c.size} and {y.size}")
    if (c < 0).any():
        raise AmineError("hill_fit", "a concentration is negative")
    keep = np.isfinite(y) & np.isfinite(c)
    c, y = c[keep], y[keep]
    if y.size < 5 or np.unique(c[c > 0]).size < 4:
        raise AmineError(
            "hill_fit", "too few values", given=f"{y.size}", expected="five, at four concentrations or more"
        )
    data = _Data(c, y)
    best, error = _best(data)
    total = float(((y - y.mean()) ** 2).sum())
    free = max(y.size - 4, 1)
    return HillFit(
        float(np.exp(best[0])),
        float(np.exp(best[1])),
        float(best[2]),
        float(best[3]),
        _intervals(data, best, error, free, level),
        1.0 - error / total if total > 0 else float("nan"),
        _chance(total, error, free),
    )


def _chance(total: float, error: float, free: int) -> float:
    if total <= 0:
        return 1.0
    ratio = (total - error) / 3 / max(error / free, 1e-300)
    return float(f_distribution.sf(ratio, 3, free))


class _Data:
    """Values to fit; for a given EC50 and slope the best levels follow from linear regression of the response on the saturation."""

    def __init__(self, c: np.ndarray, y: np.ndarray):
        self.x, self.y, self.mean = _log(c), y, float(y.mean())
        low, high = float(np.log(c[c > 0].min())), float(np.log(c.max()))
        self.bounds = ((low - 4.6, high + 4.6), (log(0.2), log(12.0)))

    def levels(self, log_ec50: float, log_slope: float) -> tuple[float, float, float]:
        """Squared error, level without drug and level at saturation, with the best levels."""
        s = _saturation(self.x, log_ec50, log_slope)
        d = s - s.mean()
        slope = float(d @ self.y) / max(float(d @ d), 1e-300)
        zero = self.mean - slope * float(s.mean())
        r = self.y - zero - slope * s
        return float(r @ r), zero, zero + slope

    def given(self, log_ec50: float, log_slope: float, k: int, value: float) -> tuple[float, float, float]:
        """As :meth:`levels` with one level fixed: that without drug (k = 2) or that at saturation (k = 3)."""
        s = _saturation(self.x, log_ec50, log_slope)
        rest = s if k == 2 else 1.0 - s
        left = self.y - value * (1.0 - rest)
        other = float(rest @ left) / max(float(rest @ rest), 1e-300)
        r = left - other * rest
        return float(r @ r), *((value, other) if k == 2 else (other, value))


def _best(data: _Data) -> tuple[np.ndarray, float]:
    """Best parameters and their squared error, searched from the best three points of a grid."""
    (e0, e1), (s0, s1) = data.bounds
    f = lambda q: data.levels(q[0], q[1])[0]  # noqa: E731
    starts = [(e, s) for e in np.linspace(e0 + 2.3, e1 - 2.3, 15) for s in np.linspace(s0, s1, 8)]
    options = {"xatol": 1e-9, "fatol": 0.0, "maxfev": 400}
    found = [
        minimize(f, q, method="Nelder-Mead", bounds=data.bounds, options=options) for q in sorted(starts, key=f)[:3]
    ]
    q = min(found, key=lambda r: r.fun).x
    error, zero, infinity = data.levels(q[0], q[1])
    return np.array([q[0], q[1], zero, infinity]), error


def _intervals(data: _Data, best: np.ndarray, error: float, free: int, level: float) -> dict[str, tuple[float, float]]:
    """Profile intervals: the range in which the squared error, minimised over the other parameters, stays below the F criterion."""
    limit = max(error, 1e-24 * float(data.y @ data.y)) * (1.0 + float(f_distribution.ppf(level, 1, free)) / free)
    out = {}
    for k, name in enumerate(NAMES):
        ends = [_end(data, best, k, sign, limit) for sign in (-1, 1)]
        out[name] = (float(np.exp(ends[0])), float(np.exp(ends[1]))) if k < 2 else (ends[0], ends[1])
    return out


def _end(data: _Data, best: np.ndarray, k: int, sign: int, limit: float) -> float:
    """One end of an interval, by doubling steps outwards, then bisection; infinite if the data leave it open."""
    span = float(np.ptp(data.y)) or 1.0
    width, most = ((0.02, 12.0), (0.02, 6.0), (0.01 * span, 20 * span), (0.01 * span, 20 * span))[k]
    inside, start = 0.0, best[:2]
    while True:
        if width > most or (k < 2 and not data.bounds[k][0] <= best[k] + sign * width <= data.bounds[k][1]):
            return sign * np.inf  # beyond the searched range: open
        error, there = _profile(data, start, k, float(best[k]) + sign * width)
        if error > limit:
            break
        inside, start, width = width, there, width * 2
    outside = width
    for _ in range(12):
        middle = (inside + outside) / 2
        error, there = _profile(data, start, k, float(best[k]) + sign * middle)
        inside, outside, start = (middle, outside, there) if error <= limit else (inside, middle, start)
    return float(best[k]) + sign * inside


def _profile(data: _Data, start: np.ndarray, k: int, value: float) -> tuple[float, np.ndarray]:
    """Least squared error with parameter ``k`` fixed, and the logarithms of EC50 and slope that give it."""
    if k < 2:
        full = (lambda q: (value, q)) if k == 0 else (lambda q: (q, value))
        r = minimize_scalar(
            lambda q: data.levels(*full(q))[0], bounds=data.bounds[1 - k], method="bounded", options={"xatol": 1e-4}
        )
        return float(r.fun), np.array(full(float(r.x)))
    options = {"xatol": 1e-3, "fatol": 0.0, "maxfev": 80}
    r = minimize(
        lambda q: data.given(q[0], q[1], k, value)[0], start, method="Nelder-Mead", bounds=data.bounds, options=options
    )
    return float(r.fun), r.x
