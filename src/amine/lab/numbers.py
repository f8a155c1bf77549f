"""Numbers of the last second of a running network: rates, irregularity and rhythm of each population."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from amine.records import dataclass
from amine.results.spikes import SpikeTrain
from amine.results.statistics import isi_cv

WINDOW = 1000.0  # ms
LEAST, MOST = 3.0, 200.0  # Hz of a rhythm
PROMINENT = 25.0  # power of a rhythm, in medians of the spectrum
SUBHARMONIC = 0.2  # power at half the frequency, in that of the peak, from which on the peak is a harmonic
Populations = tuple[tuple[str, int, int], ...]  # name, first id, number of neurons


@dataclass
class Recent:
    """Spikes of the last second: times in ms and ids of neurons, as blocks in the order of time."""

    populations: Populations
    blocks: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    began: float = 0.0  # time from which on spikes are known

    def add(self, times: np.ndarray, ids: np.ndarray, now: float) -> None:
        """Adds a block and forgets what is older than a second."""
        if times.size:
            self.blocks.append((times, ids))
        while self.blocks and self.blocks[0][0][-1] <= now - WINDOW:
            self.blocks.pop(0)

    def copy(self) -> Recent:
        """The same spikes; blocks never change."""
        return Recent(self.populations, list(self.blocks), self.began)

    def spikes(self, now: float) -> tuple[np.ndarray, np.ndarray]:
        """Times (ms) and ids of neurons of the spikes of the last second."""
        times = np.concatenate([t for t, _ in self.blocks] or [np.zeros(0)])
        ids = np.concatenate([i for _, i in self.blocks] or [np.zeros(0, np.int32)])
        inside = times > max(self.began, now - WINDOW)
        return times[inside], ids[inside]

    def numbers(self, now: float) -> dict[str, dict[str, float | None]]:
        """Rate (Hz), CV of intervals and frequency (Hz) of each population; None where there is too little."""
        start = max(self.began, now - WINDOW)
        span = now - start
        if span <= 0:
            return {name: {"rate": None, "cv": None, "rhythm": None} for name, _, _ in self.populations}
        times, ids = self.spikes(now)
        times = times - start
        out = {}
        for name, first, n in self.populations:
            chosen = (ids >= first) & (ids < first + n)
            train = SpikeTrain(name, times[chosen], ids[chosen] - first, n, span)
            cv = isi_cv(train) if len(train) > 20 else np.zeros(0)
            out[name] = {
                "rate": len(train) / n / span * 1e3,
                "cv": float(np.mean(cv)) if cv.size >= 3 or (cv.size and n < 3) else None,
                "rhythm": rhythm(train.times, span),
            }
        return out


def rhythm(times: np.ndarray, span: float) -> float | None:
    """Frequency (Hz) of the strongest rhythm of spikes at ``times`` (ms) in ``span`` ms; None if there is none that stands out."""
    n = int(span)
    if n < 500 or times.size < 50:
        return None
    counts = np.bincount(np.minimum(times.astype(np.int64), n - 1), minlength=n).astype(float)
    power = np.abs(np.fft.rfft((counts - counts.mean()) * np.hanning(n), 4 * n)) ** 2
    frequency = np.fft.rfftfreq(4 * n, 1e-3)
    band = (frequency >= LEAST) & (frequency <= MOST)
    power = np.where(band, power, 0.0)
    k = int(np.argmax(power))
    if power[k] <= PROMINENT * np.median(power[band]):
        return None
    while True:  # sharp volleys have strong harmonics: the lowest of the series is the rhythm
        half = k // 2
        near = slice(max(half - 4, 0), min(half + 5, k * 3 // 4))  # without the peak itself, so that it ends
        if not power[near].size or power[near].max() < SUBHARMONIC * power[k]:
            return float(frequency[k])
        k = near.start + int(np.argmax(power[near]))


__all__ = ["Recent", "rhythm"]
