"""The structure of multicompartment cells, on which their generated code depends, and the layout of their rows; read without SymPy.

A block holds ``lanes`` neurons. Its rows begin with those of the whole cell: ``_ref``, the step from which on a neuron is free
to spike, and constants that differ between neurons. Then they come compartment by compartment: ``v@i``, the diagonal
``_d@i`` and the right-hand side ``_x@i`` of the tree solve, the states of its membrane, and constants of it that differ between
neurons. The root's are at a fixed distance from the block's start, so that its loop vectorises. Last are inputs, and after a
long block a margin: two threads with a block each are then 1.15 times as fast.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar

from amine.engine.resolve.cells import Binding, partly
from amine.engine.resolve.keys import value_only
from amine.errors import AmineError
from amine.models.multicompartment import Cable
from amine.models.naming import jump_row, port_name, state_name
from amine.network.cables import compartments, weights
from amine.network.receptors import port_places
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.resolve.resolved import Member
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import PoissonInput

RECORD = ("v", "_d", "_x")
# rows that processors prefetch beyond the end of a block: without a margin these are in the block of another thread
MARGIN = 64


@dataclass(frozen=True)
class Membrane:
    """A kind of compartment: its channels and receptors by label, and parameters (``fields``) that differ between such compartments."""

    channels: tuple[tuple[str, Model], ...]
    ports: tuple[tuple[str, Model], ...]
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TreeStructure:
    """The kind of a population of multicompartment cells; sizes, geometry and values are arguments of its generated code."""

    membranes: tuple[Membrane, ...]
    lanes: int
    method: str
    resets: bool
    gap: bool
    poisson: bool  # whether Poisson inputs reach it
    spikes_at_root: bool = True  # whether the voltage of the root makes the spikes
    arrays: frozenset[str] = frozenset()  # parameters that differ between neurons, by their names within a membrane
    varying: tuple[str, ...] = ()  # parameters that doses and modulators change while the network runs
    jumps: bool = False  # whether inputs move the voltage itself
    blockers: tuple[Binding, ...] = ()  # drugs that bind receptors' channels
    name: str = value_only(default="")  # of the neuron model, for messages
    tree: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """Its name in the generated module."""
        return "multicompartment cell"


@dataclass
class TreePlan:
    """The compartments of one population: the kind of membrane of each, and the inputs onto them."""

    membrane: list[int]
    members: list[list[int]]  # compartments of each membrane
    gaps: list[int] = field(default_factory=list)
    jumps: dict[str, list[int]] = field(default_factory=dict)  # label -> compartments
    stimuli: list[tuple[int, int]] = field(default_factory=list)  # (stimulus, compartment)
    along: tuple[str, ...] = ()  # parameters that depend on the path from the soma


def lanes_of(n: int) -> int:
    """Neurons of a block: 64, whose many vectors hide the latency of the tree solve (a third of the time that 16 take); fewer for few."""
    return min(64, max(4, 1 << (n - 1).bit_length()))


def names_at(model: Cable, i: int) -> dict[str, str]:
    """For compartment ``i``: parameter name within its membrane -> parameter of the cell."""
    return {
        f"{p}_{label}": model.names[k, p]
        for label, k in model.channels_at(i).items()
        for p in model.layers[k].model.units
    }


def read_cell(net: Network, m: Member) -> tuple[TreeStructure, TreePlan]:
    """Structure and plan of a population of multicompartment cells."""
    model: Cable = m.population.model
    places = port_places(m.population, net)
    ports = {label: p for label, p in m.ports.items() if label in places}
    kinds: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for i in range(len(model.cell)):
        channels = tuple(sorted(model.channels_at(i)))
        here = tuple(label for label in ports if i in places[label])
        kinds.setdefault((channels, here), []).append(i)
    order = sorted(kinds)
    membranes, members = [], []
    models = {x.label: x.model for x in model.layers}
    for channels, here in order:
        at = kinds[channels, here]
        each = [names_at(model, i) for i in at]
        fields = {p for p in each[0] if len({e[p] for e in each}) > 1 or model.depends_on_path(m.values[each[0][p]][0])}
        membranes.append(
            Membrane(
                tuple((c, models[c]) for c in channels),
                tuple((label, ports[label]) for label in here),
                frozenset(fields),
            )
        )
        members.append(at)
    differ = {n for n, (v, _) in m.values.items() if not isinstance(v, str | float)}
    local = {p for i in range(len(model.cell)) for p, n in names_at(model, i).items() if n in differ}
    arrays = frozenset(
        local
        | (differ & {"V_th", "V_r", "t_ref"})
        | {port_name(n, la) for la, p in ports.items() for n in p.units if port_name(n, la) in differ}
    )
    structure = TreeStructure(
        tuple(membranes),
        lanes_of(m.population.n),
        model.method,
        "V_r" in model.units,
        m.gap,
        bool(m.poisson),
        model.spike_at == 0,
        arrays,
        _varying(m),
        any(p.adds_to == "v" for p in ports.values()),
        tuple(m.blockers),
        model.name,
    )
    membrane = [0] * len(model.cell)
    for q, at in enumerate(members):
        for i in at:
            membrane[i] = q
    along = tuple(n for n, (v, _) in m.values.items() if model.depends_on_path(v))
    return structure, TreePlan(membrane, members, *_reached(net, m, ports), along)


def _varying(m: Member) -> tuple[str, ...]:
    """Parameters that change while the network runs, by their names within a membrane."""
    if any(n.startswith("shift_") for n in m.varying):
        raise AmineError(
            f"Population '{m.name}'",
            "drugs that shift a voltage do not act on multicompartment cells yet",
            hint="let doses act on receptors",
        )
    if m.spread:
        raise AmineError(
            f"Population '{m.name}'",
            "what a field does must be the same for all of its multicompartment cells: they stand in several regions, or only some are meant",
            hint="make a population for each region or part",
        )
    return tuple(m.varying)


def _reached(
    net: Network, m: Member, ports: dict[str, Model]
) -> tuple[list[int], dict[str, list[int]], list[tuple[int, int]]]:
    """Compartments with gap junctions, those whose voltage each receptor moves, and pairs (stimulus, compartment)."""
    name = m.population.name
    views = [v for g in net.electrical for v in (g.a, g.b) if v.population == name]
    gaps = sorted({i for v in views for i in compartments(m.population, v)})
    places = port_places(m.population, net)
    jumps = {label: sorted(places[label]) for label, p in ports.items() if p.adds_to == "v"}
    stimuli = sorted({(j, i) for j, s in enumerate(m.stimuli) for v in s.views for i in compartments(m.population, v)})
    return gaps, jumps, stimuli


def rows(member: Member, states: list[list[str]], constants: list[list[str]], cell_rows: list[str]) -> list[str]:
    """Names of all rows of a block: ``states`` and ``constants`` are those of each membrane, in the order of the code."""
    plan = member.plan
    assert plan is not None
    out = ["_ref", *cell_rows]
    for i, q in enumerate(plan.membrane):
        out += [f"{name}@{i}" for name in (*RECORD, *states[q], *constants[q])]
    out += [f"{jump_row(label)}@{i}" for label, at in plan.jumps.items() for i in at]
    out += [f"I_stimulus_{j}@{i}" for j, i in plan.stimuli]
    out += [f"{name}@{i}" for i in plan.gaps for name in ("I_gap", "G_gap", "_trial")]
    for j, p in enumerate(member.poisson):
        out += [f"_poisson_weight_{j}"] * (not isinstance(p.weight, str) or partly(p.target.views(), member.population))
        if not isinstance(p.rate, str):
            out += [f"_poisson_rate_{j}@{i}" for i in poisson_places(member, p)]
    return out + [f"_margin_{i}" for i in range(MARGIN)] * (len(out) >= 4 * MARGIN)


def poisson_places(member: Member, p: PoissonInput) -> list[int]:
    """Compartments that a Poisson input reaches."""
    views = [v for v in p.target.views() if v.population == member.name]
    return sorted({i for v in views for i in compartments(member.population, v)})


def poisson_share(member: Member, p: PoissonInput) -> dict[int, float]:
    """Share of a Poisson input's spikes at each compartment; independent thinning keeps them Poisson."""
    views = [v for v in p.target.views() if v.population == member.name]
    at = compartments(member.population, views[0])
    return dict(zip(at, weights(member.population, views[0]).tolist(), strict=True))


__all__ = ["Membrane", "TreePlan", "TreeStructure", "names_at", "read_cell", "rows", "state_name"]
