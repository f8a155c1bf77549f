"""A network as the engine reads it: everything looked up once, nothing changed afterwards.

:func:`resolve` alone walks over the parts of a description. All later stages read its result, and return their own results (drawn
synapses, totals of conductances) instead of writing them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from amine.engine.device.tables import SOURCE_FOLLOWED, SOURCE_LIST, SOURCE_POISSON
from amine.engine.resolve.blockers import bindings
from amine.engine.resolve.blockers import values as blocker_values
from amine.engine.resolve.cells import Binding, CellStructure, partly
from amine.engine.resolve.chemistry import signals_of
from amine.engine.resolve.constant_doses import with_constant_doses
from amine.engine.resolve.courses import Injected, has_courses, named_stimuli, stimuli_of
from amine.engine.resolve.keys import structural_key
from amine.engine.resolve.release import is_own
from amine.engine.resolve.routes import Level, Pulse, PulseRoute, Route, pulses_of, releases_of, routes_of
from amine.engine.resolve.rules import RuleStructure, rules_of
from amine.engine.resolve.signals import Signals
from amine.engine.resolve.streams import Stream, Streams, streams_of
from amine.engine.resolve.target_rules import Learned, learned
from amine.engine.resolve.tree import TreePlan, TreeStructure, read_cell
from amine.errors import AmineError, warn
from amine.models.naming import SHIFT, port_name
from amine.network.cables import has_tree
from amine.network.in_use import ReceptorInUse, receptors_in_use
from amine.network.network import Network
from amine.network.parts import PoissonInput, Population
from amine.records import dataclass
from amine.values import Value

if TYPE_CHECKING:
    from amine.models.model import Model

CellKind: TypeAlias = CellStructure | TreeStructure


@dataclass(frozen=True, eq=False)
class Member:
    """A population: its kind of cell, its inputs, and all its values by their names in the fused system."""

    population: Population
    receptors: Mapping[str, ReceptorInUse]
    values: Mapping[str, tuple[Value | float, str]]  # parameter -> (value, unit); a number is in the coherent system
    stream: Stream  # its random numbers
    releases: tuple[Model, ...] = ()  # release models that its neurons advance
    stimuli: tuple[Injected, ...] = ()
    poisson: tuple[PoissonInput, ...] = ()
    arrivals: tuple[Stream, ...] = ()  # random numbers of each of these inputs
    gap: bool = False
    learned: tuple[Learned, ...] = ()  # rules of plasticity that give its neurons states
    varying: tuple[str, ...] = ()  # parameters that doses and modulators change
    spread: frozenset[str] = frozenset()  # those of them that then differ between neurons
    blockers: tuple[Binding, ...] = ()  # drugs that bind receptors' channels
    kind: int = 0  # index of the kind of cell, or SOURCE_POISSON, SOURCE_LIST, SOURCE_FOLLOWED
    structure: CellKind | None = None  # None for sources
    plan: TreePlan | None = None  # layout of the compartments of multicompartment cells

    @property
    def name(self) -> str:
        """The population's name."""
        return self.population.name

    @property
    def listed(self) -> bool:
        """Whether it is a source that spikes at given times."""
        return self.kind == SOURCE_LIST

    @property
    def formulas(self) -> tuple[str, ...]:
        """Parameters that are formulas of the path from the soma."""
        return () if self.plan is None else self.plan.along

    @property
    def ports(self) -> Mapping[str, Model]:
        """The equations of its receptors at the target, by label."""
        return {label: r.port for label, r in self.receptors.items()}


@dataclass(frozen=True, eq=False)
class ModuleStructure:
    """All that the generated module of a network depends on, beside the precision and the keys of its parts."""

    cells: tuple[CellKind, ...]
    releases: tuple[Model, ...]
    rules: tuple[RuleStructure, ...]
    schemes: tuple[Model, ...]


