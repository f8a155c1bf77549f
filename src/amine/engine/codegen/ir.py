"""Statements of generated code and passes over them; printers print these and the expressions of :mod:`amine.equations.terms`.

Fixed frames are quoted (:func:`amine.engine.codegen.quote.quote`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from amine.equations.terms import (
    Binary,
    Boolean,
    Call,
    Choice,
    Expr,
    Integer,
    Item,
    Key,
    Listed,
    Name,
    Number,
    Operand,
    Table,
    Unary,
    call,
    chain,
    children,
    expr,
    item,
    names_in,
    rebuilt,
    renamed,
    widened,
)
from amine.records import dataclass

# --- statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``, with ``comment`` behind it."""

    target: Name | Item
    value: Expr
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """``target op= value``."""

    target: Name | Item
    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Do:
    """An expression for its effect."""

    value: Expr


@dataclass(frozen=True, slots=True)
class If:
    """``then`` where ``condition`` holds, else ``other``."""

    condition: Expr
    then: Block
    other: Block = ()


@dataclass(frozen=True, slots=True)
class For:
    """``for var in range(*bounds)``."""

    var: str
    bounds: tuple[Expr, ...]
    body: Block
    comment: str = ""


@dataclass(frozen=True, slots=True)
class While:
    """``while condition``."""

    condition: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class Return:
    """``return value``."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Plain:
    """``break``, ``continue`` or ``pass``."""

    word: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment line: the title of the stage that begins here."""

    text: str


Statement: TypeAlias = Assign | Update | Do | If | For | While | Return | Plain | Comment
Block: TypeAlias = Sequence[Statement]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a generated module."""

    name: str
    args: tuple[str, ...]
    body: Block
    decorator: str = ""
    doc: str = ""


def assign(target: str | Name | Item, value: Operand, comment: str = "") -> Assign:
    """``target = value``."""
    return Assign(Name(target) if isinstance(target, str) else target, expr(value), comment)


# --- questions and passes ----------------------------------------------------------------------------------------------


def walk(block: Block) -> Iterator[Statement]:
    """All statements, including inner ones."""
    for s in block:
        yield s
        match s:
            case If(_, then, other):
                yield from walk(then)
                yield from walk(other)
            case For(_, _, body, _) | While(_, body):
                yield from walk(body)


def read_by(s: Statement) -> set[str]:
    """The variables that a statement reads itself, without its inner statements."""
    match s:
        case Assign(target, value, _):
            return names_in(value) | (names_in(target) if isinstance(target, Item) else set())
        case Update(target, _, value):
            return names_in(value) | names_in(target)
        case Do(value) | Return(value):
            return names_in(value)
        case If(condition, _, _) | While(condition, _):
            return names_in(condition)
        case For(_, bounds, _, _):
            return set().union(*(names_in(b) for b in bounds))
    return set()


def reads(block: Block) -> set[str]:
    """All variables that statements read."""
    return set().union(*(read_by(s) for s in walk(block)))


def wide_functions(functions: Sequence[Function]) -> tuple[str, ...]:
    """Names of the functions that are called in float64 whatever the precision of a step."""
    found = {f for g in functions for s in walk(g.body) for e in _expressions(s) for f in _wide_calls(e)}
    return tuple(sorted(found))


def _expressions(s: Statement) -> tuple[Expr, ...]:
    match s:
        case Assign(_, value, _) | Update(_, _, value) | Do(value) | Return(value):
            return (value,)
        case If(condition, _, _) | While(condition, _):
            return (condition,)
    return ()


def _wide_calls(e: Expr) -> Iterator[str]:
    if isinstance(e, Call) and e.wide:
        yield e.function
    for x in children(e):
        yield from _wide_calls(x)


def without_unread(block: Block) -> list[Statement]:
    """The statements without assignments to variables that are never read."""
    out = list(block)
    while True:
        used = reads(out)
        fewer = _kept(out, used)
        if fewer == out:
            return out
        out = fewer


def _kept(block: Block, used: set[str]) -> list[Statement]:
    out: list[Statement] = []
    for s in block:
        if isinstance(s, Assign) and isinstance(s.target, Name) and s.target.name not in used:
            continue
        match s:
            case If(_, then, other):
                s = replace(s, then=_kept(then, used) or [Plain("pass")], other=_kept(other, used))
            case For(_, _, body, _) | While(_, body):
                s = replace(s, body=_kept(body, used) or [Plain("pass")])
        out.append(s)
    return out


__all__ = [
    "Expr",
    "Name",
    "Number",
    "Integer",
    "Boolean",
    "Unary",
    "Binary",
    "Call",
    "Item",
    "Choice",
    "Listed",
    "Table",
    "Key",
    "Operand",
    "expr",
    "call",
    "item",
    "children",
    "rebuilt",
    "renamed",
    "widened",
    "names_in",
    "chain",
    "Assign",
    "Update",
    "Do",
    "If",
    "For",
    "While",
    "Return",
    "Plain",
    "Comment",
    "Statement",
    "Block",
    "Function",
    "assign",
    "walk",
    "read_by",
    "reads",
    "without_unread",
]
