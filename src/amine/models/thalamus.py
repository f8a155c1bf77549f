"""Thalamic neurons with a low-threshold calcium current: relay cells (TC) with an Ih that calcium regulates, reticular cells (RE)."""

from __future__ import annotations

from amine.models.model import Model
from amine.models.receptors import AMPA, GABA_A

_SOURCE = (
    "Destexhe A, Bal T, McCormick DA, Sejnowski TJ (1996) J Neurophysiol 76:2049-2070, at 36 degrees Celsius; forms and values as in the authors' "
    "single-compartment cells (ModelDB 3343), in part read in public code that cites them and in part from memory"
)
_SPIKES = """
V = v - V_T : mV
alpha_m = 0.32/mV/ms*(13*mV - V)/(exp((13*mV - V)/(4*mV)) - 1) : 1/ms
beta_m = 0.28/mV/ms*(V - 40*mV)/(exp((V - 40*mV)/(5*mV)) - 1) : 1/ms
alpha_h = 0.128/ms*exp((17*mV - V)/(18*mV)) : 1/ms
beta_h = 4/ms/(1 + exp((40*mV - V)/(5*mV))) : 1/ms
alpha_n = 0.032/mV/ms*(15*mV - V)/(exp((15*mV - V)/(5*mV)) - 1) : 1/ms
beta_n = 0.5/ms*exp((10*mV - V)/(40*mV)) : 1/ms
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dE_Ca/dt = (nernst(Ca_out, Ca, 2, T_body) - E_Ca)/tau_E : mV
dCa/dt = max(J_T/(2*Faraday*depth), 0) + (Ca_rest - Ca)/tau_Ca : uM
threshold v > V_th
refractory t_ref
initial v = E_start
initial h = 1
initial Ca = Ca_rest
initial E_Ca = nernst(Ca_out, Ca_rest, 2, T_body)
"""  # the reversal potential follows the concentration within 0.1 ms, so that every state is linear in itself
_TC = (
    "dv/dt = (g_L*(E_L - v) + g_KL/area*(E_K - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + J_T + g_H*(o1 + g_inc*o2)*(E_H - v) + I/area)/C_m : mV\n"
    "J_T = g_T*m_T**2*h_T*(E_Ca - v) : uA/cm**2\n"
    "U = v + shift : mV\n"
    "m_T = 1/(1 + exp(-(U + 57*mV)/(6.2*mV))) : 1\n"
    "tau_hT = (30.8*ms + (211.4*ms + 1*ms*exp((U + 113.2*mV)/(5*mV)))/(1 + exp((U + 84*mV)/(3.2*mV))))/phi : ms\n"
    "dh_T/dt = (1/(1 + exp((U + 81*mV)/(4*mV))) - h_T)/tau_hT : 1\n"
    "H_inf = 1/(1 + exp((v + 75*mV)/(5.5*mV))) : 1\n"
    "tau_H = 20*ms + 1000*ms/(exp((v + 71.5*mV)/(14.2*mV)) + exp(-(v + 89*mV)/(11.6*mV))) : ms\n"
    "do1/dt = H_inf/tau_H*(1 - o1 - o2) - (1 - H_inf)/tau_H*o1 + k_4*o2 - k_4*p1/P_half*o1 : 1\n"
    "do2/dt = k_4*p1/P_half*o1 - k_4*o2 : 1\n"
    "dp1/dt = k_2*(Ca/Ca_half)**4*(1 - p1) - k_2*p1 : 1\n"
    + _SPIKES
    + "".join(f"method {s} exponential_euler\n" for s in ("v", "h_T", "o1", "o2", "p1", "m", "h", "n", "E_Ca", "Ca"))
)
_RE = (
    "dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + J_T + I/area)/C_m : mV\n"
    "J_T = g_T*m_T**2*h_T*(E_Ca - v) : uA/cm**2\n"
    "U = v + shift : mV\n"
    "dm_T/dt = phi*(1/(1 + exp(-(U + 50*mV)/(7.4*mV))) - m_T)/(3*ms + 1*ms/(exp((U + 25*mV)/(10*mV)) + exp(-(U + 100*mV)/(15*mV)))) : 1\n"
    "dh_T/dt = phi*(1/(1 + exp((U + 78*mV)/(5*mV))) - h_T)/(85*ms + 1*ms/(exp((U + 46*mV)/(4*mV)) + exp(-(U + 405*mV)/(50*mV)))) : 1\n"
    + _SPIKES
)
_SYMBOLS = {
    "C_m": "membrane capacitance",
    "area": "membrane area",
    "g_L": "leak conductance",
    "E_L": "leak reversal potential",
    "g_KL": "potassium leak of the cell",
    "g_Na": "sodium conductance",
    "g_K": "potassium conductance",
    "g_T": "T-type calcium conductance",
    "g_H": "conductance of Ih",
    "g_inc": "relative conductance of Ih channels that calcium has locked open",
    "E_Na": "sodium reversal potential",
    "E_K": "potassium reversal potential",
    "E_H": "reversal potential of Ih",
    "V_T": "shift of the spikes' threshold",
    "shift": "shift of the T-current by surface charge",
    "phi": "temperature factor on the rates of the T-current",
    "Ca_out": "extracellular calcium",
    "Ca_rest": "intracellular calcium at rest",
    "tau_Ca": "time constant of calcium removal",
    "tau_E": "time in which the calcium reversal potential follows the concentration",
    "depth": "depth of the shell that calcium fills",
    "Faraday": "Faraday's constant, charge density per concentration of a monovalent ion",
    "T_body": "temperature",
    "Ca_half": "calcium at which half of the messenger is bound",
    "P_half": "bound messenger at which Ih is locked open half the time",
    "k_2": "unbinding of calcium",
    "k_4": "release of locked channels",
    "V_th": "voltage at which a spike is counted",
    "t_ref": "time before another spike is counted",
    "E_start": "voltage at the start",
}
_COMMON = {
    "C_m": "1 uF/cm2",
    "E_Na": "50 mV",
    "E_K": "-100 mV",
    "shift": "2 mV",
    "Ca_out": "2 mM",
    "Ca_rest": "0.24 uM",
    "tau_Ca": "5 ms",
    "tau_E": "0.1 ms",
    "depth": "1 um",
    "Faraday": "0.09648533 pA*ms/um**3/uM",
    "T_body": "309.15 K",
    "V_th": "0 mV",
    "t_ref": "2 ms",
}


