"""What of a network decides its generated code, read off the description without parsing an equation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

from amine.engine.device.tables import SOURCE_LIST, SOURCE_POISSON
from amine.engine.resolve.blockers import values as blocker_values
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.release import is_synaptic, payloads
from amine.engine.resolve.rules import RuleStructure, rules_of
from amine.engine.resolve.signals import Plan, plan
from amine.engine.resolve.target_rules import learned
from amine.errors import AmineWarning
from amine.models.naming import port_name
from amine.network.network import Network
from amine.network.parts import PoissonInput, Population, Stimulus
from amine.network.receptors import ports_of
from amine.values import Value


@dataclass
class Member:
    """A population as the engine sees it: its kind of cell and all its values by their names in the fused system."""

    population: Population
    kind: int  # index of the kind of cell, or SOURCE_POISSON, SOURCE_LIST
    ports: dict[str, Any]
    values: dict[str, tuple[Value, str]]  # parameter -> (value, unit)
    releases: list[Any] = field(default_factory=list)
    stimuli: list[Stimulus] = field(default_factory=list)
    poisson: list[PoissonInput] = field(default_factory=list)
    gap: bool = False
    learned: tuple[Any, ...] = ()  # rules of plasticity that give its neurons states
    gap_total: Any = None  # sum of the gap-junction conductances of each neuron, once they are drawn
    varying: tuple[str, ...] = ()  # parameters that doses and modulators change
    spread: frozenset[str] = frozenset()  # those of them that then differ between neurons
    blockers: tuple[tuple[str, str], ...] = ()  # (receptor, drug) of blockers of open channels
    structure: Any = None  # of cells with a tree: see engine/resolve/tree.py
    plan: Any = None

    @property
    def name(self) -> str:
        """The population's name."""
        return self.population.name


@dataclass
class Structure:
    """All members, and the kinds of cells without repetition."""

    members: list[Member]
    cells: list[CellStructure]
    releases: list[Any]  # release models that differ in more than values
    parts: list[str]  # parts of the loop over steps that are needed: own, poisson_source, spike_list, probes, slow, ...
    slow: Plan | None = None  # slow signals: doses, fields, receptors of modulators
    rules: list[RuleStructure] = field(default_factory=list)
    pulses: list[Any] = field(default_factory=list)  # (population, pulse group) for schemes that live at the source
    schemes: list[Any] = field(default_factory=list)  # schemes that differ in more than values

    @property
    def signals(self) -> dict[str, int]:
        """Places of the slow signals by name: ``dopamine``, ``D1``, ``dose:ketamine``."""
        return self.slow.signals if self.slow is not None else {}

    def key(self, bits: int) -> list[Any]:
        """Plain data that decides the generated module."""
        plastic = [[r.key() for r in self.rules]] if self.rules else []
        schemes = [[m.structure() for m in self.schemes]] if self.schemes else []
        releases = [m.structure() for m in self.releases]
        return [bits, self.parts, [c.key() for c in self.cells], releases, *plastic, *schemes]


def _touches(part: Any, name: str) -> bool:
    return any(v.population == name for v in part.target.views())


def partly(views: Any, population: Population) -> bool:
    """Whether only some neurons of a population, or some more than once, are meant."""
    own = [v for v in views if v.population == population.name]
    return len(own) != 1 or own[0].n != population.n


def read(net: Network) -> Structure:
    """The structure of a network."""
    members, cells, index = [], [], {}
    slow = plan(net)
    for sentence in slow.idle if slow is not None else []:
        warnings.warn(sentence, AmineWarning, stacklevel=2)
    for population in net.populations.values():
        m = _member(net, population)
        if slow is not None:
            m.varying, m.spread = slow.varying(population.name)
            m.values |= {name: ("1", "1") for name in m.varying if name not in m.values}
            m.values |= blocker_values(net, slow, population.name)
            m.blockers = tuple((label, e.drug) for label, e in slow.blockers.get(population.name, []))
        if population.model.kind == "source":
            m.kind = SOURCE_LIST if "times" in population.model.units else SOURCE_POISSON
            members.append(m)
            continue
        cell = _cell(m) if getattr(population.model, "cell", None) is None else _tree(net, m)
        key = repr(cell.key())
        if key not in index:
            index[key] = len(cells)
            cells.append(cell)
        m.kind = index[key]
        members.append(m)
    releases: dict[str, Any] = {}
    for m in members:
        for model in m.releases:
            releases.setdefault(repr(model.structure()), model)
    pulses = _pulses(net, members)
    schemes: dict[str, Any] = {}
    for _, group in pulses:
        for model in group.schemes:
            schemes.setdefault(repr(model.structure()), model)
    for model in explicit_schemes(net):
        schemes.setdefault(repr(model.structure()), model)
    parts = _parts(net, members, slow)
    return Structure(
        members, cells, list(releases.values()), parts, slow, rules_of(net), pulses, list(schemes.values())
    )


