"""Checks of the arguments of a network's methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.distributions import Distribution
from amine.errors import AmineError, did_you_mean
from amine.network.cables import check_view
from amine.network.formulas import listed, pair_formula
from amine.network.parts import Group, Population, View
from amine.network.pattern import Pattern
from amine.network.receptors import check_level, port_of
from amine.network.times import check_steps
from amine.units import is_quantity, to_internal
from amine.values import Array, Formula, Value, normalise

if TYPE_CHECKING:
    from amine.network.network import Network


def group_of(net: Network, what: object, where: str) -> Group:
    """Populations, slices, sums or names of populations as a group of this network."""
    if isinstance(what, str):
        if what not in net.populations:
            raise AmineError(where, f"population '{what}' is not known", hint=did_you_mean(what, net.populations))
        what = net.populations[what]
    if not isinstance(what, Population | View | Group):
        raise AmineError(
            where, "this is not a population", given=repr(what)[:40], expected="a population, a slice or a sum of them"
        )
    if isinstance(what, Population) and net.populations.get(what.name) is not what:
        raise AmineError(where, f"population '{what.name}' belongs to another network")
    views = what.views()
    for v in views:
        if v.population not in net.populations:
            raise AmineError(
                where, f"population '{v.population}' is not known", hint=did_you_mean(v.population, net.populations)
            )
        if v.stop > net.populations[v.population].n or v.start < 0 or v.step < 1 or v.n < 1:
            raise AmineError(
                where, f"'{v}' reaches beyond the population", expected=f"0..{net.populations[v.population].n - 1}"
            )
        if v.place is not None:
            check_view(net.populations[v.population], v, where)
    return Group(tuple(views))


def placeless(net: Network, what: object, where: str) -> Group:
    """As :func:`group_of`, for uses that concern whole neurons; places on them are refused."""
    group = group_of(net, what, where)
    for v in group:
        if v.place is not None:
            raise AmineError(
                where,
                "whole neurons are needed here, not a place on them",
                given=f"{v.population} at {v.place.place}",
                hint=f"give '{v.population}' without .at()",
            )
    return group


def view_of(net: Network, what: object, where: str) -> View:
    """As :func:`group_of`, for a single population or slice."""
    views = group_of(net, what, where).views()
    if len(views) != 1:
        raise AmineError(
            where, "one population or slice is needed", given=" + ".join(map(str, views)), hint="make one call for each"
        )
    return views[0]


def check_weight(
    net: Network,
    targets: Group,
    label: str,
    weight: object,
    pattern: Pattern | None,
    sources: Group | None,
    where: str,
    detail: str = "receptor",
) -> Value:
    """Weight at a receptor, in the unit of the state to which it is added; negative conductances are refused."""
    unit = weight_unit(net, targets, label, where, detail)
    shape = _shape(pattern, sources, targets) if pattern is not None else (targets.n,)
    value = _flat(weight, pattern, sources, targets)
    if pattern is not None and sources is not None:
        value = of_pairs(net, value, unit, pattern, sources, targets, f"{where}, weight at '{label}'")
    return normalise(value, unit, f"{where}, weight at '{label}'", shape=shape, nonnegative=unit == "nS")


def weight_unit(net: Network, targets: Group, label: str, where: str, detail: str = "receptor") -> str:
    """The unit of weights at a receptor of all targets."""
    check_level(net, targets, label, detail, where)
    units = set()
    for v in targets.views():
        population = net.populations[v.population]
        if population.model.kind == "neuron":
            port = port_of(population, label, where, detail)
            if detail == "receptor" and not port.adds_to:
                hint = f"couple it by net.coupling(..., into='{next(iter(port.inputs), 'g')}_{label}')"
                raise AmineError(
                    where, f"receptor '{label}' has no 'on spike', so that spikes do not act on it", hint=hint
                )
            units.add(port.weight_unit)
    if len(units) != 1:
        problem = (
            "the targets have no receptors"
            if not units
            else f"'{label}' takes weights in {' and '.join(sorted(units))} on these targets"
        )
        raise AmineError(where, problem, hint="make one call for each population")
    return units.pop()


def check_value(
    value: object, unit: str, pattern: Pattern, sources: Group, targets: Group, where: str, **demands: Any
) -> Value:
    """A value of each connection: one, an array in the order of the connections if that is known, or a distribution."""
    flat = _flat(value, pattern, sources, targets)
    return normalise(flat, unit, where, shape=_shape(pattern, sources, targets), **demands)


def _shape(pattern: Pattern | None, sources: Group | None, targets: Group) -> tuple[int, ...] | None:
    """Required shape of arrays of weights and delays: one value for each synapse, if the order of synapses is known."""
    if pattern is None or sources is None:
        return None
    if pattern.kind == "pairs":
        return (len(pattern.value[0]),)
    if pattern.kind == "one_to_one":
        return (sources.n,)
    if pattern.kind == "all_to_all" and len(sources.parts) == len(targets.parts) == 1:
        return (sources.n * targets.n,)
    return (-1,)


def _flat(value: object, pattern: Pattern | None, sources: Group | None, targets: Group) -> Any:
    """A matrix (sources, targets) of an all-to-all projection, flattened by rows; other values unchanged."""
    if pattern is None or pattern.kind != "all_to_all" or sources is None:
        return value
    if isinstance(value, np.ndarray) and value.shape == (sources.n, targets.n):
        return value.ravel()
    if is_quantity(value) and np.shape(value.magnitude) == (sources.n, targets.n):
        return value.flatten()
    return value


def of_pairs(
    net: Network, value: object, unit: str, pattern: Pattern | None, sources: Group, targets: Group, where: str
) -> Any:
    """A formula of a pair of neurons as an array if the pairs are known, else as a :class:`Formula`; any other value unchanged."""
    found = pair_formula(net, value, unit, sources, targets, where)
    shape = _shape(pattern, sources, targets)
    if not isinstance(found, Formula) or pattern is None or shape is None or shape == (-1,):
        return found
    a, b = sources.views()[0], targets.views()[0]
    if pattern.kind == "pairs":
        i, j = pattern.value
    elif pattern.kind == "one_to_one":
        i = j = np.arange(a.n)
    else:
        i, j = np.repeat(np.arange(a.n), b.n), np.tile(np.arange(b.n), a.n)
    return listed(net, found, unit, (i, j), (a, b), where)


def check_delay(
    net: Network, delay: object, pattern: Pattern | None, sources: Group, targets: Group, where: str
) -> Value | None:
    """Checked delay in ms, at least one step; None stands for one step. Without ``pattern`` arrays may have any shape."""
    if delay is None:
        return None
    place = f"{where}, delay"
    given = of_pairs(net, _flat(delay, pattern, sources, targets), "ms", pattern, sources, targets, place)
    value = normalise(given, "ms", place, shape=_shape(pattern, sources, targets), positive=True)
    if isinstance(value, Distribution):
        d = value.internal("ms", place)
        lowest = max({"uniform": d.a, "normal": -np.inf if d.b else d.a}.get(d.kind, 0.0), d.low)
        hint = f'bound it with .clipped("{net.dt:g} ms")'
    elif isinstance(value, Formula):
        lowest, hint = value.low, f"bound it, such as max({value.text}, {net.dt:g} ms)"
    else:
        lowest = (
            float(value.values.min())
            if isinstance(value, Array) and value.values.size
            else (np.inf if isinstance(value, Array) else to_internal(value, "ms", place))
        )
        hint = "lengthen it or give the network a smaller dt"
    if lowest < net.dt * (1 - 1e-6):  # a delay may come as float32
        raise AmineError(
            place,
            "the delay is shorter than the time step",
            given=f"{max(lowest, 0.0):g} ms",
            expected=f"at least {net.dt:g} ms",
            hint=hint,
        )
    check_steps(value, net.dt, place)
    return value
