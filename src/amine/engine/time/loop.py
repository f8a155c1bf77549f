"""A network in a loop with a world: sources follow the world, spikes act on it, a few milliseconds at a time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.time.checkpoint import Checkpoint
from amine.engine.time.run import check_last_step, result, whole_steps
from amine.engine.time.simulation import Simulation
from amine.errors import AmineError, did_you_mean
from amine.owners import owned
from amine.results.store import MemoryStore
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import FilePath, Quantity, Values
    from amine.network.network import Network
    from amine.network.parts import Population, Synapses
    from amine.network.weights import Weights
    from amine.results.run import Run


class Loop:
    """A network that runs step by step, returns its spikes and takes new rates; made by :meth:`amine.Network.loop`.

    Results depend on the network, its seed, and the times and values of rates that are set; not on threads or on other stops.

    Parameters
    ----------
    net : the description.
    threads : number of threads; results do not depend on it.
    precision : ``float32`` or ``float64``.
    keep : whether spikes and probes stay in memory for :meth:`run`.

    Raises
    ------
    AmineError
        If the network does not fit into memory, or a value cannot be computed.

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

    def __init__(self, net: Network, threads: int = 1, precision: str = "float32", keep: bool = True):
        self._began = time.perf_counter()
        self.network, self._simulation = net, Simulation(net, threads, precision)
        self._keep, self._store = keep, MemoryStore()
        self._hash = net.hash()
        self._own: set[Path] = set()  # checkpoints that may be replaced

    @property
    def time(self) -> float:
        """Time reached in ms."""
        return self._simulation.step * self.network.dt

    def set_rates(self, population: Population | str, rates: Values) -> None:
        """Sets the rates of a Poisson source from now on.

        Parameters
        ----------
        population : the source, or its name.
        rates : one for all, such as ``"20 Hz"``, or one for each neuron: ``array * am.units.Hz``.

        Raises
        ------
        AmineError
            If it is no Poisson source, or rates are negative, of another unit or number, or above one spike a step.
        """
        name = population if isinstance(population, str) else getattr(population, "name", repr(population)[:40])
        where = f"Loop.set_rates, population '{name}'"
        values = np.asarray(to_internal(rates, "Hz", where, nonnegative=True))
        self._simulation.set_rates(name, values, where)

    def advance(self, duration: Quantity) -> dict[str, np.ndarray]:
        """Runs the network for a time; returns the number of spikes of each neuron (n,) in it, by population.

        Parameters
        ----------
        duration : time, such as ``"10 ms"``; a multiple of the time step.

        Raises
        ------
        AmineError
            If ``duration`` is no multiple of the time step, or a state is no longer finite.
        """
        sim = self._simulation
        last = sim.step + whole_steps(duration, self.network.dt, "Loop.advance")
        check_last_step(last, sim.precision, "Loop.advance")
        slices = sim.slices
        counts = np.zeros(slices[-1].id0 + slices[-1].n, np.int64)
        while sim.step < last:
            chunk = sim.advance(min(sim.chunk_steps(None), last - sim.step))
            counts += np.bincount(chunk.ids, minlength=len(counts))
            if self._keep:
                self._store.append(chunk.steps, chunk.ids, chunk.probes, chunk.early)
        return {p.member.name: counts[p.id0 : p.id0 + p.n] for p in slices}

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
        """All recordings so far, as of one run; the loop can go on.

        Raises
        ------
        AmineError
            If the loop was made with ``keep=False``.
        """
        if not self._keep:
            raise AmineError("Loop.run", "nothing was kept", hint="make the loop with keep=True")
        return result(self.network, self._simulation, self._store, True, self._began)

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
            Checkpoint.write(target, self._simulation, self._store, self._hash)
        self._own.add(target.resolve())

    def restore(self, path: FilePath) -> None:
        """Goes to the state of a checkpoint.

        Parameters
        ----------
        path : a file that :meth:`save` or a run wrote.

        Raises
        ------
        AmineError
            If it is no checkpoint, is damaged, or is one of another network or precision.
        """
        Checkpoint.read(path, self._hash, self._simulation.precision).restore(self._simulation, self._store)
        self._own.add(Path(path).resolve())
