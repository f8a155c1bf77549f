"""Calcium-based plasticity: calcium above two thresholds causes depression or potentiation."""

from __future__ import annotations

from amine.models.model import Model

_GRAUPNER = "Graupner M, Brunel N (2012) Proc Natl Acad Sci USA 109:3991-3996"
_EFFICACY = (
    "rho = (w - w_low)/(w_high - w_low) : 1\n"
    "dw/dt = (w_high - w_low)/tau*(where({ca} > theta_p, gamma_p*(1 - rho), 0*rho) - where({ca} > theta_d, gamma_d*rho, 0*rho) "
    "- rho*(1 - rho)*(rho_star - rho)){noise} : weight in w_low .. w_high\n"
)
_NOISE = " + (w_high - w_low)*sigma/tau**0.5*sqrt(where({ca} > theta_p, 1, 0) + where({ca} > theta_d, 1, 0))*xi"
_OWN = "dc/dt = -c/tau_Ca : 1\non pre after D c += C_pre\non post c += C_post"
_UNITS = {
    "tau": "ms",
    "theta_p": "1",
    "theta_d": "1",
    "gamma_p": "1",
    "gamma_d": "1",
    "rho_star": "1",
    "w_low": "weight",
    "w_high": "weight",
}
_SYMBOLS = {
    "tau": "time constant of the efficacy",
    "theta_p": "calcium above which a synapse is potentiated",
    "theta_d": "calcium above which it is depressed",
    "gamma_p": "rate of potentiation, in 1/tau",
    "gamma_d": "rate of depression, in 1/tau",
    "rho_star": "boundary between the basins of the two stable efficacies",
    "w_low": "weight of a depressed synapse (rho = 0)",
    "w_high": "weight of a potentiated synapse (rho = 1)",
    "tau_Ca": "decay of calcium",
    "C_pre": "calcium added by a pre-spike",
    "C_post": "calcium added by a post-spike",
    "D": "delay of the calcium of a pre-spike",
    "sigma": "noise while calcium is above a threshold",
    "k_Ca": "calcium per charge through NMDA receptors",
    "k_c": "calcium per time and driving force through the bound receptors",
    "tau_glu": "time constant of glutamate unbinding",
    "tau_flux": "time constant of the filter of the receptor current",
    "small": "small conductance that keeps the quotient finite",
    "clock": "interval at which synapses read the calcium of their target",
}
_NUMBERS = ("tau_Ca", "C_pre", "C_post", "theta_p", "gamma_d", "gamma_p", "sigma", "tau", "D")
_TABLE = {
    "DP": (20, 1, 2, 1.3, 200, 321.808, 2.8284, 150e3, 13.7),
    "DPD": (20, 0.9, 0.9, 1.3, 250, 550, 2.8284, 150e3, 4.6),
    "DPD'": (20, 1, 2, 2.5, 50, 600, 2.8284, 150e3, 2.2),
    "P": (20, 2, 2, 1.3, 160, 257.447, 2.8284, 150e3, 0),
    "D": (20, 0.6, 0.6, 1.3, 500, 550, 5.6568, 150e3, 0),
    "D'": (20, 1, 2, 3.5, 60, 600, 2.8284, 150e3, 0),
    "hippocampal slice": (48.8373, 1, 0.275865, 1.3, 313.0965, 1645.59, 9.1844, 688.355e3, 18.8008),
    "hippocampal culture": (11.9536, 0.58156, 1.76444, 1.3, 61.141, 113.6545, 2.5654, 33.7596e3, 10),
    "cortical slice": (22.6936, 0.5617539, 1.23964, 1.3, 331.909, 725.085, 3.3501, 346.3615e3, 4.6098),
}
_TIMES = ("tau_Ca", "tau", "D")
_SETS = {
    name: {n: f"{x} ms" if n in _TIMES else f"{x}" for n, x in zip(_NUMBERS, row, strict=True)}
    for name, row in _TABLE.items()
}
_START = {"theta_d": "1", "rho_star": "0.5", "w_low": "0 nS", "w_high": "1 nS"}


def _rule(name: str, text: str, units: dict[str, str], values: dict[str, str], source: str, doc: str) -> Model:
    symbols = {n: _SYMBOLS[n] for n in units}
    limits = {n: "positive" for n in ("C_pre", "C_post") if n in units}
    return Model(name, "rule", text, units, values, source, doc, symbols=symbols, limits=limits)


