"""Connections: chemical projections and gap junctions, checked and added to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amine.equations.schemes import mentions
from amine.errors import AmineError
from amine.frozen import append
from amine.models import find
from amine.models.ports import CLEARED
from amine.network.cables import has_tree
from amine.network.checks import check_delay, check_weight, group_of, placeless, view_of
from amine.network.doors import door
from amine.network.numbers import flag, name_of, stream_of
from amine.network.parts import Declared, GapJunctions, Group, Population, Synapses, View
from amine.network.pattern import Pattern, by_pair, check_pattern, pattern_of, within_population
from amine.network.plasticity import given_rule, made_plastic
from amine.network.populations import mapping
from amine.network.transmission import check_cleft, check_minis, check_plastic, check_release, check_transmission
from amine.units import dimension_of
from amine.values import Value, normalise

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.models.model import Model
    from amine.network.network import Network
    from amine.network.parts import Neurons
    from amine.network.pattern import Pairs
    from amine.network.space.kernels import DistanceKernel
    from amine.network.space.regions import Region


# fmt: off
@door
def synapses(
    net: Network, source: Neurons, target: Neurons, *, receptor: str | None = None, weight: Values | None = None,
    receptors: Mapping[str, Values] | None = None, delay: Values | None = None, p: Values | None = None, indegree: Values | None = None,
    outdegree: Values | None = None, total: Values | None = None, pairs: Pairs | None = None, rule: str | Model | None = None, connect: str | None = None,
    plastic: str | None = None, delay_kind: str = "axonal", distance: DistanceKernel | Region | None = None, nearest: Values | None = None, autapses: bool = True,
    multapses: bool = True, release: str | Model | None = None, transmitter: str | None = None, detail: str = "receptor",
    cleft: str | Model | None = None, minis: Quantity | None = None, name: str | None = None,
    stream: Declared = None,
) -> Synapses:
    """Add a chemical projection.

    Parameters
    ----------
    source, target : populations, slices (``E[:100]``) or sums of them (``E + I``).
    receptor, weight : the receptor's label and the increment at a spike: nS, pA or mV, depending on the receptor; or
    receptors : several receptors at each synapse, ``{label: weight}``.
    delay : one value, an array for given pairs or a distribution; at least one step, which is the default.
        Weights and delays may also be the text of a formula of the two neurons: their distance ``d``, their numbers ``i`` and ``j`` in their
        populations, and their positions ``x_pre``, ``x_post``, ``y_pre`` and so on, such as ``"2 nS*exp(-d/(100 um))"``.
    p : probability of a pair, a number or the text of such a formula. indegree, outdegree : inputs of a target, outputs of a source. total : number of synapses.
    pairs : two arrays of indices, within source and target.
    rule : plasticity of the weights: a rule of :mod:`amine.plasticity`, its name, or its text.
    connect : ``"one_to_one"`` or ``"all_to_all"``.
    plastic : the receptor whose weight the rule changes, by default the first.
    delay_kind : ``"axonal"``: presynaptic spikes reach the synapse after the delay; ``"dendritic"``: postsynaptic ones do.
    distance : a kernel such as ``am.gaussian("200 um", 0.3)``, a region about the source such as ``am.space.disc("100 um")``, or a product of them; with
        ``indegree`` or ``outdegree``, partners are chosen in proportion to it.
    nearest : number of sources of each target, the nearest ones. autapses, multapses : allow a neuron to connect to itself, and a pair twice.
    release : model of the amount released by a spike, or its name, such as ``"tsodyks_markram"``.
    transmitter : transmitter released, such as ``"glutamate"``: receptors that do not bind it are refused.
    detail : ``"receptor"`` (linear filters), ``"kinetic"`` (cleft and scheme at the source) or ``"explicit"`` (at each synapse).
    cleft : model of clearance from the cleft, such as ``am.models.clearance(tau="1.2 ms")``; None is a square pulse with the
        height and width that each scheme defines.
    minis : rate at which each synapse releases a quantum without a spike, such as ``"0.1 Hz"``.
    stream : identity of its random numbers, a whole number or text, unique among projections; None: its ends, its kind of pattern, and its
        number among those that are alike in this.

    Raises
    ------
    AmineError
        Unknown receptor, weight in a wrong unit, probability outside 0..1, delay below the step, and so on.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 100, "lif_cond")
    >>> net.synapses(E, E, receptor="AMPA", weight="1 nS", p=0.1, delay="1.5 ms").name
    'E->E'
    """
    sources, targets = placeless(net, source, "Synapses, source"), group_of(net, target, "Synapses, target")
    name = f"{short(sources)}->{short(targets)}" if name is None else name_of(name, "Synapses")
    where = f"Synapses '{name}'"
    name_of(delay_kind, where, "delay_kind")
    weights = _weights(receptor, weight, receptors, where)
    plasticity = given_rule(rule, where)
    p, distance = by_pair(net, p, distance, sources, targets, where)
    chosen = pattern_of(where, p=p, indegree=indegree, outdegree=outdegree, total=total, pairs=pairs, connect=connect, distance=distance, nearest=nearest)
    chosen, sources, targets = within_population(chosen, sources, targets)
    own, again = flag(autapses, f"{where}, autapses"), flag(multapses, f"{where}, multapses")
    _check(net, chosen, sources, targets, own, again, where)
    level, known = name_of(detail, where, "detail"), stream_of(stream, where, (s.stream for s in net.projections))
    part = Synapses(name, sources, targets, weights, chosen, None, own, again, detail=level, stream=known)
    part = replace(part, **_transmission(net, part, release, transmitter, cleft, minis, where))
    part = replace(part, **_values(net, part, delay, where))
    if plasticity is not None or plastic is not None or delay_kind != "axonal":
        check_plastic(part, where)
        part = made_plastic(net, part, plasticity, plastic, delay_kind)
    return append(net.projections, part)
# fmt: on


def _weights(receptor: object, weight: Values | None, receptors: object, where: str) -> dict[str, Any]:
    """Weights by receptor label; the values are not checked yet."""
    if (receptor is None) == (receptors is None):
        raise AmineError(where, "say either receptor= and weight=, or receptors={label: weight}")
    if receptor is not None and weight is None:
        raise AmineError(where, "the weight is missing", hint='add weight= such as "1 nS"')
    if receptors is not None and weight is not None:
        raise AmineError(where, "weight= is for one receptor=", hint="give the weights in receptors={label: weight}")
    label = None if receptor is None else name_of(receptor, f"{where}, receptor", "the label")
    each = {label: weight} if label is not None else mapping(receptors, f"{where}, receptors", "{label: weight}")
    if not each:
        raise AmineError(where, "no receptor is given")
    return {name_of(r, f"{where}, receptor", "the label"): w for r, w in each.items()}


def _check(
    net: Network, pattern: Pattern, sources: Group, targets: Group, autapses: bool, multapses: bool, where: str
) -> None:
    """Check the pattern between the groups, and that the targets have receptors."""
    check_pattern(net, pattern, sources, targets, autapses, multapses, where)
    for v in targets:
        if net.populations[v.population].model.kind == "source":
            raise AmineError(
                where, f"'{v.population}' is a source of spikes and has no receptors", hint="swap source and target?"
            )


def _transmission(
    net: Network,
    part: Synapses,
    release: str | Model | None,
    transmitter: str | None,
    cleft: str | Model | None,
    minis: Quantity | None,
    where: str,
) -> dict[str, Any]:
    """Checked transmitter, cleft, release and spontaneous release of a projection."""
    labels, detail = list(part.receptors), part.detail
    substance = check_transmission(net, part.source, part.target, labels, transmitter, detail, where)
    fate = check_cleft(None if cleft is None else find.chosen(cleft, ("cleft",), where), detail, where)
    released = None if release is None else find.chosen(release, ("release",), where)
    check_release(released, detail, where)
    quanta = check_minis(minis, part.target, net, detail, where)
    return {"transmitter": substance, "cleft": fate, "release": released, "minis": quanta}


def _values(net: Network, part: Synapses, delay: Values | None, where: str) -> dict[str, Any]:
    """Checked weights and delay."""
    level = CLEARED if part.cleft is not None and part.detail == "kinetic" else part.detail
    weights = {
        label: check_weight(net, part.target, label, w, part.pattern, part.source, where, level)
        for label, w in part.receptors.items()
    }
    return {"receptors": weights, "delay": check_delay(net, delay, part.pattern, part.source, part.target, where)}


@door
def gap_junctions(
    net: Network,
    a: Neurons,
    b: Neurons,
    *,
    conductance: Values,
    p: Values | None = None,
    pairs: Pairs | None = None,
    total: Values | None = None,
    connect: str | None = None,
    distance: DistanceKernel | Region | None = None,
    name: str | None = None,
    stream: Declared = None,
) -> GapJunctions:
    """Add electrical synapses: the current ``g (v_other - v)`` flows into both neurons of each pair.

    Within a population each unordered pair is drawn once and no neuron is coupled to itself.

    Parameters
    ----------
    a, b : populations or slices whose neurons are coupled.
    conductance : g in nS: one value, an array for given pairs or a distribution.
    p, pairs, total, connect, distance : pattern of connections, as for :meth:`Network.synapses`.
    stream : identity of its random numbers, unique among gap junctions; as for :meth:`Network.synapses`.

    Raises
    ------
    AmineError
        Neurons without a voltage, a negative conductance, no pattern or several.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> I = net.population("I", 10, "lif_cond")
    >>> net.gap_junctions(I, I, conductance="0.5 nS", p=0.3).name
    'I-I'
    """
    va, vb = view_of(net, a, "Gap junctions"), view_of(net, b, "Gap junctions")
    name = f"{va.population}-{vb.population}" if name is None else name_of(name, "Gap junctions")
    where = f"Gap junctions '{name}'"
    for v in (va, vb):
        _check_coupled(net.populations[v.population], where)
    chosen = pattern_of(where, p=p, total=total, pairs=pairs, connect=connect, distance=distance)
    check_pattern(net, chosen, Group((va,)), Group((vb,)), False, chosen.kind == "pairs", where)
    _check_overlap(chosen, va, vb, where)
    own = stream_of(stream, where, (g.stream for g in net.electrical))
    g = _conductance(conductance, chosen, va, where)
    return append(net.electrical, GapJunctions(name, va, vb, g, chosen, own))


def _check_coupled(population: Population, where: str) -> None:
    """Raises AmineError unless neurons have a voltage in mV, and a current that changes it."""
    unit = population.model.state_units.get("v")
    if unit is None:
        raise AmineError(where, f"'{population.name}' has no voltage")
    if dimension_of(unit) != dimension_of("mV"):
        raise AmineError(where, f"the voltage of '{population.name}' has another unit", given=unit, expected="mV")
    if not has_tree(population) and not mentions(population.model.equations, "I"):
        hint = "add I to an equation of the neuron"
        raise AmineError(
            where, f"the equations of population '{population.name}' have no I that takes the current", hint=hint
        )


def _conductance(given: object, pattern: Pattern, view: View, where: str) -> Value:
    shape = {"pairs": lambda: (len(pattern.value[0]),), "one_to_one": lambda: (view.n,)}.get(pattern.kind)
    return normalise(
        given, "nS", f"{where}, conductance", shape=shape() if shape is not None else (-1,), nonnegative=True
    )


def _check_overlap(pattern: Pattern, a: View, b: View, where: str) -> None:
    """Refuse a total between selections that overlap: pairs within a population count once, which would give fewer."""
    if pattern.kind != "total" or a.population != b.population or a == b:
        return
    if set(range(a.start, a.stop, a.step)) & set(range(b.start, b.stop, b.step)):
        raise AmineError(
            where, "total= needs two selections without common neurons, or the same twice", given=f"{a} and {b}"
        )


def short(views: Group) -> str:
    """The names of populations of a group, for names of parts."""
    return "+".join(dict.fromkeys(v.population for v in views))
