"""Rates, irregularity, variability and correlation of spikes.

Irregularity and correlation follow elephant (``cv``, ``fanofactor``, ``correlation_coefficient``); they are computed for whole populations
at once, and a test compares them with elephant's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.results.spikes import SpikeTrain, checked_start


def isi_cv(train: SpikeTrain, least: int = 3) -> np.ndarray:
    """Coefficient of variation of the interspike intervals of each neuron with at least ``least`` spikes."""
    order = np.lexsort((train.times, train.indices))
    i, t = train.indices[order], train.times[order]
    same = i[1:] == i[:-1]
    gap, who = np.diff(t)[same], i[1:][same]
    n = np.bincount(who, minlength=train.n)
    mean = np.bincount(who, gap, train.n) / np.maximum(n, 1)
    square = np.bincount(who, (gap - mean[who]) ** 2, train.n) / np.maximum(n, 1)
    chosen = n >= least - 1
    return np.sqrt(square[chosen]) / mean[chosen]


def fano(train: SpikeTrain, bin_ms: float = 3.0) -> float:
    """Variance over mean of the population's spike counts in bins; 1 for independent Poisson neurons, NaN without spikes."""
    counts = binned(train, bin_ms)
    return float(counts.var() / counts.mean()) if counts.size and counts.mean() > 0 else float("nan")


def binned(train: SpikeTrain, bin_ms: float, start: float = 0.0) -> np.ndarray:
    """Number of spikes of the population in each bin after ``start`` ms."""
    n = int((train.duration - start) / bin_ms + 1e-9)
    return (
        np.bincount(
            np.clip(((train.times - start - 1e-9) / bin_ms).astype(np.int64), 0, None)[train.times > start], minlength=n
        )[:n]
        if n > 0
        else np.zeros(0, np.int64)
    )


def correlations(train: SpikeTrain, bin_ms: float = 5.0, most: int = 200) -> np.ndarray:
    """Correlation coefficients of binned spike counts of all pairs among at most ``most`` active neurons, evenly chosen."""
    active = np.flatnonzero(train.counts() > 0)
    chosen = active[np.linspace(0, active.size - 1, min(most, active.size)).astype(int)] if active.size else active
    n = int(train.duration / bin_ms + 1e-9)
    if chosen.size < 2 or n < 2:
        return np.empty(0)
    place = np.full(train.n, -1)
    place[chosen] = np.arange(chosen.size)
    k, b = place[train.indices], ((train.times - 1e-9) / bin_ms).astype(np.int64)
    keep = (k >= 0) & (b >= 0) & (b < n)
    counts = np.zeros((chosen.size, n))
    np.add.at(counts, (k[keep], b[keep]), 1.0)
    varied = counts.std(1) > 0
    if varied.sum() < 2:
        return np.empty(0)
    c: Any = np.corrcoef(counts[varied])
    return c[np.triu_indices_from(c, 1)]


def after(train: SpikeTrain, start: float) -> SpikeTrain:
    """Spikes without the first ``start`` ms, with times relative to ``start``."""
    left = train.duration - checked_start(start, train.duration, f"spikes of '{train.name}'")
    late = train.between(start, train.duration) if start > 0 else train
    return SpikeTrain(train.name, late.times - start, late.indices, train.n, left)


def summary(train: SpikeTrain, start: float = 0.0) -> dict[str, Any]:
    """Rate in Hz, mean CV of intervals, Fano factor and mean correlation; NaN if there are too few spikes."""
    t = after(train, start)
    cv, c = isi_cv(t), correlations(t)
    return {
        "neurons": t.n,
        "spikes": len(t),
        "rate": float(t.rates().mean()) if t.n else 0.0,
        "cv": float(cv.mean()) if cv.size else float("nan"),
        "fano": fano(t),
        "correlation": float(c.mean()) if c.size else float("nan"),
    }
