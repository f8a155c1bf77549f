"""A whole run: chunks, progress, Ctrl-C and SIGTERM, streaming and checkpoints."""

from __future__ import annotations

import datetime
import os
import platform
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from amine.engine.resolve.chemistry import recorded
from amine.engine.time.checkpoint import LAST_STEP, Checkpoint
from amine.engine.time.log import value_text
from amine.engine.time.simulation import Simulation
from amine.errors import AmineError, warn
from amine.network.extracellular import POTENTIAL
from amine.network.numbers import number
from amine.network.receptors import states_of
from amine.network.recordings import NEURON, recordable
from amine.network.serial import digest
from amine.network.synapse_probes import NUMBERS, number_of, numbers_units, units_of
from amine.owners import Owner, owned
from amine.records import dataclass
from amine.results.run import Run
from amine.results.store import MemoryStore, ZarrStore

if TYPE_CHECKING:
    from amine.given import FilePath, Quantity
    from amine.network.network import Network
    from amine.network.parts import Probe
    from amine.results.meta import Meta, ProbeMeta


@contextmanager
def _interruptible(terminable: bool) -> Iterator[list[bool]]:
    """A flag that the first Ctrl-C sets, and the first SIGTERM if there is a checkpoint; a second signal has its usual effect."""
    flag = [False]
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    signals = [signal.SIGINT, signal.SIGTERM] if terminable else [signal.SIGINT]
    before = {s: signal.getsignal(s) for s in signals}
    before = {s: h for s, h in before.items() if h not in (signal.SIG_IGN, None)}

    def handler(number: int, frame: FrameType | None) -> None:
        if flag[0]:
            signal.signal(number, before[signal.Signals(number)])
            signal.raise_signal(number)
        flag[0] = True

    for s in before:
        signal.signal(s, handler)
    try:
        yield flag
    finally:
        for s, h in before.items():
            signal.signal(s, h)


