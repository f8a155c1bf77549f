"""The parts of a description: populations and their slices, synapses, gap junctions, inputs and probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amine.distributions import Distribution
from amine.errors import AmineError
from amine.values import Array, Value


class _Addable:
    """What can stand as source or target: populations, slices and sums of them."""

    def views(self) -> tuple[View, ...]:
        raise NotImplementedError

    def __add__(self, other: _Addable) -> Group:
        return Group(self.views() + other.views())


@dataclass(frozen=True)
class At:
    """A place on cells with a tree: some compartments, and how synapses fall on them.

    ``spread`` is ``area`` (in proportion to the membrane), ``uniform`` (each compartment alike) or ``each`` (the k-th pair
    of a projection onto the k-th of ``compartments``).
    """

    place: str
    compartments: tuple[int, ...]
    spread: str = "area"


@dataclass(frozen=True)
class View(_Addable):
    """Neurons start, start+step, ... below stop of a population; of cells with a tree, perhaps at a place on them."""

    population: str
    start: int
    stop: int
    step: int = 1
    place: At | None = None

    @property
    def n(self) -> int:
        """Number of neurons."""
        return len(range(self.start, self.stop, self.step))

    def views(self) -> tuple[View, ...]:
        """Itself, as the only one."""
        return (self,)

    def __str__(self) -> str:
        place = "" if self.place is None else f" at {self.place.place}"
        return f"{self.population}[{self.start}:{self.stop}{f':{self.step}' if self.step != 1 else ''}]{place}"


@dataclass(frozen=True)
class Group(_Addable):
    """Several views, in order: ``E + I``."""

    parts: tuple[View, ...]

    def views(self) -> tuple[View, ...]:
        """Its views in order."""
        return self.parts

    @property
    def n(self) -> int:
        """Number of neurons."""
        return sum(v.n for v in self.parts)

    def __iter__(self) -> Iterator[View]:
        return iter(self.parts)


@dataclass(eq=False)
class Population(_Addable):
    """Neurons of one model; made by :meth:`Network.population`.

    ``parameters`` holds every parameter of the model; ``initial`` the states that do not start as the model says;
    ``positions`` an array (n, 1..3) in um.
    """

    name: str
    n: int
    model: Any
    parameters: dict[str, Value]
    initial: dict[str, Value] = field(default_factory=dict)
    receptors: dict[str, Any] = field(default_factory=dict)
    positions: np.ndarray | None = None

    def views(self) -> tuple[View, ...]:
        """The whole population as one view."""
        return (View(self.name, 0, self.n, 1),)

    def __getitem__(self, key: int | slice) -> View:
        if isinstance(key, slice):
            start, stop, step = key.indices(self.n)
            if step < 1:
                raise AmineError(f"Population '{self.name}'", "a slice must go forward", given=str(key))
            view = View(self.name, start, max(start, stop), step)
        else:
            index = int(key) + self.n * (int(key) < 0)
            view = View(self.name, index, index + 1)
        if view.n == 0 or view.start < 0 or view.stop > self.n:
            raise AmineError(
                f"Population '{self.name}'", "the slice holds no neuron", given=str(key), expected=f"0..{self.n - 1}"
            )
        return view

    def at(self, place: Any, *, distance: Any = None, spread: str = "area", neurons: slice | None = None) -> View:
        """All neurons at a place on their trees, such as ``E.at("tuft")``; ``E.at("tuft", neurons=slice(0, 10))`` for some of them.

        Parameters
        ----------
        place : a region, a branch, a point such as ``"apical(0.5)"``, ``"*"``, or compartments; see :mod:`amine.morphology.places`.
        distance : (nearest, farthest) path from the soma; keeps what lies between.
        spread : how inputs fall on several compartments: ``area``, ``uniform``, or ``each`` for one compartment a pair.
        neurons : only these of the population.
        """
        from amine.network.cables import at

        return at(self, self.views()[0] if neurons is None else self[neurons], place, distance, spread)

    def __len__(self) -> int:
        return self.n

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Population):
            return NotImplemented
        same = (self.positions is None) == (other.positions is None)
        return (
            same
            and all(
                getattr(self, a) == getattr(other, a)
                for a in ("name", "n", "model", "parameters", "initial", "receptors")
            )
            and (self.positions is None or np.array_equal(np.asarray(self.positions), np.asarray(other.positions)))
        )

    __hash__ = object.__hash__


@dataclass(frozen=True)
class DistanceKernel:
    """Connection probability that falls with distance: ``p_max * shape(distance / scale)``; scale in um."""

    shape: str
    scale: str
    p_max: float


@dataclass(frozen=True, eq=False)
class Rule:
    """How pairs are drawn: p, indegree, outdegree, total, one_to_one, all_to_all, pairs or distance."""

    kind: str
    value: Any = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rule) or self.kind != other.kind:
            return False
        if self.kind == "pairs":
            return all(np.array_equal(a, b) for a, b in zip(self.value, other.value, strict=True))
        return self.value == other.value

    def __str__(self) -> str:
        if self.kind == "pairs":
            return f"{len(self.value[0])} explicit pairs"
        return self.kind if self.value is None else f"{self.kind} = {self.value}"


@dataclass(eq=True)
class Synapses:
    """A chemical projection; ``receptors`` maps each receptor's label to the weight that a spike adds there.

    ``plasticity`` is the rule by which the weight at the receptor ``plastic`` changes; ``delay_kind`` says where the delay lies; ``start``
    holds the weights to begin with if they were loaded.
    ``transmitter`` is what it releases, if that was said; ``detail`` the level of :mod:`amine.network.ports`,
    ``cleft`` what becomes of transmitter; None is a square pulse. ``minis`` is the rate of spontaneous release.
    """

    name: str
    source: Group
    target: Group
    receptors: dict[str, Value]
    rule: Rule
    delay: Value | None = None
    autapses: bool = True
    multapses: bool = True
    release: Any = None
    plasticity: Any = None
    plastic: str | None = None
    delay_kind: str = "axonal"
    start: Any = None
    fused: dict[str, str] = field(default_factory=dict)  # states that the rule gives the target's neurons, with units
    transmitter: str | None = None
    detail: str = "receptor"
    cleft: Any = None
    minis: str | None = None


@dataclass(eq=True)
class GapJunctions:
    """An electrical projection: each pair shares one conductance, current flows both ways."""

    name: str
    a: View
    b: View
    conductance: Value
    rule: Rule


@dataclass(eq=True)
class PoissonInput:
    """``n`` independent Poisson spike trains for each target neuron, its own."""

    name: str
    target: Group
    rate: Value
    receptor: str
    weight: Value
    n: int = 1


@dataclass(frozen=True, eq=False)
class Waveform:
    """A current in time: kind step, ramp, sine or table, with the times (ms) and values (pA) that define it."""

    kind: str
    numbers: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Waveform) and self.kind == other.kind and self.numbers == other.numbers

    def at(self, t: np.ndarray) -> np.ndarray:
        """Values in pA at the times ``t`` in ms."""
        p = self.numbers
        if self.kind == "table":
            index = np.searchsorted(np.asarray(p["times"]), t + 1e-9, side="right") - 1
            return np.where(index < 0, 0.0, np.asarray(p["values"])[np.maximum(index, 0)])
        on = (t >= p["start"] - 1e-9) & (t < p["stop"] - 1e-9)
        if self.kind == "ramp":
            span = p["stop"] - p["start"]
            return np.where(on, p["first"] + (p["last"] - p["first"]) * (t - p["start"]) / span, 0.0)
        if self.kind == "sine":
            return np.where(on, p["mean"] + p["amplitude"] * np.sin(2 * np.pi * p["frequency"] * (t - p["start"])), 0.0)
        return np.where(on, p["value"], 0.0)


@dataclass(eq=True)
class Stimulus:
    """A current injected into each target neuron."""

    name: str
    target: Group
    current: Waveform


@dataclass(eq=True)
class Probe:
    """Records states of some neurons every ``every`` (None: each step), at the start of the step."""

    name: str
    target: View
    variables: tuple[str, ...]
    every: str | None = None


@dataclass(eq=True)
class WeightProbe:
    """Records states of ``n`` synapses of a plastic projection, spread evenly over all of them, every ``every``."""

    name: str
    projection: str
    states: tuple[str, ...]
    every: str
    n: int


__all__ = [
    "Array",
    "DistanceKernel",
    "Distribution",
    "GapJunctions",
    "Group",
    "PoissonInput",
    "Population",
    "Probe",
    "Rule",
    "Stimulus",
    "Synapses",
    "View",
    "Waveform",
    "WeightProbe",
]
