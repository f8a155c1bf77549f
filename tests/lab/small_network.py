"""A small network with a drug, whose code is compiled once for all tests of the lab."""

from __future__ import annotations

import amine as am


def small() -> am.Network:
    """Neurons under Poisson input that inhibit each other, with gabazine at zero."""
    net = am.Network(seed=3, name="small")
    E = net.population("E", 60, "lif_cond", I_e="255 pA", **{"V_th": am.normal("-50 mV", "1 mV")})
    P = net.population("P", 50, "poisson", rate="40 Hz")
    net.synapses(P, E, receptor="AMPA", weight="1.5 nS", p=0.3, delay="1 ms")
    net.synapses(E, E, receptor="GABA_A", weight="1 nS", p=0.2, delay="1 ms")
    net.dose("gabazine", "0 uM")
    return net
