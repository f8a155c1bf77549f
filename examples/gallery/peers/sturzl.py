"""The network of sturzl.py in Brian2; prints its measures: python sturzl.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import NeuronGroup, SpikeMonitor, Synapses, TimedArray, defaultclock, ms, prefs, run, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import direction, wave

prefs.codegen.target = "numpy"
number = int(sys.argv[1])
seed(number)
defaultclock.dt = 0.05 * ms
angles = np.deg2rad(22.5 + 45 * np.arange(8))
late = 25.0 / 50.0 * (1 - np.cos(np.deg2rad(144.0) - angles))
t = np.arange(0, 500, 0.05)
heard = TimedArray(np.stack([wave(t - d, number) for d in late], axis=1), dt=0.05 * ms)
tau, sigma, taus = 1 * ms, 0.01, 1.001 * ms
legs = NeuronGroup(
    8,
    "dv/dt = (1 + heard(t, i) - v)/tau + sigma*sqrt(2/tau)*xi : 1",
    threshold="v > 1",
    reset="v = 0",
    refractory=1 * ms,
    method="euler",
)
command = NeuronGroup(
    8,
    "dv/dt = (x - v)/tau : 1\ndx/dt = (y - x)/taus : 1\ndy/dt = -y/taus : 1",
    threshold="v > 1",
    reset="v = 0",
    method="exact",
)
excite = Synapses(legs, command, on_pre="y += 7", delay=0.05 * ms)
excite.connect(j="i")
inhibit = Synapses(legs, command, on_pre="y -= 2", delay=0.75 * ms)
inhibit.connect("abs(((j - i) % N_post) - N_post/2) <= 1")
at, found = SpikeMonitor(legs), SpikeMonitor(command)
run(500 * ms)
counts = np.array(found.count)
print(
    json.dumps(
        {
            "rate of a leg (Hz)": float(at.num_spikes) / 8 / 0.5,
            "rate of a command neuron (Hz)": float(counts.sum()) / 8 / 0.5,
            "direction of the prey (degrees)": direction(counts, angles),
        }
    )
)
