"""Spikes of a run, by population."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from amine.doors import methods
from amine.errors import AmineError, did_you_mean
from amine.network.parts import Population, View

if TYPE_CHECKING:
    from amine.results.meta import Meta


@methods
class SpikeTrain:
    """Spikes of one population or slice.

    ``times`` (spikes,) in ms, float64, in order; ``indices`` (spikes,) of neurons within the population or slice; ``n`` neurons.
    """

    def __init__(self, name: str, times: np.ndarray, indices: np.ndarray, n: int, duration: float):
        self.name, self.times, self.indices, self.n, self.duration = name, times, indices, n, duration

    def __len__(self) -> int:
        return self.times.size

    def between(self, start: float, stop: float) -> SpikeTrain:
        """Return the spikes after ``start`` and not after ``stop``, in ms."""
        a, b = np.searchsorted(self.times, (start + 1e-9, stop + 1e-9))
        return SpikeTrain(self.name, self.times[a:b], self.indices[a:b], self.n, stop - start)

    def counts(self) -> np.ndarray:
        """Return the number of spikes of each neuron."""
        return np.bincount(self.indices, minlength=self.n)

    def rates(self) -> np.ndarray:
        """Return the rate of each neuron in Hz."""
        return self.counts() / self.duration * 1e3 if self.duration > 0 else np.zeros(self.n)

    def trains(self) -> list[np.ndarray]:
        """Return the spike times (ms) of each neuron."""
        order = np.argsort(self.indices, kind="stable")
        return np.split(self.times[order], np.cumsum(self.counts())[:-1])

    def __repr__(self) -> str:
        return f"<{len(self)} spikes of {self.n} neurons of {self.name}>"


@methods
class Spikes:
    """All spikes of a run, sorted by time and then by neuron.

    Parameters
    ----------
    steps : int64 (spikes,), number of the step at whose end a spike occurs.
    ids : int32 (spikes,), neurons numbered through all populations.
    dt : time step in ms.
    populations : (name, first id, number of neurons) of each population.
    duration : simulated time in ms.
    early : (spikes,), part of a step by which each spike precedes the end of its step; None: all are at the ends.

    Examples
    --------
    >>> s = Spikes(np.array([10, 20]), np.array([0, 3]), 0.1, (("E", 0, 2), ("I", 2, 2)), 2.0)
    >>> s["I"].times.tolist(), s["I"].indices.tolist()
    ([2.0], [1])
    """

    def __init__(
        self,
        steps: np.ndarray,
        ids: np.ndarray,
        dt: float,
        populations: tuple[tuple[str, int, int], ...],
        duration: float,
        early: np.ndarray | None = None,
    ):
        self.steps, self.ids, self.dt = np.asarray(steps, np.int64), np.asarray(ids, np.int32), dt
        self.early = early
        if early is not None:
            order = np.lexsort((self.ids, self.times))
            self.steps, self.ids, self.early = self.steps[order], self.ids[order], early[order]
        self.populations, self.duration = tuple(populations), duration

    @property
    def times(self) -> np.ndarray:
        """Spike times in ms."""
        return self._times(slice(None))

    def _times(self, chosen: np.ndarray | slice) -> np.ndarray:
        steps = self.steps[chosen]
        return (steps if self.early is None else steps - self.early[chosen].astype(float)) * self.dt

    def __len__(self) -> int:
        return self.steps.size

    def __iter__(self) -> Iterator[str]:
        return (name for name, _, _ in self.populations)

    def __getitem__(self, key: str | Population | View) -> SpikeTrain:
        name = key.population if isinstance(key, View) else key.name if isinstance(key, Population) else key
        found = next((p for p in self.populations if p[0] == name), None)
        if found is None:
            raise AmineError(
                "spikes", f"no spikes of a population '{name}' are recorded", hint=did_you_mean(str(name), list(self))
            )
        _, first, n = found
        if isinstance(key, View):
            offset = self.ids - first - key.start
            chosen = (offset >= 0) & (offset < key.stop - key.start) & (offset % key.step == 0)
            return SpikeTrain(str(key), self._times(chosen), offset[chosen] // key.step, key.n, self.duration)
        chosen = (self.ids >= first) & (self.ids < first + n)
        return SpikeTrain(str(name), self._times(chosen), self.ids[chosen] - first, n, self.duration)

    def counts(self) -> dict[str, int]:
        """Return the number of spikes of each population."""
        return {name: int(np.count_nonzero((self.ids >= a) & (self.ids < a + n))) for name, a, n in self.populations}

    def rates(self, start: float = 0.0) -> dict[str, float]:
        """Return the mean rate of each population in Hz, without the first ``start`` ms.

        Raises
        ------
        AmineError
            The run is not longer than that.
        """
        span = self.duration - checked_start(start, self.duration, "spikes.rates")
        return {
            name: float(np.count_nonzero(self[name].times > start + 1e-9) / n / span * 1e3) if span > 0 else 0.0
            for name, _, n in self.populations
        }

    def hash(self) -> str:
        """Return the SHA-256 of steps, ids and times within steps: equal spikes have equal hashes."""
        h = hashlib.sha256(self.steps.astype("<i8").tobytes())
        h.update(self.ids.astype("<i4").tobytes())
        if self.early is not None:
            h.update(np.ascontiguousarray(self.early).astype("<f8").tobytes())
        return h.hexdigest()

    def __repr__(self) -> str:
        return f"<{len(self)} spikes of {', '.join(self)} in {self.duration:g} ms>"


def checked_start(start: float, duration: float, where: str) -> float:
    """The time (ms) that is left out at the beginning of a run of such a duration; AmineError if nothing would be left."""
    if start != 0 and not 0 <= start < duration:
        expected = f"0 to less than {duration:g} ms, the duration"
        raise AmineError(f"{where}, start", "this leaves no time", given=f"{start:g} ms", expected=expected)
    return start


def spikes_from(
    data: Meta, steps: np.ndarray, ids: np.ndarray, duration: float, early: np.ndarray | None = None
) -> Spikes:
    """Spikes with the populations of a store's description."""
    populations = tuple((str(n), int(a), int(k)) for n, a, k in data["populations"])
    return Spikes(steps, ids, data["dt"], populations, duration, early)
