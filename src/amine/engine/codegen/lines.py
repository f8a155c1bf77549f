"""Lines of generated text with their indentation, from which the loop over steps is assembled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from amine.records import dataclass

WIDTH = 119  # columns


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment line."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """``head:`` and the indented lines under it."""

    head: str
    body: Lines


@dataclass(frozen=True, slots=True)
class Call:
    """``before function(*arguments)``, wrapped if it is long; ``before`` may be ``n = ``."""

    before: str
    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function with its decorators."""

    decorators: Sequence[str]
    name: str
    arguments: Sequence[str]
    body: Lines


Line: TypeAlias = str | Comment | Block | Call | Function
Lines: TypeAlias = Sequence[Line]


def printed(lines: Lines, indent: int = 0) -> str:
    """The text of some lines, each ended."""
    return "".join(f"{line}\n" if line else "\n" for line in _texts(lines, indent))


def _texts(lines: Lines, indent: int) -> Iterator[str]:
    pad = " " * 4 * indent
    for line in lines:
        match line:
            case Comment(text):
                yield f"{pad}# {text}"
            case Block(head, body):
                yield f"{pad}{head}:"
                yield from _texts(body or ["pass"], indent + 1)
            case Call(before, function, arguments):
                yield from wrapped(f"{pad}{before}{function}(", arguments, ")", pad + "    ")
            case Function(decorators, name, arguments, body):
                yield from (f"{pad}@{d}" for d in decorators)
                yield from wrapped(f"{pad}def {name}(", arguments, "):", pad + "    ")
                yield from _texts(body, indent + 1)
            case str():
                yield pad + line if line else ""


def wrapped(head: str, parts: Sequence[str], tail: str, pad: str) -> Iterator[str]:
    """``head part, part tail`` on one line if it fits, else with the parts on lines of their own."""
    one = f"{head}{', '.join(parts)}{tail}"
    if len(one) <= WIDTH:
        yield one
        return
    yield head.rstrip()
    line = ""
    for part in parts:
        if line and len(pad) + len(line) + len(part) + 2 > WIDTH:
            yield pad + line.rstrip()
            line = ""
        line += f"{part}, "
    yield pad + line.rstrip()
    yield f"{pad[:-4]}{tail.lstrip()}"
