"""What happened in a running network between two stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.results.spikes import Spikes
from amine.shown import Shown

if TYPE_CHECKING:
    from amine.results.meta import Meta
    from amine.results.probes import ProbeData
    from amine.results.store import MemoryStore


class Segment(Shown, Mapping[str, np.ndarray]):
    """Spikes and recordings of a span of time; ``segment["E"]`` holds the number of spikes of each neuron (n,).

    ``start`` and ``stop`` are its times in ms, ``spikes`` its spikes, ``probes`` and ``slow`` its recordings as those of a
    :class:`amine.Run`. Made by :meth:`amine.engine.time.loop.Loop.advance`.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1, dt="1 ms")
    >>> _ = net.population("P", 3, "poisson", rate="1 kHz")
    >>> loop = net.loop()
    >>> _ = loop.advance("4 ms")
    >>> happened = loop.advance("2 ms")
    >>> happened["P"].tolist(), happened.spikes["P"].times.tolist()
    ([2, 2, 2], [5.0, 5.0, 5.0, 6.0, 6.0, 6.0])
    """

    def __init__(
        self,
        start: float,
        stop: float,
        store: MemoryStore,
        populations: tuple[tuple[str, int, int], ...],
        dt: float,
        meta: Callable[[], Meta],
    ):
        self.start, self.stop = start, stop
        self._store, self._populations, self._dt, self._meta = store, populations, dt, meta

    @cached_property
    def spikes(self) -> Spikes:
        """All its spikes, at their times since the beginning of the network's run."""
        span = self.stop - self.start
        return Spikes(*self._store.spikes(), self._dt, self._populations, span, self._store.early())

    @cached_property
    def _recorded(self) -> Mapping[str, ProbeData]:
        return self._store.recorded(self._meta())

    @property
    def probes(self) -> dict[str, ProbeData]:
        """Recordings of states by the name of their probe."""
        return {n: p for n, p in self._recorded.items() if not n.startswith("chemistry:")}

    @property
    def slow(self) -> dict[str, ProbeData]:
        """Recordings of doses, concentrations and occupancies."""
        return {n[10:]: p for n, p in self._recorded.items() if n.startswith("chemistry:")}

    @cached_property
    def _counts(self) -> np.ndarray:
        n = sum(k for _, _, k in self._populations)
        return np.bincount(self._store.spikes()[1], minlength=n)

    def __getitem__(self, name: str) -> np.ndarray:
        found = next((p for p in self._populations if p[0] == name), None)
        if found is None:
            known = [n for n, _, _ in self._populations]
            raise AmineError(
                "Segment", f"no spikes of a population '{name}' are recorded", hint=did_you_mean(str(name), known)
            )
        return self._counts[found[1] : found[1] + found[2]]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _, _ in self._populations)

    def __len__(self) -> int:
        return len(self._populations)

    def __repr__(self) -> str:
        return f"<{self.start:g} to {self.stop:g} ms: {len(self._store.spikes()[0])} spikes of {', '.join(self)}>"
