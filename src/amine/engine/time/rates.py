"""Rates of sources that follow a course in time: they change at the beginning of a chunk, and chunks end where they change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.sources import put_rates
from amine.engine.device.arrays import total
from amine.engine.device.tables import SINCE
from amine.engine.resolve.courses import stimuli_of
from amine.errors import AmineError
from amine.network.parts import Stimulus
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation


@dataclass(frozen=True)
class _Followed:
    """A source, and the courses that are added to its rates."""

    p: int
    stimuli: tuple[Stimulus, ...]
    changes: np.ndarray  # [change] int64: first steps of new rates

    def rates(self, sim: Simulation, step: int) -> np.ndarray:
        """Rates (n,) in 1/ms during a step; where courses fall below zero, zero."""
        at = sim.slices[self.p]
        middle, each = np.array([(step + 0.5) * sim.net.dt]), []
        for s in self.stimuli:
            values, before, own = s.current.at(middle)[0], 0, np.zeros(at.n)
            for v in s.target.views():
                mine = np.arange(v.start, v.stop, v.step)
                if v.population == at.member.name:
                    own[mine] += values[before : before + v.n] if np.ndim(values) else values
                before += v.n
            each.append(own)
        return np.maximum(np.asarray(sim.arrays.values[self.p]["rate"]) + total(each), 0.0)


class Rates:
    """All sources of a simulation whose rates follow courses."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._followed: list[_Followed] = []
        for p, at in enumerate(sim.slices):
            found = stimuli_of(sim.net, at.member.name) if at.member.structure is None else ()
            if found:
                self._followed.append(_Followed(p, found, _changes(found, sim.net.dt)))
                self._check(self._followed[-1])
        if sim.step == 0:
            self.begin(0)

    def _check(self, f: _Followed) -> None:
        """Raises AmineError if a rate is ever above one spike a step."""
        for step in (0, *f.changes.tolist()):
            highest = float(f.rates(self._sim, step).max(initial=0.0))
            if highest * self._sim.net.dt > 1.0:
                where = f"Stimulus '{f.stimuli[0].name}'"
                given, expected = f"{highest * 1e3:g} Hz", f"at most {1e3 / self._sim.net.dt:g} Hz: one spike a step"
                raise AmineError(where, "the rate is too high", given=given, expected=expected)

    def follows(self, population: str) -> bool:
        """Whether the rates of a source follow a course."""
        return any(self._sim.slices[f.p].member.name == population for f in self._followed)

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if a rate changes before."""
        for f in self._followed:
            later = f.changes[np.searchsorted(f.changes, step, side="right") :]
            steps = min(steps, int(later[0]) - step) if len(later) else steps
        return steps

    def begin(self, step: int) -> None:
        """Puts the rates of a step into the arrays, if they are others than before."""
        sim = self._sim
        for f in self._followed:
            at, X = sim.slices[f.p], sim.arrays.X
            p = (f.rates(sim, step) * sim.net.dt).astype(X.dtype)
            if not np.array_equal(p, at.get(X, "rate")):
                put_rates(at, X, p)
                sim.arrays.Q[f.p, SINCE] = step


def _changes(stimuli: tuple[Stimulus, ...], dt: float) -> np.ndarray:
    """First steps at whose middle a course has a new value, from the second on."""
    times = [
        t
        for s in stimuli
        for k in ("start", "stop", "times")
        if k in s.current.numbers
        for t in np.atleast_1d(s.current.numbers[k])
    ]
    steps = {math.ceil(t / dt - 0.5 - 1e-6) for t in times if np.isfinite(t)}
    return np.array(sorted(x for x in steps if x > 0), np.int64)


__all__ = ["Rates"]
