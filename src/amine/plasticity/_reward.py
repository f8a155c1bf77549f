"""Three-factor rules: spikes leave an eligibility trace, which a slow signal converts to changes of the weight."""

from __future__ import annotations

from amine.models.model import Model

_TRACES = (
    "dx_pre/dt = -x_pre/tau_plus : 1 (source)\ndx_post/dt = -x_post/tau_minus : 1 (target)\nde/dt = -e/tau_e : 1\n"
)
_UNITS = {
    "tau_plus": "ms",
    "tau_minus": "ms",
    "tau_e": "ms",
    "A_plus": "1",
    "A_minus": "1",
    "eta": "weight",
    "tonic": "uM",
    "scale": "uM",
    "tau_w": "ms",
    "w_max": "weight",
}
_SYMBOLS = {
    "tau_plus": "time constant of the trace of pre-spikes",
    "tau_minus": "time constant of the trace of post-spikes",
    "tau_e": "decay of eligibility",
    "A_plus": "eligibility added by a pre-before-post pair",
    "A_minus": "eligibility subtracted by a post-before-pre pair",
    "eta": "weight change within tau_w at eligibility 1, for a signal above tonic by scale",
    "tonic": "level of the signal at which nothing changes",
    "scale": "unit of the signal",
    "tau_w": "time to which eta refers",
    "w_max": "upper bound of the weight",
}
reward_stdp = Model(
    "reward_stdp",
    "rule",
    _TRACES
    + "on pre e -= A_minus*x_post; x_pre += 1\non post e += A_plus*x_pre; x_post += 1\n"
    + "dw/dt = eta/tau_w*e*(dopamine - tonic)/scale : weight in 0 .. w_max",
    _UNITS,
    {
        "tau_plus": "20 ms",
        "tau_minus": "20 ms",
        "tau_e": "1000 ms",
        "A_plus": "0.1",
        "A_minus": "0.15",
        "eta": "0.1 nS",
        "tonic": "0 uM",
        "scale": "1 uM",
        "tau_w": "10 ms",
        "w_max": "4 nS",
    },
    "Izhikevich EM (2007) Cereb Cortex 17:2443-2452",
    "Reward-modulated STDP: pair STDP leaves an eligibility trace e that decays within a second; the field dopamine, above or below its tonic level, converts it to "
    "changes of the weight. A reward seconds late still reaches the synapses that earned it. With the tonic level at the mean of the signal, or "
    "a signal that is a prediction error, it is the rule of Frémaux, Sprekeler & Gerstner (2010, J Neurosci 30:13326).",
    symbols=_SYMBOLS,
)
r_max = Model(
    "r_max",
    "rule",
    "dx_pre/dt = -x_pre/tau_plus : 1 (source)\n"
    "de/dt = -e/tau_e - x_pre*rho_0*exp((v - theta)/Delta) : 1\n"
    "on pre x_pre += 1\non post e += x_pre\n"
    "dw/dt = eta/tau_w*e*(dopamine - tonic)/scale : weight in 0 .. w_max",
    {
        **{n: u for n, u in _UNITS.items() if n not in ("tau_minus", "A_plus", "A_minus")},
        "rho_0": "1/ms",
        "theta": "mV",
        "Delta": "mV",
        "clock": "ms",
    },
    {
        "tau_plus": "20 ms",
        "tau_e": "500 ms",
        "eta": "0.1 nS",
        "tonic": "0 uM",
        "scale": "1 uM",
        "tau_w": "10 ms",
        "w_max": "4 nS",
        "rho_0": "0.06 1/ms",
        "theta": "-50 mV",
        "Delta": "5 mV",
        "clock": "1 ms",
    },
    "Frémaux N, Sprekeler H, Gerstner W (2013) PLoS Comput Biol 9:e1003024; Xie X, Seung HS (2004) Phys Rev E 69:041909",
    "Reward maximisation for neurons that fire at the rate rho_0 exp((v - theta)/Delta): eligibility is the number of spikes minus the expected number, so that "
    "reward without relation to the spikes changes nothing on average. With dopamine as the prediction error of a critic it is the "
    "actor's rule of the paper (TD-LTP: eta of the actor, tonic of the field).",
    symbols={
        **{n: s for n, s in _SYMBOLS.items() if n not in ("tau_minus", "A_plus", "A_minus")},
        "rho_0": "rate at theta",
        "theta": "soft threshold",
        "Delta": "width of the threshold",
        "clock": "interval at which synapses read the voltage",
    },
)

RULES = (reward_stdp, r_max)
