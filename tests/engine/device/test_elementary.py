"""Functions of generated kernels: errors in units of the last place, special values, and the same bits from a C compiler."""

from __future__ import annotations

import ctypes
import platform
import shutil
import subprocess
from functools import cache

import numpy as np
import pytest
from numba import njit

from amine.engine.codegen.c_functions import c_functions
from amine.engine.device import elementary, functions

R = np.random.default_rng(15)
WIDE = 10 ** R.uniform(-300, 300, 3000)
NEAR = np.concatenate([R.uniform(-10, 10, 3000), R.normal(0, 1e-6, 500), np.arange(-8.0, 8.0, 0.5)])
TURNS = np.concatenate(
    [NEAR, R.uniform(-1e6, 1e6, 2000), R.uniform(-1e15, 1e15, 2000), np.arange(-900, 900) * np.pi / 2]
)
ABOVE = np.concatenate([WIDE, R.uniform(0.5, 2, 3000), [5e-324, 1e-310, 1.0]])
SHARE = np.concatenate([R.uniform(-1, 1, 4000), [-1.0, 0.0, 1.0, 1 - 1e-7, -1e-30]])
BASES = np.concatenate([WIDE, R.uniform(0.5, 2, 3000), R.uniform(0, 100, 3000)])
EXPONENTS = np.concatenate([R.uniform(-1, 1, 3000), R.uniform(-900, 900, 3000), R.uniform(-100, 100, 3000)])
FINITE = np.abs(EXPONENTS * np.log(BASES)) < 707
# arguments, and the largest error in units of the last place of float64
CASES = {
    "exp": (np.exp, (R.uniform(-707, 709, 6000),), 1.1),
    "exprel": (lambda x: np.expm1(x) / x, (R.uniform(-40, 700, 4000),), 2.5),
    "tanh": (np.tanh, (NEAR,), 5.0),
    "log": (np.log, (ABOVE,), 0.9),
    "log1p": (np.log1p, (np.concatenate([R.uniform(-0.999, 5, 4000), R.normal(0, 1e-9, 500)]),), 1.6),
    "log10": (np.log10, (ABOVE,), 1.8),
    "pow": (np.power, (BASES[FINITE], EXPONENTS[FINITE]), 0.95),
    "sin": (np.sin, (TURNS,), 0.85),
    "cos": (np.cos, (TURNS,), 0.85),
    "asin": (np.arcsin, (SHARE,), 1.3),
    "acos": (np.arccos, (SHARE,), 1.2),
    "atan": (np.arctan, (np.concatenate([NEAR, WIDE, -WIDE]),), 0.85),
    "atan2": (np.arctan2, (R.normal(0, 1, 4000), R.normal(0, 1, 4000)), 1.6),
    "mod": (np.mod, (R.uniform(-1e3, 1e3, 3000), R.normal(0, 10, 3000)), 0.0),
}
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -3, 0.5, -2.5, 5e-324, -1e-310, 709.5, -745, 1e300])
BOTH = tuple(x.ravel() for x in np.meshgrid(SPECIAL, SPECIAL))
PAIRS = ("pow", "atan2", "mod")


def device(name: str, bits: int):
    return (vars(functions) | vars(elementary))[f"{name}{bits}"]


@cache
def looped(name: str, bits: int):
    f = device(name, bits)

    def one(x, out):
        for i in range(np.uint64(out.size)):
            out[i] = f(x[i])

    def two(x, y, out):
        for i in range(np.uint64(out.size)):
            out[i] = f(x[i], y[i])

    return njit(error_model="numpy")(two if name in PAIRS else one)


def found(name: str, bits: int, arguments):
    real = np.dtype(f"float{bits}").type
    with np.errstate(all="ignore"):
        given = [a.astype(real) for a in arguments]
    out = np.empty_like(given[0])
    looped(name, bits)(*given, out)
    return given, out


@pytest.mark.parametrize("name", CASES)
def test_errors_in_units_of_the_last_place(name):
    reference, arguments, most = CASES[name]
    given, out = found(name, 64, arguments)
    kind = np.longdouble if np.finfo(np.longdouble).eps < 1e-18 else np.float64
    true = reference(*[a.astype(kind) for a in given])
    unit = np.spacing(np.maximum(np.abs(true.astype(float)), 2.3e-308))
    assert float(np.max(np.abs(out - true) / unit)) <= most + (0.5 if kind is np.float64 else 0.0)


@pytest.mark.parametrize("name", ["pow", "log", "log10", "log1p", "asin", "acos", "atan", "atan2", "mod", "tanh"])
def test_special_values_are_those_of_c(name):
    arguments = BOTH if name in PAIRS else (SPECIAL,)
    given, out = found(name, 64, arguments)
    with np.errstate(all="ignore"):
        want = CASES[name][0](*given)
    want = np.where(np.abs(want) < 2.3e-308, np.copysign(0.0, want), want) if name == "pow" else want
    np.testing.assert_allclose(out, want, rtol=1e-14, atol=0)
    known = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(out[known]), np.signbit(want[known]))


def test_what_is_not_a_number_stays_so_and_exp_is_finite():
    for name in ("exp", "exprel", "tanh", "sin", "cos", "log"):
        assert np.isnan(found(name, 64, (np.array([np.nan, 1.0]),))[1]).tolist() == [True, False]
    assert 1e-309 < functions.exp64(-1e9) < 1e-300 and 1e300 < functions.exp64(1e9) < np.inf
    assert np.isnan(elementary.sin64(2.0**50)) and abs(elementary.sin64(2.0**50 - 1)) <= 1


FLAGS = [["-O2"], ["-O0"], ["-O3", "-march=native"], ["-O2", "-march=x86-64"]]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler here")
@pytest.mark.parametrize("bits", [pytest.param(32, marks=pytest.mark.validate), 64])
def test_a_c_compiler_gives_the_same_bits(bits, tmp_path):
    real = {32: "float", 64: "double"}[bits]
    names = [n for n in CASES if n != "log1p" or bits == 64]
    text = c_functions(f"{n}{bits}" for n in names)
    for n in names:
        given, values = ("*x, *y", "x[i], y[i]") if n in PAIRS else ("*x", "x[i]")
        text += f"void run_{n}(long n, {', '.join(f'{real} {a}' for a in given.split(', '))}, {real} *out) {{\n"
        text += f"    for (long i = 0; i < n; i++) out[i] = {n}{bits}({values});\n}}\n"
    (tmp_path / "f.c").write_text(text)
    for i, flags in enumerate(FLAGS if "86" in platform.machine() else FLAGS[:2]):
        library = tmp_path / f"f{i}.so"
        always = ["-ffp-contract=off", "-shared", "-fPIC", "-Wall", "-Wno-unused-function", "-Werror"]
        subprocess.run(["gcc", *flags, *always, "-o", library, tmp_path / "f.c", "-lm"], check=True)
        for n in names:
            for arguments in (CASES[n][1], BOTH if n in PAIRS else (SPECIAL,)):
                given, out = found(n, bits, arguments)
                other = np.empty_like(out)
                call = getattr(ctypes.CDLL(str(library)), f"run_{n}")
                call(ctypes.c_long(out.size), *(ctypes.c_void_p(a.ctypes.data) for a in (*given, other)))
                np.testing.assert_array_equal(out, other, err_msg=f"{n}, {flags}")
                known = ~np.isnan(out)
                np.testing.assert_array_equal(np.signbit(out)[known], np.signbit(other)[known], err_msg=n)
