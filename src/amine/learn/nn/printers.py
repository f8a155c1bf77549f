"""The engine's printer with the functions of training: spikes, surrogates, blends, and the slope of exprel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp

from amine.equations.lower import Lowering
from amine.equations.printer import DIALECTS, Printer
from amine.equations.terms import Call, Expr, Name

SURROGATE = (Name("_inverse"), Name("_height"), Name("_edge"))  # 1/width, derivative at the edge, margin of the edge


class exprel_slope(sp.Function):
    """The derivative of exprel, which is 1/2 at 0."""

    nargs = 1


class TrainingLowering(Lowering):
    """Lowers the functions of training; surrogate slopes in a ``kernel``, and ``soft`` spikes, take the surrogate's constants."""

    def __init__(self, kernel: bool, soft: bool = False, name: Callable[[str], str] = str):
        super().__init__(name)
        self.kernel, self.soft = kernel, soft

    def on_exprel_slope(self, e: sp.Expr) -> Expr:
        return self._function("exprel_slope", e)

    def on_spike(self, e: sp.Expr) -> Expr:
        margin = self(e.args[0])
        return Call("soft_spike", (margin, *SURROGATE)) if self.soft else Call("spike", (margin,))

    def on_slope(self, e: sp.Expr) -> Expr:
        return Call("slope", (self(e.args[0]), *(SURROGATE if self.kernel else ())))

    def on_stop(self, e: sp.Expr) -> Expr:
        return self(e.args[0]) if self.kernel else self._function("stop", e)

    def on_blend(self, e: sp.Expr) -> Expr:
        return self._function("blend", e)


_OWN = ("exprel", "exprel_slope", "spike", "slope", "stop", "blend")  # the namespace ``np`` has them
_KERNEL = replace(DIALECTS["kernel"], functions=DIALECTS["kernel"].functions | {"exprel_slope": "vexprel_slope"})
_NUMPY = replace(DIALECTS["numpy"], functions=DIALECTS["numpy"].functions | {f: f"np.{f}" for f in _OWN})


class CodePrinter(Printer):
    """Prints a program's expressions for kernels (``kernel``) or for NumPy and torch alike (``numpy``)."""

    def __init__(self, mode: str, soft: bool = False, name: Callable[[str], str] = str):
        super().__init__(mode, name)
        self.dialect = _KERNEL if mode == "kernel" else _NUMPY
        self.lower = TrainingLowering(mode == "kernel", soft, name)