_OWN_UNITS = {**_UNITS, "tau_Ca": "ms", "C_pre": "1", "C_post": "1", "D": "ms"}
_DP = {n: v for n, v in _SETS["DP"].items() if n != "sigma"}
calcium_traces = _rule(
    "calcium_traces",
    _EFFICACY.format(ca="c", noise="") + _OWN,
    _OWN_UNITS,
    {**_START, **_DP},
    _GRAUPNER,
    "The calcium rule with a calcium trace of each synapse: each pre-spike adds C_pre after D, each post-spike C_post. The efficacy rho = (w - w_low)/"
    "(w_high - w_low) rises while calcium is above theta_p and falls while it is above theta_d; at rest it is bistable. Without noise: the mean.",
)
calcium_traces_noisy = _rule(
    "calcium_traces_noisy",
    _EFFICACY.format(ca="c", noise=_NOISE.format(ca="c")) + _OWN,
    {**_OWN_UNITS, "sigma": "1"},
    {**_START, **_SETS["DP"]},
    _GRAUPNER,
    "As calcium_traces, with the noise of the paper while calcium is above a threshold.",
)
_NMDA_SOURCE = (
    f"{_GRAUPNER}; calcium through NMDA receptors: Shouval HZ, Bear MF, Cooper LN (2002) Proc Natl Acad Sci USA 99:10831-10836. "
    "Amplitudes are a choice"
)
_NMDA_VALUES = {
    **_START,
    "tau": "20000 ms",
    "theta_p": "2",
    "gamma_p": "320",
    "gamma_d": "200",
    "tau_Ca": "20 ms",
    "clock": "1 ms",
}
calcium = _rule(
    "calcium",
    "rho = (w - w_low)/(w_high - w_low) : 1\n"
    "dCa/dt = -Ca/tau_Ca + k_Ca*I_NMDA : 1 (target)\n"
    "dglu/dt = -glu/tau_glu : 1 (source)\n"
    "on pre glu = 1\n"
    "dw/dt = (w_high - w_low)*glu/tau*(where(Ca > theta_p, gamma_p*(1 - rho), 0*rho) - where(Ca > theta_d, gamma_d*rho, 0*rho)) "
    ": weight in w_low .. w_high",
    {
        **{n: u for n, u in _UNITS.items() if n != "rho_star"},
        "tau_Ca": "ms",
        "k_Ca": "1/(pA*ms)",
        "tau_glu": "ms",
        "clock": "ms",
    },
    {**{n: v for n, v in _NMDA_VALUES.items() if n != "rho_star"}, "k_Ca": "0.01 1/(pA*ms)", "tau_glu": "50 ms"},
    _NMDA_SOURCE,
    "The calcium rule with the calcium Ca (in units of theta_d) that flows through the NMDA receptors of the target neuron, so that their block blocks "
    "learning. It acts at a synapse while glutamate from its own source is bound there (glu), so that only active synapses change.",
)
calcium_local = _rule(
    "calcium_local",
    _EFFICACY.format(ca="c", noise="") + "dflux/dt = (I_NMDA/(g_NMDA + small) - flux)/tau_flux : mV (target)\n"
    "dglu/dt = -glu/tau_glu : 1 (source)\n"
    "on pre glu += 1\n"
    "dc/dt = -c/tau_Ca + k_c*glu*flux : 1",
    {**_UNITS, "tau_Ca": "ms", "k_c": "1/(mV*ms)", "tau_glu": "ms", "tau_flux": "ms", "small": "nS", "clock": "ms"},
    {**_NMDA_VALUES, "k_c": "0.005 1/(mV*ms)", "tau_glu": "100 ms", "tau_flux": "1 ms", "small": "0.001 nS"},
    _NMDA_SOURCE,
    "The calcium rule with local calcium c at each synapse: bound glutamate times the current per conductance (flux) through NMDA receptors of the "
    "target at its voltage. Block of the receptors blocks learning. Each synapse advances once per clock.",
)

RULES = (calcium_traces, calcium_traces_noisy, calcium, calcium_local)
SETS = {
    "calcium_traces": {k: {n: v for n, v in row.items() if n != "sigma"} for k, row in _SETS.items()},
    "calcium_traces_noisy": _SETS,
}
