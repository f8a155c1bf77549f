"""The benchmark networks of Brette et al. (2007), J Comput Neurosci 23:349-398: random networks with 80 inputs a neuron."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amine import models
from amine.distributions import normal
from amine.network.network import Network
from amine.network.numbers import whole_number
from amine.network.parts import Population

if TYPE_CHECKING:
    from amine.given import Values

INPUTS = 80


def _cells(net: Network, neurons: int, model: str, initial: Mapping[str, Values], **given: Any) -> list[Population]:
    """Two populations: four fifths excitatory (E), one fifth inhibitory (I)."""
    whole_number(neurons, f"{net.name.split(':')[0].lower()}(), neurons", 5, 2**31 - 65)
    n = round(0.8 * neurons)
    return [
        net.population(name, size, model, initial=initial, **given) for name, size in (("E", n), ("I", neurons - n))
    ]


def coba(neurons: int = 4000, seed: int = 0, bias: str = "150 pA", dt: str = "0.1 ms") -> Network:
    """Benchmark 1: LIF neurons with conductance synapses, after Vogels & Abbott (2005), J Neurosci 25:10786-10795.

    Parameters
    ----------
    neurons : number of neurons; each has 80 inputs on average at any number.
    seed : seed of all random numbers.
    bias : constant current; the paper starts the network with a transient stimulus instead, after which some realisations fall silent.
    dt : time step.

    Examples
    --------
    >>> coba(1000).estimate()["neurons"]
    1000
    """
    net = Network(seed, dt, "COBA: Brette et al. 2007, benchmark 1")
    E, I = _cells(net, neurons, "lif_cond", {"v": 'uniform("-60 mV", "-50 mV")'}, I_e=bias)
    p = min(1.0, INPUTS / neurons)
    net.synapses(E, E + I, receptor="AMPA", weight="6 nS", p=p)
    net.synapses(I, E + I, receptor="GABA_A", weight="67 nS", p=p)
    return net


def cuba(neurons: int = 4000, seed: int = 0, dt: str = "0.1 ms") -> Network:
    """Benchmark 2: LIF neurons with exponential current synapses. A current of 10 pA drives a neuron by 1 mV.

    Parameters are those of :func:`coba`.

    >>> cuba(1000).estimate()["synapses"]
    80000
    """
    net = Network(seed, dt, "CUBA: Brette et al. 2007, benchmark 2")
    membrane = {"C": "200 pF", "tau_m": "20 ms", "E_L": "-49 mV", "V_th": "-50 mV", "V_r": "-60 mV", "t_ref": "5 ms"}
    receptors = {
        "exc": models.get("exponential_current")(tau="5 ms"),
        "inh": models.get("exponential_current")(tau="10 ms"),
    }
    E, I = _cells(net, neurons, "lif", {"v": 'uniform("-60 mV", "-50 mV")'}, receptors=receptors, **membrane)
    p = min(1.0, INPUTS / neurons)
    net.synapses(E, E + I, receptor="exc", weight="16.2 pA", p=p)
    net.synapses(I, E + I, receptor="inh", weight="-90 pA", p=p)
    return net


def cobahh(neurons: int = 4000, seed: int = 0, dt: str = "0.1 ms") -> Network:
    """Benchmark 3: Traub-Miles neurons with conductance synapses, started from random conductances.

    Parameters are those of :func:`coba`.

    >>> sorted(cobahh(1000).populations)
    ['E', 'I']
    """
    net = Network(seed, dt, "COBAHH: Brette et al. 2007, benchmark 3")
    initial = {
        "v": 'normal("-65 mV", "5 mV")',
        "m": "0",
        "h": "0",
        "n": "0",
        "g_AMPA": normal("40 nS", "15 nS").clipped("0 nS"),
        "g_GABA_A": normal("200 nS", "120 nS").clipped("0 nS"),
    }
    E, I = _cells(net, neurons, "traub_miles", initial)
    p = min(1.0, INPUTS / neurons)
    net.synapses(E, E + I, receptor="AMPA", weight="6 nS", p=p)
    net.synapses(I, E + I, receptor="GABA_A", weight="67 nS", p=p)
    return net
