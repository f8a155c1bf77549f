"""Plasticity of inhibition, and homeostasis of excitation."""

from __future__ import annotations

from amine.models.model import Model

inhibitory_stdp = Model(
    "inhibitory_stdp",
    "rule",
    "dx_pre/dt = -x_pre/tau : 1 (source)\ndx_post/dt = -x_post/tau : 1 (target)\n"
    "alpha = 2*r_0*tau : 1\n"
    "w : weight in 0 .. w_max\n"
    "on pre w += eta*(x_post - alpha); x_pre += 1\n"
    "on post w += eta*x_pre; x_post += 1",
    {"tau": "ms", "r_0": "Hz", "eta": "weight", "w_max": "weight"},
    {"tau": "20 ms", "r_0": "3 Hz", "eta": "0.01 nS", "w_max": "100 nS"},
    "Vogels TP, Sprekeler H, Zenke F, Clopath C, Gerstner W (2011) Science 334:1569-1573",
    "Symmetric STDP of inhibitory synapses: near-coincident spikes strengthen, each pre-spike alone weakens. The rate of the targets approaches r_0, and "
    "inhibition balances excitation in detail.",
    symbols={
        "tau": "time constant of both traces",
        "r_0": "target rate of the postsynaptic neurons",
        "eta": "learning rate",
        "w_max": "upper bound of the weight",
    },
)
scaling = Model(
    "scaling",
    "rule",
    "dr/dt = -r/tau_r : Hz (target)\ndw/dt = w/tau_w*(r_0 - r)/r_0 : weight in 0 .. w_max\non post r += 1/tau_r",
    {"tau_r": "ms", "tau_w": "ms", "r_0": "Hz", "w_max": "weight", "clock": "ms"},
    {"tau_r": "10000 ms", "tau_w": "100000 ms", "r_0": "5 Hz", "w_max": "100 nS", "clock": "100 ms"},
    "van Rossum MCW, Bi GQ, Turrigiano GG (2000) J Neurosci 20:8812-8821; Turrigiano GG et al. (1998) Nature 391:892-896",
    "Synaptic scaling: all weights onto a neuron are scaled up while its mean rate is below r_0, and down while it is above, which preserves their "
    "ratios. Time constants are shorter than the hours measured in cultures.",
    symbols={
        "tau_r": "time constant of the rate estimate",
        "tau_w": "time constant of scaling",
        "r_0": "target rate of the postsynaptic neurons",
        "w_max": "upper bound of the weight",
        "clock": "interval of the updates",
    },
)

RULES = (inhibitory_stdp, scaling)
