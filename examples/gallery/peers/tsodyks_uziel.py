"""The network of tsodyks_uziel.py in Brian2; prints its measures: python tsodyks_uziel.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import Network, NeuronGroup, SpikeMonitor, Synapses, defaultclock, ms, mV, prefs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import synchrony

prefs.codegen.target = "numpy"
defaultclock.dt = 1 * ms
rng = np.random.default_rng(int(sys.argv[1]))
np.random.seed(int(sys.argv[1]))


def truncated(mean, low, high, n):
    """Normal with half of its mean as its standard deviation, drawn again outside its bounds."""
    x = np.full(n, np.nan)
    while np.isnan(x).any():
        bad = np.isnan(x)
        x[bad] = rng.normal(mean, abs(mean) / 2, bad.sum())
        x[(x < low) | (x > high)] = np.nan
    return x


NE, NI = 400, 100
cells = NeuronGroup(
    NE + NI,
    """dv/dt = (I_b - v + s)/(30*ms) : volt (unless refractory)
    ds/dt = -s/(3*ms) : volt
    I_b : volt
    t_ref : second""",
    threshold="v > 15*mV",
    reset="v = 13.5*mV",
    refractory="t_ref",
    method="exact",
)
cells.I_b = rng.uniform(14.5, 15.5, NE + NI) * mV
# 3 and 2 ms, and the step by which Brian2 holds less than amine and NEST
cells.t_ref = np.repeat([4, 3], [NE, NI]) * ms
E, I = cells[:NE], cells[NE:]
kept = []
for pre, post, A, facilitating in ((E, E, 1.8, 0), (E, I, 7.2, 1), (I, E, -5.4, 0), (I, I, -7.2, 1)):
    s = Synapses(
        pre,
        post,
        """dx/dt = (1 - x)/tau_rec : 1 (event-driven)
        du/dt = -u/tau_facil : 1 (event-driven)
        A : volt
        U : 1
        tau_rec : second
        tau_facil : second""",
        on_pre="u += U*(1 - u); s += A*u*x; x -= u*x",
        delay=1 * ms,
    )
    s.connect(p=0.1)
    n = len(s)
    s.A = truncated(A, min(0.2 * A, 2 * A), max(0.2 * A, 2 * A), n) * mV
    s.U = truncated(0.04, 0.001, 0.07, n) if facilitating else truncated(0.5, 0.1, 0.9, n)
    s.tau_rec = (truncated(100, 5, 1000, n) if facilitating else truncated(800, 5, 8000, n)) * ms
    s.tau_facil = (truncated(1000, 5, 10000, n) if facilitating else np.full(n, 1e-3)) * ms
    s.x = 1
    kept.append(s)
spikes = SpikeMonitor(cells)

net = Network(cells, spikes, *kept)
net.run(5100 * ms)
t, i = spikes.t / ms, np.array(spikes.i)
share = np.histogram(t, np.arange(900, 5101))[0] / (NE + NI)
late = t > 900
print(
    json.dumps(
        {
            "rate of E (Hz)": float((late & (i < NE)).sum() / NE / 4.2),
            "rate of I (Hz)": float((late & (i >= NE)).sum() / NI / 4.2),
            **synchrony(share),
        }
    )
)
