"""The network of force.py in Brian2; prints its measures: python force.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import (
    NeuronGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    defaultclock,
    ms,
    network_operation,
    prefs,
    run,
    second,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import decoded, force_values

prefs.codegen.target = "cython"
defaultclock.dt = 0.05 * ms
N = 1000
omega, feedback, v = force_values(int(sys.argv[1]), N)
tr, td = 2 * ms, 20 * ms
cells = NeuronGroup(
    N,
    """dv/dt = (-40 - v + i_syn + feedback*z)/(10*ms) : 1 (unless refractory)
    di_syn/dt = -i_syn/tr + h : 1
    dh/dt = -h/td : 1/second
    dr/dt = -r/tr + hr : 1
    dhr/dt = -hr/td : 1/second
    feedback : 1
    z : 1 (shared)""",
    threshold="v >= -40",
    reset="v = -65; hr += 1/(tr*td)*second",
    # 2 ms, and the step by which Brian2 holds less than amine and NEST
    refractory=2.05 * ms,
    method="exact",
)
cells.feedback, cells.v = feedback, v
post, pre = np.nonzero(omega)
synapses = Synapses(cells, cells, "w : second", on_pre="h += w/(tr*td)", delay=0.05 * ms)
synapses.connect(i=pre, j=post)
synapses.w = omega[post, pre] * second
phi, P = np.zeros(N), np.eye(N) * 0.05e-3 * 0.1


@network_operation(dt=0.05 * ms)
def readout():
    cells.z = phi @ cells.r_[:]


@network_operation(dt=2.5 * ms)
def train(t):
    global P, phi
    if 1000 * ms <= t < 4000 * ms:
        r = cells.r_[:]
        gain = P @ r
        phi = phi - gain * (phi @ r - np.sin(2 * np.pi * 5 * float(t / second)))
        P -= np.outer(gain, gain) / (1 + r @ gain)


trace, spikes = StateMonitor(cells, "z", record=[0], dt=1 * ms), SpikeMonitor(cells, record=False)
run(6 * second)
found = decoded(trace.t / ms, trace.z[0]) | {"rate (Hz)": float(spikes.count[:].sum()) / N / 6}
print(json.dumps(found))
