"""Voltage-based plasticity."""

from __future__ import annotations

from amine.models.model import Model

clopath = Model(
    "clopath",
    "rule",
    "du_minus/dt = (v - u_minus)/tau_minus : mV (target)\n"
    "du_plus/dt = (v - u_plus)/tau_plus : mV (target)\n"
    # u_sub follows the voltage outside spikes; at a spike it is kept, with both filters, and u_since counts the time since then
    "du_since/dt = 1 : ms (target)\n"
    "du_sub/dt = where(u_since > width, (v - u_sub)/where(u_since > width + 0.3*ms, lag/2, 0.1*ms), 0*mV/ms) : mV (target)\n"
    "du_sub_at/dt = 0*mV/ms : mV (target)\n"
    "du_top/dt = 0*mV/ms : mV (target)\n"
    "du_minus_at/dt = 0*mV/ms : mV (target)\n"
    "du_plus_at/dt = 0*mV/ms : mV (target)\n"
    "dx/dt = -x/tau_x : 1 (source)\n"
    "begun = min(max((u_since - lag)/(0.001*ms), 0), 1) : 1\n"
    "over = min(max((u_since - lag - width)/(0.001*ms), 0), 1) : 1\n"
    "back = lag - min(u_since, lag) : ms\n"
    "into = min(max(u_since - lag, 0*ms), width) : ms\n"
    "minus_late = (1 - begun)*(u_sub_at + (u_minus_at - u_sub_at)*exp(back/tau_minus))"
    " + begun*(1 - over)*(u_top + (u_minus_at - u_top)*exp(-into/tau_minus)) + over*(u_sub + (u_minus - u_sub)*exp(lag/tau_minus)) : mV\n"
    "plus_late = (1 - begun)*(u_sub_at + (u_plus_at - u_sub_at)*exp(back/tau_plus))"
    " + begun*(1 - over)*(u_top + (u_plus_at - u_top)*exp(-into/tau_plus)) + over*(u_sub + (u_plus - u_sub)*exp(lag/tau_plus)) : mV\n"
    "on pre w -= w_ref*A_LTD*max(minus_late - theta_minus, 0*mV); x += 1\n"
    "on post u_since = 0*ms; u_sub_at = u_sub; u_minus_at = u_minus; u_plus_at = u_plus; u_top = v\n"
    "dw/dt = w_ref*A_LTP/tau_x*x*max(v - theta_plus, 0*mV)*max(plus_late - theta_minus, 0*mV) : weight in 0 .. w_max\n"
    "initial u_minus = E_L\ninitial u_plus = E_L\ninitial u_sub = E_L\ninitial u_since = 1000*ms",
    {
        "tau_minus": "ms",
        "tau_plus": "ms",
        "tau_x": "ms",
        "theta_minus": "mV",
        "theta_plus": "mV",
        "A_LTD": "1/mV",
        "A_LTP": "1/mV**2",
        "lag": "ms",
        "width": "ms",
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
        "lag": "3 ms",
        "width": "2 ms",
        "E_L": "-70.6 mV",
        "w_ref": "1 nS",
        "w_max": "3 nS",
        "clock": "0.1 ms",
    },
    "Clopath C, Büsing L, Vasilaki E, Gerstner W (2010) Nat Neurosci 13:344-352; parameters of visual cortex, ModelDB 144566",
    "Voltage-based plasticity: a pre-spike depresses in proportion to the low-pass filtered voltage above theta_minus; while the voltage is above theta_plus, "
    "synapses whose source spiked lately are potentiated. Both filters are read 3 ms late, as in the authors' code, so that a spike does not interact with its own "
    "trace: over a spike the value before it counts, then the spike itself (``u_top``, the voltage after the reset, for ``width``), later the "
    "filter is traced back by ``lag``, with the voltage half of it ago. The neuron must show the course of a spike: ``clopath_adex`` does, and is "
    "what protocols take. With another one the voltage may never pass theta_plus, of which a warning tells.",
    symbols={
        "tau_minus": "time constant of the voltage filter for depression",
        "tau_plus": "time constant of the voltage filter for potentiation",
        "tau_x": "time constant of the trace of pre-spikes",
        "theta_minus": "voltage above which depression begins",
        "theta_plus": "voltage above which potentiation begins",
        "A_LTD": "amplitude of depression, as a fraction of w_ref",
        "A_LTP": "amplitude of potentiation, as a fraction of w_ref",
        "lag": "delay with which the filters are read",
        "width": "duration of a spike's course",
        "E_L": "initial value of the filters",
        "w_ref": "weight to which amplitudes refer",
        "w_max": "upper bound of the weight",
        "clock": "interval at which synapses read the voltage",
    },
)

RULES = (clopath,)
