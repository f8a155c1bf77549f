"""Rate-based rules in terms of spikes: a trace of post-spikes estimates the post-synaptic rate, pre-spikes sample the pre-synaptic one."""

from __future__ import annotations

from amine.models.model import Model

_Y = "dy/dt = -y/tau : Hz (target)\n"
_SYMBOLS = {
    "tau": "time constant of the post-synaptic rate estimate",
    "eta": "change of the weight by a spike at the reference rate",
    "r_ref": "reference rate",
    "w_ref": "weight that counts as 1",
    "w_max": "upper bound of the weight",
}
hebb = Model(
    "hebb",
    "rule",
    _Y + "w : weight in 0 .. w_max\non pre w += eta*y/r_ref\non post y += 1/tau",
    {"tau": "ms", "eta": "weight", "r_ref": "Hz", "w_max": "weight"},
    {"tau": "100 ms", "eta": "0.01 nS", "r_ref": "10 Hz", "w_max": "10 nS"},
    "Hebb DO (1949) The Organization of Behavior, Wiley",
    "Plain Hebb: each pre-spike adds eta times the post-synaptic rate, so that on average w' = eta x y. Growth is limited only by the bound.",
    symbols={n: _SYMBOLS[n] for n in ("tau", "eta", "r_ref", "w_max")},
)
oja = Model(
    "oja",
    "rule",
    _Y + "w : weight in w_min .. w_max\non pre w += eta*y/r_ref\non post w -= eta*y/r_ref*w/w_ref; y += 1/tau",
    {"tau": "ms", "eta": "weight", "r_ref": "Hz", "w_ref": "weight", "w_min": "weight", "w_max": "weight"},
    {"tau": "100 ms", "eta": "0.01 nS", "r_ref": "10 Hz", "w_ref": "1 nS", "w_min": "0 nS", "w_max": "10 nS"},
    "Oja E (1982) J Math Biol 15:267-273",
    "Oja's rule, on average w' = eta (x y - y^2 w/w_ref): weights converge to the first principal component of the input correlations, with a norm set by "
    "the rates and the gain of the neuron.",
    symbols={**_SYMBOLS, "w_min": "lower bound of the weight"},
)
bcm = Model(
    "bcm",
    "rule",
    _Y
    + "dtheta/dt = (y**2/r_ref - theta)/tau_theta : Hz (target)\n"
    + "w : weight in 0 .. w_max\non pre w += eta*y*(y - theta)/r_ref**2\non post y += 1/tau",
    {"tau": "ms", "tau_theta": "ms", "eta": "weight", "r_ref": "Hz", "w_max": "weight"},
    {"tau": "100 ms", "tau_theta": "2000 ms", "eta": "0.002 nS", "r_ref": "10 Hz", "w_max": "10 nS"},
    "Bienenstock EL, Cooper LN, Munro PW (1982) J Neurosci 2:32-48; Intrator N, Cooper LN (1992) Neural Netw 5:3-17",
    "The rule of Bienenstock, Cooper and Munro: active synapses are strengthened while the post-synaptic rate is above a threshold, weakened below; the "
    "threshold follows the mean square of the rate. Neurons become selective to some of their inputs.",
    symbols={**{n: s for n, s in _SYMBOLS.items() if n != "w_ref"}, "tau_theta": "time constant of the threshold"},
)

RULES = (hebb, oja, bcm)
