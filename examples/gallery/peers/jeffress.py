"""The network of jeffress.py in Brian2; prints its measures: python jeffress.py SEED"""

import json
import sys

import numpy as np
from brian2 import (
    NeuronGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    cm,
    defaultclock,
    magic_network,
    metre,
    ms,
    prefs,
    run,
    second,
    seed,
)

prefs.codegen.target = "numpy"
seed(int(sys.argv[1]))
defaultclock.dt = 0.02 * ms
# a jump is tested against the threshold in its own step, as in amine
magic_network.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
most = 20 * cm / (300 * metre / second)
sound = TimedArray(10 * np.random.default_rng(int(sys.argv[1])).standard_normal(50_000), dt=0.02 * ms)
tau, sigma, N = 1 * ms, 0.1, 30
ears = NeuronGroup(
    2,
    """dx/dt = (sound(t - late) - x)/tau + sigma*sqrt(2/tau)*xi : 1 (unless refractory)
    late = side*sin(2*pi*t/second) : second
    side : second""",
    threshold="x > 1",
    reset="x = 0",
    refractory=2.5 * ms,
    method="euler",
)
ears.side = [-0.5 * most, 0.5 * most]
detectors = NeuronGroup(
    N, "dv/dt = -v/tau + sigma*sqrt(2/tau)*xi : 1", threshold="v > 1", reset="v = 0", method="euler"
)
lines = Synapses(ears, detectors, on_pre="v += 0.5")
lines.connect()
lines.delay["i == 0"] = "1.1*most*j/(N_post - 1)"
lines.delay["i == 1"] = "1.1*most*(N_post - 1 - j)/(N_post - 1)"
heard, found = SpikeMonitor(ears), SpikeMonitor(detectors)
run(1 * second)
t, j = found.t / ms, np.array(found.i)
place = (N - 1) / 2 * (1 + np.sin(2 * np.pi * t / 1e3) / 1.1)
print(
    json.dumps(
        {
            "spikes of an ear": float(heard.num_spikes) / 2,
            "spikes of all detectors": int(found.num_spikes),
            "mean distance from the place (neurons)": float(np.abs(j - place).mean()),
        }
    )
)
