"""COBA: Brette et al. 2007 benchmark 1 (Vogels-Abbott), plus a constant bias current that keeps it going."""

from _brian import finish, setup
from _common import arguments

a = arguments("coba", n=4000, bio=1.0, bias_pa=150.0, k=80)
b = setup(a)
N, NE = a.n, int(0.8 * a.n)
cells = b.NeuronGroup(
    N,
    f"""dv/dt = (ge*(0*mV - v) + gi*(-80*mV - v) + 10*nS*(-60*mV - v)
              + {a.bias_pa}*pA)/(200*pF) : volt (unless refractory)
    dge/dt = -ge/(5*ms) : siemens
    dgi/dt = -gi/(10*ms) : siemens""",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory=5 * b.ms,
    method="exponential_euler",
)
cells.v = "-60*mV + 10*mV*rand()"
exc = b.Synapses(cells[:NE], cells, on_pre="ge += 6*nS")
exc.connect(p=a.k / N)
inh = b.Synapses(cells[NE:], cells, on_pre="gi += 67*nS")
inh.connect(p=a.k / N)
spikes = b.SpikeMonitor(cells)
b.run(a.bio * b.second)
finish(a, b, "coba", N, a.bio, spikes)
