"""Lanes of a block in several short loops: each value is what one loop gives."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

import amine as am
from amine.engine.codegen import cell
from amine.engine.codegen.overlap import overlapped
from amine.engine.resolve.cells import CellStructure
from amine.engine.resolve.resolved import resolve

F = np.float32


def exprel(x):
    return F(math.expm1(x) / x) if x else F(1.0)


def near(x):
    assert abs(x) < 0.5
    return exprel(x)


NAMES = {
    "F": F,
    "U8": np.uint8,
    "U64": int,
    "vexp": lambda x: F(math.exp(min(max(x, -80.0), 80.0))),
    "vexprel": exprel,
    "vexprel_near": near,
    "vfma": lambda a, b, c: F(float(a) * float(b) + float(c)),
    "to_step": lambda x: np.frombuffer(F(x).tobytes(), np.int32)[0],
    "empty_marks": lambda: np.zeros(64, np.uint8),
    "stack_row": lambda n, zero: np.full(n, zero),
    "eight": lambda marks, i: int(marks[8 * i : 8 * i + 8].any()),
}


def step(source: str, largest: float) -> np.ndarray:
    """The rows and marks of two blocks after a step, computed by Python, from random values below ``largest``."""
    tree = ast.parse(source)
    (update,) = (f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "update_0")
    update.decorator_list = []
    random, marked = np.random.default_rng(1), []
    names = NAMES | {"emit_0": lambda *args: marked.append(args[8].copy()) or 0}
    exec(compile(ast.Module([update], []), "<update>", "exec"), names)
    stride = int(source.split("base + b*")[1].split(")")[0])
    X, C = random.uniform(0.1, largest, 2 * stride).astype(F), random.uniform(0.1, 1.0, (1, 400)).astype(F)
    with np.errstate(all="ignore"):
        names["update_0"](X, 0, 0, 2, C, 0, np.ones((1, 9), F), 0, 0, 0.0, 0, None, 0, 0)
    return np.concatenate([X, *marked])


def structure_of(net: am.Network) -> CellStructure:
    structure = resolve(net).members[0].structure
    assert isinstance(structure, CellStructure)
    return structure


def compare(structure: CellStructure, monkeypatch: pytest.MonkeyPatch, largest: float) -> bool:
    """Compares one loop with several; whether there are several."""
    found = []

    def noted(*args):
        found.append(overlapped(*args))
        return found[-1]

    monkeypatch.setattr(cell, "overlapped", noted)
    several = cell.generate(structure, 0).source
    monkeypatch.setattr(cell, "overlapped", lambda *args: None)
    one = cell.generate(structure, 0).source
    if not found or found[-1] is None:
        assert several == one
        return False
    np.testing.assert_array_equal(step(several, largest), step(one, largest))
    return True


@pytest.mark.parametrize("drugs", [False, True])
@pytest.mark.parametrize("largest", [0.5, 30.0])
def test_several_loops_give_what_one_gives(drugs, largest, monkeypatch):
    """Kinetic receptors, a block by magnesium and one by a drug: exponentials, divisions and a pool."""
    assert compare(structure_of(am.circuits.chemical(100, drugs=drugs)), monkeypatch, largest)
