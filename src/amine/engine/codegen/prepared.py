"""What is prepared once, in float64: constants, matrices of the exactly advanced system, and initial values, from parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.program import Program
from amine.engine.codegen.text import PythonPrinter
from amine.equations.integrate import Linear
from amine.equations.lower import Lowering
from amine.equations.printer import Printer


def preparation(p: Program, index: str, initial_arguments: Sequence[str] = ("_p",)) -> str:
    """Functions ``constants_<index>(_p, dt)``, ``initial_<index>(_p)`` and ``matrices_<index>(_p)`` as NumPy text."""
    say = PythonPrinter(Printer("numpy"))
    functions = [
        prepared(f"constants_{index}", ("_p", "dt"), p.parameters, [ir.Return(constants_table(p))]),
        initial_function(f"initial_{index}", initial_arguments, p.parameters, p.initial),
        prepared(f"matrices_{index}", ("_p",), p.parameters, [ir.Return(matrices(p.linear))]),
    ]
    return "".join(say.function(f) for f in functions)


def constants_table(p: Program) -> ir.Table:
    """Each constant by its name; a number instead of a name is explained."""
    lower = Lowering()
    entries = []
    for e, n in p.constants.items():
        name = p.shown[n]
        entries.append((name, lower(e), f"{e}" if name.startswith("constant_") else ""))
    return ir.Table(tuple(entries))


def initial_function(
    name: str, args: Sequence[str], parameters: Sequence[str], initial: Mapping[str, sp.Expr]
) -> ir.Function:
    """Initial values from parameters, at time zero."""
    return prepared(name, args, parameters, [ir.assign("t", ir.Number(0.0)), ir.Return(initial_table(initial))])


def initial_table(initial: Mapping[str, sp.Expr]) -> ir.Table:
    """Each state's initial value."""
    lower = Lowering()
    return ir.Table(tuple((s, lower(e), "") for s, e in initial.items()))


def matrices(lin: Linear) -> ir.Listed:
    """The matrices A, B and G of the exactly advanced states."""
    lower = Lowering()
    rows = [[[lower(sp.sympify(e)) for e in row] for row in m] for m in (lin.A, lin.B, lin.G)]
    return ir.Listed("tuple", tuple(ir.Listed("list", tuple(ir.Listed("list", tuple(row)) for row in m)) for m in rows))


def prepared(name: str, args: Sequence[str], parameters: Sequence[str], body: list[ir.Statement]) -> ir.Function:
    """A function that reads those of the parameters that it needs."""
    read = [ir.assign(n, ir.item("_p", ir.Name(repr(n)))) for n in parameters]
    return ir.Function(name, tuple(args), ir.without_unread([*read, *body]))
