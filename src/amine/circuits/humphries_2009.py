"""Striatal projection neurons of the direct and the indirect pathway, with the effects of dopamine on each (Humphries et al. 2009)."""

from __future__ import annotations

from amine import models
from amine.models.model import Model
from amine.network.network import Network

_SOURCE = (
    "Humphries MD, Lepora N, Wood R, Gurney K (2009) Front Comput Neurosci 3:26; "
    "Izhikevich EM (2007) Dynamical Systems in Neuroscience, MIT Press, chapter 8"
)
# Fitted by Humphries et al. to a multicompartment model: D1 acts on v_r, d and NMDA, D2 on k and AMPA.
K, L, ALPHA, BETA_1, BETA_2 = 0.0289, 0.331, 0.032, 6.3, 0.215
G_AMPA, G_NMDA, G_GABA = 6.9, 6.9 * 0.5, 6.9 / 1.4  # nS; a spike adds g/tau

medium_spiny = Model(
    "medium_spiny",
    "neuron",
    "dv/dt = (k*(v - v_r)*(v - v_t) - u + I + I_e)/C : mV\n"
    "du/dt = a*(b*(v - v_r) - u) : pA\n"
    "threshold v > v_peak\nreset v = c; u += d\ninitial v = v_r",
    {
        "C": "pF",
        "k": "nS/mV",
        "v_r": "mV",
        "v_t": "mV",
        "v_peak": "mV",
        "a": "1/ms",
        "b": "nS",
        "c": "mV",
        "d": "pA",
        "I_e": "pA",
    },
    {
        "C": "15.2 pF",
        "k": "1 nS/mV",
        "v_r": "-80 mV",
        "v_t": "-29.7 mV",
        "v_peak": "40 mV",
        "a": "0.01 1/ms",
        "b": "-20 nS",
        "c": "-55 mV",
        "d": "91 pA",
        "I_e": "0 pA",
    },
    _SOURCE,
    "The projection neuron of the striatum, without dopamine.",
    {
        "AMPA": models.get("exponential")(tau="6 ms", E_rev="0 mV"),
        "NMDA": models.get("nmda")(tau_rise="2 ms", tau_decay="160 ms", E_rev="0 mV"),
        "GABA_A": models.get("exponential")(tau="4 ms", E_rev="-60 mV"),
    },
    {
        "C": "membrane capacitance",
        "k": "slope of the activation of persistent currents",
        "v_r": "resting potential",
        "v_t": "instantaneous threshold",
        "v_peak": "voltage at which a spike is counted",
        "a": "rate of recovery",
        "b": "voltage dependence of the slow current",
        "c": "reset potential",
        "d": "slow current added by a spike",
        "I_e": "constant input current",
    },
)


def striatum(
    neurons: int = 400, cortex: str = "6 Hz", rate: str = "4 Hz", tonic: str = "0 nM", seed: int = 0, dt: str = "0.1 ms"
) -> Network:
    """D1 and D2 populations with collaterals, cortical input, and dopamine released by spikes (Humphries et al. 2009).

    Dopamine is taken up by DAT; D1 raises the NMDA conductance, lowers the resting potential and the current after a spike, D2
    lowers the AMPA conductance and ``k``. At a ``rate`` of 4 Hz the concentration is about 40 nM, in a burst of 20 Hz near 1 uM.
    Interneurons are omitted; occupancies follow the catalogue's EC50 instead of a given level of activation.

    Parameters
    ----------
    neurons : number of neurons, half of them with D1, half with D2 receptors.
    cortex : rate of each of 100 cortical inputs of a neuron.
    rate : rate of each of 100 dopamine neurons.
    tonic : concentration of dopamine that is maintained without these.
    seed : seed of all random numbers. dt : time step.

    Examples
    --------
    >>> net = striatum()
    >>> list(net.populations), list(net.fields)
    (['D1', 'D2', 'dopamine neurons'], ['dopamine'])
    """
    net = Network(seed, dt, "Striatum: Humphries et al. 2009")
    cells = [net.population(name, neurons // 2, medium_spiny) for name in ("D1", "D2")]
    source = net.population("dopamine neurons", 100, "poisson", rate=rate)
    both = cells[0] + cells[1]
    # collaterals are sparse: about 10 per cent of pairs within reach (Taverna, Ilijic & Surmeier 2008, J Neurosci 28:5504)
    net.synapses(both, both, receptor="GABA_A", weight=f"{G_GABA / 4!r} nS", p=0.1, delay="1 ms", autapses=False)
    for population in cells:
        net.poisson(population, rate=cortex, n=100, receptor="AMPA", weight=f"{G_AMPA / 6!r} nS")
        net.poisson(population, rate=cortex, n=100, receptor="NMDA", weight=f"{G_NMDA / 160!r} nS")
    field = net.field("dopamine", released_by=source, release="1.6 nM", uptake="DAT", tonic=tonic)
    d1, d2 = cells
    for target, receptor, acts_on, maximum in (
        (d1, "D1", "NMDA.conductance", 1 + BETA_1),
        (d1, "D1", "v_r", 1 + K),
        (d1, "D1", "d", 1 - L),
        (d2, "D2", "AMPA.conductance", 1 - BETA_2),
        (d2, "D2", "k", 1 - ALPHA),
    ):
        net.modulate(target, by=field, receptor=receptor, acts_on=acts_on, maximum=maximum, tau="100 ms")
    return net
