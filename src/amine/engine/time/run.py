"""A whole run: chunks, progress, Ctrl-C, streaming and checkpoints."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amine.engine.time.checkpoint import Checkpoint
from amine.engine.time.simulation import Simulation
from amine.errors import AmineError
from amine.results.run import Run
from amine.results.store import MemoryStore, ZarrStore
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.network.network import Network


@contextmanager
def _interruptible() -> Iterator[list[bool]]:
    """A flag that the first Ctrl-C sets; a second one stops at once, as always."""
    flag = [False]
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before = signal.getsignal(signal.SIGINT)

    def handler(number: int, frame: Any) -> None:
        if flag[0] and callable(before):
            before(number, frame)
        flag[0] = True

    signal.signal(signal.SIGINT, handler)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(wanted: bool, total_ms: float, done_ms: float) -> Iterator[Any]:
    """A function that is told the time reached; it draws a bar if standard error is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda ms: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.completed:.0f} of {task.total:.0f} ms"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("simulate", total=total_ms, completed=int(done_ms))
        yield lambda ms: bar.update(task, completed=ms)


def _store(net: Network, sim: Simulation, path: Any, continued: bool) -> MemoryStore | ZarrStore:
    if path is None:
        return MemoryStore()
    if continued:
        return ZarrStore.open(path, net.hash())
    return ZarrStore.create(path, meta(net, sim.precision))


def meta(net: Network, precision: str) -> dict[str, Any]:
    """What a store says of its network, as plain data."""
    first, populations = 0, []
    for p in net.populations.values():
        populations.append([p.name, first, p.n])
        first += p.n
    probes = []
    for q in net.probes:
        from amine.network.receptors import states_of

        units = states_of(net.populations[q.target.population], net)
        probes.append(
            {
                "name": q.name,
                "population": q.target.population,
                "start": q.target.start,
                "stop": q.target.stop,
                "step": q.target.step,
                "variables": list(q.variables),
                "units": {v: units[v] for v in q.variables},
            }
        )
    if net.fields or net.modulations or net.doses:
        from amine.engine.resolve.signals import recorded

        probes += recorded(net)
    for q in net.weight_probes:
        from amine.network.plasticity import parsed_rule, plastic_projection

        units = parsed_rule(net, plastic_projection(net, q.projection, "probe")).states
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
    return {
        "network": net.to_dict(),
        "hash": net.hash(),
        "dt": net.dt,
        "populations": populations,
        "probes": probes,
        "seed": net.seed,
        "precision": precision,
    }


def simulate(
    net: Network,
    duration: Any,
    *,
    threads: int,
    precision: str,
    progress: bool,
    chunk: Any,
    store: Any,
    checkpoint: Any,
    checkpoint_every: Any,
    resume: bool,
) -> Run:
    """See :meth:`amine.network.Network.run`."""
    began = time.perf_counter()
    where = "Network.run"
    steps = whole_steps(duration, net.dt, where)
    if steps >= 2**31 - 2**20:
        raise AmineError(
            f"{where}, duration",
            "there are too many steps",
            given=f"{steps}",
            expected=f"at most {2**31 - 2**20}",
            hint="run it in parts",
        )
    each = None if chunk is None else to_internal(chunk, "ms", f"{where}, chunk", positive=True)
    pause = to_internal(checkpoint_every, "ms", f"{where}, checkpoint_every", positive=True) / 1e3
    if resume and checkpoint is None:
        raise AmineError(
            f"{where}, resume", "there is no checkpoint to resume from", hint="give checkpoint=PATH as well"
        )
    if checkpoint is not None and store is None and resume is False and Path(checkpoint).exists():
        raise AmineError(
            f"checkpoint '{checkpoint}'", "it exists", hint="pass resume=True to go on from it, or choose another name"
        )
    there = checkpoint is not None and resume and Path(checkpoint).exists()
    saved = Checkpoint.read(checkpoint, net.hash(), precision) if there else None
    sim = Simulation(net, threads, precision)
    kept = _store(net, sim, store, saved is not None)
    if saved is not None:
        saved.restore(sim, kept)
    complete = _loop(net, sim, kept, steps, each, progress, None if checkpoint is None else Path(checkpoint), pause)
    return result(net, sim, kept, complete, began, 0 if saved is None else saved.step)


def whole_steps(duration: Any, dt: float, where: str) -> int:
    """A duration in steps; raises AmineError if it is no multiple of one."""
    span = to_internal(duration, "ms", f"{where}, duration", nonnegative=True)
    steps = round(span / dt)
    if abs(steps * dt - span) > 1e-6 * max(1.0, span):
        raise AmineError(
            f"{where}, duration",
            "this is not a multiple of the time step",
            given=str(duration),
            expected=f"a multiple of {dt:g} ms",
        )
    return steps


def result(net: Network, sim: Simulation, kept: Any, complete: bool, began: float, first: int = 0) -> Run:
    """What a simulation gave until now; it was begun at wall time ``began`` and at step ``first``."""
    about = {"complete": complete, "seconds": dict(sim.seconds), "info": info(net, sim, time.perf_counter() - began)}
    about["info"]["simulated_ms"] = (sim.step - first) * net.dt
    said = meta(net, sim.precision)
    spikes, probes = kept.finish(said, sim.step * net.dt, about)
    weights = {} if sim.plastic is None else sim.plastic.weights(sim)
    kept.keep_weights(weights)
    return Run(net, spikes, probes, sim.step * net.dt, complete, about["seconds"], about["info"], weights, said)


def _loop(
    net: Network,
    sim: Simulation,
    kept: Any,
    steps: int,
    each: float | None,
    progress: bool,
    checkpoint: Path | None,
    pause: float,
) -> bool:
    """Chunk after chunk; True if the end was reached."""
    if checkpoint is not None and sim.step == 0:  # a kill before the next one then leaves nothing to clear away
        Checkpoint.write(checkpoint, sim, kept, net.hash())
    last = time.monotonic()
    with _interruptible() as stopped, _bar(progress, steps * net.dt, sim.step * net.dt) as show:
        while sim.step < steps and not stopped[0]:
            chunk = sim.advance(min(sim.chunk_steps(each), steps - sim.step))
            kept.append(chunk.steps, chunk.ids, chunk.probes)
            show(sim.step * net.dt)
            if checkpoint is not None and (time.monotonic() - last > pause or sim.step >= steps or stopped[0]):
                kept.flush()
                Checkpoint.write(checkpoint, sim, kept, net.hash())
                last = time.monotonic()
    return sim.step >= steps


def info(net: Network, sim: Simulation, total: float) -> dict[str, Any]:
    """Where a run comes from and what it took."""
    import datetime
    import platform
    import resource
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in ("amine", "numpy", "numba", "sympy"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "unknown"
    return {
        "threads": sim.threads,
        "precision": sim.precision,
        "seed": net.seed,
        "n_synapses": sim.n_synapses,
        "synapse_bytes": sim.synapse_bytes,
        "events": int(sim.events.sum()),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "versions": versions,
        "structure": sim.module.__name__,
        "network_hash": net.hash(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}",
        "compiled": not sim.warm,
        "total": total,
    }
