"""The network of Brette et al. (2007), benchmark 1, with chemical synapses."""

from __future__ import annotations

from amine.circuits.brette_2007 import INPUTS
from amine.network.network import Network


def chemical(
    neurons: int = 4000,
    seed: int = 0,
    detail: str = "kinetic",
    drugs: bool = True,
    bias: str = "150 pA",
    dt: str = "0.1 ms",
) -> Network:
    """``coba`` with AMPA and NMDA, GABA_A and GABA_B receptors as kinetic schemes (Destexhe, Mainen & Sejnowski 1998), a
    field of dopamine that acts on NMDA receptors, and two drugs.

    Weights are chosen such that a spike of each kind transfers about the same charge as in ``coba``.

    Parameters
    ----------
    neurons : number of neurons; each has 80 inputs on average at any number.
    seed : seed of all random numbers.
    detail : ``"kinetic"`` or ``"explicit"``; the latter with AMPA and GABA_A only.
    drugs : include the field and the drugs.
    bias : constant current. dt : time step.

    Examples
    --------
    >>> chemical(1000).estimate()["synapses"]
    160000
    """
    net = Network(seed, dt, "COBA with chemical synapses")
    n = round(0.8 * neurons)
    start = {"v": 'uniform("-60 mV", "-50 mV")'}
    E = net.population("E", n, "lif_cond", I_e=bias, initial=start)
    I = net.population("I", neurons - n, "lif_cond", I_e=bias, initial=start)
    fast = detail == "explicit"
    p = min(1.0, INPUTS / neurons)
    glutamate = {"AMPA": "8.3 nS"} if fast else {"AMPA": "8.3 nS", "NMDA": "1 nS"}
    gaba = {"GABA_A": "108 nS"} if fast else {"GABA_A": "108 nS", "GABA_B": "1 nS"}
    net.synapses(E, E + I, transmitter="glutamate", receptors=glutamate, p=p, detail=detail)
    net.synapses(I, E + I, transmitter="GABA", receptors=gaba, p=p, detail=detail)
    if drugs and not fast:
        field = net.field("dopamine", released_by=E[: n // 20], release="1 nM", uptake="DAT", tonic="20 nM")
        net.modulate(E, by=field, receptor="D1", acts_on="NMDA.conductance", maximum=1.2)
        net.dose("ketamine", "0.1 uM")
        net.dose("bicuculline", "0.05 uM")
    return net
