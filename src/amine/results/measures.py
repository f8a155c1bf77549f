"""Measures of a run, named by text: rates, irregularity, synchrony, power and frequency of oscillations, or custom functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.results.statistics import after, binned, isi_cv
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.results.run import Run
    from amine.results.spikes import SpikeTrain

_BAND = re.compile(r"^\s*([\d.eE+]+)\s*(?:Hz)?\s*-\s*([\d.eE+]+)\s*(?:Hz)?\s*$")
KINDS = ("rate", "cv", "synchrony", "power", "frequency")


def measure(run: Run, text: str, start: Quantity = "0 ms") -> float:
    """Compute a measure of a run.

    Parameters
    ----------
    run : the run.
    text : the measure:

        - ``rate:E``: mean rate of a population in Hz;
        - ``cv:E``: mean coefficient of variation of its interspike intervals;
        - ``synchrony:E``: standard deviation of the population's mean activity over that of its neurons, in bins of 3 ms (after Golomb
          & Rinzel 1994, Physica D 72:259-282): 1 if all fire together, 1/sqrt(n) if they are independent;
        - ``power:30-80Hz`` or ``power:30-80Hz:E``: variance of the mean rate in a band, in Hz^2;
        - ``frequency:30-80Hz`` or ``frequency:30-80Hz:E``: the frequency of the highest peak there, in Hz;
        - ``module:function``: the value of a custom function of the run;
        - any other name: a number in ``run.network.notes["measures"]`` or ``run.info``.
    start : beginning of the interval that is measured.

    Returns
    -------
    float
        NaN if there are too few spikes.

    Raises
    ------
    AmineError
        Unknown population, measure or function, an invalid band, or a value that is not a number.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> _ = net.population("P", 100, "poisson", rate="20 Hz")
    >>> run = net.run("1 s", progress=False)
    >>> 18 < measure(run, "rate:P") < 22
    True
    """
    begin = scalar(start, "ms", "measure, start", nonnegative=True)
    kind, _, rest = text.partition(":")
    if kind in ("rate", "cv", "synchrony"):
        train = after(run.spikes[rest], begin)
        return {"rate": _rate, "cv": _cv, "synchrony": synchrony}[kind](train)
    if kind in ("power", "frequency"):
        band, _, name = rest.partition(":")
        low, high = _band(band, text)
        f, s = spectrum(run, name or None, begin)
        return _power(f, s, low, high) if kind == "power" else _frequency(f, s, low, high)
    if rest:
        return _number(_function(kind, rest, text)(run), text)
    known = {**run.info, **run.network.notes.get("measures", {})}
    if text not in known:
        raise AmineError("measure", f"'{text}' is not known", hint=did_you_mean(text, [f"{k}:..." for k in KINDS]))
    return _number(known[text], text)


def check(text: str, populations: Iterable[str]) -> None:
    """Raise AmineError if a measure is invalid for a network with these populations."""
    kind, _, rest = text.partition(":")
    name = (
        rest
        if kind in ("rate", "cv", "synchrony")
        else rest.partition(":")[2]
        if kind in ("power", "frequency")
        else ""
    )
    if kind in ("power", "frequency"):
        _band(rest.partition(":")[0], text)
    elif kind not in KINDS and rest:
        _function(kind, rest, text)
    if (name or kind in ("rate", "cv", "synchrony")) and name not in populations:
        raise AmineError(
            "measure", f"population '{name}' is not known", given=text, hint=did_you_mean(name, populations)
        )


def _number(value: Any, text: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as e:
        raise AmineError("measure", f"'{text}' is not a number", given=repr(value)[:40]) from e


def _function(module: str, name: str, text: str) -> Callable[[Run], object]:
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as e:
        choices = [f"{k}:..." for k in KINDS]
        raise AmineError("measure", f"'{text}' is not known ({e})", hint=did_you_mean(text, choices)) from e
    if not callable(found):
        raise AmineError("measure", f"module '{module}' has no function '{name}'")
    return found


def _band(text: str, whole: str) -> tuple[float, float]:
    m = _BAND.match(text)
    low, high = (float(m.group(1)), float(m.group(2))) if m else (1.0, 0.0)
    if not 0 <= low < high:
        raise AmineError("measure", "this is not a band of frequencies", given=whole, expected="such as power:30-80Hz")
    return low, high


def _rate(train: SpikeTrain) -> float:
    return float(train.rates().mean()) if train.n else 0.0


def _cv(train: SpikeTrain) -> float:
    cv = isi_cv(train)
    return float(cv.mean()) if cv.size else float("nan")


def synchrony(train: SpikeTrain, bin_ms: float = 3.0) -> float:
    """Standard deviation of the mean activity divided by the root of the neurons' mean variance, in bins; NaN without spikes."""
    n = int(train.duration / bin_ms + 1e-9)
    mean = binned(train, bin_ms)[:n] / max(train.n, 1)
    # the variance of each neuron from its counts in bins, without an array of neurons times bins
    place = np.clip(((train.times - 1e-9) / bin_ms).astype(np.int64), 0, None)
    keep = place < n
    _, counts = np.unique(train.indices[keep].astype(np.int64) * n + place[keep], return_counts=True)
    each = np.bincount(train.indices[keep], minlength=train.n) / max(n, 1)
    single = (counts.astype(float) ** 2).sum() / max(n * train.n, 1) - (each**2).mean()
    return float(np.sqrt(mean.var() / single)) if single > 0 else float("nan")


def spectrum(run: Run, population: str | None = None, start: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (Hz) and power spectral density (Hz^2/Hz) of the mean rate of a population, or of all neurons, after ``start`` ms.

    Welch's method on bins of 1 ms with segments of up to 1 s, half overlapping.
    """
    from scipy.signal import welch

    trains = [run.spikes[p] for p in ([population] if population else list(run.spikes))]
    n = sum(t.n for t in trains)
    rate = sum((binned(t, 1.0, start) for t in trains), np.zeros(1)) * 1e3 / max(n, 1)
    if rate.size < 16:
        raise AmineError(
            "measure", "the run is too short for a spectrum", given=f"{rate.size} ms", expected="16 ms at least"
        )
    segment = min(1000, rate.size)
    f, s = welch(rate, fs=1000.0, nperseg=segment, nfft=4 * segment)
    return np.asarray(f), np.asarray(s)


def _power(f: np.ndarray, s: np.ndarray, low: float, high: float) -> float:
    inside = (f >= low) & (f <= high)
    return float(s[inside].sum() * (f[1] - f[0]))


def _frequency(f: np.ndarray, s: np.ndarray, low: float, high: float) -> float:
    inside = (f >= low) & (f <= high)
    return float(f[inside][np.argmax(s[inside])]) if s[inside].sum() > 0 else float("nan")
