"""The synapse of izhikevich_2007.py in Brian2; prints its measures: python izhikevich_2007.py SEED"""

import json

import numpy as np
from brian2 import NeuronGroup, SpikeGeneratorGroup, StateMonitor, Synapses, ms, mV, prefs, run, second

prefs.codegen.target = "numpy"
times = [500, 550, 1000, 1010, 1500, 1510, 3500, 3550, 4000, 4010, 4500, 4510]
drive = SpikeGeneratorGroup(2, [0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0], times * ms)
cells = NeuronGroup(
    2,
    "dv/dt = (-g*v - 74*mV - v)/(10*ms) : volt\ndg/dt = -g/(5*ms) : 1",
    threshold="v > -54*mV",
    reset="v = -60*mV",
    method="euler",
)
cells.v = -60 * mV
force = Synapses(drive, cells, on_pre="v += 100*mV")
force.connect(j="i")
late, gmax, A = 0, 0.01, 0.01
pair = Synapses(
    cells,
    cells,
    """dc/dt = -c/second : 1 (clock-driven)
    dd/dt = -d/(200*ms) : 1 (clock-driven)
    dw/dt = late*c*d/ms : 1 (clock-driven)
    dx/dt = -x/(20*ms) : 1 (event-driven)
    dy/dt = -y/(20*ms) : 1 (event-driven)""",
    on_pre="g += w*gmax; x += A; c = clip(c - late*y, -1, 1); w = clip(w - (1 - late)*y, 0, 1)",
    on_post="y += 1.05*A; c = clip(c + late*x, -1, 1); w = clip(w + (1 - late)*x, 0, 1)",
    method="euler",
)
pair.connect(i=0, j=1)
pair.delay = 0.1 * ms  # the least delay in amine
reward = SpikeGeneratorGroup(1, [0, 0, 0], [3520, 4020, 4520] * ms)
dopamine = Synapses(reward, pair, on_pre="d_post += 0.005")
dopamine.connect()
trace = StateMonitor(pair, "w", record=[0], dt=5 * ms)
run(3 * second)
late = 1
run(3 * second)
t, w = trace.t / ms, trace.w[0]
print(
    json.dumps(
        {f"w/g_max at {at / 1e3:g} s": float(w[np.searchsorted(t, at)]) for at in (900, 1400, 2900, 3900, 4400, 5990)}
    )
)
