"""Runs the Python blocks of a page in order, in one namespace, and keeps what each prints and draws."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"(<!-- not run -->\s*\n)?^```python[^\n]*\n(.*?)^```\n?", re.M | re.S)
MOST_LINES = 40  # of what a block prints; the rest is counted


@dataclass
class Block:
    """A block of a page: where it stands, its code, and what running it gave."""

    line: int  # lines of the page above its first line
    end: int  # index of the character after it
    code: str
    printed: str = ""
    pictures: list[bytes] = field(default_factory=list)  # PNG

    def shown(self) -> str:
        """What the block gave, as Markdown."""
        text = ""
        lines = self.printed.rstrip().splitlines()
        if lines:
            rest = [f"... ({len(lines) - MOST_LINES} more lines)"] if len(lines) > MOST_LINES else []
            text += "\n```text\n" + "\n".join([*lines[:MOST_LINES], *rest]) + "\n```\n"
        for png in self.pictures:
            data = base64.b64encode(png).decode()
            text += f'\n<img alt="What this block draws" src="data:image/png;base64,{data}">\n'
        return text


def blocks(text: str) -> list[Block]:
    """The blocks of a page that are to run: all but those marked ``<!-- not run -->``."""
    return [Block(text.count("\n", 0, m.start(2)), m.end(), m.group(2)) for m in BLOCK.finditer(text) if not m.group(1)]


def run(text: str, name: str) -> list[Block]:
    """The blocks of a page, run in a folder of their own; an error keeps the page's line numbers."""
    found = blocks(text)
    names: dict[str, Any] = {"__name__": "page"}
    with _elsewhere():
        for block in found:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), _saved_figures(block.pictures):
                _execute(block, name, names)
            block.printed = out.getvalue()
    return found


def with_outputs(text: str, name: str) -> str:
    """The page with what each block prints and draws under it."""
    for block in reversed(run(text, name)):
        text = text[: block.end] + block.shown() + text[block.end :]
    return text


def _execute(block: Block, name: str, names: dict[str, Any]) -> None:
    """Runs a block; a last line that is an expression and gives a figure is drawn, as in a notebook."""
    tree = ast.parse("\n" * block.line + block.code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if last is None:
        return
    value = eval(compile(ast.Expression(last.value), name, "eval"), names)
    if callable(getattr(value, "savefig", None)):
        block.pictures.append(_png(value))


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    type(figure).savefig(figure, file, format="png", dpi=110)
    return file.getvalue()


@contextlib.contextmanager
def _saved_figures(pictures: list[bytes]) -> Iterator[None]:
    """Keeps each figure that is saved to a file."""
    from matplotlib.figure import Figure

    save = Figure.savefig

    def keep(self: Any, target: Any, *args: Any, **options: Any) -> None:
        save(self, target, *args, **options)
        if isinstance(target, str | Path):
            file = io.BytesIO()
            save(self, file, format="png", dpi=110)
            pictures.append(file.getvalue())

    Figure.savefig = keep  # type: ignore[method-assign]
    try:
        yield
    finally:
        Figure.savefig = save  # type: ignore[method-assign]


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """A new folder to work in."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
