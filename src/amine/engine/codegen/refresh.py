"""Parameters that change while a network runs: compiled twins of what works out constants and propagators from them.

The loop over neurons stays as it is: it reads the same constants and rows, which are written anew when a factor changes.
"""

from __future__ import annotations

from typing import Any

from amine.engine.device.tables import BLOCK
from amine.equations.printer import Printer

DECORATOR = "@njit(nogil=True, error_model='numpy')"


class Refresh:
    """Which constants of a kind of cell depend on its varying parameters, and the code that works them out.

    Parameters
    ----------
    stepper : the arithmetic of a step of that kind.
    varying : names of the parameters that vary.
    used : constants that generated code reads: shared ones in order, and rows.
    """

    def __init__(self, stepper: Any, varying: tuple[str, ...], scalars: list[str], rows: list[str]):
        self.stepper, self.varying, self.scalars, self.rows = stepper, set(varying), scalars, rows
        lin = stepper.linear
        self.entries = [e for m in (lin.A, lin.B, lin.G) for row in m for e in row]
        self.named = {n: e for e, n in stepper.constants.named.items() if self._touched(e)}
        matrix = any(self._touched(e) for e in self.entries)
        self.linear = list(stepper.constants.extra) if matrix else []
        found = {s.name for e in self.named.values() for s in e.free_symbols}
        if self.linear:
            found |= {s.name for e in self.entries for s in getattr(e, "free_symbols", ())}
        self.needs = sorted(found - {"dt"})

    def _touched(self, e: Any) -> bool:
        return bool({s.name for s in getattr(e, "free_symbols", ())} & self.varying)

    def source(self, index: int) -> str:
        """``refresh_<index>(X, base, first, last, c, value, at, step, dt)``."""
        stride = len(self.rows) * BLOCK
        shared = self._body(self.scalars, lambda n: f"c[{self.scalars.index(n)}]", "0")
        own = self._body(
            self.rows, lambda n: f"X[base + b * {stride} + {self.rows.index(n) * BLOCK} + l]", f"b * {BLOCK} + l"
        )
        text = [DECORATOR, f"def refresh_{index}(X, base, first, last, c, value, at, step, dt):"]
        text += self._scratch() if self.linear else []
        text += [f"    {line}" for line in shared] or ["    pass"]
        if own:
            text += ["    for b in range(first, last):", f"        for l in range({BLOCK}):"]
            text += [f"            {line}" for line in own]
        return "\n".join(text) + "\n\n\n"

    def _scratch(self) -> list[str]:
        lin = self.stepper.linear
        n, k, z = len(lin.states), len(lin.inputs), len(lin.noises)
        return [
            f"    A, G, L = np.zeros(({n}, {n})), np.zeros(({n}, {max(z, 1)})), np.zeros(({n}, {n}))",
            f"    M, E, half = np.zeros(({n + k}, {n + k})), np.zeros(({n + k}, {n + k})), np.zeros(({n + k}, {n + k}))",
        ]

    def _body(self, where: list[str], place: Any, neuron: str) -> list[str]:
        p = Printer("scalar", lambda n: n if n == "dt" else f"p_{n}")
        named = [(n, e) for n, e in self.named.items() if n in where]
        linear = [n for n in self.linear if n in where]
        if not named and not linear:
            return []
        used = {s.name for _, e in named for s in e.free_symbols}
        used |= {s.name for e in self.entries for s in getattr(e, "free_symbols", ())} if linear else set()
        text = [
            f"p_{n} = value[at[{self.needs.index(n)}] + step[{self.needs.index(n)}] * ({neuron})]"
            for n in sorted(used - {"dt"})
        ]
        text += [f"{place(n)} = F({p(e)})" for n, e in named]
        return text + (self._matrices(linear, place, p) if linear else [])

    def _matrices(self, linear: list[str], place: Any, p: Printer) -> list[str]:
        lin = self.stepper.linear
        n, k = len(lin.states), len(lin.inputs)
        diagonal = k == 0 and all(lin.A[i][j] == 0 for i in range(n) for j in range(n) if i != j)
        text = [f"A[{i}, {j}] = {p(e)}" for i, row in enumerate(lin.A) for j, e in enumerate(row) if e != 0]
        if diagonal:
            text += [f"E[{i}, {i}] = math.exp(A[{i}, {i}] * dt)" for i in range(n)]
            text += [f"half[{i}, {i}] = math.exp(A[{i}, {i}] * (dt / 2))" for i in range(n)] * self.stepper.half
        else:
            text += [
                f"M[{i}, {j}] = A[{i}, {j}] * dt" for i, row in enumerate(lin.A) for j, e in enumerate(row) if e != 0
            ]
            text += [
                f"M[{i}, {n + j}] = ({p(e)}) * dt" for i, row in enumerate(lin.B) for j, e in enumerate(row) if e != 0
            ]
            text += ["expm(M, E)"]
            text += ["expm(0.5 * M, half)"] * self.stepper.half
        if lin.noises:
            text += [f"G[{i}, {j}] = {p(e)}" for i, row in enumerate(lin.G) for j, e in enumerate(row) if e != 0]
            text += ["noise_root(A, G, dt, L)"]
        return text + [f"{place(name)} = F({_entry(name, n)})" for name in linear]


def _entry(name: str, n: int) -> str:
    """Where an entry of a propagator stands: P and Q of a step, H and K of half a step, L of the noise."""
    kind, i, j = name.split("_")
    if kind == "L":
        return f"L[{i}, {j}]"
    matrix = "E" if kind in "PQ" else "half"
    return f"{matrix}[{i}, {j}]" if kind in "PH" else f"{matrix}[{i}, {n + int(j)}]"


__all__ = ["Refresh"]
