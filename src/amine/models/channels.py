"""Ion channels and pools of ions for membranes of cable cells: gates, a current per area (into the cell), units and sources.

A channel reads the voltage ``v``, the temperature ``T``, and of each ion X in Ca, Na, K, Cl: the concentration inside ``X_i``,
the reversal potential ``E_X``, and the current ``i_X`` that all channels with the line ``ion X`` carry. A pool of the ion in
the same compartment gives ``X_i`` and ``E_X``; without one, a channel's own parameter ``E_X`` counts.
"""

from __future__ import annotations

from amine.models.model import Model

_SYMBOLS = {
    "g_max": "conductance per area with all gates open",
    "E_Na": "sodium reversal potential, without a pool",
    "E_K": "potassium reversal potential, without a pool",
    "E_Ca": "calcium reversal potential, without a pool",
    "E_h": "reversal potential",
    "E": "reversal potential",
    "Q10": "factor on the rates of the gates for 10 K more",
    "T_ref": "temperature at which the rates were measured",
    "shift": "shift of the gates' voltage",
    "depth": "depth of the shell below the membrane that the ion fills",
    "tau": "time constant of removal",
    "gamma": "fraction of the entering ions that stays free",
    "rest": "concentration at rest",
    "outside": "concentration outside",
    "slope": "slope factor of spike initiation",
    "V_T": "threshold of spike initiation",
    "V_cut": "voltage at which the exponential is limited",
}
_QTEN = "q = Q10**((T - T_ref)/(10*K)) : 1\n"
_RT_F = "0.08617333262*mV/K*T"  # gas constant times temperature over Faraday's constant
_FARADAY = "0.09648533212*pA*ms/(uM*um**3)"


# drug targets: the name of each channel in the catalogue of compounds
_DRUG_TARGETS = {
    "Na_HH": {"Nav": "g_max"},
    "Na": {"Nav": "g_max"},
    "spike_start": {"Nav.threshold": "V_T"},
    "K_HH": {"Kv2": "g_max"},
    "Kdr": {"Kv2": "g_max"},
    "A": {"Kv1": "g_max"},
    "M": {"Kv7.2_7.3": "g_max"},
    "CaT": {"Cav3.1": "g_max"},
    "CaL": {"Cav1.2": "g_max"},
    "h": {"HCN1": "g_max"},
    "KCa": {"SK": "g_max"},
}


def _channel(name: str, equations: str, source: str, doc: str, **parameters: str) -> Model:
    units = {n: v.split(maxsplit=1)[1] if " " in v else "1" for n, v in parameters.items()}
    symbols = {n: _SYMBOLS[n] for n in parameters}
    targets = _DRUG_TARGETS.get(name, {})
    return Model(name, "channel", equations, units, parameters, source, doc, {}, symbols, stands_for=targets)


def _trap(rate: str, x: str, width: str) -> str:
    """rate * x / (1 - exp(-x/width)), finite at x = 0."""
    return f"{rate}*({x})/(1 - exp(-({x})/({width})))"


