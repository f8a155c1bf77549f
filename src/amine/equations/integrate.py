"""Integration methods: chooses one for each state and derives the update of one step.

exact
    linear, with coefficients that depend on parameters only: x(t+dt) = P x(t) + Q u, with the propagator P from the matrix
    exponential (Rotter & Diesmann 1999, Biol Cybern 81:381), inputs u constant within the step; white noise in
    these states is added with its exact covariance.
exponential_euler
    linear in itself when the other states are held at their values at the start of the step; first order.
rk4
    everything else, together with the states in the same loop; its stages use the exactly advanced states at half and
    full step, which keeps the fourth order.
euler_maruyama
    as rk4, but driven by white noise.
implicit_midpoint
    linear in itself, on request only: x + dt f/(1 - dt f'/2), stable at any rate; second order in the exactly advanced
    states, which are taken at half step.

A model may request another method for a state, ``method v exponential_euler``: rk4 is accurate, but unstable if a conductance is so large
that the membrane follows it within a step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Any

import sympy as sp

from amine.equations.limits import expanded, simplified
from amine.equations.symbols import exprel, is_noise, mod, names_of, rint, symbol
from amine.records import dataclass

DT = symbol("dt")
STEPS = (sp.Piecewise, sp.sign, sp.floor, sp.ceiling, sp.Heaviside, mod, rint)
METHODS = ("exact", "exponential_euler", "rk4", "euler_maruyama", "implicit_midpoint")


@dataclass
class Linear:
    """The exactly advanced states: x' = A x + B u + G xi, with entries that depend on parameters only."""

    states: tuple[str, ...] = ()
    inputs: tuple[Any, ...] = ()  # symbols, or the number 1, constant within the step
    noises: tuple[str, ...] = ()
    A: list[list[Any]] = field(default_factory=list)
    B: list[list[Any]] = field(default_factory=list)
    G: list[list[Any]] = field(default_factory=list)


def _states_in(e: sp.Expr, names: Sequence[str]) -> set[str]:
    return names_of(e) & set(names)


def _noises_in(e: sp.Expr) -> set[str]:
    return {n for n in names_of(e) if is_noise(n)}


def _linear_in(e: sp.Expr, name: str) -> bool:
    s = symbol(name)
    if any(s in a.free_symbols for a in e.atoms(*STEPS)):
        return False  # the derivative of a step function vanishes, but it is not linear
    return s not in sp.diff(e, s).free_symbols and not sp.diff(e, s).has(sp.Derivative, sp.Subs)


def _exact_states(rhs: Mapping[str, sp.Expr], parameters: set[str], inputs: set[str]) -> set[str]:
    """Largest set of states that is linear in itself with constant coefficients and depends on no other state."""
    ok = set(rhs)
    while True:
        bad = set()
        for s in ok:
            e = rhs[s]
            noises = {n for n in names_of(e) if is_noise(n)}
            free = names_of(e) - parameters - noises
            if not free <= ok | inputs:
                bad.add(s)
                continue
            if any(names_of(a) & free for a in e.atoms(*STEPS)):
                bad.add(s)  # the derivative of a step function vanishes, but it is not linear
                continue
            coefficients = [sp.diff(e, symbol(n)) for n in sorted(free | noises)]
            if any(names_of(d) - parameters or d.has(sp.Derivative, sp.Subs) for d in coefficients):
                bad.add(s)
        if not bad:
            return ok
        ok -= bad


def _loops(rhs: Mapping[str, sp.Expr]) -> dict[str, set[str]]:
    """For each state, the states on which it depends and that depend on it, itself included."""
    reach = {s: _states_in(e, list(rhs)) for s, e in rhs.items()}
    for _ in rhs:
        reach = {s: r | {q for p in r for q in reach[p]} for s, r in reach.items()}
    return {s: {q for q in r if s in reach[q]} | {s} for s, r in reach.items()}


