"""Runs all cases, or those that are named, prints their table, and writes it into a page.

    python -m amine.pharmacology.cases --page docs/drug-cases.md

Rows are kept in a file as they come, so that the same command goes on after a stop, unless the code has changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from amine.errors import AmineError
from amine.pharmacology.cases import CASES, counts
from amine.pharmacology.cases.rows import HEAD
from amine.pharmacology.cases.writing import around, run_kept, write_page


def main(arguments: list[str]) -> int:
    """Run the command; 1 if a case could not be run, 2 for a mistake."""
    parser = argparse.ArgumentParser(prog="python -m amine.pharmacology.cases", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases to run; by default all")
    parser.add_argument("--page", type=Path, help="page to write the whole table into, between its marks")
    parser.add_argument("--keep", type=Path, default=Path("drug-cases.jsonl"), help="file that keeps the rows")
    given = parser.parse_args(arguments)
    try:
        if given.page is not None and given.names:
            raise AmineError("cases", "a page has all cases", hint="leave the names out")
        if given.page is not None:
            around(given.page)  # before hours of runs
        print(counts(), *HEAD, sep="\n", flush=True)
        found = run_kept(given.names or CASES, given.keep, lambda line: print(line, flush=True))
        if given.page is not None:
            write_page(given.page, found)
    except AmineError as e:
        print(e, file=sys.stderr)
        return 2
    return int(any(not row.ran for row in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
