"""Execution plan of a plasticity rule: states that are exact between events, states with substeps, values remembered at targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

import sympy as sp

from amine.equations.limits import EXPANDED, expanded, simplified, terms
from amine.equations.rules import Event, RuleEquations
from amine.equations.symbols import is_noise, names_of, symbol
from amine.errors import AmineError
from amine.records import dataclass


@dataclass
class Linear:
    """A state with x' = drive - rate x, where both depend on parameters only."""

    name: str
    rate: Any
    drive: Any

    @property
    def rest(self) -> Any:
        """Value that it approaches."""
        return self.drive / self.rate


@dataclass
class Condition:
    """A comparison of decaying states with a threshold: once true it can only end, at a time that is known."""

    flag: str
    level: Any  # linear in decaying states
    threshold: Any
    rate: Any


@dataclass
class RulePlan:
    """Execution plan of a rule.

    ``source``, ``trace`` and ``exact`` are the states of source, target and synapse that are linear between events; ``substep``
    maps the other states of the synapse to their derivatives. ``fused`` are states of the target that advance with its
    neurons. ``held`` are expressions of the target's variables, stored when they change; ``seen`` are variables of the
    target read at post-spikes, ``now`` those read at pre-spikes; ``fields`` are slow signals.
    """

    eq: RuleEquations
    source: list[Linear]
    trace: list[Linear]
    exact: list[Linear]
    substep: dict[str, Any]
    fused: list[str]
    held: list[Any] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    phases: list[str | None] = field(default_factory=lambda: [None])
    bathed: list[str] = field(default_factory=list)  # slow signals read by states of the target
    ticking: bool = False  # substeps must end where slow signals change

    @property
    def synapse(self) -> list[str]:
        """States stored for each synapse, the weight first."""
        return ["w", *[s for s in self.eq.at("synapse") if s != "w"]]

    @property
    def rates(self) -> list[Any]:
        """Distinct decay rates, each with its own table."""
        out: list[Any] = []
        for s in (*self.source, *self.trace, *self.exact):
            if s.rate != 0 and s.rate not in out:
                out.append(s.rate)
        return out


def methods(eq: RuleEquations) -> dict[str, str]:
    """Integration method of each state of a rule."""
    fused = _fused(eq)
    out = {}
    for s, place in eq.places.items():
        linear = _linear(eq, s) is not None
        out[s] = (
            "with the neuron"
            if s in fused
            else "exact"
            if linear
            else "substeps"
            if place == "synapse"
            else "each tick"
        )
    return out


def plan(eq: RuleEquations, fields: set[str]) -> RulePlan:
    """Execution plan of a rule; ``fields`` are the outside names that are slow signals.

    Raises
    ------
    AmineError
        If a state of the source is not linear between spikes, or the rule contains a statement that is not supported.
    """
    _refuse(eq)
    _check_sums(eq)
    lin = {s: _linear(eq, s) for s in eq.states}
    fused = [s for s in eq.at("target") if s in _fused(eq)]
    source = [lin[s] for s in eq.at("source")]
    trace = [lin[s] for s in eq.at("target") if s not in fused]
    synapse = ["w", *[s for s in eq.at("synapse") if s != "w"]]
    exact = [lin[s] for s in synapse if lin[s] is not None]
    out = RulePlan(eq, source, trace, exact, {s: eq.rhs[s] for s in synapse if lin[s] is None}, fused)  # type: ignore[arg-type]
    out.phases = [None, *dict.fromkeys(e.after for e in eq.pre if e.after is not None)]
    out.fields = [n for n in eq.outside if n in fields] + eq.at("field")
    out.bathed = sorted({n for s in fused for n in names_of(eq.rhs[s])} & fields)
    target = set(fused) | {n for n in eq.outside if n not in fields}
    out.seen = sorted(_read(eq.post, "synapse", eq) & target)
    out.now = sorted(_read(eq.pre, "synapse", eq) & target)
    _hold(out, target)
    _conditions(out)
    moving = {s.name for s in (*source, *trace, *exact) if s is not None and s.rate != 0} | set(out.fields)
    out.ticking = any(not _separable(e, moving, out) for e in out.substep.values())
    return out


def _separable(e: sp.Expr, moving: set[str], out: RulePlan) -> bool:
    """Whether x' = m(t) f(x) with one decaying state m, so that only the integral of m over time counts."""
    used = names_of(e) & moving
    if not used:
        return True
    if len(out.substep) > 1 or len(used) > 1 or used & set(out.fields):
        return False
    m = symbol(next(iter(used)))
    return m not in simplified(e / m).free_symbols


def _refuse(eq: RuleEquations) -> None:
    for s in eq.at("source"):
        if _linear(eq, s) is None:
            raise AmineError(
                eq.where,
                f"the state '{s}' of the source is not linear between spikes",
                hint="states of the source must decay on their own; make it a state of the synapse or the target",
            )
    if any(e.after is not None for e in eq.post):
        raise AmineError(
            eq.where, "'on post after' is not possible", hint="delay the pre-spike with 'on pre after' instead"
        )
    for s, e in eq.rhs.items():
        if eq.places[s] != "synapse" and any(is_noise(n) for n in names_of(e)) and s not in _fused(eq):
            raise AmineError(eq.where, f"noise acts on '{s}'", hint="noise is for states of the synapse")


