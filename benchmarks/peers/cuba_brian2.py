"""CUBA: Brette et al. 2007 benchmark 2."""

from _brian import finish, setup
from _common import arguments

a = arguments("cuba", n=4000, bio=1.0, k=80)
b = setup(a)
N, NE = a.n, int(0.8 * a.n)
cells = b.NeuronGroup(
    N,
    """dv/dt = (ge + gi - (v + 49*mV))/(20*ms) : volt (unless refractory)
    dge/dt = -ge/(5*ms) : volt
    dgi/dt = -gi/(10*ms) : volt""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory=5 * b.ms,
    method="exact",
)
cells.v = "-60*mV + 10*mV*rand()"
exc = b.Synapses(cells[:NE], cells, on_pre="ge += 1.62*mV")
exc.connect(p=a.k / N)
inh = b.Synapses(cells[NE:], cells, on_pre="gi -= 9*mV")
inh.connect(p=a.k / N)
spikes = b.SpikeMonitor(cells)
b.run(a.bio * b.second)
finish(a, b, "cuba", N, a.bio, spikes)
