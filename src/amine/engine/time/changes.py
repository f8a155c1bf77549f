"""Values of a running network that are read and set by name, and the log of all that was set.

What a network did is a function of its description, its seed and this log. A value that is set before the first step is part of the
description: the same bits follow as if the network had been described so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds.doses import Course, as_course
from amine.distributions import Distribution
from amine.engine.build.arrays import kind_of
from amine.engine.build.draws import require_finite, require_range
from amine.engine.build.kind import Filling
from amine.engine.build.point import PointCell
from amine.engine.resolve.resolved import Member
from amine.engine.time.names import DOSE, PARAMETER, RATE, STATE, Handle, Settable, handles
from amine.engine.transmission.slow import SlowState
from amine.errors import AmineError, did_you_mean, within
from amine.network.parts import Population
from amine.network.times import check_refractory
from amine.values import Array, Value, from_plain, normalise, realise, to_plain

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


@dataclass(frozen=True)
class Change:
    """A value that was set before step ``step``: of all neurons, or of those in ``neurons``."""

    step: int
    name: str
    value: Value | Course
    neurons: tuple[int, ...] | None = None

    def plain_value(self) -> Value:
        """Its value, which is not that of a dose."""
        assert not isinstance(self.value, Course)
        return self.value

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        neurons = None if self.neurons is None else [*self.neurons]
        return {"step": self.step, "name": self.name, "value": _plain(self.value), "neurons": neurons}

    @staticmethod
    def from_plain(data: Mapping[str, Any]) -> Change:
        """From the data of :meth:`plain`."""
        neurons = None if data["neurons"] is None else tuple(int(i) for i in data["neurons"])
        return Change(int(data["step"]), str(data["name"]), _from_plain(data["value"]), neurons)


def _plain(value: Value | Course) -> Any:
    return {"course": value.to_dict()} if isinstance(value, Course) else to_plain(value)


def _from_plain(data: Any) -> Value | Course:
    return Course.from_dict(data["course"]) if isinstance(data, dict) and "course" in data else from_plain(data)


@dataclass(frozen=True)
class Kept:
    """What was set until some time, for going back to it."""

    now: Mapping[str, Value | Course]
    log: tuple[Change, ...]
    members: tuple[Member, ...]
    values: tuple[Any, ...]
    constants: np.ndarray
    doses: Mapping[str, tuple[Course, ...]]


class Changes:
    """What was set in a simulation.

    ``now`` holds parameters and rates, and states at time zero, that differ from the description, ``log`` all that was set in its order;
    None if it is not kept.
    """

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._handles: dict[str, Handle] | None = None
        self.now: dict[str, Value | Course] = {}
        self.log: list[Change] | None = []
        self._described = self.keep()

    # --- names -----------------------------------------------------------------------------------------------------

    @property
    def handles(self) -> dict[str, Handle]:
        """All values by name."""
        if self._handles is None:
            self._handles = handles(self._sim)
        return self._handles

    def handle(self, name: str, where: str) -> Handle:
        """The value of a name; raises AmineError if there is none."""
        found = self.handles.get(name)
        if found is None:
            owner = max(
                (a.member.name for a in self._sim.slices if name.startswith(f"{a.member.name}.")), key=len, default=""
            )
            if name.startswith("dose:"):
                hint = f"give the network net.dose({name[5:]!r}, '0 uM')"
                raise AmineError(where, f"the network has no dose of '{name[5:]}'", hint=hint)
            known = [n for n in self.handles if n.startswith(f"{owner}.")] or [a.member.name for a in self._sim.slices]
            raise AmineError(where, f"there is no value '{name}'", hint=did_you_mean(name, known))
        return found

    def listed(self) -> list[Settable]:
        """All values, with what can be done with them."""
        out = []
        for h in self.handles.values():
            reason = h.refusal(self._sim.step)
            out.append(Settable(h.name, h.kind, h.unit, self._value(h), h.limit, not reason, reason))
        return out

    def get(self, name: str, where: str) -> np.ndarray:
        """The present value of each neuron (n,)."""
        h = self.handle(name, where)
        if h.kind == DOSE:
            return np.array(self._value(h))
        return np.array(np.broadcast_to(self._value(h), (self._sim.slices[h.p].n,)))

    def _value(self, h: Handle) -> float | np.ndarray:
        if h.kind == DOSE:
            t = np.array(self._sim.step * self._sim.net.dt)
            return float(sum(course.at(t) for course in self._slow().doses[h.key]))
        at = self._sim.slices[h.p]
        if h.kind == STATE:
            return at.get(self._sim.arrays.X, h.key).copy()
        found: Any = self._sim.arrays.values[h.p][h.key]
        if isinstance(found, str):  # a formula of the path from the soma
            return np.nan
        return found.copy() if np.ndim(found) else float(found)

    # --- setting ---------------------------------------------------------------------------------------------------

    def set(self, name: str, value: Values | Course, neurons: np.ndarray | None, where: str) -> None:
        """Sets a value from now on, of all neurons or of some; raises AmineError, and changes nothing, if it cannot be set."""
        h = self.handle(name, where)
        place = f"{where}, '{name}'"
        reason = h.refusal(self._sim.step)
        if reason:
            raise AmineError(
                place, f"it cannot be set in a running network: {reason}", hint="describe a network with it"
            )
        if h.kind == DOSE or isinstance(value, Course):
            if h.kind != DOSE or neurons is not None:
                raise AmineError(
                    place,
                    "a concentration is that of a dose, at all neurons",
                    hint='such as set("dose:ketamine", "1 uM")',
                )
            self.apply(Change(self._sim.step, name, as_course(value, place)), where)
            return
        n = self._sim.slices[h.p].n if neurons is None else len(neurons)
        given = self._checked(h, value, n, place)
        chosen = None if neurons is None else tuple(int(i) for i in neurons)
        self.apply(Change(self._sim.step, name, given, chosen), where)

    def set_all(self, values: Mapping[str, Values | Course], neurons: np.ndarray | None, where: str) -> None:
        """Sets several values of one population; if one of them cannot be set, none is."""
        first = next(iter(values))
        with self._undone(self.handle(first, where).p):
            for name, value in values.items():
                self.set(name, value, neurons, where)

    def apply(self, change: Change, where: str) -> None:
        """Makes a change, now, and adds it to the log."""
        h = self.handle(change.name, where)
        if isinstance(change.value, Course):
            self._put_dose(h, change.value)
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

    def _put_dose(self, h: Handle, course: Course) -> None:
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
        new = self._merged(at.get(sim.arrays.X, h.key), x, change.neurons)
        if sim.step:
            at.put(sim.arrays.X, h.key, new)
        else:
            self._begin(h, value if change.neurons is None else Array(new, h.unit))
            self._fill(h.p)

    def _begin(self, h: Handle, value: Value) -> None:
        """Puts the value of a state at time zero into the description of its population."""
        at = self._sim.slices[h.p]
        population = at.member.population
        initial = {**population.initial, h.key: value}
        at.member = replace(at.member, population=replace(population, initial=initial))
        self.now[h.name] = value

    def _put_parameter(self, h: Handle, change: Change, where: str) -> None:
        sim, at, m = self._sim, self._sim.slices[h.p], self._sim.slices[h.p].member
        differs = not isinstance(m.values[h.key][0], str | float)
        plain = change.neurons is None and isinstance(change.value, str)
        if not differs and not plain:
            raise AmineError(
                where,
                "the compiled code has one value for all neurons",
                given="values that differ",
                hint="give the population an array or a distribution when it is made",
            )
        x = self._drawn(h, change, where)
        value = change.plain_value()
        if differs and (sim.step or plain or change.neurons is not None):
            x = self._merged(np.asarray(sim.arrays.values[h.p][h.key]), x, change.neurons)
            value = Array(x, h.unit)
        self._parameter(h, value, x)
        if sim.step == 0:
            self._fill(h.p)
        else:
            PointCell(sim.module, m.kind).put_constants(at, self._filling(h.p))

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
        if change.neurons is not None:
            x = self._merged(np.broadcast_to(np.asarray(before, float), (at.n,)), x, change.neurons)
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
        n = at.n if change.neurons is None else len(change.neurons)
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

    # --- going back --------------------------------------------------------------------------------------------------

    def keep(self) -> Kept:
        """What was set until now."""
        a = self._sim.arrays
        members = tuple(at.member for at in self._sim.slices)
        return Kept(dict(self.now), tuple(self.log or ()), members, tuple(a.values), a.C.copy(), self._doses())

    def _doses(self) -> dict[str, tuple[Course, ...]]:
        return dict(self._slow().doses) if "slow" in self._sim.states else {}

    def go_back(self, kept: Kept) -> None:
        """Returns to what :meth:`keep` gave, of a simulation of the same network; states are restored elsewhere."""
        a = self._sim.arrays
        self.now = dict(kept.now)
        self.log = None if self.log is None else [*kept.log]
        for at, m in zip(self._sim.slices, kept.members, strict=True):
            at.member = m
        a.values[:] = kept.values
        a.C[:] = kept.constants
        if kept.doses:
            self._slow().doses = dict(kept.doses)

    def plain(self) -> dict[str, Any]:
        """As plain data, for a checkpoint."""
        return {
            "now": {name: _plain(value) for name, value in self.now.items()},
            "log": None if self.log is None else [c.plain() for c in self.log],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Returns to the data of :meth:`plain`, of a simulation of the same network; states are restored elsewhere."""
        self.go_back(self._described)
        for name, value in data["now"].items():
            h, where = self.handle(name, "Checkpoint"), f"checkpoint, '{name}'"
            given = _from_plain(value)
            if isinstance(given, Course):
                self._put_dose(h, given)
                continue
            x = self._drawn(h, Change(0, name, given), where)
            if h.kind == STATE:
                self._begin(h, given)
            elif h.kind == RATE:
                self._know(h, x)
                self.now[name] = given
            else:
                self._parameter(h, given, x)
        changed = [self.handle(name, "Checkpoint") for name in data["now"]]
        for p in {h.p for h in changed if h.kind == PARAMETER}:
            at = self._sim.slices[p]
            PointCell(self._sim.module, at.member.kind).put_constants(at, self._filling(p))
        if self.log is not None:
            self.log = [Change.from_plain(c) for c in data["log"] or ()]


