"""Effects of drugs that are known from experiment, each as a run of a small network, with measure, expected direction and paper.

The networks show mechanisms, not tissues: direction and rough size are compared, not the numbers of a paper. The control of each case is the
same network with a dose of 0 uM, so that both use the same compiled code. ``python -m amine.pharmacology.cases`` runs all cases and prints the
table of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable

from amine.pharmacology.cases import excitation, inhibition, modulators, receptors
from amine.pharmacology.cases.case import CASES, Case

__all__ = ["CASES", "Case", "excitation", "inhibition", "modulators", "receptors", "table"]


def table(names: Iterable[str] | None = None) -> str:
    """Run cases, by default all, and return their numbers as a Markdown table.

    >>> sorted(CASES)[:2]
    ['amphetamine_level', 'ap5_epsp']
    """
    lines = ["| effect | dose | measured | expected | found | after |", "|---|---|---|---|---|---|"]
    for name in names or CASES:
        c = CASES[name]
        numbers = c.run()
        found = "; ".join(f"{k}: {_short(v)}" for k, v in numbers.items())
        verdict = "" if c.holds(numbers) else " (**not as expected**)"
        lines.append(f"| {c.name} | {c.drugs} | {c.measured} | {c.expected} | {found}{verdict} | {c.paper} |")
    return "\n".join(lines) + "\n"


def _short(x: float) -> str:
    return f"{x:.0f}" if abs(x) >= 100 or x == 0 else f"{x:.2g}"
