"""Hashes of the networks of ``identity.py`` that are kept with the tests: they hold on every processor.

Modules and fits are left out: the products of matrices in them are PyTorch's.
"""

from __future__ import annotations

import json
from pathlib import Path

from _identity import record
from _identity.registry import Case

FILE = Path(__file__).resolve().parents[2] / "tests" / "data" / "hashes.json"
ROOMS = ("circuits", "points", "transmission", "plasticity", "chemistry", "trees")
QUICK = ("circuits.coba", "points.runge_kutta")  # that every run of the tests compares
RENEW = "python benchmarks/identity.py --renew"


def belongs(case: Case) -> bool:
    """Whether a hash of the case is kept."""
    return case.room in ROOMS


def hash_of(case: Case) -> str:
    """The hash of all that a case gives in float32, with one thread."""
    return record.total(record.digests(case.run("float32", 1)))


def read() -> dict[str, str]:
    """Hashes by the name of a case."""
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def renew(cases: list[Case]) -> list[str]:
    """Writes the hashes of cases anew, and leaves those of others; the lines tell what changed."""
    kept, lines = read(), []
    FILE.parent.mkdir(parents=True, exist_ok=True)
    for case in cases:
        before, now = kept.get(case.name, ""), hash_of(case)
        kept[case.name] = now
        lines.append(f"{case.name:<28} {before[:8] or '-':<8} {now[:8]} {'same' if before == now else 'RENEWED'}")
        print(lines[-1], flush=True)
        FILE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    return lines
