"""The parts of a description: populations and their slices, synapses, gap junctions, inputs and probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.errors import AmineError
from amine.frozen import FrozenDict, closed, fix
from amine.models.multicompartment import Cable
from amine.records import dataclass
from amine.values import Value

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import Quantity, Site
    from amine.network.pattern import Pattern


# neurons as methods take them: a population or its name, a slice, or a sum of these
Neurons: TypeAlias = "Population | View | Group | str"
# the declared identity of a part's random numbers; None: it follows from what the part is
Declared: TypeAlias = "int | str | None"
# a number, a slice, numbers, or a mask with one entry for each neuron
Selection: TypeAlias = "slice | npt.ArrayLike"


class _Addable:
    """Base of sources and targets: populations, slices and sums of them."""

    def views(self) -> tuple[View, ...]:
        raise NotImplementedError

    def __add__(self, other: _Addable) -> Group:
        if not isinstance(other, _Addable):
            expected = "a population, a slice or a sum of them"
            raise AmineError("sum of populations", "this holds no neurons", given=repr(other)[:40], expected=expected)
        return Group(self.views() + other.views())

    def __radd__(self, other: object) -> Group:
        if other == 0 and isinstance(other, int):  # where sum() begins
            return Group(self.views())
        return self + other  # type: ignore[operator]  # refused there

    def at(self, place: Site, **options: Any) -> View:
        """Select a place on neurons; of a population only, of which neurons are selected afterwards."""
        hint = f"name the place first: E.at({place!r})[...]"
        raise AmineError(f"{type(self).__name__}.at", "a place is selected on a population", hint=hint)


@closed("name another place: E.at(...)")
@dataclass(frozen=True)
class At:
    """A place on multicompartment neurons: compartments, and the distribution of inputs over them.

    ``spread`` is ``area`` (in proportion to the membrane area), ``uniform`` (equal shares) or ``each`` (the k-th pair
    of a projection onto the k-th of ``compartments``).
    """

    place: str
    compartments: tuple[int, ...]
    spread: str = "area"


@closed("select other neurons: E[...]")
@dataclass(frozen=True)
class View(_Addable):
    """Neurons start, start+step, ... below stop of a population, for multicompartment neurons optionally at a place on them."""

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
        """Return itself as the only view."""
        return (self,)

    def __getitem__(self, key: Selection) -> View | Group:
        return select((self,), key, str(self))

    __iter__ = None  # views support selection, not iteration

    def __str__(self) -> str:
        place = "" if self.place is None else f" at {self.place.place}"
        return f"{self.population}[{self.start}:{self.stop}{f':{self.step}' if self.step != 1 else ''}]{place}"


@closed("select other neurons: E[...] + I[...]")
@dataclass(frozen=True)
class Group(_Addable):
    """Several views, in order: ``E + I``."""

    parts: tuple[View, ...]

    def views(self) -> tuple[View, ...]:
        """Return its views in order."""
        return self.parts

    @property
    def n(self) -> int:
        """Number of neurons."""
        return sum(v.n for v in self.parts)

    def numbers(self) -> np.ndarray:
        """Return the numbers of its neurons within their populations, concatenated."""
        return np.concatenate([np.arange(v.start, v.stop, v.step) for v in self.parts])

    def __getitem__(self, key: Selection) -> View | Group:
        return select(self.parts, key, " + ".join(map(str, self.parts)))

    def __iter__(self) -> Iterator[View]:
        return iter(self.parts)


def select(views: tuple[View, ...], key: Selection, where: str) -> View | Group:
    """Select neurons of views by a number, a slice, a list of numbers or a mask; one view if they are evenly spaced, else a group."""
    n = sum(v.n for v in views)
    if isinstance(key, slice) and len(views) == 1:
        return _sliced(views[0], key, where)
    picked = _numbers(key, n, where)
    ends = np.cumsum([v.n for v in views])
    which = np.searchsorted(ends, picked, side="right")
    parts: list[View] = []
    cuts = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(picked)]
    for a, b in zip(cuts, cuts[1:], strict=False):
        k = int(which[a])
        v, inside = views[k], picked[a:b] - (ends[k] - views[k].n)
        parts += [replace(v, start=x, stop=y, step=s) for x, y, s in _runs(v.start + v.step * inside)]
    return parts[0] if len(parts) == 1 else Group(tuple(parts))


def _sliced(view: View, key: slice, where: str) -> View:
    try:
        inside = range(view.n)[key]
    except (TypeError, ValueError) as e:
        raise AmineError(where, "this is not a slice of whole numbers", given=str(key)[:60]) from e
    if inside.step < 1:
        raise AmineError(where, "a slice must go forward", given=str(key))
    if not inside:
        raise AmineError(where, "the slice holds no neuron", given=str(key)[:60], expected=f"0..{view.n - 1}")
    start, step = view.start + view.step * inside.start, view.step * inside.step
    stop = view.stop if inside.stop == view.n else view.start + view.step * inside.stop
    return replace(view, start=start, stop=stop, step=step)


def _numbers(key: Selection, n: int, where: str) -> np.ndarray:
    """Selected neurons as numbers of 0..n-1."""
    if isinstance(key, slice):
        return np.arange(n)[key]
    picked = np.atleast_1d(np.asarray(key) if not isinstance(key, str | bytes) else np.empty((0, 0)))
    if picked.dtype == bool:
        if picked.shape != (n,) or isinstance(key, bool):
            raise AmineError(where, "a mask has one entry for each neuron", given=str(picked.shape), expected=f"({n},)")
        picked = np.flatnonzero(picked)
    if picked.ndim != 1 or not np.issubdtype(picked.dtype, np.integer):
        raise AmineError(
            where,
            "neurons are selected by numbers",
            given=repr(key)[:40],
            expected="a number, a slice, a list or a mask",
        )
    picked = np.where(picked < 0, picked + n, picked).astype(np.int64)
    if not len(picked) or picked.min() < 0 or picked.max() >= n:
        raise AmineError(where, "the slice holds no neuron", given=repr(key)[:60], expected=f"0..{n - 1}")
    if len(np.unique(picked)) < len(picked):
        raise AmineError(where, "a neuron is selected twice", given=repr(key)[:60])
    return picked


def _runs(numbers: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Split ``numbers`` into evenly spaced runs (start, stop, step), in order."""
    at = 0
    while at < len(numbers):
        step = int(numbers[at + 1] - numbers[at]) if at + 1 < len(numbers) else 1
        end = at + 1
        if step > 0:
            breaks = np.flatnonzero(np.diff(numbers[at:]) != step)
            end = at + 1 + int(breaks[0] if len(breaks) else len(numbers) - at - 1)
        last = int(numbers[end - 1])
        yield int(numbers[at]), last + 1, step if end - at > 1 else 1
        at = end


