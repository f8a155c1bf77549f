"""Plastic synapses of a running network: their arrays, the arguments of the kernel, and their state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.engine.build.slices import Slice
from amine.engine.codegen.plastic import SWEEP
from amine.engine.device import arguments
from amine.engine.device import deliver_tables as deliver
from amine.engine.device import plastic_tables as m
from amine.engine.device.tables import BEGIN, BLOCK, END, RELEASE
from amine.engine.transmission.part import Running, Snapshot, State
from amine.errors import AmineError
from amine.network.parts import Synapses
from amine.network.weights import Weights
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.device.arguments import Real


@dataclass
class Shard:
    """The synapses of one thread: ``words`` (synapses, 1 + states) holds the target neuron, the weight and the other states of each."""

    rows: np.ndarray
    seg: np.ndarray | None
    words: np.ndarray

    def values(self, column: int, real: Real | np.dtype) -> np.ndarray:
        """A state of all synapses, as a view."""
        return self.words.view(real)[:, column]


@dataclass
class Plastic:
    """One projection onto one population, with its rule."""

    synapses: Synapses
    kind: int
    code: dict[str, Any]
    source: int
    target: int
    release: int
    early: int
    dmin: int
    n_delays: int
    shards: list[Shard]
    history: np.ndarray  # (targets, words)
    parameters: dict[str, float]
    local: int  # place of the source states in each thread's array
    phases: list[int]
    tick: int
    key: int  # of the random numbers of its rule
    number: int  # of the projection among all of the network
    described: Mapping[str, float] = field(default_factory=dict)  # the parameters of the description

    def __post_init__(self) -> None:
        self.described = dict(self.parameters)

    @property
    def n_synapses(self) -> int:
        """Number of synapses."""
        return sum(len(s.words) for s in self.shards)

    @property
    def nbytes(self) -> int:
        """Bytes of the synapses and their index."""
        return sum(s.words.nbytes + s.rows.nbytes + (0 if s.seg is None else s.seg.nbytes) for s in self.shards)

    @property
    def reach(self) -> tuple[int, int]:
        """Least delay, and the farthest step back of spikes that act."""
        return self.dmin, self.dmin + self.n_delays - 1 + max(self.phases)

    @property
    def states(self) -> int:
        """Number of states of a source neuron."""
        return len(self.code["source"])


class PlasticNetwork(State):
    """All plastic synapses of a network."""

    def __init__(
        self,
        parts: list[Plastic],
        module: ModuleType,
        slices: list[Slice],
        threads: int,
        real: Real,
        dt: float,
        Q: np.ndarray,
        blocks: np.ndarray,
        interval: int,
        signals: Mapping[str, int],
    ):
        self.signals = signals
        self.parts, self.module, self.slices, self.threads, self.dt = parts, module, slices, threads, dt
        self.real, self.interval, self.blocks = np.dtype(real), interval, blocks
        self.word = np.dtype(np.int32 if self.real.itemsize == 4 else np.int64)
        self.every = max(1, round(SWEEP / dt))
        self.PX = [np.concatenate([self._start(p) for p in parts]) for _ in range(threads)]
        self.PS = [
            np.zeros(sum(self._room(p) * max(1, len(p.code["fields"])) for p in parts) + 1) for _ in range(threads)
        ]
        self._constants()
        self.PB = [self._table(t, Q) for t in range(threads)]

    # --- tables ------------------------------------------------------------------------------------------------

    def _start(self, p: Plastic) -> np.ndarray:
        """States of the sources of all rows and delays: the step up to which they are known, then their values."""
        initial = dict(getattr(self.module, f"rule_initial_{p.kind}")(p.parameters))
        row = [0.0, *(float(initial.get(s, 0.0)) for s in p.code["source"])]
        return np.tile(row, self.slices[p.source].n * p.n_delays)

    def _room(self, p: Plastic) -> int:
        return (self.every + 2 * (p.dmin + p.n_delays + 1) + max(p.phases)) // p.tick + 4

    def _constants(self) -> None:
        found = []
        for p in self.parts:
            with np.errstate(all="ignore"):
                c = [float(x) for x in getattr(self.module, f"rule_constants_{p.kind}")(p.parameters, self.dt)]
                r = [float(x) for x in getattr(self.module, f"rule_rates_{p.kind}")(p.parameters)]
            if not np.isfinite([*c, *r]).all():
                raise AmineError(
                    f"Synapses '{p.synapses.name}', rule",
                    "a constant made of its parameters is not finite",
                    hint="check for zeros and extremes among them",
                )
            if any(x < 0 for x in r):
                raise AmineError(
                    f"Synapses '{p.synapses.name}', rule",
                    "a state grows by itself",
                    hint="check the sign of its time constant",
                )
            found.append((c, r, [p.parameters[n] for n in p.code["parameters"]]))
        n = len(self.parts)
        self.PC = np.zeros((n, max(1, *(len(c) for c, _, _ in found))), self.real)
        self.PP = np.zeros((n, max(1, *(len(x) for _, _, x in found))))
        tables = [m.tables(r, self.dt, p.tick, self.real.type) for p, (_, r, _) in zip(self.parts, found, strict=True)]
        self.PE = np.zeros((n, max(t.shape[0] for t in tables), max(t.shape[1] for t in tables)), self.real)
        for q, (c, _, x) in enumerate(found):
            self.PC[q, : len(c)], self.PP[q, : len(x)] = c, x
            self.PE[q, : tables[q].shape[0], : tables[q].shape[1]] = tables[q]

    def _table(self, t: int, Q: np.ndarray) -> np.ndarray:
        PB = np.zeros((len(self.parts), m.COLUMNS), np.int64)
        signals = 0
        for row, p in zip(PB, self.parts, strict=True):
            shard, target = p.shards[t], self.slices[p.target]
            code = p.code
            row[deliver.POP], row[deliver.ID0] = p.source, self.slices[p.source].id0
            row[deliver.DMIN], row[deliver.DELAYS] = p.dmin, p.n_delays
            self._put_addresses(row, shard)
            row[deliver.RELEASE] = Q[p.source, RELEASE] + p.release if p.release >= 0 else -1
            row[m.P_KIND], row[m.P_TARGET] = p.kind, p.target
            row[m.P_FIRST] = self.blocks[t, p.target, BEGIN] * BLOCK
            row[m.P_LAST] = min(self.blocks[t, p.target, END] * BLOCK, target.n)
            label = p.synapses.plastic
            row[m.P_ROW] = target.row_base(self.module.CELLS[target.member.kind]["targets"][label])
            row[m.P_STRIDE], row[m.P_BASE] = target.stride, target.base
            row[m.P_HISTORY], row[m.P_WIDTH] = p.history.ctypes.data, p.history.shape[1]
            row[m.P_SOURCES], row[m.P_LOCAL], row[m.P_STATES] = self.slices[p.source].n, p.local, p.states
            row[m.P_SIGNALS], row[m.P_ROOM] = signals, self._room(p)
            signals += self._room(p) * max(1, len(code["fields"]))
            row[m.P_SHIFT], row[m.P_EARLY] = int(p.synapses.delay_kind == "dendritic"), p.early
            row[m.P_TICK], row[m.P_ENTRY] = p.tick, code["entry"]
            row[m.P_BYTES], row[m.P_KEY] = shard.words.shape[1] * shard.words.itemsize, p.key
            row[m.P_MARGIN] = 2 * self.interval + 3
            row[m.P_PHASES] = len(p.phases)
            row[m.P_PHASE0 : m.P_PHASE0 + len(p.phases)] = p.phases
            for column, names in (
                (m.P_NOW0, code["now"]),
                (m.P_SEEN0, code["seen"]),
                (m.P_HELD0, code["held"]),
                (m.P_SUM0, code["sums"]),
                (m.P_BATH0, code["bathed"]),
            ):
                row[column : column + len(names)] = [target.rows.index(n) * BLOCK for n in names]
            row[m.P_FIELD0 : m.P_FIELD0 + len(code["fields"])] = [self._signal(f) for f in code["fields"]]
            row[m.P_SUMS], row[m.P_BATHED] = len(code["sums"]), len(code["bathed"])
            row[m.P_BATHER0 : m.P_BATHER0 + len(code["bathed"])] = [self._signal(f) for f in code["bathed"]]
        return PB

    def _signal(self, name: str) -> int:
        """Index of a slow signal: a concentration or occupancy, or the dose of a drug."""
        return self.signals[name if name in self.signals else f"dose:{name}"]

    def arguments(self, thread: int) -> arguments.Plastic:
        t = thread
        return arguments.Plastic(self.PB[t], self.PC, self.PP, self.PE, self.PX[t], self.PS[t], self.every)

    def prepare(self) -> None:
        for q, p in enumerate(self.parts):
            for PB in self.PB:
                PB[q, m.P_CROWDED] = 0
            need = int(p.history[:, 0].max(initial=0)) + 2 * self.interval + 4
            if need * p.code["entry"] > p.history.shape[1]:
                p.history = widen(p.history, 2 * need * p.code["entry"])
                for PB in self.PB:
                    PB[q, m.P_HISTORY], PB[q, m.P_WIDTH] = p.history.ctypes.data, p.history.shape[1]

    # --- reading -----------------------------------------------------------------------------------------------

    def finite(self) -> bool:
        return all(
            bool(np.isfinite(s.words.view(self.real)[:, 1:].sum(dtype=np.float64)))
            for p in self.parts
            for s in p.shards
        )

    def fault(self) -> tuple[str, str, str]:
        name, state, i, j = self.culprit()
        where = f"Synapses '{name}', from neuron {i} to {j}, variable '{state}'"
        return where, "it is not a finite number", "check the parameters of the rule, or bound the weight"

    def culprit(self) -> tuple[str, str, int, int]:
        """Projection, state, source and target of the first synapse that is not finite."""
        for q, p in enumerate(self.parts):
            order, i, j, _ = self.order(q)
            for c, state in enumerate(p.code["synapse"]):
                x = np.concatenate([s.values(c + 1, self.real) for s in p.shards])[order]
                bad = np.flatnonzero(~np.isfinite(x))
                if len(bad):
                    return p.synapses.name, state, int(i[bad[0]]), int(j[bad[0]])
        raise AssertionError("all synapses are finite")

    def order(self, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """See :func:`order`."""
        return order(self.parts[q])

    def current(self, q: int, sim: Running, chosen: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Present states of the synapses of part ``q`` in the order of :meth:`order`; changes nothing."""
        p = self.parts[q]
        order, i, _, d = self.order(q)
        words = np.concatenate([s.words for s in p.shards])[order]
        if chosen is not None:
            words, i, d = words[chosen], i[chosen], d[chosen]
        words = np.ascontiguousarray(words)
        places = (words.ctypes.data, i.astype(np.int64), d.astype(np.int64))
        self.module.peek(q, sim.step, sim.arrays.X, self.arguments(0), *places, self.dt)
        values = words.view(self.real)
        return {s: values[:, c + 1].copy() for c, s in enumerate(p.code["synapse"])}

    def put_weights(self, q: int, sim: Running, wanted: np.ndarray, where: str) -> None:
        """Sets the weights of part ``q``, in the order of :meth:`order`.

        What happened at a synapse since its last presynaptic spike is still to be applied to it, so the weight that is stored is the one
        from which the rule arrives at the wanted one now.
        """
        p = self.parts[q]
        order, i, _, d = self.order(q)
        words = np.ascontiguousarray(np.concatenate([s.words for s in p.shards])[order])
        wanted = wanted.astype(self.real)
        stored = self._stored(q, sim, words, i.astype(np.int64), d.astype(np.int64), wanted)
        if stored is None:
            problem = (
                "what the rule has still to apply since the last presynaptic spikes leads to none of these weights"
            )
            raise AmineError(where, problem, hint="set them a little later")
        whole = np.empty(len(order), self.real)
        whole[order] = stored
        for shard, part in zip(
            p.shards, np.split(whole, np.cumsum([len(s.words) for s in p.shards])[:-1]), strict=True
        ):
            shard.values(1, self.real)[:] = part

    def _stored(
        self, q: int, sim: Running, words: np.ndarray, i: np.ndarray, d: np.ndarray, wanted: np.ndarray
    ) -> np.ndarray | None:
        """Weights from which the rule arrives at the wanted ones, by the secant method; None if there are none."""
        before = words.view(self.real)[:, 1].copy()

        def arrives(x: np.ndarray) -> np.ndarray:
            trial = words.copy()
            trial.view(self.real)[:, 1] = x
            self.module.peek(q, sim.step, sim.arrays.X, self.arguments(0), trial.ctypes.data, i, d, self.dt)
            return trial.view(self.real)[:, 1].copy()

        present = arrives(before)
        x, slope = wanted - (present - before), np.ones_like(wanted)
        x[present == before] = wanted[present == before]
        scale = np.abs(wanted).max(initial=0.0) + np.abs(before).max(initial=0.0)
        tolerance = 4 * np.finfo(self.real).eps * scale
        for _ in range(60):
            found = arrives(x)
            off = wanted - found
            left = np.abs(off) > tolerance
            if not left.any():
                return x
            step = np.where(left, off / slope, 0.0).astype(self.real)
            ahead = arrives(x + step)
            with np.errstate(all="ignore"):
                new = (ahead - found) / step
            slope = np.where(left & np.isfinite(new) & (new > 1e-3), new, slope).astype(self.real)
            x = x + step
        return None

    def put_parameters(self, q: int, values: Mapping[str, float]) -> None:
        """Replaces the parameters of the rule of part ``q``; raises AmineError, and changes nothing, if it cannot be computed with them."""
        p = self.parts[q]
        before, p.parameters = p.parameters, dict(values)
        try:
            self._constants()
            for name, low, high in getattr(self.module, f"rule_bounds_{p.kind}")(p.parameters):
                if not low <= high:
                    given = f"{low:g} and {high:g}"
                    raise AmineError(
                        f"Synapses '{p.synapses.name}', rule",
                        f"the bounds of '{name}' are in the wrong order",
                        given=given,
                    )
        except AmineError:
            p.parameters = before
            self._constants()
            raise

    def weights(self, sim: Running) -> dict[str, Weights]:
        """The present weights, by projection, in the order of the description."""
        out = {}
        for q, p in sorted(enumerate(self.parts), key=lambda x: x[1].number):
            _, i, j, _ = self.order(q)
            now = self.current(q, sim)
            w = now.pop("w")
            s = p.synapses
            limits = [x[1:] for x in getattr(self.module, f"rule_bounds_{p.kind}")(p.parameters) if x[0] == "w"]
            bounds = (float(limits[0][0]), float(limits[0][1])) if limits else None
            unit = self.slices[p.target].member.ports[str(s.plastic)].weight_unit
            target = self.slices[p.target]
            kept = {n: target.get(sim.arrays.X, n).copy() for n in s.fused if n in target.rows}
            out[s.name] = Weights(s.name, i.astype(np.int32), j.astype(np.int32), w, unit, now, bounds, kept)
        return out

    # --- synapses that come and go -------------------------------------------------------------------------------

    def settle(self, q: int, sim: Running) -> None:
        """Brings the synapses of part ``q`` up to date, so that others can stand beside them."""
        for t in range(self.threads):
            self.module.settle(q, sim.step, sim.arrays.X, self.arguments(t), self.dt)

    def put_synapses(self, q: int, pre: np.ndarray, delay: np.ndarray, words: np.ndarray) -> None:
        """Replaces the synapses of part ``q``: sources, delays as indices, and the words of each, those of a pair in their order."""
        p = self.parts[q]
        order = np.lexsort((words[:, 0], delay, pre))
        pre, delay, words = pre[order].astype(np.int64), delay[order].astype(np.int64), words[order]
        n = self.slices[p.source].n
        for t, PB in enumerate(self.PB):
            mine = (words[:, 0] >= PB[q, m.P_FIRST]) & (words[:, 0] < PB[q, m.P_LAST])
            count = np.bincount(pre[mine] * p.n_delays + delay[mine], minlength=n * p.n_delays).reshape(n, p.n_delays)
            rows = np.concatenate([[0], np.cumsum(count.sum(1))]).astype(np.int64)
            seg = None
            if p.n_delays > 1:
                seg = np.zeros((n, p.n_delays + 1), np.uint32)
                seg[:, 1:] = np.cumsum(count, 1)
            p.shards[t] = Shard(rows, seg, np.ascontiguousarray(words[mine]))
            self._put_addresses(PB[q], p.shards[t])

    @staticmethod
    def _put_addresses(row: np.ndarray, shard: Shard) -> None:
        row[deliver.ROWS], row[deliver.SLOTS] = shard.rows.ctypes.data, shard.words.ctypes.data
        if shard.seg is not None:
            row[deliver.SEG], row[deliver.SEG_BYTES] = shard.seg.ctypes.data, shard.seg.itemsize

    # --- state --------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        return {
            "words": [s.words.copy() for p in self.parts for s in p.shards],
            "histories": [p.history.copy() for p in self.parts],
            "sources": [x.copy() for x in self.PX],
            "signals": [x.copy() for x in self.PS],
        }

    def restore(self, kept: Snapshot) -> None:
        words = [s.words for p in self.parts for s in p.shards]
        theirs = (*kept["words"], *kept["sources"], *kept["signals"])
        for mine, x in zip((*words, *self.PX, *self.PS), theirs, strict=True):
            mine[:] = x
        self._histories(kept["histories"])

    def _histories(self, kept: Sequence[np.ndarray]) -> None:
        for p, h in zip(self.parts, kept, strict=True):
            if h.shape[1] > p.history.shape[1]:
                p.history = widen(p.history, h.shape[1])
            p.history[:, : h.shape[1]] = h
        for q, p in enumerate(self.parts):
            for PB in self.PB:
                PB[q, m.P_HISTORY], PB[q, m.P_WIDTH] = p.history.ctypes.data, p.history.shape[1]

    def state(self) -> dict[str, np.ndarray]:
        out: dict[str, np.ndarray] = {"sources": self.PX[0], "signals": self.PS[0]}
        for q, p in enumerate(self.parts):
            out[f"{q}.words"] = np.concatenate([s.words for s in p.shards])[self.order(q)[0]]
            out[f"{q}.history"] = p.history
            if p.synapses.rewiring is not None:
                out[f"{q}.pre"], out[f"{q}.delay"] = self.order(q)[1], self.order(q)[3]
        return out

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        for t in range(self.threads):
            self.PX[t][:], self.PS[t][:] = s["sources"], s["signals"]
        for q, p in enumerate(self.parts):
            if p.synapses.rewiring is not None:
                self.put_synapses(q, s[f"{q}.pre"], s[f"{q}.delay"], s[f"{q}.words"])
                continue
            order, words = self.order(q)[0], np.empty_like(s[f"{q}.words"])
            words[order] = s[f"{q}.words"]
            for shard, part in zip(
                p.shards, np.split(words, np.cumsum([len(x.words) for x in p.shards])[:-1]), strict=True
            ):
                shard.words[:] = part
        self._histories([s[f"{q}.history"] for q in range(len(self.parts))])


