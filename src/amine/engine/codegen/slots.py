"""The stages of a step in their order, and what a part of the network adds to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from amine.engine.codegen.lines import Lines

Over = Literal["span", "step", "population"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A place in the loop over steps: how often it is come by, and what the reader is told there."""

    name: str
    over: Over
    comment: str


# the order of a step; within a stage, parts follow each other as they are registered
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
    """What a part adds to a generated module.

    Lines may read ``X`` (states), ``Q`` and ``B`` (tables of populations and of the blocks of this thread), ``spikes``, ``tid``,
    ``k`` (step), ``slot`` (its place in the lists), ``dt``, ``k0`` and ``k1`` (key of random numbers); over populations also
    ``p``, ``kind``, ``mine`` (the list of this thread), ``start`` and ``n`` (spikes of this population in it).
    """

    argument: tuple[str, type] | None = None  # name and NamedTuple of what the kernel is given
    imports: Sequence[tuple[str, Sequence[str]]] = ()  # module, names
    functions: str = ""  # source in front of the loop
    stages: Mapping[str, Lines] = field(default_factory=dict)
    stop: Sequence[str] = ()  # steps that a span must not pass
    full: Sequence[str] = ()  # conditions under which the caller must make room


@dataclass(frozen=True)
class Kinds:
    """What a generated module is written for: its kinds of cells, release, rules and schemes, as code, and the keys of its parts."""

    cells: Sequence[Any]
    releases: Sequence[Any]
    rules: Sequence[Any]
    schemes: Sequence[Any]
    parts: Mapping[str, Any]  # key of each part by its name
    bits: int