@dataclass(frozen=True, eq=False)
class Resolved:
    """A resolved network. ``net`` is its description, with the rates that constant doses give its schemes."""

    net: Network
    members: tuple[Member, ...]
    cells: tuple[CellKind, ...]  # kinds of cells that differ in more than values
    streams: Streams
    routes: tuple[Route, ...]
    pulses: tuple[Pulse, ...]  # of schemes at the source
    pulsed: tuple[PulseRoute, ...]
    releases: tuple[Model, ...]  # release models that differ in more than values
    rules: tuple[RuleStructure, ...]  # rules of plasticity that differ in more than values
    schemes: tuple[Model, ...]  # schemes that differ in more than values
    slow: Signals | None = None  # slow signals: doses, fields, receptors of modulators

    @property
    def signals(self) -> Mapping[str, int]:
        """Indices of the slow signals by name: ``dopamine``, ``D1``, ``dose:ketamine``."""
        return self.slow.names if self.slow is not None else {}

    def release_number(self, model: Model) -> int:
        """Number of a release model in the generated module."""
        return [repr(m.structure()) for m in self.releases].index(repr(model.structure()))

    @property
    def own_releases(self) -> list[int]:
        """Numbers of the release models whose parameters differ between synapses, so that each synapse advances its own."""
        return sorted({self.release_number(m) for m in _own_releases(self.routes)})

    def at(self, *levels: Level) -> tuple[Route, ...]:
        """The routes at some levels of detail."""
        return tuple(r for r in self.routes if r.level in levels)

    @property
    def module(self) -> ModuleStructure:
        """All that the generated module depends on."""
        return ModuleStructure(self.cells, self.releases, self.rules, self.schemes)


def resolve(net: Network) -> Resolved:
    """Looks up all that the engine reads of a network; warns of doses that act on nothing.

    Parameters
    ----------
    net : the description.

    Raises
    ------
    AmineError
        If parts of the description do not fit together.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E, I = (net.population(n, 10, "lif_cond") for n in "EI")
    >>> S = net.synapses(E + I, I, receptors={"AMPA": "1 nS", "NMDA": "0.2 nS"}, p=0.5)
    >>> [(r.source.population, r.label, r.port, r.level) for r in resolve(net).routes]
    [('E', 'AMPA', 0, 'filter'), ('E', 'NMDA', 1, 'filter'), ('I', 'AMPA', 0, 'filter'), ('I', 'NMDA', 1, 'filter')]
    """
    net = with_constant_doses(net)
    receptors, releases = receptors_in_use(net), releases_of(net)
    streams = streams_of(net)
    routes = routes_of(net, receptors, releases, streams)
    pulses, pulsed = pulses_of(routes)
    slow = signals_of(net, receptors)
    for where, problem in slow.idle if slow is not None else ():
        warn(where, problem)
    described = [_member(net, p, streams, receptors[p.name], releases[p.name], slow) for p in net.populations.values()]
    members, cells = _kinds(net, described)
    schemes = [m for p in pulses for m in p.group.schemes]
    schemes += [r.receptor.scheme for r in routes if r.level == "explicit" and r.receptor.scheme is not None]
    return Resolved(
        net,
        members,
        cells,
        streams,
        routes,
        pulses,
        pulsed,
        _different([*(model for m in members for model in m.releases), *_own_releases(routes)]),
        tuple(rules_of(net)),
        _different(schemes),
        slow,
    )


def _own_releases(routes: Sequence[Route]) -> list[Model]:
    """Release models whose parameters differ between synapses."""
    each = [r.synapses for r in routes if r.level in ("synaptic", "explicit")]
    return [s.release for s in each if s.release is not None and is_own(s.release)]


def _different(models: Sequence[Model]) -> tuple[Model, ...]:
    """The models that differ in more than values."""
    found: dict[str, Model] = {}
    for m in models:
        found.setdefault(repr(m.structure()), m)
    return tuple(found.values())


