"""Measures that an example in amine and its copy in another simulator share; NumPy alone."""

from __future__ import annotations

import numpy as np


def activity(times: np.ndarray, n: int, start: float, stop: float, bin_ms: float = 0.5) -> np.ndarray:
    """Rate of a population of ``n`` neurons in bins, in Hz; times in ms."""
    return np.histogram(times, np.arange(start, stop + bin_ms / 2, bin_ms))[0] / n / bin_ms * 1e3


def oscillation(rate: np.ndarray, bin_ms: float = 0.5, above: float = 50.0) -> tuple[float, float]:
    """Mean frequency of the power spectrum above some Hz, weighted by power (Hz), and the standard deviation of the rate (Hz)."""
    power = np.abs(np.fft.rfft(rate - rate.mean())) ** 2
    hertz = np.fft.rfftfreq(len(rate), bin_ms * 1e-3)
    band = hertz > above
    return float((hertz[band] * power[band]).sum() / power[band].sum()), float(rate.std())


def irregularity(times: np.ndarray, indices: np.ndarray, n: int) -> float:
    """Mean coefficient of variation of the intervals of neurons with at least three spikes."""
    order = np.lexsort((times, indices))
    t, i = np.asarray(times)[order], np.asarray(indices)[order]
    trains = np.split(t, np.searchsorted(i, np.arange(1, n)))
    gaps = [np.diff(x) for x in trains if len(x) > 2]
    return float(np.mean([g.std() / g.mean() for g in gaps]))
