"""Effects of drugs that are known from experiment, each as a run of a small network, with measure, expected direction and paper.

The networks show mechanisms, not tissues: direction and rough size are compared, not the numbers of a paper. The control of each case is the
same network with a dose of 0 uM, so that both use the same compiled code. ``python -m amine.pharmacology.cases`` runs all cases and prints the
table of the documentation.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from amine.pharmacology.cases import (
    bursts,
    excitation,
    firing,
    inhibition,
    learning,
    membrane,
    modulators,
    monoamines,
    receptors,
    rhythms,
    terminals,
)
from amine.pharmacology.cases.case import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "bursts",
    "counts",
    "excitation",
    "firing",
    "inhibition",
    "learning",
    "membrane",
    "modulators",
    "monoamines",
    "receptors",
    "rhythms",
    "rows",
    "table",
    "terminals",
]

_COLUMNS = ("effect", "system, level", "dose", "measured", "published, or expected", "found", "s", "after")


def table(names: Iterable[str] | None = None) -> str:
    """Run cases, by default all, and return their numbers as a Markdown table; ``s`` are seconds of the run, of which most are compilation if the code is not in the cache.

    >>> sorted(CASES)[:2]
    ['adenosine_epsc', 'amphetamine_level']
    """
    return "\n".join(rows(names)) + "\n"


def rows(names: Iterable[str] | None = None) -> Iterator[str]:
    """The lines of :func:`table`, each as soon as its case has run."""
    yield "| " + " | ".join(_COLUMNS) + " |"
    yield "|---" * len(_COLUMNS) + "|"
    for name in names or CASES:
        c = CASES[name]
        start = time.perf_counter()
        numbers = c.run()
        seconds = time.perf_counter() - start
        found = "; ".join(f"{k}: {_short(v)}" for k, v in numbers.items())
        if not c.holds(numbers):
            found += f" (**not reached**: {c.differs or 'not as expected'})"
        cells = (c.name, f"{c.system}, {c.level}", c.drugs, c.measured, c.expected, found, f"{seconds:.2g}", c.paper)
        yield "| " + " | ".join(cells) + " |"


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
