"""Routes: each projection from each view of its sources to each view of its targets, receptor by receptor.

The one walk over the projections of a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from amine.engine.resolve.pulses import PulseGroup, groups_of
from amine.engine.resolve.release import is_synaptic, payloads
from amine.engine.resolve.streams import Stream, Streams
from amine.network.in_use import ReceptorInUse, ReceptorsInUse
from amine.network.network import Network
from amine.network.parts import Synapses, View
from amine.records import dataclass
from amine.values import Value

if TYPE_CHECKING:
    from amine.models.model import Model

#: level of detail of a route: a linear filter at the target, one whose weights a rule changes, one whose synapses release
#: independently, a kinetic scheme at the source, a kinetic scheme at each synapse; a filter whose synapses come and go
Level = Literal["filter", "plastic", "synaptic", "kinetic", "explicit", "structural"]


@dataclass(frozen=True, eq=False)
class Route:
    """Synapses from one view to another at one receptor."""

    synapses: Synapses
    number: int  # of the projection among all of the network
    stream: Stream  # its random numbers; the same for all receptors of a pair of views
    source: View
    target: View
    origin: int  # index of the source population
    destination: int  # index of the target population
    port: int  # index of the receptor among those of the projection
    level: Level
    receptor: ReceptorInUse
    release: int  # index among the release models of the source; -1 if none of them scales this route
    weights: np.ndarray | None = (
        None  # present weights in the order of connections, if they are not those of the description
    )
    delays: np.ndarray | None = None  # present delays in ms, likewise
    together: tuple[float, ...] | None = None  # routes with the same keep a table in common; None: as their values say
    since: int | None = None  # it delivers spikes that were sent from this step on
    until: int | None = None  # and before this step

    @property
    def label(self) -> str:
        """The receptor's label."""
        return self.receptor.label

    @property
    def weight(self) -> Value:
        """The weight at this receptor."""
        return self.synapses.receptors[self.label]

    @property
    def weight_unit(self) -> str:
        """The unit of the weight."""
        return self.receptor.port.weight_unit

    @property
    def where(self) -> str:
        """The projection's name in messages."""
        return f"Synapses '{self.synapses.name}'"


@dataclass(frozen=True, eq=False)
class PulseRoute:
    """Receptors of a projection between two views that share a pulse and are delivered together."""

    pulse: int  # index among all pulses of the network
    group: PulseGroup
    routes: tuple[Route, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The receptors' labels."""
        return tuple(r.label for r in self.routes)


@dataclass(frozen=True, eq=False)
class Pulse:
    """A pulse group at a source population."""

    origin: int
    group: PulseGroup
    stream: Stream  # the first, in the order of identities, of the routes that share it


def releases_of(net: Network) -> Mapping[str, tuple[Model, ...]]:
    """For each population the release models that its neurons advance, in the order of their first use."""
    out: dict[str, list[Model]] = {name: [] for name in net.populations}
    for s in net.projections:
        for name in dict.fromkeys(v.population for v in s.source.views()):
            out[name] += [r for r in payloads(s) if r not in out[name]]
    return {name: tuple(models) for name, models in out.items()}


def routes_of(
    net: Network, receptors: ReceptorsInUse, releases: Mapping[str, Sequence[Model]], streams: Streams
) -> tuple[Route, ...]:
    """All routes, in the order of projections, source views, target views and receptors."""
    index = {name: p for p, name in enumerate(net.populations)}
    out = []
    for number, s in enumerate(net.projections):
        for i, a in enumerate(s.source.views()):
            for j, b in enumerate(s.target.views()):
                stream = streams.routes[number, i, j]
                for port, label in enumerate(s.receptors):
                    level = _level(s, label)
                    plain = s.release is not None and level in ("filter", "plastic", "structural")
                    release = releases[a.population].index(s.release) if plain else -1
                    ends = (a, b, index[a.population], index[b.population])
                    receptor = receptors[b.population][label]
                    out.append(Route(s, number, stream, *ends, port, level, receptor, release))
    return tuple(out)


def _level(s: Synapses, label: str) -> Level:
    if s.detail != "receptor":
        return s.detail  # type: ignore[return-value]  (checked with the projection)
    if label == s.plastic:
        return "plastic"
    return "structural" if s.rewiring is not None else "synaptic" if is_synaptic(s) else "filter"


def pulses_of(routes: Sequence[Route]) -> tuple[tuple[Pulse, ...], tuple[PulseRoute, ...]]:
    """The pulses of a network without repetition, and the routes that see each."""
    pairs: dict[str, list[Route]] = {}
    for r in routes:
        if r.level == "kinetic":
            pairs.setdefault(r.stream.path, []).append(r)
    streams: dict[tuple[int, PulseGroup], Stream] = {}
    found = []
    for each in pairs.values():
        by_label = {r.label: r for r in each}
        first = each[0]
        schemes = {n: s for n, r in by_label.items() if (s := r.receptor.scheme) is not None}
        for group, labels in groups_of(first.synapses, schemes):
            key = (first.origin, group)
            streams[key] = min(first.stream, streams.get(key, first.stream), key=lambda s: s.path)
            found.append(PulseRoute(list(streams).index(key), group, tuple(by_label[n] for n in labels)))
    return tuple(Pulse(*key, s.child("pulse")) for key, s in streams.items()), tuple(found)


__all__ = ["Level", "Pulse", "PulseRoute", "Route", "pulses_of", "releases_of", "routes_of"]
