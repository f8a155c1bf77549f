"""The network of brunel_hakim.py in Brian2; prints its measures: python brunel_hakim.py SEED"""

import json
import sys
from pathlib import Path

from brian2 import NeuronGroup, SpikeMonitor, Synapses, magic_network, ms, mV, prefs, run, seed

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import activity, oscillation

prefs.codegen.target = "numpy"
seed(int(sys.argv[1]))
# a jump is tested against the threshold in its own step, as in amine; spikes then reach the queue a step later, so the delay is a step less
magic_network.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
N, mu, sigma, tau = 5000, 25 * mV, 1 * mV, 20 * ms
cells = NeuronGroup(
    N,
    "dv/dt = (mu - v)/tau + sigma/sqrt(tau)*xi : volt",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    method="euler",
)
cells.v = 10 * mV
synapses = Synapses(cells, cells, on_pre="v -= 0.1*mV", delay=1.9 * ms)
synapses.connect(p=0.2)
spikes = SpikeMonitor(cells)
run(300 * ms)
rate = activity(spikes.t / ms, N, 100, 300)
frequency, sd = oscillation(rate)
print(
    json.dumps(
        {
            "rate (Hz)": float(rate.mean()),
            "mean frequency of the spectrum (Hz)": frequency,
            "standard deviation of the rate (Hz)": sd,
        }
    )
)
