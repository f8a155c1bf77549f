"""The statements of a model as lines of text, names and expressions, from which LaTeX and MathML are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sympy as sp

from amine.equations.rules import RuleEquations
from amine.equations.system import Equations


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
    if eq.refractory is not None:
        held: list[Piece] = [Words(", holding ")] if eq.hold else []
        for k, h in enumerate(eq.hold):
            held += [COMMA, Name(h)] if k else [Name(h)]
        out.append([Words("refractory for "), eq.refractory, *held])
    for what, events in (("at a spike", eq.on_spike), ("after it", eq.after_spike)):
        out += [[Words(f"{what}: "), Name(n), BECOMES, e] for n, e in events]
    if eq.payload is not None:
        out.append([Words("released: "), eq.payload])
    return out


__all__ = ["BECOMES", "COMMA", "EQUAL", "Name", "Piece", "Sign", "Slope", "Words", "statement_lines"]