@contextmanager
def _bar(wanted: bool, total_ms: float, done_ms: float) -> Iterator[Callable[[float], None]]:
    """A function of the time reached (ms), which draws a progress bar if standard error is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda ms: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.completed:.0f} of {task.total:.0f} ms"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("simulate", total=total_ms, completed=int(done_ms))
        yield lambda ms: bar.update(task, completed=ms)


def open_store(net: Network, sim: Simulation, path: FilePath | None, continued: bool) -> MemoryStore | ZarrStore:
    """A new store, or that of a run which is continued; in memory without a path."""
    if path is None:
        return MemoryStore()
    if continued:
        return ZarrStore.resume(path, net.hash())
    return ZarrStore.create(path, meta(net, sim.precision))


def meta(net: Network, precision: str) -> Meta:
    """Description of the network and its recordings for a store, as plain data."""
    first = 0
    populations: list[list[Any]] = []
    for p in net.populations.values():
        if p.record_spikes:
            populations.append([p.name, first, p.n])
        first += p.n
    probes: list[ProbeMeta] = []
    for q in net.probes:
        probes.append(_probe_meta(net, q))
    if net.fields or net.modulations or net.doses:
        probes += recorded(net)
    for q in net.weight_probes:
        synapses = net.projections[number_of(net, q.projection)]
        units = numbers_units(q) if q.kind == NUMBERS else units_of(net, synapses)
        probes.append(
            {
                "name": q.name,
                "population": q.projection,
                "start": 0,
                "stop": q.n,
                "step": 1,
                "variables": list(q.states),
                "units": {v: units[v] for v in q.states},
            }
        )
    described = net.to_dict()
    out: Meta = {
        "network": described,
        "hash": digest(described),
        "dt": net.dt,
        "populations": populations,
        "probes": probes,
        "seed": net.seed,
        "precision": precision,
    }
    if any(p.spikes != "grid" for p in net.populations.values()):
        out["interpolated"] = True
    return out


def _probe_meta(net: Network, q: Probe) -> ProbeMeta:
    """Description of a recording of neurons."""
    population = net.populations[q.target.population]
    known = {POTENTIAL: "uV"} if q.electrodes else states_of(population, net)
    if not all(v in known for v in q.variables):
        known = recordable(population, net)
    first = {NEURON: "1"} if q.at else {}
    units = {**first, **{v: known[v] for v in q.variables}}
    t = q.target
    out: ProbeMeta = {
        "name": q.name,
        "population": t.population,
        "start": 0 if q.electrodes else t.start,
        "stop": len(q.electrodes) if q.electrodes else t.start + t.step if q.reduce else t.stop,
        "step": 1 if q.electrodes else t.step,
        "variables": list(units),
        "units": units,
    }
    if q.at:
        out["at"] = q.at
    return out


def simulate(
    net: Network,
    duration: Quantity,
    *,
    threads: int | str,
    precision: str,
    progress: bool,
    chunk: Quantity | None,
    store: FilePath | None,
    checkpoint: FilePath | None,
    checkpoint_every: Quantity,
    resume: bool,
) -> Run:
    """See :meth:`amine.network.Network.run`."""
    began = time.perf_counter()
    where = "Network.run"
    steps = whole_steps(duration, net.dt, where)
    check_last_step(steps, precision, where)
    each = None if chunk is None else number(chunk, "ms", f"{where}, chunk", positive=True)
    pause = number(checkpoint_every, "ms", f"{where}, checkpoint_every", positive=True) / 1e3
    if resume and checkpoint is None:
        hint = "give checkpoint=PATH as well"
        raise AmineError(f"{where}, resume", "there is no checkpoint to resume from", hint=hint)
    _check_apart(checkpoint, store, where)
    with owned(checkpoint, f"checkpoint '{checkpoint}'") as owner, owned(store, f"store '{store}'") as of_store:
        saved = _saved(net, checkpoint, resume, steps, precision)
        sim = Simulation(net, threads, precision)
        kept = open_store(net, sim, store, saved is not None)
        if saved is not None:
            saved.restore(sim, kept)
        keeper = None if owner is None or checkpoint is None else _Keeper(Path(checkpoint), owner, net.hash(), pause)
        if keeper is not None and saved is not None:
            keeper.step = saved.step
        if keeper is not None and saved is None:  # a kill before the next one then leaves nothing to clear away
            try:
                keeper.write(sim, kept)
            except AmineError:
                kept.discard()
                raise
        complete = _loop(net, sim, kept, steps, each, progress, keeper)
        for o in (owner, of_store):
            if o is not None:
                o.check()
        return result(net, sim, kept, complete, began, 0 if saved is None else saved.step)


def _check_apart(checkpoint: FilePath | None, store: FilePath | None, where: str) -> None:
    """Raises AmineError if a checkpoint is its run's store, or lies in it."""
    if checkpoint is None or store is None:
        return
    file, folder = (Path(os.path.abspath(os.fspath(p))) for p in (checkpoint, store))
    if file == folder or folder in file.parents or file in folder.parents:
        hint = "give them names of their own in one folder"
        raise AmineError(
            f"{where}, checkpoint", "it lies in the store, or the store in it", given=str(checkpoint), hint=hint
        )


def _saved(net: Network, path: FilePath | None, resume: bool, steps: int, precision: str) -> Checkpoint | None:
    """The checkpoint to continue from; None if there is none. An existing one is refused without ``resume``, and so never lost."""
    if path is None or not os.path.lexists(path):
        return None
    where = f"checkpoint '{path}'"
    if not resume:
        raise AmineError(where, "it exists", hint="pass resume=True to go on from it, or choose another name")
    saved = Checkpoint.read(path, net.hash(), precision)
    if saved.step > steps:
        given, reached = f"{steps * net.dt:g} ms", f"{saved.step * net.dt:g} ms"
        hint = "ask for that or more, or start anew with another checkpoint"
        raise AmineError(where, f"its run has reached {reached}, more than is asked for", given=given, hint=hint)
    return saved


@dataclass
class _Keeper:
    """Writer of the checkpoints of a run, every ``pause`` seconds."""

    path: Path
    owner: Owner
    network: str
    pause: float
    last: float = field(default_factory=time.monotonic)
    step: int = -1  # of the checkpoint that is on disk

    def write(self, sim: Simulation, kept: MemoryStore | ZarrStore) -> None:
        """Flushes the recordings to disk, then writes the checkpoint that counts them."""
        self.owner.check()
        kept.flush()
        Checkpoint.write(self.path, sim, kept, self.network)
        self.step = sim.step

    def keep(self, sim: Simulation, kept: MemoryStore | ZarrStore, now: bool = False) -> None:
        """Writes a checkpoint if it is time for one or ``now``; if that fails, warns and keeps the one before."""
        if self.step == sim.step or (not now and time.monotonic() - self.last <= self.pause):
            return
        try:
            self.write(sim, kept)
        except AmineError as e:
            if not self.owner.is_ours():
                raise
            later = "the one before is kept" + ("" if now else f", and it is tried again in {self.pause:g} s")
            warn("", f"{e}; {later}")
        self.last = time.monotonic()


