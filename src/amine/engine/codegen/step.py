"""The arithmetic of one step: each state's new value, with constants of parameters computed beforehand."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amine.engine.codegen.common import Steps
from amine.engine.codegen.fuse import Fused
from amine.equations.given import LAST_SPIKE
from amine.equations.integrate import DT, Linear, choose, exponential_euler, implicit_midpoint, linear_system
from amine.equations.symbols import is_noise, low, symbol, wide
from amine.equations.terms import NARROWING

STAGES = ("first", "second", "third", "fourth")
TIME = symbol("t")
GONE = "_gone"  # steps from the last spike of a lane to the start of this step
_LAST: dict[Any, Any] = {
    symbol(LAST_SPIKE): TIME - symbol(GONE) * DT
}  # so that t - lastspike has no rounding error of t


def is_late(e: Any) -> bool:
    """Whether an expression grows with the time, so that rounding it to the precision of a step would lose what is late.

    Not if the time stands in a function or a comparison alone: their results are as exact as any other value.
    """
    if e == TIME:
        return True
    ends = isinstance(e, sp.Rel | sp.logic.boolalg.Boolean) or type(e).__name__ in NARROWING
    return not ends and any(is_late(a) for a in e.args)


def _since(e: Any) -> Any:
    return e.xreplace(_LAST)


class Constants:
    """Collector of the parts of expressions that depend only on parameters and the time step.

    In expressions a constant has a number, which fixes the order of terms; its name in the source is assigned later
    (:func:`amine.engine.codegen.naming.shown`).
    """

    def __init__(self, parameters: set[str], arrays: frozenset[str], wide: bool = False):
        self.known = parameters | {"dt"}
        self.arrays, self.wide = arrays, wide
        self.named: dict[sp.Expr, str] = {}
        self.extra: dict[str, bool] = {}  # entries of propagators: name -> whether they differ between neurons

    def take(self, e: sp.Expr, timed: bool = False) -> sp.Expr:
        """``e`` with each such part replaced by the symbol of a constant; ``timed`` if the time stands beside it."""
        e = _since(e)
        if e.is_number or not getattr(e, "free_symbols", None):
            return e
        if self._fixed(e):
            return self._beside_time(e) if timed and self.wide else self.constant(e)
        args: tuple[Any, ...] = e.args
        timed = any(is_late(a) for a in args)
        if isinstance(e, sp.Add | sp.Mul):
            fixed = [a for a in args if self._fixed(a)]
            rest = [self.take(a, timed) for a in args if not self._fixed(a)]
            if any(a.free_symbols for a in fixed):
                return e.func(self.take(e.func(*fixed), timed), *rest)
            return e.func(*fixed, *rest)
        return e.func(*[self.take(a, timed) for a in args]) if args else e

    def _beside_time(self, e: sp.Expr) -> Any:
        """A constant in two parts, so that a late time is not multiplied by a rounded number."""
        rest: Any = low(e)
        return wide(self.constant(e), self.constant(rest))

    def _fixed(self, e: sp.Basic) -> bool:
        """Whether an expression is a number made of parameters; a condition is none, nor is a case of a choice."""
        return isinstance(e, sp.Expr) and {s.name for s in e.free_symbols} <= self.known

    def constant(self, e: sp.Expr) -> sp.Symbol:
        """The symbol of a constant; equal expressions share one."""
        if e not in self.named:
            self.named[e] = f"_c{len(self.named)}"
        return symbol(self.named[e])

    def split(self) -> tuple[list[str], list[str]]:
        """Names of the shared constants, and of those that differ between neurons."""
        differs = {n: bool({s.name for s in e.free_symbols} & self.arrays) for e, n in self.named.items()} | self.extra
        return [n for n, d in differs.items() if not d], [n for n, d in differs.items() if d]


_TITLES = {
    "exact": "states that advance exactly",
    "exponential_euler": "exponential Euler",
    "implicit_midpoint": "implicit midpoint",
    "euler_maruyama": "Euler-Maruyama",
}


class Stepper:
    """Builder of the assignments of a step of a fused system."""

    def __init__(self, fused: Fused, arrays: frozenset[str], wide: bool = False):
        self.fused, self.arrays = fused, arrays
        self.methods = choose(fused.rhs, fused.parameters, fused.inputs, fused.methods)
        self.still = [s for s, e in fused.rhs.items() if e == 0 and self.methods[s] == "exact"]  # until an event
        self.linear = linear_system(fused.rhs, self.methods, fused.parameters, self.still)
        self.reach = _reach(self.linear)
        self.constants = Constants(fused.parameters, arrays, wide)
        self.half = False
        self.stages: dict[str, str] = {}  # assigned name -> title of its stage

    def updates(self) -> tuple[Steps, dict[str, str]]:
        """Assignments in order, and the name of each state's new value."""
        new = {s: f"new_{s}" for s in self.fused.rhs}
        self.stages |= {new[s]: _TITLES[m] for s, m in self.methods.items() if m in _TITLES}
        steps: Steps = [(new[s], symbol(s)) for s in self.still]
        steps += [(new[s], e) for s, e in self._exact().items()]
        for s, m in sorted(self.methods.items(), key=lambda x: x[0] != "v"):  # gates follow the voltage
            if m == "exponential_euler":
                e = _with_z(exponential_euler(s, self.fused.rhs[s], self.fused.parameters))
                if s != "v" and self._staggered():
                    e = e.subs(symbol("v"), symbol(new["v"]))
                steps.append((new[s], self.constants.take(e)))
            elif m == "implicit_midpoint":
                known = {q: new[q] for q in self.linear.states}
                steps.append((new[s], self.constants.take(implicit_midpoint(s, self.fused.rhs[s], known))))
        hard = [s for s, m in self.methods.items() if m == "rk4"]
        steps += self._runge_kutta(hard, new) if hard else []
        for s, m in self.methods.items():
            if m == "euler_maruyama":
                steps.append((new[s], self.constants.take(self._euler_maruyama(s))))
        return steps, new

    def _staggered(self) -> bool:
        """Whether gates are half a step ahead of the voltage: each advances with the other at the middle of its step, in second order.

        Not if a refractory neuron clamps its voltage, which then differs from the one computed here. Hines M (1984) Int J Biomed Comput 15:69-76.
        """
        return self.methods.get("v") == "exponential_euler" and "v" not in self.fused.hold

    def entry_words(self) -> dict[str, str]:
        """Words for entries of propagators: ``decay_v``, ``g_to_v``, ``I_stimulus_0_to_v``, ``noise_0_to_v``."""
        states, inputs = self.linear.states, [str(u) if u != 1 else "drive" for u in self.linear.inputs]
        out = {}
        for name in self.constants.extra:
            kind, i, j = name.split("_")
            to, j = states[int(i)], int(j)
            if kind in "PH":
                word = f"decay_{to}" if states[j] == to else f"{states[j]}_to_{to}"
            else:
                word = f"noise_{j}_to_{to}" if kind == "L" else f"{inputs[j]}_to_{to}"
            out[name] = f"half_{word}" if kind in "HK" else word
        return out

    def _entry(self, name: str) -> sp.Symbol:
        lin = self.linear
        symbols = {s.name for row in (*lin.A, *lin.B, *lin.G) for e in row for s in getattr(e, "free_symbols", ())}
        self.constants.extra[name] = bool(symbols & self.arrays)
        return symbol(name)

    def _propagate(self, i: int, state: str, drive: str) -> sp.Expr:
        """Row ``i`` of propagator times states and inputs."""
        lin = self.linear
        e: Any = sum(self._entry(f"{state}_{i}_{j}") * symbol(q) for j, q in enumerate(lin.states) if self.reach[i][j])
        for j, u in enumerate(lin.inputs):
            if any(self.reach[i][m] and lin.B[m][j] != 0 for m in range(len(lin.states))):
                e += self._entry(f"{drive}_{i}_{j}") * u
        return e

    def _exact(self) -> dict[str, sp.Expr]:
        lin, new = self.linear, {}
        noisy = _noisy(lin, self.reach)
        for i, s in enumerate(lin.states):
            e = self._propagate(i, "P", "Q")
            if i in noisy:
                e += sum(self._entry(f"L_{i}_{j}") * symbol(f"z_{j}") for j in noisy if j <= i)
            new[s] = e
        return new

    def _euler_maruyama(self, s: str) -> sp.Expr:
        e = self.fused.rhs[s]
        noise = {n for n in e.free_symbols if is_noise(n.name)}
        drift = e.subs(dict.fromkeys(noise, 0))
        return symbol(s) + drift * DT + sum(sp.diff(e, n) * sp.sqrt(DT) * symbol(f"z_{n.name}") for n in noise)

    def _runge_kutta(self, hard: list[str], new: dict[str, str]) -> Steps:
        """Four stages; exactly advanced states and ``t`` enter at half and full step."""
        rhs = {s: self.fused.rhs[s] for s in hard}
        used = sorted({n.name for e in rhs.values() for n in e.free_symbols} & set(self.linear.states))
        self.half = bool(used)
        steps: Steps = [(f"half_{s}", self._propagate(self.linear.states.index(s), "H", "K")) for s in used]
        self.stages |= dict.fromkeys([n for n, _ in steps], "exactly advanced states at half of the step")
        middle = {symbol(s): symbol(f"half_{s}") for s in used} | {TIME: TIME + DT / 2}
        end = {symbol(s): symbol(new[s]) for s in used} | {TIME: TIME + DT}
        for n, (weight, others) in enumerate(
            ((0, {}), (sp.Rational(1, 2), middle), (sp.Rational(1, 2), middle), (1, end)), 1
        ):
            swap: Any = dict(others)
            self.stages |= {f"{x}{n}_{s}": f"Runge-Kutta, {STAGES[n - 1]} stage" for s in hard for x in ("x", "k")}
            if n > 1:
                swap |= {symbol(s): symbol(f"x{n}_{s}") for s in hard}
                steps += [
                    (f"x{n}_{s}", self.constants.take(symbol(s) + weight * DT * symbol(f"k{n - 1}_{s}"))) for s in hard
                ]
            steps += [(f"k{n}_{s}", self.constants.take(rhs[s].subs(swap, simultaneous=True))) for s in hard]
        self.stages |= dict.fromkeys([new[s] for s in hard], "Runge-Kutta, the step")
        for s in hard:
            k1, k2, k3, k4 = (symbol(f"k{n}_{s}") for n in (1, 2, 3, 4))
            steps.append((new[s], symbol(s) + self.constants.constant(DT / 6) * (k1 + 2 * (k2 + k3) + k4)))
        return steps


def _with_z(e: sp.Expr) -> sp.Expr:
    """``e`` with standard normals for white noises."""
    return e.subs({s: symbol(f"z_{s.name}") for s in e.free_symbols if is_noise(s.name)})


def _reach(lin: Linear) -> list[list[bool]]:
    """Influence of states on each other within a step: the nonzero pattern of the matrix exponential (state, influencing state)."""
    n = len(lin.states)
    r = [[i == j or lin.A[i][j] != 0 for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                r[i][j] = r[i][j] or (r[i][k] and r[k][j])
    return r


def _noisy(lin: Linear, reach: list[list[bool]]) -> list[int]:
    """States that noise reaches within a step."""
    driven = [i for i in range(len(lin.states)) if any(g != 0 for g in (lin.G[i] if lin.G else []))]
    return [i for i in range(len(lin.states)) if any(reach[i][j] for j in driven)]
