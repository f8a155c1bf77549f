"""A neuron alone, advanced by the same methods as in a network, in plain Python: for estimates of accuracy before a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from amine.equations.given import LAST_SPIKE
from amine.equations.integrate import DT, choose, exponential_euler, implicit_midpoint, linear_system
from amine.equations.symbols import is_noise, symbol
from amine.equations.system import Equations

Update = Callable[..., float]
LONG_AGO = -1e8  # ms


def _exprel(x: float) -> float:
    return math.expm1(x) / x if x != 0 else 1.0


_FUNCTIONS = {"exprel": _exprel, "rint": lambda x: float(round(x)), "mod": lambda x, y: x % y}


_last_spike: Any = sp.Function("_last_spike")


class March:
    """A neuron with numbers for its parameters, under a constant current, without noise and with inputs of zero.

    Parameters
    ----------
    eq : its equations. values : its parameters in coherent units.
    """

    def __init__(self, eq: Equations, values: Mapping[str, float]):
        self.last = LONG_AGO  # time of the last spike
        numbers: Any = {symbol(n): v for n, v in values.items()}
        numbers |= {symbol(n): 0.0 for n in eq.inputs}
        quiet = {s: _silent(e).subs(numbers) for s, e in eq.full_rhs.items()}
        self.rhs: dict[str, Any] = dict(sorted(quiet.items(), key=lambda x: x[0] != "v"))
        self.methods = choose(self.rhs, set(), {"I"}, eq.methods)
        self.methods = {s: "rk4" if m == "euler_maruyama" else m for s, m in self.methods.items()}
        self.states, self.hold = list(self.rhs), eq.hold
        self.start = [float(sp.N(e.subs(numbers))) for e in (eq.starts[s] for s in self.states)]
        self.linear = linear_system(self.rhs, self.methods, set())
        self.hard = [s for s, m in self.methods.items() if m == "rk4"]
        self._derivatives = {s: self._function(self.rhs[s]) for s in self.hard}
        self._updates = self._linearised()
        self._threshold = self._function(eq.expand(eq.threshold).subs(numbers)) if eq.threshold is not None else None
        self._reset = [(self.states.index(n), self._function(eq.expand(e).subs(numbers))) for n, e in eq.reset]
        self._waiting = None if eq.waiting is None else self._function(eq.expand(eq.waiting).subs(numbers))
        self._wait = None if eq.refractory is None else self._function(eq.expand(eq.refractory).subs(numbers))

    def _function(self, e: Any) -> Update:
        names = [*map(symbol, self.states), symbol("I"), symbol("t"), DT, *(symbol(f"new_{s}") for s in self.states)]
        spiked = e.xreplace({symbol(LAST_SPIKE): _last_spike()})
        return sp.lambdify(names, spiked, [{**_FUNCTIONS, "_last_spike": lambda: self.last}, "math"])

    def _linearised(self) -> list[tuple[int, Update]]:
        """Updates of the states that are linear in themselves, in order: the voltage first, which gates follow."""
        staggered = self.methods.get("v") == "exponential_euler" and "v" not in self.hold
        out = []
        for s in self.states:
            if self.methods[s] == "exponential_euler":
                e: Any = exponential_euler(s, self.rhs[s], set())
                out.append((s, e.subs(symbol("v"), symbol("new_v")) if s != "v" and staggered else e))
            elif self.methods[s] == "implicit_midpoint":
                out.append((s, implicit_midpoint(s, self.rhs[s], {q: f"new_{q}" for q in self.linear.states})))
        return [(self.states.index(s), self._function(e)) for s, e in out]

    def run(self, dt: float, span: float, current: float) -> tuple[np.ndarray, np.ndarray]:
        """Times of spikes (ms), and the voltage at each millisecond, in ``span`` ms under ``current`` pA."""
        x, free, times, trace = list(self.start), 0, [], []
        self.last = LONG_AGO
        half, whole = (self._propagator(h, current) for h in (dt / 2, dt))
        every = max(1, round(1 / dt))
        for k in range(round(span / dt)):
            if free == math.inf and self._waiting is not None and not self._waiting(*x, current, k * dt, dt, *x):
                free = k
            new = self._step(x, current, k * dt, dt, half, whole)
            if k < free:
                for s in self.hold:
                    new[self.states.index(s)] = x[self.states.index(s)]
            x = new
            end = (k + 1) * dt
            if self._threshold is not None and k >= free and self._threshold(*x, current, end, dt, *x):
                times.append(end)
                for i, f in self._reset:
                    x[i] = f(*x, current, end, dt, *x)
                if self._wait is not None:
                    free = k + 1 + math.floor(self._wait(*x, current, end, dt, *x) / dt + 0.5)
                free = math.inf if self._waiting is not None else free
                self.last = end
            if (k + 1) % every == 0:
                trace.append(x[self.states.index("v")])
        return np.array(times), np.array(trace)

    def _propagator(self, h: float, current: float) -> tuple[np.ndarray, np.ndarray]:
        """exp(A h), and what the inputs add."""
        from scipy.linalg import expm

        lin = self.linear
        n, k = len(lin.states), len(lin.inputs)
        M = np.zeros((n + k, n + k))
        for i in range(n):
            M[i, :n], M[i, n:] = [float(a) * h for a in lin.A[i]], [float(b) * h for b in lin.B[i]]
        E = expm(M) if n else M
        u = np.array([current if e == symbol("I") else 1.0 for e in lin.inputs])
        return E[:n, :n], E[:n, n:] @ u

    def _step(
        self,
        x: list[float],
        current: float,
        t: float,
        dt: float,
        half: tuple[np.ndarray, np.ndarray],
        whole: tuple[np.ndarray, np.ndarray],
    ) -> list[float]:
        new, middle, at = list(x), list(x), [self.states.index(s) for s in self.linear.states]
        if at:
            old = np.array([x[i] for i in at])
            for i, a, b in zip(at, half[0] @ old + half[1], whole[0] @ old + whole[1], strict=True):
                middle[i], new[i] = float(a), float(b)
        for i, f in self._updates:
            new[i] = f(*x, current, t, dt, *new)
        if self.hard:
            self._runge_kutta(x, middle, new, current, t, dt)
        return new

    def _runge_kutta(
        self, x: list[float], middle: list[float], new: list[float], current: float, t: float, dt: float
    ) -> None:
        """Four stages, in which the exactly advanced states stand at their times."""
        places = {s: self.states.index(s) for s in self.hard}
        slopes: list[dict[str, float]] = []
        for share, others in ((0.0, x), (0.5, middle), (0.5, middle), (1.0, list(new))):
            y = list(others)
            for s, i in places.items():
                y[i] = x[i] + share * dt * (slopes[-1][s] if slopes else 0.0)
            slopes.append({s: f(*y, current, t + share * dt, dt, *y) for s, f in self._derivatives.items()})
        a, b, c, d = slopes
        for s, i in places.items():
            new[i] = x[i] + dt / 6 * (a[s] + 2 * (b[s] + c[s]) + d[s])


def _silent(e: Any) -> Any:
    return e.subs({s: 0 for s in e.free_symbols if is_noise(s.name)})


__all__ = ["March"]
