"""The networks of maass.py in Brian2, one copy for each trial in one run; prints their measures: python maass.py SEED"""

import json
import sys
from pathlib import Path

import numpy as np
from brian2 import Network, NeuronGroup, SpikeGeneratorGroup, SpikeMonitor, Synapses, ms, mV, prefs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from measured import liquid_places, liquid_state, separation, separation_measures, stimulus_pairs

prefs.codegen.target = "numpy"
number, pairs = int(sys.argv[1]), 20
rng = np.random.default_rng(number)
places = liquid_places(number)
stimuli = stimulus_pairs(number, pairs)
trains = [train for inputs in stimuli.values() for pair in inputs for train in pair]
NE, NI, trials = 108, 27, len(trains)
n = NE + NI
step = 0.1 * ms


def positive(mean, size, highest=np.inf):
    """Normal with half of its mean as its standard deviation, drawn again outside its bounds."""
    x = rng.normal(mean, mean / 2, size)
    while (bad := (x <= 0) | (x > highest)).any():
        x[bad] = rng.normal(mean, mean / 2, bad.sum())
    return x


# neuron k of trial c has the number c*n + k
cells = NeuronGroup(
    n * trials,
    """dv/dt = (13.5*mV - v + excitation + inhibition + stimulus)/(30*ms) : volt (unless refractory)
    dexcitation/dt = -excitation/(3*ms) : volt
    dinhibition/dt = -inhibition/(6*ms) : volt
    dstimulus/dt = -stimulus/tau_stimulus : volt
    tau_stimulus : second (constant)
    t_ref : second (constant)""",
    threshold="v > 15*mV",
    reset="v = 13.5*mV",
    refractory="t_ref",
    method="exact",
)
is_e = np.tile(np.arange(n) < NE, trials)
cells.tau_stimulus = np.where(is_e, 3, 6) * ms
# 3 and 2 ms, and the step by which Brian2 holds less than amine and NEST
cells.t_ref = np.where(is_e, 3.1, 2.1) * ms
cells.v = rng.uniform(13.5, 15, n * trials) * mV
copies = n * np.arange(trials)[:, None]
E, I = np.arange(NE), np.arange(NE, n)
kept = []
for pre, post, C, A, U, D, F, delay, to in (
    (E, E, 0.3, 30, 0.5, 1100, 50, 1.5, "excitation += "),
    (E, I, 0.2, 60, 0.05, 125, 1200, 0.8, "excitation += "),
    (I, E, 0.4, 19, 0.25, 700, 20, 0.8, "inhibition -= "),
    (I, I, 0.1, 19, 0.32, 144, 60, 0.8, "inhibition -= "),
):
    i, j = (x.ravel() for x in np.meshgrid(pre, post, indexing="ij"))
    there = rng.random(len(i)) < C * np.exp(-((places[i] - places[j]) ** 2).sum(1) / 4)
    i, j = i[there], j[there]
    s = Synapses(
        cells,
        cells,
        """dx/dt = (1 - x)/tau_rec : 1 (event-driven)
        du/dt = -u/tau_facil : 1 (event-driven)
        A : volt
        U : 1
        tau_rec : second
        tau_facil : second""",
        on_pre=f"u += U*(1 - u); {to}A*u*x; x -= u*x",
        delay=delay * ms,
    )
    s.connect(i=(copies + i).ravel(), j=(copies + j).ravel())
    s.A = np.tile(rng.exponential(A, len(i)), trials) * mV
    s.U = np.tile(positive(U, len(i), 1), trials)
    s.tau_rec = np.tile(positive(D, len(i)), trials) * ms
    s.tau_facil = np.tile(positive(F, len(i)), trials) * ms
    s.x = 1
    kept.append(s)
which = np.repeat(np.arange(trials), [len(t) for t in trains])
source = SpikeGeneratorGroup(trials, which, np.concatenate(trains) * ms)
drive = Synapses(source, cells, "A : volt", on_pre="stimulus += A", delay=step)
drive.connect(i=np.repeat(np.arange(trials), n), j=np.arange(n * trials))
drive.A = np.where(is_e, 18, 9) * mV
spikes = SpikeMonitor(cells)
Network(cells, source, drive, spikes, *kept).run(500 * ms)

# amine names a spike after the end of its step
t, who = spikes.t / ms + 0.1, np.array(spikes.i)
states = np.stack([liquid_state(t[who // n == c], who[who // n == c] % n, n) for c in range(trials)])
states = states.reshape(len(stimuli), pairs, 2, 500, n)
course = {apart: separation(x) for apart, x in zip(stimuli, states, strict=True)}
print(json.dumps(separation_measures(course, len(t) / trials / n / 0.5)))
