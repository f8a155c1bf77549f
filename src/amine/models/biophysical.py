"""Neurons with ion channels: the squid axon of Hodgkin and Huxley, and the Traub-Miles cell of Brette et al. 2007."""

from __future__ import annotations

from amine.models.model import Model
from amine.models.receptors import AMPA, GABA_A

_GATES = "\n".join(f"d{x}/dt = alpha_{x}*(1 - {x}) - beta_{x}*{x} : 1" for x in "mhn")
_START = "\n".join(f"initial {x} = {{{x}}}" for x in "mhn")

hodgkin_huxley = Model(
    "hodgkin_huxley",
    "neuron",
    "dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + I_e + I/area)/C_m : mV\n"
    + _GATES
    + """
alpha_m = 0.1/mV/ms*(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV))) : 1/ms
beta_m = 4/ms*exp(-(v + 65*mV)/(18*mV)) : 1/ms
alpha_h = 0.07/ms*exp(-(v + 65*mV)/(20*mV)) : 1/ms
beta_h = 1/ms/(1 + exp(-(v + 35*mV)/(10*mV))) : 1/ms
alpha_n = 0.01/mV/ms*(v + 55*mV)/(1 - exp(-(v + 55*mV)/(10*mV))) : 1/ms
beta_n = 0.125/ms*exp(-(v + 65*mV)/(80*mV)) : 1/ms
threshold v > V_th
refractory t_ref
initial v = -65*mV
"""
    + _START.format(m=0.05293249, h=0.59612075, n=0.31767691),
    {
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
    },
    {
        "C_m": "1 uF/cm**2",
        "g_Na": "120 mS/cm**2",
        "g_K": "36 mS/cm**2",
        "g_L": "0.3 mS/cm**2",
        "E_Na": "50 mV",
        "E_K": "-77 mV",
        "E_L": "-54.387 mV",
        "area": "1000 um**2",
        "V_th": "0 mV",
        "t_ref": "2 ms",
        "I_e": "0 uA/cm**2",
    },
    "Hodgkin AL, Huxley AF (1952) J Physiol 117:500-544, at 6.3 degrees Celsius, with the resting potential shifted to -65 mV",
    "The squid giant axon. Currents are densities; currents of synapses are spread over the area. V_th and t_ref only decide when a spike is "
    "counted: nothing is reset.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    {
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
    },
    stands_for={"Nav": "g_Na", "Kv2": "g_K"},
)

traub_miles = Model(
    "traub_miles",
    "neuron",
    "dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + I_e + I)/C : mV\n"
    + _GATES
    + """
alpha_m = 0.32/mV/ms*(13*mV - v + V_T)/(exp((13*mV - v + V_T)/(4*mV)) - 1) : 1/ms
beta_m = 0.28/mV/ms*(v - V_T - 40*mV)/(exp((v - V_T - 40*mV)/(5*mV)) - 1) : 1/ms
alpha_h = 0.128/ms*exp((17*mV - v + V_T)/(18*mV)) : 1/ms
beta_h = 4/ms/(1 + exp((40*mV - v + V_T)/(5*mV))) : 1/ms
alpha_n = 0.032/mV/ms*(15*mV - v + V_T)/(exp((15*mV - v + V_T)/(5*mV)) - 1) : 1/ms
beta_n = 0.5/ms*exp((10*mV - v + V_T)/(40*mV)) : 1/ms
threshold v > V_th
refractory t_ref
initial v = E_L
"""
    + _START.format(m=0.02, h=0.98, n=0.05),
    {
        "C": "pF",
        "g_Na": "nS",
        "g_K": "nS",
        "g_L": "nS",
        "E_Na": "mV",
        "E_K": "mV",
        "E_L": "mV",
        "V_T": "mV",
        "V_th": "mV",
        "t_ref": "ms",
        "I_e": "pA",
    },
    {
        "C": "200 pF",
        "g_Na": "20000 nS",
        "g_K": "6000 nS",
        "g_L": "10 nS",
        "E_Na": "50 mV",
        "E_K": "-90 mV",
        "E_L": "-60 mV",
        "V_T": "-63 mV",
        "V_th": "-20 mV",
        "t_ref": "3 ms",
        "I_e": "0 pA",
    },
    "Brette R et al. (2007) J Comput Neurosci 23:349-398, benchmark 3; after Traub RD, Miles R (1991) Neuronal Networks of the Hippocampus",
    "The pyramidal cell of Traub and Miles in the form of Brette et al., area 20 000 um2. V_th and t_ref only decide when a spike is counted.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    {
        "C": "membrane capacitance",
        "g_Na": "sodium conductance",
        "g_K": "potassium conductance",
        "g_L": "leak conductance",
        "E_Na": "sodium reversal potential",
        "E_K": "potassium reversal potential",
        "E_L": "leak reversal potential",
        "V_T": "shift of the gates",
        "V_th": "voltage at which a spike is counted",
        "t_ref": "time before another spike is counted",
        "I_e": "constant input current",
    },
    stands_for={"Nav": "g_Na", "Kv2": "g_K"},
)

# carbamazepine leaves its site at this rate (recalled from Kuo et al. 1997, unverified); phenytoin is some ten times as slow
_KOFF = "0.00095 1/ms"
traub_miles_block = Model(
    "traub_miles_block",
    "neuron",
    traub_miles.equations.replace("m**3*h*", "m**3*h*(1 - b)*")
    + "\ndb/dt = koff*((held - 1)*(1 - h)*(1 - b) - b) : 1\ninitial b = 0\n",
    {**traub_miles.units, "koff": "1/ms", "held": "1"},
    {**traub_miles.parameters, "koff": _KOFF, "held": "1"},
    f"{traub_miles.source}; block of inactivated channels after Hille B (1977) J Gen Physiol 69:497-515",
    "The cell `traub_miles` whose sodium channels drugs bind while they are inactivated: carbamazepine, phenytoin and their like, by use.",
    traub_miles.receptors,
    {
        **traub_miles.symbols,
        "koff": "rate at which the drug leaves inactivated channels",
        "held": "1 + concentration over affinity at inactivated channels; doses multiply it",
    },
    stands_for={**traub_miles.stands_for, "Nav.inactivation": "held"},
)

MODELS = (hodgkin_huxley, traub_miles, traub_miles_block)
