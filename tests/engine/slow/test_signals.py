"""Slow signals: the interpreters of a program agree, on random programs over every operation."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from amine.compounds import signals as S
from amine.compounds.reference import Reference
from amine.engine.build.signals import Tables
from amine.engine.device import slow_tables as T
from amine.engine.device.arguments import Spikes
from amine.engine.device.slow import slow_step as compiled_step

slow_step = njit(compiled_step.py_func)  # called by Python
H = 1.0


def random_program(rng: np.random.Generator, operations: int = 25) -> S.Program:
    """Operations of every kind but fields, each on signals that are there already; all values stay positive."""
    p = S.Program()
    there = [p.add(f"dose {j}") for j in range(3)]
    for j, s in enumerate(there):
        p.append(S.Dose(s, j))
    some = lambda most=3: [int(x) for x in rng.choice(there, rng.integers(1, most + 1))]  # noqa: E731
    terms = lambda: tuple(S.Term(s, 0, float(rng.uniform(0.1, 2))) for s in some())  # noqa: E731
    kinds = ["share", "sum", "inverse", "product", "power", "exp", "log", "min", "max", "response", "follow", "regions"]
    for kind in [*kinds, *rng.choice(kinds, operations - len(kinds))]:
        n = int(rng.integers(1, 4)) if kind == "regions" else 2 if kind == "share" else 1
        out = p.add(str(kind), n, [float(rng.uniform(0.1, 2))])
        a, b = some(1)[0], some(1)[0]
        match kind:
            case "share":
                p.append(S.Share(out, tuple(S.Load(s, *map(float, rng.uniform(0.5, 3, 2))) for s in some())))
            case "sum" | "inverse":
                p.append(S.Sum(out, terms(), float(rng.uniform(0.1, 1)), kind == "inverse"))
            case "product":
                p.append(S.Product(out, terms()))
            case "power":
                p.append(S.Apply(out, "power", (a,), float(rng.uniform(0.2, 2))))
            case "exp":  # of something below one
                share = p.add("below", 2)
                p.append(S.Share(share, (S.Load(a, 1.0, 1.0),)))
                p.append(S.Apply(out, "exp", (share,)))
            case "log":  # of something above one
                above = p.add("above")
                p.append(S.Sum(above, (S.Term(a),), 1.1))
                p.append(S.Apply(out, "log", (above,)))
            case "min" | "max":
                p.append(S.Apply(out, str(kind), (a, b)))
            case "response":
                agonists = tuple(S.Agonist(s, 0, float(rng.uniform(0.5, 3))) for s in some(2))
                p.append(S.Response(out, agonists, (a,), (b,), (a, b), float(rng.uniform(0.5, 3))))
            case "follow":
                p.append(S.Follow(out, a, *map(float, rng.uniform(0.1, 1, 2))))
            case "regions":
                p.append(S.Sum(out, (S.Term(a, 0, 0.5),), 0.1, False, n))
                more = p.add("more", n)
                p.append(S.Product(more, (S.Term(out, 1), S.Term(b, 0)), n))
        there.append(out)
    return p


def random_field(rng: np.random.Generator) -> S.Program:
    """A field of three regions that mix, taken up twice and removed, with drugs on all of it."""
    p = S.Program()
    dose = p.add("dose")
    p.append(S.Dose(dose, 0))
    c = p.add("field", 3, list(map(float, rng.uniform(0, 1, 3))))
    factor = p.add("factor", 1, [1.0])
    p.append(S.Sum(factor, (S.Term(dose, 0, 0.3),), 1.0))
    slower = p.add("slower", 1, [1.0])
    p.append(S.Sum(slower, (S.Term(dose, 0, 1.0),), 1.0, True))
    response = p.add("response", 3)
    p.append(S.Response(response, (S.Agonist(c, 1, 0.4),), (factor,), (), (slower,), 2.0, 3))
    messenger = p.add("messenger", 3)
    p.append(S.Follow(messenger, response, 0.3, 0.05, 3))
    uptakes = (S.Uptake(0.02, 0.2, (slower,), (factor,), (dose,)), S.Uptake(0.01, 2.0))
    mix = np.full((3, 3), 0.05) + 0.85 * np.eye(3)
    source = tuple(map(float, rng.uniform(0, 0.01, 3)))
    removals = (S.Term(slower, 0, 0.02),)
    p.append(
        S.Diffuse(c, 3, H, 0.01, uptakes, removals, (S.Term(messenger, 1),), (factor,), source, (S.Axis(3, 1, mix),))
    )
    return p


def kernel(p: S.Program, doses: np.ndarray) -> np.ndarray:
    """All signals at each field step, from the compiled kernel."""
    tables = Tables(p)
    table = lambda rows, columns: np.array(rows, np.int64).reshape(-1, columns)  # noqa: E731
    steps, n = len(doses), len(p.initial)
    none = np.zeros(1)
    Z = T.Slow(
        1,
        np.array([[*p.initial, 0.0]]),
        doses,
        np.zeros((steps, n)),
        0,
        np.arange(n),
        table(tables.ops, T.OP_COLUMNS),
        table(tables.args, T.ARG_COLUMNS),
        table(tables.axes, T.AXIS_COLUMNS),
        table([], T.SPIKE_COLUMNS),
        table([], T.VARY_COLUMNS),
        table([], T.WEIGHT_COLUMNS),
        np.array([*tables.par, 0.0]),
        np.zeros(1, np.int64),
        none,
        none.copy(),
        np.zeros((1, 1), np.int64),
        np.zeros((1, 1), np.int64),
        np.zeros((1, 1)),
        np.empty((1, 3 * n + 67)),
        np.empty((1, n + 1)),
    )
    spikes = Spikes(
        np.zeros((1, 1), np.int32), np.zeros((2, 1, 1, 2), np.int64), np.zeros((1, 1, 1)), np.zeros(1, np.int64)
    )
    for k in range(steps):
        slow_step(Z, 0, k, 1, spikes)
    return Z.record


def reference(p: S.Program, doses: np.ndarray) -> np.ndarray:
    r = Reference(p)
    out = []
    for row in doses:
        r.step(list(row))
        out.append(list(r.values))
    return np.array(out)


@pytest.mark.parametrize("seed", range(12))
def test_all_interpreters_agree_on_random_programs(seed):
    rng = np.random.default_rng(seed)
    p, doses = random_program(rng), rng.uniform(0.05, 2, (6, 3))
    np.testing.assert_allclose(kernel(p, doses), reference(p, doses), rtol=1e-12)
    constant = np.tile(doses[:1], (1, 1))
    expected = reference(p, constant)[0]
    np.testing.assert_allclose(np.array(S.steady(p, list(doses[0])), float), expected, rtol=1e-12)
    many = S.steady(p, list(doses.T))
    each = np.array([S.steady(p, list(row)) for row in doses], float)
    np.testing.assert_allclose(np.array([np.broadcast_to(x, 6) for x in many]).T, each, rtol=1e-12)
    torch = pytest.importorskip("torch")
    from amine.learn.nn.circuit_parts import TORCH

    values = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in doses[0]]
    found = [torch.as_tensor(x, dtype=torch.float64) for x in S.steady(p, values, TORCH)]
    np.testing.assert_allclose([float(x.detach()) for x in found], expected, rtol=1e-12)
    (slope,) = torch.autograd.grad(torch.stack(found).sum(), values[:1])
    up, down = (sum(map(float, S.steady(p, [doses[0, 0] + d, *doses[0, 1:]]))) for d in (1e-6, -1e-6))
    assert float(slope) == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_kernel_moves_fields_as_the_reference(seed):
    rng = np.random.default_rng(seed)
    p, doses = random_field(rng), rng.uniform(0, 0.5, (40, 1))
    found = kernel(p, doses)
    np.testing.assert_allclose(found, reference(p, doses), rtol=1e-10)
    assert np.ptp(found[:, p.names["field"]]) > 0.01


def test_operations_are_all_there():
    """Every operation is drawn by the programs above, so that none is left untested."""
    seen = {type(op) for seed in range(3) for op in random_program(np.random.default_rng(seed)).operations}
    assert seen | {S.Diffuse} == set(S.Operation.__args__)
