"""CUBA in NEST: iaf_psc_exp (exact integration).

A delay of one step is NEST's worst case: it took about three times as long as a delay of 1 ms.
"""

import time

from _common import arguments
from _nest import connect, finish, setup

a = arguments("cuba", n=4000, bio=1.0, k=80, delay=0.1, warm=1.0)
nest = setup(a)
started = time.perf_counter()
N, NE = a.n, int(0.8 * a.n)
membrane = {"V_th": -50.0, "V_reset": -60.0, "E_L": -49.0, "t_ref": 5.0, "tau_m": 20.0, "C_m": 20.0}
cells = nest.Create("iaf_psc_exp", N, {**membrane, "tau_syn_ex": 5.0, "tau_syn_in": 10.0})
cells.V_m = nest.random.uniform(-60, -50)
connect(nest, cells, NE, (1.62, -9.0), a.k, a.delay)
finish(a, nest, "cuba", cells, N, started, delay_ms=a.delay)
