"""Integrate-and-fire neurons: LIF with currents or conductances, EIF, AdEx with its patterns, Izhikevich with its types."""

from __future__ import annotations

from amine.errors import AmineError, did_you_mean
from amine.models.model import Model
from amine.models.receptors import AMPA, GABA_A, exc, inh

_SYMBOLS = {
    "C": "membrane capacitance",
    "tau_m": "membrane time constant",
    "g_L": "leak conductance",
    "E_L": "resting potential",
    "V_th": "threshold",
    "V_r": "reset potential",
    "t_ref": "refractory time",
    "I_e": "constant input current",
    "Delta_T": "slope factor of spike initiation",
    "V_T": "threshold of spike initiation",
    "V_cut": "voltage at which a spike is counted",
    "a": "subthreshold adaptation",
    "b": "spike-triggered adaptation",
    "tau_w": "time constant of adaptation",
}


def _neuron(
    name: str,
    equations: str,
    parameters: dict[str, str],
    source: str,
    doc: str,
    receptors: dict[str, Model],
    threshold: str = "",
) -> Model:
    """A neuron; ``threshold`` is the parameter that stands for its sodium channels."""
    units = {n: v.split()[-1] for n, v in parameters.items()}
    symbols = {n: _SYMBOLS[n] for n in parameters}
    stands_for = {"Nav.threshold": threshold} if threshold else {}
    return Model(name, "neuron", equations, units, parameters, source, doc, receptors, symbols, stands_for=stands_for)


_SPIKE = "\nthreshold v > V_th\nreset v = V_r\nrefractory t_ref hold v\ninitial v = E_L"
_LIF = "dv/dt = (E_L - v)/tau_m + (I + I_e)/C : mV" + _SPIKE

lif = _neuron(
    "lif",
    _LIF,
    {
        "C": "250 pF",
        "tau_m": "10 ms",
        "E_L": "-65 mV",
        "V_th": "-50 mV",
        "V_r": "-65 mV",
        "t_ref": "2 ms",
        "I_e": "0 pA",
    },
    "Potjans TC, Diesmann M (2014) Cereb Cortex 24:785-806, table 4",
    "The leaky integrate-and-fire neuron with current input, integrated exactly.",
    {"exc": exc, "inh": inh},
    threshold="V_th",
)
lif_cond = _neuron(
    "lif_cond",
    _LIF,
    {
        "C": "200 pF",
        "tau_m": "20 ms",
        "E_L": "-60 mV",
        "V_th": "-50 mV",
        "V_r": "-60 mV",
        "t_ref": "5 ms",
        "I_e": "0 pA",
    },
    "Brette R et al. (2007) J Comput Neurosci 23:349-398, benchmark 1; after Vogels TP, Abbott LF (2005) J Neurosci 25:10786-10795",
    "The leaky integrate-and-fire neuron with conductance input: AMPA and GABA_A receptors.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    threshold="V_th",
)
eif = _neuron(
    "eif",
    "dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((min(v, V_cut) - V_T)/Delta_T) + I + I_e)/C : mV\n"
    "threshold v > V_cut\nreset v = V_r\nrefractory t_ref hold v\ninitial v = E_L",
    {
        "C": "200 pF",
        "g_L": "20 nS",
        "E_L": "-65 mV",
        "Delta_T": "3.48 mV",
        "V_T": "-59.9 mV",
        "V_cut": "-20 mV",
        "V_r": "-68 mV",
        "t_ref": "1.7 ms",
        "I_e": "0 pA",
    },
    "Fourcaud-Trocmé N, Hansel D, van Vreeswijk C, Brunel N (2003) J Neurosci 23:11628-11640; C and g_L for 20 000 um2 at 1 uF/cm2 and 0.1 mS/cm2",
    "The exponential integrate-and-fire neuron; the exponential is limited at V_cut, where a spike is counted.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    threshold="V_T",
)
adex = _neuron(
    "adex",
    "v_c = min(v, V_cut) : mV\n"
    "dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v_c - V_T)/Delta_T) - w + I + I_e)/C : mV\n"
    "dw/dt = (a*(v_c - E_L) - w)/tau_w : pA\n"
    "threshold v > V_cut\nreset v = V_r; w += b\nrefractory t_ref hold v\ninitial v = E_L",
    {
        "C": "281 pF",
        "g_L": "30 nS",
        "E_L": "-70.6 mV",
        "Delta_T": "2 mV",
        "V_T": "-50.4 mV",
        "V_cut": "20 mV",
        "V_r": "-70.6 mV",
        "a": "4 nS",
        "b": "80.5 pA",
        "tau_w": "144 ms",
        "t_ref": "0 ms",
        "I_e": "0 pA",
    },
    "Brette R, Gerstner W (2005) J Neurophysiol 94:3637-3642",
    "The adaptive exponential integrate-and-fire neuron. A spike is counted at V_cut; within a step, higher voltages count as V_cut in the "
    "exponential and in the adaptation.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    threshold="V_T",
)

