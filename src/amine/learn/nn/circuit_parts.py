"""Parts of a circuit: populations as scans, tables of synapses, drugs as factors of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from amine.compounds.signals import Diffuse, Follow, Response, steady
from amine.engine.build import wiring
from amine.engine.build.connectivity.build import pairs_of
from amine.engine.build.draws import count, spread_value
from amine.engine.build.slices import Slice
from amine.engine.device.arrays import total
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.courses import injected, stimuli_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.signals import Signals
from amine.engine.resolve.streams import Stream
from amine.errors import AmineError
from amine.learn.nn.cells import Cells
from amine.learn.nn.parameters import Bounded
from amine.learn.nn.scanned import REF, State
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.learn.nn.synaptic import Release
from amine.models.naming import port_name
from amine.network.parts import Population, Waveform
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.engine.resolve.resolved import Member as Described
    from amine.given import Quantity
    from amine.learn.given import Bounds, Device, ParameterValue, SurrogateLike
    from amine.network.network import Network


@dataclass(frozen=True)
class SpikeOptions:
    """Surrogate of spikes and treatment of the reset, as of :class:`amine.learn.nn.Neurons`."""

    surrogate: SurrogateLike
    scale: Quantity | None
    detach_reset: bool


class Member(Cells):
    """A population of a network as a scan, with the values that the engine would use."""

    def __init__(
        self,
        population: Population,
        cell: CellStructure,
        values: dict[str, ParameterValue],
        initial: dict[str, np.ndarray],
        dt: float,
        learn: list[str],
        spikes: SpikeOptions,
        bounds: Mapping[str, Bounds],
    ):
        super().__init__(population.model, population.n, f"{dt!r} ms", f"Population '{population.name}'", "compiled")
        self.name = population.name
        self.ports = dict(cell.ports)
        self.units = {self.model.read_as(p): u for p, u in self.model.units.items()}
        self.units |= {port_name(p, label): r.units[p] for label, r in self.ports.items() for p in r.units}
        arrays = {p for p, x in values.items() if np.ndim(x)}
        values = {p: x if np.ndim(x) else float(x) for p, x in values.items()}
        cell = CellStructure(cell.neuron, cell.ports, 0, (), False, frozenset(arrays), cell.varying, (), cell.blockers)
        self.settle(cell, values, spikes.surrogate, spikes.scale, None, spikes.detach_reset)
        self.learn(learn, values, arrays, bounds, self.natural)
        self.starts = initial

    def initial(self, batch: int, dtype: torch.dtype, device: Device) -> State:
        """The state at time zero, with the initial values that the network sets."""
        out = super().initial(batch, dtype, device)
        for s, x in self.starts.items():
            out[s] = torch.as_tensor(x, dtype=dtype).expand(batch, self.n)
        return {s: x.contiguous() for s, x in out.items()} if REF in out or out else out


@dataclass
class Connection:
    """Synapses of one projection between two populations at one receptor, sorted by source.

    ``ptr`` (neurons + 1,) has the first synapse of each source; ``post`` and ``offset`` (synapses,) the target neuron and the
    number of steps between a spike and its arrival.
    """

    name: str
    source: str
    target: str
    label: str
    release: int  # index of the source's release model, -1 for none
    ptr: np.ndarray
    post: np.ndarray
    offset: np.ndarray
    weight: np.ndarray  # (synapses,), or one entry if all are alike
    learned: str = ""  # key in the circuit's weights

    @property
    def nearest(self) -> int:
        """Shortest delay in steps."""
        return int(self.offset.min()) if len(self.offset) else 2**30

    @property
    def farthest(self) -> int:
        """Longest delay in steps."""
        return int(self.offset.max()) if len(self.offset) else 1


def connections(resolved: Resolved, slices: Sequence[Slice]) -> list[Connection]:
    """All synapses of a network, drawn as in the engine."""
    net, out = resolved.net, []
    for group in wiring.routes_and_specs(resolved, slices, wiring.boundaries(slices, 1)).values():
        for r, spec in group:
            n = slices[r.origin].n
            i, j, weight, delay = pairs_of(spec, n, net.dt)
            ptr = np.zeros(n + 1, np.int64)
            np.cumsum(np.bincount(i, minlength=n), out=ptr[1:])
            ends = (r.source.population, r.target.population)
            offset = (delay + 1 - spec.early).astype(np.int32)
            own = np.array([spec.weight]) if isinstance(spec.weight, float) else weight
            out.append(Connection(spec.name, *ends, r.label, r.release, ptr, j.astype(np.int32), offset, own))
    return out


def weight_parameter(name: str, start: np.ndarray, bounds: Bounds | None) -> Bounded:
    """A learned weight, which keeps its sign (Dale's principle) unless bounds are given or signs are mixed."""
    where, x = f"Weight '{name}'", start if len(start) > 1 else start[0]
    size = float(np.abs(start).max()) or 1.0
    if bounds is None and (start < 0).all():
        bounds = (None, "0")
    if bounds is None and (start > 0).all():
        bounds = ("0", None)
    return Bounded("w", x, "1", where, bounds, size)


TORCH: dict[str, Callable[..., Any]] = {"exp": torch.exp, "log": torch.log, "min": torch.minimum, "max": torch.maximum}


class Drugs(nn.Module):
    """Constant concentrations of drugs, and the factors by which they change parameters, from the network's program of slow signals.

    Parameters
    ----------
    slow : slow signals of the network. learn : drugs whose concentration is learned. start : concentrations in uM by drug.
    """

    def __init__(self, slow: Signals, learn: list[str], start: dict[str, float], bounds: Mapping[str, Bounds]):
        super().__init__()
        self.slow = slow
        self.learned = nn.ModuleDict()
        self.start = start
        for drug in learn:
            where = f"Dose of {drug}"
            if start[drug] <= 0:
                raise AmineError(
                    where, "a concentration to be learned must start above zero", given=f"{start[drug]:g} uM"
                )
            self.learned[drug] = Bounded("C", start[drug], "uM", where, bounds.get(drug), start[drug])
        if any(isinstance(op, Diffuse | Response | Follow) for op in slow.program.operations):
            raise AmineError(
                "Network.to_module",
                "fields and modulators are not differentiated",
                hint="take them out, or keep doses alone",
            )

    def concentration(self, drug: str) -> torch.Tensor:
        """Concentration of a drug in uM."""
        if drug in self.learned:
            return self.learned[drug]()
        return torch.tensor(self.start[drug], dtype=torch.float64)

    def signals(self) -> list[torch.Tensor]:
        """All slow signals at equilibrium with the concentrations."""
        found = steady(self.slow.program, [self.concentration(drug) for drug in self.slow.doses], TORCH)
        return [torch.as_tensor(x, dtype=torch.float64) for x in found]

    def factors(self, population: str) -> dict[str, torch.Tensor]:
        """Factors of a population's parameters by name."""
        s, out = self.signals(), {}
        for f in self.slow.factors:
            if f.population == population:
                if f.regions is not None:
                    raise AmineError("Network.to_module", "factors that differ between neurons are not differentiated")
                out[f.parameter] = out.get(f.parameter, 1.0) * s[f.signal]
        return out


def release_parts(member: Described, dt: float, surrogate: SurrogateLike) -> list[Release]:
    """The release models of a population as modules; soft spikes release in proportion."""
    out = [Release(model, member.population.n, dt=f"{dt!r} ms", backend="compiled") for model in member.releases]
    for part in out:
        part.surrogate = find_surrogate(surrogate)
    return out


@dataclass
class External:
    """External input of a population: Poisson trains by receptor, currents, given spikes."""

    stream: Stream  # random numbers of the population
    poisson: list[tuple[str, np.ndarray, np.ndarray, Stream]] = field(
        default_factory=list
    )  # label, mean spikes per step, weight, random numbers
    currents: list[tuple[list[Waveform], np.ndarray]] = field(
        default_factory=list
    )  # waveforms, their count for each neuron
    rate: np.ndarray | None = None  # of a Poisson source: mean spikes per step
    listed: tuple[np.ndarray, np.ndarray] | None = None  # of a list of spikes: steps and neurons


def external(
    net: Network,
    place: Slice,
    values: Mapping[str, ParameterValue],
    lists: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> External:
    """Input of a population beside its synapses; ``lists`` has steps and neurons of the spikes of listed sources."""
    m, out = place.member, External(place.member.stream)
    for i, stream in zip(m.poisson, m.arrivals, strict=True):
        where = f"Poisson input '{i.name}'"
        views = i.target.views()
        assert not isinstance(i.rate, Waveform) and not isinstance(i.weight, Waveform)  # were refused before
        w = spread_value(
            stream.child("weight"), views, m, i.weight, m.ports[i.receptor].weight_unit, where + ", weight"
        )
        r = spread_value(stream.child("rate"), views, m, i.rate, "Hz", where + ", rate")
        there = count(views, m)
        own = stream.child([v.population for v in views].index(m.name))
        out.poisson.append((i.receptor, np.asarray(r) * there * int(i.n) * net.dt, np.asarray(w), own))
    for x in injected(stimuli_of(net, m.name), m.name):
        out.currents.append(([s.current for s in x.stimuli], count(x.views, m)))
    if m.population.model.kind == "source":
        if m.name in lists:
            out.listed = lists[m.name]
        else:
            out.rate = np.broadcast_to(np.asarray(values["rate"], float) * net.dt, (place.n,))
    return out


def steady_doses(net: Network) -> dict[str, float]:
    """Concentrations of a network's doses in uM by drug; raises AmineError if one changes in time."""
    found: dict[str, list[np.ndarray]] = {}
    t = np.concatenate([np.linspace(0.0, 1e4, 101), np.geomspace(1e4, 1e9, 50)])
    for d in net.doses:
        c = np.asarray(d.course.at(t), float)
        if np.ptp(c) > 1e-12 * max(1e-30, float(np.abs(c).max())):
            raise AmineError(
                f"Dose of {d.drug}",
                "a module takes concentrations that do not change in time",
                hint='give it as "... uM"',
            )
        found.setdefault(d.drug, []).append(c[:1])
    return {drug: float(total(each)[0]) for drug, each in found.items()}


def internal(value: object, unit: str, where: str) -> float:
    """Value of a quantity in the coherent system."""
    return scalar(value, unit, where)
