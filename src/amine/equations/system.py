"""A parsed model: its equations as SymPy expressions in the coherent units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amine.equations.integrate import choose
from amine.equations.singular import stable
from amine.equations.symbols import is_noise
from amine.errors import AmineError


@dataclass(frozen=True)
class Equations:
    """A parsed model: right-hand sides as SymPy expressions in the coherent internal units.

    ``states`` maps each state to its unit; ``rhs`` gives its time derivative, in which named
    subexpressions (``named``) are not yet substituted. ``reset``, ``on_spike`` and ``after_spike`` are lists of
    assignments (name, expression) carried out in order. ``inputs`` are values that synapses set and the step reads, with
    their units; those in ``masses`` are held as whole numbers, those in ``impulses`` are for one step.
    """

    where: str
    states: Mapping[str, str]
    rhs: Mapping[str, sp.Expr]
    named: Mapping[str, sp.Expr]
    named_units: Mapping[str, str]
    parameters: Mapping[str, str]
    threshold: Any = None
    reset: tuple[tuple[str, sp.Expr], ...] = ()
    refractory: sp.Expr | None = None
    hold: tuple[str, ...] = ()
    initial: Mapping[str, sp.Expr] = field(default_factory=dict)
    on_spike: tuple[tuple[str, sp.Expr], ...] = ()
    after_spike: tuple[tuple[str, sp.Expr], ...] = ()
    current: sp.Expr | None = None
    payload: sp.Expr | None = None
    ion: str | None = None  # what the current of a channel carries
    inputs: Mapping[str, str] = field(default_factory=dict)
    masses: frozenset[str] = frozenset()
    methods: Mapping[str, str] = field(default_factory=dict)
    impulses: frozenset[str] = frozenset()
    _whole: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # what was expanded before

    @property
    def noises(self) -> tuple[str, ...]:
        """Names of the independent white noises (``xi``, ``xi_1`` ...), sorted."""
        found = {s.name for e in self.full_rhs.values() for s in e.free_symbols if is_noise(s.name)}
        return tuple(sorted(found))

    @property
    def full_rhs(self) -> dict[str, sp.Expr]:
        """Time derivatives with the named subexpressions put in."""
        return {s: self.expand(e) for s, e in self.rhs.items()}

    def expand(self, e: Any) -> Any:
        """``e`` with every named subexpression put in, to the bottom, and without removable singularities."""
        if e not in self._whole:
            self._whole[e] = stable(self._filled(e), self.where, frozenset(self.parameters))
        return self._whole[e]

    def _filled(self, e: Any) -> Any:
        for _ in range(len(self.named) + 1):
            used = {s: self.named[s.name] for s in e.free_symbols if s.name in self.named}
            if not used:
                break
            e = e.xreplace(used)
        return e

    @property
    def expressions(self) -> list[Any]:
        """Every expression of the model but its named subexpressions, which stand in these."""
        single = (self.threshold, self.refractory, self.current, self.payload)
        acts = (e for many in (self.reset, self.on_spike, self.after_spike) for _, e in many)
        return [*self.rhs.values(), *self.initial.values(), *(e for e in single if e is not None), *acts]

    @property
    def integrators(self) -> dict[str, str]:
        """How each state advances: exact, exponential_euler, rk4 or euler_maruyama."""
        return choose(self.full_rhs, set(self.parameters), {"I", *self.inputs}, self.methods)


def refuse_loops(named: Mapping[str, sp.Expr], where: str) -> None:
    """Raises AmineError if named subexpressions depend on each other in a circle."""
    open_, done = [], set()

    def visit(n: str) -> None:
        if n in open_:
            raise AmineError(
                where,
                "algebraic loop between " + " -> ".join([*open_[open_.index(n) :], n]),
                hint="make one of them a state with its own time constant",
            )
        if n in done:
            return
        open_.append(n)
        for s in sorted(s.name for s in named[n].free_symbols if s.name in named):
            visit(s)
        open_.pop()
        done.add(n)

    for n in named:
        visit(n)