# name: C pF, g_L nS, E_L mV, a nS, tau_w ms, b pA, V_r mV, I pA; V_T -50, Delta_T 2, V_cut 0
adex_patterns: dict[str, tuple[float, ...]] = {
    "tonic": (200, 10, -70, 2, 30, 0, -58, 500),
    "adaptation": (200, 12, -70, 2, 300, 60, -58, 500),
    "initial_burst": (130, 18, -58, 4, 150, 120, -50, 400),
    "regular_bursting": (200, 10, -58, 2, 120, 100, -46, 210),
    "delayed_accelerating": (200, 12, -70, -10, 300, 0, -58, 300),
    "delayed_bursting": (100, 10, -65, -10, 90, 30, -47, 110),
    "transient": (100, 10, -65, 10, 90, 100, -47, 180),
    "irregular": (100, 12, -60, -11, 130, 30, -48, 160),
}


def adex_pattern(name: str) -> Model:
    """The AdEx neuron with a named firing pattern; ``I_e`` is the current that evokes it.

    Raises AmineError if the pattern is not one of ``adex_patterns``.

    Naud R, Marcille N, Clopath C, Gerstner W (2008) Biol Cybern 99:335-347.

    >>> adex_pattern("tonic").parameters["I_e"]
    '500.0 pA'
    """
    if name not in adex_patterns:
        raise AmineError(
            "adex_pattern()", f"pattern '{name}' is not known", hint=did_you_mean(str(name), adex_patterns)
        )
    values = dict(zip(("C", "g_L", "E_L", "a", "tau_w", "b", "V_r", "I_e"), adex_patterns[name], strict=True))
    return adex(**{n: f"{float(x)} {adex.units[n]}" for n, x in values.items()}, V_T="-50 mV", V_cut="0 mV")


izhikevich = Model(
    "izhikevich",
    "neuron",
    "dv/dt = k_2*v**2 + k_1*v + k_0 - u + R*(I + I_e) : mV\ndu/dt = a*(b*min(v, V_peak) - u) : mV/ms\n"
    "threshold v > V_peak\nreset v = c; u += d\ninitial v = c\ninitial u = b*c",
    {
        "a": "1/ms",
        "b": "1/ms",
        "c": "mV",
        "d": "mV/ms",
        "k_2": "1/mV/ms",
        "k_1": "1/ms",
        "k_0": "mV/ms",
        "V_peak": "mV",
        "R": "mV/ms/pA",
        "I_e": "pA",
    },
    {
        "a": "0.02 1/ms",
        "b": "0.2 1/ms",
        "c": "-65 mV",
        "d": "8 mV/ms",
        "k_2": "0.04 1/mV/ms",
        "k_1": "5 1/ms",
        "k_0": "140 mV/ms",
        "V_peak": "30 mV",
        "R": "1 mV/ms/pA",
        "I_e": "0 pA",
    },
    "Izhikevich EM (2003) IEEE Trans Neural Netw 14:1569-1572",
    "Izhikevich's simple model: two equations that reproduce the firing of many cortical types. One pA of input is one unit of its current.",
    {"AMPA": AMPA, "GABA_A": GABA_A, "exc": exc, "inh": inh},
    {
        "a": "rate of recovery",
        "b": "recovery's sensitivity to v",
        "c": "voltage after a spike",
        "d": "recovery added by a spike",
        "k_2": "quadratic term",
        "k_1": "linear term",
        "k_0": "constant term",
        "V_peak": "voltage at which a spike is counted",
        "R": "effect of the input current",
        "I_e": "constant input current",
    },
)

