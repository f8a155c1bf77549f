"""The statements of a model as lines of text, names and expressions, from which LaTeX and MathML are written."""

from __future__ import annotations

from typing import Any, TypeAlias

import sympy as sp

from amine.equations.given import is_draw, is_uniform
from amine.equations.rules import RuleEquations
from amine.equations.symbols import symbol
from amine.equations.system import Equations
from amine.records import dataclass


@dataclass(frozen=True)
class Words:
    """Words within a line."""

    text: str


@dataclass(frozen=True)
class Name:
    """A state, a parameter or a named expression."""

    name: str


@dataclass(frozen=True)
class Slope:
    """The derivative of a state with respect to time."""

    name: str


@dataclass(frozen=True)
class Sign:
    """``=``, ``<-`` (becomes) or ``,`` between two assignments."""

    sign: str


Piece: TypeAlias = "Words | Name | Slope | Sign | sp.Basic"
EQUAL, BECOMES, COMMA = Sign("="), Sign("<-"), Sign(",")


def statement_lines(eq: Equations | RuleEquations) -> list[list[Piece]]:
    """One line for each statement of a model."""
    return [[_spoken(p) if isinstance(p, sp.Basic) else p for p in line] for line in _lines(eq)]


def _spoken(e: sp.Basic) -> sp.Basic:
    """An expression in which each random number is called by its function."""
    found: Any = {s: symbol("rand" if is_uniform(s.name) else "randn") for s in e.free_symbols if is_draw(s.name)}  # type: ignore[attr-defined]
    return e.xreplace(found)


def _lines(eq: Equations | RuleEquations) -> list[list[Piece]]:
    if isinstance(eq, RuleEquations):
        eq = eq.shown
    out: list[list[Piece]] = [[Slope(s), EQUAL, e] for s, e in eq.rhs.items()]
    out += [[Name(n), EQUAL, e] for n, e in eq.named.items()]
    if eq.current is not None:
        out.append([Name("I"), EQUAL, eq.current])
    if eq.threshold is not None:
        resets: list[Piece] = []
        for k, (n, e) in enumerate(eq.reset):
            resets += [*([COMMA] if k else []), Name(n), BECOMES, e]
        out.append([Words("spike if "), eq.threshold, *([Words(", then "), *resets] if resets else [])])
    for x in eq.happenings:
        acts: list[Piece] = []
        for k, (n, e) in enumerate(x.acts[1:]):
            acts += [*([COMMA] if k else []), Name(n), BECOMES, e]
        out.append([Words(f"{x.name} if "), x.condition, *([Words(", then "), *acts] if acts else [])])
    for words, until in (("refractory for ", eq.refractory), ("refractory after a spike while ", eq.waiting)):
        held: list[Piece] = [Words(", holding ")] if eq.hold else []
        for k, h in enumerate(eq.hold):
            held += [COMMA, Name(h)] if k else [Name(h)]
        out += [] if until is None else [[Words(words), until, *held]]
    for what, events in (("at a spike", eq.on_spike), ("after it", eq.after_spike)):
        out += [[Words(f"{what}: "), Name(n), BECOMES, e] for n, e in events]
    if eq.payload is not None:
        out.append([Words("released: "), eq.payload])
    return out


__all__ = ["BECOMES", "COMMA", "EQUAL", "Name", "Piece", "Sign", "Slope", "Words", "statement_lines"]
