"""Runs cases one by one and keeps each row, so that a run that was stopped goes on, and writes the table into a page.

Rows are kept with a digest of the package's files: rows of other code are not taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from amine.errors import AmineError
from amine.files import read_text, write_text
from amine.pharmacology.cases.case import CASES
from amine.pharmacology.cases.rows import HEAD, Row, counts, run_row

BEGIN, END = "<!-- cases: written by python -m amine.pharmacology.cases --page -->", "<!-- end of cases -->"


def code_digest() -> str:
    """Digest of all files of the package on which rows depend."""
    found = hashlib.sha256()
    root = Path(str(resources.files("amine")))
    for file in sorted(f for f in root.rglob("*") if f.suffix in (".py", ".toml", ".xz")):
        found.update(str(file.relative_to(root)).encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def run_kept(names: Iterable[str], keep: Path, say: Callable[[str], None] = print) -> list[Row]:
    """Run cases and keep each row in a file as soon as it is known; those that it has of the same code are taken from it.

    Parameters
    ----------
    names : of cases. keep : the file, with a line for each row. say : called with each line of the table.

    Raises
    ------
    AmineError
        A case is not known, or the file is damaged.
    """
    wanted = list(names)
    for name in wanted:
        if name not in CASES:
            raise AmineError("cases", f"case '{name}' is not known", expected=", ".join(CASES))
    digest, kept = code_digest(), _lines(keep)
    if kept:  # without a line that a kill cut off
        write_text(keep, "".join(json.dumps(r) + "\n" for r in kept), f"file '{keep}'")
    known = {r["name"]: Row(**r["row"]) for r in kept if r["code"] == digest}
    out: list[Row] = []
    for name in wanted:
        row = known.get(name)
        if row is None:
            row = run_row(name)
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"code": digest, "name": name, "row": row.__dict__}) + "\n")
        out.append(row)
        say(row.line)
    return out


def _lines(keep: Path) -> list[dict[str, Any]]:
    """The kept rows; a last line that was cut off by a kill is left out."""
    if not keep.exists():
        return []
    out: list[dict[str, Any]] = []
    lines = keep.read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(lines):
        try:
            out.append(json.loads(line))
        except json.JSONDecodeError:
            if i + 1 < len(lines):
                raise AmineError(f"file '{keep}'", f"line {i + 1} is damaged", hint="delete the file") from None
    return out


def around(page: Path) -> tuple[str, str]:
    """What stands before and after the table of a page, with the marks.

    Raises
    ------
    AmineError
        The page has no marks.
    """
    text = read_text(page, f"file '{page}'")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        problem = "the marks between which the table stands are missing"
        raise AmineError(f"file '{page}'", problem, expected=f"{BEGIN} and {END}")
    return text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]


def write_page(page: Path, rows: list[Row]) -> None:
    """Write counts, table and how long it took between the marks of a page; errors as those of :func:`around`."""
    before, after = around(page)
    minutes = sum(r.seconds for r in rows) / 60.0
    said = f"All rows are from one run of the same code ({date.today().isoformat()}, {minutes:.0f} minutes of cases)."
    failed = [r.name for r in rows if not r.ran]
    said += f" {len(failed)} could not be run: {', '.join(failed)}." if failed else ""
    body = "\n".join([counts().strip(), "", said, "", *HEAD, *(r.line for r in rows)])
    write_text(page, f"{before}\n\n{body}\n\n{after}", f"file '{page}'")


__all__ = ["BEGIN", "END", "around", "code_digest", "run_kept", "write_page"]
