"""Checks of what the methods of a network are given."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.distributions import Distribution
from amine.errors import AmineError, did_you_mean
from amine.network.cables import check_view
from amine.network.parts import DistanceKernel, Group, Population, Rule, View
from amine.network.receptors import check_level, port_of
from amine.units import is_quantity, to_internal
from amine.values import Array, Value, normalise

if TYPE_CHECKING:
    from amine.network.network import Network


def whole_number(x: Any, where: str, low: int, high: int) -> int:
    """``x`` as an integer of low..high."""
    try:
        n = operator.index(x)
        if isinstance(x, bool):
            raise TypeError
    except TypeError as e:
        raise AmineError(where, "this is not a whole number", given=repr(x)[:40]) from e
    if not low <= n <= high:
        raise AmineError(where, "the number is out of range", given=str(n), expected=f"{low}..{high}")
    return n


def group_of(net: Network, what: Any, where: str) -> Group:
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


def view_of(net: Network, what: Any, where: str) -> View:
    """As :func:`group_of`, but of one population only."""
    views = group_of(net, what, where).views()
    if len(views) != 1:
        raise AmineError(
            where, "one population or slice is needed", given=" + ".join(map(str, views)), hint="make one call for each"
        )
    return views[0]


def rule_of(where: str, **given: Any) -> Rule:
    """The one rule that was given."""
    chosen = {k: v for k, v in given.items() if v is not None}
    if len(chosen) != 1:
        raise AmineError(
            where,
            "give one connection rule",
            given=", ".join(chosen) or "none",
            expected="one of p, indegree, outdegree, total, pairs, distance, rule",
        )
    kind, value = next(iter(chosen.items()))
    if kind == "p":
        x = float(to_internal(value, "1", f"{where}, p"))
        if not 0 <= x <= 1:
            raise AmineError(where, "p is outside 0..1", given=str(value), hint="use total= for a number of synapses")
        return Rule("p", x)
    if kind in ("indegree", "outdegree", "total"):
        return Rule(kind, whole_number(value, f"{where}, {kind}", 0, 2**62))
    if kind == "pairs":
        return Rule("pairs", _pairs(value, where))
    if kind == "distance":
        if not isinstance(value, DistanceKernel):
            raise AmineError(
                where,
                "this is not a kernel of distance",
                given=repr(value)[:40],
                expected="gaussian(), exponential_decay() or box()",
            )
        return Rule("distance", value)
    if value not in ("one_to_one", "all_to_all"):
        raise AmineError(
            where, f"rule '{value}' is not known", hint=did_you_mean(str(value), ("one_to_one", "all_to_all"))
        )
    return Rule(str(value))


def _pairs(value: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        i, j = (np.asarray(x) for x in value)
    except (TypeError, ValueError) as e:
        raise AmineError(where, "pairs must be two arrays of indices", given=repr(value)[:40]) from e
    if (
        i.ndim != 1
        or i.shape != j.shape
        or (i.size and not (np.issubdtype(i.dtype, np.integer) and np.issubdtype(j.dtype, np.integer)))
    ):
        raise AmineError(
            where, "pairs must be two arrays of whole numbers of one length", given=f"{i.shape} and {j.shape}"
        )
    return i.astype(np.int64), j.astype(np.int64)


def check_rule(
    net: Network, rule: Rule, sources: Group, targets: Group, autapses: bool, multapses: bool, where: str
) -> None:
    """Whether the rule can be followed between these groups."""
    one_source = rule.kind in ("indegree", "total", "pairs", "one_to_one")
    one_target = rule.kind in ("outdegree", "total", "pairs", "one_to_one")
    if (one_source and len(sources.parts) > 1) or (one_target and len(targets.parts) > 1):
        raise AmineError(
            where,
            f"'{rule.kind}' is a rule for one population on {'either' if one_source and one_target else 'that'} side",
            hint="make one call for each population",
        )
    a, b = sources.views()[0], targets.views()[0]
    if rule.kind == "one_to_one" and a.n != b.n:
        raise AmineError(where, "one_to_one needs as many sources as targets", given=f"{a.n} and {b.n}")
    if rule.kind == "pairs" and rule.value[0].size:
        i, j = rule.value
        if i.min() < 0 or i.max() >= a.n or j.min() < 0 or j.max() >= b.n:
            raise AmineError(
                where,
                "a pair names a neuron that is not there",
                given=f"up to {i.max()}, {j.max()}",
                expected=f"0..{a.n - 1}, 0..{b.n - 1}",
            )
    if rule.kind == "distance":
        for v in (*sources.parts, *targets.parts):
            if net.populations[v.population].positions is None:
                raise AmineError(
                    where, f"population '{v.population}' has no positions", hint="give positions= when making it"
                )
        dims = {net.populations[v.population].positions.shape[1] for v in (*sources.parts, *targets.parts)}  # type: ignore[union-attr]
        if len(dims) > 1:
            raise AmineError(where, "the positions differ in their number of dimensions")
    if not multapses:
        _check_room(rule, a, b, autapses, where)


def _check_room(rule: Rule, a: View, b: View, autapses: bool, where: str) -> None:
    own = 0 if autapses or a.population != b.population else 1
    room = {"indegree": a.n - own, "outdegree": b.n - own, "total": a.n * b.n - own * min(a.n, b.n)}.get(rule.kind)
    if room is not None and rule.value > room:
        raise AmineError(
            where,
            f"{rule.kind} is more than there are pairs",
            given=str(rule.value),
            expected=f"at most {room} without multapses",
        )


def check_weight(
    net: Network,
    targets: Group,
    label: str,
    weight: Any,
    rule: Rule | None,
    sources: Group | None,
    where: str,
    detail: str = "receptor",
) -> Value:
    """The weight at a receptor, in the unit of the state that it adds to; conductances are not negative."""
    check_level(net, targets, label, detail, where)
    units = set()
    for v in targets.views():
        population = net.populations[v.population]
        if population.model.kind == "neuron":
            units.add(port_of(population, label, where, detail).weight_unit)
    if len(units) != 1:
        problem = (
            "the targets have no receptors"
            if not units
            else f"'{label}' takes weights in {' and '.join(sorted(units))} on these targets"
        )
        raise AmineError(where, problem, hint="make one call for each population")
    unit = units.pop()
    shape = _shape(rule, sources, targets) if rule is not None else (targets.n,)
    value = _flat(weight, rule, sources, targets)
    return normalise(value, unit, f"{where}, weight at '{label}'", shape=shape, nonnegative=unit == "nS")


def _shape(rule: Rule | None, sources: Group | None, targets: Group) -> tuple[int, ...] | None:
    """The shape that arrays of weights and delays must have: one value for each synapse, where their order is known."""
    if rule is None or sources is None:
        return None
    if rule.kind == "pairs":
        return (len(rule.value[0]),)
    if rule.kind == "one_to_one":
        return (sources.n,)
    if rule.kind == "all_to_all" and len(sources.parts) == len(targets.parts) == 1:
        return (sources.n * targets.n,)
    return (-1,)


def _flat(value: Any, rule: Rule | None, sources: Group | None, targets: Group) -> Any:
    """A matrix (sources, targets) of an all-to-all projection as one row after the other."""
    if rule is None or rule.kind != "all_to_all" or sources is None:
        return value
    if isinstance(value, np.ndarray) and value.shape == (sources.n, targets.n):
        return value.ravel()
    if is_quantity(value) and np.shape(value.magnitude) == (sources.n, targets.n):
        return value.flatten()
    return value


def check_delay(net: Network, delay: Any, rule: Rule, sources: Group, targets: Group, where: str) -> Value | None:
    """A delay of at least one step; None is one step."""
    if delay is None:
        return None
    place = f"{where}, delay"
    value = normalise(
        _flat(delay, rule, sources, targets), "ms", place, shape=_shape(rule, sources, targets), positive=True
    )
    if isinstance(value, Distribution):
        d = value.internal("ms", place)
        lowest = max({"uniform": d.a, "normal": -np.inf if d.b else d.a}.get(d.kind, 0.0), d.low)
        hint = f'bound it with .clipped("{net.dt:g} ms")'
    else:
        lowest = (
            float(value.values.min())
            if isinstance(value, Array) and value.values.size
            else (np.inf if isinstance(value, Array) else to_internal(value, "ms", place))
        )
        hint = "lengthen it or give the network a smaller dt"
    if lowest < net.dt * (1 - 1e-9):
        raise AmineError(
            place,
            "the delay is shorter than the time step",
            given=f"{max(lowest, 0.0):g} ms",
            expected=f"at least {net.dt:g} ms",
            hint=hint,
        )
    return value
