"""Additive pair STDP in Brian2, float64, under given spikes; axonal delay. Answers the weights in the order of the pairs."""

import brian2 as b
import numpy as np
from _exchange import answer, given

a = given()
b.prefs.codegen.target = "numpy"
b.defaultclock.dt = 0.1 * b.ms
pre = b.SpikeGeneratorGroup(int(a["n_pre"]), a["pre_i"], a["pre_t"] * b.ms)
post = b.SpikeGeneratorGroup(int(a["n_post"]), a["post_i"], a["post_t"] * b.ms)
s = b.Synapses(
    pre,
    post,
    """w : 1
    dx/dt = -x/(17*ms) : 1 (event-driven)
    dy/dt = -y/(31*ms) : 1 (event-driven)""",
    on_pre="w = clip(w - 0.03*y, 0, 1)\nx += 1",
    on_post="w = clip(w + 0.05*x, 0, 1)\ny += 1",
)
s.connect()
s.w = 0.5
s.pre.delay = a["delay"] * b.ms
b.run(a["duration"] * b.ms)
order = np.lexsort((np.asarray(s.j), np.asarray(s.i)))
answer(w=np.asarray(s.w)[order])