def order(part: Plastic) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Canonical order of synapses, for any number of threads, with their sources, targets and delays in that order."""
    sources, delays = [], []
    for s in part.shards:
        n = len(s.rows) - 1
        sources.append(np.repeat(np.arange(n), np.diff(s.rows)))
        if s.seg is None:
            delays.append(np.zeros(len(s.words), np.int64))
        else:
            each = np.diff(s.seg.astype(np.int64), axis=1).ravel()
            delays.append(np.repeat(np.tile(np.arange(part.n_delays), n), each))
    i, d = np.concatenate(sources), np.concatenate(delays)
    j = np.concatenate([s.words[:, 0] for s in part.shards]).astype(np.int64)
    index = np.arange(len(i)) if len(part.shards) == 1 else np.lexsort((np.arange(len(i)), j, d, i))
    return index, i[index], j[index], d[index]


def aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a cache line, with rows of whole cache lines."""
    line = 64 // dtype.itemsize
    width = -(-shape[1] // line) * line
    raw = np.zeros(shape[0] * width + line, dtype)
    first = (-raw.ctypes.data % 64) // dtype.itemsize
    return raw[first : first + shape[0] * width].reshape(shape[0], width)


def widen(history: np.ndarray, width: int) -> np.ndarray:
    """A copy of histories with room for more entries."""
    out = aligned((history.shape[0], width), history.dtype)
    out[:, : history.shape[1]] = history
    return out


def histories(
    n: int, code: Mapping[str, Any], initial: Mapping[str, float], real: np.dtype, capacity: int, shift: int
) -> np.ndarray:
    """Histories at time zero: entries with the initial states of the target, which synapses see at most ``shift`` steps later."""
    word = np.dtype(np.int32 if real.itemsize == 4 else np.int64)
    out = aligned((n, 1 + capacity * code["entry"]), word)
    out[:, 0] = 3
    for first in range(1, 1 + 3 * code["entry"], code["entry"]):
        out[:, first] = -shift - 1
        for q, name in enumerate(code["payload"], first + code["entry"] - len(code["payload"])):
            out.view(real)[:, q] = initial.get(name, 0.0)
    return out