def _cell(name: str, text: str, doc: str, values: dict[str, str]) -> Model:
    units = {n: v.split(None, 1)[1] if " " in v else "1" for n, v in values.items()}
    return Model(
        name,
        "neuron",
        text,
        units,
        values,
        _SOURCE,
        doc,
        {"AMPA": AMPA, "GABA_A": GABA_A},
        {n: _SYMBOLS[n] for n in values},
        stands_for={"Nav": "g_Na", "Kv2": "g_K"}
        | ({"HCN1": "g_H", "Cav3.1": "g_T"} if "g_H" in values else {"Cav3.3": "g_T"}),  # Talley et al. 1999
    )


thalamic_relay = _cell(
    "thalamic_relay",
    _TC,
    "A thalamocortical relay cell: released from hyperpolarisation it fires a burst on a calcium spike. Ih depolarises it between bursts, and the "
    "calcium of bursts locks Ih open for seconds, which ends a spindle.",
    {
        **_COMMON,
        "area": "29000 um2",
        "g_L": "0.01 mS/cm2",
        "E_L": "-70 mV",
        "g_KL": "4 nS",
        "g_Na": "90 mS/cm2",
        "g_K": "10 mS/cm2",
        "V_T": "-25 mV",
        "g_T": "2 mS/cm2",
        "phi": "3.7371928",
        "g_H": "0.0175 mS/cm2",
        "E_H": "-40 mV",
        "g_inc": "2",
        "Ca_half": "2 uM",
        "P_half": "0.01",
        "k_2": "0.0004 1/ms",
        "k_4": "0.001 1/ms",
        "E_start": "-70 mV",
    },
)
thalamic_reticular = _cell(
    "thalamic_reticular",
    _RE,
    "A cell of the thalamic reticular nucleus: a long burst on a slow calcium spike, by depolarisation or as a rebound.",
    {
        **_COMMON,
        "area": "14300 um2",
        "g_L": "0.05 mS/cm2",
        "E_L": "-90 mV",
        "g_Na": "200 mS/cm2",
        "g_K": "20 mS/cm2",
        "V_T": "-55 mV",
        "g_T": "3 mS/cm2",
        "phi": "3.0028118",
        "E_start": "-70 mV",
    },
)
MODELS = (thalamic_relay, thalamic_reticular)
