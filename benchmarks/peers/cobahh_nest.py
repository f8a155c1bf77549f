"""COBAHH in NEST: hh_cond_exp_traub (adaptive Runge-Kutta), kicked by 50 ms of Poisson input (not timed)."""

import time

from _common import arguments
from _nest import connect, finish, setup

a = arguments("cobahh", n=4000, bio=0.5, k=80, delay=0.1, warm=100.0)
nest = setup(a)
started = time.perf_counter()
N, NE = a.n, int(0.8 * a.n)
cells = nest.Create("hh_cond_exp_traub", N, {"E_L": -60.0, "t_ref": 3.0})
cells.V_m = nest.random.normal(-65.0, 5.0)
kick = nest.Create("poisson_generator", params={"rate": 3000.0, "stop": 50.0})
nest.Connect(kick, cells, syn_spec={"weight": 6.0, "delay": a.delay})
connect(nest, cells, NE, (6.0, -67.0), a.k, a.delay)
finish(a, nest, "cobahh", cells, N, started, delay_ms=a.delay)