def choose(
    rhs: Mapping[str, sp.Expr],
    parameters: set[str],
    inputs: set[str] | None = None,
    override: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Integration method of each state.

    Parameters
    ----------
    rhs : time derivative of each state. parameters : names of parameters.
    inputs : names held constant within a step; None: the total current ``I``.
    override : methods requested by the model.
    """
    inputs = {"I"} if inputs is None else inputs
    override = dict(override or {})
    exact = _exact_states(rhs, parameters, inputs)
    exact -= {s for s, m in override.items() if m != "exact"}
    while True:  # remove states that read a state that is not exact, or share its noise
        shared = {n for s in set(rhs) - exact for n in _noises_in(rhs[s])}
        lost = {s for s in exact if _states_in(rhs[s], list(rhs)) - exact or _noises_in(rhs[s]) & shared}
        if not lost:
            break
        exact -= lost
    out = dict.fromkeys(exact, "exact")
    rest = {s: e for s, e in rhs.items() if s not in exact}
    hard = {s for s, e in rest.items() if not _linear_in(e, s)}
    loops = _loops(rest)
    for s, _e in rest.items():
        together = loops[s] & hard
        noisy = any(is_noise(n) for q in loops[s] for n in names_of(rest[q]))
        out[s] = override.get(s) or ("exponential_euler" if not together else "euler_maruyama" if noisy else "rk4")
    return {s: out[s] for s in rhs}


def linear_system(
    rhs: Mapping[str, sp.Expr], methods: Mapping[str, str], parameters: set[str], held: Collection[str] = ()
) -> Linear:
    """Matrices of the exactly advanced states; those ``held``, which only events change, count as inputs."""
    states = tuple(s for s in rhs if methods[s] == "exact" and s not in held)
    free = {n for s in states for n in names_of(rhs[s])} - parameters - set(states)
    noises = tuple(sorted(n for n in free if is_noise(n)))
    inputs = tuple(symbol(n) for n in sorted(free - set(noises)))
    A, B, G = [], [], []
    zero: dict[Any, Any] = {symbol(n): 0 for n in (*states, *free)}
    for s in states:
        e = rhs[s]
        A.append([sp.diff(e, symbol(q)) for q in states])
        B.append([sp.diff(e, u) for u in inputs] + [simplified(e.subs(zero))])
        G.append([sp.diff(e, symbol(n)) for n in noises])
    used = [j for j in range(len(inputs) + 1) if any(row[j] != 0 for row in B)]
    everything = (*inputs, sp.S.One)
    return Linear(states, tuple(everything[j] for j in used), noises, A, [[row[j] for j in used] for row in B], G)


def exponential_euler(s: str, e: sp.Expr, parameters: set[str]) -> Any:
    """Solution over one step of x' = a x + b with a and b frozen, with noise of the exact variance.

    A nonlinear x' = f(x), for which the method must be requested, is linearised at the start of the step (Pope DA (1963)
    Commun ACM 6:491-493).
    """
    x = symbol(s)
    noises: list[Any] = [n for n in e.free_symbols if is_noise(n.name)]
    drift = e.subs(dict.fromkeys(noises, 0))
    if not _linear_in(drift, s):
        slope = _between_steps(sp.diff(drift, x))
        return _with_noise(x + drift * DT * exprel(slope * DT), e, noises, slope * DT)
    a_dt = expanded(sp.diff(drift, x) * DT)
    b_dt = drift.subs(x, 0) * DT
    new = x + b_dt if a_dt == 0 else _relax(x, a_dt, b_dt, parameters)
    return _with_noise(new, e, noises, a_dt)


def _between_steps(derivative: sp.Expr) -> Any:
    """A derivative in which step functions, such as floor and sign, have none."""
    return derivative.replace(lambda q: isinstance(q, sp.Derivative | sp.Subs | sp.DiracDelta), lambda *_: sp.S.Zero)


def implicit_midpoint(s: str, e: sp.Expr, exact: Mapping[str, str]) -> Any:
    """One step of x' = a x + b; ``exact`` names the new values of states that are already known at the end of the step."""
    x = symbol(s)
    middle: dict[Any, Any] = {symbol(n): (symbol(n) + symbol(new)) / 2 for n, new in exact.items()}
    slope: Any = e.subs(middle, simultaneous=True)
    return x + DT * slope / (1 - DT / 2 * sp.diff(slope, x))


def _with_noise(new: sp.Expr, e: sp.Expr, noises: Sequence[sp.Symbol], a_dt: sp.Expr | int) -> Any:
    for n in noises:
        new += sp.diff(e, n) * sp.sqrt(DT * (exprel(2 * a_dt) if a_dt != 0 else 1)) * n
    return new


def _relax(x: sp.Expr, a_dt: sp.Expr, b_dt: sp.Expr, parameters: set[str]) -> Any:
    """x_inf + (x - x_inf) exp(a dt), or the form with exprel if ``a`` might vanish."""
    known = parameters | {"dt"}
    terms = sp.Add.make_args(a_dt)
    alike = len({t.could_extract_minus_sign() for t in terms}) == 1  # terms of both signs might cancel each other
    if alike and any(_never_zero(t, known) for t in terms):
        return -b_dt / a_dt + (x + b_dt / a_dt) * sp.exp(a_dt)
    return x + (a_dt * x + b_dt) * exprel(a_dt)


def _never_zero(term: sp.Expr, known: set[str]) -> bool:
    """Whether each factor of a term is an exponential or depends on parameters only; a state may vanish."""
    return all(f.has(sp.exp, exprel) or names_of(f) <= known for f in sp.Mul.make_args(term))