def value_text(value: Value | Course) -> str:
    """A value as Python text that gives the same bits."""
    if isinstance(value, Course):
        return f"Course.from_dict({value.to_dict()!r})"
    if isinstance(value, Array):
        return f"Array(np.array({value.values.tolist()!r}), {value.unit!r})"
    if isinstance(value, Distribution):
        return f"am.{Distribution.from_dict(value.to_dict())!r}"
    return repr(value)


def script(changes: Sequence[Change], step: int, dt: float, options: str, network: str) -> str:
    """Python text that makes a loop, and advances and sets as was done."""
    lines = ["import amine as am"]
    if any(isinstance(c.value, Array) for c in changes):
        lines += ["import numpy as np", "", "from amine.values import Array"]
    if any(isinstance(c.value, Course) for c in changes):
        lines.append("from amine.compounds.doses import Course")
    lines += ["", f"net = am.Network.load({network!r})", f"sim = net.loop({options})"]
    at = 0
    for c in [*changes, None]:
        until = step if c is None else c.step
        if until > at:
            lines.append(f'sim.advance("{(until - at) * dt!r} ms")')
            at = until
        if c is not None:
            some = "" if c.neurons is None else f", neurons={[*c.neurons]!r}"
            lines.append(f"sim.set({c.name!r}, {value_text(c.value)}{some})")
    return "\n".join(lines) + "\n"


__all__ = ["Change", "Changes", "Kept", "script", "value_text"]
