"""A network in a loop with a world: sources follow the world, spikes act on it, a few milliseconds at a time."""

from __future__ import annotations

import copy
import os
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.doors import methods
from amine.engine.time.changes import Kept
from amine.engine.time.checkpoint import Checkpoint
from amine.engine.time.log import script
from amine.engine.time.run import check_last_step, meta, open_store, result, whole_steps
from amine.engine.time.simulation import Simulation
from amine.engine.time.values import LoopValues
from amine.errors import AmineError, did_you_mean
from amine.frozen import fix
from amine.owners import owned
from amine.records import dataclass
from amine.results.chunks import ROOT
from amine.results.segment import Segment
from amine.results.store import MemoryStore

if TYPE_CHECKING:
    from amine.compounds.doses import Course
    from amine.given import FilePath, Quantity, Values
    from amine.network.network import Network
    from amine.network.parts import Synapses
    from amine.network.weights import Weights
    from amine.results.meta import Meta
    from amine.results.run import Run


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a store on disk held at one time: rows that were not written yet, and what had been."""

    memory: Mapping[str, np.ndarray]
    counts: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a running network at one time, with all that was recorded and set until then; made by :meth:`Loop.snapshot`."""

    step: int
    state: Mapping[str, np.ndarray]
    kept: Kept
    store: MemoryStore | Recorded
    network: str  # digest of the description
    precision: str

    def copy(self) -> Snapshot:
        """The same state; a snapshot never changes."""
        return replace(self)


