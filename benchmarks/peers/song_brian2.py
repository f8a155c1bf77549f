"""Song, Miller & Abbott 2000: Poisson inputs onto one LIF neuron, additive pair STDP."""

from _brian import finish, setup
from _common import arguments

a = arguments("song", n=1000, bio=100.0)
b = setup(a)
inputs = b.PoissonGroup(a.n, rates=15 * b.Hz)
cell = b.NeuronGroup(
    1,
    """dv/dt = (ge*(0*mV - v) - 74*mV - v)/(10*ms) : volt
    dge/dt = -ge/(5*ms) : 1""",
    threshold="v > -54*mV",
    reset="v = -60*mV",
    method="euler",
)
cell.v = -60 * b.mV
learning = b.Synapses(
    inputs,
    cell,
    """w : 1
    dApre/dt = -Apre/(20*ms) : 1 (event-driven)
    dApost/dt = -Apost/(20*ms) : 1 (event-driven)""",
    on_pre="ge += w\nApre += .0001\nw = clip(w + Apost, 0, .01)",
    on_post="Apost -= .000105\nw = clip(w + Apre, 0, .01)",
)
learning.connect()
learning.w = "rand()*.01"
spikes = b.SpikeMonitor(cell)
b.run(a.bio * b.second)
finish(a, b, "song", a.n, a.bio, spikes)
