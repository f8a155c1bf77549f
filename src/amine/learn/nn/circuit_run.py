"""A circuit over time, forwards and backwards, in segments that are computed again if memory does not suffice.

No spike acts sooner than the shortest delay, so each population is scanned over a window of that many steps at once,
from the arrivals in it; its spikes are then pushed to later steps. Backwards, the windows are taken in reverse order:
the gradients of the arrivals are pulled to the spikes that caused them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.learn.nn import pool
from amine.learn.nn.delivery import pull, push
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.learn.given import Real
    from amine.learn.nn.circuit_outside import Outside
    from amine.learn.nn.circuit_parts import Connection

compiled_pull: Any = pull
LEAST = 20_000  # lane-steps per thread; for fewer, starting a thread costs more than it saves
Arrivals: TypeAlias = dict[tuple[str, str], np.ndarray]  # by population and receptor [steps, lanes]
# by scan: states [states, lanes], remaining refractory steps [lanes]
ScanStates: TypeAlias = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass
class Scan:
    """One population, or one of its release models, in a run."""

    name: str
    n: int
    code: ModuleType  # compiled kernels
    plain: ModuleType
    constants: dict[str, np.ndarray]
    surrogate: np.ndarray
    start: np.ndarray  # [states, lanes]
    given: list[str]  # inputs of its kernel


@dataclass
class State:
    """State at the start of a segment."""

    scans: ScanStates
    tails: Arrivals  # arrivals in the first steps, from earlier spikes
    step: int = 0  # number of the first step, counted over successive runs


@dataclass
class Window:
    """Values of a window that the backward pass needs: by scan its kept values, marks and inputs that the adjoint reads."""

    first: int
    steps: int
    kept: dict[str, tuple[np.ndarray, np.ndarray, list[np.ndarray]]] = field(default_factory=dict)


@dataclass
class Segment:
    """A computed segment: spikes by population, released amounts by release model, and its windows."""

    first: int
    steps: int
    spikes: dict[str, np.ndarray]
    windows: list[Window]


@dataclass
class Wanted:
    """Requested outputs: spikes, states, and counts in bins of ``bin`` steps from the step ``start`` on."""

    spikes: list[str]
    states: list[tuple[str, str]]
    counts: list[str]
    bin: int
    start: int
    bins: int


@dataclass
class Outputs:
    """Outputs of a run, or gradients of them."""

    spikes: dict[str, np.ndarray]  # by population [steps, lanes]
    states: dict[tuple[str, str], np.ndarray]  # by population and state [steps, lanes]
    counts: dict[str, np.ndarray]  # by population [bins, lanes]


class Run:
    """One pass over a sequence.

    Parameters
    ----------
    scans : populations that are computed. releases : by population, scans of its release models.
    connections : tables of synapses. weights : one array for each connection, of one or of all weights.
    sizes : numbers of neurons. outside : external input. wanted : outputs.
    learned : indices of the connections whose weights are learned.
    steps, samples : of the sequence. segment : greatest number of steps of a segment.
    dt, real : time step in ms and precision. first : number of the first step.
    """

    def __init__(
        self,
        scans: dict[str, Scan],
        releases: dict[str, list[Scan]],
        connections: list[Connection],
        weights: list[np.ndarray],
        sizes: dict[str, int],
        outside: Outside,
        wanted: Wanted,
        learned: set[int],
        steps: int,
        samples: int,
        segment: int,
        dt: float,
        real: Real,
        first: int,
    ):
        self.scans, self.releases, self.connections, self.weights = scans, releases, connections, weights
        self.sizes, self.outside, self.wanted, self.learned = sizes, outside, wanted, learned
        self.T, self.B, self.dt, self.real, self.first = steps, samples, dt, real, first
        own = [c for c in connections if c.source in scans]
        self.window = max(1, min((c.nearest for c in own), default=steps))
        self.history = max((c.farthest for c in connections), default=1) + 1
        self.segment = min(steps, max(segment, self.history))
        self.edges = list(range(0, steps, self.segment))
        self.ports = {(c.target, c.label) for c in connections} | set(outside.ports)
        self.checkpoints: list[State] = []
        self.last: Segment | None = None

    # --- forwards ----------------------------------------------------------------------------------------------

    def forward(self, state: State, need: bool) -> tuple[Outputs, State]:
        """Outputs, and the state at the end; ``need`` keeps the values for the backward pass."""
        out = self._outputs()
        for first in self.edges:
            if need:
                self.checkpoints.append(state)
            whole = need and first == self.edges[-1]
            segment, state = self._segment(first, state, whole, out)
            self.last = segment if whole else None
        return out, state

    def _outputs(self) -> Outputs:
        w = self.wanted
        lanes = {p: self.B * n for p, n in self.sizes.items()}
        return Outputs(
            {p: np.zeros((self.T, lanes[p]), self.real) for p in w.spikes},
            {(p, s): np.zeros((self.T, lanes[p]), self.real) for p, s in w.states},
            {p: np.zeros((w.bins, lanes[p]), self.real) for p in w.counts},
        )

    def _segment(self, first: int, state: State, keep: bool, out: Outputs | None) -> tuple[Segment, State]:
        n = min(self.segment, self.T - first)
        arrivals = {}
        for p, label in self.ports:
            a = arrivals[p, label] = np.zeros((n + self.history, self.B * self.sizes[p]), self.real)
            a[: self.history] = state.tails[p, label]
        spikes = self.outside.spikes(first, n)
        spikes |= {p: np.zeros((n, self.B * s.n), self.real) for p, s in self.scans.items()}
        self.outside.arrivals(first, n, arrivals)
        currents = self.outside.currents(first, n)
        now = dict(state.scans)
        segment = Segment(first, n, spikes, [])
        sources = [p for p in spikes if p not in self.scans]
        for p in sources:
            w = Window(0, n)
            self._release(p, segment, w, now, keep)
            self._deliver(p, segment, 0, n, arrivals)
            segment.windows.append(w)
        for at in range(0, n, self.window):
            w = Window(at, min(self.window, n - at))
            for p, scan in self.scans.items():
                self._advance(p, scan, segment, w, now, arrivals, currents, keep, out)
            for p in self.scans:
                self._release(p, segment, w, now, keep)
                self._deliver(p, segment, at, w.steps, arrivals)
            segment.windows.append(w)
        if out is not None:
            self._collect(segment, out)
        tails = {key: a[n : n + self.history].copy() for key, a in arrivals.items()}
        return segment, State(now, tails)

    def _spread(self, work: Callable[[int, int, int], object], lanes: int, steps: int) -> None:
        pool.spread(work, lanes, max(256, -(-LEAST // max(1, steps * 256)) * 256))

    def _call(self, scan: Scan, w: Window, first: int) -> list[Any]:
        real = self.real
        scalars = np.array([float(scan.constants[c]) for c in scan.plain.SCALARS] or [0.0], real)
        lanes = self.B * scan.n
        D = np.empty((len(scan.plain.DIFFER), lanes), real)
        for row, name in zip(D, scan.plain.DIFFER, strict=True):
            row.reshape(self.B, scan.n)[:] = scan.constants[name]
        return [w.steps, self.first + first + w.first, self.dt, scalars, scan.surrogate, D]

    def _scan(
        self,
        scan: Scan,
        w: Window,
        first: int,
        now: ScanStates,
        key: str,
        inputs: list[np.ndarray],
        spikes: np.ndarray | None,
        keep: bool,
        trace: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        """One call of a kernel: its results, and its states at all steps if ``trace``."""
        real, lanes, code = self.real, self.B * scan.n, scan.code
        states, wait = now[key]
        spiking = scan.plain.SPIKES
        kept = np.empty((len(code.KEPT), w.steps + 1 if keep else 0, lanes), real)
        marks = np.empty((w.steps + 1 if keep and spiking else 0, lanes), np.uint8)
        if len(marks):
            marks[0] = 2
        out = spikes if spiking else np.empty((0, lanes), real)
        results = np.empty((len(code.RESULTS), w.steps, lanes), real)
        traced = np.empty((len(states), w.steps if trace else 0, lanes), real)
        end, waited = np.empty_like(states), np.zeros_like(wait)
        args = [*self._call(scan, w, first), states, wait, out, results, kept, marks, traced, end, waited, *inputs]
        self._spread(lambda _, a, b: code.forward(a, b, *args), lanes, w.steps)
        now[key] = (end, waited)
        if keep:
            w.kept[key] = (kept, marks, [x for i, x in zip(code.DRIVES, inputs, strict=True) if i in code.READS])
        return results, traced

    def _advance(
        self,
        p: str,
        scan: Scan,
        s: Segment,
        w: Window,
        now: ScanStates,
        arrivals: Arrivals,
        currents: dict[str, np.ndarray],
        keep: bool,
        out: Outputs | None,
    ) -> None:
        """Advances a population over a window."""
        rows = slice(w.first, w.first + w.steps)
        inputs = []
        for name in scan.code.DRIVES:
            if name == "x":
                inputs.append(np.ascontiguousarray(currents[p][rows]))
            elif name in scan.given:
                inputs.append(arrivals[p, name.removeprefix("in_")][rows])
            else:
                inputs.append(self.outside.noise(p, name, s.first + w.first, w.steps, self.B * scan.n))
        traces = {} if out is None else out.states
        states = [name for q, name in traces if q == p]
        _, traced = self._scan(scan, w, s.first, now, p, inputs, s.spikes[p][rows], keep, bool(states))
        for name in states:
            traces[p, name][s.first + w.first : s.first + w.first + w.steps] = traced[scan.code.STATES.index(name)]

    def _release(self, p: str, s: Segment, w: Window, now: ScanStates, keep: bool) -> None:
        """Computes the amounts released by the spikes of a window, for each release model of the population."""
        for r, scan in enumerate(self.releases.get(p, ())):
            key = f"{p}:{r}"
            if key not in s.spikes:
                s.spikes[key] = np.zeros_like(s.spikes[p])
            rows = slice(w.first, w.first + w.steps)
            results, _ = self._scan(scan, w, s.first, now, key, [s.spikes[p][rows]], None, keep, False)
            s.spikes[key][rows] = results[0]

    def _values(self, c: Connection, s: Segment) -> np.ndarray:
        return s.spikes[c.source if c.release < 0 else f"{c.source}:{c.release}"]

    def _deliver(self, p: str, s: Segment, at: int, steps: int, arrivals: Arrivals) -> None:
        """Adds the spikes of a population, times their weights, to later arrivals."""
        for c, weight in zip(self.connections, self.weights, strict=True):
            if c.source != p:
                continue
            n, m = self.sizes[p], self.sizes[c.target]
            spikes, a = self._values(c, s)[at : at + steps], arrivals[c.target, c.label]
            args = (steps, n, m, spikes, a, at, c.ptr, c.post, c.offset, weight)
            pool.spread(lambda _, x, y, args=args: push(x, y, *args), self.B, 1)  # pyright: ignore[reportCallIssue]

    def _collect(self, s: Segment, out: Outputs) -> None:
        for p, rows in out.spikes.items():
            rows[s.first : s.first + s.steps] = s.spikes[p]
        for p, counts in out.counts.items():
            for first, last, row in self._bins(s):
                counts[row] += s.spikes[p][first:last].sum(0)

    def _bins(self, s: Segment) -> list[tuple[int, int, int]]:
        """Parts of a segment by bin: first and last step within it, and the bin."""
        w, found, k = self.wanted, [], max(s.first, self.wanted.start)
        while k < s.first + s.steps:
            row = (k - w.start) // w.bin
            if row >= w.bins:
                break
            end = min(s.first + s.steps, w.start + (row + 1) * w.bin)
            found.append((k - s.first, end - s.first, row))
            k = end
        return found

    # --- backwards ---------------------------------------------------------------------------------------------

    def backward(self, grads: Outputs) -> Gradients:
        """Gradients of learned parameters, initial states and inputs, from those of the outputs."""
        g = Gradients(self)
        self.connections_of = {p: [i for i, c in enumerate(self.connections) if c.source == p] for p in self.sizes}
        carry = {key: np.zeros((self.history, self.B * self.sizes[key[0]]), self.real) for key in self.ports}
        for i in range(len(self.edges) - 1, -1, -1):
            s = self.last
            if s is None or s.first != self.edges[i]:
                s, _ = self._segment(self.edges[i], self.checkpoints[i], True, None)
            carry = self._segment_back(s, grads, carry, g)
            self.last = None
        return g

    def _segment_back(self, s: Segment, grads: Outputs, carry: Arrivals, g: Gradients) -> Arrivals:
        arrivals = {}
        for key in self.ports:
            a = arrivals[key] = np.zeros((s.steps + self.history, self.B * self.sizes[key[0]]), self.real)
            a[s.steps :] = carry[key]
        sources = [w for w in s.windows if not any(p in w.kept for p in self.scans)]
        for w in reversed(s.windows):
            if w in sources:
                continue
            for p, scan in self.scans.items():
                gs = self._gradient_of_outputs(p, s, w, grads)
                self._pull(p, s, w, arrivals, gs, g, True)
                self._scan_back(p, scan, s, w, gs, arrivals, grads, g)
        names = [p for p in s.spikes if p in self.sizes and p not in self.scans]
        for p, w in zip(names, sources, strict=True):
            gs = self._gradient_of_outputs(p, s, w, grads)
            self._pull(p, s, w, arrivals, gs, g, p in self.outside.given)
            if p in self.outside.given:
                g.inputs[p][s.first : s.first + s.steps] += gs
        return {key: a[: self.history].copy() for key, a in arrivals.items()}

    def _gradient_of_outputs(self, p: str, s: Segment, w: Window, grads: Outputs) -> np.ndarray:
        rows = slice(s.first + w.first, s.first + w.first + w.steps)
        if p in grads.spikes:
            gs = grads.spikes[p][rows].copy()
        else:
            gs = np.zeros((w.steps, self.B * self.sizes[p]), self.real)
        if p in grads.counts:
            for first, last, row in self._bins(s):
                a, b = max(first, w.first), min(last, w.first + w.steps)
                if a < b:
                    gs[a - w.first : b - w.first] += grads.counts[p][row]
        return gs

    def _pull(self, p: str, s: Segment, w: Window, arrivals: Arrivals, gs: np.ndarray, g: Gradients, use: bool) -> None:
        """Adds to ``gs`` the gradients of the arrivals through the synapses of ``p``, back through its release models."""
        parts: dict[int, np.ndarray] = {}
        marks = w.kept[p][1][1:] if p in w.kept else np.empty((0, 0), np.uint8)
        every = np.empty((0, 0), np.uint8)
        n = self.sizes[p]
        for i in self.connections_of[p]:
            c, weight = self.connections[i], self.weights[i]
            into = gs if c.release < 0 else parts.setdefault(c.release, np.zeros_like(gs))
            gw = g.room(i, len(weight))
            values = self._values(c, s)[w.first : w.first + w.steps]
            args: Any = (w.steps, n, self.sizes[c.target], self.B, values, marks if c.release < 0 else every)
            args += (arrivals[c.target, c.label], w.first, c.ptr, c.post, c.offset, weight, into)

            def work(_: int, a: int, b: int, args: tuple[Any, ...] = args, gw: np.ndarray = gw) -> None:
                compiled_pull(a, b, *args, gw, use or args[-1] is not gs)

            pool.spread(work, n, max(1, -(-LEAST // max(1, w.steps * self.B))))
        for r, gr in parts.items():
            key = f"{p}:{r}"
            scan = self.releases[p][r]
            back = self._kernel_back(key, scan, s, w, np.empty((0, gr.shape[1]), self.real), gr[None], None, g, ["s"])
            gs += back["s"]

    def _kernel_back(
        self,
        key: str,
        scan: Scan,
        s: Segment,
        w: Window,
        gout: np.ndarray,
        results: np.ndarray,
        gtrace: np.ndarray | None,
        g: Gradients,
        wanted: list[str],
    ) -> dict[str, np.ndarray]:
        """One call of an adjoint: gradients of its inputs; those of states and constants are added to ``g``."""
        real, lanes, code = self.real, self.B * scan.n, scan.code
        kept, marks, reads = w.kept[key]
        trace = np.empty((len(code.STATES), 0, lanes), real) if gtrace is None else gtrace
        acc = np.zeros((len(code.LEARNED), lanes), real)
        out = {i: np.empty((w.steps if i in wanted else 0, lanes), real) for i in code.GRADIENTS}
        args = [
            *self._call(scan, w, s.first),
            gout,
            results,
            kept,
            marks,
            trace,
            g.lam[key],
            acc,
            *reads,
            *out.values(),
        ]
        self._spread(lambda _, a, b: code.backward(a, b, *args), lanes, w.steps)
        g.constants[key] += acc
        return out

    def _scan_back(
        self,
        p: str,
        scan: Scan,
        s: Segment,
        w: Window,
        gs: np.ndarray,
        arrivals: Arrivals,
        grads: Outputs,
        g: Gradients,
    ) -> None:
        """Runs the adjoint of a population over a window."""
        gtrace = None
        rows = slice(s.first + w.first, s.first + w.first + w.steps)
        for q, name in self.wanted.states:
            if q == p and (p, name) in grads.states:
                if gtrace is None:
                    gtrace = np.zeros((len(scan.code.STATES), w.steps, gs.shape[1]), self.real)
                gtrace[scan.code.STATES.index(name)] = grads.states[p, name][rows]
        wanted = [i for i in scan.code.GRADIENTS if i != "x" or p in self.outside.currents_given]
        empty = np.empty((0, w.steps, gs.shape[1]), self.real)
        back = self._kernel_back(p, scan, s, w, gs, empty, gtrace, g, wanted)
        for i, x in back.items():
            if i == "x" and x.size:
                g.currents[p][rows] += x
            elif i != "x":
                arrivals[p, i.removeprefix("in_")][w.first : w.first + w.steps] = x


class Gradients:
    """Gradients of initial states, constants, weights and inputs, summed during the backward pass."""

    def __init__(self, run: Run):
        self.run = run
        every = dict(run.scans) | {f"{p}:{r}": x for p, each in run.releases.items() for r, x in enumerate(each)}
        lanes = {key: run.B * scan.n for key, scan in every.items()}
        self.lam = {k: np.zeros((len(x.code.STATES), lanes[k]), run.real) for k, x in every.items()}
        self.constants = {k: np.zeros((len(x.code.LEARNED), lanes[k])) for k, x in every.items()}
        self.weights: dict[int, np.ndarray] = {}
        self.inputs = {p: np.zeros((run.T, run.B * run.sizes[p]), run.real) for p in run.outside.given}
        self.currents = {p: np.zeros((run.T, run.B * run.sizes[p]), run.real) for p in run.outside.currents_given}

    def room(self, i: int, n: int) -> np.ndarray:
        """Array for the gradient of the weights of connection ``i``: one per synapse, or per source if they share one weight."""
        c = self.run.connections[i]
        if i not in self.run.learned:
            return np.empty(0, self.run.real)
        if i not in self.weights:
            self.weights[i] = np.zeros(len(c.ptr) - 1 if n == 1 else n, self.run.real)
        return self.weights[i]