def _pulses(net: Network, members: list[Member]) -> list[Any]:
    """Each population's pulse groups, without repetition."""
    if not any(s.detail == "kinetic" for s in net.projections):
        return []
    from amine.engine.transmission.schemes import groups_of

    index, found = {m.name: p for p, m in enumerate(members)}, {}
    for s in net.projections:
        for a in s.source.views() if s.detail == "kinetic" else ():
            for b in s.target.views():
                for group, _ in groups_of(net, s, b):
                    found.setdefault((index[a.population], repr(group.key())), (index[a.population], group))
    return list(found.values())


def explicit_schemes(net: Network) -> list[Any]:
    """Schemes of synapses with a cleft of their own."""
    from amine.network.receptors import scheme_of

    return [
        scheme_of(net.populations[v.population], label, f"Synapses '{s.name}'")
        for s in net.projections
        if s.detail == "explicit"
        for v in s.target.views()
        for label in s.receptors
    ]


def _parts(net: Network, members: list[Member], slow: Plan | None) -> list[str]:
    filters = [s for s in net.projections if s.detail == "receptor" and not is_synaptic(s)]
    own = any(not isinstance(w, str) for s in filters for w in (*s.receptors.values(), s.delay or ""))
    kinds = {m.kind for m in members}
    there = {
        "own": own,
        "poisson_source": SOURCE_POISSON in kinds,
        "spike_list": SOURCE_LIST in kinds,
        "probes": bool(net.probes) or (slow is not None and bool(slow.probes)),
        "slow": slow is not None,
        "kinetic": any(s.detail == "kinetic" for s in net.projections),
        "synaptic": any(is_synaptic(s) for s in net.projections),
        "minis": any(s.minis is not None for s in net.projections),
        "explicit": any(s.detail == "explicit" for s in net.projections),
    }
    return [name for name, x in there.items() if x]


def _member(net: Network, population: Population) -> Member:
    ports = ports_of(population, net) if population.model.kind == "neuron" else {}
    values = {n: (v, population.model.units[n]) for n, v in population.parameters.items()}
    for label, r in ports.items():
        values |= {port_name(n, label): (v, r.units[n]) for n, v in r.parameters.items()}
    releases: list[Any] = []
    for s in net.projections:
        if s.release is not None and any(v.population == population.name for v in s.source.views()):
            releases += [r for r in payloads(s) if r not in releases]
    gap = any(population.name in (g.a.population, g.b.population) for g in net.electrical)
    rules = learned(net, population.name)
    for part, s in rules.items():
        units = {n: part.rule.weight if u == "weight" else u for n, u in s.plasticity.units.items()}
        values |= {part.parameter(n): (s.plasticity.parameters[n], u) for n, u in units.items()}
    return Member(
        population,
        0,
        ports,
        values,
        releases,
        [s for s in net.stimuli if _touches(s, population.name)],
        [i for i in net.inputs if _touches(i, population.name)],
        gap,
        learned=tuple(rules),
    )


def _tree(net: Network, m: Member) -> Any:
    from amine.engine.resolve.tree import read_cell

    m.structure, m.plan = read_cell(net, m)
    return m.structure


def _cell(m: Member) -> CellStructure:
    differ = {n for n, (v, _) in m.values.items() if not isinstance(v, str)}
    poisson = tuple(
        (
            i.receptor,
            not isinstance(i.weight, str) or partly(i.target.views(), m.population),
            not isinstance(i.rate, str),
        )
        for i in m.poisson
    )
    arrays = frozenset(differ | ({"G_gap"} if m.gap else set()) | m.spread)
    return CellStructure(
        m.population.model,
        tuple(m.ports.items()),
        len(m.stimuli),
        poisson,
        m.gap,
        arrays,
        m.varying,
        m.learned,
        m.blockers,
    )