@closed('give it when the population is made: net.population("{name}", ..., {attribute}=...)')
@dataclass(frozen=True, eq=False)
class Population(_Addable):
    """Neurons of one model; made by :meth:`Network.population`.

    ``parameters`` holds every parameter of the model; ``initial`` the states with initial values other than the model's;
    ``positions`` an array (n, 1..3) in um, ``period`` the lengths in um of periodic space; ``spikes`` is ``grid`` or ``interpolated``; ``stream`` is the declared identity of its random
    numbers; ``record_spikes`` whether its spikes are recorded.
    """

    name: str
    n: int
    model: Any
    parameters: Mapping[str, Value]
    initial: Mapping[str, Value] = field(default_factory=dict)
    receptors: Mapping[str, Any] = field(default_factory=dict)
    positions: np.ndarray | None = None
    spikes: str = "grid"
    stream: Declared = None
    period: tuple[float, ...] | None = None
    record_spikes: bool = True

    def __post_init__(self) -> None:
        hint = f'give values when the population is made: net.population("{self.name}", ...)'
        for a in ("parameters", "initial", "receptors"):
            fix(self, **{a: FrozenDict(getattr(self, a), f"Population '{self.name}', {a}", hint)})

    def views(self) -> tuple[View, ...]:
        """Return the whole population as one view."""
        return (View(self.name, 0, self.n, 1),)

    def __getitem__(self, key: Selection) -> View | Group:
        return select(self.views(), key, f"Population '{self.name}'")

    def at(
        self,
        place: Site,
        *,
        distance: tuple[Quantity, Quantity] | None = None,
        spread: str = "area",
        neurons: slice | None = None,
    ) -> View:
        """Select a place on all neurons, such as ``E.at("tuft")``, or on some: ``E.at("tuft", neurons=slice(0, 10))``.

        Parameters
        ----------
        place : a region, a branch, a point such as ``"apical(0.5)"``, ``"*"``, or compartments; see :mod:`amine.morphology.places`.
        distance : (nearest, farthest) path length from the soma, such as ``("50 um", "200 um")``, to which the place is restricted.
        spread : distribution of inputs over several compartments: ``area``, ``uniform``, or ``each`` for one compartment a pair.
        neurons : slice of the population; None: all.

        Raises
        ------
        AmineError
            The neurons are points, or the place does not exist.
        """
        where = f"Population '{self.name}'"
        if not isinstance(self.model, Cable):
            raise AmineError(
                where, "its neurons are points without places", hint="give it a model of amine.models.cable"
            )
        view = self.views()[0] if neurons is None else self[neurons]
        if not isinstance(view, View):
            raise AmineError(f"{where}, neurons", "one slice is needed", given=repr(neurons)[:40])
        return replace(view, place=At(*self.model.place(place, distance, spread, where)))

    __iter__ = None

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
                for a in (
                    "name",
                    "n",
                    "model",
                    "parameters",
                    "initial",
                    "receptors",
                    "spikes",
                    "stream",
                    "period",
                    "record_spikes",
                )
            )
            and (self.positions is None or np.array_equal(np.asarray(self.positions), np.asarray(other.positions)))
        )

    __hash__ = object.__hash__


