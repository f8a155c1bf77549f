"""The network of adaptive_threshold.py in Brian2; prints its measures: python adaptive_threshold.py SEED"""

import json
import sys

from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, defaultclock, ms, mV, prefs, run, second, seed

prefs.codegen.target = "numpy"
seed(int(sys.argv[1]))
defaultclock.dt = 0.01 * ms
N = 100
cells = NeuronGroup(
    N,
    "dv/dt = -v/(10*ms) : volt\ndtheta/dt = (10*mV - theta)/(15*ms) : volt",
    threshold="v > theta",
    reset="v = 0*mV; theta += 3*mV",
    method="exact",
)
cells.theta = 10 * mV
drive = PoissonInput(cells, "v", 1, 500 * Hz, weight=3 * mV)
spikes = SpikeMonitor(cells, variables="v")
run(2 * second)
at = spikes.v / mV
print(
    json.dumps(
        {
            "rate (Hz)": spikes.num_spikes / N / 2,
            "mean voltage at the crossing (mV)": float(at.mean()),
            "its standard deviation (mV)": float(at.std()),
        }
    )
)
