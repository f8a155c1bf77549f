"""What was tried against runs and files, how often, and what came of it: the table of docs/reliability.md.

    python benchmarks/reliability.py                          # all campaigns, some 20 minutes
    python benchmarks/reliability.py --only kill --scale 0.2  # some of them, with a fifth of the trials
    python benchmarks/reliability.py --write                  # puts the table into the page

Exits with 1 if a trial did not end as it should; each is listed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _reliability import damage, identity, restarts
from _reliability.campaign import CAMPAIGNS, Tally

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- table: benchmarks/reliability.py --write -->", "<!-- end of table -->"


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="campaigns whose name contains this")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the trials")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random moments and places")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    return parser.parse_args()


def table(tallies: dict[str, Tally]) -> str:
    """Campaign, tried, survived as Markdown."""
    rows = [f"| {n} | {CAMPAIGNS[n].what} | {t.tried} | {t.survived} |" for n, t in tallies.items()]
    return "\n".join(["| campaign | what is tried and asked for | tried | survived |", "|---|---|---:|---:|", *rows])


def main() -> int:
    """Runs campaigns; 1 if anything did not end as it should."""
    given, tallies = arguments(), {}
    for name, c in CAMPAIGNS.items():
        if given.only in name:
            began = time.perf_counter()
            tallies[name] = c.run(given.scale, np.random.default_rng(given.seed))
            t = tallies[name]
            print(
                f"{name:<24}{t.tried:>6} tried {t.survived:>6} survived {time.perf_counter() - began:>7.0f} s",
                flush=True,
            )
            for failure in t.failures[:20]:
                print(f"    {failure}")
    if given.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{table(tallies)}\n\n{END}{rest.partition(END)[2]}")
    return int(any(t.failures for t in tallies.values()))


if __name__ == "__main__":
    assert damage and identity and restarts  # they fill the list of campaigns
    sys.exit(main())
