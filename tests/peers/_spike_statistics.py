"""Rate, irregularity and correlation of spike trains given as (step or time, neuron) arrays: plain numpy, of neither simulator."""

from __future__ import annotations

import numpy as np


def rates(times: np.ndarray, ids: np.ndarray, n: int, start: float, stop: float) -> np.ndarray:
    """Rate in Hz of each of ``n`` neurons between two times in ms."""
    inside = (times > start) & (times <= stop)
    return np.bincount(ids[inside], minlength=n) / ((stop - start) * 1e-3)


def irregularity(times: np.ndarray, ids: np.ndarray, n: int, start: float, least: int = 5) -> np.ndarray:
    """CV of the intervals of each neuron with at least ``least`` of them."""
    inside = times > start
    order = np.lexsort((times[inside], ids[inside]))
    t, i = times[inside][order], ids[inside][order]
    gaps, same = np.diff(t), np.diff(i) == 0
    gaps, owner = gaps[same], i[1:][same]
    count = np.bincount(owner, minlength=n)
    chosen = count >= least
    mean = np.bincount(owner, gaps, n)[chosen] / count[chosen]
    square = np.bincount(owner, gaps**2, n)[chosen] / count[chosen]
    return np.sqrt(np.maximum(0.0, square - mean**2)) / mean


def correlations(
    times: np.ndarray, ids: np.ndarray, n: int, start: float, stop: float, width: float = 5.0, chosen: int = 200
) -> np.ndarray:
    """Correlation coefficients of the binned counts of all pairs of the ``chosen`` most active neurons."""
    inside = (times > start) & (times <= stop)
    active = np.sort(np.argsort(np.bincount(ids[inside], minlength=n), kind="stable")[::-1][:chosen])
    counts = np.zeros((n, int(np.ceil((stop - start) / width))))
    bins = np.minimum(((times[inside] - start) / width).astype(int), counts.shape[1] - 1)
    np.add.at(counts, (ids[inside], bins), 1)
    matrix = np.corrcoef(counts[active])
    return matrix[np.triu_indices(len(active), 1)]
