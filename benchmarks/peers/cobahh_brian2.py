"""COBAHH: Brette et al. 2007 benchmark 3 (Traub-Miles HH), started from random conductances."""

from _brian import finish, setup
from _common import arguments

a = arguments("cobahh", n=4000, bio=1.0, k=80)
b = setup(a)
N, NE = a.n, int(0.8 * a.n)
cells = b.NeuronGroup(
    N,
    """dv/dt = (10*nS*(-60*mV - v) + ge*(0*mV - v) + gi*(-80*mV - v) - 20*usiemens*m**3*h*(v - 50*mV)
              - 6*usiemens*n**4*(v + 90*mV))/(200*pF) : volt
    dm/dt = alpha_m*(1 - m) - beta_m*m : 1
    dn/dt = alpha_n*(1 - n) - beta_n*n : 1
    dh/dt = alpha_h*(1 - h) - beta_h*h : 1
    dge/dt = -ge/(5*ms) : siemens
    dgi/dt = -gi/(10*ms) : siemens
    alpha_m = 0.32*4/exprel((13 - v/mV - 63)/4)/ms : Hz
    beta_m = 0.28*5/exprel((v/mV + 63 - 40)/5)/ms : Hz
    alpha_h = 0.128*exp((17 - v/mV - 63)/18)/ms : Hz
    beta_h = 4./(1 + exp((40 - v/mV - 63)/5))/ms : Hz
    alpha_n = 0.032*5/exprel((15 - v/mV - 63)/5)/ms : Hz
    beta_n = .5*exp((10 - v/mV - 63)/40)/ms : Hz""",
    threshold="v > -20*mV",
    refractory=3 * b.ms,
    method="exponential_euler",
)
cells.v = "-60*mV + (randn()*5 - 5)*mV"
cells.ge = "(randn()*1.5 + 4)*10*nS"
cells.gi = "(randn()*12 + 20)*10*nS"
exc = b.Synapses(cells[:NE], cells, on_pre="ge += 6*nS")
exc.connect(p=a.k / N)
inh = b.Synapses(cells[NE:], cells, on_pre="gi += 67*nS")
inh.connect(p=a.k / N)
spikes = b.SpikeMonitor(cells)
b.run(a.bio * b.second)
finish(a, b, "cobahh", N, a.bio, spikes)
