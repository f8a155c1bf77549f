"""Slow signals of a network: the program that advances them, their sources, and the parameters that they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple

import numpy as np

from amine.compounds.doses import Course
from amine.compounds.mechanisms import Effect
from amine.compounds.signals import Program, Signal
from amine.network.parts import Probe
from amine.records import dataclass


@dataclass
class Vary:
    """A factor of a parameter of a population: ``n`` signals from ``signal`` on; ``regions`` holds the index of each neuron's (-1: none)."""

    population: str
    parameter: str
    signal: Signal
    n: int = 1
    regions: np.ndarray | None = None


@dataclass
class Recorded:
    """A recorded signal: ``kind`` dose, concentration or occupancy, of ``name``, at ``places``; ``by`` is the field or drug behind it."""

    kind: str
    name: str
    by: str
    unit: str
    places: tuple[str, ...]
    signal: Signal
    n: int


class Releasing(NamedTuple):
    """Neurons whose spikes release ``amount`` (uM) into the field at ``signal``: into ``region``, or each into its own of ``regions``."""

    signal: Signal
    population: str
    start: int
    stop: int
    step: int
    region: int
    regions: np.ndarray | None
    amount: float


class Weight(NamedTuple):
    """A factor of a parameter of a population's release models."""

    population: str
    parameter: str
    signal: Signal


@dataclass
class Signals:
    """All slow signals of a network.

    ``every`` steps make a field step of ``h`` ms; ``doses`` are the courses of each drug. By population, ``blockers`` are receptors
    (labels) with kinetic drug binding, and ``totals`` the targets of those for which the conductance of all channels must be known.
    ``idle`` are doses, or effects of theirs, that reach nothing: place and problem of a warning.
    """

    every: int
    h: float
    program: Program = field(default_factory=Program)
    releasing: list[Releasing] = field(default_factory=list)
    factors: list[Vary] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    doses: dict[str, list[Course]] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)
    blockers: dict[str, list[tuple[str, Effect]]] = field(default_factory=dict)
    totals: dict[str, dict[str, str]] = field(default_factory=dict)
    probes: list[Probe] = field(default_factory=list)
    idle: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self) -> dict[str, Signal]:
        """Index of each signal by name: ``dopamine``, ``D1``, ``dose:ketamine``."""
        return self.program.names

    def keep(self, kind: str, name: str, by: str, unit: str, places: Sequence[str], signal: Signal, n: int) -> None:
        """Records signals in runs; see :class:`Recorded`."""
        self.recorded.append(Recorded(kind, name, by, unit, tuple(places), signal, n))

    def varying(self, population: str) -> tuple[tuple[str, ...], frozenset[str]]:
        """Names of the parameters of a population that change, and of those that then differ between neurons."""
        mine = [f for f in self.factors if f.population == population]
        names = tuple(sorted({f.parameter for f in mine}))
        return names, frozenset(f.parameter for f in mine if f.regions is not None)


def probe_name(r: Recorded) -> str:
    """Name of a recorded signal in a run."""
    return f"chemistry:{r.kind}:{r.name}" + (f":{r.by}" if r.by else "")
