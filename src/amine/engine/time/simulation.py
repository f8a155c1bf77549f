"""A network in time: arrays for every thread, advanced in chunks, and the whole state for checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.arrays import fill, layout
from amine.engine.build.draws import require_range
from amine.engine.build.sources import put_rates
from amine.engine.device import arguments
from amine.engine.device.arrays import total
from amine.engine.device.tables import BLOCK, SINCE, SOURCE_FOLLOWED, SOURCE_POISSON
from amine.engine.resolve.resolved import Resolved, resolve
from amine.engine.time.changes import Changes
from amine.engine.time.finite import finite, report
from amine.engine.time.lists import ListsSnapshot, SpikeLists
from amine.engine.time.recordings import Recordings
from amine.engine.time.rewiring import Rewirings
from amine.engine.time.sampling import Sampling
from amine.engine.time.threads import Threads
from amine.engine.transmission.part import Build, Layout, Snapshot, State
from amine.engine.transmission.parts import load_module, parts_of, room_of, totals_of
from amine.engine.transmission.plastic import PlasticNetwork
from amine.errors import AmineError, did_you_mean
from amine.network.estimate import available_bytes, chunk_steps, longest_delay
from amine.network.network import Network
from amine.network.threads import threads_of
from amine.records import dataclass

PRECISIONS = {"float32": (np.float32, 32), "float64": (np.float64, 64)}


@dataclass
class Chunk:
    """Results of a chunk of steps: spikes sorted by step and neuron, and traces. The spikes of the first step have step ``first`` + 1."""

    first: int
    last: int
    steps: np.ndarray
    ids: np.ndarray
    probes: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]
    early: np.ndarray | None = (
        None  # part of a step by which each spike precedes the end of its step; None: all are at the ends
    )


class SimulationSnapshot(TypedDict):
    """A copy of all that changes in a simulation."""

    step: int
    X: np.ndarray
    events: np.ndarray
    lists: ListsSnapshot
    parts: dict[str, Snapshot]


class Simulation:
    """The running state of a network.

    Parameters
    ----------
    net : the description.
    threads : number of threads, or ``"auto"``; results do not depend on it.
    precision : ``float32`` or ``float64``.

    Raises
    ------
    AmineError
        If the network does not fit into memory, or a value cannot be computed.
    """

    def __init__(self, net: Network, threads: int | str = 1, precision: str = "float32"):
        _check(net, precision)
        self.threads, self.precision = threads_of(threads, net, "Network.run"), precision
        self.real, bits = PRECISIONS[precision]
        self.seconds = {"build": 0.0, "compile": 0.0, "simulate": 0.0}
        self.step = 0
        _check_memory(net, precision)
        start = time.perf_counter()
        self.described, self.resolved = net, resolve(net)
        self.net = self.resolved.net
        self.module, self.warm = load_module(self.resolved, bits)
        self.seconds["compile"] += time.perf_counter() - start
        start = time.perf_counter()
        self.build(self.resolved)
        self.changes = Changes(self)
        self.seconds["build"] += time.perf_counter() - start
        start = time.perf_counter()
        self._span(0)
        self.lists.gather(0, 0)  # is loaded or compiled here, not within the first chunk
        self.seconds["compile"] += time.perf_counter() - start

    @property
    def n_synapses(self) -> int:
        """Number of synapses at present."""
        return sum(d.n_synapses for d in self.drawn.values()) + self.rewirings.grown

    @property
    def nbytes(self) -> int:
        """Bytes of states, synapses and lists of spikes."""
        a = self.arrays
        states = sum(x.nbytes for x in (a.X, a.Q, a.C, a.R, a.last))
        return states + self.synapse_bytes + self.lists.nbytes

    # --- building ----------------------------------------------------------------------------------------------

    def build(self, resolved: Resolved) -> None:
        """Draws all synapses and fills all arrays, at time zero."""
        parts = parts_of(resolved)
        self.slices, size = layout(resolved, self.module)
        blocks = wiring.boundaries(self.slices, self.threads)
        there = Layout(resolved, self.module, self.slices, blocks, self.precision)
        self.drawn = {p.name: p.draw(there) for p in parts}
        self.synapse_bytes = sum(d.nbytes for d in self.drawn.values())
        self.arrays = fill(resolved, self.module, self.slices, totals_of(self.drawn), size, self.real)
        self.watched = [(p, p.view(self.arrays.X)[:, : len(p.states)]) for p in self.slices if p.states]
        room = room_of(self.drawn, there, len(self.arrays.RT))
        self.built = Build(there, self.arrays, room)
        self.states: dict[str, State] = {p.name: p.assemble(self.drawn[p.name], self.built) for p in parts}
        rows = sum(d.rows for d in self.drawn.values())
        paid = len(self.arrays.RT) + rows > 0
        self.lists = SpikeLists(self.slices, blocks, room, room.first_row + rows, paid, self.real)
        self._interpolated = "crossings" in self.drawn
        self._team = Threads(self.module, blocks, room.own)
        self._scratch = [(np.empty(BLOCK, np.uint32), np.empty(BLOCK)) for _ in range(self.threads)]
        injected = [x for p in self.slices for x in p.member.stimuli]
        self.recordings, self.rewirings = Recordings(self), Rewirings(self)
        self.sampling = Sampling(self)
        unrecorded = [at for at in self.slices if not at.member.population.record_spikes]
        self._unrecorded = np.array([(at.id0, at.id0 + at.n) for at in unrecorded], np.int64).reshape(-1, 2)
        self.waveforms = [[(s.name, s.current) for s in x.stimuli] for x in injected]
        self._no_currents = np.zeros((1, 1), self.real)

    def rebuild(self, resolved: Resolved, names: Collection[str]) -> None:
        """Replaces the synapses of some parts by those of a network that differs in their values; states of synapses stay."""
        known = {}
        if "filter" in self.states:
            known = {d.routes: d.bundle for d in self.drawn["filter"].content}
        there = replace(self.built.layout, resolved=resolved, known=known)
        parts = [p for p in parts_of(resolved) if p.name in names]
        new = {p.name: replace(p.draw(there), totals=self.drawn[p.name].totals) for p in parts}
        self.drawn |= new
        self.built = replace(self.built, layout=there, room=room_of(self.drawn, there, len(self.arrays.RT)))
        self.lists.reach_back(self.built.room)
        for part in parts:
            before = self.states[part.name].state()
            self.states[part.name] = part.assemble(new[part.name], self.built)
            self.states[part.name].set_state(before)
            self.states[part.name].begin(self.step, 0)

    def allow_entries(self) -> None:
        """Allows as many entries a step in the lists of spikes as all parts demand."""
        room = room_of(self.drawn, self.built.layout, len(self.arrays.RT))
        self.built = replace(self.built, room=room)
        self.lists.reach_back(room)
        self._team.allow(room.own)

    @property
    def plastic(self) -> PlasticNetwork | None:
        """Plastic synapses, if there are any."""
        found = self.states.get("plastic")
        return found if isinstance(found, PlasticNetwork) else None

    @property
    def events(self) -> np.ndarray:
        """Synaptic events so far, by thread."""
        return self._team.events

    # --- time --------------------------------------------------------------------------------------------------

    def set_rates(self, population: str, rates: np.ndarray, where: str) -> None:
        """Sets the rates (1/ms) of a Poisson source from now on, one or (n,); ``where`` is the place in errors."""
        p = next((i for i, at in enumerate(self.slices) if at.member.name == population), -1)
        sources = [at.member.name for at in self.slices if at.member.kind in (SOURCE_POISSON, SOURCE_FOLLOWED)]
        if p < 0 or population not in sources:
            hint = did_you_mean(population, sources) if sources else "add a population of the model 'poisson'"
            raise AmineError(where, "this is no Poisson source of the network", hint=hint)
        if rates.shape not in ((), (self.slices[p].n,)):
            raise AmineError(
                where, "the number of rates is wrong", given=str(rates.shape), expected=f"1 or {self.slices[p].n}"
            )
        if np.max(rates, initial=0.0) * self.net.dt > 1.0:
            given = f"{np.max(rates) * 1e3:g} Hz"
            expected = f"at most {1e3 / self.net.dt:g} Hz: one spike a step"
            raise AmineError(where, "the rate is too high", given=given, expected=expected)
        if put_rates(
            self.slices[p], self.arrays.X, rates * self.net.dt
        ):  # a rate set to its own value leaves the spikes
            self.arrays.Q[p, SINCE] = self.step

    def chunk_steps(self, wanted: float | None) -> int:
        """Steps of a chunk of ``wanted`` ms, or of the usual; fewer if traces would need too much memory, or a part ends it earlier."""
        steps = chunk_steps(self.net) if wanted is None else max(1, math.ceil(wanted / self.net.dt - 1e-9))
        steps = max(1, min(steps, 10**6))
        parts = [*self.states.values(), self.recordings, self.rewirings, self.sampling]
        return min([steps, *(s.limit(self.step, steps) for s in parts)])

    def advance(self, steps: int) -> Chunk:
        """Advances by ``steps`` and returns their results.

        Raises
        ------
        AmineError
            If a state is no longer finite, which it names. The simulation is then as it was before.
        """
        start = time.perf_counter()
        before = self.snapshot()
        weights = self.sampling.samples()
        chunk = self.chunk(steps)
        chunk.probes |= weights
        self.seconds["simulate"] += time.perf_counter() - start
        if not finite(self):
            report(self, before, steps)
        self.rewirings.act()
        return chunk

    def chunk(self, steps: int) -> Chunk:
        """As :meth:`advance`, without a test for finite states."""
        first, target = self.step, self.step + steps
        for s in self.states.values():
            s.begin(first, steps)
        found, early = [], []
        while self.step < target:
            at = self.step
            self.lists.roll(target - at)
            for s in self.states.values():
                s.prepare()
            self._span(target - at)
            found.append(self.lists.gather(self.step - at, at + 1))
            early += [self.lists.gather_payload(self.step - at)] if self._interpolated else []
        traces = {name: x for s in self.states.values() for name, x in s.samples(first, target).items()}
        spikes, ids = (np.concatenate([x[i] for x in found]) for i in (0, 1))
        chunk = Chunk(first, target, spikes, ids, traces, np.concatenate(early) if early else None)
        self.recordings.make(chunk)
        return self._without_unrecorded(chunk) if len(self._unrecorded) else chunk

    def _without_unrecorded(self, chunk: Chunk) -> Chunk:
        """The chunk without spikes of populations that do not record them."""
        keep = np.ones(len(chunk.ids), bool)
        for first, last in self._unrecorded:
            keep &= (chunk.ids < first) | (chunk.ids >= last)
        early = None if chunk.early is None else chunk.early[keep]
        return replace(chunk, steps=chunk.steps[keep], ids=chunk.ids[keep], early=early)

    def _span(self, steps: int) -> None:
        """Runs all threads for ``steps`` steps, or fewer if lists of spikes are full."""
        first, a = self.step, self.arrays
        currents, spikes = self._currents(first, max(steps, 1)), self.lists.argument()
        room = self.built.room
        span = arguments.Span(first, first + steps, room.history, room.interval, self.net.dt)

        def given(t: int) -> list[Any]:
            cells = arguments.Cells(a.X, a.Q, a.C, currents, *self._scratch[t])
            own = [s.arguments(t) for s in self.states.values()]
            return [cells, spikes, *(x for x in own if x is not None)]

        self.step = self._team.advance(span, given)
        self.lists.used = room.history + self.step - first

    def _currents(self, first: int, steps: int) -> np.ndarray:
        """Injected currents (pA) at the middle of each step (steps, stimuli); one zero, which nothing reads, without any."""
        if not self.waveforms:
            return self._no_currents
        t = (first + np.arange(steps) + 0.5) * self.net.dt
        columns = []
        for each in self.waveforms:
            found = [w.at(t) for _, w in each]
            for (name, _), x in zip(each, found, strict=True):
                require_range(x, self.real, f"Stimulus '{name}'", "the current")
            columns.append(total(found))
            require_range(columns[-1], self.real, f"Stimulus '{each[0][0]}' and others", "the current")
        return np.ascontiguousarray(np.stack(columns, 1), self.real)

    # --- state -----------------------------------------------------------------------------------------------------

    def snapshot(self) -> SimulationSnapshot:
        """A copy of all that changes, for going back within a chunk."""
        return {
            "step": self.step,
            "X": self.arrays.X.copy(),
            "events": self.events.copy(),
            "lists": self.lists.snapshot(),
            "parts": {name: s.snapshot() for name, s in self.states.items()},
        }

    def restore(self, kept: SimulationSnapshot) -> None:
        """Goes back to a snapshot."""
        self.step = kept["step"]
        self.arrays.X[:], self.events[:] = kept["X"], kept["events"]
        self.lists.restore(kept["lists"])
        for name, s in self.states.items():
            s.restore(kept["parts"][name])

    def state(self) -> dict[str, Any]:
        """The whole state as arrays, in a form that does not depend on the number of threads."""
        return {
            "step": np.int64(self.step),
            "X": self.arrays.X,
            "events": np.int64(self.events.sum()),
            "since": self.arrays.Q[:, SINCE],
            **{f"lists.{k}": v for k, v in self.lists.state().items()},
            **{f"{name}.{k}": v for name, s in self.states.items() for k, v in s.state().items()},
        }

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        """Goes to a state that :meth:`state` returned, of a simulation of the same network and precision."""
        self.step = int(s["step"])
        self.arrays.X[:], self.arrays.Q[:, SINCE] = s["X"], s["since"]
        self.events[:] = 0
        self.events[0] = int(s["events"])
        self.lists.set_state(_within("lists", s))
        self.built = replace(self.built, room=self.lists.room)
        for name, state in self.states.items():
            state.set_state(_within(name, s))


def _within(name: str, s: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k.removeprefix(f"{name}."): v for k, v in s.items() if k.startswith(f"{name}.")}


def _check(net: Network, precision: str) -> None:
    if precision not in PRECISIONS:
        raise AmineError(
            "Network.run, precision", "unknown precision", given=repr(precision), expected="'float32' or 'float64'"
        )
    if not net.populations:
        raise AmineError("Network", "it has no populations", hint="add one with net.population()")


def _check_memory(net: Network, precision: str) -> None:
    size, room = net.estimate(precision), available_bytes()
    if size["bytes"] > room:
        name, delay = longest_delay(net)
        if size["history_bytes"] > size["bytes"] // 2 and delay > 100.0:
            raise AmineError(
                f"{name}, delay",
                "so many steps need more memory than there is",
                given=f"{delay:g} ms, {size['history_bytes'] / 1e9:.1f} GB",
                expected=f"at most {room / 1e9:.1f} GB",
                hint="shorten the delay, or give the network a larger dt",
            )
        raise AmineError(
            "Network",
            "it needs more memory than there is",
            given=f"{size['neurons']:,} neurons and {size['synapses']:,} synapses, {size['bytes'] / 1e9:.1f} GB",
            expected=f"at most {room / 1e9:.1f} GB",
            hint="lower p, the number of neurons or of their compartments, or the precision",
        )
