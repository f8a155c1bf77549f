"""Benchmark networks of multicompartment neurons."""

from __future__ import annotations

from typing import Any

from amine import models, morphology
from amine.network.makers import step
from amine.network.network import Network
from amine.network.numbers import whole_number


def ball_and_stick(neurons: int = 100, segments: int = 99, seed: int = 0, dt: str = "0.025 ms") -> Network:
    """Cells with a Hodgkin-Huxley soma and a passive dendrite, each driven by a current; by default 100 compartments per cell.

    Parameters
    ----------
    neurons, segments : number of cells, and compartments of the dendrite of each.
    seed : seed of all random numbers. dt : time step.

    Examples
    --------
    >>> ball_and_stick(10, 5).populations["cells"].n
    10
    """
    whole_number(neurons, "ball_and_stick(), neurons", 1, 2**31 - 65)
    cell = morphology.ball_and_stick("20 um", ("1 mm", "2 um"), segments)
    channels = {
        "soma": ["Na_HH", "K_HH", models.get("leak_HH")(E="-54.3 mV")],
        "dendrite": [models.get("leak")(g_max="0.1 mS/cm2")],
    }
    net = Network(seed, dt, "Ball and stick, Hodgkin-Huxley soma")
    cells = net.population("cells", neurons, models.cable(cell, channels, R_a="100 Ohm cm", name="ball_and_stick"))
    current: Any = step("500 pA", start="5 ms", stop="95 ms")
    net.stimulus(cells, current)
    return net


def coba_trees(neurons: int = 4000, seed: int = 0, bias: str = "150 pA", dt: str = "0.1 ms") -> Network:
    """Network of :func:`amine.circuits.coba` with cells of four compartments: soma, basal, apical and tuft.

    The membrane of its point neurons (200 pF, 10 nS) is distributed over the tree, with the same threshold, reset and
    refractory time at the soma. Excitatory synapses are on the dendrites, inhibitory ones on the soma. Parameters are those of ``coba``.

    >>> coba_trees(1000).estimate()["synapses"]
    80000
    """
    whole_number(neurons, "coba_trees(), neurons", 5, 2**31 - 65)
    cell = morphology.tree(
        soma="40 um", basal=("150 um", "10 um"), apical=("150 um", "10 um"), tuft=("150 um", "12 um")
    )
    leak = models.get("leak")(g_max="0.05 mS/cm**2", E="-60 mV")
    neuron = models.cable(
        cell,
        {"*": [leak]},
        R_a="100 Ohm cm",
        v_init="-60 mV",
        threshold="-50 mV",
        reset="-60 mV",
        refractory="5 ms",
        receptors={"AMPA": "AMPA", "GABA_A": "GABA_A"},
        name="four_compartments",
    )
    net = Network(seed, dt, "COBA of cells with four compartments")
    n = round(0.8 * neurons)
    E, I = (
        net.population(k, size, neuron, initial={"v": 'uniform("-60 mV", "-50 mV")'})
        for k, size in (("E", n), ("I", neurons - n))
    )
    p = min(1.0, 80 / neurons)
    for target in (E, I):
        net.synapses(E, target.at("dendrite"), receptor="AMPA", weight="6 nS", p=p)
        net.synapses(I, target.at("soma"), receptor="GABA_A", weight="67 nS", p=p)
        current: Any = step(bias)
        net.stimulus(target, current)
    return net
