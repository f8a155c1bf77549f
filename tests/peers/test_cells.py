"""Voltage traces of single cells against Brian2 (same scheme, same step) and NEURON (another scheme, same step)."""

from __future__ import annotations

import numpy as np
import pytest

import amine as am

HH = {"cell": "hodgkin_huxley", "v": -65.0, "m": 0.05293249, "h": 0.59612075, "n": 0.31767691}
TRAUB_MILES = {"cell": "traub_miles", "v": -62.0, "m": 0.02, "h": 0.98, "n": 0.05}


def trace(cell: dict, drive: str, dt_ms: float, duration_ms: float) -> tuple[np.ndarray, np.ndarray]:
    """Times in ms and voltage in mV of one cell of amine under constant current, in float64."""
    net = am.Network(seed=1, dt=f"{dt_ms} ms")
    model = am.models.get(cell["cell"])(I_e=drive)
    initial = {"v": f"{cell['v']} mV", "m": cell["m"], "h": cell["h"], "n": cell["n"]}
    population = net.population("cell", 1, model, initial=initial)
    net.probe(population, "v", name="v")
    run = net.run(f"{duration_ms} ms", precision="float64", progress=False)
    data = run.probes["v"]
    return np.asarray(data.times), np.asarray(data.values["v"])[:, 0]


def rms_between(ours: tuple[np.ndarray, np.ndarray], theirs: dict) -> float:
    """Root mean square difference at the times both have, which must be nearly all."""
    dt = ours[0][1] - ours[0][0]
    k_ours, k_theirs = np.rint(ours[0] / dt).astype(int), np.rint(theirs["t"] / dt).astype(int)
    _, i, j = np.intersect1d(k_ours, k_theirs, return_indices=True)
    assert len(i) >= len(ours[0]) - 2
    return float(np.sqrt(np.mean((ours[1][i] - theirs["v"][j]) ** 2)))


# current density 10 uA/cm2 on the area of the model; the drive of the peer is in uA/cm2 (HH) or pA (Traub-Miles)
@pytest.mark.parametrize(
    ("cell", "drive", "peer_drive", "dt_ms", "spikes"),
    [
        (HH, 2.0, 2.0, 0.01, 0),
        (HH, 10.0, 10.0, 0.01, 7),
        (HH, 10.0, 10.0, 0.05, 7),
        (TRAUB_MILES, 100.0, 100.0, 0.01, 3),
        (TRAUB_MILES, 200.0, 200.0, 0.1, 4),
    ],
)
def test_voltage_trace_agrees_with_brian2_at_equal_step(peer, cell, drive, peer_drive, dt_ms, spikes):
    unit = am.models.get(cell["cell"]).units["I_e"]
    ours = trace(cell, f"{drive} {unit}", dt_ms, 100.0)
    theirs = peer("brian2_cell.py", dt_ms=dt_ms, duration_ms=100.0, drive=peer_drive, **cell)
    assert np.sum(np.diff((ours[1] > 0).astype(int)) > 0) >= spikes
    assert rms_between(ours, theirs) < 0.1


@pytest.mark.parametrize(
    ("drive", "dt_ms", "duration_ms"),
    [(2.0, 0.01, 100.0), (10.0, 0.0005, 12.0)],
    ids=["below threshold", "a spike, at a step at which either scheme has converged"],
)
def test_hodgkin_huxley_agrees_with_neuron_at_equal_step(peer, drive, dt_ms, duration_ms):
    unit = am.models.get("hodgkin_huxley").units["I_e"]
    ours = trace(HH, f"{drive} {unit}", dt_ms, duration_ms)
    theirs = peer("neuron_cell.py", environment="neuron", dt_ms=dt_ms, duration_ms=duration_ms, drive=drive, v=HH["v"])
    assert rms_between(ours, theirs) < 0.1
