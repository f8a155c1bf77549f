"""Continuous coupling: sums over connections of an expression of source state, target state and values of the connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from amine import equations
from amine.errors import AmineError, did_you_mean
from amine.frozen import FrozenDict, append, closed, fix
from amine.network.cables import has_tree
from amine.network.checks import check_delay, check_value, view_of
from amine.network.doors import door
from amine.network.numbers import flag, name_of, stream_of
from amine.network.parts import Declared, Group, View
from amine.network.pattern import Pattern, check_pattern, pattern_of
from amine.network.receptors import inputs_of, states_of
from amine.records import dataclass
from amine.values import Value, unit_of

if TYPE_CHECKING:
    from amine.given import Values
    from amine.network.network import Network
    from amine.network.parts import Neurons, Population
    from amine.network.pattern import Pairs
    from amine.network.space.kernels import DistanceKernel
    from amine.network.space.regions import Region

PRE, POST = "_pre", "_post"


@closed("give it when it is made: net.coupling(..., {attribute}=...)")
@dataclass(frozen=True)
class Coupling:
    """A sum over connections, once a step, as a named input of the target's equations.

    ``value`` is the expression that is summed, ``into`` the input. ``units`` are those of the names in the expression: ``x_pre`` and ``x_post`` of
    states and parameters of source and target, and of the ``values`` of the connections. ``change`` are the rates of change of values that are
    plastic. ``stream`` is the declared identity of the random numbers.
    """

    name: str
    source: View
    target: View
    into: str
    value: str
    pattern: Pattern
    values: Mapping[str, Value]
    units: Mapping[str, str]
    delay: Value | None = None
    autapses: bool = True
    multapses: bool = True
    stream: Declared = None
    change: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hint = "give it when it is made: net.coupling(...)"
        for a in ("values", "units", "change"):
            fix(self, **{a: FrozenDict(getattr(self, a), f"Coupling '{self.name}', {a}", hint)})

    def read(self, end: str) -> tuple[str, ...]:
        """States and parameters that it reads of the source (``end`` is ``_pre``) or of the target (``_post``)."""
        return tuple(n.removesuffix(end) for n in self.units if n.endswith(end) and n not in self.values)


# fmt: off
@door
def coupling(
    net: Network, source: Neurons, target: Neurons, *, into: str, value: str, p: Values | None = None, indegree: Values | None = None,
    outdegree: Values | None = None, total: Values | None = None, pairs: Pairs | None = None, connect: str | None = None,
    distance: DistanceKernel | Region | None = None, nearest: Values | None = None, delay: Values | None = None, autapses: bool = True, multapses: bool = True,
    change: Mapping[str, str] | None = None, stream: Declared = None, name: str | None = None, **values: Any,
) -> Coupling:
    """Add a continuous coupling: in each step an input of each target is the sum of an expression over its connections.

    Parameters
    ----------
    source, target : populations or slices; the source may be any population of neurons, with or without spikes.
    into : input of the target's equations to which the sum is added, such as ``"x_in"`` of the line ``input x_in : 1``, or ``"g_AMPA"`` of a
        receptor with the line ``input g : nS``. It is constant within a step. Several couplings into one input add up.
    value : the expression, such as ``"w*sin(theta_pre - theta_post)"``: ``x_pre`` is the state or parameter x of the source, ``x_post`` of the
        target, any other name a value of the connection. Its unit is that of the input.
    p, indegree, outdegree, total, pairs, connect, distance, nearest, autapses, multapses : pattern of connections, as for :meth:`Network.synapses`.
    delay : the source's state is that of this time before; before the start it is that at the start. None: that at the start of the step.
    change : rates of change of plastic values, such as ``{"w": "eta*x_pre*x_post"}``: expressions of the same names, in the unit of the value divided
        by a time. Each connection then has a value of its own; the sum of a step takes it as it is at the start of the step.
    stream : identity of its random numbers, unique among couplings; as for :meth:`Network.synapses`.
    values : values of the connections by name, such as ``w="0.5 nS"``: one, an array for given pairs, a matrix (sources, targets) for
        all pairs, or a distribution.

    Raises
    ------
    AmineError
        The input, a state or a value is not known, a unit is wrong, or a value is not used.

    Notes
    -----
    With ``connect="all_to_all"`` and single values, sums and products of expressions of one side, and sines and cosines of differences, cost one pass
    over sources and one over targets in each step; everything else one pass over connections.

    Examples
    --------
    >>> import amine as am
    >>> oscillator = am.models.neuron("oscillator", "dtheta/dt = omega + x_in : 1\\ninput x_in : Hz", omega="10 Hz")
    >>> net = am.Network(seed=1)
    >>> P = net.population("P", 100, oscillator, omega=am.normal("10 Hz", "1 Hz"))
    >>> net.coupling(P, P, into="x_in", value="K/100*sin(theta_pre - theta_post)", connect="all_to_all", K="5 Hz").name
    'P->P.x_in'
    """
    a, b = view_of(net, source, "Coupling, source"), view_of(net, target, "Coupling, target")
    into = name_of(into, "Coupling", "into")
    name = f"{a.population}->{b.population}.{into}" if name is None else name_of(name, "Coupling")
    where = f"Coupling '{name}'"
    unit = _input(net, b, into, where)
    _check_source(net.populations[a.population], where)
    chosen = pattern_of(where, p=p, indegree=indegree, outdegree=outdegree, total=total, pairs=pairs, connect=connect, distance=distance, nearest=nearest)
    own, again = flag(autapses, f"{where}, autapses"), flag(multapses, f"{where}, multapses")
    check_pattern(net, chosen, Group((a,)), Group((b,)), own, again, where)
    ends = (Group((a,)), Group((b,)))
    units = {str(n): unit_of(v, f"{where}, {n}") for n, v in values.items()}
    given = {n: check_value(values[n], u, chosen, *ends, f"{where}, {n}") for n, u in units.items()}
    rates = _rates(change, units, where)
    used = _names(net, a, b, {"value": (value, unit), **rates}, units, where)
    late = check_delay(net, delay, chosen, *ends, where)
    known = stream_of(stream, where, (c.stream for c in net.couplings))
    return append(net.couplings, Coupling(name, a, b, into, value, chosen, given, used, late, own, again, known, change or {}))
# fmt: on


def _input(net: Network, target: View, into: str, where: str) -> str:
    """Unit of an input of the target."""
    population = net.populations[target.population]
    known = inputs_of(population, net)
    if target.place is not None or has_tree(population):
        raise AmineError(where, f"'{population.name}' has compartments, which take no continuous coupling")
    if into not in known:
        hint = did_you_mean(into, known) if known else f"write a line such as 'input {into} : pA' in its equations"
        raise AmineError(where, f"'{into}' is no input of the neurons of '{population.name}'", hint=hint)
    return known[into]


def _check_source(population: Population, where: str) -> None:
    if population.model.kind == "source" or has_tree(population):
        what = (
            "a source of spikes without states"
            if population.model.kind == "source"
            else "a population of cells with compartments"
        )
        raise AmineError(where, f"'{population.name}' is {what}, which cannot be the source of a continuous coupling")


def rate_unit(unit: str) -> str:
    """Unit of the rate of change of a value."""
    return f"({unit or '1'})/ms"


def _rates(change: Mapping[str, str] | None, units: Mapping[str, str], where: str) -> dict[str, tuple[str, str]]:
    """The rates of change of plastic values, each with its unit, by their places in messages."""
    for n in change or {}:
        if n not in units:
            raise AmineError(
                f"{where}, change", f"'{n}' is no value of the connections", hint=did_you_mean(str(n), units)
            )
    return {f"change of {n}": (e, rate_unit(units[n])) for n, e in (change or {}).items()}


def _names(
    net: Network,
    a: View,
    b: View,
    texts: Mapping[str, tuple[object, str]],
    values: Mapping[str, str],
    where: str,
) -> dict[str, str]:
    """Units of the names in the expressions (``texts``: each with its unit, by place), after a check of all units."""
    for place, (text, _) in texts.items():
        if not isinstance(text, str):
            expected = 'such as "w*x_pre"'
            raise AmineError(f"{where}, {place}", "this is not text", given=repr(text)[:40], expected=expected)
    known = {**_of(net, a, PRE), **_of(net, b, POST)}
    for n in values:
        if n in known or not n.isidentifier() or n.startswith("_"):
            raise AmineError(where, f"'{n}' cannot be the name of a value", hint="choose another")
    used: dict[str, str] = {}
    for place, (text, unit) in texts.items():
        used |= equations.names_in_coupling(str(text), {**known, **values}, unit, f"{where}, {place}")
    value = str(texts["value"][0])
    idle = [n for n in values if n not in used]
    if idle:
        hint = did_you_mean(idle[0], [*used, *OPTIONS])
        raise AmineError(where, f"'{idle[0]}' is given, but the expression does not use it", given=value, hint=hint)
    if not any(n in used for n in known if n.endswith(PRE)):
        raise AmineError(f"{where}, value", "it reads nothing of the source", given=value, hint="such as w*x_pre")
    return used


OPTIONS = (
    "p",
    "indegree",
    "outdegree",
    "total",
    "pairs",
    "connect",
    "distance",
    "nearest",
    "delay",
    "autapses",
    "multapses",
    "change",
    "stream",
    "name",
)


def _of(net: Network, view: View, end: str) -> dict[str, str]:
    """Units of the states and parameters of a population, under names that end with ``end``."""
    population = net.populations[view.population]
    states = {n: u for n, u in states_of(population, net).items() if n not in inputs_of(population, net)}
    return {f"{n}{end}": u for n, u in {**population.model.units, **states}.items()}


__all__ = ["POST", "PRE", "Coupling", "coupling", "rate_unit"]
