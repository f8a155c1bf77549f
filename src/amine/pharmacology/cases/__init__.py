"""Effects of drugs that are known from experiment, each as a run of a small network, with measure, expected direction and paper.

The networks show mechanisms, not tissues: direction and rough size are compared, not the numbers of a paper. The control of each case is the
same network with a dose of 0 uM, so that both use the same compiled code. ``python -m amine.pharmacology.cases --page docs/drug-cases.md`` runs all cases and
writes the table of the documentation; started again after a stop, it goes on where it was.
"""

from __future__ import annotations

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
from amine.pharmacology.cases.rows import counts, rows, table

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
