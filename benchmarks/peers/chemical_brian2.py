"""COBA with two-state kinetic receptors (Destexhe, Mainen & Sejnowski 1998): AMPA, NMDA, GABA_A and the GABA_B cascade.

``--detail kinetic``: the state of a scheme lives at its source neuron and is summed over the synapses of each target;
``--detail explicit``: each synapse has a state of its own (AMPA and GABA_A alone). A spike is a pulse of 1 mM for 1 ms
(GABA_B: 0.5 mM for 0.3 ms).
"""

from _brian import finish, setup
from _common import arguments

a = arguments("chemical", n=4000, bio=0.2, bias_pa=150.0, k=80, detail="kinetic")
b = setup(a)
N, NE = a.n, int(0.8 * a.n)
kinetic = a.detail == "kinetic"
slow = "g_nmda*(0*mV - v)/(1 + exp(-0.062*v/mV)/3.57) + 1*nS*s_b**4/(s_b**4 + 100)*(-95*mV - v)" if kinetic else "0*pA"
source = (
    """
    da/dt = 1.1/ms*int(t - last_t < 1*ms)*(1 - a) - 0.19/ms*a : 1
    dm/dt = 0.072/ms*int(t - last_t < 1*ms)*(1 - m) - 0.0066/ms*m : 1
    di/dt = 5/ms*int(t - last_t < 1*ms)*(1 - i_) - 0.18/ms*i_ : 1
    dR/dt = 0.26/ms*int(t - last_t < 0.3*ms)*(1 - R) - 0.0013/ms*R : 1
    ds_b/dt = 0.098/ms*r_b - 0.033/ms*s_b : 1
    g_nmda : siemens
    r_b : 1
    last_t : second
""".replace("di/dt", "di_/dt")
    if kinetic
    else ""
)
cells = b.NeuronGroup(
    N,
    f"""dv/dt = (g_ampa*(0*mV - v) + g_gaba*(-80*mV - v) + {slow} + 10*nS*(-60*mV - v)
              + {a.bias_pa}*pA)/(200*pF) : volt (unless refractory)
    g_ampa : siemens
    g_gaba : siemens
    {source}""",
    threshold="v > -50*mV",
    reset="v = -60*mV" + ("; last_t = t" if kinetic else ""),
    refractory=5 * b.ms,
    method="exponential_euler" if not kinetic else "euler",
)
cells.v = "-60*mV + 10*mV*rand()"
if kinetic:
    cells.last_t = -1 * b.second
    exc = b.Synapses(cells[:NE], cells, "g_ampa_post = 8.3*nS*a_pre : siemens (summed)\ng_nmda_post = 1*nS*m_pre : siemens (summed)")
    inh = b.Synapses(cells[NE:], cells, "g_gaba_post = 108*nS*i__pre : siemens (summed)\nr_b_post = R_pre : 1 (summed)")
else:

    def scheme(alpha, beta, post, weight):
        return f"""dr/dt = {alpha}/ms*int(t - last < 1*ms)*(1 - r) - {beta}/ms*r : 1 (clock-driven)
        last : second
        {post}_post = {weight}*nS*r : siemens (summed)"""

    exc = b.Synapses(cells[:NE], cells, scheme(1.1, 0.19, "g_ampa", 8.3), on_pre="last = t", method="exponential_euler")
    inh = b.Synapses(cells[NE:], cells, scheme(5, 0.18, "g_gaba", 108), on_pre="last = t", method="exponential_euler")
exc.connect(p=a.k / N)
inh.connect(p=a.k / N)
if not kinetic:
    exc.last = -1 * b.second
    inh.last = -1 * b.second
spikes = b.SpikeMonitor(cells)
b.run(a.bio * b.second)
finish(a, b, "chemical", N, a.bio, spikes)
