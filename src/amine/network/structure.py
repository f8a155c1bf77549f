"""Structural plasticity: synapses of a projection that vanish and appear by rule while a network runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from amine import equations
from amine.errors import AmineError, did_you_mean
from amine.frozen import FrozenDict, closed, fix
from amine.network.cables import has_tree
from amine.network.checks import check_weight
from amine.network.doors import door
from amine.network.formulas import AXES
from amine.network.numbers import probability, steps_of, whole_number
from amine.network.parts import Synapses, View
from amine.network.pattern import Pattern
from amine.network.plasticity import check_bounds, parsed_rule
from amine.network.receptors import inputs_of, port_of, states_of
from amine.records import dataclass
from amine.units import dimension_of
from amine.values import Array, Value, from_plain, to_plain

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.network.network import Network

REPLACE, ALL = "replace", "all"
PRE, POST = "_pre", "_post"
UNKNOWN = Pattern("p", 0.5)  # a pattern whose pairs are not known beforehand: arrays of values are refused


@closed("give it when it is made: net.rewire(..., {attribute}=...)")
@dataclass(frozen=True)
class Rewiring:
    """The rule by which synapses of a projection vanish and appear, at whole multiples of ``every``; made by :meth:`Network.rewire`.

    ``remove`` and ``p`` are the probabilities, as text, with which a synapse vanishes, and with which one appears between a pair that is
    tried; ``grow`` says which pairs are tried, or ``elements`` are the states of source and target whose whole parts are numbers of synaptic
    elements, of which the share ``decay`` of the free ones is lost. ``weights`` are those of new synapses, by receptor.
    """

    every: str
    remove: str = ""
    grow: str | int = ""
    p: str = "1"
    elements: tuple[str, str] | None = None
    decay: float = 0.0
    weights: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fix(self, weights=FrozenDict(self.weights, "Rewiring, weights", "give them when it is made: net.rewire(...)"))

    def to_plain(self) -> dict[str, Any]:
        """As plain data."""
        out: dict[str, Any] = {"every": self.every, "remove": self.remove, "grow": self.grow, "p": self.p}
        out |= {"elements": None if self.elements is None else list(self.elements), "decay": self.decay}
        return out | {"weights": {n: to_plain(w) for n, w in self.weights.items()}}

    def __str__(self) -> str:
        given = "where" if any(c in self.remove for c in "<>=") else "with p ="
        lost = f"synapses vanish {given} {self.remove}" if self.remove else ""
        chance = "" if self.p == "1" else f" with p = {self.p}"
        if self.elements is not None:
            new = f"free elements {self.elements[0]} and {self.elements[1]} join{chance}"
            new += f", {self.decay:g} of the free ones decay" if self.decay else ""
        elif isinstance(self.grow, int):
            new = f"{self.grow} pairs are tried{chance}"
        else:
            new = {"": "", ALL: f"all pairs are tried{chance}", REPLACE: f"lost ones are replaced{chance}"}[self.grow]
        return f"every {self.every.replace('.0 ms', ' ms')}: " + "; ".join(x for x in (lost, new) if x)


@door
def rewire(
    net: Network,
    synapses: Synapses | str,
    *,
    every: Quantity,
    remove: Quantity | None = None,
    grow: str | int | None = None,
    p: Quantity = 1.0,
    elements: tuple[str, str] | None = None,
    decay: Quantity = 0.0,
    weight: Values | Mapping[str, Values] | None = None,
) -> Rewiring:
    """Let synapses of a projection vanish and appear by rule while the network runs.

    At each whole multiple of ``every`` first synapses vanish: with the probability ``remove``, and where a neuron has more synapses than
    elements. Then new ones appear between pairs that are drawn at random. Spikes that are under way act if the synapse is there when they arrive.

    Parameters
    ----------
    synapses : a projection with linear filters and release at the source, with or without a rule of plasticity, or its name.
    every : time between updates, a multiple of the time step.
    remove : condition under which a synapse vanishes, or probability with which it does, such as ``"w < 0.1 nS and age > 1 s"``. It may read the
        weight ``w`` (with several receptors ``w_AMPA``), states of the synapse's rule, the ``age`` of the synapse, and whatever ``p`` may.
    grow : the pairs that are tried: a whole number for each update, drawn at random; ``"all"`` without a synapse; or ``"replace"``: random pairs
        until the projection has as many synapses as at the start.
    p : probability with which a pair that is tried gets a synapse, a number or text: numbers ``i`` and ``j`` of source and target, distance ``d``, positions
        ``x_pre``, ``x_post`` and so on, and states and parameters of source and target, such as ``Ca_pre`` and ``Ca_post``.
    elements : in place of ``grow``, a state or parameter (unit 1) of the sources and one of the targets, such as ``("axon", "dendrite")``. Its whole part is the
        number of synaptic elements; projections that name the same share them. A neuron with fewer elements than synapses loses
        synapses at random; free elements are paired at random.
    decay : share of the free elements that is lost at each update.
    weight : of new synapses: one value, a distribution or a formula, or such by receptor; None: as the projection's. States of a rule start as described.

    Raises
    ------
    AmineError
        The projection releases at each synapse or has kinetic schemes, a name in a text is not known, or nothing is said of what is to happen.

    Notes
    -----
    Growth by calcium, as in Butz and van Ooyen (2013, PLoS Comput Biol 9:e1003259), is a matter of the neuron's equations, see
    :func:`amine.models.elements`. Elements change slowly: run with ``precision="float64"``.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> P, E = net.population("P", 20, "poisson", rate="20 Hz"), net.population("E", 10, "lif_cond")
    >>> syn = net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.2, multapses=False)
    >>> print(net.rewire(syn, every="50 ms", remove=0.1, grow="replace"))
    every 50 ms: synapses vanish with p = 0.1; lost ones are replaced
    """
    s = _projection(net, synapses)
    where = f"Synapses '{s.name}', rewiring"
    _check_kind(net, s, where)
    interval = steps_of(every, net.dt, f"{where}, every")
    lost = "" if remove is None else _chance(remove, known(net, s, True), f"{where}, remove")
    chosen = _growth(grow, elements, where)
    both = None if elements is None else _elements(net, s, elements, where)
    if remove is None and chosen == "" and both is None:
        raise AmineError(where, "nothing vanishes and nothing appears", hint="give remove=, grow= or elements=")
    chance = _chance(p, known(net, s, False), f"{where}, p")
    loss = probability(decay, f"{where}, decay")
    if loss and (both is None or any(not _is_state(net, v, e) for v, e in _ends(s, both))):
        raise AmineError(f"{where}, decay", "free elements decay only where they are states", hint="leave decay= out")
    _check_shared(net, s, both, loss, where)
    weights = _weights(net, s, weight, where)
    made = Rewiring(interval, lost, chosen, chance, both, loss, weights)
    fix(s, rewiring=made)
    return made


def _projection(net: Network, which: Synapses | str) -> Synapses:
    names = {s.name: s for s in net.projections}
    name = which if isinstance(which, str) else which.name
    if name not in names or (isinstance(which, Synapses) and names[name] != which):
        hint = did_you_mean(name, names)
        raise AmineError("Network.rewire", "this is no projection of the network", given=name[:40], hint=hint)
    if [s.name for s in net.projections].count(name) > 1:
        raise AmineError(
            "Network.rewire", f"several projections are called '{name}'", hint="give them names of their own"
        )
    return names[name]


def _check_kind(net: Network, s: Synapses, where: str) -> None:
    """Raise AmineError if synapses of this kind cannot come and go."""
    if s.rewiring is not None:
        raise AmineError(where, "the projection has a rule of rewiring already", hint="say all in one call")
    found = {
        f"detail='{s.detail}'": s.detail != "receptor",
        "release of each synapse": s.release is not None and (s.release.quantal or s.release.differs),
        "spontaneous release": s.minis is not None,
    }
    for given, there in found.items():
        if there:
            hint = "take linear filters, and a release that is computed at the source"
            raise AmineError(where, "what these synapses are doing would be lost", given=given, hint=hint)
    for v in s.target.views():
        if v.place is not None and len(v.place.compartments) > 1:
            given = f"{v.population} at {v.place.place}"
            raise AmineError(where, "the place on the targets has several compartments", given=given, hint="give one")
    if isinstance(s.delay, Array):
        hint = "give them one delay, a distribution or a formula"
        raise AmineError(
            where, "new synapses would have no delay, since an array has one for each at the start", hint=hint
        )


def _chance(given: object, units: Mapping[str, str], where: str) -> str:
    """The text of a probability or of a condition, checked."""
    if not isinstance(given, str):
        return f"{probability(given, where):g}"
    found = equations.chance(given, tuple(units.items()), where)
    if not found.names:
        probability(float(found({})), where)
    return given.strip()


def _growth(grow: str | int | None, elements: object, where: str) -> str | int:
    if grow is not None and elements is not None:
        raise AmineError(where, "the pairs that are tried follow from the elements", hint="leave grow= out")
    if grow is None or (isinstance(grow, str) and grow in (REPLACE, ALL)):
        return grow or ""
    if isinstance(grow, str):
        hint = did_you_mean(grow, (REPLACE, ALL))
        raise AmineError(
            f"{where}, grow", "this is neither a number of pairs nor known", given=repr(grow)[:40], hint=hint
        )
    return whole_number(grow, f"{where}, grow", 1, 10**8)


def _ends(s: Synapses, elements: tuple[str, str]) -> list[tuple[View, str]]:
    return [(v, e) for g, e in zip((s.source, s.target), elements, strict=True) for v in g.views()]


def _is_state(net: Network, view: View, name: str) -> bool:
    return name in states_of(net.populations[view.population], net)


def _elements(net: Network, s: Synapses, elements: object, where: str) -> tuple[str, str]:
    """The names of the elements of sources and targets, checked."""
    if not isinstance(elements, tuple | list) or len(elements) != 2 or not all(isinstance(e, str) for e in elements):
        expected = 'two names, such as ("axon", "dendrite")'
        raise AmineError(
            f"{where}, elements", "this does not name elements", given=repr(elements)[:40], expected=expected
        )
    both = (str(elements[0]), str(elements[1]))
    for v, e in _ends(s, both):
        units = _of(net, v)
        if e not in units:
            hint = did_you_mean(e, units) if units else "take neurons with such a state"
            raise AmineError(f"{where}, elements", f"'{v.population}' has no state '{e}'", hint=hint)
        if dimension_of(units[e]) != dimension_of("1"):
            raise AmineError(
                f"{where}, elements", f"'{e}' is no number", given=units[e], expected="a state with the unit 1"
            )
    return both


def _check_shared(net: Network, s: Synapses, both: tuple[str, str] | None, decay: float, where: str) -> None:
    """Raise AmineError if elements that projections share would decay in different ways."""
    mine = set() if both is None else {(v.population, e) for v, e in _ends(s, both)}
    for o in net.projections:
        r = o.rewiring
        theirs = set() if r is None or r.elements is None else {(v.population, e) for v, e in _ends(o, r.elements)}
        if r is not None and mine & theirs and r.decay != decay:
            problem = f"'{o.name}' has the same elements with another decay"
            raise AmineError(f"{where}, decay", problem, given=f"{decay:g}", expected=f"{r.decay:g}")


def _of(net: Network, view: View) -> dict[str, str]:
    """Units of the states and parameters of the neurons of a view; none of cells with compartments."""
    population = net.populations[view.population]
    if has_tree(population):
        return {}
    inputs = inputs_of(population, net)
    states = {n: u for n, u in states_of(population, net).items() if n not in inputs}
    return {**population.model.units, **states} if population.model.kind != "source" else {}


def known(net: Network, s: Synapses, there: bool) -> dict[str, str]:
    """Units of the names in the texts of a rewiring; ``there``: those of a synapse that exists, too."""
    out = {"i": "1", "j": "1"}
    placed = [net.populations[v.population].positions for v in (*s.source.views(), *s.target.views())]
    axes = {0 if x is None else x.shape[1] for x in placed}
    if len(axes) == 1:
        out |= {f"{a}{end}": "um" for a in AXES[: min(axes)] for end in (PRE, POST)} | (
            {"d": "um"} if min(axes) else {}
        )
    for g, end in ((s.source, PRE), (s.target, POST)):
        each = [_of(net, v) for v in g.views()]
        out |= {f"{n}{end}": u for n, u in each[0].items() if all(x.get(n) == u for x in each)}
    if not there:
        return out
    return {**out, "age": "ms", **_states(net, s), **{n: _unit(net, s, label) for n, label in weight_names(s).items()}}


def _states(net: Network, s: Synapses) -> dict[str, str]:
    """Units of the states of the rule of plasticity at a synapse, without the weight."""
    if s.plasticity is None:
        return {}
    rule = parsed_rule(net, s)
    return {n: rule.states[n] for n in rule.at("synapse") if n != "w"}


def weight_names(s: Synapses) -> dict[str, str]:
    """The names of the weights in the text of ``remove``, each with its receptor."""
    if len(s.receptors) == 1:
        return {"w": next(iter(s.receptors))}
    return {f"w_{label}": label for label in s.receptors} | ({} if s.plastic is None else {"w": s.plastic})


def _unit(net: Network, s: Synapses, label: str) -> str:
    target = net.populations[s.target.views()[0].population]
    return port_of(target, label, f"Synapses '{s.name}'").weight_unit


def _weights(net: Network, s: Synapses, given: Any, where: str) -> dict[str, Value]:
    """Weights of new synapses by receptor: those that are given, or as the projection's."""
    each = (
        dict(given) if isinstance(given, Mapping) else {} if given is None else dict.fromkeys(weight_labels(s), given)
    )
    for label in each:
        if label not in s.receptors:
            raise AmineError(
                f"{where}, weight", f"'{label}' is none of its receptors", hint=did_you_mean(str(label), s.receptors)
            )
    out = {}
    for label, own in s.receptors.items():
        place = f"{where}, weight at '{label}'"
        if label not in each and isinstance(own, Array):
            hint = "give weight= for new ones"
            raise AmineError(place, "the projection's are an array with one for each at the start", hint=hint)
        if label not in each:
            out[label] = own
            continue
        out[label] = check_weight(net, s.target, label, each[label], UNKNOWN, s.source, where)
    if s.plastic is not None:
        began = replace(s, receptors={**s.receptors, s.plastic: out[s.plastic]})
        check_bounds(net, began, _unit(net, s, s.plastic), f"{where}, weight")
    return out


def weight_labels(s: Synapses) -> list[str]:
    """The receptors whose weights a single value is: the only one, or that of the rule, or all."""
    return [s.plastic] if s.plastic is not None else list(s.receptors)


def from_plain_data(net: Network, s: Synapses, data: Mapping[str, Any]) -> None:
    """Give a projection the rewiring of its description, if there is one."""
    d = data.get("rewiring")
    if d is None:
        return
    elements = None if d["elements"] is None else tuple(str(e) for e in d["elements"])
    weights = {str(n): from_plain(w) for n, w in d["weights"].items()}
    grow = None if d["grow"] == "" else d["grow"]
    more = {"remove": d["remove"] or None, "grow": grow, "p": d["p"], "decay": float(d["decay"]), "weight": weights}
    rewire(net, s, every=d["every"], elements=elements, **more)  # type: ignore[arg-type]


__all__ = ["ALL", "POST", "PRE", "REPLACE", "Rewiring", "from_plain_data", "known", "rewire", "weight_names"]
