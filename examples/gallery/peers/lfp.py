"""The axon of lfp.py in Brian2; prints its measures: python lfp.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from brian2 import NeuronGroup, StateMonitor, Synapses, cm, meter, mm, ms, run, siemens, uA, uvolt
from measured import field_measures
from peers_axon import axon

neuron = axon()
neuron[5 * cm : 10 * cm].gNa = 0 * siemens / cm**2
electrodes = NeuronGroup(5, "v : volt\nx : meter\ny : meter\nz : meter")
electrodes.x = 7 * cm
electrodes.y = [1, 2, 4, 8, 16] * mm
sigma = 0.3 * siemens / meter
names = {**neuron.namespace, "sigma": sigma}
field = Synapses(
    neuron, electrodes, "w : ohm*meter**2 (constant)\nv_post = w*(Ic_pre - Im_pre) : volt (summed)", namespace=names
)
field.summed_updaters["v_post"].when = "after_groups"
field.connect()
field.w = "area_pre/(4*pi*sigma)/sqrt((x_pre - x_post)**2 + (y_pre - y_post)**2 + (z_pre - z_post)**2)"
trace = StateMonitor(electrodes, "v", record=True, dt=0.02 * ms)
run(5 * ms)
neuron.I[0] = 1 * uA
run(3 * ms)
neuron.I = 0 * uA
run(12 * ms)
print(json.dumps(field_measures(trace.t / ms, np.asarray(trace.v / uvolt).T)))
