"""The recurrent STDP network in NEST: iaf_psc_exp and stdp_synapse (additive), the same parameters."""

import time

from _common import arguments
from _nest import finish, setup

a = arguments("stdp_network", n=5000, k=500, bio=1.0, warm=1.5)
nest = setup(a)
started = time.perf_counter()
N, NE = a.n, a.n * 4 // 5
KE = a.k * 4 // 5
membrane = {"V_th": -50.0, "V_reset": -60.0, "E_L": -70.0, "t_ref": 2.0, "tau_m": 20.0, "C_m": 20.0}
cells = nest.Create("iaf_psc_exp", N, {**membrane, "tau_syn_ex": 2.0, "tau_syn_in": 2.0, "tau_minus": 20.0})
cells.V_m = nest.random.uniform(-70.0, -50.0)
exc, inh = cells[:NE], cells[NE:]


def inputs(k: int) -> dict:
    """``k`` synapses onto each target."""
    return {"rule": "fixed_indegree", "indegree": k}


rule = {"lambda": 0.005, "alpha": 1.05, "mu_plus": 0.0, "mu_minus": 0.0, "tau_plus": 20.0, "Wmax": 4.0}
nest.Connect(exc, exc, inputs(KE), {"synapse_model": "stdp_synapse", "weight": 2.0, "delay": 1.5, **rule})
nest.Connect(exc, inh, inputs(KE), {"weight": 2.0, "delay": 1.5})
nest.Connect(inh, cells, inputs(a.k - KE), {"weight": -10.0, "delay": 1.5})
drive = nest.Create("poisson_generator", params={"rate": 5600.0})
nest.Connect(drive, cells, syn_spec={"weight": 2.0, "delay": 1.5})
finish(a, nest, "stdp_network", cells, N, started)