@closed("give it when they are made: net.synapses(..., {attribute}=...)")
@dataclass(frozen=True)
class Synapses:
    """A chemical projection; ``receptors`` maps each receptor's label to the weight that a spike adds there.

    ``plasticity`` is the rule of the weight at the receptor ``plastic``, ``delay_kind`` axonal or dendritic; ``start``
    holds loaded initial weights. ``transmitter`` is the transmitter's name, if given; ``detail`` the level of
    :mod:`amine.models.ports`, ``cleft`` the model of clearance (None: a square pulse), ``minis`` the rate of spontaneous release,
    ``stream`` the declared identity of the random numbers, ``rewiring`` the rule by which synapses come and go.
    """

    name: str
    source: Group
    target: Group
    receptors: Mapping[str, Value]
    pattern: Pattern
    delay: Value | None = None
    autapses: bool = True
    multapses: bool = True
    release: Any = None
    plasticity: Any = None
    plastic: str | None = None
    delay_kind: str = "axonal"
    start: Any = None
    fused: Mapping[str, str] = field(
        default_factory=dict
    )  # units of states of the rule that live at the target neurons
    transmitter: str | None = None
    detail: str = "receptor"
    cleft: Any = None
    minis: str | None = None
    stream: Declared = None
    rewiring: Any = None

    def __post_init__(self) -> None:
        hint = "give it when they are made: net.synapses(...)"
        for a in ("receptors", "fused"):
            fix(self, **{a: FrozenDict(getattr(self, a), f"Synapses '{self.name}', {a}", hint)})


@closed("give it when they are made: net.gap_junctions(..., {attribute}=...)")
@dataclass(frozen=True)
class GapJunctions:
    """An electrical projection: each pair shares one conductance, and current flows both ways."""

    name: str
    a: View
    b: View
    conductance: Value
    pattern: Pattern
    stream: Declared = None


@closed("give it when it is made: net.poisson(..., {attribute}=...)")
@dataclass(frozen=True)
class PoissonInput:
    """Poisson input: ``n`` independent spike trains for each target neuron; rate and weight may be waveforms."""

    name: str
    target: Group
    rate: Value | Waveform
    receptor: str
    weight: Value | Waveform
    n: int = 1
    stream: Declared = None


