"""CUBA in Brian2, float64, on the connectivity and initial voltages that amine was given; spikes as step numbers and indices."""

import brian2 as b
import numpy as np
from _exchange import answer, given

a = given()
b.prefs.codegen.target = "numpy"
dt = a["dt_ms"] * b.ms
b.defaultclock.dt = dt
n, ne = len(a["v"]), int(a["n_exc"])
cells = b.NeuronGroup(
    n,
    """dv/dt = (ge + gi - (v + 49*mV))/(20*ms) : volt (unless refractory)
    dge/dt = -ge/(5*ms) : volt
    dgi/dt = -gi/(10*ms) : volt""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory=a["t_ref_ms"] * b.ms,
    method="exact",
)
cells.v = a["v"] * b.mV
excitatory = a["i"] < ne
projections = []
for chosen, effect in ((excitatory, "ge += 1.62*mV"), (~excitatory, "gi -= 9*mV")):
    s = b.Synapses(cells, cells, on_pre=effect, delay=a["delay_ms"] * b.ms)
    s.connect(i=a["i"][chosen], j=a["j"][chosen])
    projections.append(s)
spikes = b.SpikeMonitor(cells)
network = b.Network(cells, spikes, *projections)
network.run(a["duration_ms"] * b.ms)
answer(steps=np.round(spikes.t / dt).astype(np.int64), ids=np.asarray(spikes.i))
