"""Drugs whose binding to a receptor's channels takes its time: a state of each neuron, so that block depends on use and on voltage.

The part B of a receptor's channels that a drug holds obeys what the drug's :class:`~amine.compounds.mechanisms.Kinetics` says; the usual one
is that of blockers that enter open channels,

    dB/dt = koff open (C/K(v) (1 - sum of all B) - B),    K(v) = K exp(delta (v - V)/25.4 mV)     (Woodhull 1973, J Gen Physiol 61:687)

and the current is multiplied by 1 - sum of all B. A channel that has closed keeps its blocker (trapping). ``open`` is the conductance without
its voltage-dependent part over that of all channels of all synapses together (of a tree, an equal part of them at each compartment that has
any): the weights that the neuron receives on average, over the probability that a channel is open at the peak of a synaptic event. It decides
how fast block comes and goes, not how far it goes. At the start block is in equilibrium with the dose at time 0, at the voltage at the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from amine.compounds import catalogue
from amine.compounds.schema import Family, Receptor
from amine.engine.resolve.cells import Binding
from amine.engine.resolve.drugs import Drugs, Port
from amine.engine.resolve.signals import Signals, Vary
from amine.models.naming import blocker_name, tonic_name, total_name
from amine.network.cables import has_tree
from amine.network.estimate import expected_pairs
from amine.network.network import Network
from amine.network.parts import Probe, View
from amine.network.receptors import detail_of, ports_of
from amine.values import realise

if TYPE_CHECKING:
    from amine.models.model import Model

# Probability that a channel is open at the peak of a synaptic event, of receptors for which neither their model nor the catalogue has
# a number: a value between those published for AMPA and GABA_A receptors (0.5 to 0.8).
OTHERS_OPEN = 0.6
KEPT = 100  # neurons of each population whose block is kept


def block(net: Network, p: Signals, drugs: Drugs) -> None:
    """Adds what drugs hold of receptors' channels, and agonists that open them, to the signals."""
    for target, ports in drugs.ports.items():
        for port in ports:
            for signal in drugs.factors(port.place, "occupancy"):
                p.factors.append(Vary(port.population, tonic_name(port.label), signal))
                p.totals.setdefault(port.population, {})[port.label] = target
            for e in drugs.blocks(port.place):
                p.blockers.setdefault(port.population, []).append((port.label, e))
                p.totals.setdefault(port.population, {})[port.label] = target
                p.factors.append(
                    Vary(port.population, blocker_name("conc", e.drug, port.label), p.names[f"dose:{e.drug}"])
                )
                p.probes.append(_probe(net, p, port, e.drug))


def _probe(net: Network, p: Signals, port: Port, drug: str) -> Probe:
    """What is kept of a block."""
    n = net.populations[port.population].n
    state = blocker_name("blocked", drug, port.label)
    states = tuple(f"{state}@{i}" for i in _places(net, port.population, port.label)) or (state,)
    name = f"chemistry:occupancy:{port.place.target}:{drug}:{port.population}"
    return Probe(name, View(port.population, 0, n, max(1, n // KEPT)), states, f"{p.h!r} ms")


def bindings(p: Signals, population: str) -> tuple[Binding, ...]:
    """What decides the equations of what drugs hold at a population's receptors."""
    out = []
    for label, e in p.blockers.get(population, []):
        assert e.kinetics is not None
        out.append(Binding(label, e.drug, e.kinetics.rate, e.kinetics.load, tuple(e.numbers)))
    return tuple(out)


def values(net: Network, p: Signals, population: str) -> dict[str, tuple[float, str]]:
    """Parameters of the blockers and agonists of a population, with units."""
    out: dict[str, tuple[float, str]] = {}
    for label, e in p.blockers.get(population, []):
        start = sum(float(course.at(np.zeros(1))[0]) for course in p.doses[e.drug])
        numbers = {"K": e.potency, "n": e.hill, **e.numbers, "start": start, "conc": 1.0}
        out |= {blocker_name(k, e.drug, label): (float(x), "1") for k, x in numbers.items()}
    for label, target in p.totals.get(population, {}).items():
        scheme = detail_of(net, population, label) in ("kinetic", "explicit")  # its weight is that of all channels
        opened = 1.0 if scheme else peak_open(ports_of(net.populations[population], net)[label], target)
        share = 1 / max(1, len(_places(net, population, label)))
        out[total_name(label)] = (max(share * received(net, population, label) / opened, 1e-12), "1")
    return out


def peak_open(model: Model, target: str) -> float:
    """Probability that a channel is open at the peak of a synaptic event: the model's, or that of the catalogue."""
    if model.peak_open is not None:
        return model.peak_open
    entry = catalogue.find_entry(target, ("family", "receptor"))
    if isinstance(entry, Family):
        entry = catalogue.find_entry(entry.members[0], ("receptor",))
    known = entry.value("open") if isinstance(entry, Receptor) else None
    return OTHERS_OPEN if known is None else known


def _places(net: Network, population: str, label: str) -> list[int]:
    """Compartments of cells with a tree that have a receptor; none of other cells."""
    from amine.network.receptors import port_places

    if not has_tree(net.populations[population]):
        return []
    return sorted(port_places(net.populations[population], net).get(label, ()))


def received(net: Network, population: str, label: str) -> float:
    """Sum of the weights that a neuron of a population receives at a receptor, on average."""
    total, n = 0.0, net.populations[population].n
    for s in net.projections:
        if label in s.receptors:
            for b in s.target:
                if b.population == population:
                    pairs = sum(expected_pairs(net, s.pattern, a, b, s.autapses) for a in s.source)
                    total += pairs * abs(_mean(net, s.receptors[label], population, label)) / n
    for i in net.inputs:
        if i.receptor == label:
            part = sum(v.n for v in i.target if v.population == population) / n
            total += part * i.n * abs(_mean(net, i.weight, population, label))
    return total


def _mean(net: Network, value: Any, population: str, label: str) -> float:
    unit = ports_of(net.populations[population], net)[label].weight_unit
    return float(np.mean(realise(value, unit, 1000, np.random.default_rng(0), "weight")))


__all__ = ["bindings", "block", "peak_open", "received", "values"]
