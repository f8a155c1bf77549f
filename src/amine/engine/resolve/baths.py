"""Drugs that change rates of schemes: those that are there, at one concentration, for the whole of a run.

A positive modulator such as a benzodiazepine lengthens the decay of a response by a factor. In a scheme this factor divides the
rates that its line ``decay`` names: closing in two states, unbinding in more. That benzodiazepines act on binding and not on
desensitisation is from Ghansah E, Weiss DS (1999) Neuroreport 10:817-821. Rates are worked out into propagators before the run, so
that a dose that changes during it cannot act on them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds import catalogue
from amine.compounds.effects import effects_of, steady_factor
from amine.equations.schemes import Scheme
from amine.models.ports import scheme
from amine.network.network import Network
from amine.network.receptors import detail_of, ports_of, scheme_of
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.models.model import Model


def decay_rates(s: Scheme) -> tuple[str, ...]:
    """Parameters that set how long a response lasts: those that the scheme names, or the closing rate of two states."""
    if s.decay or len(s.transitions) != 2:
        return s.decay
    back = s.transitions[1].rate.strip()
    return (back,) if back.isidentifier() and not s.transitions[1].binds else ()


def lengthening(net: Network, population: str, label: str) -> float | None:
    """By what doses lengthen the decay of a scheme's response; None if they cannot."""
    if detail_of(net, population, label) in (None, "receptor"):
        return None
    model = scheme_of(net.populations[population], label, f"Population '{population}'")
    rates = decay_rates(scheme(model))
    if not rates or not all(isinstance(model.parameters[n], str) for n in rates):
        return None
    target = _target(net, population, label)
    effects = [e for d in dict.fromkeys(x.drug for x in net.doses) for e in effects_of(d, [target])]
    longer = [e for e in effects if e.quantity == "tau_decay"]
    sites = {e.site for e in longer}
    beside = {e.drug for e in effects if e.site in sites}
    constant = {drug: _constant(net, drug) for drug in beside}
    known = {drug: c for drug, c in constant.items() if c is not None}
    if not longer or len(known) < len(constant):
        return None
    return float(steady_factor(effects, known).get(f"{target}.tau_decay", 1.0))


def with_baths(net: Network) -> Network:
    """The network with schemes whose rates are those under its doses; the network itself if none change."""
    changed: dict[str, dict[str, Any]] = {}
    for population in net.populations.values() if net.doses else ():
        if population.model.kind != "neuron":
            continue
        for label in ports_of(population, net):
            factor = lengthening(net, population.name, label)
            if factor is not None and factor != 1.0:
                model = scheme_of(population, label, f"Population '{population.name}'")
                changed.setdefault(population.name, {})[label] = _slower(model, factor)
    if not changed:
        return net
    populations = dict(net.populations)
    for name, models in changed.items():
        receptors = {**net.populations[name].receptors, **models}
        populations[name] = dataclasses.replace(net.populations[name], receptors=receptors)
    return net.replaced(populations=populations)


def _slower(model: Model, factor: float) -> Any:
    values = {}
    for n in decay_rates(scheme(model)):
        rate = float(to_internal(model.parameters[n], model.units[n], model.where))
        values[n] = f"{rate / factor!r} {model.units[n]}"
    return model(**values)


def _target(net: Network, population: str, label: str) -> str:
    """The name of a receptor that the catalogue may know."""
    known = catalogue.find_entry(label, ("family", "receptor")) is not None
    return label if known else scheme_of(net.populations[population], label, "").name


def _constant(net: Network, drug: str) -> float | None:
    """The concentration of a drug that is the same at all times, in uM; None if it changes."""
    total = 0.0
    for d in net.doses:
        if d.drug == drug:
            parts = d.course.numbers["parts"] if d.course.kind == "sum" else [d.course]
            if any(p.kind != "constant" or p.numbers["start"] > 0 or np.isfinite(p.numbers["stop"]) for p in parts):
                return None
            total += float(d.course.at(np.zeros(1))[0])
    return total


__all__ = ["decay_rates", "lengthening", "with_baths"]
