"""Potjans & Diesmann 2014 in NEST.

Scaled: neurons and in-degrees by --scale, weights by its root, the missing mean as DC. At full scale NEST
needs 14.4 GB and 4 threads: it refuses more than 134 217 726 connections per thread and synapse model.
"""

import time
import tomllib
from pathlib import Path

import numpy as np
from _common import arguments
from _nest import finish, setup

a = arguments("microcircuit", scale=0.1, bio=1.0, warm=200.0, drive="poisson", tables="")
nest = setup(a)
started = time.perf_counter()
here = Path(__file__).resolve().parents[2] / "src" / "amine"
path = Path(a.tables) if a.tables else sorted(here.rglob("potjans_diesmann.toml"))[0]

t = tomllib.loads(path.read_text())
N0 = np.array(t["sizes"]["neurons"])
K0 = np.array(t["synapse_number"]["K"], dtype=float)
KX = np.array(t["background"]["K_ext"])
R0 = np.array(t["reference_rates_Hz"]["nest_single_run"])
V0, S0 = (np.array(t["initial_membrane"][f"optimized_{k}_mV"]) for k in ("mean", "sd"))
w0, g, tau = t["synapse"]["psc_exc_pA"], t["synapse"]["g_inh"], t["neuron"]["tau_syn_exc_ms"]
f = a.scale
N = np.maximum(1, np.round(N0 * f)).astype(int)
W = np.tile(np.where(np.arange(8) % 2 == 0, w0, g * w0), (8, 1))
W[0, 2] = t["synapse"]["psc_L4E_to_L23E_pA"]
dc = 1e-3 * tau * (1 - np.sqrt(f)) * ((W * K0 / N0[:, None] * R0).sum(1) + w0 * KX * 8.0)
if a.drive == "dc":
    dc += 1e-3 * tau * np.sqrt(f) * w0 * KX * 8.0
K, W = np.round(K0 * f * f).astype(int), W / np.sqrt(f)
membrane = {"C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": tau, "tau_syn_in": tau, "t_ref": 2.0}
populations = []
for i in range(8):
    p = nest.Create(
        "iaf_psc_exp", int(N[i]), {**membrane, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "I_e": dc[i]}
    )
    p.V_m = nest.random.normal(V0[i], S0[i])
    populations.append(p)
for i, post in enumerate(populations):
    for j, pre in enumerate(populations):
        if not K[i, j]:
            continue
        w, d = W[i, j], 1.5 if W[i, j] > 0 else 0.75
        bounds = {"min": 0.0, "max": 1e9} if w > 0 else {"min": -1e9, "max": 0.0}
        weight = nest.math.redraw(nest.random.normal(w, abs(w) * 0.1), **bounds)
        delay = nest.math.redraw(nest.random.normal(d, d / 2), min=0.1, max=1e9)
        nest.Connect(
            pre, post, {"rule": "fixed_total_number", "N": int(K[i, j])}, {"weight": weight, "delay": delay}
        )
    if a.drive == "poisson":
        drive = nest.Create("poisson_generator", params={"rate": 8.0 * KX[i] * f})
        nest.Connect(drive, post, syn_spec={"weight": w0 / np.sqrt(f), "delay": 1.5})
cells = populations[0]
for p in populations[1:]:
    cells = cells + p
finish(a, nest, "microcircuit", cells, int(N.sum()), started, synapses=int(K.sum()), scale=f, drive=a.drive)
