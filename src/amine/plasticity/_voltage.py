"""Voltage-based plasticity."""

from __future__ import annotations

from amine.models.model import Model

clopath = Model(
    "clopath",
    "rule",
    "du_minus/dt = (v - u_minus)/tau_minus : mV (target)\n"
    "du_plus/dt = (v - u_plus)/tau_plus : mV (target)\n"
    "dx/dt = -x/tau_x : 1 (source)\n"
    "on pre w -= w_ref*A_LTD*max(u_minus - theta_minus, 0*mV); x += 1\n"
    "dw/dt = w_ref*A_LTP/tau_x*x*max(v - theta_plus, 0*mV)*max(u_plus - theta_minus, 0*mV) : weight in 0 .. w_max\n"
    "initial u_minus = E_L\ninitial u_plus = E_L",
    {
        "tau_minus": "ms",
        "tau_plus": "ms",
        "tau_x": "ms",
        "theta_minus": "mV",
        "theta_plus": "mV",
        "A_LTD": "1/mV",
        "A_LTP": "1/mV**2",
        "E_L": "mV",
        "w_ref": "weight",
        "w_max": "weight",
        "clock": "ms",
    },
    {
        "tau_minus": "10 ms",
        "tau_plus": "7 ms",
        "tau_x": "15 ms",
        "theta_minus": "-70.6 mV",
        "theta_plus": "-45.3 mV",
        "A_LTD": "0.00014 1/mV",
        "A_LTP": "0.00008 1/mV**2",
        "E_L": "-70.6 mV",
        "w_ref": "1 nS",
        "w_max": "3 nS",
        "clock": "0.1 ms",
    },
    "Clopath C, Büsing L, Vasilaki E, Gerstner W (2010) Nat Neurosci 13:344-352; parameters of visual cortex, ModelDB 144566",
    "Voltage-based plasticity: a pre-spike depresses in proportion to the low-pass filtered voltage above theta_minus; while the voltage is above theta_plus, "
    "synapses whose source spiked lately are potentiated. The neuron model must include the voltage course of a spike. The filters are read without delay; the authors' "
    "code reads them some milliseconds late, so that a spike does not interact with its own trace. Without that delay, pre-before-post pairs potentiate at "
    "low frequencies too, where the paper shows almost no change.",
    symbols={
        "tau_minus": "time constant of the voltage filter for depression",
        "tau_plus": "time constant of the voltage filter for potentiation",
        "tau_x": "time constant of the trace of pre-spikes",
        "theta_minus": "voltage above which depression begins",
        "theta_plus": "voltage above which potentiation begins",
        "A_LTD": "amplitude of depression, as a fraction of w_ref",
        "A_LTP": "amplitude of potentiation, as a fraction of w_ref",
        "E_L": "initial value of the filters",
        "w_ref": "weight to which amplitudes refer",
        "w_max": "upper bound of the weight",
        "clock": "interval at which synapses read the voltage",
    },
)

RULES = (clopath,)
