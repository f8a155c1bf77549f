"""Measures of a run, named by text: rates, irregularity, synchrony, power and frequency of oscillations, or custom functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
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
OF_RUNS = frozenset(
    ["threads", "seed", "n_synapses", "synapse_bytes", "events", "peak_memory_mb", "compiled", "total", "simulated_ms"]
)  # numbers in Run.info
HIGHEST = 500.0  # Hz; rates are counted in bins of 1 ms
FEWEST = 16  # bins of a spectrum


class UnknownMeasure(AmineError):
    """A measure that no run like this one has, whatever its values."""


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
    if begin >= run.duration:
        raise AmineError("measure, start", "nothing is left to measure", given=f"{begin:g} ms of {run.duration:g} ms")
    named = run.network.notes.get("measures", {})
    check(text, list(run.spikes), [*named, *run.info], run.duration - begin)
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
    return _number({**run.info, **named}[text], text)


def check(text: str, populations: Collection[str], names: Collection[str], length: float) -> None:
    """Raise AmineError if a measure cannot be taken of a run.

    Parameters
    ----------
    text : the measure. populations : those whose spikes are recorded. names : of numbers that the run or its notes have.
    length : what is measured of the run, in ms.
    """
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
        _long_enough(length)
    elif kind not in KINDS and rest:
        _function(kind, rest, text)
    elif not rest and kind not in KINDS and text not in names:
        choices = [*names, *(f"{k}:..." for k in KINDS)]
        raise UnknownMeasure("measure", f"'{text}' is not known", hint=did_you_mean(text, choices))
    if (name or kind in ("rate", "cv", "synchrony")) and name not in populations:
        hint = did_you_mean(name, populations)
        raise UnknownMeasure("measure", f"population '{name}' is not known or not recorded", given=text, hint=hint)


def _number(value: Any, text: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as e:
        raise AmineError("measure", f"'{text}' is not a number", given=repr(value)[:40]) from e


def _function(module: str, name: str, text: str) -> Callable[[Run], object]:
    try:
        found = getattr(import_module(module), name, None)
    except (ImportError, ValueError, TypeError) as e:  # such as of a name with two dots
        choices = [f"{k}:..." for k in KINDS]
        raise UnknownMeasure("measure", f"'{text}' is not known ({e})", hint=did_you_mean(text, choices)) from e
    if not callable(found):
        raise UnknownMeasure("measure", f"module '{module}' has no function '{name}'")
    return found


def _band(text: str, whole: str) -> tuple[float, float]:
    m = _BAND.match(text)
    try:
        low, high = (float(m.group(1)), float(m.group(2))) if m else (1.0, 0.0)
    except ValueError:  # such as 1..2
        low, high = 1.0, 0.0
    if not 0 <= low < high <= HIGHEST:
        expected = f"such as power:30-80Hz, up to {HIGHEST:g} Hz"
        raise UnknownMeasure("measure", "this is not a band of frequencies", given=whole, expected=expected)
    return low, high


def _long_enough(length: float) -> None:
    """Raises AmineError if what is measured is too short for a spectrum."""
    if length < FEWEST:
        expected = f"{FEWEST} ms at least"
        raise UnknownMeasure(
            "measure", "the run is too short for a spectrum", given=f"{length:g} ms", expected=expected
        )


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
    _long_enough(rate.size)
    segment = min(1000, rate.size)
    f, s = welch(rate, fs=1000.0, nperseg=segment, nfft=4 * segment)
    return np.asarray(f), np.asarray(s)


def _inside(f: np.ndarray, low: float, high: float) -> np.ndarray:
    """Which frequencies are in a band; raises AmineError if there are none."""
    inside = (f >= low) & (f <= high)
    if not inside.any():
        given, expected = (
            f"{low:g} to {high:g} Hz",
            f"a wider one; frequencies are {f[1]:.3g} Hz apart in a run of this length",
        )
        raise AmineError("measure", "no frequency lies in the band", given=given, expected=expected)
    return inside


def _power(f: np.ndarray, s: np.ndarray, low: float, high: float) -> float:
    inside = _inside(f, low, high)
    return float(s[inside].sum() * (f[1] - f[0]))


def _frequency(f: np.ndarray, s: np.ndarray, low: float, high: float) -> float:
    inside = _inside(f, low, high)
    return float(f[inside][np.argmax(s[inside])]) if s[inside].sum() > 0 else float("nan")
