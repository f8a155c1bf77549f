"""Dose and response of a running network, drawn while one waits: short runs from its present state at several values of one control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.lab.lane import Lane
from amine.lab.numbers import Recent

if TYPE_CHECKING:
    from amine.lab.controls import Control

POINTS = 9  # values, the ends included
SETTLE, MEASURE, SLICE = 300.0, 700.0, 5.0  # ms: after a value is set, of the measurement, of one call of the network


def values_over(control: Control, points: int = POINTS) -> list[float]:
    """Values over the range of a control, each halving the widest gap that is left, so that a curve is whole from the start."""
    if control.log:
        x = np.geomspace(control.low, control.high, points)
    else:
        x = np.linspace(control.low, control.high, points)
    rounded = [float(f"{v:.3g}") for v in x[1:-1]]
    values = [control.low, *rounded, control.high]
    order, step = [0, points - 1], points - 1
    while step > 1:
        order += range(step // 2, points - 1, step)
        step //= 2
    chosen = [values[k] for k in dict.fromkeys(order)]
    return [0.0, *chosen] if control.zero else chosen


class Response:
    """Numbers of each population under values of one control, from the state and the random numbers of one time.

    Parameters
    ----------
    lane : a copy of the running network, which is moved.
    control : what is varied.
    """

    def __init__(self, lane: Lane, control: Control):
        self.control, self._lane = control, lane
        self._start = self._lane.mark()
        self._left = values_over(control)
        self._until = 0.0
        self._measured: Recent | None = None
        self.points: list[dict[str, Any]] = []

    @property
    def done(self) -> bool:
        """Whether all values were measured."""
        return not self._left

    def step(self) -> None:
        """Goes on by 5 ms of the network, or to the next value."""
        if not self._left:
            return
        lane, loop = self._lane, self._lane.loop
        if not self._until:
            lane.go_back(self._start)
            lane.set(self.control.name, self.control.text(self._left[0]))
            self._until = loop.time + SETTLE + MEASURE
        each = max(1, round(SLICE / loop.network.dt))
        segment = lane.advance(each)
        if self._measured is None and loop.time >= self._until - MEASURE - 1e-6:
            self._measured = Recent(lane.recent.populations, began=loop.time)
        elif self._measured is not None:
            self._measured.add(segment.spikes.times, segment.spikes.ids, loop.time)
        if loop.time >= self._until - 1e-6 and self._measured is not None:
            self.points.append({"value": self._left.pop(0), "numbers": self._measured.numbers(loop.time)})
            self._until, self._measured = 0.0, None


__all__ = ["Response", "values_over"]
