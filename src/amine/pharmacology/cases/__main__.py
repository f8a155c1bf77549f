"""Runs all cases, or those that are named, and prints how many there are and their table."""

from __future__ import annotations

import sys

from amine.pharmacology.cases import counts, rows

if __name__ == "__main__":
    print(counts())
    for line in rows(sys.argv[1:] or None):
        print(line, flush=True)