def check_last_step(last: int, precision: str, where: str) -> None:
    """Raises AmineError if a simulation would go beyond the steps that it can count."""
    most = LAST_STEP.get(precision, LAST_STEP["float64"])
    if last > most:
        raise AmineError(
            f"{where}, duration",
            "there are too many steps",
            given=f"{last:,}" if last < 1e15 else "more than 10^15",
            expected=f"at most {most:,}",
            hint="use a larger dt",
        )


def whole_steps(duration: Quantity, dt: float, where: str) -> int:
    """A duration in steps; raises AmineError if it is no multiple of one."""
    return _text_in_steps(duration, dt, where) if isinstance(duration, str) else _in_steps(duration, dt, where)


@lru_cache(maxsize=256)
def _text_in_steps(duration: str, dt: float, where: str) -> int:
    return _in_steps(duration, dt, where)


def _in_steps(duration: Quantity, dt: float, where: str) -> int:
    span = number(duration, "ms", f"{where}, duration", nonnegative=True)
    steps = round(span / dt)
    if abs(span / dt - steps) > 1e-3:  # of a step, however long the run
        raise AmineError(
            f"{where}, duration",
            "this is not a multiple of the time step",
            given=str(duration),
            expected=f"a multiple of {dt:g} ms",
        )
    return steps


def result(
    net: Network, sim: Simulation, kept: MemoryStore | ZarrStore, complete: bool, began: float, first: int = 0
) -> Run:
    """The results of a simulation until now, which was begun at wall time ``began`` and at step ``first``."""
    said = meta(net, sim.precision)
    cost = info(net, sim, said["hash"], time.perf_counter() - began)
    about = {"complete": complete, "seconds": dict(sim.seconds), "info": cost}
    about["info"]["simulated_ms"] = (sim.step - first) * net.dt
    if (
        sim.changes.log
    ):  # time (ms), name and value, those of the running network whose checkpoint a run went on from included
        about["info"]["set"] = [[c.step * net.dt, c.name, value_text(c.value)] for c in sim.changes.log]
    weights = {} if sim.plastic is None else sim.plastic.weights(sim)
    spikes, probes = kept.finish(said, sim.step * net.dt, about, weights)
    return Run(net, spikes, probes, sim.step * net.dt, complete, about["seconds"], about["info"], weights, said)


def _loop(
    net: Network,
    sim: Simulation,
    kept: MemoryStore | ZarrStore,
    steps: int,
    each: float | None,
    progress: bool,
    keeper: _Keeper | None,
) -> bool:
    """Runs chunk after chunk; True if the end was reached."""
    with _interruptible(keeper is not None) as stopped, _bar(progress, steps * net.dt, sim.step * net.dt) as show:
        while sim.step < steps and not stopped[0]:
            chunk = sim.advance(min(sim.chunk_steps(each), steps - sim.step))
            kept.append(chunk.steps, chunk.ids, chunk.probes, chunk.early)
            show(sim.step * net.dt)
            if keeper is not None:
                keeper.keep(sim, kept)
        if keeper is not None:
            keeper.keep(sim, kept, now=True)
    return sim.step >= steps


@lru_cache(maxsize=1)
def _versions() -> Mapping[str, str]:
    """Versions of Python and of the packages that results depend on.

    They are read from the names of folders, as :mod:`importlib.metadata` finds them: it alone takes a tenth of a second.
    """
    found = {"python": platform.python_version()} | dict.fromkeys(("amine", "numpy", "numba", "sympy"), "unknown")
    for path in reversed(sys.path):
        for folder in Path(path or ".").glob("*.dist-info"):
            name, _, version = folder.name.removesuffix(".dist-info").partition("-")
            found |= {name: version} if name in found else {}
    return found


def info(net: Network, sim: Simulation, network_hash: str, total: float) -> dict[str, Any]:
    """Provenance of a run, its cost and its size, as plain data."""
    return {
        "threads": sim.threads,
        "precision": sim.precision,
        "seed": net.seed,
        "n_synapses": sim.n_synapses,
        "synapse_bytes": sim.synapse_bytes,
        "events": int(sim.events.sum()),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "versions": dict(_versions()),
        "structure": sim.module.__name__,
        "network_hash": network_hash,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}",
        "compiled": not sim.warm,
        "total": total,
    }
