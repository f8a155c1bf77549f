"""Weights and delays of a running network: what was set, and the synapses that follow from it.

Before the first step a value is part of the description, and all synapses are those of the network described so. Later, synapses stay in
the tables in which they were built, and a spike keeps the delay that its synapse had when it was sent.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.engine.build.connectivity import Connections as Drawn
from amine.engine.build.connectivity import connections
from amine.engine.build.draws import require_range
from amine.engine.build.wiring import alike, spec_of, target_row
from amine.engine.resolve.resolved import Resolved, resolve
from amine.engine.resolve.routes import Route
from amine.engine.time.connections import Connections
from amine.engine.time.names import DELAY, SHARED, WEIGHT, Handle
from amine.engine.transmission.in_flight import correct_masses, require_room
from amine.errors import AmineWarning
from amine.models.naming import port_name
from amine.models.ports import scheme
from amine.network.checks import check_delay
from amine.network.parts import Synapses
from amine.network.plasticity import check_bounds
from amine.records import dataclass
from amine.units import to_internal
from amine.values import Array, Value, from_plain, normalise, realise, to_plain

if TYPE_CHECKING:
    from amine.engine.build.connectivity import ProjectionSpec
    from amine.engine.time.simulation import Simulation
    from amine.given import Values


Key: TypeAlias = tuple[int, str, str]


@dataclass(frozen=True)
class Earlier:
    """Delays that synapses had for spikes of the steps ``since`` to ``until`` (exclusive); None: those of the beginning."""

    since: int | None
    until: int
    value: Value | None


@dataclass(frozen=True, eq=False)
class Wiring:
    """What was set of weights and delays: before the first step, later, and delays with which spikes may still be under way."""

    begun: Mapping[str, Value] = field(default_factory=dict)
    now: Mapping[str, Value] = field(default_factory=dict)
    earlier: Mapping[str, tuple[Earlier, ...]] = field(default_factory=dict)  # by projection

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        earlier = {
            n: [[e.since, e.until, None if e.value is None else to_plain(e.value)] for e in each]
            for n, each in self.earlier.items()
        }
        return {
            **{k: {n: to_plain(v) for n, v in getattr(self, k).items()} for k in ("begun", "now")},
            "earlier": earlier,
        }

    @staticmethod
    def from_plain(data: Mapping[str, Any]) -> Wiring:
        """From the data of :meth:`plain`."""
        earlier = {
            str(n): tuple(Earlier(a, int(b), None if v is None else from_plain(v)) for a, b, v in each)
            for n, each in data["earlier"].items()
        }
        begun, now = ({str(n): from_plain(v) for n, v in data[k].items()} for k in ("begun", "now"))
        return Wiring(begun, now, earlier)


class SynapseValues:
    """Weights and delays of a simulation, by name."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self.wiring = Wiring()
        self._described = sim.resolved
        self._begun, self._later = sim.resolved, dict[Key, Route]()
        self._drawn: dict[Route, Drawn] = {}
        self._sizes: dict[Key, int] = {}

    # --- names -----------------------------------------------------------------------------------------------------

    def handles(self) -> Iterator[Handle]:
        """The weights and delays of all projections."""
        names = [s.name for s in self._sim.net.projections]
        for number, s in enumerate(self._sim.net.projections):
            routes, shared = self._numbered(number), SHARED if names.count(s.name) > 1 else ""
            levels = {r.level for r in routes}
            for label in s.receptors:
                unit = next(r.weight_unit for r in routes if r.label == label)
                name = f"{s.name}.weight" if len(s.receptors) == 1 else f"{s.name}.{label}"
                limit = "nonnegative" if unit == "nS" else ""
                yield Handle(name, WEIGHT, -1, s.name, unit, label, "weight", limit, shared)
            kept = sorted(levels - {"filter"})
            later = _WHY.get(kept[0], "") if kept else ""
            if not later and s.minis is not None:
                later = "spontaneous release and spikes share its synapses"
            fixed = shared or ("" if s.rewiring is None else "new synapses appear with the delay that is described")
            yield Handle(f"{s.name}.delay", DELAY, -1, s.name, "ms", "", "delay", "at least one step", fixed, later)

    def projection(self, name: str) -> Synapses:
        """A projection by its name."""
        return next(s for s in self._sim.net.projections if s.name == name)

    def _of(self, projection: str, label: str | None = None) -> list[Route]:
        """The present routes of a projection, of one of its receptors or of the first."""
        number = [s.name for s in self._sim.net.projections].index(projection)
        found = self._numbered(number)
        return found if label is None else [r for r in found if r.label == label]

    def _numbered(self, number: int) -> list[Route]:
        """The present routes of a projection by its number; several may have one name."""
        return [r for r in self._sim.built.layout.resolved.routes if r.number == number and r.until is None]

    # --- reading ---------------------------------------------------------------------------------------------------

    def connections(self, projection: str) -> Connections:
        """All synapses of a projection."""
        s = self.projection(projection)
        labels = list(s.receptors)
        first = [(r, self._present(r)) for r in self._of(projection, labels[0])]
        names = [tuple(dict.fromkeys(v.population for v in g.views())) for g in (s.source, s.target)]
        of = [
            np.tile((names[0].index(r.source.population), names[1].index(r.target.population)), (len(x.sources), 1))
            for r, x in first
        ]
        pre, post, steps = (np.concatenate([getattr(x, n) for _, x in first]) for n in ("sources", "targets", "steps"))
        weights = {n: self.weights(projection, n) for n in labels}
        units = {r.label: r.weight_unit for n in labels for r in self._of(projection, n)}
        delay = steps * self._sim.net.dt
        ends = (names[0], names[1])
        states = self._states(projection)
        return Connections(projection, pre, post, weights, units, delay, ends, np.concatenate(of), states)

    def weights(self, projection: str, label: str) -> np.ndarray:
        """The present weights at a receptor (synapses,)."""
        if self.projection(projection).plastic == label:
            return self._plastic(projection)["w"]
        return np.concatenate([self._present(r).weights for r in self._of(projection, label)])

    def delays(self, projection: str) -> np.ndarray:
        """The present delays in ms (synapses,)."""
        label = next(iter(self.projection(projection).receptors))
        return np.concatenate([self._present(r).steps for r in self._of(projection, label)]) * self._sim.net.dt

    def shown(self, h: Handle) -> float | np.ndarray:
        """The present value: one if all synapses have it, else that of each."""
        s = self.projection(h.key)
        if h.kind == WEIGHT and (s.plastic == h.label or s.rewiring is not None):
            return self.weights(h.key, h.label)
        r = self._of(h.key, h.label or next(iter(s.receptors)))[0]
        own, value = (r.weights, r.weight) if h.kind == WEIGHT else (r.delays, r.synapses.delay)
        if own is None and (value is None or isinstance(value, str)):
            return self._sim.net.dt if value is None else float(to_internal(value, h.unit, h.name))
        return self.weights(h.key, h.label) if h.kind == WEIGHT else self.delays(h.key)

    def size(self, h: Handle) -> int:
        """Number of synapses."""
        return self.count(h.key)

    def count(self, projection: str) -> int:
        """Number of synapses of a projection."""
        label = next(iter(self.projection(projection).receptors))
        return sum(len(self._present(r).sources) for r in self._of(projection, label))

    def _present(self, r: Route) -> Drawn:
        """The present synapses of a route."""
        return self._connections(r) if r.synapses.rewiring is None else self._sim.rewirings.connections(r)

    def _connections(self, r: Route) -> Drawn:
        if r not in self._drawn:
            spec = self._spec(r)
            n = self._sim.slices[r.origin].n
            self._drawn[r] = connections(spec, n, self._sim.net.dt)
            present = set(self._sim.built.layout.resolved.routes) | set(self._begun.routes)
            self._drawn = {k: x for k, x in self._drawn.items() if k in present or k is r}
        return self._drawn[r]

    def _spec(self, r: Route) -> ProjectionSpec:
        sim = self._sim
        if r.level not in ("explicit", "kinetic"):
            row = target_row(sim.slices, r)
        else:
            model = r.receptor.scheme
            assert model is not None
            kind = "on" if r.synapses.cleft is None else "in"
            row = port_name("g" if r.level == "explicit" else f"{scheme(model).free[0]}_{kind}", r.label)
        return spec_of(sim.net, r, sim.slices, sim.built.layout.blocks, row)

    def _plastic(self, projection: str) -> dict[str, np.ndarray]:
        """Present states of plastic synapses in the order of connections."""
        plastic = self._sim.plastic
        assert plastic is not None
        q, order = self.plastic_order(projection)
        return {n: x[order] for n, x in plastic.current(q, self._sim).items()}

    def plastic_order(self, projection: str) -> tuple[int, np.ndarray]:
        """Number of a plastic part, and the places of its synapses in the order of connections."""
        plastic = self._sim.plastic
        assert plastic is not None
        q = [p.synapses.name for p in plastic.parts].index(projection)
        _, i, j, _ = plastic.order(q)
        return q, np.lexsort((j, i))

    def _states(self, projection: str) -> dict[str, np.ndarray]:
        s = self.projection(projection)
        age = {} if s.rewiring is None else {"age": self._sim.rewirings.age(self._of(projection)[0].number)}
        return age if s.plastic is None else age | {n: x for n, x in self._plastic(projection).items() if n != "w"}

    # --- setting ---------------------------------------------------------------------------------------------------

    def checked(self, h: Handle, value: Values, n: int | None, where: str) -> Value:
        """A value as plain data, of the unit, shape and limits that it must have; ``n`` is the number of those that are set."""
        s, weight = self.projection(h.key), h.kind == WEIGHT
        found = normalise(value, h.unit, where, nonnegative=weight and h.unit == "nS", positive=not weight)
        if isinstance(found, Array):
            found = normalise(found, h.unit, where, shape=(self.size(h) if n is None else n,))
        if h.kind == WEIGHT:
            if s.plastic == h.label:
                check_bounds(self._sim.net, replace(s, receptors={**s.receptors, h.label: found}), h.unit, where)
            return found
        checked = check_delay(self._sim.net, found, None, s.source, s.target, where)
        assert checked is not None
        return checked

    def put(self, h: Handle, value: Value, step: int, chosen: Sequence[int] | None, where: str) -> None:
        """Sets weights or delays; raises AmineError, and changes nothing, if that is not possible."""
        sim, w, s = self._sim, self.wiring, self.projection(h.key)
        each = self._each(h, value, step, chosen, where)
        if h.kind == WEIGHT:
            top = float(to_internal(value, h.unit, where)) if isinstance(value, str) and each is None else each
            require_range(0.0 if top is None else top, sim.arrays.X.dtype, where, "the weight")
        if h.kind == WEIGHT and s.plastic == h.label and (step or s.start is not None):
            wanted = np.full(self.size(h), top) if each is None else each
            self._put_plastic(h, np.asarray(wanted, float), where)
            return
        if step and s.rewiring is not None:
            wanted = np.full(self.size(h), top) if each is None else each
            sim.rewirings.put_weights(self._of(h.key)[0].number, h.label, np.asarray(wanted, float))
            return
        new = value if each is None else Array(each, h.unit)
        if not step:
            self.go_to(replace(w, begun={**w.begun, h.name: new}))
            sim.changes.again()
            return
        earlier = dict(w.earlier)
        if h.kind == DELAY:
            earlier[h.key] = self._under_way(h, step)
        self.go_to(Wiring(w.begun, {**w.now, h.name: new}, earlier), where)

    def _each(self, h: Handle, value: Value, step: int, chosen: Sequence[int] | None, where: str) -> np.ndarray | None:
        """Values of all synapses; None if the value is one, or one that the description draws."""
        if chosen is None and (
            isinstance(value, str) or (not step and not self._loaded(h) and not isinstance(value, Array))
        ):
            return None
        n = self.size(h) if chosen is None else len(chosen)
        rng = self._of(h.key)[0].stream.child("set", h.label or "delay", step).generator()
        x = realise(value, h.unit, n, rng, where)
        if chosen is None:
            return np.asarray(x, float)
        out = np.array(self.weights(h.key, h.label) if h.kind == WEIGHT else self.delays(h.key), float)
        out[np.array(chosen, np.int64)] = x
        return out

    def _loaded(self, h: Handle) -> bool:
        s = self.projection(h.key)
        return h.kind == WEIGHT and s.plastic == h.label and s.start is not None

    def _under_way(self, h: Handle, step: int) -> tuple[Earlier, ...]:
        """The delays of spikes that may still be under way when others are set at a step."""
        w = self.wiring
        before = w.earlier.get(h.key, ())
        if before and before[-1].until == step:  # no spike was sent since they were set
            return before
        since = before[-1].until if before else None
        now = (*before, Earlier(since, step, w.now.get(h.name)))
        reach = step - self._sim.built.room.history - 1
        return tuple(e for e in now if e.until > reach)

    def _put_plastic(self, h: Handle, wanted: np.ndarray, where: str) -> None:
        plastic = self._sim.plastic
        assert plastic is not None
        q, order = self.plastic_order(h.key)
        sorted_as_kept = np.empty(len(wanted))
        sorted_as_kept[order] = wanted
        plastic.put_weights(q, self._sim, sorted_as_kept, where)

    def keep(self) -> tuple[Wiring, list[np.ndarray], Any]:
        """What :meth:`go_back` returns to: what was set, and the weights of plastic synapses and of those that come and go."""
        plastic = self._sim.plastic
        words = [] if plastic is None else [s.words.copy() for p in plastic.parts for s in p.shards]
        return self.wiring, words, self._sim.rewirings.keep()

    def go_back(self, kept: tuple[Wiring, list[np.ndarray], Any]) -> None:
        """Returns to what :meth:`keep` gave, at the same time."""
        self.go_to(kept[0])
        plastic = self._sim.plastic
        shards = [] if plastic is None else [s for p in plastic.parts for s in p.shards]
        for shard, words in zip(shards, kept[1], strict=True):
            shard.words[:] = words
        self._sim.rewirings.go_back(kept[2])

    # --- the network that follows ----------------------------------------------------------------------------------

    def go_to(self, wiring: Wiring, where: str = "") -> None:
        """Gives all synapses the values of a wiring; others than those before the first step leave the rest of the network as it is."""
        before = self.wiring
        if wiring is before:
            return
        if wiring.begun != before.begun:
            self._begin_with(wiring.begun)
        if wiring.now or wiring.earlier or self._later:
            self._rewire(wiring, where)
        self.wiring = wiring

    def _begin_with(self, begun: Mapping[str, Value]) -> None:
        """Builds the network anew with values that were set before the first step."""
        kept, sim = self._begun, self._sim
        found = self._at_start(begun)
        self._later, self._drawn = {}, {}
        try:
            sim.build(found)
        except BaseException:
            sim.build(kept)
            self.wiring = Wiring(self.wiring.begun)
            sim.changes.again()
            raise
        self._begun = found

    def _at_start(self, begun: Mapping[str, Value]) -> Resolved:
        """The network described with values that were set before the first step."""
        sim = self._sim
        if not begun:
            return self._described
        net = sim.described
        projections = [self._with(s, begun, arrays=True) for s in net.projections]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AmineWarning)  # the description was warned of when the loop was made
            found = resolve(net.replaced(projections=projections))
        plain = {s.name: self._with(s, begun, arrays=False) for s in sim.net.projections}
        return _replaced(
            found, {r: self._given(replace(r, synapses=plain[r.synapses.name]), begun) for r in found.routes}
        )

    def _with(self, s: Synapses, values: Mapping[str, Value], arrays: bool) -> Synapses:
        """A projection with values that are set; arrays only if asked for."""
        some = {n: v for n, v in values.items() if arrays or not isinstance(v, Array)}
        receptors = {n: some.get(_weight_name(s, n), v) for n, v in s.receptors.items()}
        return replace(s, receptors=receptors, delay=some.get(f"{s.name}.delay", s.delay))

    def _given(self, r: Route, values: Mapping[str, Value]) -> Route:
        """A route with those of the values that are arrays over the synapses of its projection."""
        s = r.synapses
        found = {}
        for kind, name in (("weights", _weight_name(s, r.label)), ("delays", f"{s.name}.delay")):
            value = values.get(name)
            if isinstance(value, Array):
                found[kind] = self._share(r, value.values)
        return replace(r, **found) if found else r

    def _share(self, r: Route, values: np.ndarray) -> np.ndarray:
        """The values of a route's synapses among those of its projection."""
        at = 0
        for x in self._described.routes:
            if x.number == r.number and x.label == r.label:
                if x.stream.path == r.stream.path:
                    return values[at : at + self._count(x)]
                at += self._count(x)
        raise AssertionError("the route is one of the network")

    def _count(self, r: Route) -> int:
        """Number of synapses of a route, which no value changes."""
        key = _key(r)
        if key not in self._sizes:
            self._sizes[key] = len(self._connections(r).sources)
        return self._sizes[key]

    def _rewire(self, wiring: Wiring, where: str) -> None:
        """Puts values that were set later in place, in a network that has those of the beginning."""
        sim = self._sim
        if not self._later:
            self._stay()
        routes, changed = [], set[Route]()
        present = {_key(r): r for r in sim.built.layout.resolved.routes if r.until is None}
        replaced: dict[Route, Route] = {}
        for old in self._begun.routes:
            r = self._now(self._later[_key(old)], wiring)
            same = present[_key(old)]
            if _same(r, same):
                r = same
            else:
                changed.add(r)
            replaced[old] = r
            routes += [r, *self._earlier(r, wiring)]
        resolved = replace(_replaced(self._begun, replaced), routes=tuple(routes))
        self._put_in_place(resolved, {r: present[_key(r)] for r in changed}, where)

    def _put_in_place(self, resolved: Resolved, changed: Mapping[Route, Route], where: str) -> None:
        sim = self._sim
        names = {r.level for r in changed} & sim.states.keys()
        names |= {"minis"} if any(r.synapses.minis is not None for r in changed) else set()
        if "filter" in sim.states and any(r.until is not None for r in sim.built.layout.resolved.routes):
            names |= {"filter"}
        pulsed = [(a, b) for a, b in changed.items() if a.level == "kinetic"]
        pairs = [(r, self._connections(was), self._connections(r)) for r, was in pulsed]
        if pulsed:
            require_room(sim, resolved, where)
        sim.rebuild(resolved, names)
        for r, was, now in pairs:
            correct_masses(sim, r, was, now)
        if "plastic" in names:
            sim.changes.whole.rules.again()

    def _stay(self) -> None:
        """Lets all synapses stay in the tables in which they are."""
        sim, by = self._sim, {r: self._together(r) for r in self._begun.routes}
        self._later = {_key(r): new for r, new in by.items()}
        sim.built = replace(sim.built, layout=replace(sim.built.layout, resolved=_replaced(self._begun, by)))
        if "filter" in sim.drawn:
            content = [replace(d, routes=tuple(by[r] for r in d.routes)) for d in sim.drawn["filter"].content]
            sim.drawn["filter"] = replace(sim.drawn["filter"], content=content)
        self._drawn = {by.get(r, r): x for r, x in self._drawn.items()}

    def _together(self, r: Route) -> Route:
        """A route that stays in the table in which it was built."""
        return replace(r, together=alike(self._spec(r))) if r.level == "filter" else replace(r)

    def _now(self, r: Route, wiring: Wiring) -> Route:
        """A route with its present values."""
        s, now = r.synapses, wiring.now
        names = (_weight_name(s, r.label), f"{s.name}.delay")
        if not any(n in now for n in names):
            return r
        own = {k: None for k, n in zip(("weights", "delays"), names, strict=True) if isinstance(now.get(n), str)}
        r = self._given(replace(r, synapses=self._with(s, now, arrays=False), **own), now)  # type: ignore[arg-type]
        if names[1] in now:
            before = wiring.earlier.get(s.name, ())
            r = replace(r, together=(np.inf, float(r.number)), since=before[-1].until if before else None)
        return r

    def _earlier(self, r: Route, wiring: Wiring) -> list[Route]:
        """Routes of the spikes that were sent before the delays were set."""
        out = []
        start = self._later[_key(r)]
        for e in wiring.earlier.get(r.synapses.name, ()):
            values = {} if e.value is None else {f"{r.synapses.name}.delay": e.value}
            plain = self._with(replace(r.synapses, delay=start.synapses.delay), values, arrays=False)
            old = replace(r, synapses=plain, delays=start.delays if e.value is None else None)
            old = self._given(old, values)
            out.append(replace(old, since=e.since, until=e.until, together=(np.inf, float(r.number), float(e.until))))
        return out