@closed("make another with am.step(), am.ramp(), am.sine(), am.table() or am.noise()")
@dataclass(frozen=True, eq=False)
class Waveform:
    """A current, or another value, over time: its kind, with its times (ms) and its values in the coherent unit ``unit``.

    The kind is step, ramp, sine or table; courses, a table for each target neuron; or noise, which is drawn while a network runs.
    """

    kind: str
    numbers: Mapping[str, Any]
    unit: str = "pA"

    def __post_init__(self) -> None:
        fix(self, numbers=FrozenDict(self.numbers, f"Waveform {self.kind}", "make another"))

    def __eq__(self, other: object) -> bool:
        mine = (self.kind, self.numbers, self.unit)
        return isinstance(other, Waveform) and mine == (other.kind, other.numbers, other.unit)

    def bounds(self) -> tuple[float, float]:
        """Return the least and the greatest of its values, 0 outside its times among them; of noise they are infinite."""
        p = self.numbers
        if self.kind == "noise":
            return -np.inf, np.inf
        if self.kind == "sine":
            found = p["mean"] + abs(p["amplitude"]) * np.array([-1.0, 1.0])
        elif self.kind == "courses":
            found = p["values"].values
        else:
            found = np.array(
                [p["first"], p["last"]] if self.kind == "ramp" else p["values" if "values" in p else "value"]
            )
        return min(0.0, float(np.min(found))), max(0.0, float(np.max(found)))

    def at(self, t: np.ndarray) -> np.ndarray:
        """Return the values at the times ``t`` in ms, in the shape of ``t``; of courses (times, neurons). Noise has none beforehand."""
        p = self.numbers
        if self.kind == "courses":
            index = np.searchsorted(np.asarray(p["times"]), t + 1e-9, side="right") - 1
            return np.where(index[:, None] < 0, 0.0, p["values"].values[np.maximum(index, 0)])
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


@closed("give it when it is made: net.stimulus(target, current)")
@dataclass(frozen=True)
class Stimulus:
    """A current injected into each target neuron, or a course of one of its named inputs, ``into``."""

    name: str
    target: Group
    current: Waveform
    into: str = ""


@closed('give it when it is made: net.probe(target, "v", {attribute}=...)')
@dataclass(frozen=True)
class Probe:
    """A recording of some neurons at the start of each step, or of each interval ``every``, from ``start`` to before ``stop``.

    With ``at`` ``"spikes"`` or the name of an event, values are those at each neuron's own; ``reduce`` is ``"sum"`` or ``"mean"`` over the neurons.
    ``electrodes`` are coordinates in um at which the potential of the neurons in a ``medium``, a conductivity and a kind of source, is recorded.
    """

    name: str
    target: View
    variables: tuple[str, ...]
    every: str | None = None
    start: str | None = None
    stop: str | None = None
    at: str = ""
    reduce: str = ""
    electrodes: tuple[tuple[float, float, float], ...] = ()
    medium: tuple[str, str] = ("", "")

    @property
    def width(self) -> int:
        """Values of a variable in a sample."""
        return len(self.electrodes) or (1 if self.reduce else self.target.n)


@closed('give it when it is made: net.probe_weights(synapses, "w", {attribute}=...)')
@dataclass(frozen=True)
class WeightProbe:
    """A recording of states of ``n`` synapses of a projection, evenly spaced, at each interval ``every`` from ``start`` to before ``stop``.

    Of ``kind`` ``"numbers"`` it is one of numbers of synapses that come and go, ``n`` at a time.
    """

    name: str
    projection: str
    states: tuple[str, ...]
    every: str
    n: int
    start: str | None = None
    stop: str | None = None
    kind: str = "weights"


__all__ = [
    "Declared",
    "GapJunctions",
    "Group",
    "PoissonInput",
    "Population",
    "Probe",
    "Stimulus",
    "Synapses",
    "View",
    "Waveform",
    "WeightProbe",
]
