"""COBA in NEST: iaf_cond_exp (adaptive Runge-Kutta of GSL, NEST's only solver for it)."""

import time

from _common import arguments
from _nest import connect, finish, setup

a = arguments("coba", n=4000, bio=1.0, bias_pa=150.0, k=80, delay=0.1, warm=1.0)
nest = setup(a)
started = time.perf_counter()
N, NE = a.n, int(0.8 * a.n)
membrane = {
    "V_th": -50.0,
    "V_reset": -60.0,
    "E_L": -60.0,
    "t_ref": 5.0,
    "g_L": 10.0,
    "C_m": 200.0,
    "I_e": a.bias_pa,
}
synapse = {"E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}
cells = nest.Create("iaf_cond_exp", N, {**membrane, **synapse})
cells.V_m = nest.random.uniform(-60, -50)
connect(nest, cells, NE, (6.0, -67.0), a.k, a.delay)
finish(a, nest, "coba", cells, N, started, delay_ms=a.delay)
