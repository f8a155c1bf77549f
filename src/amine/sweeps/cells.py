"""Many sets of values of one unconnected neuron as one population: the neurons of one run are the points of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from amine.engine.resolve.courses import OF_EACH
from amine.errors import AmineError
from amine.models.model import Model
from amine.models.multicompartment import Cable
from amine.network.network import Network
from amine.records import dataclass
from amine.results.probes import ProbeData
from amine.results.run import Run
from amine.results.spikes import Spikes
from amine.sweeps.described import described, quiet
from amine.sweeps.points import Done, Measure, NetworkSubject, Point, failed
from amine.units import dimension_of, internal_unit, to_internal
from amine.values import Array, to_plain

CELL = "cell"
MOST = 4096  # neurons of one run
SAMPLES = 5_000_000  # of each state that is recorded, in one run


def network_of(model: Model, measures: Sequence[Measure]) -> Network:
    """A network of one neuron, called ``cell``, whose voltage is recorded where a function of the run may want it."""
    net = Network(seed=0, name=model.name)
    cell = net.population(CELL, 1, model)
    if "v" in model.parsed.states and any(m.function is not None for m in measures):
        net.probe(cell, "v", every=f"{net.dt!r} ms", name="v")
    return net


def why_not(net: Network, names: Sequence[str], random: bool = False) -> str:
    """Why points cannot be neurons of one population; empty if they can.

    ``random`` allows what draws random numbers, which then differ between the points.
    """
    if len(net.populations) != 1 or next(iter(net.populations.values())).n != 1:
        return "the network is not a single neuron"
    cell = next(iter(net.populations.values()))
    if net.projections or net.electrical or net.couplings or net.fields or net.modulations or net.doses:
        return "it has synapses, fields or doses"
    if isinstance(cell.model, Cable) or not isinstance(cell.model, Model) or cell.model.kind != "neuron":
        return "it is no neuron of one compartment"
    kinds = [s.current.kind for s in net.stimuli]
    drawn = bool(net.inputs) or any(k in OF_EACH for k in kinds) or not _is_plain(cell.parameters, cell.initial)
    if not random and (drawn or cell.model.parsed.noises or cell.model.parsed.draws):
        return "it draws random numbers, which would not be common to all points"
    if OF_EACH[0] in kinds:
        return "it has an input course of its own"
    own = {f"{cell.name}.{n}" for n in (*cell.parameters, *cell.model.parsed.states)}
    other = next((n for n in names if n not in own), "")
    return f"'{other}' is no parameter or state of the neuron" if other else ""


def _is_plain(*values: Mapping[str, Any]) -> bool:
    return all(isinstance(v, str) for each in values for v in each.values())


@dataclass(frozen=True)
class CellSubject:
    """A neuron whose points are neurons of one population; ``alone`` measures a point by itself."""

    alone: NetworkSubject
    units: Mapping[str, str]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is measured of each neuron."""
        return self.alone.measures

    def identity(self) -> dict[str, Any]:
        """Plain data that decide the results."""
        return {**self.alone.identity(), "together": True}

    @property
    def most(self) -> int:
        """Points of one run, fewer where traces of all of them would be long."""
        steps = float(to_internal(self.alone.conditions.duration, "ms", "sweep")) / self._dt
        return int(np.clip(SAMPLES / max(steps, 1), 16, MOST)) if self.alone.network["probes"] else MOST

    @property
    def _dt(self) -> float:
        return float(to_internal(self.alone.network["dt"], "ms", "sweep"))

    def run(self, points: Sequence[Point]) -> Iterator[Done]:
        """Measure points, in their order."""
        at, most = 0, self.most
        while at < len(points):
            part = [p for p in points[at : at + most] if p.seed == points[at].seed]
            at += len(part)
            yield from self._measured(part)

    def _measured(self, points: Sequence[Point]) -> Iterator[Done]:
        """Measures of points with one seed."""
        try:
            with quiet():
                run = self._run(points)
        except AmineError as e:
            if len(points) == 1:
                yield failed(e)
                return
            for p in points:  # which of them it was
                yield from self._measured([p])
            return
        for one in neurons_of(run, self._single(points[0].seed)):
            try:
                yield Done({m.name: m.of(one, self.alone.conditions.start) for m in self.measures})
            except Exception as e:  # a measure of a user's may raise anything
                yield failed(e)

    def _run(self, points: Sequence[Point]) -> Run:
        """One run, of a population with a neuron for each point."""
        c, n = self.alone.conditions, len(points)
        data = widened(self.alone.network, n)
        values = {
            name: to_plain(Array(np.array([to_internal(p.values[name], unit, name) for p in points], float), unit))
            for name, unit in self.units.items()
        }
        net = described(data, values, points[0].seed)
        return net.run(c.duration, threads=c.threads, precision=c.precision, progress=False)

    def _single(self, seed: int) -> Network:
        return described(self.alone.network, {}, seed)


def widened(data: Mapping[str, Any], n: int) -> dict[str, Any]:
    """The description of a network of one neuron with ``n`` of it, of which all have its inputs and probes."""
    name = data["populations"][0]["name"]
    view = [name, 0, n, 1]
    return {
        **data,
        "populations": [{**data["populations"][0], "n": n, "positions": None}],
        "stimuli": [{**s, "target": [view]} for s in data["stimuli"]],
        "inputs": [{**i, "target": [view]} for i in data["inputs"]],
        "probes": [{**p, "target": view} for p in data["probes"]],
    }


def neurons_of(run: Run, single: Network) -> Iterator[Run]:
    """The run of each neuron of the only population, as of a network in which it is alone."""
    name, spikes = next(iter(run.network.populations)), run.spikes
    n = run.network.populations[name].n
    order = np.argsort(spikes.ids, kind="stable")
    ends = np.searchsorted(spikes.ids[order], np.arange(n + 1))
    for k in range(n):
        mine = order[ends[k] : ends[k + 1]]
        early = None if spikes.early is None else spikes.early[mine]
        zero = np.zeros(len(mine), np.int32)
        alone = Spikes(spikes.steps[mine], zero, spikes.dt, ((name, 0, 1),), run.duration, early)
        probes = {
            q: ProbeData(q, name, np.zeros(1, np.int64), p.times, {v: x[:, [k]] for v, x in p.values.items()}, p.units)
            for q, p in run.probes.items()
        }
        yield Run(single, alone, probes, run.duration, run.complete, run.seconds, run.info)


def internal(units: Mapping[str, str]) -> dict[str, str]:
    """Units of values in the coherent system."""
    return {n: internal_unit(dimension_of(u)) for n, u in units.items()}


__all__ = ["CELL", "CellSubject", "internal", "network_of", "why_not"]
