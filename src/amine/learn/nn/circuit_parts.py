"""What a circuit is made of: populations as scans, tables of synapses, drugs as factors of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from amine.compounds.signals import Diffuse, Follow, Response, steady
from amine.engine.build import wiring
from amine.engine.build.connectivity.build import pairs_of
from amine.engine.build.draws import count, spread_value
from amine.engine.build.slices import Slice
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.signals import Signals
from amine.errors import AmineError
from amine.learn.nn.cells import Cells
from amine.learn.nn.parameters import Bounded
from amine.learn.nn.scanned import REF, State
from amine.learn.nn.surrogate import surrogate as find_surrogate
from amine.learn.nn.synaptic import Release
from amine.models.naming import port_name
from amine.network.parts import Population
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.network.network import Network


class Member(Cells):
    """A population of a network: all its values are those that the engine would use."""

    def __init__(
        self,
        population: Population,
        cell: CellStructure,
        values: dict[str, Any],
        initial: dict[str, np.ndarray],
        dt: float,
        learn: list[str],
        options: dict[str, Any],
    ):
        super().__init__(population.model, population.n, f"{dt!r} ms", f"Population '{population.name}'", "compiled")
        self.name = population.name
        self.ports = dict(cell.ports)
        self.units = dict(self.model.units)
        self.units |= {port_name(p, label): r.units[p] for label, r in self.ports.items() for p in r.units}
        arrays = {p for p, x in values.items() if np.ndim(x)}
        values = {p: x if np.ndim(x) else float(x) for p, x in values.items()}
        cell = CellStructure(cell.neuron, cell.ports, 0, (), False, frozenset(arrays), cell.varying, (), cell.blockers)
        self.settle(cell, values, options["surrogate"], options["scale"], None, options["detach_reset"])
        self.learn(learn, values, arrays, options["bounds"].get(population.name), self.distance)
        self.starts = initial

    def initial(self, batch: int, dtype: torch.dtype, device: Any) -> State:
        """The state at time zero, with what the network says of it."""
        out = super().initial(batch, dtype, device)
        for s, x in self.starts.items():
            out[s] = torch.as_tensor(x, dtype=dtype).expand(batch, self.n)
        return {s: x.contiguous() for s, x in out.items()} if REF in out or out else out


@dataclass
class Connection:
    """Synapses of one projection between two populations at one receptor, sorted by source.

    ``offset`` is the number of steps from the step of a spike to that in which it arrives.
    """

    name: str
    source: str
    target: str
    label: str
    release: int  # among the source's, -1 for none
    ptr: np.ndarray
    post: np.ndarray
    offset: np.ndarray
    weight: np.ndarray  # one entry if all are alike
    learned: str = ""  # key in the circuit's weights

    @property
    def nearest(self) -> int:
        """Least number of steps."""
        return int(self.offset.min()) if len(self.offset) else 2**30

    @property
    def farthest(self) -> int:
        """Greatest number of steps."""
        return int(self.offset.max()) if len(self.offset) else 1


def connections(resolved: Resolved, slices: Sequence[Slice]) -> list[Connection]:
    """All synapses of a network, as the engine draws them."""
    net, out = resolved.net, []
    for group in wiring.routes_and_specs(resolved, slices, wiring.boundaries(slices, 1)).values():
        for r, spec in group:
            n = slices[r.origin].n
            i, j, weight, delay = pairs_of(spec, n, net.dt, net.seed)
            ptr = np.zeros(n + 1, np.int64)
            np.cumsum(np.bincount(i, minlength=n), out=ptr[1:])
            ends = (r.source.population, r.target.population)
            offset = (delay + 1 - spec.early).astype(np.int32)
            own = np.array([spec.weight]) if isinstance(spec.weight, float) else weight
            out.append(Connection(spec.name, *ends, r.label, r.release, ptr, j.astype(np.int32), offset, own))
    return out


def weight_parameter(name: str, start: np.ndarray, bounds: Any) -> Bounded:
    """A learned weight: it keeps its sign (Dale's principle) unless bounds say otherwise or signs are mixed."""
    where, x = f"Weight '{name}'", start if len(start) > 1 else start[0]
    size = float(np.abs(start).max()) or 1.0
    if bounds is None and (start < 0).all():
        bounds = (None, "0")
    if bounds is None and (start > 0).all():
        bounds = ("0", None)
    return Bounded("w", x, "1", where, bounds, size)


TORCH: dict[str, Callable[..., Any]] = {"exp": torch.exp, "log": torch.log, "min": torch.minimum, "max": torch.maximum}


class Drugs(nn.Module):
    """Steady concentrations of drugs, and the factors of parameters that follow: the network's own program of slow signals, in torch.

    Parameters
    ----------
    slow : slow signals of the network. learn : drugs whose concentration is learned. start : concentrations in uM by drug.
    """

    def __init__(self, slow: Signals, learn: list[str], start: dict[str, float], bounds: dict[str, Any]):
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
        """In uM."""
        if drug in self.learned:
            return self.learned[drug]()
        return torch.tensor(self.start[drug], dtype=torch.float64)

    def signals(self) -> list[Any]:
        """All slow signals, in equilibrium with the concentrations."""
        found = steady(self.slow.program, [self.concentration(drug) for drug in self.slow.doses], TORCH)
        return [torch.as_tensor(x, dtype=torch.float64) for x in found]

    def factors(self, population: str) -> dict[str, torch.Tensor]:
        """Factors of the parameters of a population."""
        s, out = self.signals(), {}
        for f in self.slow.factors:
            if f.population == population:
                if f.regions is not None:
                    raise AmineError("Network.to_module", "factors that differ between neurons are not differentiated")
                out[f.parameter] = out.get(f.parameter, 1.0) * s[f.signal]
        return out


def release_parts(member: Any, dt: float, surrogate: Any) -> list[Release]:
    """The release models of a population as modules; with soft spikes they release in part."""
    out = [Release(model, member.population.n, dt=f"{dt!r} ms", backend="compiled") for model in member.releases]
    for part in out:
        part.surrogate = find_surrogate(surrogate)
    return out


@dataclass
class External:
    """What comes from outside onto a population: Poisson trains by receptor, currents, given spikes."""

    poisson: list[tuple[str, Any, Any]] = field(default_factory=list)  # label, expected number a step, weight
    currents: list[tuple[Any, np.ndarray]] = field(default_factory=list)  # waveform, how often for each neuron
    rate: Any = None  # of a Poisson source: expected number a step
    listed: tuple[np.ndarray, np.ndarray] | None = None  # steps and neurons of a list of spikes


def external(net: Network, place: Any, values: Mapping[str, object], lists: dict[str, Any]) -> External:
    """What drives a population beside synapses."""
    m, out = place.member, External()
    for i in m.poisson:
        where = f"Poisson input '{i.name}'"
        views = i.target.views()
        w = spread_value(net, views, m, i.weight, m.ports[i.receptor].weight_unit, where + ", weight")
        r = spread_value(net, views, m, i.rate, "Hz", where + ", rate")
        there = count(views, m)
        out.poisson.append((i.receptor, np.asarray(r) * there * int(i.n) * net.dt, np.asarray(w)))
    for s in m.stimuli:
        out.currents.append((s.current, count(s.target.views(), m)))
    if m.population.model.kind == "source":
        if m.name in lists:
            out.listed = lists[m.name]
        else:
            out.rate = np.broadcast_to(np.asarray(values["rate"], float) * net.dt, (place.n,))
    return out


def steady_doses(net: Network) -> dict[str, float]:
    """Concentrations of the doses of a network, which must not change in time."""
    out: dict[str, float] = {}
    t = np.concatenate([np.linspace(0.0, 1e4, 101), np.geomspace(1e4, 1e9, 50)])
    for d in net.doses:
        c = np.asarray(d.course.at(t), float)
        if np.ptp(c) > 1e-12 * max(1e-30, float(np.abs(c).max())):
            raise AmineError(
                f"Dose of {d.drug}",
                "a module takes concentrations that do not change in time",
                hint='give it as "... uM"',
            )
        out[d.drug] = out.get(d.drug, 0.0) + float(c[0])
    return out


def internal(value: object, unit: str, where: str) -> float:
    """A quantity in the coherent system."""
    return float(to_internal(value, unit, where))
