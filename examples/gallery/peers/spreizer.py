"""The layers of spreizer.py in Brian2; prints their measures: python spreizer.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, ms, mV, pA, prefs, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import LANDSCAPES, landscape_links, shift_of_activity

prefs.codegen.target = "numpy"
SIDE = 20
seed(int(sys.argv[1]))
found = {}
for landscape in LANDSCAPES:
    layer = NeuronGroup(
        SIDE**2,
        """dv/dt = (-70*mV - v)/(10*ms) + (g + mu + sigma*sqrt(1*ms)*xi)/(250*pF) : volt (unless refractory)
        dg/dt = (h - g)/(5*ms) : amp
        dh/dt = -h/(5*ms) : amp
        mu : amp (shared)
        sigma : amp (shared)""",
        threshold="v > -55*mV",
        reset="v = -70*mV",
        refractory=5 * ms,
        method="euler",
    )
    layer.v, layer.sigma = -70 * mV, 500 * pA
    pairs = landscape_links(int(sys.argv[1]), landscape, SIDE)
    links = Synapses(layer, layer, on_pre="h -= exp(1)*50*pA", delay=0.1 * ms)
    links.connect(i=pairs[:, 0], j=pairs[:, 1])
    spikes = SpikeMonitor(layer)
    net = Network(layer, links, spikes)
    net.run(250 * ms)
    layer.mu, layer.sigma = 700 * pA, 100 * pA
    net.run(1250 * ms)
    t, i = spikes.t / ms, np.array(spikes.i)
    late = t > 500
    rates = np.bincount(i[late], minlength=SIDE**2) / 1.0
    found[f"{landscape}: rate (Hz)"] = float(rates.mean())
    found[f"{landscape}: standard deviation over neurons (Hz)"] = float(rates.std())
    found[f"{landscape}: shift in 25 ms (neurons)"] = shift_of_activity(t[late], i[late], SIDE)
print(json.dumps(found))
