"""The engine's printer with what training adds: spikes, surrogates, blends, and the slope of exprel."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.engine.printer import Printer


class exprel_slope(sp.Function):
    """The derivative of exprel, which is 1/2 at 0."""

    nargs = 1


class CodePrinter(Printer):
    """Prints a program's expressions for kernels (``kernel``) or for NumPy and torch alike (``numpy``)."""

    def _plain(self, f: str, e: Any) -> str:
        return f"{f if self.kernel else 'np.' + f}({', '.join(self(a) for a in e.args)})"

    def on_exprel(self, e: Any) -> str:
        return f"{'vexprel' if self.kernel else 'np.exprel'}({self(e.args[0])})"

    def on_exprel_slope(self, e: Any) -> str:
        return f"{'vexprel_slope' if self.kernel else 'np.exprel_slope'}({self(e.args[0])})"

    def on_spike(self, e: Any) -> str:
        return self._plain("spike", e)

    def on_slope(self, e: Any) -> str:
        return self._plain("slope", e)

    def on_stop(self, e: Any) -> str:
        return self(e.args[0]) if self.kernel else self._plain("stop", e)

    def on_blend(self, e: Any) -> str:
        return self._plain("blend", e)
