"""A parsed model: its equations as SymPy expressions in the coherent units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any

import sympy as sp

from amine.equations.integrate import choose
from amine.equations.singular import stable
from amine.equations.symbols import is_noise, names_of, symbol
from amine.errors import AmineError
from amine.records import dataclass


@dataclass(frozen=True)
class Happening:
    """An event of a neuron that is no spike: at the end of each step in which its condition holds, its acts are carried out in order.

    A state of its name counts how often it happened.
    """

    name: str
    condition: Any
    acts: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Equations:
    """A parsed model: right-hand sides as SymPy expressions in the coherent internal units.

    ``states`` maps each state to its unit; ``rhs`` gives its time derivative, in which named
    subexpressions (``named``) are not yet substituted. ``reset``, ``on_spike`` and ``after_spike`` are lists of
    assignments (name, expression) carried out in order. ``inputs`` are values that synapses set and the step reads, with
    their units; those in ``masses`` are stored as integers, those in ``impulses`` last for one step.
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
    waiting: Any = None  # condition that keeps a neuron refractory after a spike
    hold: tuple[str, ...] = ()
    initial: Mapping[str, sp.Expr] = field(default_factory=dict)
    on_spike: tuple[tuple[str, sp.Expr], ...] = ()
    after_spike: tuple[tuple[str, sp.Expr], ...] = ()
    current: sp.Expr | None = None
    payload: sp.Expr | None = None
    ion: str | None = None  # carried by the current of a channel
    inputs: Mapping[str, str] = field(default_factory=dict)
    masses: frozenset[str] = frozenset()
    methods: Mapping[str, str] = field(default_factory=dict)
    impulses: frozenset[str] = frozenset()
    happenings: tuple[Happening, ...] = ()
    draws: tuple[str, ...] = ()  # random numbers, one for each ``rand()`` and ``randn()`` in the text
    _whole: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # cache of expanded expressions

    def called(self, names: Mapping[str, str]) -> Equations:
        """The equations with other names of states."""
        swap: Any = {symbol(a): symbol(b) for a, b in names.items()}

        def other(e: Any) -> Any:
            return None if e is None else e.xreplace(swap)

        def acts(pairs: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
            return tuple((names.get(n, n), other(e)) for n, e in pairs)

        keyed = {k: {names.get(n, n): x for n, x in getattr(self, k).items()} for k in ("states", "methods")}
        moved = {
            k: {names.get(n, n): other(e) for n, e in getattr(self, k).items()} for k in ("rhs", "named", "initial")
        }
        single = {k: other(getattr(self, k)) for k in ("threshold", "refractory", "waiting", "current", "payload")}
        several = {k: acts(getattr(self, k)) for k in ("reset", "on_spike", "after_spike")}
        events = tuple(Happening(names.get(x.name, x.name), other(x.condition), acts(x.acts)) for x in self.happenings)
        hold = tuple(names.get(n, n) for n in self.hold)
        return replace(self, **keyed, **moved, **single, **several, happenings=events, hold=hold, _whole={})

    @property
    def noises(self) -> tuple[str, ...]:
        """Names of the independent white noises (``xi``, ``xi_1`` ...), sorted."""
        found = {n for e in self.full_rhs.values() for n in names_of(e) if is_noise(n)}
        return tuple(sorted(found))

    @property
    def full_rhs(self) -> dict[str, sp.Expr]:
        """Time derivatives with named subexpressions substituted."""
        return {s: self.expand(e) for s, e in self.rhs.items()}

    def expand(self, e: sp.Expr) -> Any:
        """``e`` with all named subexpressions substituted, recursively, and removable singularities removed."""
        if e not in self._whole:
            self._whole[e] = stable(self._filled(e), self.where, frozenset(self.parameters))
        return self._whole[e]

    def _filled(self, e: sp.Expr) -> Any:
        filled: Any = e
        for _ in range(len(self.named) + 1):
            used = {s: self.named[s.name] for s in filled.free_symbols if s.name in self.named}
            if not used:
                break
            filled = filled.xreplace(used)
        return filled

    @property
    def events(self) -> list[tuple[str, Any]]:
        """(keyword, expression) of every statement other than equations."""
        single = (
            ("threshold", self.threshold),
            ("refractory", self.refractory),
            ("refractory", self.waiting),
            ("current", self.current),
            ("payload", self.payload),
        )
        many = (("reset", self.reset), ("on spike", self.on_spike), ("after spike", self.after_spike))
        out = [("initial", e) for e in self.initial.values()]
        out += [(key, e) for key, e in single if e is not None]
        out += [("event", e) for x in self.happenings for e in (x.condition, *(e for _, e in x.acts))]
        return out + [(key, e) for key, acts in many for _, e in acts]

    def reads(self, name: str) -> bool:
        """Whether any statement reads a name, also by way of named subexpressions."""
        return any(name in names_of(self.expand(e)) for e in (*self.rhs.values(), *(e for _, e in self.events)))

    @property
    def starts(self) -> dict[str, Any]:
        """Initial value of each state, with initial values of other states substituted; 0 by default."""
        return started({s: self.expand(e) for s, e in self.initial.items()}, self.states, self.where)

    @property
    def integrators(self) -> dict[str, str]:
        """Integration method of each state: exact, exponential_euler, rk4 or euler_maruyama."""
        return choose(self.full_rhs, set(self.parameters), {"I", *self.inputs, *self.draws}, self.methods)


def refuse_loops(named: Mapping[str, sp.Expr], where: str) -> None:
    """Raises AmineError if named subexpressions depend on each other in a loop."""
    order_of(named, "named subexpressions", where)


def order_of(named: Mapping[str, sp.Expr], what: str, where: str) -> list[str]:
    """Names in an order in which each depends only on earlier ones; raises AmineError for a loop."""
    order: list[str] = []
    waiting = {n: names_of(e) & set(named) for n, e in named.items()}
    while waiting:
        ready = [n for n, needs in waiting.items() if not needs - set(order)]
        if not ready:
            raise AmineError(
                where,
                f"algebraic loop among {what}: " + " -> ".join(_circle(waiting)),
                hint="make one of them a state with its own time constant"
                if what.startswith("named")
                else "give one of them a value",
            )
        order += ready
        waiting = {n: needs for n, needs in waiting.items() if n not in ready}
    return order


def started(initial: Mapping[str, sp.Expr], states: Iterable[str], where: str) -> dict[str, Any]:
    """Initial values with those of other states substituted."""
    out: dict[str, Any] = dict.fromkeys(states, sp.S.Zero)
    for s in order_of(initial, "the initial values", where):
        out[s] = initial[s].xreplace({x: out[x.name] for x in initial[s].free_symbols if x.name in out})
    return out


def _circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """Names of a loop of dependencies, the first repeated at the end."""
    way = [next(iter(waiting))]
    while len(set(way)) == len(way):
        way.append(min(waiting[way[-1]] & set(waiting)))
    return way[way.index(way[-1]) :]
