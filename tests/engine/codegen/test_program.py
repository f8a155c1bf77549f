"""Programs: what is shared is the same as before, and every printer computes the same from one program."""

from __future__ import annotations

import random

import numpy as np
import pytest
import sympy as sp
import torch

import amine as am
from amine.engine.codegen import ir
from amine.engine.codegen.cell import OWN
from amine.engine.codegen.common import shared
from amine.engine.codegen.fuse import fuse
from amine.engine.codegen.naming import spoken
from amine.engine.codegen.program import point_program, statements
from amine.engine.codegen.quote import quote
from amine.engine.codegen.text import PythonPrinter
from amine.engine.resolve.cells import CellStructure
from amine.equations.lower import Lowering
from amine.equations.printer import KERNEL_FUNCTIONS, Printer
from amine.equations.symbols import exprel, symbol
from amine.learn.nn.tensors import TorchNumpy

GIVEN = ("a", "b", "c", "d")
dt, tau, C, g = (symbol(n) for n in ("dt", "tau", "C", "g"))


def random_steps(seed: int, n: int = 12):
    """Assignments, each of names before it: all functions, divisions by one value in several powers, choices."""
    rng = random.Random(seed)
    names, steps = [symbol(x) for x in GIVEN], []

    def grow(depth: int):
        if depth == 0 or rng.random() < 0.15:
            return rng.choice(names)
        x, y = grow(depth - 1), grow(depth - 1)
        positive = 1 + x**2
        return rng.choice(
            [x + y, x - y, x * y, x / positive, y / positive**2, sp.exp(-(x**2)), sp.tanh(x), exprel(sp.tanh(x)), sp.sqrt(positive)]
            + [sp.Min(x, y), sp.Max(x, y), sp.Abs(x), sp.Piecewise((x, x > y), (y, True)), sp.log(positive), x**3 / 8, sp.cos(x)]
        )  # fmt: skip

    for i in range(n):
        e = grow(3)
        steps.append((f"r{i}", sp.Rational(rng.randint(-7, 7), 8) + sp.tanh(e)))
        names.append(symbol(f"r{i}"))
    return steps


def function(steps, mode, head=()):
    body = [
        *head,
        *statements(steps, Lowering(), {}),
        ir.Return(ir.Listed("tuple", tuple(ir.Name(n) for n, _ in steps))),
    ]
    return PythonPrinter(Printer(mode)).function(ir.Function("step", GIVEN, body))


def numpy_values(steps, values):
    scope = {"np": np, "exprel": lambda x: np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))}
    exec(function(steps, "numpy"), scope)
    return dict(zip([n for n, _ in steps], scope["step"](*values), strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_sharing_changes_no_value_and_leaves_each_name_assigned_once(seed):
    steps = random_steps(seed)
    less = shared(steps)
    names = [n for n, _ in less]
    assert len(set(names)) == len(names)
    values = [0.3, -1.1, 2.0, 0.7]
    a, b = numpy_values(steps, values), numpy_values(less, values)
    for n, _ in steps:
        np.testing.assert_allclose(b[n], a[n], rtol=1e-11)
    for i, (_, e) in enumerate(less):  # nothing is read before it is assigned
        assert {s.name for s in e.free_symbols} <= {*GIVEN, *names[:i]}


def test_numba_numpy_and_torch_agree():
    from amine.engine.device import elementary, functions

    steps = shared(random_steps(1, 5))
    values = [np.array([0.3, -2.0]), np.array([-1.1, 0.4]), np.array([2.0, 0.0]), np.array([0.7, 1.5])]
    want = numpy_values(steps, values)
    used = "".join(function(steps, "kernel"))
    known = vars(functions) | vars(elementary)
    scope = {f"v{f}": known[f"{f}64"] for f in KERNEL_FUNCTIONS if f"v{f}(" in used}
    scope |= {"F": np.float64, "select": lambda c, a, b: a if c else b, "vfma": lambda a, b, c: a * b + c}
    exec(function(steps, "kernel"), scope)  # the device's functions are Numba's, called one by one
    tensors = {"np": TorchNumpy(), "exprel": TorchNumpy().exprel}
    exec(function(steps, "numpy"), tensors)
    with_torch = tensors["step"](*[torch.from_numpy(x) for x in values])
    for lane in range(2):
        found = scope["step"](*[float(x[lane]) for x in values])
        for (n, _), x, y in zip(steps, found, with_torch, strict=True):
            np.testing.assert_allclose(x, want[n][lane], rtol=1e-10, err_msg=n)
            np.testing.assert_allclose(float(y[lane]), want[n][lane], rtol=1e-10, err_msg=n)


def test_a_value_is_inverted_once():
    x, y = symbol("x"), symbol("y")
    steps = shared([("p", y / (1 + x)), ("q", y / (1 + x) ** 2 + 1 / (1 + x))])
    text = "\n".join(PythonPrinter(Printer("scalar")).block(statements(steps, Lowering(), {}), 0))
    assert text.count("/") == 1


@pytest.mark.parametrize(
    ("e", "word"),
    [
        (1 / tau, "inv_tau"),
        (dt / 6, "dt_over_6"),
        (-dt / C, "minus_dt_over_C"),
        (2 * dt, "twice_dt"),
        (sp.exp(-dt / tau), "exp_minus_dt_over_tau"),
        (sp.floor(tau / dt + sp.Rational(1, 2)), "tau_steps"),
        (g * C, "C_times_g"),
        (g**2, "g_squared"),
        (sp.tanh(g), None),
        (g + C + tau, None),
    ],
)
def test_constants_have_names_that_speak(e, word):
    assert spoken(e) == word


def test_no_constant_takes_the_name_of_another():
    model = am.models.neuron(
        "sly",
        "dv/dt = -v/tau + inv_tau*E + I/C : mV\nthreshold v > V_th\nreset v = 0*mV",
        tau="10 ms", inv_tau="0.1 1/ms", E="5 mV", V_th="10 mV", C="200 pF",
    )  # fmt: skip
    cell = CellStructure(model, ())
    p = point_program(cell, fuse(cell))
    p.give_names(OWN - {"dt"})
    assert len(set(p.shown.values())) == len(p.shown)
    by_name = {p.shown[n]: e for e, n in p.constants.items()}
    assert by_name.get("inv_tau", symbol("inv_tau")) == symbol("inv_tau")


def test_a_program_says_what_each_name_is():
    model = am.models.get("lif_cond")
    cell = CellStructure(model, tuple(model.receptors.items()), arrays=frozenset({"tau_m"}))
    arrays = {a.name: a for a in point_program(cell, fuse(cell)).arrays}
    assert arrays["v"].role == "state" and arrays["g_AMPA"].role == "state"
    assert {a.axis for a in arrays.values() if a.role == "constant"} == {"scalar", "lane"}
    assert arrays["_free"].dtype == "step"


def test_quoting_fills_holes_and_refuses_what_it_does_not_know():
    lines = PythonPrinter(Printer("kernel")).block(
        quote("for l in range(n):\n    X[l] += value\n    more", value=ir.Name("a") * 2.0, more=quote("y = F(0.5)")), 0
    )
    assert lines == ["for l in range(n):", "    X[l] += a*F(2.0)", "    y = F(0.5)"]
    with pytest.raises(NotImplementedError):
        quote("import os")


def test_what_nobody_reads_is_left_out():
    kept = ir.without_unread(quote("a = 1\nb = a\nc = b\nX[0] = a"))
    assert kept == quote("a = 1\nX[0] = a")