def _key(r: Route) -> Key:
    """What tells a route from all others, whatever its values: projection, views and receptor."""
    return r.number, r.stream.path, r.label


def _weight_name(s: Synapses, label: str) -> str:
    return f"{s.name}.weight" if len(s.receptors) == 1 else f"{s.name}.{label}"


def _same(a: Route, b: Route) -> bool:
    """Whether two routes of the same pairs have the same values."""
    alike = a.synapses == b.synapses and (a.together, a.since) == (b.together, b.since)
    return alike and all(_equal(getattr(a, n), getattr(b, n)) for n in ("weights", "delays"))


def _equal(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))


def _replaced(resolved: Resolved, by: Mapping[Route, Route]) -> Resolved:
    """A resolved network with other routes."""
    pulsed = tuple(replace(x, routes=tuple(by[r] for r in x.routes)) for x in resolved.pulsed)
    return replace(resolved, routes=tuple(by[r] for r in resolved.routes), pulsed=pulsed)


_WHY = {
    "plastic": "its rule keeps states of the source for each delay",
    "synaptic": "what each synapse has to release is kept in the order of delays",
    "kinetic": "pulses of transmitter are under way with the delays that it had when they began",
    "explicit": "its clefts and receptors are kept in the order of delays",
}

__all__ = ["SynapseValues", "Wiring"]
