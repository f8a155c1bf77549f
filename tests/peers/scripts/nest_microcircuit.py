"""Potjans & Diesmann 2014 in NEST at reduced scale, Poisson drive: rates of the eight populations."""

import tomllib
from pathlib import Path

import nest
import numpy as np
from _exchange import answer, given

a = given()
nest.set_verbosity("M_ERROR")
nest.ResetKernel()
nest.resolution = 0.1
nest.rng_seed = int(a["seed"])
t = tomllib.loads(Path(a["tables"]).read_text())
f = a["scale"]
N0, K0 = np.array(t["sizes"]["neurons"]), np.array(t["synapse_number"]["K"], dtype=float)
KX, R0 = np.array(t["background"]["K_ext"]), np.array(t["reference_rates_Hz"]["nest_single_run"])
V0, S0 = (np.array(t["initial_membrane"][f"optimized_{k}_mV"]) for k in ("mean", "sd"))
w0, tau = t["synapse"]["psc_exc_pA"], t["neuron"]["tau_syn_exc_ms"]
N = np.maximum(1, np.round(N0 * f)).astype(int)
W = np.tile(np.where(np.arange(8) % 2 == 0, w0, t["synapse"]["g_inh"] * w0), (8, 1))
W[0, 2] = t["synapse"]["psc_L4E_to_L23E_pA"]
dc = 1e-3 * tau * (1 - np.sqrt(f)) * ((W * K0 / N0[:, None] * R0).sum(1) + w0 * KX * 8.0)
K, W = np.round(K0 * f * f).astype(int), W / np.sqrt(f)
membrane = {"C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": tau, "tau_syn_in": tau, "t_ref": 2.0}
populations, recorders = [], []
for i in range(8):
    level = {"E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "I_e": dc[i]}
    p = nest.Create("iaf_psc_exp", int(N[i]), {**membrane, **level})
    p.V_m = nest.random.normal(V0[i], S0[i])
    r = nest.Create("spike_recorder", params={"start": a["from_ms"]})
    nest.Connect(p, r)
    drive = nest.Create("poisson_generator", params={"rate": 8.0 * KX[i] * f})
    nest.Connect(drive, p, syn_spec={"weight": w0 / np.sqrt(f), "delay": 1.5})
    populations.append(p)
    recorders.append(r)
for i, post in enumerate(populations):
    for j, pre in enumerate(populations):
        if not K[i, j]:
            continue
        w, d = W[i, j], 1.5 if W[i, j] > 0 else 0.75
        bounds = {"min": 0.0, "max": 1e9} if w > 0 else {"min": -1e9, "max": 0.0}
        weight = nest.math.redraw(nest.random.normal(w, abs(w) * 0.1), **bounds)
        delay = nest.math.redraw(nest.random.normal(d, d / 2), min=0.1, max=1e9)
        rule = {"rule": "fixed_total_number", "N": int(K[i, j])}
        nest.Connect(pre, post, rule, {"weight": weight, "delay": delay})
nest.Simulate(a["duration_ms"])
seconds = (a["duration_ms"] - a["from_ms"]) * 1e-3
answer(rates=np.array([r.n_events for r in recorders]) / N / seconds)
