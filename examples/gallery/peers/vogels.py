"""The network of vogels.py in Brian2; prints its measures: python vogels.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import Hz, NeuronGroup, SpikeMonitor, Synapses, ms, mV, prefs, run, second, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import irregularity

prefs.codegen.target = "cython"
seed(int(sys.argv[1]))
NE, NI, p = 1600, 400, 0.1
cells = NeuronGroup(
    NE + NI,
    """dv/dt = ((10*nS)*(-60*mV - v) - ga*v + gg*(-80*mV - v) + 200*pA)/(200*pF) : volt (unless refractory)
    dga/dt = -ga/(5*ms) : siemens
    dgg/dt = -gg/(10*ms) : siemens""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    # 5 ms, and the step by which Brian2 holds less than amine and NEST
    refractory=5.1 * ms,
    method="exponential_euler",
)
cells.v = -60 * mV
E, I = cells[:NE], cells[NE:]
excitation = Synapses(E, cells, on_pre="ga += 0.3*nS", delay=0.1 * ms)
excitation.connect(p=p)
inhibition = Synapses(I, I, on_pre="gg += 3*nS", delay=0.1 * ms)
inhibition.connect(p=p)
tau, eta, wanted = 20 * ms, 0.0, 2 * 3 * Hz * 20 * ms
learning = Synapses(
    I,
    E,
    """w : 1
    dx/dt = -x/tau : 1 (event-driven)
    dy/dt = -y/tau : 1 (event-driven)""",
    on_pre="x += 1; w = clip(w + eta*(y - wanted), 0, 100); gg += w*nS",
    on_post="y += 1; w = clip(w + eta*x, 0, 100)",
    delay=0.1 * ms,
)
learning.connect(p=p)
spikes = SpikeMonitor(E)
run(1 * second)
eta = 0.01
run(3 * second)
t, i = spikes.t / ms, np.array(spikes.i)
before, after = (t > 500) & (t <= 1000), t > 3500
print(
    json.dumps(
        {
            "rate before 1 s (Hz)": float(before.sum() / NE / 0.5),
            "rate in the last 500 ms (Hz)": float(after.sum() / NE / 0.5),
            "coefficient of variation before": irregularity(t[before], i[before], NE),
            "coefficient of variation after": irregularity(t[after], i[after], NE),
            "mean inhibitory weight at the end (nS)": float(learning.w[:].mean()),
        }
    )
)