@methods
class Loop(LoopValues):
    """A network that runs on: its values are read and set between any two steps; made by :meth:`amine.Network.loop`.

    What it does depends on the description, the seed, and the times and values of what is set; not on threads or on other stops. A value
    that is set before the first step gives the same bits as a network that was described with it. Names of values are those of
    :meth:`amine.Network.to_module`, such as ``"E.v"``, ``"E.AMPA.g"``, ``"E.tau_m"``, ``"P.rate"``; :meth:`settable` lists them.

    Parameters
    ----------
    net : the description.
    threads : number of threads, or ``"auto"``; results do not depend on it.
    precision : ``float32`` or ``float64``.
    keep : whether spikes and probes stay in memory for :meth:`run`, and what was set in a list.
    store : a new folder for spikes and probes, in place of memory. It is complete after :meth:`run`, and free for others after :meth:`close`.
    resume : file of :meth:`save` to continue from, with the store of the loop that wrote it if it had one.

    Raises
    ------
    AmineError
        If the network does not fit into memory, a value cannot be computed, or the store exists or is in use.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1, dt="1 ms")
    >>> P = net.population("P", 100, "poisson", rate="0 Hz")
    >>> loop = net.loop()
    >>> loop.set_rates(P, "1 kHz")
    >>> int(loop.advance("10 ms")["P"].sum()), loop.time
    (1000, 10.0)
    """

    def __init__(
        self,
        net: Network,
        threads: int | str = 1,
        precision: str = "float32",
        keep: bool = True,
        store: FilePath | None = None,
        resume: FilePath | None = None,
    ):
        self._began = time.perf_counter()
        super().__init__(net, Simulation(net, threads, precision))
        self._hash = net.hash()
        self._own: set[Path] = set()  # checkpoints that may be replaced
        self._calling = False  # a function of every
        self._hooks: list[tuple[int, Callable[[Loop], object]]] = []  # steps between calls, function
        recorded = [at for at in self._simulation.slices if at.member.population.record_spikes]
        self._populations = tuple((at.member.name, at.id0, at.n) for at in recorded)
        self._keep, self._open = keep or store is not None, ExitStack()
        fix(self, close=weakref.finalize(self, self._open.close))
        self._open.enter_context(owned(store, f"store '{store}'"))
        try:
            self._store = open_store(self.network, self._simulation, store, resume is not None)
        except AmineError:
            self.close()
            raise
        self._first = self._recorded()
        if not keep:
            self._simulation.changes.log = None
        if resume is not None:
            self.restore(resume)
            self._first = _emptied(self._recorded())

    def _recorded(self) -> MemoryStore | Recorded:
        """What was recorded until now."""
        if isinstance(self._store, MemoryStore):
            return self._store.copy()
        return Recorded(self._store.in_memory(), copy.deepcopy(self._store.counts()))

    def _put_recorded(self, to: MemoryStore | Recorded) -> None:
        if isinstance(to, MemoryStore) != isinstance(self._store, MemoryStore):
            raise AmineError("Loop.restore", "the snapshot is one of a loop with another store")
        if isinstance(to, MemoryStore):
            self._store = to.copy()
        else:
            self._store.restore(dict(to.memory), to.counts)

    @property
    def time(self) -> float:
        """Time reached in ms."""
        return self._simulation.step * self.network.dt

    # --- time ------------------------------------------------------------------------------------------------------

    def every(self, interval: Quantity, function: Callable[[Loop], object]) -> None:
        """Calls a function with this loop at whole multiples of a time, before the step that begins then.

        Parameters
        ----------
        interval : time between calls, a multiple of the time step.
        function : it may read and set values. An error in it ends :meth:`advance` there.

        Raises
        ------
        AmineError
            If the time is not a multiple of the time step.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> _ = net.population("E", 1, "lif")
        >>> loop, times = net.loop(), []
        >>> loop.every("10 ms", lambda now: times.append(now.time))
        >>> _ = loop.advance("30 ms")
        >>> times
        [0.0, 10.0, 20.0]
        """
        steps = whole_steps(interval, self.network.dt, "Loop.every")
        if steps < 1 or not callable(function):
            raise AmineError(
                "Loop.every", "a time above 0 and a function are needed", given=f"{interval}, {function!r:.40}"
            )
        self._hooks.append((steps, function))

    def advance(self, duration: Quantity) -> Segment:
        """Runs the network for a time; returns what happened in it.

        ``advance(...)["E"]`` is the number of spikes of each neuron (n,); ``.spikes``, ``.probes`` and ``.slow`` are as those of a run.

        Parameters
        ----------
        duration : time, such as ``"10 ms"``; a multiple of the time step.

        Raises
        ------
        AmineError
            If ``duration`` is no multiple of the time step, or a state is no longer finite.
        """
        if self._calling:
            hint = "let the function read and set values only"
            raise AmineError("Loop.advance", "a function of Loop.every cannot move the network in time", hint=hint)
        sim, start = self._simulation, self.time
        last = sim.step + whole_steps(duration, self.network.dt, "Loop.advance")
        check_last_step(last, sim.precision, "Loop.advance")
        happened = MemoryStore()
        while sim.step < last:
            self._call()
            stop = min([last, *((sim.step // n + 1) * n for n, _ in self._hooks)])
            chunk = sim.advance(min(sim.chunk_steps(None), stop - sim.step))
            happened.append(chunk.steps, chunk.ids, chunk.probes, chunk.early)
            if self._keep:
                self._store.append(chunk.steps, chunk.ids, chunk.probes, chunk.early)
        return Segment(start, self.time, happened, self._populations, self.network.dt, self._meta)

    def _call(self) -> None:
        """Calls the functions whose time it is."""
        step = self._simulation.step
        for n, function in self._hooks:
            if step % n == 0:
                self._calling = True
                try:
                    function(self)
                finally:
                    self._calling = False
                if self._simulation.step != step:
                    raise AmineError(
                        "Loop.every", "the function moved the network in time", hint="let it read and set values only"
                    )

    def _meta(self) -> Meta:
        return meta(self.network, self._simulation.precision)

    def snapshot(self) -> Snapshot:
        """The present state with all that was recorded and set, to which :meth:`restore` returns any number of times.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> P = net.population("P", 100, "poisson", rate="20 Hz")
        >>> loop = net.loop()
        >>> before = loop.snapshot()
        >>> first = loop.advance("50 ms")["P"]
        >>> loop.restore(before)
        >>> bool((loop.advance("50 ms")["P"] == first).all())
        True
        """
        sim = self._simulation
        state = {k: np.array(x) for k, x in sim.state().items()}
        return Snapshot(sim.step, state, sim.changes.keep(), self._recorded(), self._hash, sim.precision)

    def _go_back(self, to: Snapshot, recorded: bool = True) -> None:
        if recorded:
            self._put_recorded(to.store)
        self._simulation.changes.go_back(to.kept)
        self._simulation.set_state(to.state)

    def branch(self, changes: Mapping[str, Values | Course] | None = None) -> Loop:
        """A second loop at the present state with the same random numbers: the two differ from where a change acts.

        That of a loop with a store keeps no recordings but those that :meth:`advance` returns.

        Parameters
        ----------
        changes : values by name that are set in the branch alone, such as ``{"E.I_e": "300 pA"}``.

        Raises
        ------
        AmineError
            If one of them cannot be set.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> P = net.population("P", 100, "poisson", rate="20 Hz")
        >>> loop = net.loop()
        >>> _ = loop.advance("50 ms")
        >>> other = loop.branch({"P.rate": "0 Hz"})
        >>> int(loop.advance("50 ms")["P"].sum()) > 0, int(other.advance("50 ms")["P"].sum())
        (True, 0)
        """
        sim = self._simulation
        other = Loop(self.network, sim.threads, sim.precision, sim.changes.log is not None)
        other._keep = isinstance(self._store, MemoryStore) and self._keep
        other._go_back(self.snapshot(), recorded=other._keep)
        for name, value in (changes or {}).items():
            other.set(name, value)
        return other

    def reset(self) -> None:
        """Returns to time 0: connections as they were drawn, states as described, nothing set or recorded."""
        sim = self._simulation
        self._simulation = Simulation(self.network, sim.threads, sim.precision)
        self._simulation.changes.log = None if sim.changes.log is None else []
        self._put_recorded(self._first)

    def script(self, network: str = "network.json") -> str:
        """Python text that gives this network's present state to the last bit: what was set, and when.

        Parameters
        ----------
        network : file of :meth:`amine.Network.save` that the text loads.

        Raises
        ------
        AmineError
            If the loop was made with ``keep=False``.

        Examples
        --------
        >>> import amine as am
        >>> net = am.Network(seed=1)
        >>> E = net.population("E", 3, "lif")
        >>> loop = net.loop()
        >>> _ = loop.advance("10 ms")
        >>> loop.set(E, I_e="300 pA")
        >>> print(loop.script().splitlines()[-1])
        sim.set('E.I_e', '300 pA')
        """
        sim, log = self._simulation, self._simulation.changes.log
        if log is None:
            raise AmineError("Loop.script", "nothing was kept", hint="make the loop with keep=True")
        options = "" if sim.precision == "float32" else f"precision={sim.precision!r}"
        return script(log, sim.step, self.network.dt, options, network)

    def weights(self, synapses: Synapses | str) -> Weights:
        """The present weights and other states of a plastic projection.

        Parameters
        ----------
        synapses : the projection, or its name.

        Raises
        ------
        AmineError
            If it is no plastic projection of the network.
        """
        found = {} if self._simulation.plastic is None else self._simulation.plastic.weights(self._simulation)
        name = synapses if isinstance(synapses, str) else getattr(synapses, "name", None)
        if name not in found:
            hint = did_you_mean(str(name), found) if found else "give synapses a rule"
            raise AmineError("Loop.weights", "this is not a plastic projection", given=repr(name)[:40], hint=hint)
        return found[name]

    def run(self) -> Run:
        """All recordings so far, as of one run; the loop can go on. ``info["set"]`` lists what was set: time (ms), name, value.

        Raises
        ------
        AmineError
            If the loop was made with ``keep=False``.
        """
        if not self._keep:
            raise AmineError("Loop.run", "nothing was kept", hint="make the loop with keep=True")
        files = None if isinstance(self._store, MemoryStore) else self._store.files
        written = None if files is None else dict(files.digests)
        done = result(self.network, self._simulation, self._store, True, self._began)
        if files is not None and written is not None:
            files.digests = written  # of whole chunks: the last of each array goes on
        return done

    def save(self, path: FilePath, *, overwrite: bool = False) -> None:
        """Writes a checkpoint, from which ``net.loop(resume=path)`` continues with identical results.

        Parameters
        ----------
        path : the file. overwrite : replaces a file that this loop did not write or restore.

        Raises
        ------
        AmineError
            If something is there that this loop did not write or restore and ``overwrite`` is not set, if a run is using it, or if it
            cannot be written.
        """
        target, where = Path(path), f"checkpoint '{path}'"
        with owned(target, where):
            if not overwrite and target.resolve() not in self._own and os.path.lexists(target):
                raise AmineError(where, "it exists", hint="choose another name or pass overwrite=True")
            self._store.flush()
            Checkpoint.write(target, self._simulation, self._store, self._hash)
        self._own.add(target.resolve())

    def restore(self, to: FilePath | Snapshot) -> None:
        """Goes to the state of a snapshot or a checkpoint.

        Parameters
        ----------
        to : what :meth:`snapshot` returned, or a file that :meth:`save` or a run wrote.

        Raises
        ------
        AmineError
            If it is no checkpoint, is damaged, or is one of another network or precision.
        """
        sim = self._simulation
        if isinstance(to, Snapshot):
            if (to.network, to.precision) != (self._hash, sim.precision):
                raise AmineError("Loop.restore", "the snapshot belongs to another network or precision")
            self._go_back(to)
            return
        Checkpoint.read(to, self._hash, sim.precision).restore(sim, self._store)
        self._own.add(Path(to).resolve())


def _emptied(recorded: MemoryStore | Recorded) -> MemoryStore | Recorded:
    """A store without its rows."""
    if isinstance(recorded, MemoryStore):
        return MemoryStore()
    counts = dict(recorded.counts)
    counts["rows"] = dict.fromkeys(counts["rows"], 0)
    counts["digests"] = {name: x for name, x in counts["digests"].items() if name.endswith(f"/{ROOT}")}  # no chunks
    return Recorded({name: x[:0] for name, x in recorded.memory.items()}, counts)