leak = _channel(
    "leak",
    "current g_max*(E - v)",
    "membrane resistance of 20 kOhm cm2: Stuart G, Spruston N (1998) J Neurosci 18:3501-3510 report 10 to 50",
    "The passive membrane.",
    g_max="0.05 mS/cm**2",
    E="-65 mV",
)
_HH = "Hodgkin AL, Huxley AF (1952) J Physiol 117:500-544, at 6.3 degrees Celsius, with the resting potential shifted to -65 mV; Q10 of 3 as there"
Na_HH = _channel(
    "Na_HH",
    f"""ion Na
current g_max*m**3*h*(E_Na - v)
dm/dt = q*(alpha_m*(1 - m) - beta_m*m) : 1
dh/dt = q*(alpha_h*(1 - h) - beta_h*h) : 1
alpha_m = {_trap("0.1/mV/ms", "v + 40*mV", "10*mV")} : 1/ms
beta_m = 4/ms*exp(-(v + 65*mV)/(18*mV)) : 1/ms
alpha_h = 0.07/ms*exp(-(v + 65*mV)/(20*mV)) : 1/ms
beta_h = 1/ms/(1 + exp(-(v + 35*mV)/(10*mV))) : 1/ms
{_QTEN}""",
    _HH,
    "The sodium channel of the squid giant axon.",
    g_max="120 mS/cm**2",
    E_Na="50 mV",
    Q10="3",
    T_ref="279.45 K",
)
K_HH = _channel(
    "K_HH",
    f"""ion K
current g_max*n**4*(E_K - v)
dn/dt = q*(alpha_n*(1 - n) - beta_n*n) : 1
alpha_n = {_trap("0.01/mV/ms", "v + 55*mV", "10*mV")} : 1/ms
beta_n = 0.125/ms*exp(-(v + 65*mV)/(80*mV)) : 1/ms
{_QTEN}""",
    _HH,
    "The delayed-rectifier potassium channel of the squid giant axon.",
    g_max="36 mS/cm**2",
    E_K="-77 mV",
    Q10="3",
    T_ref="279.45 K",
)
leak_HH = _channel(
    "leak_HH",
    "current g_max*(E - v)",
    _HH,
    "The leak of the squid giant axon.",
    g_max="0.3 mS/cm**2",
    E="-54.387 mV",
)
_MAINEN = "Mainen ZF, Sejnowski TJ (1996) Nature 382:363-366, ModelDB 2488; rates at 23 degrees Celsius, the conductance grows with Q10 too"
Na = _channel(
    "Na",
    f"""ion Na
current q*g_max*m**3*h*(E_Na - v)
u = v + shift : mV
dm/dt = q*(alpha_m*(1 - m) - beta_m*m) : 1
dh/dt = q*(alpha_h + beta_h)*(h_inf - h) : 1
alpha_m = {_trap("0.182/mV/ms", "u + 35*mV", "9*mV")} : 1/ms
beta_m = {_trap("0.124/mV/ms", "-(u + 35*mV)", "9*mV")} : 1/ms
alpha_h = {_trap("0.024/mV/ms", "u + 50*mV", "5*mV")} : 1/ms
beta_h = {_trap("0.0091/mV/ms", "-(u + 75*mV)", "5*mV")} : 1/ms
h_inf = 1/(1 + exp((u + 65*mV)/(6.2*mV))) : 1
{_QTEN}""",
    _MAINEN,
    "The sodium channel of neocortical pyramidal cells.",
    g_max="2 mS/cm**2",
    E_Na="50 mV",
    Q10="2.3",
    T_ref="296.15 K",
    shift="-5 mV",
)
Kdr = _channel(
    "Kdr",
    f"""ion K
current q*g_max*n*(E_K - v)
dn/dt = q*(alpha_n*(1 - n) - beta_n*n) : 1
alpha_n = {_trap("0.02/mV/ms", "v - 25*mV", "9*mV")} : 1/ms
beta_n = {_trap("0.002/mV/ms", "-(v - 25*mV)", "9*mV")} : 1/ms
{_QTEN}""",
    _MAINEN,
    "The fast voltage-dependent potassium channel of neocortical pyramidal cells.",
    g_max="20 mS/cm**2",
    E_K="-90 mV",
    Q10="2.3",
    T_ref="296.15 K",
)
M = _channel(
    "M",
    f"""ion K
current q*g_max*n*(E_K - v)
dn/dt = q*(alpha_n*(1 - n) - beta_n*n) : 1
alpha_n = {_trap("0.001/mV/ms", "v + 30*mV", "9*mV")} : 1/ms
beta_n = {_trap("0.001/mV/ms", "-(v + 30*mV)", "9*mV")} : 1/ms
{_QTEN}""",
    _MAINEN,
    "The slow M-type potassium channel (muscarine closes it), which lets the rate adapt.",
    g_max="0.01 mS/cm**2",
    E_K="-90 mV",
    Q10="2.3",
    T_ref="296.15 K",
)
_ZETA = "(-1.5 - 1/(1 + exp((v + 40*mV)/(5*mV))))"
A = _channel(
    "A",
    f"""ion K
current g_max*n*l*(E_K - v)
a_n = exp({_ZETA}*(v - 11*mV)/({_RT_F})) : 1
tau_n = max(0.1*ms, exp({_ZETA}*0.55*(v - 11*mV)/({_RT_F}))/(q*0.05/ms*(1 + a_n))) : ms
tau_l = max(2*ms, 0.26*ms/mV*(v + 50*mV)) : ms
dn/dt = (1/(1 + a_n) - n)/tau_n : 1
dl/dt = (1/(1 + exp(3*(v + 56*mV)/({_RT_F}))) - l)/tau_l : 1
{_QTEN}""",
    "Migliore M, Hoffman DA, Magee JC, Johnston D (1999) J Comput Neurosci 7:5-15, the proximal channel (kap of ModelDB 2796), after Hoffman DA et al. "
    "(1997) Nature 387:869-875; at 24 degrees Celsius",
    "The transient A-type potassium channel of pyramidal cells, which keeps spikes from growing in dendrites.",
    g_max="8 mS/cm**2",
    E_K="-90 mV",
    Q10="5",
    T_ref="297.15 K",
)
h = _channel(
    "h",
    """current g_max*m*(E_h - v)
dm/dt = q*(alpha*(1 - m) - beta*m) : 1
alpha = 0.00643/mV/ms*(v + 154.9*mV)/(exp((v + 154.9*mV)/(11.9*mV)) - 1) : 1/ms
beta = 0.193/ms*exp(v/(33.1*mV)) : 1/ms
"""
    + _QTEN,
    "Kole MHP, Hallermann S, Stuart GJ (2006) J Neurosci 26:1677-1687, at 34 degrees Celsius",
    "The hyperpolarisation-activated cation channel of layer 5 pyramidal cells. The paper gives no temperature dependence: Q10 is 1.",
    g_max="0.2 mS/cm**2",
    E_h="-45 mV",
    Q10="1",
    T_ref="307.15 K",
)
CaT = _channel(
    "CaT",
    f"""ion Ca
current g_max*m**2*h*(E_Ca - v)
dm/dt = (1/(1 + exp(-(v + 40*mV)/(6*mV))) - m)*q/(5*ms + 20*ms/(1 + exp((v + 35*mV)/(5*mV)))) : 1
dh/dt = (1/(1 + exp((v + 90*mV)/(6.4*mV))) - h)*q/(20*ms + 50*ms/(1 + exp((v + 50*mV)/(7*mV)))) : 1
{_QTEN}""",
    "Avery RB, Johnston D (1996) J Neurosci 16:5567-5582 (steady states) and Randall AD, Tsien RW (1997) Neuropharmacology 36:879-893 (time "
    "constants, 21 degrees Celsius), as put together by Hay E et al. (2011) PLoS Comput Biol 7:e1002107",
    "The low-threshold T-type calcium channel.",
    g_max="0.2 mS/cm**2",
    E_Ca="120 mV",
    Q10="2.3",
    T_ref="294.15 K",
)
CaL = _channel(
    "CaL",
    f"""ion Ca
current g_max*m**2*h*(E_Ca - v)
dm/dt = q*(alpha_m*(1 - m) - beta_m*m) : 1
dh/dt = q*(alpha_h*(1 - h) - beta_h*h) : 1
alpha_m = {_trap("0.055/mV/ms", "v + 27*mV", "3.8*mV")} : 1/ms
beta_m = 0.94/ms*exp(-(v + 75*mV)/(17*mV)) : 1/ms
alpha_h = 0.000457/ms*exp(-(v + 13*mV)/(50*mV)) : 1/ms
beta_h = 0.0065/ms/(1 + exp(-(v + 15*mV)/(28*mV))) : 1/ms
{_QTEN}""",
    "Reuveni I, Friedman A, Amitai Y, Gutnick MJ (1993) J Neurosci 13:4609-4621, at 35 degrees Celsius",
    "The high-threshold L-type calcium channel of neocortical pyramidal cells. The paper gives no temperature dependence: Q10 is 1.",
    g_max="0.1 mS/cm**2",
    E_Ca="120 mV",
    Q10="1",
    T_ref="308.15 K",
)
KCa = _channel(
    "KCa",
    """ion K
current g_max*z*(E_K - v)
dz/dt = q*(1/(1 + (0.43*uM/max(Ca_i, 0.0001*uM))**4.8) - z)/(1*ms) : 1
"""
    + _QTEN,
    "Köhler M et al. (1996) Science 273:1709-1714, as written by Hay E et al. (2011) PLoS Comput Biol 7:e1002107, whose time constant has no "
    "temperature dependence: Q10 is 1",
    "The small-conductance potassium channel that calcium opens; it needs a pool of calcium in its compartments.",
    g_max="0.1 mS/cm**2",
    E_K="-90 mV",
    Q10="1",
    T_ref="307.15 K",
)
calcium = _channel(
    "calcium",
    f"""dCa_i/dt = gamma*max(i_Ca, 0)/(2*{_FARADAY}*depth) - (Ca_i - rest)/tau : uM
E_Ca = {_RT_F}/2*log(outside/max(Ca_i, 0.001*uM)) : mV
initial Ca_i = rest""",
    "Destexhe A, Contreras D, Sejnowski TJ, Steriade M (1994) J Neurophysiol 72:803-818 (form); time constant, depth and free part: Hay E et al. "
    "(2011) PLoS Comput Biol 7:e1002107; reversal potential by Nernst's equation",
    "Calcium in a shell below the membrane: it enters through calcium channels, is removed by pumps, and sets the calcium reversal potential.",
    depth="0.1 um",
    tau="80 ms",
    gamma="0.05",
    rest="0.1 uM",
    outside="2000 uM",
)
sodium = _channel(
    "sodium",
    f"""dNa_i/dt = i_Na/({_FARADAY}*depth) - (Na_i - rest)/tau : uM
E_Na = {_RT_F}*log(outside/max(Na_i, 1*uM)) : mV
initial Na_i = rest""",
    "Fleidervish IA, Lasser-Ross N, Gutnick MJ, Ross WN (2010) Nat Neurosci 13:852-860 (sodium rises of millimoles in axons); the first-order removal "
    "is the usual simplification; reversal potential by Nernst's equation",
    "Intracellular sodium: it rises with spikes, is pumped out slowly, and sets the sodium reversal potential. ``depth`` is volume over membrane area: "
    "a quarter of the diameter for a whole cylinder.",
    depth="1 um",
    tau="10000 ms",
    rest="10000 uM",
    outside="140000 uM",
)
potassium = _channel(
    "potassium",
    f"""dK_i/dt = i_K/({_FARADAY}*depth) - (K_i - rest)/tau : uM
E_K = {_RT_F}*log(outside/max(K_i, 1*uM)) : mV
initial K_i = rest""",
    "reversal potential by Nernst's equation; first-order return to rest is the usual simplification",
    "Intracellular potassium: it falls with spikes and sets the potassium reversal potential. ``depth`` is volume over membrane area.",
    depth="1 um",
    tau="10000 ms",
    rest="140000 uM",
    outside="4000 uM",
)
spike_start = _channel(
    "spike_start",
    "current g_max*slope*exp((min(v, V_cut) - V_T)/slope)",
    "Fourcaud-Trocmé N, Hansel D, van Vreeswijk C, Brunel N (2003) J Neurosci 23:11628-11640",
    "Exponential spike initiation, for a soma with a reset: with a leak of the same conductance it is the exponential integrate-and-fire neuron.",
    g_max="0.1 mS/cm**2",
    slope="2 mV",
    V_T="-50 mV",
    V_cut="-20 mV",
)

MODELS = (leak, leak_HH, Na_HH, K_HH, Na, Kdr, M, A, h, CaT, CaL, KCa, calcium, sodium, potassium, spike_start)
