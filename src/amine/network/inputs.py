"""Inputs and probes: checked and added to a network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError, did_you_mean
from amine.frozen import append
from amine.network.cables import has_tree, probed
from amine.network.checks import check_weight, group_of, view_of
from amine.network.connect import short
from amine.network.doors import door
from amine.network.numbers import name_of, steps_of, whole_number
from amine.network.parts import PoissonInput, Probe, Stimulus, View, Waveform
from amine.network.receptors import states_of
from amine.values import normalise

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.network.network import Network


@door
def poisson(
    net: Network, target: Any, *, rate: Values, receptor: str, weight: Values, n: Any = 1, name: str | None = None
) -> PoissonInput:
    """Gives each target neuron ``n`` Poisson spike trains of its own; ``rate`` is that of one train."""
    targets = group_of(net, target, "Poisson input, target")
    name = f"poisson->{short(targets)}" if name is None else name_of(name, "Poisson input")
    where = f"Poisson input '{name}'"
    label = name_of(receptor, f"{where}, receptor", "the label")
    w = check_weight(net, targets, label, weight, None, None, where)
    r = normalise(rate, "Hz", f"{where}, rate", shape=(targets.n,), nonnegative=True)
    number = whole_number(n, f"{where}, n", 1, 10**9)
    return append(net.inputs, PoissonInput(name, targets, r, label, w, number))


@door
def stimulus(net: Network, target: Any, current: Waveform, *, name: str | None = None) -> Stimulus:
    """Injects a current, such as ``am.step("100 pA", start="10 ms")``, into each target neuron."""
    targets = group_of(net, target, "Stimulus, target")
    name = f"current->{short(targets)}" if name is None else name_of(name, "Stimulus")
    where = f"Stimulus '{name}'"
    if not isinstance(current, Waveform):
        raise AmineError(
            where,
            "this is not a waveform of a current",
            given=repr(current)[:40],
            expected="step(), ramp(), sine() or table()",
        )
    for v in targets:
        if net.populations[v.population].model.kind != "neuron":
            raise AmineError(where, f"'{v.population}' is a source of spikes and takes no current")
    return append(net.stimuli, Stimulus(name, targets, current))


@door
def probe(net: Network, target: Any, *variables: str, every: Quantity | None = None, name: str | None = None) -> Probe:
    """Records states, such as ``"v"`` or ``"g_AMPA"``, at the start of each step or each ``every``."""
    view = view_of(net, target, "Probe")
    named = [name_of(v, "Probe", "a variable") for v in variables]
    name = _name(net, view, named) if name is None else name_of(name, "Probe")
    where = f"Probe '{name}'"
    if any(p.name == name for p in (*net.probes, *net.weight_probes)):
        raise AmineError(where, "the name is taken", hint="give it another with name=")
    population = net.populations[view.population]
    known = states_of(population, net)
    if not named:
        raise AmineError(where, "no variable is named", hint=f"choose from {', '.join(known)}")
    for v in named:
        if v not in known:
            raise AmineError(where, f"variable '{v}' is not known", hint=did_you_mean(v, known))
    recorded = tuple(named)
    if has_tree(population):
        recorded, view = probed(population, view, recorded, where), replace(view, place=None)
    interval = None if every is None else steps_of(every, net.dt, f"{where}, every")
    return append(net.probes, Probe(name, view, recorded, interval))


def _name(net: Network, view: View, variables: list[str]) -> str:
    """The name of a probe by what it records where."""
    part = "" if view.n == net.populations[view.population].n else f"[{view.start}:{view.stop}]"
    place = "" if view.place is None else f" at {view.place.place}"
    return f"{view.population}.{'+'.join(variables)}{part}{place}"
