"""The same program printed as C, compiled by gcc, gives the voltages and spikes of the engine to rounding."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import amine as am
from amine.engine.build.propagator import propagators
from amine.engine.codegen.c import c_step
from amine.engine.codegen.cell import OWN
from amine.engine.codegen.fuse import fuse
from amine.engine.codegen.prepared import preparation
from amine.engine.codegen.program import point_program
from amine.engine.resolve.cells import CellStructure
from amine.units import to_internal

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
DT, STEPS = 0.05, 2000


def program_of(model):
    p = point_program(CellStructure(model, (), stimuli=1), fuse(CellStructure(model, (), stimuli=1)))
    p.give_names(OWN - {"dt"})
    return p


def prepared(p, values):
    """Constants by name, and initial values, from the functions that the engine prints."""
    scope = {"np": np, "exprel": lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))}
    exec(preparation(p, "0"), scope)
    found = dict(scope["constants_0"](values, DT))
    lin = p.linear
    if lin.states:
        sizes = {"n": len(lin.states), "inputs": len(lin.inputs), "noises": 0, "half": p.half}
        found |= propagators(scope["matrices_0"](values), sizes, DT)
    return found, scope["initial_0"](values)


def run_c(p, found, initial, current, folder):
    step = c_step(p)
    (folder / "step.c").write_text(step.source)
    flags = ["-O2", "-ffp-contract=off", "-shared", "-fPIC", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", folder / "step.so", folder / "step.c", "-lm"], check=True)
    f = ctypes.CDLL(str(folder / "step.so")).amine_step
    lanes = {n: np.full(1, float(initial.get(n, 0.0))) for n in step.names}
    lanes["I_stimulus_0"][:] = current
    pointers = (ctypes.c_void_p * len(lanes))(*[lanes[n].ctypes.data for n in step.names])
    scalars = np.array([found[n] for n in step.scalars], float)
    until, spiked = np.zeros(1, np.int64), np.zeros(1, np.int8)
    v, spikes = [], []
    for k in range(STEPS):
        v.append(lanes["v"][0])
        now = [ctypes.c_void_p(x.ctypes.data) for x in (scalars, until, spiked)]
        f(ctypes.c_long(1), ctypes.c_long(k), ctypes.c_double(k * DT), pointers, *now)
        spikes += [k + 1] if spiked[0] else []
    return np.array(v), spikes


@pytest.mark.parametrize(
    ("name", "current"), [("lif", 400.0), ("adex", 1200.0), ("izhikevich", 10.0), ("hodgkin_huxley", 150.0)]
)
def test_c_gives_what_the_engine_gives(name, current, tmp_path):
    model = am.models.get(name)
    p = program_of(model)
    values = {n: float(to_internal(model.parameters[n], u, n)) for n, u in model.units.items()}
    found, initial = prepared(p, values)
    v, spikes = run_c(p, found, initial, current, tmp_path)
    net = am.Network(seed=1, dt=f"{DT} ms")
    A = net.population("A", 1, name)
    net.stimulus(A, am.step(f"{current} pA"))
    probe = net.probe(A, "v", every=f"{DT} ms")
    run = net.run(f"{STEPS * DT} ms", precision="float64", progress=False)
    np.testing.assert_allclose(v, np.asarray(run.probes[probe.name]["v"]).ravel()[:STEPS], rtol=1e-9)
    assert len(spikes) > 2
    np.testing.assert_allclose(np.array(spikes) * DT, run.spikes["A"].times, rtol=1e-12)
