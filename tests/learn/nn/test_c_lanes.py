"""The kernels of training as C: gcc gives a step and its gradients as Numba gives them, to the last bit, under any flags."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import amine as am

torch = pytest.importorskip("torch")
ann = pytest.importorskip("amine.learn.nn")
from amine.learn.nn.c_lanes import c_lanes  # noqa: E402
from amine.learn.nn.compiled import kernel  # noqa: E402
from amine.learn.nn.device import BLOCK  # noqa: E402
from amine.learn.nn.kernels import Kernel  # noqa: E402
from amine.learn.nn.surrogate import expression  # noqa: E402

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
FLAGS = ("-O2", "-O0", "-O3 -march=native")
CASES = [
    pytest.param(n, bits, marks=() if (n, bits) == ("adex", 32) else pytest.mark.validate)
    for n in am.models.names("neuron")
    for bits in (32, 64)
]


@pytest.mark.parametrize(("name", "bits"), CASES)
def test_steps_and_gradients_have_the_same_bits(name, bits, tmp_path):
    real, rng = np.dtype(f"float{bits}").type, np.random.default_rng(2)
    cells = ann.Neurons(name, 5, dt="0.05 ms", learn=[p for p in am.models.get(name).units if p != "t_ref"])
    inputs = [i for i in cells.code.INPUTS if i == "x"]
    shape, support = expression(cells.surrogate.text), cells.surrogate.support
    k = Kernel(cells.program(), cells.touched, inputs, bits, shape, None, support)
    numba = kernel(cells, inputs, bits)
    (tmp_path / "lanes.c").write_text(c_lanes(k))
    constants, surrogate = rng.uniform(0.1, 2.0, 64 + len(k.p.scalars)).astype(real), np.array([0.1, 1.0, 0.0], real)
    for flags in FLAGS:
        library = tmp_path / f"lanes{flags.replace(' ', '')}.so"
        always = ["-ffp-contract=off", "-shared", "-fPIC", "-Wall", "-Wno-unused-function", "-Werror"]
        subprocess.run(["gcc", *flags.split(), *always, "-o", library, tmp_path / "lanes.c", "-lm"], check=True)
        for which, rows in (("forward", k.forward_rows), ("backward", k.backward_rows)):
            Z = rng.normal(0, 1, len(rows) * BLOCK).astype(real)
            Z[: BLOCK * len(rows) : 7] *= 60
            other = Z.copy()
            getattr(numba, f"lanes_{which}")(Z, 0, constants, surrogate, 0.7)
            call = getattr(ctypes.CDLL(str(library)), f"lanes_{which}")
            places = [ctypes.c_void_p(a.ctypes.data) for a in (other, constants, surrogate)]
            call(places[0], ctypes.c_long(0), *places[1:], ctypes.c_double(0.7))
            np.testing.assert_array_equal(Z, other, err_msg=f"{which}, {flags}")
