"""Structural plasticity in time: at whole multiples of an interval synapses vanish and appear, between two stretches of steps.

All draws are named by the projection, or by the population whose elements are lost, by the step and by what they are for, and are made in the
order of connections: threads, chunks and restarts do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.connectivity import Connections
from amine.engine.resolve.routes import Route
from amine.engine.time.epoch import Draft, Ends, Pairs
from amine.engine.transmission.structural import Structures, Table
from amine.errors import warn
from amine.network.parts import Synapses
from amine.network.receptors import states_of
from amine.network.structure import ALL, REPLACE
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation

ROUNDS = 200  # of pairs that are tried until enough have a synapse
MOST = 2_000_000  # pairs that are looked at together


class Rewirings:
    """The rewirings of a simulation."""

    def __init__(self, sim: Simulation):
        self._sim = sim
        self._rewired = {k: s for k, s in enumerate(sim.net.projections) if s.rewiring is not None}
        where = "Network.rewire"
        self._every = {
            k: round(to_internal(s.rewiring.every, "ms", where) / sim.net.dt) for k, s in self._rewired.items()
        }

        self._warn()

    def _warn(self) -> None:
        """Warns of elements whose growth single precision would round off."""
        net = self._sim.net
        for s in self._rewired.values() if self._sim.precision == "float32" else ():
            sides = zip((s.source, s.target), s.rewiring.elements or (), strict=False)
            if any(name in states_of(net.populations[v.population], net) for g, name in sides for v in g.views()):
                problem = "elements change by less in a step than single precision resolves"
                warn(f"Synapses '{s.name}', rewiring", problem, hint="run with precision='float64'")

    @property
    def structures(self) -> Structures:
        """The tables of synapses that come and go."""
        found = self._sim.states["structural"]
        assert isinstance(found, Structures)
        return found

    @property
    def grown(self) -> int:
        """By how much the number of synapses differs from that at the start."""
        tables = self.structures.tables if self._rewired else {}
        return sum((len(x) - int(x.counts[0])) * len(self._rewired[k].receptors) for k, x in tables.items())

    def limit(self, step: int, steps: int) -> int:
        """``steps``, or fewer if synapses come or go before."""
        return min([steps, *(n - step % n for n in self._every.values())])

    def connections(self, r: Route) -> Connections:
        """The present synapses of a route; weights that a rule changes are not among them, and given as 0."""
        table = self.structures.tables[r.number]
        alike = [x for x in self._sim.resolved.routes if (x.number, x.label) == (r.number, r.label)]
        of = [x.stream.path for x in alike].index(r.stream.path)
        mine = table.of == of
        weights = table.weights.get(r.label, np.zeros(len(table)))
        return Connections(*(x[mine] for x in (table.pre, table.post, table.post, table.steps, weights)))

    def age(self, number: int) -> np.ndarray:
        """Time (ms) since each synapse of a projection appeared."""
        return (self._sim.step - self.structures.tables[number].born) * self._sim.net.dt

    def degrees(self, number: int, side: int) -> np.ndarray:
        """Number of synapses of each source (``side`` 0) or target (1) of a projection, in the order of its views."""
        s, table = self._rewired[number], self.structures.tables[number]
        ends, of = Ends(self._sim, s), table.of
        views = (ends.sources, ends.targets)[side]
        which = of // len(ends.targets) if side == 0 else of % len(ends.targets)
        neurons = table.pre if side == 0 else table.post
        each = [np.bincount((neurons[which == k] - v.start) // v.step, minlength=v.n) for k, v in enumerate(views)]
        return np.concatenate(each)

    def put_weights(self, number: int, label: str, weights: np.ndarray) -> None:
        """Sets the weights (synapses,) of a projection at a receptor whose weights no rule changes."""
        table = self.structures.tables[number]
        self.structures.put(number, replace(table, weights={**table.weights, label: weights}))

    def keep(self) -> dict[int, Table]:
        """The present tables, which never change."""
        return dict(self.structures.tables) if self._rewired else {}

    def go_back(self, kept: Mapping[int, Table]) -> None:
        """Returns to what :meth:`keep` gave."""
        for number, table in kept.items():
            self.structures.put(number, table)

    def act(self) -> None:
        """Lets synapses vanish and appear if it is time."""
        due = [k for k, n in self._every.items() if self._sim.step % n == 0]
        if due:
            Epoch(self._sim, self.structures.tables, self._rewired, due).run()


class Epoch:
    """One update of some projections."""

    def __init__(self, sim: Simulation, tables: Mapping[int, Table], rewired: Mapping[int, Synapses], due: list[int]):
        self.sim, self.ends = sim, {k: Ends(sim, s) for k, s in rewired.items()}
        self.tables, self.rewired = tables, rewired
        self.drafts = {k: Draft(sim, k, rewired[k], tables[k], self.ends[k]) for k in due}

    def run(self) -> None:
        """Removes, then adds, then lets free elements decay."""
        for d in self.drafts.values():
            _remove(d)
        for key in self._elements():
            self._raise(*key)
            self._lose(*key)
        for d in self.drafts.values():
            self._grow(d)
        for d in self.drafts.values():
            d.finish()
        for population, name in self._elements():
            self._decay(population, name)

    # --- elements ------------------------------------------------------------------------------------------------

    def _elements(self) -> list[tuple[int, str]]:
        """Populations and names of the elements of the projections whose time it is."""
        found = [key for d in self.drafts.values() for _, key in _keys(d.synapses, d.ends)]
        return list(dict.fromkeys(found))

    def _raise(self, population: int, name: str) -> None:
        """Raises negative numbers of elements to 0."""
        at, X = self.sim.slices[population], self.sim.arrays.X
        if name in at.rows:
            at.put(X, name, np.maximum(at.get(X, name), 0.0))

    def _whole(self, population: int, name: str) -> np.ndarray:
        """Number of elements of each neuron (n,)."""
        x = self.ends[next(iter(self.ends))].value(population, name)
        return np.broadcast_to(np.floor(np.maximum(x, 0.0)), (self.sim.slices[population].n,)).astype(np.int64)

    def _used(self, population: int, name: str) -> np.ndarray:
        """Number of elements of each neuron that have a synapse (n,)."""
        n = self.sim.slices[population].n
        out = np.zeros(n, np.int64)
        for k, s in self.rewired.items():
            d = self.drafts.get(k)
            for side, key in _keys(s, self.ends[k]):
                if key == (population, name):
                    pairs = self.tables[k] if d is None else d.pairs
                    out += np.bincount(self.ends[k].of(pairs, side, population), minlength=n)
        return out

    def _lose(self, population: int, name: str) -> None:
        """Removes synapses, at random, of neurons that have more than elements."""
        excess = np.maximum(self._used(population, name) - self._whole(population, name), 0)
        if not excess.any():
            return
        found = [
            (d, *d.ends.places(d.pairs, side, population))
            for d in self.drafts.values()
            for side, key in _keys(d.synapses, d.ends)
            if key == (population, name)
        ]
        neurons = np.concatenate([x for _, _, x in found])
        stream = self.sim.slices[population].member.stream
        u = stream.child("elements", name, self.sim.step).generator().random(len(neurons))
        order = np.lexsort((u, neurons))
        first = np.searchsorted(neurons[order], neurons[order])
        gone = np.zeros(len(neurons), bool)
        gone[order] = np.arange(len(order)) - first < excess[neurons[order]]
        at = 0
        lost: dict[int, list[np.ndarray]] = {}
        for d, places, _ in found:
            lost.setdefault(d.number, []).append(places[gone[at : at + len(places)]])
            at += len(places)
        for number, places in lost.items():
            self.drafts[number].drop(np.concatenate(places))

    def _decay(self, population: int, name: str) -> None:
        """Lets a share of the free elements vanish."""
        share = max(
            (
                d.rule.decay
                for d in self.drafts.values()
                for _, key in _keys(d.synapses, d.ends)
                if key == (population, name)
            ),
            default=0.0,
        )
        if share:
            free = np.maximum(self._whole(population, name) - self._used(population, name), 0)
            at = self.sim.slices[population]
            at.put(self.sim.arrays.X, name, at.get(self.sim.arrays.X, name) - share * free)

    # --- growth ---------------------------------------------------------------------------------------------------

    def _grow(self, d: Draft) -> None:
        rng = d.stream("pairs").generator()
        if d.rule.elements is not None:
            d.add(d.accepted(self._free_pairs(d, rng), rng))
        elif d.rule.grow == ALL:
            for pairs in _all_pairs(d):
                d.add(d.accepted(pairs, rng))
        elif d.rule.grow == REPLACE:
            for _ in range(ROUNDS):
                missing = int(d.table.counts[0]) - len(d.pairs)
                if missing <= 0:
                    break
                d.add(d.accepted(d.ends.random_pairs(missing, rng), rng))
        elif d.rule.grow:
            d.add(d.accepted(d.ends.random_pairs(int(d.rule.grow), rng), rng))

    def _free_pairs(self, d: Draft, rng: np.random.Generator) -> Pairs:
        """Free elements of sources and targets, paired at random."""
        sides = []
        for side, views, name in zip((0, 1), (d.ends.sources, d.ends.targets), d.rule.elements or (), strict=True):
            which, neurons = [], []
            left: dict[int, np.ndarray] = {}
            for k, v in enumerate(views):
                p = d.ends.index[side][k]
                if p not in left:
                    left[p] = np.maximum(self._whole(p, name) - self._used(p, name), 0)
                numbers = np.arange(v.start, v.stop, v.step)
                each = np.repeat(numbers, left[p][numbers])
                left[p][numbers] = 0
                which.append(np.full(len(each), k))
                neurons.append(each)
            order = np.argsort(rng.random(sum(map(len, neurons))), kind="stable")
            sides.append((np.concatenate(which)[order], np.concatenate(neurons)[order]))
        (a, i), (b, j) = sides
        n = min(len(i), len(j))
        return d.ends.pairs(a[:n], i[:n], b[:n], j[:n])


def _keys(s: Synapses, ends: Ends) -> Iterator[tuple[int, tuple[int, str]]]:
    """Sides (0: sources, 1: targets) with the population and name of their elements."""
    for side, name in enumerate(s.rewiring.elements or ()):
        for p in dict.fromkeys(ends.index[side]):
            yield side, (p, name)


def _remove(d: Draft) -> None:
    """Removes synapses with the probability that the rule gives each."""
    if not d.rule.remove or not len(d.pairs):
        return
    chance = d.probability(d.rule.remove, "remove", d.pairs, there=True)
    u = d.stream("remove").generator().random(len(d.pairs))
    d.drop(np.flatnonzero(u < chance))


def _all_pairs(d: Draft) -> Iterator[Pairs]:
    """All pairs without a synapse, some sources at a time."""
    present = d.pairs
    for a, v in enumerate(d.ends.sources):
        for b, w in enumerate(d.ends.targets):
            sources, targets = np.arange(v.start, v.stop, v.step), np.arange(w.start, w.stop, w.step)
            each = max(1, MOST // max(1, len(targets)))
            for first in range(0, len(sources), each):
                some = sources[first : first + each]
                free = np.ones((len(some), len(targets)), bool)
                mine = (present.of == a * len(d.ends.targets) + b) & np.isin(present.pre, some)
                free[(present.pre[mine] - some[0]) // v.step, (present.post[mine] - w.start) // w.step] = False
                i, j = np.nonzero(free)
                yield d.ends.pairs(np.full(len(i), a), some[i], np.full(len(j), b), targets[j])


__all__ = ["Epoch", "Rewirings"]
