"""Functions that are called once, in float64: constants, matrices of the exactly advanced system, and initial values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from amine.engine.codegen import ir
from amine.engine.codegen.program import Program, names_of
from amine.engine.codegen.text import PythonPrinter
from amine.equations.given import is_draw
from amine.equations.integrate import Linear
from amine.equations.lower import Lowering
from amine.equations.printer import Printer
from amine.equations.system import order_of
from amine.models.naming import given_start


def preparation(p: Program, index: str, initial_arguments: Sequence[str] = ("_p",)) -> str:
    """Functions ``constants_<index>(_p, dt)``, ``initial_<index>(_p)`` and ``matrices_<index>(_p)`` as NumPy text."""
    say = PythonPrinter(Printer("prepared"))
    functions = [
        prepared(f"constants_{index}", ("_p", "dt"), p.parameters, [ir.Return(constants_table(p))]),
        initial_function(f"initial_{index}", initial_arguments, p.parameters, p.initial),
        prepared(f"matrices_{index}", ("_p",), p.parameters, [ir.Return(matrices(p.linear))]),
    ]
    return "".join(say.function(f) for f in functions)


def constants_table(p: Program) -> ir.Table:
    """Table of the constants by name; numbered ones have a comment with their expression."""
    lower = Lowering()
    entries = []
    for e, n in p.constants.items():
        name = p.shown[n]
        entries.append((name, lower(e), f"{e}" if name.startswith("constant_") else ""))
    return ir.Table(tuple(entries))


def initial_function(
    name: str, args: Sequence[str], parameters: Sequence[str], initial: Mapping[str, sp.Expr]
) -> ir.Function:
    """The function of initial values at time zero, from parameters."""
    draws = sorted(n for n in names_of(initial.values()) if is_draw(n))
    return prepared(name, args, [*parameters, *draws], initial_statements(initial))


def initial_statements(initial: Mapping[str, sp.Expr]) -> list[ir.Statement]:
    """Statements that return each state's initial value, at time zero.

    Values on which others depend come first; one that a network gives (``_p['initial v']``) replaces the model's.
    """
    lower, needed = Lowering(), names_of(initial.values()) & set(initial)
    body: list[ir.Statement] = [ir.assign("t", ir.Number(0.0))]
    for s in order_of({s: sp.sympify(e) for s, e in initial.items()}, "the initial values", "Equations"):
        if s in needed:
            body.append(ir.assign(s, ir.call("_p.get", ir.Name(repr(given_start(s))), lower(initial[s]))))
    table = ir.Table(tuple((s, ir.Name(s) if s in needed else lower(e), "") for s, e in initial.items()))
    return [*body, ir.Return(table)]


def matrices(lin: Linear) -> ir.Listed:
    """The matrices A, B and G of the exactly advanced states."""
    lower = Lowering()
    rows = [[[lower(sp.sympify(e)) for e in row] for row in m] for m in (lin.A, lin.B, lin.G)]
    return ir.Listed("tuple", tuple(ir.Listed("list", tuple(ir.Listed("list", tuple(row)) for row in m)) for m in rows))


def prepared(name: str, args: Sequence[str], parameters: Sequence[str], body: list[ir.Statement]) -> ir.Function:
    """A function that reads only the parameters that it needs."""
    read = [ir.assign(n, ir.item("_p", ir.Name(repr(n)))) for n in parameters]
    return ir.Function(name, tuple(args), ir.without_unread([*read, *body]))
