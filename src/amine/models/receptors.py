"""Receptors: linear filters of the spikes that arrive, as current or as conductance."""

from __future__ import annotations

import math

from amine.models.model import Model

_TAU = {"tau": "time constant of decay", "E_rev": "reversal potential"}
_FILTER = "Destexhe A, Mainen ZF, Sejnowski TJ (1994) Neural Comput 6:14-18; Roth A, van Rossum MCW (2009) in Computational Modeling Methods for Neuroscientists, MIT Press, chapter 6"


def _receptor(
    name: str,
    equations: str,
    doc: str,
    symbols: dict[str, str],
    parameters: dict[str, str],
    source: str = _FILTER,
    decay: str = "",
    peak_open: float | None = None,
) -> Model:
    units = {n: v.split()[-1] if " " in v else "1" for n, v in parameters.items()}
    stands_for = {"decay": decay} if decay else {}
    return Model(
        name,
        "receptor",
        equations,
        units,
        parameters,
        source,
        doc,
        {},
        symbols,
        stands_for=stands_for,
        peak_open=peak_open,
    )


_EXP = "dg/dt = -g/tau : nS\non spike g += w\ncurrent g*(E_rev - v)"
_EXP_I = "di/dt = -i/tau : pA\non spike i += w\ncurrent i"


def _dual(unit: str, drive: str) -> str:
    # g(t) = w tau_rise/(tau_decay - tau_rise) (exp(-t/tau_decay) - exp(-t/tau_rise)), whose peak is
    # w (tau_rise/tau_decay)^(tau_decay/(tau_decay - tau_rise)); dividing by it makes the weight the peak
    return (
        f"dg/dt = (h - g)/tau_decay : {unit}\ndh/dt = -h/tau_rise : {unit}\n"
        "peak = (tau_rise/tau_decay)**(tau_decay/(tau_decay - tau_rise)) : 1\n"
        f"on spike h += w\ncurrent g/peak{drive}"
    )


def _alpha(unit: str, drive: str) -> str:
    return f"dg/dt = (h - g)/tau : {unit}\ndh/dt = -h/tau : {unit}\non spike h += w\ncurrent {math.e!r}*g{drive}"


_CONDUCTANCE = "*(E_rev - v)"
_NMDA = (
    "dg/dt = (h - g)/tau_decay : nS\ndh/dt = -h/tau_rise : nS\n"
    "peak = (tau_rise/tau_decay)**(tau_decay/(tau_decay - tau_rise)) : 1\n"
    "block = 1/(1 + Mg/K_Mg*exp(-slope*v)) : 1\n"
    "on spike h += w\ncurrent g/peak*block*(E_rev - v)"
)

exponential = _receptor(
    "exponential",
    _EXP,
    "A conductance that jumps by the weight at each spike and decays exponentially.",
    _TAU,
    {"tau": "5 ms", "E_rev": "0 mV"},
    decay="tau",
)
exponential_current = _receptor(
    "exponential_current",
    _EXP_I,
    "A current that jumps by the weight at each spike and decays exponentially.",
    {"tau": _TAU["tau"]},
    {"tau": "5 ms"},
    decay="tau",
)
_RISE = {"tau_rise": "time constant of rise", "tau_decay": "time constant of decay", "E_rev": "reversal potential"}
dual_exponential = _receptor(
    "dual_exponential",
    _dual("nS", _CONDUCTANCE),
    "A conductance that rises and decays exponentially; the weight is its peak. The two time constants must differ.",
    _RISE,
    {"tau_rise": "0.5 ms", "tau_decay": "5 ms", "E_rev": "0 mV"},
    decay="tau_decay",
)
dual_exponential_current = _receptor(
    "dual_exponential_current",
    _dual("pA", ""),
    "A current that rises and decays exponentially; the weight is its peak. The two time constants must differ.",
    {k: v for k, v in _RISE.items() if k != "E_rev"},
    {"tau_rise": "0.5 ms", "tau_decay": "5 ms"},
    decay="tau_decay",
)
alpha = _receptor(
    "alpha",
    _alpha("nS", _CONDUCTANCE),
    "A conductance w (t/tau) exp(1 - t/tau); the weight is its peak, reached after tau.",
    {"tau": "time to the peak", "E_rev": "reversal potential"},
    {"tau": "2 ms", "E_rev": "0 mV"},
    "Rall W (1967) J Neurophysiol 30:1138-1168",
    decay="tau",
)
alpha_current = _receptor(
    "alpha_current",
    _alpha("pA", ""),
    "A current w (t/tau) exp(1 - t/tau); the weight is its peak, reached after tau.",
    {"tau": "time to the peak"},
    {"tau": "2 ms"},
    "Rall W (1967) J Neurophysiol 30:1138-1168",
    decay="tau",
)
delta = Model(
    "delta",
    "receptor",
    "on spike v += w",
    {},
    {},
    "Brunel N (2000) J Comput Neurosci 8:183-208",
    "Each spike moves the voltage by the weight at once; spikes that arrive while the neuron holds v are lost.",
)
nmda = _receptor(
    "nmda",
    _NMDA,
    "A slow conductance with the voltage-dependent block by magnesium; the weight is its peak without the block.",
    {
        **_RISE,
        "Mg": "magnesium concentration outside",
        "K_Mg": "half-block concentration at 0 mV",
        "slope": "voltage dependence of the block",
    },
    {
        "tau_rise": "2 ms",
        "tau_decay": "100 ms",
        "E_rev": "0 mV",
        "Mg": "1000 uM",
        "K_Mg": "3570 uM",
        "slope": "0.062 1/mV",
    },
    "magnesium block: Jahr CE, Stevens CF (1990) J Neurosci 10:3178-3182; rise and decay: Wang XJ (2002) Neuron 36:955-968; "
    "open at the peak: Jahr CE (1992) Science 255:470-472, 0.3 in hippocampal neurons",
    decay="tau_decay",
    peak_open=0.3,
)


def _named(name: str, of: Model, doc: str, source: str, **parameters: str) -> Model:
    return Model(
        name,
        "receptor",
        of.equations,
        of.units,
        {**of.parameters, **parameters},
        source,
        doc,
        {},
        of.symbols,
        stands_for=of.stands_for,
        peak_open=of.peak_open,
    )


_BRETTE = "Brette R et al. (2007) J Comput Neurosci 23:349-398, benchmark 1"
AMPA = _named(
    "AMPA",
    exponential,
    "The fast glutamate receptor as a single exponential conductance.",
    _BRETTE,
    tau="5 ms",
    E_rev="0 mV",
)
GABA_A = _named(
    "GABA_A",
    exponential,
    "The fast GABA receptor as a single exponential conductance.",
    _BRETTE,
    tau="10 ms",
    E_rev="-80 mV",
)
NMDA = _named("NMDA", nmda, "The slow glutamate receptor with magnesium block.", nmda.source)
_POTJANS = "Potjans TC, Diesmann M (2014) Cereb Cortex 24:785-806"
exc = _named("exc", exponential_current, "An excitatory current.", _POTJANS, tau="0.5 ms")
inh = _named("inh", exponential_current, "An inhibitory current; its weights are negative.", _POTJANS, tau="0.5 ms")

MODELS = (
    exponential,
    exponential_current,
    dual_exponential,
    dual_exponential_current,
    alpha,
    alpha_current,
    delta,
    nmda,
    AMPA,
    GABA_A,
    NMDA,
    exc,
    inh,
)
