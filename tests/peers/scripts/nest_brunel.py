"""Brunel 2000, model A, in NEST: rate and CV of intervals of each regime asked for."""

import nest
import numpy as np
from _exchange import answer, given

a = given()
nest.set_verbosity("M_ERROR")


def regime(g: float, ratio: float, seed: int) -> tuple[float, float, float]:
    """Rate in Hz, mean CV of intervals over neurons with at least 5, and the Fano factor of the population in 1 ms bins."""
    nest.ResetKernel()
    nest.resolution = 0.1
    nest.local_num_threads = int(a["threads"])
    nest.rng_seed = int(seed)
    ne, ni, ce, ci = 10_000, 2_500, 1_000, 250
    cells = nest.Create(
        "iaf_psc_delta",
        ne + ni,
        {"C_m": 1.0, "tau_m": 20.0, "E_L": 0.0, "V_th": 20.0, "V_reset": 10.0, "t_ref": 2.0, "I_e": 0.0, "V_m": 0.0},
    )
    drive = nest.Create("poisson_generator", params={"rate": 1000.0 * ratio * 20.0 / (0.1 * 20.0)})
    nest.Connect(drive, cells, syn_spec={"weight": 0.1, "delay": 1.5})
    rule = {"rule": "fixed_indegree", "allow_multapses": False}  # as in the circuit: another network otherwise
    nest.Connect(cells[:ne], cells, {**rule, "indegree": ce}, {"weight": 0.1, "delay": 1.5})
    nest.Connect(cells[ne:], cells, {**rule, "indegree": ci}, {"weight": -0.1 * g, "delay": 1.5})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells[:1000], recorder)
    nest.Simulate(a["duration_ms"])
    times, ids = np.asarray(recorder.events["times"]), np.asarray(recorder.events["senders"])
    times, ids = times[times > a["from_ms"]], ids[times > a["from_ms"]]
    seconds = (a["duration_ms"] - a["from_ms"]) * 1e-3
    cvs = []
    for i in range(1, 1001):
        gaps = np.diff(np.sort(times[ids == i]))
        if len(gaps) >= 5:
            cvs.append(gaps.std() / gaps.mean())
    bins = np.histogram(times, np.arange(a["from_ms"], a["duration_ms"] + 0.5, 1.0))[0]
    return len(times) / 1000 / seconds, float(np.mean(cvs)) if cvs else np.nan, bins.var() / bins.mean()


found = np.array([regime(g, r, s) for g, r, s in zip(a["g"], a["ratio"], a["seeds"], strict=True)])
answer(rate=found[:, 0], cv=found[:, 1], fano=found[:, 2])
