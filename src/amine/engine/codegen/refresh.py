"""Parameters that change while a network runs: compiled functions that recompute constants and propagators from them.

The loop over neurons does not change: it reads the same constants and rows, which are rewritten when a factor changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amine.engine.codegen import ir
from amine.engine.codegen.program import Program, names_of
from amine.engine.codegen.quote import quote, quote_expr
from amine.engine.codegen.text import PythonPrinter
from amine.engine.device.tables import BLOCK
from amine.equations.lower import Lowering
from amine.equations.printer import Printer

if TYPE_CHECKING:
    import sympy as sp

DECORATOR = "@inner()"


class Refresh:
    """The constants of a kind of cells that depend on its varying parameters, and the code that computes them.

    Parameters
    ----------
    program : the step of that kind. varying : names of the parameters that vary.
    scalars, rows : constants that generated code reads, in the order of their table, and rows of a block.
    """

    def __init__(self, program: Program, varying: tuple[str, ...], scalars: list[str], rows: list[str]):
        self.program, self.varying, self.scalars, self.rows = program, set(varying), scalars, rows
        lin = program.linear
        self.entries = [e for m in (lin.A, lin.B, lin.G) for row in m for e in row]
        self.named = {n: e for e, n in program.constants.items() if self._touched(e)}
        matrix = any(self._touched(e) for e in self.entries)
        self.linear = list(program.entries) if matrix else []
        found = names_of(self.named.values()) | (names_of(self.entries) if self.linear else set())
        self.needs = sorted(found - {"dt"})
        self.lower = Lowering(lambda n: n if n == "dt" else f"p_{n}")

    def _touched(self, e: sp.Expr) -> bool:
        return bool(names_of([e]) & self.varying)

    def source(self, index: int) -> str:
        """``refresh_<index>(X, base, first, last, c, value, at, step, dt)``."""
        stride = len(self.rows) * BLOCK
        shared = self.body(self.scalars, lambda n: ir.item("c", self.scalars.index(n)), ir.Integer(0))
        own = self.body(
            self.rows,
            lambda n: quote_expr(f"X[base + b * {stride} + {self.rows.index(n) * BLOCK} + l]"),  # type: ignore[return-value]
            quote_expr(f"b * {BLOCK} + l"),
        )
        block = (
            quote(f"for b in range(first, last):\n    for l in range({BLOCK}):\n        own", own=own) if own else []
        )
        return refresh_function(index, [*self.scratch(), *shared, *block])

    def scratch(self) -> list[ir.Statement]:
        """Allocates the matrices and their exponentials."""
        if not self.linear:
            return []
        lin = self.program.linear
        n, k, z = len(lin.states), len(lin.inputs), len(lin.noises)
        sizes = {"A": (n, n), "G": (n, max(z, 1)), "L": (n, n), **dict.fromkeys(("M", "E", "half"), (n + k, n + k))}
        return quote("\n".join(f"{m} = stack_matrix({a}, {b})" for m, (a, b) in sizes.items()))

    def body(self, where: list[str], place: Callable[[str], ir.Item], neuron: ir.Expr) -> list[ir.Statement]:
        """Computes the constants in ``where`` and stores each in its ``place``; ``neuron`` is the index of the values that are read."""
        named = [(n, e) for n, e in self.named.items() if n in where]
        linear = [n for n in self.linear if n in where]
        if not named and not linear:
            return []
        used = names_of(e for _, e in named) | (names_of(self.entries) if linear else set())
        text: list[ir.Statement] = []
        for n in sorted(used - {"dt"}):
            i = self.needs.index(n)
            text += quote(f"p_{n} = value[at[{i}] + step[{i}] * (neuron)]", neuron=neuron)
        text += [ir.assign(place(n), ir.call("F", self.lower(e))) for n, e in named]
        return text + (self._matrices(linear, place) if linear else [])

    def _matrices(self, linear: list[str], place: Callable[[str], ir.Item]) -> list[ir.Statement]:
        lin, half = self.program.linear, self.program.half
        n, k = len(lin.states), len(lin.inputs)
        diagonal = k == 0 and all(lin.A[i][j] == 0 for i in range(n) for j in range(n) if i != j)
        text = self._filled("A", lin.A)
        dt = ir.Name("dt")
        if diagonal:
            for i in range(n):
                text += quote(f"E[{i}, {i}] = exp(A[{i}, {i}] * dt)")
                text += quote(f"half[{i}, {i}] = exp(A[{i}, {i}] * (dt / 2))") if half else []
        else:
            for i, row in enumerate(lin.A):
                text += [x for j, e in enumerate(row) if e != 0 for x in quote(f"M[{i}, {j}] = A[{i}, {j}] * dt")]
            for i, row in enumerate(lin.B):
                text += [ir.assign(ir.item("M", i, n + j), self.lower(e) * dt) for j, e in enumerate(row) if e != 0]
            text += quote("expm(M, E)")
            if half:  # entry by entry: compiled functions allocate no arrays
                filled = [(i, j) for i, row in enumerate(lin.A) for j, e in enumerate(row) if e != 0]
                filled += [(i, n + j) for i, row in enumerate(lin.B) for j, e in enumerate(row) if e != 0]
                text += [x for i, j in filled for x in quote(f"M[{i}, {j}] = x * M[{i}, {j}]", x=ir.Number(0.5))]
                text += quote("expm(M, half)")
        if lin.noises:
            text += [*self._filled("G", lin.G), *quote("noise_root(A, G, dt, L)")]
        return text + [ir.assign(place(name), ir.call("F", _entry(name, n))) for name in linear]

    def _filled(self, name: str, rows: Sequence[Sequence[sp.Expr]]) -> list[ir.Statement]:
        return [
            ir.assign(ir.item(name, i, j), self.lower(e))
            for i, row in enumerate(rows)
            for j, e in enumerate(row)
            if e != 0
        ]


def refresh_function(index: int, body: list[ir.Statement]) -> str:
    """The source of ``refresh_<index>``, which computes in float64 and rounds the results that it stores."""
    args = ("X", "base", "first", "last", "c", "value", "at", "step", "dt")
    f = ir.Function(f"refresh_{index}", args, ir.without_unread(body), DECORATOR)
    return PythonPrinter(Printer("scalar")).function(f)


def _entry(name: str, n: int) -> ir.Item:
    """The matrix element of a propagator's entry: P and Q of a step, H and K of half a step, L of the noise."""
    kind, i, j = name.split("_")
    if kind == "L":
        return ir.item("L", int(i), int(j))
    return ir.item("E" if kind in "PQ" else "half", int(i), int(j) if kind in "PH" else n + int(j))


__all__ = ["Refresh", "refresh_function"]
