"""The engine's printer with what training adds: spikes, surrogates, blends, and the slope of exprel."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.equations.printer import Printer

SURROGATE = ", _inverse, _height, _edge"  # 1/width, derivative at the edge, margin of the edge


class exprel_slope(sp.Function):
    """The derivative of exprel, which is 1/2 at 0."""

    nargs = 1


class CodePrinter(Printer):
    """Prints a program's expressions for kernels (``kernel``) or for NumPy and torch alike (``numpy``).

    In kernels the surrogate's functions take its constants; ``soft`` spikes do, too.
    """

    def __init__(self, mode: str, soft: bool = False):
        super().__init__(mode)
        self.soft = soft

    def _own(self, f: str, e: Any, more: str = "") -> str:
        return f"{f if self.kernel else 'np.' + f}({', '.join(self(a) for a in e.args)}{more})"

    def on_exprel(self, e: Any) -> str:
        return self._own("vexprel" if self.kernel else "exprel", e)

    def on_exprel_slope(self, e: Any) -> str:
        return self._own("vexprel_slope" if self.kernel else "exprel_slope", e)

    def on_spike(self, e: Any) -> str:
        return self._own("soft_spike", e, SURROGATE) if self.soft else self._own("spike", e)

    def on_slope(self, e: Any) -> str:
        return self._own("slope", e, SURROGATE)

    def on_stop(self, e: Any) -> str:
        return self(e.args[0]) if self.kernel else self._own("stop", e)

    def on_blend(self, e: Any) -> str:
        return self._own("blend", e)
