"""Recurrent network whose excitation learns by pair STDP (all pairs), delay 1.5 ms, Poisson drive."""

from _brian import finish, setup
from _common import arguments

a = arguments("stdp_network", n=5000, k=500, bio=1.0)
b = setup(a)
import numpy as np  # noqa: E402

N, NE = a.n, a.n * 4 // 5
KE = a.k * 4 // 5
KI = a.k - KE
cells = b.NeuronGroup(
    N,
    """dv/dt = (ge + gi - (v + 70*mV))/(20*ms) : volt (unless refractory)
    dge/dt = -ge/(2*ms) : volt
    dgi/dt = -gi/(2*ms) : volt""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory=2 * b.ms,
    method="exact",
)
cells.v = "-70*mV + 20*mV*rand()"
rng = np.random.default_rng(a.seed)


def draw(inputs: int, sources: int, targets: int):
    """``inputs`` sources for each target, with replacement, as the others draw them."""
    return rng.integers(0, sources, inputs * targets), np.repeat(np.arange(targets), inputs)


learning = b.Synapses(
    cells[:NE],
    cells[:NE],
    """w : volt
    dApre/dt = -Apre/(20*ms) : 1 (event-driven)
    dApost/dt = -Apost/(20*ms) : 1 (event-driven)""",
    delay=1.5 * b.ms,
    on_pre="ge_post += w\nApre += .005\nw = clip(w + Apost*4*mV, 0*mV, 4*mV)",
    on_post="Apost -= .00525\nw = clip(w + Apre*4*mV, 0*mV, 4*mV)",
)
i, j = draw(KE, NE, NE)
learning.connect(i=i, j=j)
learning.w = 2 * b.mV
to_inhibition = b.Synapses(cells[:NE], cells[NE:], on_pre="ge_post += 2*mV", delay=1.5 * b.ms)
i, j = draw(KE, NE, N - NE)
to_inhibition.connect(i=i, j=j)
inhibition = b.Synapses(cells[NE:], cells, on_pre="gi_post -= 10*mV", delay=1.5 * b.ms)
i, j = draw(KI, N - NE, N)
inhibition.connect(i=i, j=j)
drive = b.PoissonInput(cells, "ge", 560, 10 * b.Hz, 2 * b.mV)
spikes = b.SpikeMonitor(cells)
b.run(a.bio * b.second)
finish(a, b, "stdp_network", N, a.bio, spikes)
