"""Inputs of a running network that are replaced as a whole: waveforms of injected currents, and given spikes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from amine.compounds.doses import Course
from amine.engine.build.sources import NEVER
from amine.engine.resolve.courses import OF_EACH
from amine.engine.time.names import STIMULUS, TIMES, Handle
from amine.engine.transmission.courses import Running as Courses
from amine.engine.transmission.drives import Running as Drives
from amine.engine.transmission.inputs import SpikeList
from amine.errors import AmineError
from amine.network.parts import Waveform
from amine.units import dimension_of
from amine.values import Array, Value

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation

# what can be set of a running network; given spikes are an array (2, spikes) of times in ms and neurons
Anything: TypeAlias = Value | Course | Waveform


EACH = "noise and courses of each neuron are given when a network is described"


class InputValues:
    """Waveforms and given spikes of a simulation, by name."""

    def __init__(self, sim: Simulation):
        self._sim = sim

    def handles(self) -> Iterator[Handle]:
        """The stimuli and the sources of given spikes."""
        for s in self._sim.net.stimuli:
            reason = ""
            if s.current.kind in OF_EACH:
                reason = EACH
            yield Handle(f"{s.name}.current", STIMULUS, -1, s.name, s.current.unit, own="current", reason=reason)
        for i in self._sim.net.inputs:
            for own, x in (("rate", i.rate), ("weight", i.weight)):
                if isinstance(x, Waveform):
                    name, reason = f"{i.name}.{own}", EACH if x.kind in OF_EACH else ""
                    limit = "nonnegative" if own == "weight" and x.unit == "nS" else ""
                    yield Handle(name, STIMULUS, -1, name, x.unit, own=own, limit=limit, reason=reason)
        for p, at in enumerate(self._sim.slices):
            if at.member.listed:
                yield Handle(f"{at.member.name}.times", TIMES, p, "times", "ms", own="times", limit="after the present")

    def shown(self, h: Handle) -> float | np.ndarray:
        """The present current (pA), or the times of all given spikes (ms)."""
        sim = self._sim
        if h.kind == STIMULUS:
            current = self._waveform(h.key)
            middle = np.array([(sim.step + 0.5) * sim.net.dt])
            return np.nan if current.kind == "noise" else current.at(middle)[0]
        return (self._steps(h.p) + 1) * sim.net.dt

    def _followed(self) -> list[Courses | Drives]:
        """The parts that follow waveforms beside the code of cells."""
        found = [self._sim.states.get(name) for name in ("courses", "drives")]
        return [x for x in found if isinstance(x, Courses | Drives)]

    def _waveform(self, name: str) -> Waveform:
        """The present waveform of a stimulus."""
        named = dict(x for each in self._sim.waveforms for x in each)
        found = [x for part in self._followed() if (x := part.current(name)) is not None]
        described = {s.name: s.current for s in self._sim.net.stimuli}
        return named.get(name) or (found[0] if found else described[name])

    def _steps(self, p: int) -> np.ndarray:
        return next(steps for q, steps, _ in self._sim.drawn["spike_list"].content if q == p)

    def checked(self, h: Handle, value: object, where: str) -> Waveform | Array:
        """A waveform or given spikes, as they can be set now."""
        if h.kind == STIMULUS:
            if not isinstance(value, Waveform):
                expected = "step(), ramp(), sine() or table()"
                raise AmineError(
                    where, "this is not a waveform of a current", given=repr(value)[:40], expected=expected
                )
            if dimension_of(value.unit) != dimension_of(h.unit) or value.kind in OF_EACH:
                given, expected = f"{value.kind}, in {value.unit}", f"one waveform for all, in {h.unit}"
                raise AmineError(where, "this cannot take the place of the waveform", given=given, expected=expected)
            if h.limit == "nonnegative" and value.bounds()[0] < 0.0:
                raise AmineError(where, "a conductance would be negative", given=f"{value.bounds()[0]:g} {h.unit}")
            return value
        if not isinstance(value, Array) or value.values.ndim != 2 or len(value.values) != 2:
            raise AmineError(
                where, "these are no spikes", given=repr(value)[:40], hint="use spike_times(S, times, indices)"
            )
        times, indices = value.values
        n = self._sim.slices[h.p].n
        if not np.isfinite(times).all():
            raise AmineError(where, "a time is not a finite number")
        wrong = (indices != np.rint(indices)) | (indices < 0) | (indices >= n)
        if wrong.any():
            given = f"{indices[wrong][0]:g}"
            raise AmineError(where, "an index is no neuron of the population", given=given, expected=f"0..{n - 1}")
        first = (self._sim.step + 1) * self._sim.net.dt
        if len(times) and times.min() < first - 0.5 * self._sim.net.dt:
            expected = f"at least {first:g} ms, the end of the next step"
            raise AmineError(where, "a spike lies in the past", given=f"{times.min():g} ms", expected=expected)
        return value

    def put(self, h: Handle, value: Anything) -> None:
        """Puts a checked value in place."""
        if isinstance(value, Waveform):
            sim = self._sim
            sim.waveforms = [[(n, value if n == h.key else c) for n, c in each] for each in sim.waveforms]
            for part in self._followed():
                part.put(h.key, value)
        elif isinstance(value, Array):
            self._put_spikes(h.p, *value.values)

    def _put_spikes(self, p: int, times: np.ndarray, indices: np.ndarray) -> None:
        sim, at = self._sim, self._sim.slices[p]
        reached = times / sim.net.dt < NEVER
        steps = np.rint(times[reached] / sim.net.dt).astype(np.int64) - 1
        order = np.lexsort((indices[reached], steps))
        mine = (p, steps[order], (indices[reached][order] + at.id0).astype(np.int32))
        self._put_lists([mine if x[0] == p else x for x in self._lists()])

    def _lists(self) -> list[tuple[int, np.ndarray, np.ndarray]]:
        return self._sim.drawn["spike_list"].content if "spike_list" in self._sim.drawn else []

    def _put_lists(self, lists: list[tuple[int, np.ndarray, np.ndarray]]) -> None:
        most = {p: int(np.unique(s, return_counts=True)[1].max()) for p, s, _ in lists if len(s)}
        sim = self._sim
        sim.drawn["spike_list"] = replace(sim.drawn["spike_list"], content=lists, given=most)
        sim.allow_entries()
        sim.states["spike_list"] = SpikeList().assemble(sim.drawn["spike_list"], sim.built)

    def go_to(self, now: Mapping[str, Anything]) -> None:
        """Returns to what was set: all others are those of the description."""
        sim = self._sim
        sim.waveforms = [[(s.name, s.current) for s in x.stimuli] for at in sim.slices for x in at.member.stimuli]
        for part in self._followed():
            part.described()
        if self._lists():
            self._put_lists(SpikeList().draw(sim.built.layout).content)
        for h in self.handles():
            if h.name in now:
                self.put(h, now[h.name])


__all__ = ["Anything", "InputValues"]
