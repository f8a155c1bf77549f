"""Plain data with which a store describes the network whose results it holds."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ProbeMeta(TypedDict):
    """A probe: neurons ``start``, ``start + step``, ... below ``stop`` of a population, and its variables with their units."""

    name: str
    population: str
    start: int
    stop: int
    step: int
    variables: list[str]
    units: dict[str, str]
    dtype: NotRequired[str]  # of the values; by default the precision of the run
    at: NotRequired[str]  # ``spikes`` or the name of an event: a value for each, and the number of its neuron
    places: NotRequired[list[str]]  # names of the columns of a concentration or occupancy


class Meta(TypedDict):
    """Description and hash of a network, time step (ms), (name, first neuron, number of neurons) of its populations, and probes."""

    network: dict[str, Any]
    hash: str
    dt: float
    populations: list[list[Any]]
    probes: list[ProbeMeta]
    seed: int
    precision: str
    interpolated: NotRequired[bool]  # whether spikes have times within their steps
