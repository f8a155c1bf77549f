"""Additive pair STDP in NEST under given spikes; the delay is dendritic. Answers the weights in the order of the pairs."""

import nest
import numpy as np
from _exchange import answer, given

a = given()
nest.ResetKernel()
nest.resolution = 0.1
n_pre, n_post = int(a["n_pre"]), int(a["n_post"])


def spikers(n, t, i):
    """Parrots that repeat given spikes one delay of 1 ms later."""
    out = nest.Create("parrot_neuron", n, {"tau_minus": 31.0})
    for k in range(n):
        source = nest.Create("spike_generator", params={"spike_times": np.round(t[i == k] - 1.0, 1)})
        nest.Connect(source, out[k], syn_spec={"delay": 1.0})
    return out


pre = spikers(n_pre, a["pre_t"], a["pre_i"])
post = spikers(n_post, a["post_t"], a["post_i"])
# additive: w <- w +- lambda (alpha) Wmax K; spikes at receptor port 1 of a parrot are counted but not repeated
rule = {"lambda": 0.05, "alpha": 0.6, "mu_plus": 0.0, "mu_minus": 0.0, "tau_plus": 17.0, "Wmax": 1.0}
nest.Connect(
    pre,
    post,
    "all_to_all",
    {"synapse_model": "stdp_synapse", "weight": 0.5, "delay": a["delay"], "receptor_type": 1, **rule},
)
nest.Simulate(a["duration"])
c = nest.GetConnections(pre, post, "stdp_synapse")
i, j, w = (np.asarray(x) for x in (c.source, c.target, c.weight))
order = np.lexsort((j, i))
answer(w=w[order])
