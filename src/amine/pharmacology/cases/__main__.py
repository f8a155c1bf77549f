"""Runs all cases and prints their table."""

from __future__ import annotations

from amine.pharmacology.cases import table

if __name__ == "__main__":
    print(table(), end="")
