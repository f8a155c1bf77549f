"""Samples of synapses between two stretches of steps: weights, states of rules, numbers of synapses that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.engine.transmission.part import Samples
from amine.engine.transmission.probes import FOREVER, steps_of
from amine.errors import AmineError
from amine.network.parts import Synapses, WeightProbe
from amine.network.structure import weight_names
from amine.network.synapse_probes import IN, NUMBERS, ONE, number_of
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation


@dataclass(frozen=True)
class Watched:
    """A probe with the number of its projection, and its interval, first and last (exclusive) step."""

    probe: WeightProbe
    number: int
    synapses: Synapses
    every: int
    start: int
    stop: int

    def next(self, step: int) -> int:
        """The first step after ``step`` at which it samples, or later than any."""
        found = max(self.start, step + 1)
        found += -found % self.every
        return found if found < self.stop else FOREVER


class Sampling:
    """The probes of synapses of a simulation."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._watched = [self._of(p, number_of(sim.net, p.projection)) for p in sim.net.weight_probes]

    def _of(self, p: WeightProbe, number: int) -> Watched:
        dt = self._sim.net.dt
        span = (steps_of(p.start, dt, 0), steps_of(p.stop, dt, FOREVER))
        return Watched(p, number, self._sim.net.projections[number], steps_of(p.every, dt, 1), *span)

    def limit(self, step: int, steps: int) -> int:
        """``steps`` from ``step`` on, or fewer if a probe samples earlier."""
        return min([steps, *(w.next(step) - step for w in self._watched)])

    def samples(self) -> Samples:
        """Samples at the present step."""
        out, step = {}, self._sim.step
        for w in self._watched:
            self._require(w)
            if step % w.every == 0 and w.start <= step < w.stop:
                found = self._numbers(w) if w.probe.kind == NUMBERS else self._states(w)
                values = {n: np.asarray(x)[None] for n, x in found.items()}
                out[w.probe.name] = (np.array([step * self._sim.net.dt]), values)
        return out

    def _require(self, w: Watched) -> None:
        n = self._size(w)
        if w.probe.kind != NUMBERS and w.probe.n > n:
            where, expected = f"Weight probe '{w.probe.name}'", f"at most {n}"
            raise AmineError(
                where, "there are fewer synapses than it asks for", given=str(w.probe.n), expected=expected
            )

    def _size(self, w: Watched) -> int:
        q = self._plastic_part(w)
        if q is not None and self._sim.plastic is not None:
            return self._sim.plastic.parts[q].n_synapses
        return 0 if w.probe.kind == NUMBERS else self._sim.changes.synapses.count(w.synapses.name)

    def _plastic_part(self, w: Watched) -> int | None:
        plastic = self._sim.plastic
        if plastic is None or w.synapses.plastic is None:
            return None
        return [p.number for p in plastic.parts].index(w.number)

    def _states(self, w: Watched) -> dict[str, np.ndarray]:
        n, q = self._size(w), self._plastic_part(w)
        chosen = np.rint(np.linspace(0, n - 1, w.probe.n)).astype(np.int64)
        known: dict[str, np.ndarray] = {}
        labels = {x: label for x, label in weight_names(w.synapses).items() if x in w.probe.states}
        if q is not None and self._sim.plastic is not None:
            known = self._sim.plastic.current(q, self._sim, chosen)
            order = np.argsort(self._sim.changes.synapses.plastic_order(w.synapses.name)[1], kind="stable")
            labels = {x: label for x, label in labels.items() if label != w.synapses.plastic or x != "w"}
            chosen = order[chosen]
        for x, label in labels.items():
            known[x] = self._sim.changes.synapses.weights(w.synapses.name, label)[chosen].astype(self._sim.real)
        return {x: known[x] for x in w.probe.states}

    def _numbers(self, w: Watched) -> dict[str, np.ndarray]:
        table = self._sim.rewirings.structures.tables[w.number]
        first, appeared, vanished = (int(x) for x in table.counts)
        found = dict(zip(ONE, (len(table), appeared, vanished), strict=True))
        out: dict[str, np.ndarray] = {}
        for x in w.probe.states:
            counts = [found[x]] if x in found else self._sim.rewirings.degrees(w.number, 1 if x == IN else 0)
            out[x] = np.asarray(counts, self._sim.real)
        return out


__all__ = ["Sampling"]