def _member(
    net: Network,
    population: Population,
    streams: Streams,
    receptors: Mapping[str, ReceptorInUse],
    releases: tuple[Model, ...],
    slow: Signals | None,
) -> Member:
    name = population.name
    values: dict[str, tuple[Value | float, str]] = {
        population.model.read_as(n): (v, population.model.units[n]) for n, v in population.parameters.items()
    }
    for label, r in receptors.items():
        values |= {port_name(n, label): (v, r.port.units[n]) for n, v in r.port.parameters.items()}
    rules = learned(net, name)
    for part, s in rules.items():
        units = {n: part.rule.weight if u == "weight" else u for n, u in s.plasticity.units.items()}
        values |= {part.parameter(n): (s.plasticity.parameters[n], u) for n, u in units.items()}
    varying, spread = slow.varying(name) if slow is not None else ((), frozenset[str]())
    _refuse_moved(population, varying)
    values |= {n: (1.0, "1") for n in varying if n not in values}
    if slow is not None:
        values |= blocker_values(net, slow, name, receptors)
    inputs = _inputs(net, streams, population)
    return Member(
        population,
        receptors,
        MappingProxyType(values),
        streams.populations[name],
        releases,
        named_stimuli(net, population),
        tuple(i for i, _ in inputs),
        tuple(x for _, x in inputs),
        any(name in (g.a.population, g.b.population) for g in net.electrical),
        tuple(rules),
        varying,
        spread,
        () if slow is None else bindings(slow, name),
    )


def _refuse_moved(population: Population, varying: Sequence[str]) -> None:
    """Raises AmineError if doses or modulators act on a parameter that spikes change."""
    for n in varying:
        own = n.removeprefix(SHIFT)
        if own in population.model.moved:
            place, hint = (
                f"Population '{population.name}', parameter '{own}'",
                "make the part that spikes change a state of another name",
            )
            raise AmineError(place, "doses or modulators act on it, and the neuron's spikes change it", hint=hint)


def _kinds(net: Network, described: Sequence[Member]) -> tuple[tuple[Member, ...], tuple[CellKind, ...]]:
    """The members with their kinds of cells, and these kinds without repetition."""
    cells: dict[str, CellKind] = {}
    members = []
    for m in described:
        model = m.population.model
        if model.kind == "source":
            rates = SOURCE_FOLLOWED if stimuli_of(net, m.name) else SOURCE_POISSON
            members.append(replace(m, kind=SOURCE_LIST if "times" in model.units else rates))
            continue
        structure, at = read_cell(net, m) if has_tree(m.population) else (_cell(net, m), None)
        key = repr(structural_key(structure))
        cells.setdefault(key, structure)
        members.append(replace(m, kind=list(cells).index(key), structure=structure, plan=at))
    return tuple(members), tuple(cells.values())


def _cell(net: Network, m: Member) -> CellStructure:
    differ = {n for n, (v, _) in m.values.items() if not isinstance(v, str | float)}
    poisson = tuple(_form(i, m.population) for i in m.poisson)
    arrays = frozenset(differ | m.spread)
    ports = tuple(m.ports.items())
    stimuli = len(m.stimuli)
    timed = m.population.spikes == "interpolated"
    own = (m.gap, arrays, m.varying, m.learned, m.blockers, timed, has_courses(net, m.population))
    return CellStructure(m.population.model, ports, stimuli, poisson, *own)


def _inputs(net: Network, streams: Streams, population: Population) -> list[tuple[PoissonInput, Stream]]:
    """The Poisson inputs of a population with their streams, in an order that does not depend on the one in which they were added."""
    found = [x for x in zip(net.inputs, streams.inputs, strict=True) if _touches(x[0], population.name)]
    return sorted(found, key=lambda x: (_form(x[0], population), x[1].path))


def _form(i: PoissonInput, population: Population) -> tuple[str, bool, bool]:
    """What a Poisson input decides in the code of its target: receptor, and whether weights and rates differ between neurons."""
    own = not isinstance(i.weight, str) or partly(i.target.views(), population)
    return i.receptor, own, not isinstance(i.rate, str)


def _touches(part: PoissonInput, name: str) -> bool:
    return any(v.population == name for v in part.target.views())


__all__ = ["Member", "ModuleStructure", "Resolved", "resolve"]
