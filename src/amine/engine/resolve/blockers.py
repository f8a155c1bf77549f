"""Blockers that enter open channels: a state of each neuron at a receptor, so that block depends on use and on voltage.

The blocked part B of a receptor's channels obeys, while they are open,

    dB/dt = koff open (C/K(v) (1 - sum of all B) - B),    K(v) = K exp(delta (v - V)/25.4 mV)     (Woodhull 1973, J Gen Physiol 61:687)

and the current is multiplied by 1 - sum of all B. A channel that has closed keeps its blocker (trapping). ``open`` is the conductance without its
voltage-dependent part over that of all channels of all synapses together (of a tree, an equal part of them at each compartment that has any): the weights that the neuron receives on average, over the
probability that a channel is open at the peak of a synaptic event. It decides how fast block comes and goes, not how far it goes. At the start
block is in equilibrium with the dose at time 0, at the voltage at the start.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amine.models.naming import blocker_name, tonic_name, total_name
from amine.network.estimate import expected_pairs
from amine.network.network import Network
from amine.network.parts import Probe, View
from amine.network.receptors import detail_of, ports_of
from amine.values import realise

# Probability that a channel is open at the peak of a synaptic event: NMDA from Jahr CE (1992) Science 255:470-472 (0.3 in
# hippocampal neurons); a value between those published for AMPA and GABA_A receptors (0.5 to 0.8) for all others.
PEAK_OPEN = {"NMDA": 0.3}
OTHERS_OPEN = 0.6
KEPT = 100  # neurons of each population whose block is kept


def block(net: Network, p: Any, drugs: Any) -> None:
    """Adds blockers of open channels, and agonists that open them, to a plan."""
    from amine.engine.resolve.signals import Vary

    for target, ports in drugs.ports.items():
        for signal in drugs.factors(target, "occupancy"):
            for population, label, _model in ports:
                p.factors.append(Vary(population, tonic_name(label), signal))
                p.totals.setdefault(population, {})[label] = target
        for e in drugs.blockers(target):
            for population, label, _model in ports:
                p.blockers.setdefault(population, []).append((label, e))
                p.totals.setdefault(population, {})[label] = target
                signal = p.signals[f"dose:{e.drug}"]
                p.factors.append(Vary(population, blocker_name("conc", e.drug, label), signal))
                n = net.populations[population].n
                view = View(population, 0, n, max(1, n // KEPT))
                name = f"chemistry:occupancy:{target}:{e.drug}:{population}"
                state = blocker_name("blocked", e.drug, label)
                states = tuple(f"{state}@{i}" for i in _places(net, population, label)) or (state,)
                p.probes.append(Probe(name, view, states, f"{p.h!r} ms"))


def values(net: Network, p: Any, population: str) -> dict[str, tuple[float, str]]:
    """Parameters of the blockers and agonists of a population, with units."""
    out: dict[str, tuple[float, str]] = {}
    for label, e in p.blockers.get(population, []):
        start = sum(float(course.at(np.zeros(1))[0]) for d in net.doses if d.drug == e.drug for course in [d.course])
        numbers = {"K": e.potency, "V": e.voltage, "delta": e.delta, "koff": e.koff, "start": start, "conc": 1.0}
        out |= {blocker_name(k, e.drug, label): (float(x), "1") for k, x in numbers.items()}
    for label, target in p.totals.get(population, {}).items():
        scheme = detail_of(net, population, label) in ("kinetic", "explicit")  # its weight is that of all channels
        opened = 1.0 if scheme else PEAK_OPEN.get(target.split("_")[0], OTHERS_OPEN)
        share = 1 / max(1, len(_places(net, population, label)))
        out[total_name(label)] = (max(share * received(net, population, label) / opened, 1e-12), "1")
    return out


def _places(net: Network, population: str, label: str) -> list[int]:
    """Compartments of cells with a tree that have a receptor; none of other cells."""
    from amine.network.receptors import port_places

    if not hasattr(net.populations[population].model, "cell"):
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


__all__ = ["block", "received", "values"]
