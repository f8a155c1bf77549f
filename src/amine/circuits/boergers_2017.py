"""The pyramidal-interneuronal gamma rhythm (PING) of Börgers and Kopell, with the numbers of Börgers's textbook."""

from __future__ import annotations

from amine import models
from amine.models.model import Model
from amine.network.network import Network

_SOURCE = (
    "Börgers C (2017) An Introduction to Modeling Neuronal Dynamics, Springer, chapter 5 and 30; "
    "Börgers C, Kopell N (2003) Neural Comput 15:509-538; "
)
_CURRENT = "dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + I_e + I/area)/C_m : mV\n"
_SPIKE = "m = alpha_m/(alpha_m + beta_m) : 1\nthreshold v > V_th\nrefractory t_ref\n"
_UNITS = {
    "C_m": "uF/cm**2",
    "g_Na": "mS/cm**2",
    "g_K": "mS/cm**2",
    "g_L": "mS/cm**2",
    "E_Na": "mV",
    "E_K": "mV",
    "E_L": "mV",
    "area": "um**2",
    "V_th": "mV",
    "t_ref": "ms",
    "I_e": "uA/cm**2",
}
_SYMBOLS = {
    "C_m": "membrane capacitance",
    "g_Na": "sodium conductance",
    "g_K": "potassium conductance",
    "g_L": "leak conductance",
    "E_Na": "sodium reversal potential",
    "E_K": "potassium reversal potential",
    "E_L": "leak reversal potential",
    "area": "membrane area",
    "V_th": "voltage at which a spike is counted",
    "t_ref": "time before another spike is counted",
    "I_e": "constant input current",
}
AREA = 10_000.0  # um**2, so that 1 mS/cm**2 is 100 nS; the textbook has densities only
_RECEPTORS = {
    "AMPA": models.get("dual_exponential")(tau_rise="0.5 ms", tau_decay="3 ms", E_rev="0 mV"),
    "GABA_A": models.get("dual_exponential")(tau_rise="0.5 ms", tau_decay="9 ms", E_rev="-75 mV"),
}


def _cell(name: str, gates: str, source: str, doc: str, **numbers: float) -> Model:
    given = {"C_m": 1.0, "area": AREA, "V_th": -20.0, "t_ref": 2.0, "I_e": 0.0, **numbers}
    values = {n: f"{given[n]!r} {u}" for n, u in _UNITS.items()}
    equations, channels = _CURRENT + gates + _SPIKE, {"Nav": "g_Na", "Kv2": "g_K"}
    source = _SOURCE + source
    return Model(name, "neuron", equations, _UNITS, values, source, doc, _RECEPTORS, _SYMBOLS, stands_for=channels)


pyramidal = _cell(
    "reduced_traub_miles",
    """dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
alpha_m = 0.32/mV/ms*(v + 54*mV)/(1 - exp(-(v + 54*mV)/(4*mV))) : 1/ms
beta_m = 0.28/mV/ms*(v + 27*mV)/(exp((v + 27*mV)/(5*mV)) - 1) : 1/ms
alpha_h = 0.128/ms*exp(-(v + 50*mV)/(18*mV)) : 1/ms
beta_h = 4/ms/(1 + exp(-(v + 27*mV)/(5*mV))) : 1/ms
alpha_n = 0.032/mV/ms*(v + 52*mV)/(1 - exp(-(v + 52*mV)/(5*mV))) : 1/ms
beta_n = 0.5/ms*exp(-(v + 57*mV)/(40*mV)) : 1/ms
initial v = -67*mV
initial h = 1
initial n = 0.05
""",
    "Traub RD, Miles R (1991) Neuronal Networks of the Hippocampus, Cambridge University Press",
    "A pyramidal cell, reduced by Ermentrout and Kopell (1998); the sodium channel opens at once.",
    g_Na=100.0,
    g_K=80.0,
    g_L=0.1,
    E_Na=50.0,
    E_K=-100.0,
    E_L=-67.0,
)
interneuron = _cell(
    "wang_buzsaki",
    """dh/dt = 5*(alpha_h*(1 - h) - beta_h*h) : 1
dn/dt = 5*(alpha_n*(1 - n) - beta_n*n) : 1
alpha_m = 0.1/mV/ms*(v + 35*mV)/(1 - exp(-(v + 35*mV)/(10*mV))) : 1/ms
beta_m = 4/ms*exp(-(v + 60*mV)/(18*mV)) : 1/ms
alpha_h = 0.07/ms*exp(-(v + 58*mV)/(20*mV)) : 1/ms
beta_h = 1/ms/(1 + exp(-(v + 28*mV)/(10*mV))) : 1/ms
alpha_n = 0.01/mV/ms*(v + 34*mV)/(1 - exp(-(v + 34*mV)/(10*mV))) : 1/ms
beta_n = 0.125/ms*exp(-(v + 44*mV)/(80*mV)) : 1/ms
initial v = -64*mV
initial h = 0.78
initial n = 0.09
""",
    "Wang XJ, Buzsáki G (1996) J Neurosci 16:6402-6413",
    "A fast-spiking interneuron; the sodium channel opens at once.",
    g_Na=35.0,
    g_K=9.0,
    g_L=0.1,
    E_Na=55.0,
    E_K=-90.0,
    E_L=-65.0,
)


def gamma(
    neurons: int = 250, drive: float = 1.4, decay: str = "9 ms", p: float = 0.5, seed: int = 0, dt: str = "0.02 ms"
) -> Network:
    """PING rhythm: excitatory cells drive interneurons, which silence all cells until their inhibition has decayed (Börgers & Kopell 2003).

    The frequency is set by the drive and by the decay of GABA_A. Conductances are those of the textbook, 0.25 mS/cm**2 from
    all inputs together; synapses are activated by spikes here, and by the presynaptic voltage through a gate there.

    Parameters
    ----------
    neurons : number of neurons, four fifths of them excitatory.
    drive : mean current of excitatory neurons in uA/cm**2, with a standard deviation of 5 per cent.
    decay : time constant of the decay of GABA_A.
    p : probability of each connection. seed : seed of all random numbers.
    dt : time step; instantaneous sodium activation needs a short one.

    Examples
    --------
    >>> sorted(gamma().populations)
    ['E', 'I']
    """
    net = Network(seed, dt, "Gamma: Börgers & Kopell 2003, PING")
    n = {"E": round(0.8 * neurons), "I": neurons - round(0.8 * neurons)}
    receptors = {"AMPA": _RECEPTORS["AMPA"], "GABA_A": _RECEPTORS["GABA_A"](tau_decay=decay)}
    start = {"v": 'uniform("-70 mV", "-55 mV")'}
    current = f'normal("{drive!r} uA/cm**2", "{0.05 * drive!r} uA/cm**2")'
    E = net.population("E", n["E"], pyramidal, initial=start, receptors=receptors, I_e=current)
    I = net.population("I", n["I"], interneuron, initial=start, receptors=receptors)
    total = 0.25 * AREA / 100.0  # nS
    for source, target, receptor in ((E, I, "AMPA"), (I, E, "GABA_A"), (I, I, "GABA_A")):
        net.synapses(source, target, receptor=receptor, weight=f"{total / (p * source.n)!r} nS", p=p)
    return net
