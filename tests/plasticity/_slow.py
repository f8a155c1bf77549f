"""Any rule carried out for one synapse in the plainest way: small Runge-Kutta steps and events on the grid, from its equations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp


class Plain:
    """One synapse of a parsed rule.

    Parameters
    ----------
    eq : the parsed rule. values : its parameters. dt : distance of events in ms.
    outside : for names that the rule does not integrate itself, their values at each step.
    tick : steps for which such a value is kept where it stands in a derivative.
    """

    def __init__(
        self, eq, values: dict[str, float], dt: float, outside: dict[str, np.ndarray], tick: int, parts: int = 1
    ):
        self.eq, self.dt, self.outside, self.tick, self.parts = eq, dt, outside, tick, parts
        self.own = [s for s in eq.states if s not in outside]
        names = [*eq.states, *[n for n in outside if n not in eq.states]]
        swap = {sp.Symbol(n, real=True): v for n, v in values.items()}
        self.names = names

        def function(e) -> Callable[..., float]:
            return sp.lambdify([sp.Symbol(n, real=True) for n in names], e.subs(swap), "math")

        self.rhs = {s: function(eq.rhs[s]) for s in self.own}
        self.bounds = {s: tuple(float(b.subs(swap)) for b in pair) for s, pair in eq.bounds.items()}
        self.initial = {s: float(e.subs(swap)) for s, e in eq.initial.items()}
        self.pre = [(0 if e.after is None else round(values[e.after] / dt), self._acts(e, function)) for e in eq.pre]
        self.post = [(0, self._acts(e, function)) for e in eq.post]

    def _acts(self, event, function):
        return [(a[0], function(a[1])) for a in event.acts if a is not None and a[0] in self.own]

    def run(self, w: float, pre: np.ndarray, post: np.ndarray, steps: int) -> dict[str, float]:
        """States after ``steps``; ``pre`` and ``post`` are the steps at which spikes reach the synapse."""
        x = {s: self.initial.get(s, 0.0) for s in self.own} | {"w": w}
        for k in range(steps):
            held = {n: v[k - k % self.tick] for n, v in self.outside.items()}
            now = {n: v[k] for n, v in self.outside.items()}
            for late, acts in self.pre:
                if k - late in pre:
                    self._apply(acts, x, now)
            if k in post:
                for _, acts in self.post:
                    self._apply(acts, x, now)
            for _ in range(self.parts):
                self._advance(x, held, self.dt / self.parts)
        return x

    def _apply(self, acts, x, now):
        for name, f in acts:
            x[name] = f(*[now[n] if n in now else x[n] for n in self.names])
            self._clip(name, x)

    def _clip(self, name, x):
        if name in self.bounds:
            low, high = self.bounds[name]
            x[name] = min(max(x[name], low), high)

    def _advance(self, x, held, h):
        def slope(y):
            return {s: self.rhs[s](*[held[n] if n in held else y[n] for n in self.names]) for s in self.own}

        k1 = slope(x)
        k2 = slope({s: x[s] + h / 2 * k1[s] for s in x})
        k3 = slope({s: x[s] + h / 2 * k2[s] for s in x})
        k4 = slope({s: x[s] + h * k3[s] for s in x})
        for s in x:
            x[s] += h / 6 * (k1[s] + 2 * k2[s] + 2 * k3[s] + k4[s])
            self._clip(s, x)
