"""The neurons of rothman_manis.py in Brian2; prints their measures: python rothman_manis.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import NeuronGroup, StateMonitor, defaultclock, ms, mV, nS, pA, prefs, run

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rothman_manis_gates import CURRENTS, GATES, TYPES

prefs.codegen.target = "numpy"
defaultclock.dt = 0.005 * ms
text = "\n".join(
    [
        "u = v/mV : 1",
        "I : amp",
        *(f"{g} : siemens" for g in CURRENTS),
        *(f"d{x}/dt = ({inf} - {x})/(({tau})*ms) : 1" for x, (inf, tau) in GATES.items()),
        "dv/dt = (" + " + ".join(f"{g}*{o}*({E}*mV - v)" for g, (o, E) in CURRENTS.items()) + " + I)/(12*pF) : volt",
    ]
)
cells = NeuronGroup(len(TYPES), text, method="exponential_euler")
cells.v = -65 * mV
for g, x in zip(CURRENTS, zip(*TYPES.values())):
    setattr(cells, g, np.array(x) * nS)
run(50 * ms)
trace = StateMonitor(cells, "v", record=True, dt=0.05 * ms)
cells.I = 250 * pA
run(100 * ms)
v = trace.v.T / mV
found = {}
for k, name in enumerate(TYPES):
    up = np.flatnonzero((v[1:, k] > -20) & (v[:-1, k] <= -20))
    found[f"type {name}: spikes"] = len(up)
    found[f"type {name}: highest voltage (mV)"] = float(v[:, k].max())
    found[f"type {name}: last spike (ms)"] = float(up[-1] * 0.05)
print(json.dumps(found))
