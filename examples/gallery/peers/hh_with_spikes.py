"""The axon of hh_with_spikes.py in Brian2; prints its measures: python hh_with_spikes.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from brian2 import StateMonitor, ms, mV, run, uA
from measured import velocity
from peers_axon import axon, upward

neuron = axon()
trace = StateMonitor(neuron, "v", record=True, dt=0.02 * ms)
run(5 * ms)
neuron.I[0] = 1 * uA
run(3 * ms)
neuron.I = 0 * uA
run(12 * ms)
v = np.asarray(trace.v / mV)
times, compartments = upward(trace.t / ms, v, 40.0)
found = velocity(times, compartments)
found["peak of the spike above rest (mV)"] = float(v[[250, 500, 750]].max())
print(json.dumps(found))
