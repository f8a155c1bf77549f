"""The same program printed as C, compiled by gcc, gives the voltages and spikes of the engine to the last bit."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from numba import njit

import amine as am
from amine.engine.build.propagator import propagators
from amine.engine.codegen import ir
from amine.engine.codegen.c import c_step
from amine.engine.codegen.cell import OWN
from amine.engine.codegen.fuse import fuse
from amine.engine.codegen.prepared import preparation
from amine.engine.codegen.program import FREE, ProgramLowering, point_program, statements
from amine.engine.codegen.text import PythonPrinter
from amine.engine.device import elementary, functions
from amine.engine.device.arrays import exact
from amine.engine.resolve.cells import CellStructure
from amine.equations.printer import Printer
from amine.equations.terms import ELEMENTARY, KERNEL_FUNCTIONS
from amine.units import to_internal

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
DT, STEPS = 0.05, 2000


def program_of(model):
    p = point_program(CellStructure(model, (), stimuli=1), fuse(CellStructure(model, (), stimuli=1)))
    p.give_names(OWN - {"dt"})
    return p


def prepared(p, values):
    """Constants by name, and initial values, from the functions that the engine prints."""
    scope = {"np": np, "_exact": exact}
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


def called(function):
    """A function of the device as Python can call it; instructions exist in compiled code alone."""
    return function if hasattr(function, "py_func") else njit(lambda a, b, c: function(a, b, c))


def run_python(p, found, initial, current):
    """The same program, printed as Python for single numbers."""
    local = {n: f"{n}_" for n in (*p.load, *p.inputs, FREE)} | {n: p.shown[n] for n in (*p.scalars, *p.differ)}
    lower = ProgramLowering(lambda n: local.get(n, n))
    body = statements(p.body, lower, {})
    if p.condition is not None:
        body.append(ir.assign("crossed", lower(p.condition)))
    reset = [ir.assign(local[n], lower(e)) for n, e in p.at_spike]
    say = PythonPrinter(Printer("scalar"))
    step, at_spike = ("\n".join(say.block(b, 0)) for b in (body, reset))
    step, at_spike = compile(step, "step", "exec"), compile(at_spike, "reset", "exec")
    scope = {f"{f}64": called(vars(elementary if f in ELEMENTARY else functions)[f"{f}64"]) for f in KERNEL_FUNCTIONS}
    scope |= {p.shown[n]: float(found[p.key(n)]) for n in p.scalars}
    scope |= {local[s]: float(initial.get(s, 0.0)) for s in p.load} | {local["I_stimulus_0"]: current}
    v, spikes, until = [], [], 0
    for k in range(STEPS):
        v.append(scope[local["v"]])
        free = until <= k
        scope |= {local[FREE]: free, "t": k * DT}
        exec(step, scope)
        scope |= {local[s]: scope[local.get(n, n)] for s, n in p.out.items()}
        if free and scope["crossed"]:
            exec(at_spike, scope)
            until = k + 1 + (int(scope[p.shown[p.refractory.name]]) if p.refractory is not None else 0)
            spikes.append(k + 1)
    return np.array(v), spikes


def compared(name, current, folder):
    model = am.models.get(name)
    p = program_of(model)
    values = {n: float(to_internal(model.parameters[n], u, n)) for n, u in model.units.items()}
    found, initial = prepared(p, values)
    return run_c(p, found, initial, current, folder), run_python(p, found, initial, current)


@pytest.mark.parametrize(
    ("name", "current"), [("lif", 400.0), ("adex", 1200.0), ("izhikevich", 10.0), ("hodgkin_huxley", 150.0)]
)
def test_c_computes_what_python_computes(name, current, tmp_path):
    (v, spikes), (want, at) = compared(name, current, tmp_path)
    assert len(spikes) > 2 and spikes == at
    np.testing.assert_array_equal(v, want)


def test_c_gives_what_the_engine_gives(tmp_path):
    (v, spikes), _ = compared("izhikevich", 10.0, tmp_path)
    net = am.Network(seed=1, dt=f"{DT} ms")
    A = net.population("A", 1, "izhikevich")
    net.stimulus(A, am.step("10 pA"))
    probe = net.probe(A, "v", every=f"{DT} ms")
    run = net.run(f"{STEPS * DT} ms", precision="float64", progress=False)
    np.testing.assert_array_equal(v, np.asarray(run.probes[probe.name]["v"]).ravel()[:STEPS])
    np.testing.assert_allclose(np.array(spikes) * DT, run.spikes["A"].times, rtol=1e-12)
