"""Every point neuron and every receptor of the library as C: gcc gives what Numba gives, to the last bit, under any flags."""

from __future__ import annotations

import ctypes
import platform
import shutil
import subprocess

import numpy as np
import pytest

import amine as am
from amine.engine.codegen.c import c_step
from amine.engine.codegen.cell import OWN
from amine.engine.codegen.fuse import fuse
from amine.engine.codegen.program import point_program
from amine.engine.time.simulation import Simulation

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
STEPS = 300
NEURONS, RECEPTORS = am.models.names("neuron"), am.models.names("receptor")
FLAGS = ["-O2", "-O0", "-O2 -march=x86-64", "-O3 -march=native"][: 4 if platform.machine() == "x86_64" else 2]
SHARP = ("adex", "traub_miles", "NMDA")  # that run always, in float32; all others are validated


def network(name: str) -> am.Network:
    """Three neurons of a model, or with a receptor of that model, from different voltages and conductances on, that spike."""
    net, model = am.Network(seed=1, dt="0.1 ms"), am.models.get(name)
    own = model.kind == "receptor"
    start: dict[str, object] = {"v": np.array([-70.0, -60.0, -55.0]) * am.units.mV}
    for s, unit in model.state_units.items() if own else ():
        start[f"{s}_x"] = f"0.5 {unit}"
    neuron = "lif_cond" if own else name
    A = net.population("A", 3, neuron, receptors={"x": name} if own else {}, initial=start)
    net.stimulus(A, am.step({"izhikevich": "15 pA", "thalamic_relay": "3 nA"}.get(name, "700 pA")))
    return net


class Compiled:
    """The C of a network's neurons, with arrays of their values at the start, which a step advances."""

    def __init__(self, sim: Simulation, folder, flags: str):
        structure, self.at = sim.resolved.members[0].structure, sim.slices[0]
        assert structure is not None and not structure.tree
        p = point_program(structure, fuse(structure))
        p.give_names(OWN - {"dt"})
        real = sim.arrays.X.dtype
        code = c_step(p, {4: "float", 8: "double"}[real.itemsize])
        (folder / "step.c").write_text(code.source)
        library = folder / f"{abs(hash(flags))}.so"
        always = ["-ffp-contract=off", "-shared", "-fPIC", "-Wall", "-Wno-unused-function", "-Werror"]
        subprocess.run(["gcc", *flags.split(), *always, "-o", library, folder / "step.c", "-lm"], check=True)
        self.step, self.states, self.sim = ctypes.CDLL(str(library)).amine_step, list(p.load), sim
        self.drawn = [n for n in code.names if n in p.noises]
        rows = sim.module.CELLS[0]["rows"]
        self.lanes = {n: self.at.get(sim.arrays.X, n).copy() for n in code.names if n in rows}
        self.lanes |= {
            n: np.full(3, sim.waveforms[0][0][1].at(np.zeros(1))[0], real) for n in code.names if n.startswith("I_stim")
        }
        known = dict(zip(sim.module.CELLS[0]["scalars"], sim.arrays.C[0], strict=False))
        self.scalars = np.array([known[n] for n in code.scalars], real)
        self.lanes = {n: self.lanes[n] for n in code.names}
        self.until, self.spiked = np.zeros(3, np.int64), np.zeros(3, np.int8)

    def advance(self, k: int) -> None:
        """A step, with the random numbers that the engine has drawn for it."""
        for n in self.drawn:
            self.lanes[n][:] = self.at.get(self.sim.arrays.X, n)
        pointers = (ctypes.c_void_p * len(self.lanes))(*[x.ctypes.data for x in self.lanes.values()])
        more = [ctypes.c_void_p(x.ctypes.data) for x in (self.scalars, self.until, self.spiked)]
        self.step(ctypes.c_long(3), ctypes.c_long(k), ctypes.c_double(k * self.sim.net.dt), pointers, *more)


def compare(name: str, precision: str, folder, flags: list[str]) -> None:
    """Compares all states and spikes at all steps."""
    sim = Simulation(network(name), 1, precision)
    programs = [Compiled(sim, folder, f) for f in flags]
    spikes = 0
    for k in range(STEPS):
        ids = set(sim.chunk(1).ids.tolist())
        spikes += len(ids)
        for c, how in zip(programs, flags, strict=True):
            c.advance(k)
            assert set(np.flatnonzero(c.spiked).tolist()) == ids, (how, k)
            for s in c.states:
                found = c.at.get(sim.arrays.X, s)
                np.testing.assert_array_equal(found, c.lanes[s], err_msg=f"{s}, step {k}, {how}")
    assert spikes > 0 and all(np.isfinite(x).all() for x in programs[0].lanes.values())


@pytest.mark.parametrize("name", SHARP)
def test_gcc_gives_the_same_bits(name, tmp_path):
    compare(name, "float32", tmp_path, FLAGS[:2])


@pytest.mark.validate
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", [*NEURONS, *RECEPTORS])
def test_every_model_under_all_flags(name, precision, tmp_path):
    compare(name, precision, tmp_path, FLAGS)
