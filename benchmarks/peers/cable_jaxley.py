"""Ball-and-stick cells in Jaxley: one cell mapped over the stimuli of all (its quickest form), float64, compiled before the turns."""

from _common import arguments, timed, turns

a = arguments("cable", n=100, nseg=99, bio=0.1, amp=0.5)
import time  # noqa: E402

import jax  # noqa: E402

jax.config.update("jax_platform_name", "cpu")
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp  # noqa: E402
import jaxley as jx  # noqa: E402
import numpy as np  # noqa: E402
from jaxley.channels import HH, Leak  # noqa: E402

started = time.perf_counter()
part = jx.Compartment()
cell = jx.Cell([jx.Branch(part, ncomp=1), jx.Branch(part, ncomp=a.nseg)], parents=[-1, 0])
for k, (radius, length) in enumerate(((10.0, 20.0), (1.0, 1000.0 / a.nseg))):
    cell.branch(k).set("radius", radius)
    cell.branch(k).set("length", length)
cell.set("axial_resistivity", 100.0)
cell.set("capacitance", 1.0)
cell.set("v", -65.0)
cell.branch(0).insert(HH())
cell.branch(1).insert(Leak())
cell.branch(1).set("Leak_gLeak", 1e-4)
cell.branch(1).set("Leak_eLeak", -65.0)
current = jx.step_current(i_delay=5.0, i_dur=90.0, i_amp=a.amp, delta_t=0.025, t_max=a.bio * 1e3)
soma = cell.branch(0).comp(0)
soma.record("v")
cell.init_states()
all_cells = jax.jit(jax.vmap(lambda c: jx.integrate(cell, data_stimuli=soma.data_stimulate(c), delta_t=0.025)))
currents = jnp.tile(current, (a.n, 1))
jax.block_until_ready(all_cells(currents))
about = {
    "workload": "cable",
    "peer": "jaxley",
    "version": jx.__version__,
    "n": a.n,
    "bio_s": a.bio,
    "build_s": time.perf_counter() - started,
    "threads": a.threads,
}


def run() -> dict:
    out = []
    found = timed(lambda: out.append(jax.block_until_ready(all_cells(currents))))
    v = np.asarray(out[0]).reshape(a.n, -1)
    return {**found, "spikes": int(((v[:, 1:] > 0) & (v[:, :-1] <= 0)).sum())}


turns(a, run, about)
