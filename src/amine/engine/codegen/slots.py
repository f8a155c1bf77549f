"""The stages of a step in their order, and the code that a part of the network adds to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from amine.engine.codegen.lines import Lines
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.engine.codegen.cell import CellCode
    from amine.engine.codegen.release import ReleaseCode
    from amine.engine.codegen.rule import RuleCode
    from amine.engine.codegen.scheme import SchemeCode
    from amine.engine.codegen.tree import TreeCode

Over = Literal["span", "step", "population"]
CellSource: TypeAlias = "CellCode | TreeCode"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the loop over steps: once a ``span``, ``step`` or ``population`` of a step; ``comment`` stands above it in the code."""

    name: str
    over: Over
    comment: str


# in the order of a step; within a stage, parts act in the order of their registration
STAGES = (
    Stage("field", "span", "slow signals advance by a field step"),
    Stage("record", "step", "probes look at the start of the step"),
    Stage("arrive", "step", "spikes that arrive act on their targets"),
    Stage("input", "step", "Poisson input"),
    Stage("noise", "step", "white noise of this step"),
    Stage("couple", "step", "voltages that act on each other within the step"),
    Stage("update", "population", "neurons advance, and list their spikes"),
    Stage("release", "population", "what these spikes release"),
    Stage("note", "population", "plastic synapses note the spikes of their targets"),
    Stage("list", "population", "where this step's spikes lie in the list"),
    Stage("pulse", "population", "pulses of transmitter start and end"),
    Stage("synapse", "step", "clefts and receptors of single synapses advance"),
)


@dataclass(frozen=True)
class Slots:
    """The code that a part adds to a generated module.

    Lines may read ``X`` (states), ``Q`` and ``B`` (tables of populations and of the blocks of this thread), ``spikes``, ``tid``,
    ``k`` (step), ``slot`` (its place in the lists) and ``dt``; over populations also ``p``, ``kind``, ``mine`` (the list of this
    thread), ``start`` and ``n`` (spikes of this population in it).
    """

    argument: tuple[str, type] | None = None  # name and NamedTuple type of an argument of the kernel
    imports: Sequence[tuple[str, Sequence[str]]] = ()  # module, names
    functions: str = ""  # source in front of the loop
    stages: Mapping[str, Lines] = field(default_factory=dict)
    stop: Sequence[str] = ()  # steps that a span must not pass
    full: Sequence[str] = ()  # conditions under which the loop ends, so that the caller makes room


@dataclass(frozen=True)
class Kinds:
    """The kinds of cells, release, rules and schemes of a generated module, as code, and the keys of its parts."""

    cells: Sequence[CellSource]
    releases: Sequence[ReleaseCode]
    rules: Sequence[RuleCode]
    schemes: Sequence[SchemeCode]
    parts: Mapping[str, Any]  # key of each part by its name
    bits: int
