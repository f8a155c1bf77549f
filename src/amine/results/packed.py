"""Spikes in memory while a network runs: 2 to 5 bytes each, where their steps and neurons as numbers take 12."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FEW = 1000  # spikes for which packing would take longer than it is worth


class Packed:
    """Spikes of a stretch of time: the neurons, and the steps from each spike to the next, in the smallest type that holds them.

    Parameters
    ----------
    steps : int64 (spikes,), in order. ids : int32 (spikes,), neurons.

    Examples
    --------
    >>> one = Packed(np.arange(5000) // 7 + 10**9, np.arange(5000, dtype=np.int32) % 300)
    >>> one.nbytes / len(one)
    3.0
    >>> steps, ids = spikes([one])
    >>> int(steps[-1]), int(ids[-1])
    (1000000714, 199)
    """

    def __init__(self, steps: np.ndarray, ids: np.ndarray):
        if len(steps) != len(ids):
            raise ValueError("steps and neurons of spikes")
        self._first, self._gaps, self._ids = 0, steps, ids
        self._whole = len(steps) <= FEW
        if not self._whole:
            gaps = np.diff(steps, prepend=steps[:1])
            self._whole = bool(gaps.min() < 0 or ids.min() < 0)  # of no simulation; kept as it is
            if not self._whole:
                self._first, self._gaps, self._ids = int(steps[0]), _smallest(gaps), _smallest(ids)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Bytes of both arrays."""
        return self._gaps.nbytes + self._ids.nbytes

    def into(self, steps: np.ndarray, ids: np.ndarray) -> None:
        """Writes them into arrays of their number."""
        ids[:] = self._ids
        if self._whole:
            steps[:] = self._gaps
        else:
            np.cumsum(self._gaps, out=steps)
            steps += self._first


def _smallest(x: np.ndarray) -> np.ndarray:
    """Numbers that are not negative, in the smallest type that holds them."""
    return x.astype(np.min_scalar_type(int(x.max())))


def spikes(parts: Sequence[Packed]) -> tuple[np.ndarray, np.ndarray]:
    """Steps (int64) and neurons (int32) of all stretches, one after the other."""
    n = sum(map(len, parts))
    steps, ids, at = np.empty(n, np.int64), np.empty(n, np.int32), 0
    for p in parts:
        p.into(steps[at : at + len(p)], ids[at : at + len(p)])
        at += len(p)
    return steps, ids
