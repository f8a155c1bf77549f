"""Crossings of a threshold by recorded values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.results.spikes import SpikeTrain
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.results.probes import ProbeData


def crossings(recording: ProbeData, above: Quantity, variable: str = "v", *, neuron: int = 0) -> SpikeTrain:
    """See :func:`amine.results.crossings`."""
    where = f"crossings(), probe '{recording.name}'"
    if recording.at:
        raise AmineError(where, "samples at an interval are needed", given=f"values at {recording.at}")
    places = {int(name.partition("@")[2]): name for name in recording.values if name.startswith(f"{variable}@")}
    unit = recording.units[next(iter(places.values()))] if places else recording.units.get(variable, "1")
    level = float(to_internal(above, unit, f"{where}, above"))
    if not places:
        times, columns = _upward(np.asarray(recording.times), np.asarray(recording[variable]), level)
        indices, n = recording.indices[columns], int(recording.indices.max(initial=-1)) + 1
    else:
        if not 0 <= neuron < len(recording.indices):
            raise AmineError(
                where, "the neuron was not recorded", given=str(neuron), expected=f"0..{len(recording.indices) - 1}"
            )
        numbers = np.array(sorted(places))
        values = np.stack([np.asarray(recording.values[places[k]][:, neuron]) for k in numbers], axis=1)
        times, columns = _upward(np.asarray(recording.times), values, level)
        indices, n = numbers[columns], int(numbers.max()) + 1
    end = float(recording.times[-1]) if len(recording.times) else 0.0
    return SpikeTrain(recording.name, times, indices, n, end)


def _upward(t: np.ndarray, x: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Times, on lines between samples, and columns at which x (samples, columns) rises to a level; in order of time."""
    k, column = np.nonzero((x[1:] >= level) & (x[:-1] < level))
    low, high = x[k, column].astype(float), x[k + 1, column].astype(float)
    times = t[k] + (level - low) / (high - low) * (t[k + 1] - t[k])
    order = np.lexsort((column, times))
    return times[order], column[order]


__all__ = ["crossings"]