clopath_adex = Model(
    "clopath_adex",
    "neuron",
    """up = where(k > 0.01*ms, 1, 0) : 1
down = where(k > 0.01*ms - t_f*5, 1, 0)*(1 - up) : 1
dv/dt = (up*(V_spike - v) + down*(V_after - v))/t_f + (1 - up)*(1 - down)*(g_L*(E_L - v) + g_L*Delta_T*exp(min((v - V_T)/Delta_T, 20)) - w_ad + z + I + I_e)/C : mV
dk/dt = -where(k > -100*ms, 1, 0) : ms
dw_ad/dt = (1 - up)*(a*(v - E_L)*(1 - down) - w_ad)/tau_w : pA
dz/dt = -(1 - up)*z/tau_z : pA
dV_T/dt = (1 - up)*(V_T0 - V_T)/tau_T : mV
threshold v > V_cut
reset k = t_spike; w_ad += b; z = z_j; V_T = V_T0 + V_Tj; v = V_spike
refractory t_spike + 1.5*ms
initial v = E_L
initial V_T = V_T0
initial k = -100*ms""",
    {
        **{"C": "pF", "g_L": "nS", "E_L": "mV", "Delta_T": "mV", "V_T0": "mV", "V_Tj": "mV", "tau_T": "ms", "a": "nS"},
        **{"b": "pA", "tau_w": "ms", "z_j": "pA", "tau_z": "ms", "V_spike": "mV", "t_spike": "ms", "V_after": "mV"},
        **{"t_f": "ms", "V_cut": "mV", "I_e": "pA"},
    },
    {
        **{"C": "281 pF", "g_L": "30 nS", "E_L": "-70.6 mV", "Delta_T": "2 mV", "V_T0": "-50.4 mV", "V_Tj": "20 mV"},
        **{"tau_T": "50 ms", "a": "4 nS", "b": "0.0805 pA", "tau_w": "144 ms", "z_j": "400 pA", "tau_z": "40 ms"},
        **{"V_spike": "27.9 mV", "t_spike": "2 ms", "V_after": "-49.5016 mV", "t_f": "0.1 ms", "V_cut": "20 mV"},
        "I_e": "0 pA",
    },
    "Clopath C, Büsing L, Vasilaki E, Gerstner W (2010) Nat Neurosci 13:344-352; numbers of the authors' code, ModelDB 144566",
    "AdEx with the course of a spike, a depolarising after-current and an adaptive threshold, for rules that follow the voltage: 2 ms "
    "and a flank whose area above the threshold of potentiation is that of the two steps of 29.4 and 32.9 mV in the authors' code, then -49.5 mV. The jump of adaptation is that of the code, 0.0805 in a sum of pA; the "
    "paper's 0.0805 nA would be 80.5 pA.",
    {"AMPA": AMPA, "GABA_A": GABA_A},
    {
        **{n: _SYMBOLS[n] for n in ("C", "g_L", "E_L", "Delta_T", "a", "b", "tau_w", "V_cut", "I_e")},
        "V_T0": "threshold of spike initiation at rest",
        "V_Tj": "its rise at a spike",
        "tau_T": "time constant of its return",
        "z_j": "depolarising after-current at a spike",
        "tau_z": "its time constant",
        "V_spike": "voltage during a spike",
        "t_spike": "duration of a spike",
        "V_after": "voltage after a spike",
        "t_f": "time constant of the flanks of a spike",
    },
    limits=dict.fromkeys(("tau_T", "tau_w", "tau_z", "t_spike", "t_f"), "positive"),
)

izhikevich_types: dict[str, tuple[float, ...]] = {
    "RS": (0.02, 0.2, -65, 8),
    "IB": (0.02, 0.2, -55, 4),
    "CH": (0.02, 0.2, -50, 2),
    "FS": (0.1, 0.2, -65, 2),
    "LTS": (0.02, 0.25, -65, 2),
    "RZ": (0.1, 0.26, -65, 2),
    "TC": (0.02, 0.25, -65, 0.05),
}


def izhikevich_type(name: str) -> Model:
    """The Izhikevich neuron of a named cortical type: RS, IB, CH, FS, LTS, RZ or TC (2003, figure 2).

    Raises AmineError for any other name.

    >>> izhikevich_type("FS").parameters["a"]
    '0.1 1/ms'
    """
    if name not in izhikevich_types:
        raise AmineError(
            "izhikevich_type()", f"type '{name}' is not known", hint=did_you_mean(str(name), izhikevich_types)
        )
    values = zip("abcd", izhikevich_types[name], strict=True)
    return izhikevich(**{n: f"{float(x)} {izhikevich.units[n]}" for n, x in values})


MODELS = (lif, lif_cond, eif, adex, clopath_adex, izhikevich)
