"""Plastic networks from the literature: competition of inputs, recurrent STDP, balance by inhibitory plasticity."""

from __future__ import annotations

from typing import Any

from amine import models, plasticity
from amine.network.network import Network
from amine.network.numbers import whole_number


def song(neurons: int = 1000, seed: int = 0, rate: str = "15 Hz", dt: str = "0.1 ms") -> Network:
    """Song, Miller & Abbott (2000, Nat Neurosci 3:919-926): Poisson inputs compete for the spikes of one neuron.

    Parameters
    ----------
    neurons : number of inputs. seed : seed of all random numbers. rate : rate of each input. dt : time step.

    Examples
    --------
    >>> song().estimate()["synapses"]
    1000
    """
    n = whole_number(neurons, "song(), neurons", 1, 10**7)
    net = Network(seed, dt, "Song, Miller & Abbott 2000")
    P = net.population("P", n, "poisson", rate=rate)
    membrane: dict[str, Any] = {"C": "100 pF", "tau_m": "10 ms", "E_L": "-74 mV", "V_th": "-54 mV", "V_r": "-60 mV"}
    N = net.population("N", 1, "lif_cond", t_ref="0 ms", initial={"v": "-60 mV"}, **membrane)

    net.synapses(
        P,
        N,
        receptor="AMPA",
        weight="uniform('0 nS', '0.1 nS')",
        connect="all_to_all",
        rule=plasticity.get("stdp")(w_max="0.1 nS", A_plus="0.01", A_minus="0.0105"),
    )
    return net


def stdp_network(neurons: int = 5000, inputs: int = 500, seed: int = 0, dt: str = "0.1 ms") -> Network:
    """Random network of LIF neurons, 80 % excitatory, with pair STDP at recurrent excitatory synapses; rates are about 12 Hz.

    Parameters
    ----------
    neurons : number of neurons. inputs : recurrent synapses onto each, 80 % of them excitatory.
    seed : seed of all random numbers. dt : time step.

    Examples
    --------
    >>> stdp_network(1000, 100).estimate()["neurons"]
    1000
    """
    n = whole_number(neurons, "stdp_network(), neurons", 10, 10**7)
    k = whole_number(inputs, "stdp_network(), inputs", 5, n)
    net = Network(seed, dt, "Recurrent network with STDP")
    receptors = {"exc": models.get("exc")(tau="2 ms"), "inh": models.get("inh")(tau="2 ms")}
    membrane: dict[str, Any] = {
        "C": "20 pF",
        "tau_m": "20 ms",
        "E_L": "-70 mV",
        "V_th": "-50 mV",
        "V_r": "-60 mV",
        "t_ref": "2 ms",
    }
    E, I = (
        net.population(name, size, "lif", receptors=receptors, initial={"v": "uniform('-70 mV', '-50 mV')"}, **membrane)
        for name, size in (("E", n * 4 // 5), ("I", n - n * 4 // 5))
    )
    many, few = k * 4 // 5, k - k * 4 // 5
    rule = plasticity.get("stdp")(w_max="4 pA", A_plus="0.005", A_minus="0.00525")
    net.synapses(E, E, receptor="exc", weight="2 pA", indegree=many, delay="1.5 ms", rule=rule)
    net.synapses(E, I, receptor="exc", weight="2 pA", indegree=many, delay="1.5 ms")
    for target in (E, I):
        net.synapses(I, target, receptor="inh", weight="-10 pA", indegree=few, delay="1.5 ms")
        net.poisson(target, rate="10 Hz", n=560, receptor="exc", weight="2 pA")
    return net


def vogels(
    neurons: int = 10_000, seed: int = 0, rate: str = "3 Hz", eta: str = "0.01 nS", dt: str = "0.1 ms"
) -> Network:
    """Vogels et al. (2011, Science 334:1569-1573): inhibitory plasticity stabilises the rate of a network with runaway excitation.

    Parameters
    ----------
    neurons : number of neurons, 80 % excitatory. rate : target rate of excitatory neurons. eta : learning rate.
    seed : seed of all random numbers. dt : time step.

    Examples
    --------
    >>> vogels(1000).estimate()["neurons"]
    1000
    """
    n = whole_number(neurons, "vogels(), neurons", 10, 10**7)
    net = Network(seed, dt, "Vogels et al. 2011")
    E, I = (
        net.population(name, size, "lif_cond", I_e="200 pA", initial={"v": "uniform('-60 mV', '-50 mV')"})
        for name, size in (("E", n * 4 // 5), ("I", n - n * 4 // 5))
    )
    p = min(1.0, 200 / n)
    net.synapses(E, E + I, receptor="AMPA", weight="0.3 nS", p=p)
    net.synapses(I, I, receptor="GABA_A", weight="3 nS", p=p)
    rule = plasticity.get("inhibitory_stdp")(r_0=rate, eta=eta, w_max="100 nS")
    net.synapses(I, E, receptor="GABA_A", weight="0 nS", p=p, rule=rule)
    return net
