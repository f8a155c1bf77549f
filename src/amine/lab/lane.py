"""A running network with its log, the digest of its spikes and its latest numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.lab.actions import bolus_of, course, silence, silence_of
from amine.lab.numbers import Recent
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.time.loop import Loop, Snapshot
    from amine.results.segment import Segment
    from amine.results.spikes import Spikes


@dataclass(frozen=True)
class Entry:
    """A value that was set before a step, as text with its unit."""

    step: int
    name: str
    value: str


@dataclass(frozen=True)
class Mark:
    """A time to which a lane can return."""

    time: float
    snapshot: Snapshot
    log: tuple[Entry, ...]
    digest: Digest
    recent: Recent


class Digest:
    """SHA-256 of spikes, the same however they are cut into blocks: of their steps, ids of neurons, and times within steps."""

    def __init__(self, parts: Sequence[hashlib._Hash] = ()):
        self._parts = tuple(parts) or tuple(hashlib.sha256() for _ in range(3))

    def add(self, spikes: Spikes) -> None:
        """Adds the spikes of a further block."""
        self._parts[0].update(spikes.steps.astype("<i8").tobytes())
        self._parts[1].update(spikes.ids.astype("<i4").tobytes())
        if spikes.early is not None:
            self._parts[2].update(np.ascontiguousarray(spikes.early).astype("<f8").tobytes())

    def copy(self) -> Digest:
        """The same digest, to which other spikes can be added."""
        return Digest([p.copy() for p in self._parts])

    def text(self) -> str:
        """The digest as 64 hexadecimal digits."""
        return hashlib.sha256(b"".join(p.digest() for p in self._parts)).hexdigest()


def digest(spikes: Spikes) -> str:
    """Digest of spikes, as a page of the lab shows it.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> _ = net.population("P", 10, "poisson", rate="20 Hz")
    >>> len(digest(net.run("100 ms", progress=False).spikes))
    64
    """
    found = Digest()
    found.add(spikes)
    return found.text()


class Lane:
    """A running network, and what was set in it."""

    def __init__(self, loop: Loop):
        self.loop = loop
        self.log: list[Entry] = []
        self.digest = Digest()
        self.recent = Recent(loop.advance("0 ms").spikes.populations, began=loop.time)

    @property
    def step(self) -> int:
        """Steps done."""
        return round(self.loop.time / self.loop.network.dt)

    def set(self, name: str, value: str) -> None:
        """Sets a value from now on, gives a bolus, or silences neurons: see :mod:`amine.lab.actions`."""
        entry, one, few = Entry(self.step, name, value), bolus_of(name), silence_of(name)
        if one is not None:
            self.loop.set(f"dose:{one[0]}", course(self.loop.network, one[0], [*self.log, entry]))
        elif few is not None:
            silence(self.loop, *few)
        else:
            self.loop.set(name, value)
        self.log.append(entry)

    def advance(self, steps: int) -> Segment:
        """Runs the network for a number of steps."""
        segment = self.loop.advance(f"{steps * self.loop.network.dt!r} ms")
        self.digest.add(segment.spikes)
        self.recent.add(segment.spikes.times, segment.spikes.ids, self.loop.time)
        return segment

    def mark(self) -> Mark:
        """The present state."""
        return Mark(self.loop.time, self.loop.snapshot(), tuple(self.log), self.digest.copy(), self.recent.copy())

    def go_back(self, mark: Mark) -> None:
        """Returns to a state."""
        self.loop.restore(mark.snapshot)
        self.log, self.digest, self.recent = list(mark.log), mark.digest.copy(), mark.recent.copy()

    def branch(self) -> Lane:
        """A second lane at the present state with the same random numbers."""
        other = Lane(self.loop.branch())
        other.log, other.digest, other.recent = list(self.log), self.digest.copy(), self.recent.copy()
        return other


def replay(loop: Loop, log: Sequence[Entry] | Sequence[Mapping[str, object]], step: int) -> Lane:
    """A new lane to which all that a log holds is done, up to a step."""
    lane = Lane(loop)
    for entry in log:
        e = (
            entry
            if isinstance(entry, Entry)
            else Entry(int(str(entry["step"])), str(entry["name"]), str(entry["value"]))
        )
        if e.step > lane.step:
            lane.advance(e.step - lane.step)
        lane.set(e.name, e.value)
    if step > lane.step:
        lane.advance(step - lane.step)
    return lane


__all__ = ["Digest", "Entry", "Lane", "Mark", "digest", "replay"]
