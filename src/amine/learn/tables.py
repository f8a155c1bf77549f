"""Samples from a table in a text file: separators, quotes, headers, and what is said of cells that are no numbers."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from amine.errors import AmineError
from amine.learn.data import Data

SEPARATORS = (",", ";", "\t")
TASKS = ("classification", "regression")
MANY = 50  # distinct whole numbers up to which a target counts as labels unless the task is named


def read(path: Path, task: str | None = None) -> Data:
    """A data set from a table whose last column is the target: separated by commas, semicolons or tabs, with or without a header.

    Cells may be quoted. With semicolons or tabs, numbers may have a decimal comma.

    Parameters
    ----------
    path : the file, UTF-8. task : ``classification`` or ``regression``; None: by the target (text, or few distinct whole numbers, are labels).

    Raises
    ------
    AmineError
        If the file is empty, a row has another number of cells, or a cell is empty or no number; the message names row and column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "t.csv"
    ...     _ = path.write_text('x;"the, label"\\n1,5;"a;b"\\n2;c\\n')
    ...     d = read(path)
    >>> d.X.tolist(), d.y.tolist(), d.features
    ([[1.5], [2.0]], ['a;b', 'c'], ('x',))
    """
    where = f"file '{path}'"
    separator, rows = _rows(path, where)
    width = len(rows[0][1])
    for line, row in rows:
        if len(row) != width:
            raise AmineError(
                f"{where}, line {line}", "it has another number of cells", given=str(len(row)), expected=str(width)
            )
    if width < 2:
        raise AmineError(
            where, "it can't be read as samples: there is one column only", expected="features and a target"
        )
    first = rows[0][1]
    header = any(c and math.isnan(_number(c, separator)) and c.lower() != "nan" for c in first[:-1])
    names = first if header else [str(k + 1) for k in range(width)]
    body = rows[1:] if header else rows
    if not body:
        raise AmineError(
            where,
            "it can't be read as samples: there is a header, and no rows follow",
            given=separator.join(first)[:60],
        )
    X = np.array([[_cell(where, line, names[k], row[k], separator) for k in range(width - 1)] for line, row in body])
    for line, row in body:
        if not row[-1]:
            raise AmineError(
                f"{where}, line {line}, column '{names[-1]}'", "the cell is empty", hint="fill it, or leave the row out"
            )
    y = _targets(where, [row[-1] for _, row in body], separator)
    kind, y = kind_of(where, y, task)
    return Data(
        path.stem, X, y, f"Samples of {path.name}", task=kind, features=tuple(names[:-1]) if header else (),
        classes=tuple(np.unique(y)) if kind == "classification" else (), extra={"file": str(path.resolve())},
    )  # fmt: skip


def kind_of(where: str, y: np.ndarray, task: str | None) -> tuple[str, np.ndarray]:
    """The task for targets (samples,), and the targets as it takes them; raises AmineError if they do not fit the task that is named."""
    if task is not None and task not in TASKS:
        raise AmineError(f"{where}, --task", f"{task!r} is not known", expected=" or ".join(TASKS))
    text = y.dtype.kind in "USO"
    if task == "regression" and text:
        raise AmineError(where, "the target of a regression must be numbers", given=repr(str(y[0])))
    whole = y.dtype.kind in "iub" or (y.dtype.kind == "f" and bool((y == np.round(y)).all()))
    few = whole and (y.dtype.kind in "iub" or len(np.unique(y)) <= MANY)
    kind = task or ("classification" if text or few else "regression")
    if kind == "regression":
        return kind, y.astype(float)
    if not (text or whole):
        raise AmineError(where, "labels must be text or whole numbers", given=f"{float(y[y != np.round(y)][0]):g}")
    return kind, y.astype(int) if y.dtype.kind == "f" else y


def _rows(path: Path, where: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """The separator, and the number and cells of each line that is not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise AmineError(where, "it can't be read as samples", given=str(e)[:60], expected="text in UTF-8") from e
    if not text.strip():
        raise AmineError(where, "it can't be read as samples: it is empty")
    found = {s: _split(text, s, where) for s in SEPARATORS}

    def merit(s: str) -> tuple[bool, int]:
        widths = [len(row) for _, row in found[s]]
        return len(set(widths)) == 1 and widths[0] > 1, widths[0]

    best = max(SEPARATORS, key=merit)
    return best, found[best]


def _split(text: str, separator: str, where: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, [c.strip() for c in row]) for row in reader if any(c.strip() for c in row)]
    except csv.Error as e:
        raise AmineError(f"{where}, line {reader.line_num}", "it can't be read as samples", given=str(e)) from e


def _number(cell: str, separator: str) -> float:
    """The number in a cell, with a decimal comma where that does not separate; NaN if there is none."""
    try:
        return float(cell)
    except ValueError:
        pass
    try:
        return float(cell.replace(",", ".", 1)) if separator != "," else math.nan
    except ValueError:
        return math.nan


def _cell(where: str, line: int, name: str, cell: str, separator: str) -> float:
    x = _number(cell, separator)
    if math.isfinite(x):
        return x
    raise AmineError(
        f"{where}, line {line}, column '{name}'",
        "the cell is not a finite number" if cell else "the cell is empty",
        given=cell[:40],
        hint="fill it, or leave the row out",
    )


def _targets(where: str, cells: list[str], separator: str) -> np.ndarray:
    """Targets (samples,) as numbers if all are, else as text."""
    numbers = np.array([_number(c, separator) for c in cells])
    if np.isnan(numbers).any():
        return np.array(cells)
    if not np.isfinite(numbers).all():
        raise AmineError(where, "a target is not finite", given=cells[int(np.argmin(np.isfinite(numbers)))])
    return numbers
