"""One projection at an update of its structure: present synapses, what the texts of its rule read, and what is removed and added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine import equations
from amine.engine.resolve.streams import Stream
from amine.engine.transmission.plastic import PlasticNetwork
from amine.engine.transmission.structural import Structures, Table
from amine.errors import AmineError
from amine.network.formulas import AXES, listed, names_of_pairs
from amine.network.parts import Synapses, View
from amine.network.structure import POST, PRE, Rewiring, known, weight_names
from amine.records import dataclass
from amine.values import Formula, Value, realise

if TYPE_CHECKING:
    from amine.engine.time.simulation import Simulation


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of neurons: the number of the pair of views, and the numbers of the neurons in their populations (pairs,)."""

    of: np.ndarray
    pre: np.ndarray
    post: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> Pairs:
        return Pairs(self.of[chosen], self.pre[chosen], self.post[chosen])

    def __len__(self) -> int:
        return len(self.pre)

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(*(np.concatenate([getattr(x, n) for x in (self, other)]) for n in ("of", "pre", "post")))


class Ends:
    """The neurons at the ends of a projection."""

    def __init__(self, sim: Simulation, s: Synapses):
        self._sim, self.sources, self.targets = sim, s.source.views(), s.target.views()
        names = sim.built.layout.index
        self.index = tuple([names[v.population] for v in views] for views in (self.sources, self.targets))

    def views(self, of: int) -> tuple[View, View]:
        """Source and target view of a pair of views."""
        return self.sources[of // len(self.targets)], self.targets[of % len(self.targets)]

    def pairs(self, a: np.ndarray, i: np.ndarray, b: np.ndarray, j: np.ndarray) -> Pairs:
        """Pairs of neurons ``i`` of source views ``a`` and neurons ``j`` of target views ``b``."""
        return Pairs((a * len(self.targets) + b).astype(np.int64), i.astype(np.int64), j.astype(np.int64))

    def places(self, pairs: Pairs | Table, side: int, population: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the pairs of which one end is in a population, and the neurons there."""
        view = pairs.of // len(self.targets) if side == 0 else pairs.of % len(self.targets)
        found = np.flatnonzero(np.asarray(self.index[side], np.int64)[view] == population)
        return found, (pairs.pre if side == 0 else pairs.post)[found]

    def of(self, pairs: Pairs | Table, side: int, population: int) -> np.ndarray:
        """The neurons of a population at one end of the pairs."""
        return self.places(pairs, side, population)[1]

    def random_pairs(self, n: int, rng: np.random.Generator) -> Pairs:
        """Pairs of which each is equally likely."""
        ends = []
        for views in (self.sources, self.targets):
            bounds = np.cumsum([v.n for v in views])
            k = np.minimum((rng.random(n) * bounds[-1]).astype(np.int64), bounds[-1] - 1)
            which = np.searchsorted(bounds, k, side="right")
            start, step, size = (np.array([getattr(v, x) for v in views], np.int64) for x in ("start", "step", "n"))
            ends.append((which, start[which] + step[which] * (k - bounds[which] + size[which])))
        return self.pairs(*ends[0], *ends[1])

    def value(self, population: int, name: str) -> float | np.ndarray:
        """A state (n,) or parameter of a population."""
        at = self._sim.slices[population]
        if name in at.rows:
            return at.get(self._sim.arrays.X, name).astype(float)
        found: Any = self._sim.arrays.values[population][name]
        return np.asarray(found, float)


class Draft:
    """The synapses of a projection while they are being changed."""

    def __init__(self, sim: Simulation, number: int, s: Synapses, table: Table, ends: Ends):
        self.sim, self.number, self.synapses, self.table, self.ends = sim, number, s, table, ends
        self.rule: Rewiring = s.rewiring
        self.where = f"Synapses '{s.name}', rewiring"
        self._kept = np.arange(len(table))
        self._new = Pairs(*(np.empty(0, np.int64) for _ in range(3)))
        self._pairs: Pairs | None = None
        plastic = sim.plastic
        self._plastic, self._q = plastic, -1
        self._words = np.empty((0, 2))
        if plastic is not None and s.plastic is not None:
            self._q = [p.number for p in plastic.parts].index(number)
            plastic.settle(self._q, sim)
            self._words = _words(plastic, self._q)

    def stream(self, *names: str) -> Stream:
        """The stream of something that is drawn at this update."""
        return self.sim.resolved.streams.routes[self.number, 0, 0].child("rewire", self.sim.step, *names)

    @property
    def pairs(self) -> Pairs:
        """The pairs that have a synapse: those that stay, then the new ones."""
        if self._pairs is None:
            t, k = self.table, self._kept
            self._pairs = Pairs(t.of[k], t.pre[k], t.post[k]) + self._new
        return self._pairs

    def drop(self, places: np.ndarray) -> None:
        """Removes synapses by their places in :attr:`pairs`, before any is added."""
        self._kept, self._pairs = np.delete(self._kept, places), None

    def add(self, pairs: Pairs) -> None:
        """Adds a synapse to each pair."""
        self._new, self._pairs = self._new + pairs, None

    # --- probabilities ----------------------------------------------------------------------------------------------

    def accepted(self, tried: Pairs, rng: np.random.Generator) -> Pairs:
        """The pairs, of those that are tried, that get a synapse."""
        u = rng.random(len(tried))
        allowed = self._allowed(tried)
        tried, u = tried[allowed], u[allowed]
        return tried[u < self.probability(self.rule.p, "p", tried, there=False)] if len(tried) else tried

    def _allowed(self, tried: Pairs) -> np.ndarray:
        ok = np.ones(len(tried), bool)
        if not self.synapses.autapses:
            a, b = tried.of // len(self.ends.targets), tried.of % len(self.ends.targets)
            sources, targets = (np.asarray(x, np.int64) for x in self.ends.index)
            ok &= (sources[a] != targets[b]) | (tried.pre != tried.post)
        if not self.synapses.multapses:
            there, mine = self._codes(self.pairs), self._codes(tried)
            first = np.zeros(len(tried), bool)
            first[np.unique(np.where(ok, mine, -1 - np.arange(len(mine))), return_index=True)[1]] = True
            ok &= first & ~np.isin(mine, there)
        return ok

    def _codes(self, pairs: Pairs) -> np.ndarray:
        """A number for each pair that no other has."""
        most = max(len(p) for p in self.sim.net.populations.values())
        return (pairs.of * most + pairs.pre) * most + pairs.post

    def probability(self, text: str, what: str, pairs: Pairs, there: bool) -> np.ndarray:
        """The probability that a text gives each pair; with ``there`` pairs are those of :attr:`pairs`."""
        net, s = self.sim.net, self.synapses
        units = known(net, s, there)
        found = equations.chance(text, tuple(units.items()), f"{self.where}, {what}")
        out = np.empty(len(pairs))
        for of in np.unique(pairs.of):
            mine = np.flatnonzero(pairs.of == of)
            values = self._read(found.names, int(of), pairs[mine])
            if there:
                values |= {n: x[mine] for n, x in self._of_synapses(found.names).items()}
            out[mine] = np.broadcast_to(found(values), mine.shape)
        bad = np.flatnonzero(~np.isfinite(out))
        if len(bad):
            given = f"from neuron {pairs.pre[bad[0]]} to {pairs.post[bad[0]]}"
            raise AmineError(f"{self.where}, {what}", "the probability is not finite", given=given)
        return out

    def _read(self, names: frozenset[str], of: int, pairs: Pairs) -> dict[str, np.ndarray]:
        """Values of names that a text reads of the neurons of pairs between two views."""
        a, b = self.ends.views(of)
        out: dict[str, np.ndarray] = {}
        placed = {"i", "j", "d", *(f"{x}{end}" for x in AXES for end in (PRE, POST))}
        if names & placed:
            out |= names_of_pairs(self.sim.net, a, b, (pairs.pre - a.start) // a.step, (pairs.post - b.start) // b.step)
        for view, end, neurons in ((a, PRE, pairs.pre), (b, POST, pairs.post)):
            p = self.sim.built.layout.index[view.population]
            at = self.sim.slices[p]
            for n in names:
                own = n.removesuffix(end)
                if n.endswith(end) and (own in at.rows or own in self.sim.arrays.values[p]):
                    x = np.asarray(self.ends.value(p, own))
                    out[n] = x[neurons] if x.ndim else x
        return out

    def _of_synapses(self, names: frozenset[str]) -> dict[str, np.ndarray]:
        """Values of names that a text reads of synapses that exist."""
        k, t, s = self._kept, self.table, self.synapses
        out = {"age": (self.sim.step - t.born[k]) * self.sim.net.dt}
        states = self._states()
        for name, label in weight_names(s).items():
            out[name] = states["w"][k] if label == s.plastic else t.weights[label][k]
        return {n: x for n, x in {**{m: x[k] for m, x in states.items() if m != "w"}, **out}.items() if n in names}

    def _states(self) -> dict[str, np.ndarray]:
        """States of the rule at all synapses of the table."""
        if self._plastic is None or self._q < 0:
            return {}
        code = self._plastic.parts[self._q].code["synapse"]
        values = self._words.view(self._plastic.real)
        return {n: values[:, c + 1].astype(float) for c, n in enumerate(code)}

    # --- the new table -----------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Puts the changed synapses in place."""
        gone, new = len(self.table) - len(self._kept), len(self._new)
        if not gone and not new:
            return
        t, k, step = self.table, self._kept, self.sim.step
        steps, weights = self._delays(), {n: self._drawn(n, "weight") for n in self.rule.weights}
        both = self.pairs
        delays, born = np.concatenate([t.steps[k], steps]), np.concatenate([t.born[k], np.full(new, step)])
        order = np.lexsort((delays, both.post, both.pre, both.of))  # stable: older synapses of a pair come first
        own = {n: np.concatenate([w[k], weights[n]])[order] for n, w in t.weights.items()}
        counts = t.counts + np.array([0, new, gone])
        structures = self.sim.states["structural"]
        assert isinstance(structures, Structures)
        pairs = both[order]
        table = Table(pairs.of, pairs.pre, pairs.post, delays[order], born[order], own, counts)
        structures.put(self.number, table)
        if self._plastic is not None and self._q >= 0:
            self._put_words(self._plastic, delays[order], order, weights[str(self.synapses.plastic)])

    def _put_words(self, plastic: PlasticNetwork, steps: np.ndarray, order: np.ndarray, weights: np.ndarray) -> None:
        p = plastic.parts[self._q]
        new = np.zeros((len(self._new), 1 + len(p.code["synapse"])), self._words.dtype)
        new[:, 0] = self._new.post
        initial = dict(getattr(plastic.module, f"rule_initial_{p.kind}")(p.parameters))
        for c, name in enumerate(p.code["synapse"]):
            new.view(plastic.real)[:, c + 1] = weights if name == "w" else initial.get(name, 0.0)
        words = np.concatenate([self._words[self._kept], new])[order]
        plastic.put_synapses(self._q, self.pairs.pre[order], steps - p.early - p.dmin, words)

    def _delays(self) -> np.ndarray:
        """Delays of the new synapses in steps, as they could be drawn at the start."""
        if self.synapses.delay is None:
            return np.ones(len(self._new), np.int64)
        x = self._drawn("", "delay")
        return np.maximum(1, np.floor(x / self.sim.net.dt + 0.5)).astype(np.int64)

    def _drawn(self, label: str, what: str) -> np.ndarray:
        """Weights or delays (new synapses,) in coherent units."""
        net, s = self.sim.net, self.synapses
        value: Value = self.rule.weights[label] if what == "weight" else s.delay  # type: ignore[assignment]
        unit = "ms" if what == "delay" else self._weight_unit(label)
        rng, place = self.stream(what, label).generator(), f"{self.where}, {what}"
        if not isinstance(value, Formula):
            return np.broadcast_to(
                np.asarray(realise(value, unit, len(self._new), rng, place), float), (len(self._new),)
            )
        out = np.empty(len(self._new))
        for of in np.unique(self._new.of):
            mine = np.flatnonzero(self._new.of == of)
            a, b = self.ends.views(int(of))
            inside = (self._new.pre[mine] - a.start) // a.step, (self._new.post[mine] - b.start) // b.step
            out[mine] = listed(net, value, unit, inside, (a, b), place).values
        return out

    def _weight_unit(self, label: str) -> str:
        return next(r.weight_unit for r in self.sim.resolved.routes if r.number == self.number and r.label == label)


def _words(plastic: PlasticNetwork, q: int) -> np.ndarray:
    """The words of all synapses of a plastic part in the order of connections."""
    p = plastic.parts[q]
    order, i, j, _ = plastic.order(q)
    words = np.concatenate([s.words for s in p.shards])[order]
    return np.ascontiguousarray(words[np.lexsort((j, i))])


__all__ = ["Draft", "Ends", "Pairs"]
