"""Recordings of synapses: weights and other states of some, and numbers of those that come and go; checked and added to a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.errors import AmineError, did_you_mean
from amine.frozen import append
from amine.network.doors import door
from amine.network.numbers import name_of, steps_of, whole_number
from amine.network.parts import Synapses, WeightProbe
from amine.network.plasticity import parsed_rule, weight_unit
from amine.network.receptors import port_of
from amine.network.recordings import window
from amine.network.structure import weight_names

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.network import Network

WEIGHTS, NUMBERS = "weights", "numbers"
ONE, OUT, IN = ("number", "appeared", "vanished"), "outdegree", "indegree"


@door
def probe_weights(
    net: Network,
    synapses: Synapses | str,
    *states: str,
    every: Quantity = "1 s",
    n: int = 100,
    start: Quantity | None = None,
    stop: Quantity | None = None,
    name: str | None = None,
) -> WeightProbe:
    """Record weights, or other states, of synapses that are evenly spaced over a projection.

    The k-th column of ``run.probes[name]`` is synapse ``round(k (N-1)/(n-1))`` of the N of ``run.weights(synapses)``, or without a rule of those of
    ``loop.connections(synapses)``, whose weights change only where they are set in a running network.

    Parameters
    ----------
    synapses : a projection or its name.
    states : states of the rule at the synapse, and the weight ``"w"``, which is the default; with several receptors ``"w_AMPA"`` and so on.
    every : interval, a multiple of the time step.
    n : number of synapses.
    start, stop : times between which is recorded, the second excluded; None: from the beginning, to the end.

    Raises
    ------
    AmineError
        The projection is not known or its synapses come and go, a state is unknown, or the name is taken.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> P, E = net.population("P", 6, "poisson", rate="20 Hz"), net.population("E", 2, "lif_cond")
    >>> syn = net.synapses(P, E, receptor="AMPA", weight="1 nS", connect="all_to_all", rule=am.plasticity.stdp())
    >>> net.probe_weights(syn, every="100 ms", n=3).name
    'P->E.w'
    """
    s = _projection(net, synapses)
    if s.rewiring is not None:
        hint = "record their number with net.probe_synapses, or read loop.connections"
        raise AmineError(
            f"Weight probe of '{s.name}'", "its synapses come and go, so that no column would be one synapse", hint=hint
        )
    known = units_of(net, s)
    states = tuple(name_of(x, "Weight probe", "a state") for x in states) or (next(iter(known)),)
    made = _name(net, s, states, name, "Weight probe")
    where = f"Weight probe '{made}'"
    for x in states:
        if x not in known:
            raise AmineError(where, f"state '{x}' is not one of the synapse", hint=did_you_mean(str(x), known))
    interval = steps_of(every, net.dt, f"{where}, every")
    span = window(net, start, stop, where)
    part = WeightProbe(made, s.name, states, interval, whole_number(n, f"{where}, n", 1, 10**6), *span)
    return append(net.weight_probes, part)


@door
def probe_synapses(
    net: Network,
    synapses: Synapses | str,
    *numbers: str,
    every: Quantity = "1 s",
    start: Quantity | None = None,
    stop: Quantity | None = None,
    name: str | None = None,
) -> WeightProbe:
    """Record numbers of synapses that come and go.

    Parameters
    ----------
    synapses : a projection with a rule of rewiring, or its name.
    numbers : ``"number"`` of synapses, which is the default, and those that have ``"appeared"`` and ``"vanished"`` since the start; or
        ``"indegree"``, of each target, or ``"outdegree"``, of each source, in a probe of its own.
    every : interval, a multiple of the time step.
    start, stop : times between which is recorded, the second excluded; None: from the beginning, to the end.

    Raises
    ------
    AmineError
        The projection is not rewired, a number is unknown, or numbers for neurons and for the whole are mixed.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> P, E = net.population("P", 20, "poisson", rate="20 Hz"), net.population("E", 10, "lif_cond")
    >>> syn = net.synapses(P, E, receptor="AMPA", weight="1 nS", p=0.2)
    >>> _ = net.rewire(syn, every="10 ms", remove=0.5)
    >>> probe = net.probe_synapses(syn, "number", "vanished", every="10 ms")
    >>> found = net.run("30 ms", progress=False).probes[probe.name]
    >>> found.times.tolist(), len(set((found["number"] + found["vanished"]).ravel()))
    ([0.0, 10.0, 20.0], 1)
    """
    s = _projection(net, synapses)
    if s.rewiring is None:
        hint = "give them a rule with net.rewire, or count loop.connections"
        raise AmineError(f"Probe of synapses '{s.name}'", "none of them come or go", hint=hint)
    chosen = [name_of(x, "Probe of synapses", "a number") for x in numbers] or ["number"]
    made = _name(net, s, tuple(chosen), name, "Probe of synapses")
    where = f"Probe of synapses '{made}'"
    for x in chosen:
        if x not in (*ONE, OUT, IN):
            raise AmineError(where, f"'{x}' is not known", hint=did_you_mean(x, (*ONE, OUT, IN)))
    if len(chosen) > 1 and {OUT, IN} & {*chosen}:
        raise AmineError(where, "a number for each neuron stands in a probe of its own", given=", ".join(chosen))
    width = {OUT: s.source.n, IN: s.target.n}.get(chosen[0], 1)
    interval, span = steps_of(every, net.dt, f"{where}, every"), window(net, start, stop, where)
    return append(net.weight_probes, WeightProbe(made, s.name, tuple(chosen), interval, width, *span, NUMBERS))


def _projection(net: Network, which: Synapses | str) -> Synapses:
    """A projection, from itself or its name."""
    name = which if isinstance(which, str) else which.name
    if not any(s.name == name for s in net.projections):
        hint = did_you_mean(name, [s.name for s in net.projections])
        raise AmineError("Weight probe", "this is no projection of the network", given=name[:40], hint=hint)
    found = net.projections[number_of(net, name)]
    if isinstance(which, Synapses) and found is not which and found != which:
        alone = any(s is which for s in net.projections)
        problem = f"another projection is called '{name}'" if alone else "this is no projection of the network"
        raise AmineError("Weight probe", problem, given=name[:40], hint="give projections names of their own")
    return found


def number_of(net: Network, name: str) -> int:
    """The number of the projection that a probe of this name means: of several the plastic one, and no other if none is."""
    found = [k for k, s in enumerate(net.projections) if s.name == name]
    plastic = [k for k in found if net.projections[k].plasticity is not None]
    if len(found) > 1 and not plastic:
        hint = "give them names of their own"
        raise AmineError("Weight probe", f"several projections are called '{name}'", hint=hint)
    return (plastic or found)[0]


def _name(net: Network, s: Synapses, states: tuple[str, ...], name: str | None, where: str) -> str:
    found = f"{s.name}.{'+'.join(states)}" if name is None else name_of(name, where)
    if any(p.name == found for p in (*net.probes, *net.weight_probes)):
        raise AmineError(f"{where} '{found}'", "the name is taken", hint="give it another with name=")
    return found


def units_of(net: Network, s: Synapses) -> dict[str, str]:
    """Units of the states of a synapse that can be recorded, the weight first."""
    target = net.populations[s.target.views()[0].population]
    plain = {
        n: port_of(target, label, f"Synapses '{s.name}'", s.detail).weight_unit for n, label in weight_names(s).items()
    }
    if s.plasticity is None:
        return plain
    rule = parsed_rule(net, s)
    return {"w": weight_unit(net, s), **{n: rule.states[n] for n in rule.at("synapse")}, **plain}


def numbers_units(probe: WeightProbe) -> dict[str, str]:
    """Units of the numbers that a probe records."""
    return dict.fromkeys(probe.states, "1")


__all__ = [
    "IN",
    "NUMBERS",
    "ONE",
    "OUT",
    "WEIGHTS",
    "number_of",
    "numbers_units",
    "probe_synapses",
    "probe_weights",
    "units_of",
]
