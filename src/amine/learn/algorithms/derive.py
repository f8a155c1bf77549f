"""Derives the forward derivatives of a step with SymPy, and prints them; see :mod:`amine.learn.algorithms.tangent`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.common import Steps, shared
from amine.engine.codegen.program import Program, statements
from amine.engine.codegen.text import PythonPrinter
from amine.engine.resolve.cells import CellStructure
from amine.equations.given import is_draw
from amine.equations.symbols import symbol
from amine.errors import AmineError
from amine.learn.nn.adjoint import derivative
from amine.learn.nn.printers import CodePrinter, TrainingLowering
from amine.learn.nn.program import DRIVE, cell_program, stop
from amine.learn.nn.writing import STEP_ARGUMENTS, loads, plain_source, table


def text(cell: CellStructure) -> str:
    """Source of a model's module: ``step`` as in all plain modules, and ``tangent`` with the derivatives."""
    p = new_start(cell_program(cell, False))
    if any(is_draw(n) for n in p.noises):
        hint = "train it by backpropagation, as of 'Network.to_module'"
        raise AmineError(
            f"Neuron '{p.name}'", "its equations draw random numbers, which this rule does not follow", hint=hint
        )
    return plain_source(p) + tangent_source(p)


def tangent_source(p: Program) -> str:
    """``tangent(np, c, s, x, free, t)``: states, spikes, and derivatives as {(of, by): value}."""
    wrt = [*p.load.items(), (DRIVE, DRIVE)]  # state or input, and its name in the step
    body: Steps = []
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
    return _text(p, shared(body, "q"), pairs)


def new_start(p: Program) -> Program:
    """The program without gradients through the reset of the states in the threshold condition.

    The reset voltage is a new start; the gradient of a spike's effect on adaptation is kept (Bellec et al. 2020, Nat Commun 11:3625).
    """
    tested = {q.name for n, e in p.body if n == "margin" for q in e.free_symbols}
    names = {s for s, n in p.before.items() if n in tested}
    fired = symbol(str(p.spikes))
    body = [
        (n, e.xreplace({fired: stop(fired)}) if n.startswith("reset_") and n.split("_", 2)[2] in names else e)
        for n, e in p.body
    ]
    return replace(p, body=body)


def _needed(body: Steps, wanted: set[str]) -> Steps:
    """The assignments on which ``wanted`` depends."""
    out = []
    for name, e in reversed(body):
        if name in wanted:
            out.append((name, e))
            wanted = wanted | {s.name for s in e.free_symbols}
    return out[::-1]


def _text(p: Program, body: Steps, pairs: dict[tuple[str, str], str]) -> str:
    lines = loads(p, body)
    lines += statements(body, TrainingLowering(False, name=lambda n: p.shown.get(n, n)), p.stages)
    made = ir.Table(tuple((key, ir.Name(n), "") for key, n in pairs.items()))
    lines.append(ir.Return(ir.Listed("tuple", (table(p.out), ir.Name(str(p.spikes)), made))))
    f = ir.Function("tangent", STEP_ARGUMENTS, ir.without_unread(lines))
    return "\n\n" + PythonPrinter(CodePrinter("numpy")).function(f)