def _check_sums(eq: RuleEquations) -> None:
    for s, e in eq.sums.items():
        strange = sorted(names_of(e) - set(eq.parameters) - set(eq.at("synapse")))
        if strange:
            raise AmineError(
                eq.where, f"the sum '{s}' reads '{strange[0]}'", expected="states of the synapse and parameters only"
            )


def _linear(eq: RuleEquations, s: str) -> Linear | None:
    """The state as x' = drive - rate x with coefficients of parameters only, else None."""
    e, x = eq.rhs[s], symbol(s)
    slope = sp.diff(e, x)
    rest = expanded(e - slope * x)
    known = set(eq.parameters)
    if slope.has(sp.Derivative, sp.Subs) or not (names_of(slope) | names_of(rest)) <= known:
        return None
    return Linear(s, simplified(-slope), simplified(rest))


def _fused(eq: RuleEquations) -> set[str]:
    """States of the target that must advance with its neurons: those not linear in themselves, and those linked to them by derivatives or jumps."""
    target = set(eq.at("target"))
    out = {s for s in target if _linear(eq, s) is None} | set(eq.sums)
    jumps = [(n, e) for event in eq.post for act in event.acts if act is not None for n, e in [act] if n in target]
    while True:
        more = {n for s in out for n in names_of(eq.rhs[s]) & target} | {
            n for n, e in jumps if names_of(e) & (out | set(eq.outside))
        }
        more |= {m for n, e in jumps if n in out for m in names_of(e) & target}
        if more <= out:
            return out
        out |= more


def _read(events: Iterable[Event], place: str, eq: RuleEquations) -> set[str]:
    """Names read by the event statements that write states at a place."""
    acts = [a for e in events for a in e.acts if a is not None]
    return {n for name, e in acts if eq.places.get(name, "synapse") == place for n in names_of(e)}


def _hold(out: RulePlan, target: set[str]) -> None:
    """Replaces the largest subexpressions of the target's variables in derivatives by stored values."""
    known = set(out.eq.parameters) | target

    def take(e: sp.Expr) -> Any:
        names = names_of(e)
        if not names & target:
            return e
        if names <= known and isinstance(e, sp.Expr):  # neither a comparison nor a branch of where()
            return _held(out, e)
        if isinstance(e, sp.Mul | sp.Add):
            mine = [a for a in e.args if names_of(a) <= known]
            if len(mine) > 1 and any(names_of(a) & target for a in mine):
                rest = [take(a) for a in e.args if a not in mine]
                return e.func(take(e.func(*mine)), *rest)
        return e.func(*[take(a) if names_of(a) & target else a for a in e.args])  # type: ignore[arg-type]

    out.substep = {s: take(_spread(_flags(out, e, target), target)) for s, e in out.substep.items()}


def _spread(e: sp.Expr, target: set[str]) -> Any:
    """Expanded products, so that factors of the target's variables stand together."""
    return sp.expand_mul(e) if names_of(e) & target and terms(e) <= EXPANDED else e


def _flags(out: RulePlan, e: sp.Expr, target: set[str]) -> Any:
    """Replaces comparisons of the target's variables by stored zeros and ones."""
    changed: Any = e
    for r in sorted(e.atoms(sp.core.relational.Relational), key=str):
        if names_of(r) & target and names_of(r) <= target | set(out.eq.parameters):
            flag = _held(out, sp.Piecewise((1, r), (0, True)))
            changed = changed.subs(r, flag > sp.Rational(1, 2))
    return changed


def _held(out: RulePlan, e: sp.Expr) -> Any:
    if e not in out.held:
        out.held.append(e)
    return symbol(f"held_{out.held.index(e)}")


def _conditions(out: RulePlan) -> None:
    """Replaces comparisons of decaying states with a threshold by flags whose end is known."""
    decaying = {s.name: s.rate for s in (*out.source, *out.trace, *out.exact) if s.drive == 0 and s.rate != 0}
    for name, e in list(out.substep.items()):
        for r in sorted(e.atoms(sp.core.relational.Relational), key=str):
            condition = _condition(out, r, decaying)
            if condition is not None:
                e = e.subs(r, condition)
        out.substep[name] = e


def _condition(out: RulePlan, r: sp.Rel, decaying: dict[str, sp.Expr]) -> Any:
    left: Any = r.lhs
    gap = expanded(left - r.rhs)
    used = names_of(gap) & set(decaying)
    if not used or not names_of(gap) <= used | set(out.eq.parameters) or len({decaying[n] for n in used}) != 1:
        return None
    zero = {symbol(n): 0 for n in used}
    threshold = -gap.subs(zero)
    level = expanded(gap + threshold)
    if any(names_of(sp.diff(level, symbol(n))) & used for n in used):
        return None
    above = isinstance(r, sp.StrictGreaterThan | sp.GreaterThan)
    if level.could_extract_minus_sign():
        level, threshold, above = -level, -threshold, not above
    found = next((c for c in out.conditions if c.level == level and c.threshold == threshold), None)
    if found is None:
        found = Condition(f"flag_{len(out.conditions)}", level, threshold, decaying[next(iter(used))])
        out.conditions.append(found)
    flag = symbol(found.flag) > sp.Rational(1, 2)
    return flag if above else sp.Not(flag)
