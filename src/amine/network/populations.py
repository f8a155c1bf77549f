"""Populations: checked and added to a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean, within
from amine.frozen import enter
from amine.models import find
from amine.models.multicompartment import Cable
from amine.network.doors import door
from amine.network.formulas import of_neurons
from amine.network.numbers import flag, stream_of, whole_number
from amine.network.parts import Declared, Population, Waveform
from amine.network.receptors import begun
from amine.network.space.points import Points
from amine.network.times import check_refractory
from amine.network.windows import course_of, during, enter_course, spikes_during
from amine.values import Array, Value, normalise

if TYPE_CHECKING:
    import numpy.typing as npt
    import pint

    from amine.given import Values
    from amine.models.model import Model
    from amine.network.network import Network

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+\- >/]*", re.ASCII)


@door
def population(
    net: Network,
    name: str,
    n: int,
    model: str | Model = "lif",
    *,
    initial: Mapping[str, Values] | None = None,
    positions: npt.ArrayLike | pint.Quantity | Array | None = None,
    receptors: Mapping[str, str | Model] | None = None,
    spikes: str = "grid",
    record_spikes: bool = True,
    stream: Declared = None,
    **parameters: Any,
) -> Population:
    """Add ``n`` neurons of one model.

    Parameters
    ----------
    name : name in results and errors.
    n : number of neurons.
    model : a model or its name in the library.
    initial : initial values of states, instead of the model's: as of ``parameters``.
    positions : array (n, 1..3) with a unit of length, or points of :mod:`amine.space`, for connections that depend on places.
    receptors : further receptors by label: a model or its name.
    spikes : ``"grid"``: spikes and resets are at the end of the step in which the threshold is crossed; ``"interpolated"``: at the crossing
        within the step, from where the refractory time counts as well. Spikes arrive at targets on the grid in both.
    record_spikes : whether its spikes are recorded; they reach their targets in any case.
    stream : identity of its random numbers, a whole number or text of your choice, unique among populations; None: its size and its
        number among the populations of this size, in the order in which they were added.
    parameters : parameters of the model: a value, an array (n,), a distribution, or the text of a formula of the neuron's index ``i``
        (0 to ``n`` - 1) and its position ``x``, ``y``, ``z``, such as ``"10 ms + 5 ms*i/n"``. The ``rate`` of ``"poisson"`` may also be a
        waveform in Hz, which then is a stimulus named ``"rate->NAME"``; sources take ``start`` and ``stop`` besides.

    Raises
    ------
    AmineError
        Name taken, unknown model, parameter or state, wrong unit or shape, or spikes that cannot be interpolated.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> net.population("E", 80, "lif", tau_m="15 ms", initial={"v": am.uniform("-70 mV", "-60 mV")}).n
    80
    """
    where = f"Population '{name}'"
    _check_name(net, name)
    n = whole_number(n, f"{where}, n", 1, 2**31 - 65)
    found = find.chosen(model, ("neuron", "source"), where)
    place = None if positions is None else _positions(positions, n, f"{where}, positions")
    course = None
    if found.kind == "source":
        parameters, course = _during(found, dict(parameters), n, where)
    parameters = _by_index(found, parameters, n, place, where)
    with within(where):
        found = found(**parameters) if parameters else found
    listed = found.kind == "source" and "times" in found.units
    shape = None if listed else (n,)
    values = {p: _sized(found, p, v, shape, where) for p, v in found.parameters.items()}
    _check_timing(spikes, found, where)
    own = stream_of(stream, where, (p.stream for p in net.populations.values()))
    period = positions.period if isinstance(positions, Points) else None
    made = Population(
        name,
        n,
        found,
        values,
        {},
        _ports(receptors, found, where),
        place,
        spikes,
        own,
        period,
        flag(record_spikes, f"{where}, record_spikes"),
    )
    _begin(net, made, mapping(initial, f"{where}, initial", "{state: value}"), where)
    if listed:
        _check_spike_list(values, n, where)
    check_refractory(made, net.dt, where)
    enter(net.populations, name, made)
    if course is not None:
        enter_course(net, made, course)
    return made


def _begin(net: Network, made: Population, initial: Mapping[str, Any], where: str) -> None:
    """Gives states of a population initial values in place of the model's."""
    known, n = begun(made, net), made.n
    for s, v in initial.items():
        if s not in known:
            raise AmineError(where, f"state '{s}' is not known", hint=did_you_mean(str(s), known))
        v = of_neurons(v, known[s], n, made.positions, f"{where}, initial '{s}'")
        row = "v" if s == made.model.voltage_name else s
        enter(made.initial, row, normalise(v, known[s], f"{where}, initial '{s}'", shape=(n,)))  # type: ignore[arg-type]


