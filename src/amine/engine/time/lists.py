"""Lists of the spikes of the last steps, from which synapses of all delays read; each thread writes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.device import arguments
from amine.engine.device.arguments import Real
from amine.engine.device.kernel import Kernels, Repeated
from amine.engine.device.tables import BEGIN, END, RANGE_COLUMNS
from amine.engine.transmission.part import Room
from amine.network.estimate import listed

collect = Kernels("amine.engine.device.collect")


class ListsSnapshot(TypedDict):
    """A copy of the lists: parts of recent steps, and the entries of each thread."""

    parts: np.ndarray
    ids: list[np.ndarray]
    payload: list[np.ndarray]
    counts: np.ndarray


class SpikeLists:
    """Lists of spikes, and of other events that parts deliver, with the payload of each entry.

    Parameters
    ----------
    slices : of all populations. blocks : first and last block of each population for each thread (thread, population, 2).
    room : demands of all parts: steps back, and entries a step.
    rows : rows of payload. paid : whether anything reads them.
    """

    def __init__(self, slices: Sequence[Slice], blocks: np.ndarray, room: Room, rows: int, paid: bool, real: Real):
        self._slices, self._blocks, self.room = slices, blocks, room
        self.threads = len(blocks)
        self.lists = [*range(len(slices)), *room.lists]
        self.parts = np.zeros((room.history, len(self.lists), self.threads, RANGE_COLUMNS), np.int64)
        self.used = room.history  # slots of steps in self.parts that hold something
        self.counts = np.zeros(self.threads, np.int64)
        self.ids = np.zeros((self.threads, listed(room.own, room.interval)), np.int32)
        self._paid = paid
        self._gather = Repeated(collect.gather)
        self.payload = np.zeros((rows, self.threads, self.ids.shape[1] if paid else 1), real)

    def argument(self) -> arguments.Spikes:
        """The argument of a kernel."""
        return arguments.Spikes(self.ids, self.parts, self.payload, self.counts)

    def gather(self, steps: int, at: int) -> tuple[np.ndarray, np.ndarray]:
        """Spikes of the last ``steps`` steps, of which the first is ``at``: steps and neurons, sorted."""
        first, n = self.room.history, self._spikes(steps)
        found, ids = np.empty(n, np.int64), np.empty(n, np.int32)
        self._gather(self.ids, self.parts, len(self._slices), first, first + steps, at, found, ids)
        return found, ids

    def gather_payload(self, steps: int) -> np.ndarray:
        """The last row of the payload of these spikes, in the same order."""
        first, found = self.room.history, np.empty(self._spikes(steps), self.payload.dtype)
        collect.gather_payload(self.payload[-1], self.parts, len(self._slices), first, first + steps, found)
        return found

    def _spikes(self, steps: int) -> int:
        """Number of spikes of the last ``steps`` steps."""
        mine = self.parts[self.room.history : self.room.history + steps, : len(self._slices)]
        return int((mine[..., END] - mine[..., BEGIN]).sum())

    @property
    def nbytes(self) -> int:
        """Bytes of the lists."""
        return self.ids.nbytes + self.parts.nbytes + self.payload.nbytes

    # --- room ----------------------------------------------------------------------------------------------------

    def roll(self, steps: int) -> None:
        """Moves the spikes that may still arrive to the front, and makes room for ``steps`` more steps."""
        history = self.room.history
        parts = np.zeros((history + steps, *self.parts.shape[1:]), np.int64)
        parts[:history] = self._recent()
        for t in range(self.threads):
            n = int(self.counts[t])
            first = int(parts[0, 0, t, BEGIN]) if self._slices else 0
            self.ids[t, : n - first] = self.ids[t, first:n].copy()
            if self._paid:
                self.payload[:, t, : n - first] = self.payload[:, t, first:n].copy()
            parts[:history, :, t] -= first
            self.counts[t] = n - first
        need = int(self.counts.max()) + self.room.own * (self.room.interval + 1)
        if need + need // 4 > self.ids.shape[1]:
            self._grow(2 * need)
        self.parts, self.used = parts, history

    def reach_back(self, room: Room) -> None:
        """Reaches as far back as ``room`` demands; nothing is known of spikes before those that were kept."""
        recent = self._recent()
        more = room.history - self.room.history
        if more > 0:
            first = np.zeros((more, *recent.shape[1:]), np.int64)
            first[:] = recent[0, 0, :, BEGIN][:, None]  # empty, from where the first entries begin
            recent = np.concatenate([first, recent])
        self.parts, self.used = recent[-room.history :].copy(), room.history
        self.room = room

    def _recent(self) -> np.ndarray:
        return self.parts[self.used - self.room.history : self.used]

    def _grow(self, capacity: int) -> None:
        extra = capacity - self.ids.shape[1]
        if extra <= 0:
            return
        self.ids = np.pad(self.ids, ((0, 0), (0, extra)))
        if self._paid:
            self.payload = np.pad(self.payload, ((0, 0), (0, 0), (0, extra)))

    # --- state -----------------------------------------------------------------------------------------------------

    def snapshot(self) -> ListsSnapshot:
        """A copy, for going back within a chunk."""
        return {
            "parts": self._recent().copy(),
            "ids": [self.ids[t, : self.counts[t]].copy() for t in range(self.threads)],
            "payload": [self.payload[:, t, : self.counts[t]].copy() for t in range(self.threads)],
            "counts": self.counts.copy(),
        }

    def restore(self, kept: ListsSnapshot) -> None:
        """Goes back to a snapshot."""
        self.parts, self.used = kept["parts"].copy(), self.room.history
        self.counts[:] = kept["counts"]
        for t in range(self.threads):
            self.ids[t, : len(kept["ids"][t])] = kept["ids"][t]
            if self._paid:
                self.payload[:, t, : kept["payload"][t].shape[1]] = kept["payload"][t]

    def state(self) -> dict[str, np.ndarray]:
        """Arrays for a checkpoint, for any number of threads: number of entries of each step and list, their neurons and payloads."""
        counts, ids, pays = [], [], []
        for slot in self._recent():
            for row in slot:
                counts.append(int((row[:, END] - row[:, BEGIN]).sum()))
                ids += [self.ids[t, a:b] for t, (a, b) in enumerate(row)]
                if self._paid:
                    pays += [self.payload[:, t, a:b] for t, (a, b) in enumerate(row)]
        return {
            "counts": np.array(counts, np.int64),
            "ids": np.concatenate([*ids, np.empty(0, np.int32)]),
            "payload": np.concatenate(pays, 1) if pays else np.empty((len(self.payload), 0), self.payload.dtype),
        }

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        """Goes to a state that :meth:`state` returned."""
        missing = self.room.history * len(self.lists) - len(s["counts"])
        if missing < 0:
            self.room = replace(self.room, history=len(s["counts"]) // len(self.lists))
        ends = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(max(missing, 0), np.int64), s["counts"]]))])
        self._grow(2 * (int(ends[-1]) + self.room.own * (self.room.interval + 1)))
        self.used = self.room.history
        self.parts = np.zeros((self.used, len(self.lists), self.threads, RANGE_COLUMNS), np.int64)
        self.counts[:] = 0
        for (slot, row), a, b in zip(np.ndindex(self.parts.shape[:2]), ends[:-1], ends[1:], strict=True):
            self._give_back(slot, row, int(a), int(b), s)

    def _give_back(self, slot: int, row: int, a: int, b: int, s: Mapping[str, np.ndarray]) -> None:
        """Gives entries a to b of a checkpoint to the threads that own their neurons; those of given spikes to the first thread."""
        p = self.lists[row]
        at, owner = self._slices[p], np.zeros(b - a, np.int64)
        if at.blocks:
            owner = np.searchsorted(self._blocks[:, p, END] * at.lanes, s["ids"][a:b] - at.id0, side="right")
        for t in range(self.threads):
            mine, n = a + np.flatnonzero(owner == t), int(self.counts[t])
            self.ids[t, n : n + len(mine)] = s["ids"][mine]
            if self._paid:
                self.payload[:, t, n : n + len(mine)] = s["payload"][:, mine]
            self.counts[t] = n + len(mine)
            self.parts[slot, row, t] = n, self.counts[t]
