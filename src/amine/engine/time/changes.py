"""Values of a running network that are read and set by name, and the log of all that was set.

What a network did is a function of its description, its seed and this log. A value that is set before the first step is part of the
description: the same bits follow as if the network had been described so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.doses import Course, as_course
from amine.engine.build.arrays import kind_of
from amine.engine.build.draws import require_finite, require_range
from amine.engine.build.kind import Filling
from amine.engine.build.point import PointCell
from amine.engine.build.sources import put_rates
from amine.engine.build.tree import TreeCell
from amine.engine.device.arrays import total
from amine.engine.resolve.resolved import Member
from amine.engine.time.inputs import Anything, InputValues
from amine.engine.time.log import Change, from_plain_data, plain_data
from amine.engine.time.names import (
    DELAY,
    DOSE,
    PARAMETER,
    RATE,
    SHARED,
    STATE,
    STIMULUS,
    TIMES,
    WEIGHT,
    Handle,
    Settable,
    by_name,
    handles,
)
from amine.engine.time.synapses import SynapseValues, Wiring
from amine.engine.time.whole import WholeValues
from amine.engine.transmission.slow import SlowState
from amine.errors import AmineError, did_you_mean, within
from amine.network.parts import Population, Waveform
from amine.network.times import check_refractory
from amine.records import dataclass
from amine.values import Array, Value, normalise, realise

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


SYNAPTIC, INPUTS = (WEIGHT, DELAY), (STIMULUS, TIMES)


@dataclass(frozen=True)
class Kept:
    """What was set until some time, for going back to it."""

    now: Mapping[str, Anything]
    log: tuple[Change, ...]
    members: tuple[Member, ...]
    values: tuple[Any, ...]
    constants: np.ndarray
    doses: Mapping[str, tuple[Course, ...]]
    wiring: Wiring


class Changes:
    """What was set in a simulation.

    ``now`` holds parameters and rates, and states at time zero, that differ from the description, ``log`` all that was set in its order;
    None if it is not kept.
    """

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._handles: dict[str, Handle] | None = None
        self.now: dict[str, Anything] = {}
        self.synapses, self.inputs, self.whole = SynapseValues(sim), InputValues(sim), WholeValues(sim)
        self.log: list[Change] | None = []
        self._described = self.keep()

    # --- names -----------------------------------------------------------------------------------------------------

    @property
    def handles(self) -> dict[str, Handle]:
        """All values by name."""
        if self._handles is None:
            self._handles = by_name(
                [*handles(self._sim), *self.synapses.handles(), *self.inputs.handles(), *self.whole.handles()]
            )
        return self._handles

    def handle(self, name: str, where: str) -> Handle:
        """The value of a name; raises AmineError if there is none, or several."""
        found = self.handles.get(name) or self._only_weight(name)
        if found is None:
            owners = [a.member.name for a in self._sim.slices] + [s.name for s in self._sim.net.projections]
            owner = max((n for n in owners if name.startswith(f"{n}.")), key=len, default="")
            if name.startswith("dose:"):
                hint = f"give the network net.dose({name[5:]!r}, '0 uM')"
                raise AmineError(where, f"the network has no dose of '{name[5:]}'", hint=hint)
            known = [n for n in self.handles if n.startswith(f"{owner}.")] or owners
            raise AmineError(where, f"there is no value '{name}'", hint=did_you_mean(name, known))
        if found.reason == SHARED:
            raise AmineError(where, f"several values have the name '{name}'", hint="give each part a name of its own")
        return found

    def owner(self, name: str, where: str) -> str:
        """Name of the population or projection of a value; empty for doses and stimuli."""
        h = self.handle(name, where)
        return h.key if h.kind in SYNAPTIC else self._sim.slices[h.p].member.name if h.p >= 0 else ""

    def _only_weight(self, name: str) -> Handle | None:
        """The weight of a projection with one receptor, by the receptor's name."""
        owner, _, label = name.rpartition(".")
        found = self.handles.get(f"{owner}.weight")
        return found if found is not None and found.label == label else None

    def listed(self) -> list[Settable]:
        """All values, with what can be done with them."""
        out = []
        for h in self.handles.values():
            reason = h.refusal(self._sim.step)
            value = np.nan if h.reason == SHARED else self._value(h)
            out.append(Settable(h.name, h.kind, h.unit, value, h.limit, not reason, reason))
        return out

    def get(self, name: str, where: str) -> np.ndarray:
        """The present value of each neuron (n,)."""
        h = self.handle(name, where)
        if h.kind in (DOSE, STIMULUS, TIMES):
            return np.array(self._value(h))
        if h.kind in self.whole.kinds:
            return np.array(np.broadcast_to(self._value(h), (self.whole.size(h),)))
        if h.kind in SYNAPTIC:
            return self.synapses.weights(h.key, h.label) if h.kind == WEIGHT else self.synapses.delays(h.key)
        return np.array(np.broadcast_to(self._value(h), (self._sim.slices[h.p].n,)))

    def _value(self, h: Handle) -> float | np.ndarray:
        if h.kind == DOSE:
            t = np.array(self._sim.step * self._sim.net.dt)
            return float(total([np.asarray(course.at(t)) for course in self._slow().doses[h.key]]))
        if h.kind in SYNAPTIC:
            return self.synapses.shown(h)
        if h.kind in INPUTS:
            return self.inputs.shown(h)
        if h.kind in self.whole.kinds:
            return self.whole.shown(h)
        at = self._sim.slices[h.p]
        if h.kind == STATE:
            return at.get(self._sim.arrays.X, h.key).copy()
        found: Any = self._sim.arrays.values[h.p][h.key]
        if isinstance(found, str):  # a formula of the path from the soma
            return np.nan
        return found.copy() if np.ndim(found) else float(found)

    # --- setting ---------------------------------------------------------------------------------------------------

    def set(self, name: str, value: Values | Course | Waveform, neurons: np.ndarray | None, where: str) -> None:
        """Sets a value from now on, of all neurons or of some; raises AmineError, and changes nothing, if it cannot be set."""
        h = self.handle(name, where)
        place = f"{where}, '{name}'"
        reason = h.refusal(self._sim.step)
        if reason:
            raise AmineError(
                place, f"it cannot be set in a running network: {reason}", hint="describe a network with it"
            )
        if h.kind in (*INPUTS, *self.whole.kinds) and neurons is not None:
            raise AmineError(place, "it is set as a whole", hint="leave neurons out")
        if h.kind in INPUTS:
            self.apply(Change(self._sim.step, name, self.inputs.checked(h, value, place)), where)
            return
        if isinstance(value, Waveform):
            hint = "describe it with a waveform, or give a population net.stimulus(...)"
            raise AmineError(place, "what was described as a value cannot follow a course in time", hint=hint)
        if h.kind in self.whole.kinds and not isinstance(value, Course):
            self.apply(Change(self._sim.step, name, self.whole.checked(h, value, place)), where)
            return
        if h.kind == DOSE or isinstance(value, Course):
            if h.kind != DOSE or neurons is not None:
                raise AmineError(
                    place,
                    "a concentration is that of a dose, at all neurons",
                    hint='such as set("dose:ketamine", "1 uM")',
                )
            self.apply(Change(self._sim.step, name, as_course(value, place)), where)
            return
        chosen = None if neurons is None else tuple(int(i) for i in neurons)
        if h.kind in SYNAPTIC:
            given = self.synapses.checked(h, value, None if chosen is None else len(chosen), place)
        else:
            given = self._checked(h, value, self._sim.slices[h.p].n if chosen is None else len(chosen), place)
        of = "synapses" if h.kind in SYNAPTIC else "neurons"
        self.apply(Change(self._sim.step, h.name, given, chosen, of), where)

    def set_all(self, values: Mapping[str, Values | Course | Waveform], neurons: np.ndarray | None, where: str) -> None:
        """Sets several values of one population or projection; if one of them cannot be set, none is."""
        first = self.handle(next(iter(values)), where)
        undone = self._unwired() if first.kind in SYNAPTIC else self._undone(first.p) if first.p >= 0 else nullcontext()
        with self.whole.undone({self.handle(name, where).kind for name in values}), undone:
            for name, value in values.items():
                self.set(name, value, neurons, where)

    def apply(self, change: Change, where: str) -> None:
        """Makes a change, now, and adds it to the log."""
        h = self.handle(change.name, where)
        if isinstance(change.value, Course):
            self._put_dose(h, change.value)
            self._add(change)
            return
        if h.kind in INPUTS:
            self.inputs.put(h, change.value)
            self.now[h.name] = change.value
            self._add(change)
            return
        if h.kind in self.whole.kinds:
            self.whole.put(h, change.plain_value())
            if self.whole.lasting(h):
                self.now[h.name] = change.value
            self._add(change)
            return
        if h.kind in SYNAPTIC:
            self.synapses.put(h, change.plain_value(), change.step, change.chosen, f"{where}, '{change.name}'")
            self._add(change)
            return
        put = {STATE: self._put_state, PARAMETER: self._put_parameter, RATE: self._put_rate}[h.kind]
        with self._undone(h.p):
            put(h, change, f"{where}, '{change.name}'")
        self._add(change)

    def _add(self, change: Change) -> None:
        if self.log is not None:
            self.log.append(change)

    def _slow(self) -> SlowState:
        found = self._sim.states["slow"]
        assert isinstance(found, SlowState)
        return found

    def _put_dose(self, h: Handle, course: Course | Waveform) -> None:
        assert isinstance(course, Course)
        slow = self._slow()
        slow.doses = {**slow.doses, h.key: (course,)}
        self.now[h.name] = course

    def _checked(self, h: Handle, value: Values, n: int, where: str) -> Value:
        """A value as plain data, of the unit, shape and limits that it must have."""
        if h.kind == PARAMETER:
            m = self._sim.slices[h.p].member
            model = m.receptors[h.label].port if h.label else m.population.model
            with within(where):
                value = model(**{h.own: value}).parameters[h.own]
        return normalise(value, h.unit, where, shape=(n,), nonnegative=h.kind == RATE)

    def _put_state(self, h: Handle, change: Change, where: str) -> None:
        sim, at = self._sim, self._sim.slices[h.p]
        value, x = change.plain_value(), self._drawn(h, change, where)
        require_finite({h.key: x}, at.member, "a state", sim.arrays.X.dtype)
        new = self._merged(at.get(sim.arrays.X, h.key), x, change.chosen)
        if sim.step:
            at.put(sim.arrays.X, h.key, new)
        else:
            self._begin(h, value if change.chosen is None else Array(new, h.unit))
            self._fill(h.p)

    def _begin(self, h: Handle, value: Value) -> None:
        """Puts the value of a state at time zero into the description of its population."""
        at = self._sim.slices[h.p]
        population = at.member.population
        initial = {**population.initial, h.key: value}
        at.member = replace(at.member, population=replace(population, initial=initial))
        self.now[h.name] = value

    def _put_parameter(self, h: Handle, change: Change, where: str) -> None:
        sim, m = self._sim, self._sim.slices[h.p].member
        differs = not isinstance(m.values[h.key][0], str | float)
        plain = change.chosen is None and isinstance(change.value, str)
        if not differs and not plain:
            raise AmineError(
                where,
                "the compiled code has one value for all neurons",
                given="values that differ",
                hint="give the population an array or a distribution when it is made",
            )
        x = self._drawn(h, change, where)
        value = change.plain_value()
        if differs and (sim.step or plain or change.chosen is not None):
            x = self._merged(np.asarray(sim.arrays.values[h.p][h.key]), x, change.chosen)
            value = Array(x, h.unit)
        self._parameter(h, value, x)
        if sim.step == 0:
            self._fill(h.p)
        else:
            self._put_constants(h.p, h.key)

    def _parameter(self, h: Handle, value: Value, x: float | np.ndarray) -> None:
        """Puts a parameter among the present values of its population."""
        sim, at, m = self._sim, self._sim.slices[h.p], self._sim.slices[h.p].member
        population: Population = m.population
        if not h.label:
            population = replace(population, parameters={**population.parameters, h.key: value})
            check_refractory(replace(population, parameters={h.key: value}), sim.net.dt, f"Population '{m.name}'")
        values = MappingProxyType({**m.values, h.key: (value, m.values[h.key][1])})
        at.member = replace(m, population=population, values=values)
        self._know(h, x)
        self.now[h.name] = value

    def _put_rate(self, h: Handle, change: Change, where: str) -> None:
        sim, at = self._sim, self._sim.slices[h.p]
        before, x = sim.arrays.values[h.p][h.key], self._drawn(h, change, where)
        if change.chosen is not None:
            x = self._merged(np.broadcast_to(np.asarray(before, float), (at.n,)), x, change.chosen)
        sim.set_rates(at.member.name, np.asarray(x), where)
        self._know(h, x)
        self.now[h.name] = Array(np.asarray(x), h.unit) if np.ndim(x) else f"{float(x)!r} {h.unit}"

    def note_rates(self, population: str, rates: np.ndarray) -> None:
        """Adds rates (1/ms) that were set, one or (n,), to the log."""
        h = self.handles[f"{population}.rate"]
        self._know(h, np.array(rates, float))
        self.now[h.name] = Array(rates, h.unit) if rates.ndim else f"{float(rates)!r} {h.unit}"
        if self.log is not None:
            self.log.append(Change(self._sim.step, h.name, self.now[h.name]))

    def _know(self, h: Handle, x: float | np.ndarray) -> None:
        """Puts a value in coherent units among those of its population."""
        value = np.asarray(x, float) if np.ndim(x) else np.float64(x)
        self._sim.arrays.values[h.p] = {**self._sim.arrays.values[h.p], h.key: value}

    def _drawn(self, h: Handle, change: Change, where: str) -> float | np.ndarray:
        """The value in coherent units. What is drawn before the first step is what the description would draw."""
        sim, at = self._sim, self._sim.slices[h.p]
        n = at.n if change.chosen is None else len(change.chosen)
        stream = at.member.stream.child("initial" if h.kind == STATE else "parameter", h.key)
        stream = stream.child("set", change.step) if change.step else stream
        x = realise(change.plain_value(), h.unit, n, stream.generator(), where)
        require_range(x, sim.arrays.X.dtype, where, "the value")
        return x

    @staticmethod
    def _merged(before: np.ndarray, x: float | np.ndarray, neurons: Sequence[int] | None) -> np.ndarray:
        out = np.array(np.broadcast_to(before, before.shape) if before.ndim else before, float)
        if neurons is None:
            out[:] = x
        else:
            out[np.array(neurons, np.int64)] = x
        return out

    def _filling(self, p: int) -> Filling:
        a = self._sim.arrays
        return Filling(self._sim.net, a.values[p], {}, a.X, a.C[p])

    def _fill(self, p: int) -> None:
        """Puts the states and constants at time zero of a population in place, as its description is now."""
        at = self._sim.slices[p]
        kind_of(at.member, self._sim.module).fill(at, self._filling(p))

    def _put_constants(self, p: int, changed: str | None = None) -> None:
        """Puts all that is made of a population's parameters, or of one that changed, in place, states left as they are."""
        at = self._sim.slices[p]
        if at.member.plan is None:
            PointCell(self._sim.module, at.member.kind).put_constants(at, self._filling(p), changed)
        else:
            TreeCell(self._sim.module, at.member.kind).put_constants(at, self._filling(p))

    @contextmanager
    def _undone(self, p: int) -> Iterator[None]:
        """Context in which an error leaves a population, its values and its states as they were."""
        a, at = self._sim.arrays, self._sim.slices[p]
        kept = at.member, a.values[p], a.C[p].copy(), at.view(a.X).copy(), dict(self.now)
        logged = len(self.log or ())
        try:
            yield
        except BaseException:
            at.member, a.values[p], a.C[p], at.view(a.X)[:], self.now = kept
            del (self.log or [])[logged:]
            raise

    @contextmanager
    def _unwired(self) -> Iterator[None]:
        """Context in which an error leaves all synapses as they were."""
        kept, logged = self.synapses.keep(), len(self.log or ())
        try:
            yield
        except BaseException:
            self.synapses.go_back(kept)
            if not self._sim.step:
                self.again()
            del (self.log or [])[logged:]
            raise

    def again(self) -> None:
        """Gives all neurons their present values in a network that was built anew at time zero."""
        changed = set[int]()
        for name, value in self.now.items():
            h = self.handle(name, "Loop.set")
            self._put_again(h, value)
            changed |= {h.p} if h.kind in (STATE, PARAMETER) else set()
        for p in changed:
            self._fill(p)

    def _put_again(self, h: Handle, given: Anything) -> None:
        """Puts a value that differs from the description among those of its population."""
        if h.kind in INPUTS:
            self.inputs.put(h, given)
            self.now[h.name] = given
            return
        if isinstance(given, Course | Waveform):
            self._put_dose(h, given)
            return
        if h.kind in self.whole.kinds:
            self.now[h.name] = given
            self.whole.put_again(h, given)
            return
        x = self._drawn(h, Change(0, h.name, given), h.name)
        if h.kind == STATE:
            self._begin(h, given)
        elif h.kind == RATE:
            self._know(h, x)
            self.now[h.name] = given
            if not self._sim.step:
                put_rates(self._sim.slices[h.p], self._sim.arrays.X, np.asarray(x) * self._sim.net.dt)
        else:
            self._parameter(h, given, x)

    # --- going back --------------------------------------------------------------------------------------------------

    def keep(self) -> Kept:
        """What was set until now."""
        a = self._sim.arrays
        members = tuple(at.member for at in self._sim.slices)
        log, wiring = tuple(self.log or ()), self.synapses.wiring
        return Kept(dict(self.now), log, members, tuple(a.values), a.C.copy(), self._doses(), wiring)

    def _doses(self) -> dict[str, tuple[Course, ...]]:
        return dict(self._slow().doses) if "slow" in self._sim.states else {}

    def go_back(self, kept: Kept) -> None:
        """Returns to what :meth:`keep` gave, of a simulation of the same network; states are restored elsewhere."""
        self.synapses.go_to(kept.wiring)
        a = self._sim.arrays
        self.now = dict(kept.now)
        self.log = None if self.log is None else [*kept.log]
        for at, m in zip(self._sim.slices, kept.members, strict=True):
            at.member = m
        a.values[:] = kept.values
        a.C[:] = kept.constants
        if kept.doses:
            self._slow().doses = dict(kept.doses)
        self.inputs.go_to(kept.now)
        self.whole.again()

    def plain(self) -> dict[str, Any]:
        """As plain data, for a checkpoint."""
        return {
            "now": {name: plain_data(value) for name, value in self.now.items()},
            "log": None if self.log is None else [c.plain() for c in self.log],
            "wiring": self.synapses.wiring.plain(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Returns to the data of :meth:`plain`, of a simulation of the same network; states are restored elsewhere."""
        self.go_back(self._described)
        self.synapses.go_to(Wiring.from_plain(data["wiring"]))
        for name, value in data["now"].items():
            self._put_again(self.handle(name, "Checkpoint"), from_plain_data(value))
        changed = [self.handle(name, "Checkpoint") for name in data["now"]]
        for p in {h.p for h in changed if h.kind == PARAMETER}:
            self._put_constants(p)
        if self.log is not None:
            self.log = [Change.from_plain(c) for c in data["log"] or ()]


__all__ = ["Changes", "Kept"]
