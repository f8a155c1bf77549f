"""Kinetic drug binding to a receptor's channels: a state of each neuron, so that block depends on use and on voltage.

The bound fraction B of a receptor's channels obeys the drug's :class:`~amine.compounds.mechanisms.Kinetics`; the usual one is that of
open-channel blockers,

    dB/dt = koff open (C/K(v) (1 - sum of all B) - B),    K(v) = K exp(delta (v - V)/25.4 mV)     (Woodhull 1973, J Gen Physiol 61:687)

and the current is multiplied by 1 - sum of all B. A channel that closes keeps its blocker (trapping). ``open`` is the open fraction of the
channels: the conductance without its voltage-dependent factor, over that of all channels of all synapses of the neuron. The latter is
the mean sum of the weights that the neuron receives, over the open probability at the peak of a synaptic event; in a tree it is divided evenly
between the compartments that have the receptor. It sets the speed of block and not its depth. At the start block is in equilibrium with the
dose at time 0 and the initial voltage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.compounds import catalogue
from amine.compounds.schema import Family, Receptor
from amine.compounds.signals import Signal, Sum, Term
from amine.engine.device.arrays import total
from amine.engine.resolve.cascades import has_cascade, open_share
from amine.engine.resolve.cells import Binding
from amine.engine.resolve.drugs import Drugs, Port
from amine.engine.resolve.signals import Signals, Vary
from amine.models.naming import blocker_name, tonic_name, total_name
from amine.network.cables import has_tree
from amine.network.estimate import expected_pairs
from amine.network.in_use import ReceptorInUse
from amine.network.network import Network
from amine.network.parts import Probe, View, Waveform
from amine.network.receptors import port_places
from amine.values import Value, realise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amine.models.model import Model

# Open probability at the peak of a synaptic event of receptors for which neither the model nor the catalogue has a number: a value
# between those published for AMPA and GABA_A receptors (0.5 to 0.8).
OTHERS_OPEN = 0.6
KEPT = 100  # neurons of each population whose block is recorded


def block(net: Network, p: Signals, drugs: Drugs) -> None:
    """Adds to the signals: drugs that bind receptors' channels, and agonists that open them."""
    for target, ports in drugs.ports.items():
        for port in ports:
            cascade = has_cascade(port.receptor)
            held = drugs.cascade(port, "occupancy") if cascade else drugs.opened(port.target)
            if held is not None:
                held = _open(p, port, held)
                p.factors.append(Vary(port.population, tonic_name(port.label), held))
                p.totals.setdefault(port.population, {})[port.label] = target
            for e in drugs.blocks(port.target):
                p.blockers.setdefault(port.population, []).append((port.label, e))
                p.totals.setdefault(port.population, {})[port.label] = target
                p.factors.append(
                    Vary(port.population, blocker_name("conc", e.drug, port.label), p.names[f"dose:{e.drug}"])
                )
                p.probes.append(_probe(net, p, port, e.drug))


def _open(p: Signals, port: Port, held: Signal) -> Signal:
    """Of the channels that agonists hold, the part that is not desensitised where the receptor has a scheme."""
    share = 1.0 if port.receptor.scheme is None else open_share(port.receptor.scheme)
    if share == 1.0:
        return held
    at = p.program.add(f"{port.target.name}:open")
    p.program.append(Sum(at, (Term(held, 0, share),)))
    return at


def _probe(net: Network, p: Signals, port: Port, drug: str) -> Probe:
    """The probe that records the block of a port's channels by a drug."""
    n = net.populations[port.population].n
    state = blocker_name("blocked", drug, port.label)
    states = tuple(f"{state}@{i}" for i in _compartments(net, port.population, port.label)) or (state,)
    name = f"chemistry:occupancy:{port.target.name}:{drug}:{port.population}"
    return Probe(name, View(port.population, 0, n, max(1, n // KEPT)), states, f"{p.h!r} ms")


def bindings(p: Signals, population: str) -> tuple[Binding, ...]:
    """The drug bindings whose equations are added to a population's receptors."""
    out = []
    for label, e in p.blockers.get(population, []):
        assert e.kinetics is not None
        out.append(Binding(label, e.drug, e.kinetics.rate, e.kinetics.load, tuple(e.numbers)))
    return tuple(out)


def values(
    net: Network, p: Signals, population: str, receptors: Mapping[str, ReceptorInUse]
) -> dict[str, tuple[float, str]]:
    """Parameters of the blockers and agonists of a population, with units; ``receptors`` are the population's, by label."""
    out: dict[str, tuple[float, str]] = {}
    for label, e in p.blockers.get(population, []):
        start = float(total([course.at(np.zeros(1)) for course in p.doses[e.drug]])[0])
        numbers = {"K": e.potency, "n": e.hill, **e.numbers, "start": start, "conc": 1.0}
        out |= {blocker_name(k, e.drug, label): (float(x), "1") for k, x in numbers.items()}
    for label, target in p.totals.get(population, {}).items():
        r = receptors[label]
        # the weight at a scheme is the conductance of all channels
        opened = 1.0 if r.scheme is not None else peak_open(r.port, target)
        share = 1 / max(1, len(_compartments(net, population, label)))
        out[total_name(label)] = (max(share * received(net, population, r) / opened, 1e-12), "1")
    return out


def peak_open(model: Model, target: str) -> float:
    """Open probability at the peak of a synaptic event: the model's, or that of the catalogue."""
    if model.peak_open is not None:
        return model.peak_open
    entry = catalogue.find_entry(target, ("family", "receptor"))
    if isinstance(entry, Family):
        entry = catalogue.find_entry(entry.members[0], ("receptor",))
    known = entry.value("open") if isinstance(entry, Receptor) else None
    return OTHERS_OPEN if known is None else known


def _compartments(net: Network, population: str, label: str) -> list[int]:
    """The compartments of a multicompartment cell that have a receptor; empty for point neurons."""
    if not has_tree(net.populations[population]):
        return []
    return sorted(port_places(net.populations[population], net).get(label, ()))


def received(net: Network, population: str, receptor: ReceptorInUse) -> float:
    """Mean sum of the weights that a neuron of a population receives at a receptor, in the unit of the weight."""
    label, unit = receptor.label, receptor.port.weight_unit
    total, n = 0.0, net.populations[population].n
    for s in net.projections:
        if label in s.receptors:
            for b in s.target:
                if b.population == population:
                    pairs = sum(expected_pairs(net, s.pattern, a, b, s.autapses) for a in s.source)
                    total += pairs * abs(_mean(s.receptors[label], unit)) / n
    for i in net.inputs:
        if i.receptor == label:
            part = sum(v.n for v in i.target if v.population == population) / n
            total += part * i.n * abs(_mean(i.weight, unit))
    return total


def _mean(value: Value | Waveform, unit: str) -> float:
    if isinstance(value, Waveform):
        return max(map(abs, value.bounds()))
    return float(np.mean(realise(value, unit, 1000, np.random.default_rng(0), "weight")))


__all__ = ["bindings", "block", "peak_open", "received", "values"]
