"""A network in time: arrays for every thread, advanced in chunks; all that a checkpoint must hold is here."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from amine.engine.build import prepare, wiring
from amine.engine.device.functions import barrier  # noqa: F401  (compiled into generated modules)
from amine.engine.device.tables import PROBE_COLUMNS, SINCE, SOURCE_POISSON
from amine.engine.resolve.resolved import Resolved, resolve
from amine.engine.time.slow import SlowState
from amine.engine.transmission import plastic_build as plasticity
from amine.engine.transmission.parts import Transmission
from amine.errors import AmineError, did_you_mean
from amine.network.estimate import available_bytes
from amine.network.network import Network
from amine.units import to_internal

BLOCK = 64
OUTPUT_BYTES = 64 * 2**20


@dataclass
class Chunk:
    """What a chunk of steps gave: spikes sorted by (step, id), steps counted from 1 at the end of the first, and traces."""

    first: int
    last: int
    steps: np.ndarray
    ids: np.ndarray
    probes: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]


@dataclass
class _Probe:
    name: str
    every: int
    variables: tuple[str, ...]
    slots: list[np.ndarray]  # for each variable, places of all neurons
    n: int


class Simulation:
    """The running state of a network.

    Parameters
    ----------
    net : the description.
    threads : number of threads; results do not depend on it.
    precision : ``float32`` or ``float64``.

    Raises
    ------
    AmineError
        If the network does not fit into memory, or a value cannot be worked out.
    """

    def __init__(self, net: Network, threads: int = 1, precision: str = "float32"):
        if precision not in ("float32", "float64"):
            raise AmineError(
                "Network.run, precision", "unknown precision", given=repr(precision), expected="'float32' or 'float64'"
            )
        if not isinstance(threads, int) or not 1 <= threads <= 1024:
            raise AmineError(
                "Network.run, threads", "the number of threads is out of range", given=repr(threads), expected="1..1024"
            )
        if not net.populations:
            raise AmineError("Network", "it has no populations", hint="add one with net.population()")
        self.net, self.threads, self.precision = net, threads, precision
        self.real: Any = np.float32 if precision == "float32" else np.float64
        self.seconds = {"build": 0.0, "compile": 0.0, "simulate": 0.0}
        self.step = 0
        self._check_memory()
        start = time.perf_counter()
        self.resolved = resolve(net)
        self.net = self.resolved.net
        self.module, self.warm = prepare.load_module(self.resolved, 32 if precision == "float32" else 64)
        self.seconds["compile"] += time.perf_counter() - start
        start = time.perf_counter()
        self._build(self.resolved)
        self.seconds["build"] += time.perf_counter() - start
        start = time.perf_counter()
        self._advance_threads(0)
        gather(self.spk, self.ptr, 0, 0, 0, 0)  # loaded or compiled here, not within the first chunk
        self.seconds["compile"] += time.perf_counter() - start

    def _check_memory(self) -> None:
        size, room = self.net.estimate(self.precision), available_bytes()
        if size["bytes"] > room:
            raise AmineError(
                "Network",
                "it needs more memory than there is",
                given=f"{size['neurons']:,} neurons and {size['synapses']:,} synapses, {size['bytes'] / 1e9:.1f} GB",
                expected=f"at most {room / 1e9:.1f} GB",
                hint="lower p, the number of neurons or of their compartments, or the precision",
            )

    # --- building ----------------------------------------------------------------------------------------------

    def _build(self, resolved: Resolved) -> None:
        net, T = self.net, self.threads
        self.places, size = prepare.layout(resolved, self.module)
        self.blocks = wiring.boundaries(self.places, T)
        gaps, conductances = wiring.gap_tables(net, self.places)
        self.bundles = wiring.build(resolved, self.module, self.places, self.blocks, self.precision)
        plastic = plasticity.draw(resolved, self.module, self.places, self.blocks, self.precision)
        self.transmission = Transmission(self, resolved)
        totals = prepare.Totals(conductances, self.transmission.quanta)
        self.arrays = prepare.fill(resolved, self.module, self.places, totals, size, self.real)
        self.transmission.assemble()
        drawn = [b for _, _, b in self.bundles] + self.transmission.bundles
        self.n_synapses = sum(x.n_synapses for x in (*drawn, *plastic))
        self.synapse_bytes = sum(x.nbytes for x in (*drawn, *plastic))
        n_releases = max(1, len(self.arrays.RT)) + self.transmission.rows
        reach = [(b.dmin, b.dmin + b.n_delays - 1) for b in drawn] + [p.reach for p in plastic]
        self.history = max(max((d for _, d in reach), default=1), self.transmission.reach) + 1
        self.interval = 1 if net.electrical else min((d for d, _ in reach), default=15) + 1
        self.D = [wiring.bundle_table(self.bundles, self.places, self.arrays.Q, t) for t in range(T)]
        self.plastic = plasticity.start(plastic, self, resolved.signals)
        self.W = np.array([b.weight for _, _, b in self.bundles], self.real)
        self.gap = [wiring.gap_shard(gaps, self.places, self.blocks, t) for t in range(T)]
        self.lists = prepare.spike_lists(net, self.places)
        SL = [
            [(p, s.ctypes.data, i.ctypes.data, 0, len(s)) for p, s, i in self.lists] if t == 0 else [] for t in range(T)
        ]
        self.SL = [np.array(rows, np.int64).reshape(-1, 5) for rows in SL]
        self.specs = [*net.probes, *(resolved.slow.probes if resolved.slow is not None else [])]
        self._prepare_probes()
        self._prepare_stimuli()
        self.slow = None
        if resolved.slow is not None:
            self.slow = SlowState(resolved.slow, self.module, self.places, self.arrays.values, self.arrays, T)
            self.history = max(self.history, self.slow.every + 1)
        self.ptr = np.zeros((self.history, len(self.places) + len(self.transmission.lists), T, 2), np.int64)
        self.n_spk = np.zeros(T, np.int64)
        self.own = self._capacity()
        self.spk = np.zeros((T, self.own * (self.interval + 1) + 4096), np.int32)
        self.n_releases = n_releases
        paid = len(self.arrays.RT) > 0 or self.transmission.rows > 0
        self.pay = np.zeros((n_releases, T, self.spk.shape[1] if paid else 1), self.real)
        self.flags, self.sync = np.zeros((2, T), np.int64), np.zeros(16, np.int64)
        self.worst, self.events = np.zeros((2, T), self.real), np.zeros(T, np.int64)
        words = np.random.SeedSequence([net.seed & 0xFFFFFFFF, net.seed >> 32]).generate_state(2)
        self.k0, self.k1 = np.uint32(words[0]), np.uint32(words[1])
        self.tolerance = self.real(1e-4 if self.precision == "float32" else 1e-10)

    def _capacity(self) -> int:
        """Most spikes, and starts and ends of pulses, that a thread can add in one step."""
        pulses = np.bincount(np.array(self.transmission.lists, np.int64), minlength=len(self.places))
        own = [int(((b[:, 1] - b[:, 0]) * BLOCK * (1 + pulses)).sum()) for b in self.blocks]
        listed = [(int(np.bincount(s).max(initial=0)) if len(s) else 0) * int(1 + pulses[p]) for p, s, _ in self.lists]
        return max(own) + sum(listed)

    def _prepare_probes(self) -> None:
        index = {p.member.name: p for p in self.places}
        self.probes = []
        for q in self.specs:
            place = index[q.target.population]
            i = np.arange(q.target.start, q.target.stop, q.target.step)
            every = 1 if q.every is None else round(to_internal(q.every, "ms", "probe") / self.net.dt)
            self.probes.append(
                _Probe(q.name, max(1, every), q.variables, [place.slots(v, i) for v in q.variables], len(i))
            )
        self.owned: list[list[list[np.ndarray]]] = []  # thread, probe, variable: which of its neurons are the thread's
        for t in range(self.threads):
            limits = [
                (p.base + b[0] * p.stride, p.base + b[1] * p.stride)
                for p, b in zip(self.places, self.blocks[t], strict=True)
            ]
            rows = []
            for q, spec in zip(self.probes, self.specs, strict=True):
                low, high = limits[[p.member.name for p in self.places].index(spec.target.population)]
                rows.append([np.flatnonzero((s >= low) & (s < high)) for s in q.slots])
            self.owned.append(rows)

    def _prepare_stimuli(self) -> None:
        self.waveforms = [s.current for p in self.places for s in p.member.stimuli]

    # --- time --------------------------------------------------------------------------------------------------

    def set_rates(self, population: str, rates: np.ndarray, where: str) -> None:
        """Rates (1/ms), one or one for each neuron, of a Poisson source from now on; ``where`` is what an error names."""
        p = next((i for i, place in enumerate(self.places) if place.member.name == population), -1)
        sources = [place.member.name for place in self.places if place.member.kind == SOURCE_POISSON]
        if p < 0 or population not in sources:
            hint = did_you_mean(population, sources) if sources else "add a population of the model 'poisson'"
            raise AmineError(where, "this is no Poisson source of the network", hint=hint)
        if rates.shape not in ((), (self.places[p].n,)):
            raise AmineError(
                where, "the number of rates is wrong", given=str(rates.shape), expected=f"1 or {self.places[p].n}"
            )
        if np.max(rates, initial=0.0) * self.net.dt > 1.0:
            given = f"{np.max(rates) * 1e3:g} Hz"
            expected = f"at most {1e3 / self.net.dt:g} Hz: one spike a step"
            raise AmineError(where, "the rate is too high", given=given, expected=expected)
        prepare.put_rates(self.places[p], self.arrays.X, rates * self.net.dt)
        self.arrays.Q[p, SINCE] = self.step

    def longest_chunk(self) -> int:
        """Steps after which a chunk's traces would take too much memory."""
        width = sum(len(p.variables) * p.n / p.every for p in self.probes) * np.dtype(self.real).itemsize
        return max(1, int(OUTPUT_BYTES / width)) if width else 10**9

    def advance(self, steps: int) -> Chunk:
        """Advances by ``steps`` and returns what they gave.

        Raises
        ------
        AmineError
            If a state is no longer a finite number: the sentence names it. The simulation then stands where it stood.
        """
        start = time.perf_counter()
        before = self._snapshot()
        weights = {} if self.plastic is None else self.plastic.sample(self)
        chunk = self._chunk(steps)
        chunk.probes |= weights
        self.seconds["simulate"] += time.perf_counter() - start
        if not self._finite():
            self._report_not_finite(before, steps)
        return chunk

    def _chunk(self, steps: int) -> Chunk:
        first, target = self.step, self.step + steps
        out = self._output(steps)
        found_steps, found_ids, recorded = [], [], []
        while self.step < target:
            at = self.step
            self._roll(target - at)
            recorded += self._advance_threads(target - at, out)
            s, i = gather(self.spk, self.ptr, len(self.places), self.history, self.history + self.step - at, at + 1)
            found_steps.append(s)
            found_ids.append(i)
        traces = self._traces(out, first, target)
        if self.slow is not None:
            traces |= self.slow.samples(recorded, first, target)
        return Chunk(first, target, np.concatenate(found_steps), np.concatenate(found_ids), traces)

    def _roll(self, steps: int) -> None:
        """Moves the spikes that may still arrive to the front, and makes room for ``steps`` more."""
        used = self.ptr.shape[0] if not hasattr(self, "_used") else self._used
        ptr = np.zeros((self.history + steps, *self.ptr.shape[1:]), np.int64)
        ptr[: self.history] = self.ptr[used - self.history : used]
        for t in range(self.threads):
            n = int(self.n_spk[t])
            first = int(ptr[0, 0, t, 0]) if len(self.places) else 0
            self.spk[t, : n - first] = self.spk[t, first:n].copy()
            if self.pay.shape[2] > 1:
                self.pay[:, t, : n - first] = self.pay[:, t, first:n].copy()
            ptr[: self.history, :, t] -= first
            self.n_spk[t] = n - first
        need = int(self.n_spk.max()) + self.own * (self.interval + 1)
        if need + self.spk.shape[1] // 4 > self.spk.shape[1]:
            self._grow(2 * need + 4096)
        self.ptr, self._used = ptr, self.history
        if self.plastic is not None:
            self.plastic.prepare()

    def _grow(self, capacity: int) -> None:
        extra = capacity - self.spk.shape[1]
        if extra <= 0:
            return
        self.spk = np.pad(self.spk, ((0, 0), (0, extra)))
        if self.pay.shape[2] > 1:
            self.pay = np.pad(self.pay, ((0, 0), (0, 0), (0, extra)))

    def _advance_threads(self, steps: int, out: Any = None) -> list[np.ndarray]:
        """All threads run the generated loop up to the same step; sooner if spikes fill their buffers.

        Returns what slow signals were recorded.
        """
        if out is None:
            out = self._output(max(steps, 1))
        k = self.step
        stimuli = self._stimuli(k, max(steps, 1))
        slow = () if self.slow is None else (self.slow.chunk(k, steps),)
        a, reached = self.arrays, [k] * self.threads
        errors: list[BaseException] = []

        def work(t: int) -> None:
            O, out_slots, buffer = out[t]
            try:
                reached[t] = self.module.advance(
                    t,
                    self.threads,
                    k,
                    k + steps,
                    self.history,
                    self.interval,
                    self.net.dt,
                    self.tolerance,
                    self.k0,
                    self.k1,
                    a.X,
                    a.Q,
                    a.C,
                    self.blocks[t],
                    stimuli,
                    self.D[t],
                    self.W,
                    a.PI,
                    a.PF,
                    a.PT,
                    self.spk,
                    self.ptr,
                    self.pay,
                    self.n_spk,
                    self.flags,
                    self.sync.ctypes.data,
                    a.R,
                    a.last,
                    a.RT,
                    a.RC,
                    self.SL[t],
                    *self.gap[t],
                    self.worst,
                    O,
                    out_slots,
                    buffer,
                    self.events,
                    *slow,
                    *(() if self.plastic is None else self.plastic.arguments(t)),
                    *self.transmission.arguments(t),
                )
            except BaseException as e:
                errors.append(e)

        if steps == 0:  # compiles, in one thread
            work(0)
        else:
            others = [threading.Thread(target=work, args=(t,), daemon=True) for t in range(1, self.threads)]
            for o in others:
                o.start()
            work(0)
            for o in others:
                o.join()
        if errors:
            raise errors[0]
        self.step = int(reached[0])
        self._used = self.history + self.step - k
        return [z.record[: -(-self.step // z.every) - z.first] for z in slow]

    def _stimuli(self, first: int, steps: int) -> np.ndarray:
        """Injected currents of each step, taken at its middle."""
        t = (first + np.arange(steps) + 0.5) * self.net.dt
        columns = [w.at(t) for w in self.waveforms]
        return np.ascontiguousarray(np.stack(columns, 1) if columns else np.zeros((steps, 1)), self.real)

    # --- traces ------------------------------------------------------------------------------------------------

    def _output(self, steps: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """For each thread: table of probes, places of its neurons, and room for the values."""
        out = []
        for t in range(self.threads):
            rows, slots, at, place = [], [], 0, 0
            for probe, owned in zip(self.probes, self.owned[t], strict=True):
                samples = self._samples(probe, self.step, self.step + steps)
                for s, mine in zip(probe.slots, owned, strict=True):
                    rows.append((probe.every, at, at + len(mine), place))
                    slots.append(s[mine])
                    at += len(mine)
                    place += samples * len(mine)
            O = np.array(rows, np.int64).reshape(-1, PROBE_COLUMNS)
            out.append(
                (O, np.concatenate([*slots, np.empty(0, np.int64)]).astype(np.int64), np.empty(place + 1, self.real))
            )
        return out

    @staticmethod
    def _samples(probe: _Probe, first: int, last: int) -> int:
        return -(-last // probe.every) - -(-first // probe.every)

    def _traces(self, out: Any, first: int, last: int) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
        found: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = {}
        offsets = [0] * self.threads
        for q, probe in enumerate(self.probes):
            samples = self._samples(probe, first, last)
            values = {}
            for v, name in enumerate(probe.variables):
                whole = np.empty((samples, probe.n), self.real)
                for t in range(self.threads):
                    mine = self.owned[t][q][v]
                    whole[:, mine] = out[t][2][offsets[t] : offsets[t] + samples * len(mine)].reshape(
                        samples, len(mine)
                    )
                    offsets[t] += samples * len(mine)
                values[name] = whole
            steps = np.arange(-(-first // probe.every), -(-last // probe.every)) * probe.every
            found[probe.name] = (steps * self.net.dt, values)
        return found

    # --- not a number ------------------------------------------------------------------------------------------

    def _finite(self) -> bool:
        """Whether all states of all neurons are finite; lanes beyond the last neuron do not count."""
        X = self.arrays.X
        return all(
            np.isfinite(p.view(X)[:, : len(p.states)]).all() or all(np.isfinite(p.get(X, s)).all() for s in p.states)
            for p in self.places
            if p.states
        ) and (self.plastic is None or self.plastic.finite())

    def _snapshot(self) -> dict[str, Any]:
        used = getattr(self, "_used", self.ptr.shape[0])
        return {
            "step": self.step,
            "X": self.arrays.X.copy(),
            "R": self.arrays.R.copy(),
            "last": self.arrays.last.copy(),
            "transmission": self.transmission.copy(),
            "ptr": self.ptr[used - self.history : used].copy(),
            "spk": [self.spk[t, : self.n_spk[t]].copy() for t in range(self.threads)],
            "pay": [self.pay[:, t, : self.n_spk[t]].copy() for t in range(self.threads)],
            "n_spk": self.n_spk.copy(),
            "events": self.events.copy(),
            "slow": {} if self.slow is None else {k: v.copy() for k, v in self.slow.state().items()},
            "plastic": None if self.plastic is None else self.plastic.snapshot(),
        }

    def _restore(self, s: dict[str, Any]) -> None:
        self.step = s["step"]
        self.arrays.X[:], self.arrays.R[:], self.arrays.last[:] = s["X"], s["R"], s["last"]
        self.transmission.paste(s["transmission"])
        self.ptr, self._used = s["ptr"].copy(), self.history
        if self.plastic is not None:
            self.plastic.restore(s["plastic"])
        self.n_spk[:], self.events[:] = s["n_spk"], s["events"]
        if self.slow is not None:
            self.slow.set_state(s["slow"])
        for t in range(self.threads):
            self.spk[t, : len(s["spk"][t])] = s["spk"][t]
            if self.pay.shape[2] > 1:
                self.pay[:, t, : s["pay"][t].shape[1]] = s["pay"][t]

    def _report_not_finite(self, before: dict[str, Any], steps: int) -> None:
        """Runs the chunk again by halves to find the step, then names population, neuron, variable and time."""
        good, bad = 0, steps
        while bad - good > 1:
            middle = (good + bad) // 2
            self._restore(before)
            self._chunk(middle)
            good, bad = (middle, bad) if self._finite() else (good, middle)
        self._restore(before)
        self._chunk(bad)
        culprit = next(
            ((p, s) for p in self.places for s in p.states if not np.isfinite(p.get(self.arrays.X, s)).all()), None
        )
        self._restore(before)
        if culprit is None and self.plastic is not None:
            self._chunk(bad)
            name, state, i, j = self.plastic.culprit()
            self._restore(before)
            raise AmineError(
                f"Synapses '{name}', from neuron {i} to {j}, variable '{state}'",
                f"it is not a finite number at {(before['step'] + bad) * self.net.dt:g} ms",
                hint="check the parameters of the rule, or bound the weight",
            )
        if culprit is None:
            raise AmineError("Network.run", "a state is not finite", hint="try a smaller dt")
        place, state = culprit
        self._chunk(bad)
        i = int(np.flatnonzero(~np.isfinite(place.get(self.arrays.X, state)))[0])
        self._restore(before)
        when = (before["step"] + bad) * self.net.dt
        raise AmineError(
            f"Population '{place.member.name}', neuron {i}, variable '{state}'",
            f"it is not a finite number at {when:g} ms",
            hint="check its parameters, inputs and weights, or give the network a smaller dt",
        )

    # --- what a checkpoint holds --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything that decides what comes next, in a form that does not depend on the number of threads."""
        used = getattr(self, "_used", self.ptr.shape[0])
        ptr = self.ptr[used - self.history : used]
        counts, ids, pays = [], [], []
        for slot in ptr:
            for row in slot:
                parts = [(t, a, b) for t, (a, b) in enumerate(row)]
                counts.append(sum(b - a for _, a, b in parts))
                ids += [self.spk[t, a:b] for t, a, b in parts]
                if self.pay.shape[2] > 1:
                    pays += [self.pay[:, t, a:b] for t, a, b in parts]
        return {
            "step": np.int64(self.step),
            "X": self.arrays.X,
            "R": self.arrays.R,
            "last": self.arrays.last,
            "counts": np.array(counts, np.int64),
            "ids": np.concatenate([*ids, np.empty(0, np.int32)]),
            "pay": np.concatenate(pays, 1) if pays else np.empty((self.n_releases, 0), self.real),
            "events": np.int64(self.events.sum()),
            "since": self.arrays.Q[:, SINCE],
            **({} if self.slow is None else {f"slow.{k}": v for k, v in self.slow.state().items()}),
            **({} if self.plastic is None else self.plastic.state()),
            **self.transmission.state(),
        }

    def set_state(self, s: Any) -> None:
        """Goes to the state that :meth:`state` gave, of a simulation of the same network and precision."""
        self.step = int(s["step"])
        self.arrays.X[:], self.arrays.R[:], self.arrays.last[:] = s["X"], s["R"], s["last"]
        self.arrays.Q[:, SINCE] = s["since"]
        self.transmission.set_state(s)
        ends = np.concatenate([[0], np.cumsum(s["counts"])])
        n = int(ends[-1])
        self._grow(2 * (n + self.own * (self.interval + 1)))
        self.ptr = np.zeros((self.history, self.ptr.shape[1], self.threads, 2), np.int64)
        self.n_spk[:] = 0
        lists = [*range(len(self.places)), *self.transmission.lists]
        for (slot, pop), a, b in zip(np.ndindex(self.ptr.shape[:2]), ends[:-1], ends[1:], strict=True):
            self._give_back(slot, pop, self.places[lists[pop]], self.blocks[:, lists[pop], 1], int(a), int(b), s)
        self.events[:] = 0
        self.events[0] = int(s["events"])
        if self.slow is not None:
            self.slow.set_state({k[5:]: v for k, v in s.items() if k.startswith("slow.")})
        self._used = self.history
        if self.plastic is not None:
            self.plastic.set_state(s)

    def _give_back(self, slot: int, pop: int, place: Any, last: np.ndarray, a: int, b: int, s: Any) -> None:
        """Spikes a to b of a checkpoint go to the threads that own their neurons; those of lists to the first."""
        owner = np.zeros(b - a, np.int64)
        if place.blocks:
            owner = np.searchsorted(last * place.lanes, s["ids"][a:b] - place.id0, side="right")
        for t in range(self.threads):
            mine, n = a + np.flatnonzero(owner == t), int(self.n_spk[t])
            self.spk[t, n : n + len(mine)] = s["ids"][mine]
            if self.pay.shape[2] > 1:
                self.pay[:, t, n : n + len(mine)] = s["pay"][:, mine]
            self.n_spk[t] = n + len(mine)
            self.ptr[slot, pop, t] = n, self.n_spk[t]

    def chunk_steps(self, wanted: float | None) -> int:
        """Steps of a chunk: as asked for, or 100 ms; fewer if traces need the room."""
        steps = round(100.0 / self.net.dt) if wanted is None else max(1, math.ceil(wanted / self.net.dt - 1e-9))
        steps = max(1, min(steps, self.longest_chunk(), 10**6))
        return steps if self.plastic is None else self.plastic.until_sample(self.step, steps)


@njit(nogil=True, cache=True)
def gather(spk, ptr, populations, first, last, step):
    """Spikes of history slots first..last as (steps, ids), sorted; ``step`` is that of the first slot.

    Lists beyond those of the populations hold what else is delivered.
    """
    n = 0
    for slot in range(first, last):
        for p in range(populations):
            for t in range(ptr.shape[2]):
                n += ptr[slot, p, t, 1] - ptr[slot, p, t, 0]
    steps, ids = np.empty(n, np.int64), np.empty(n, np.int32)
    at = 0
    for slot in range(first, last):
        for p in range(populations):
            for t in range(ptr.shape[2]):
                for q in range(ptr[slot, p, t, 0], ptr[slot, p, t, 1]):
                    steps[at] = step + slot - first
                    ids[at] = spk[t, q]
                    at += 1
    return steps, ids