def _during(model: Model, given: dict[str, Any], n: int, where: str) -> tuple[dict[str, Any], Waveform | None]:
    """Parameters of a source without its start and stop, and the course of its rates, if they change in time."""
    if "times" in model.units:
        return spikes_during(given, where), None
    start, stop = given.pop("start", None), given.pop("stop", None)
    rate = given.get("rate", model.parameters["rate"])
    if not isinstance(rate, Waveform) and start is None and stop is None:
        return given, None
    place = f"{where}, parameter 'rate'"
    if not isinstance(rate, Waveform):
        rate = normalise(rate, "Hz", place, shape=(n,), nonnegative=True)
    course = during(rate, start, stop, place)
    assert isinstance(course, Waveform)
    course_of(course, "Hz", n, place)
    return {**given, "rate": "0 Hz"}, course


def _by_index(model: Model, given: Mapping[str, Any], n: int, place: np.ndarray | None, where: str) -> dict[str, Any]:
    """Parameters with arrays for the texts of formulas of index and position; on cells with a tree, ``x`` is the path from the soma."""
    if isinstance(model, Cable) or (model.kind == "source" and "times" in model.units):
        return dict(given)
    known = {p: u for p, u in model.units.items() if u != "weight"}
    return {
        p: of_neurons(v, known[p], n, place, f"{where}, parameter '{p}'") if p in known else v for p, v in given.items()
    }


def _check_name(net: Network, name: str) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise AmineError("Population", "the name must be text of letters, digits, _ . + -", given=repr(name)[:40])
    if name in net.populations:
        raise AmineError(f"Population '{name}'", "the name is taken", hint="choose another")


def _check_timing(spikes: object, model: Model, where: str) -> None:
    """Raises AmineError if the time of a spike within a step cannot be found for a model."""
    if spikes not in ("grid", "interpolated"):
        expected = "'grid' or 'interpolated'"
        raise AmineError(f"{where}, spikes", "this is not known", given=repr(spikes)[:40], expected=expected)
    if spikes == "grid":
        return
    problem = "its neurons are cells with compartments, whose spikes are on the grid"
    if model.kind == "source":
        problem = "a source of spikes has no voltage that crosses a threshold"
    elif not isinstance(model, Cable):
        threshold = model.parsed.threshold
        comparison = threshold is not None and getattr(threshold, "rel_op", "") in (">", ">=", "<", "<=")
        problem = "" if comparison else "its threshold is not a single comparison, so that a crossing has no time"
        if model.parsed.noises:
            problem = "its equations have white noise, whose path between two steps is not known"
        elif model.parsed.draws:
            problem = "its equations draw random numbers, which have one value a step"
        elif model.parsed.happenings:
            problem = "its equations have events, which are on the grid"
        elif model.parsed.waiting is not None or model.parsed.reads("lastspike"):
            problem = "its refractory condition or its lastspike is counted in whole steps"
    if problem:
        raise AmineError(f"{where}, spikes", problem, given="'interpolated'", hint="leave spikes out")


def _ports(receptors: object, model: Model, where: str) -> dict[str, Model]:
    """Models of the given receptors by label."""
    given = mapping(receptors, f"{where}, receptors", "{label: model}")
    if model.kind == "source" and given:
        hint = "leave receptors out, and name the receptor where the source is connected"
        raise AmineError(f"{where}, receptors", "a source of spikes receives nothing", given=str(given)[:60], hint=hint)
    return {str(k): find.chosen(m, ("receptor", "scheme"), f"{where}, receptor '{k}'") for k, m in given.items()}


def mapping(given: object, where: str, expected: str) -> Mapping[str, Any]:
    """The given mapping, or an empty one; AmineError if it is not a mapping."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise AmineError(where, "this is not a mapping", given=repr(given)[:40], expected=expected)
    return given


def _sized(model: Model, name: str, value: Value, shape: tuple[int, ...] | None, where: str) -> Value:
    if model.depends_on_path(value):
        return value  # checked by the model, which knows its tree
    return normalise(value, model.units[name], f"{where}, parameter '{name}'", shape=shape)


def _positions(positions: object, n: int, where: str) -> np.ndarray:
    value = normalise(positions, "um", where)
    place: Any = value.values if isinstance(value, Array) else np.empty(0)
    place = place[:, None] if place.ndim == 1 else place
    if place.ndim != 2 or place.shape[0] != n or place.shape[1] not in (1, 2, 3):
        raise AmineError(where, "the array has the wrong shape", given=str(place.shape), expected=f"({n}, 1..3)")
    place = np.array(place)
    place.flags.writeable = False
    return place


def _check_spike_list(values: Mapping[str, object], n: int, where: str) -> None:
    times, indices = values["times"], values["indices"]
    shapes = [v.values.shape if isinstance(v, Array) else "one value" for v in (times, indices)]
    if shapes[0] != shapes[1] or len(shapes[0]) != 1:
        raise AmineError(
            where,
            "times and indices must be arrays of one dimension and one length",
            given=f"{shapes[0]} and {shapes[1]}",
        )
    i = indices.values
    if len(i) and ((i < 0) | (i >= n) | (i != np.floor(i))).any():
        raise AmineError(f"{where}, parameter 'indices'", "an index is not one of its neurons", expected=f"0..{n - 1}")
    if len(i) and (times.values < 0).any():
        raise AmineError(f"{where}, parameter 'times'", "a time is negative")
