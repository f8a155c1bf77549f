"""Recordings of neurons: checked and added to a network, and the names of what can be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from amine.errors import AmineError, did_you_mean
from amine.frozen import append
from amine.models.naming import port_name
from amine.network.cables import has_tree, probed
from amine.network.checks import view_of
from amine.network.doors import door
from amine.network.numbers import name_of, number, steps_of
from amine.network.parts import Probe, View
from amine.network.receptors import ports_of, states_of
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.network import Network
    from amine.network.parts import Neurons, Population

SYNAPTIC = "I_syn"  # the current of all receptors
NEURON = "neuron"  # number of the neuron of each value that is recorded at a spike
TIMES, SPIKES = "", "spikes"
REDUCED = ("", "sum", "mean")


@door
def probe(
    net: Network,
    target: Neurons,
    *variables: str,
    every: Quantity | None = None,
    start: Quantity | None = None,
    stop: Quantity | None = None,
    at: str | None = None,
    reduce: str | None = None,
    name: str | None = None,
) -> Probe:
    """Record states of neurons, and what follows from them, at the start of each step, of each interval ``every``, or at their spikes.

    Parameters
    ----------
    target : a population or slice.
    variables : states such as ``"v"`` or ``"g_AMPA"``; for point neurons also parameters, ``"tau_m"`` or ``"tau_AMPA"``, named parts of the
        equations, currents of receptors, ``"I_AMPA"``, and ``"I_syn"``, the current of all receptors (pA, positive inward).
    every : interval, a multiple of the time step; None: each step. Samples are at its whole multiples.
    start, stop : times between which is recorded, the second excluded; None: from the beginning, to the end.
    at : ``"spikes"``, or the name of an event of the equations: the values of each neuron at its own spikes or events, at the end of the step
        and after what they change, in place of samples.
    reduce : ``"sum"`` or ``"mean"`` over the neurons, in place of a value for each.

    Returns
    -------
    Probe
        Its name is the key of the recording in ``run.probes``.

    Raises
    ------
    AmineError
        Unknown variable, an interval or time that is not a multiple of the time step, or a name that is taken.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 10, "lif")
    >>> net.probe(E[:2], "v", every="1 ms").name
    'E.v[0:2]'
    """
    view = view_of(net, target, "Probe")
    named = [name_of(v, "Probe", "a variable") for v in variables]
    name = _name(net, view, named, at, reduce) if name is None else name_of(name, "Probe")
    where = f"Probe '{name}'"
    if any(p.name == name for p in (*net.probes, *net.weight_probes)):
        raise AmineError(where, "the name is taken", hint="give it another with name=")
    population = net.populations[view.population]
    _check_names(population, net, named, where)
    recorded = tuple(dict.fromkeys(named))
    if has_tree(population):
        recorded, view = probed(population, view, recorded, where), replace(view, place=None)
    interval = None if every is None else steps_of(every, net.dt, f"{where}, every")
    span = window(net, start, stop, where)
    return append(
        net.probes, Probe(name, view, recorded, interval, *span, *_kind(population, at, reduce, interval, where))
    )


def _check_names(population: Population, net: Network, named: list[str], where: str) -> None:
    known = states_of(population, net)
    if not named:
        raise AmineError(where, "no variable is named", hint=f"choose from {', '.join(recordable(population, net))}")
    for v in named:
        if v not in known and v not in (more := recordable(population, net)):
            raise AmineError(where, f"variable '{v}' is not known", hint=did_you_mean(v, more))


def window(net: Network, start: Quantity | None, stop: Quantity | None, where: str) -> tuple[str | None, str | None]:
    """Checked times between which is recorded."""
    first = (
        None
        if start is None or number(start, "ms", f"{where}, start") == 0
        else steps_of(start, net.dt, f"{where}, start")
    )
    last = None if stop is None else steps_of(stop, net.dt, f"{where}, stop")
    if last is not None and first is not None and to_internal(last, "ms", where) <= to_internal(first, "ms", where):
        raise AmineError(where, "it stops before it starts", given=f"{start}..{stop}")
    return first, last


def _kind(population: Population, at: str | None, reduce: str | None, every: str | None, where: str) -> tuple[str, str]:
    known = (SPIKES, *population.model.events)
    if at is not None and at not in known:
        raise AmineError(f"{where}, at", f"there is no event '{str(at)[:40]}'", hint=did_you_mean(str(at), known))
    if reduce is not None and reduce not in REDUCED[1:]:
        raise AmineError(f"{where}, reduce", "this is not known", given=repr(reduce)[:40], expected="'sum' or 'mean'")
    if at is not None and (every is not None or reduce is not None):
        raise AmineError(
            where, "values at spikes have neither an interval nor a sum", hint="leave every= and reduce= out"
        )
    return at or TIMES, reduce or ""


def _name(net: Network, view: View, variables: list[str], at: str | None, reduce: str | None) -> str:
    """Default name of a probe: population, variables, slice and place."""
    part = "" if view.n == net.populations[view.population].n else f"[{view.start}:{view.stop}]"
    place = "" if view.place is None else f" at {view.place.place}"
    more = f" at {at}" if at is not None else f" {reduce}" if reduce is not None else ""
    return f"{view.population}.{'+'.join(variables)}{part}{place}{more}"


# --- what can be recorded -----------------------------------------------------------------------------------------


def recordable(population: Population, net: Network) -> Mapping[str, str]:
    """Units of all that can be recorded: states, and for point neurons parameters, named parts of the equations, and currents of receptors."""
    known = states_of(population, net)
    if has_tree(population) or population.model.kind != "neuron":
        return known
    return {**currents(population, net), **parts(population), **parameters(population, net), **known}


def parameters(population: Population, net: Network) -> dict[str, str]:
    """Units of the parameters of point neurons and of their receptors that are filters."""
    ports = ports_of(population, net)
    of_receptors = {port_name(n, label): u for label, m in ports.items() for n, u in m.units.items()}
    return {**of_receptors, **population.model.units}


def parts(population: Population) -> dict[str, str]:
    """Units of the named parts of the neuron's equations."""
    return dict(population.model.parsed.named_units)


def currents(population: Population, net: Network) -> dict[str, str]:
    """Units of the currents of receptors of point neurons."""
    labels = {**population.model.receptors, **population.receptors, **ports_of(population, net)}
    return dict.fromkeys([*(f"I_{label}" for label in labels), SYNAPTIC], "pA")


__all__ = [
    "NEURON",
    "REDUCED",
    "SPIKES",
    "SYNAPTIC",
    "currents",
    "parameters",
    "parts",
    "probe",
    "recordable",
    "window",
]
