"""Rows of the table of cases: one run each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from amine.errors import AmineError
from amine.pharmacology.cases.case import CASES
from amine.records import dataclass

_COLUMNS = ("effect", "system, level", "dose", "measured", "published, or expected", "found", "s", "after")
HEAD = ("| " + " | ".join(_COLUMNS) + " |", "|---" * len(_COLUMNS) + "|")


@dataclass(frozen=True)
class Row:
    """A line of the table, the seconds of its run, and whether it could be run."""

    name: str
    line: str
    seconds: float
    ran: bool = True


def run_row(name: str) -> Row:
    """The row of a case, which is run; a run that fails says so in its row.

    Parameters
    ----------
    name : of the case.
    """
    c, start = CASES[name], time.perf_counter()
    ran = True
    try:
        numbers = c.run()
        found = "; ".join(f"{k}: {_short(v)}" for k, v in numbers.items())
        if not c.holds(numbers):
            found += f" (**not reached**: {c.differs or 'not as expected'})"
    except (AmineError, ArithmeticError, LookupError, ValueError) as e:
        found, ran = f"**failed**: {str(e).splitlines()[0][:200].replace('|', '/')}", False
    seconds = time.perf_counter() - start
    cells = (c.name, f"{c.system}, {c.level}", c.drugs, c.measured, c.expected, found, f"{seconds:.2g}", c.paper)
    return Row(name, "| " + " | ".join(cells) + " |", seconds, ran)


def table(names: Iterable[str] | None = None) -> str:
    """Run cases, by default all, and return their numbers as a Markdown table; ``s`` are seconds of the run, of which most are compilation if the code is not in the cache.

    >>> sorted(CASES)[:2]
    ['adenosine_epsc', 'amphetamine_level']
    """
    return "\n".join(rows(names)) + "\n"


def rows(names: Iterable[str] | None = None) -> Iterator[str]:
    """The lines of :func:`table`, each as soon as its case has run."""
    yield from HEAD
    for name in names or CASES:
        yield run_row(name).line


def counts() -> str:
    """How many cases there are, of each level and of each system, and how many do not reach the published size.

    >>> counts().split(",")[0].endswith("cases")
    True
    """
    levels, systems = (Counter(getattr(c, a) for c in CASES.values()) for a in ("level", "system"))
    missed = sum(bool(c.differs) for c in CASES.values())
    show = lambda of: ", ".join(f"{k} {n}" for k, n in of.most_common())  # noqa: E731
    return f"{len(CASES)} cases, of which {missed} do not reach the published size. Levels: {show(levels)}. Systems: {show(systems)}.\n"


def _short(x: float) -> str:
    return f"{x:.0f}" if abs(x) >= 100 or x == 0 else f"{x:.2g}"
