"""Forward derivatives of one step of a neuron model, generated from its equations: what eligibility is made of.

A step takes the states s and the input x to new states s' and a spike z. What is generated gives, beside these, the
derivatives ds'/ds, ds'/dx, dz/ds and dz/dx of every neuron, with the surrogate in the place of the spike's derivative.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.cells import CellStructure
from amine.learn.nn import source
from amine.learn.nn.adjoint import derivative
from amine.learn.nn.constants import Numbers
from amine.learn.nn.printers import CodePrinter
from amine.learn.nn.program import DRIVE, Program, cell_program, place_common, stop, symbol


def module(cell: CellStructure) -> ModuleType:
    """The generated module of a model: ``step`` as everywhere, and ``tangent`` with the derivatives."""

    def make() -> str:
        p = new_start(cell_program(cell, False))
        return source.plain_source(p) + tangent_source(p)

    return source.load(["tangent", cell.key()], make)


def tangent_source(p: Program) -> str:
    """``tangent(np, c, s, x, free, t)``: states, spikes, and derivatives as {(of, by): value}."""
    import sympy as sp

    wrt = [*p.load.items(), (DRIVE, DRIVE)]  # state or input, and its name in the step
    body: list[tuple[str, Any]] = []
    alive: dict[tuple[str, str], str] = {(name, by): "1" for by, name in wrt}
    for name, e in p.body:
        body.append((name, e))
        for by, _ in wrt:
            total: Any = sp.S.Zero
            for s in sorted(e.free_symbols, key=str):
                inner = alive.get((s.name, by))
                if inner is None:
                    continue
                d = derivative(e, s)
                total += d if inner == "1" else d * symbol(inner)
            if total != 0:
                alive[name, by] = f"d_{name}_by_{by}"
                body.append((alive[name, by], total))
    ends = dict(p.out, spikes=p.spikes)
    pairs = {(of, by): alive[n, by] for of, n in ends.items() for by, _ in wrt if n is not None and (n, by) in alive}
    body = _needed(body, {*p.out.values(), str(p.spikes), *pairs.values()})
    common, reduced = sp.cse([e for _, e in body], symbols=(symbol(f"q{i}") for i in range(100_000)), list=True)
    body = place_common(common, [(n, e) for (n, _), e in zip(body, reduced, strict=True)])
    return _text(p, body, pairs)


def new_start(p: Program) -> Program:
    """The program in which no gradient flows through the reset of what the threshold is made of.

    A voltage that is set back is a new start; the spike's effect on adaptation is kept (Bellec et al. 2020, Nat Commun 11:3625).
    """
    tested = {q.name for n, e in p.body if n == "margin" for q in e.free_symbols}
    names = {s for s, n in p.before.items() if n in tested}
    fired = symbol(str(p.spikes))
    body = [
        (n, e.xreplace({fired: stop(fired)}) if n.startswith("reset_") and n.split("_", 2)[2] in names else e)
        for n, e in p.body
    ]
    return replace(p, body=body)


def _needed(body: list[tuple[str, Any]], wanted: set[str]) -> list[tuple[str, Any]]:
    """Only the assignments that ``wanted`` hangs on."""
    out = []
    for name, e in reversed(body):
        if name in wanted:
            out.append((name, e))
            wanted = wanted | {s.name for s in e.free_symbols}
    return out[::-1]


def _text(p: Program, body: list[tuple[str, Any]], pairs: dict[tuple[str, str], str]) -> str:
    say = CodePrinter("numpy")
    used = {s.name for _, e in body for s in e.free_symbols}
    lines = ["\n\ndef tangent(np, c, s, x, free, t):"]
    lines += [f"    {n} = s['{s}']" for s, n in p.load.items()]
    lines += [f"    {n} = x['{n}']" for n in (*p.inputs, *p.noises) if n in used]
    lines += [f"    {n} = c['{n}']" for n in (*p.scalars, *p.differ) if n in used]
    lines += [f"    {n} = {say(e)}" for n, e in body]
    ends = ", ".join(f"'{s}': {n}" for s, n in p.out.items())
    made = ", ".join(f"({of!r}, {by!r}): {n}" for (of, by), n in pairs.items())
    return "\n".join([*lines, f"    return {{{ends}}}, {p.spikes}, {{{made}}}"]) + "\n"


class Whole(Numbers):
    """What generated code calls ``np``: NumPy with whole spikes, whose derivative is the surrogate's.

    Parameters
    ----------
    surrogate : shape, width, height and edge of the derivative, as :class:`amine.learn.nn.Neurons` has them.
    """

    def __init__(self, shape: Any, width: float, height: float, edge: float):
        self.shape, self.width, self.height, self.edge = shape, width, height, edge

    def slope(self, margin: np.ndarray) -> np.ndarray:
        return (self.height * self.shape((margin - self.edge) / self.width)).astype(margin.dtype)

    @staticmethod
    def spike(margin: np.ndarray) -> np.ndarray:
        return (margin > 0).astype(margin.dtype)

    @staticmethod
    def stop(x: Any) -> Any:
        return x

    @staticmethod
    def blend(s: Any, a: Any, b: Any) -> np.ndarray:
        return np.where(np.asarray(s) > 0, b, a)

    @staticmethod
    def exprel_slope(x: Any) -> np.ndarray:
        x = np.asarray(x, float)
        y = np.where(np.abs(x) < 1e-3, 1.0, x)
        return np.where(np.abs(x) < 1e-3, 0.5 + x / 3, (np.exp(y) * (y - 1) + 1) / y**2)
