"""Small networks over every feature, on a base revision and on the work, side by side: are the results the same to the last bit?

    python benchmarks/identity.py --list                                   # the cases
    python benchmarks/identity.py --base main                              # all of them
    python benchmarks/identity.py --base main --quick                      # some, in minutes
    python benchmarks/identity.py --base main --only 'trees|gap' --precision 32
    python benchmarks/identity.py --store out/hashes.json                  # keep the work's hashes ...
    python benchmarks/identity.py --against out/hashes.json                # ... and compare with them later, on the same machine
    python benchmarks/identity.py --renew                                  # results change on purpose: new hashes for tests/data/hashes.json

Exits with 1 if anything differs, or depends on the number of threads, or fails.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from _identity import record, registry, stored
from _identity.sides import ROOT, Item, Side, cache_of, checkout, git, machine, run_all

Result = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A line of the table, and lines about it."""

    item: Item
    base: str
    work: str
    verdict: str
    details: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        return self.verdict not in ("same", "kept")


def hash_of(result: Result | None) -> str:
    """One hash of a case's result; empty if there is none."""
    return "" if result is None or result["error"] else record.total(result["arrays"])


def judge(item: Item, base: Result | None, work: Result, more: Any = None) -> Row:
    """Compares the results of a case; ``more()`` gives lines about what differs. Without a base, only threads are compared."""
    hashes = hash_of(base)[:8], hash_of(work)[:8]
    if work["error"]:
        return Row(item, *hashes, "FAILS", (f"work: {work['error']}",))
    if base is not None and base["error"]:
        return Row(item, *hashes, "FAILS IN BASE", (f"base: {base['error']}",))
    if work["threads"]:
        shown = ", ".join(work["threads"][: record.MOST])
        return Row(item, *hashes, "THREADS", (f"with two threads other than with one: {shown}",))
    if base is None:
        return Row(item, *hashes, "kept")
    if hash_of(base) == hash_of(work):
        return Row(item, *hashes, "same")
    lines = more() if more else [f"{n} differs" for n in record.unequal(base["arrays"], work["arrays"])]
    return Row(item, *hashes, "DIFFERS", tuple(lines))


def line(row: Row) -> str:
    """A row as text."""
    case, precision = row.item
    text = f"{case.name:<28} {precision}  {case.what:<64.64} {row.base or '-':<8} {row.work or '-':<8} {row.verdict}"
    return "\n".join([text, *(f"      {d}" for d in row.details)])


def kept(file: Path) -> dict[str, Result]:
    """Results of a file that ``--store`` wrote on a machine of this kind."""
    data = json.loads(file.read_text())
    other = {k: v for k, v in data["machine"].items() if machine()[k] != v}
    if other:
        raise SystemExit(f"file '{file}': its hashes are from another machine ({other}), where bits may differ")
    return data["cases"]


def store(file: Path, results: dict[str, Result]) -> None:
    """Keeps the hashes of results."""
    file.parent.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine(), "revision": git("rev-parse", "HEAD"), "cases": results}
    file.write_text(json.dumps(data, indent=1, sort_keys=True))


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--base", help="revision to compare with")
    p.add_argument("--against", type=Path, help="file of --store to compare with, in place of a revision")
    p.add_argument("--store", type=Path, help="keep the hashes of the work in this file")
    p.add_argument("--renew", action="store_true", help="write the hashes that the tests compare with anew")
    p.add_argument("--only", default="", help="cases whose name or description matches this regular expression")
    p.add_argument("--quick", action="store_true", help="only the few cases that together see most")
    p.add_argument("--list", action="store_true", help="list the cases and stop")
    p.add_argument("--precision", choices=("32", "64", "both"), help="default: 32, and 64 for the cases marked with it")
    p.add_argument("--jobs", type=int, default=1, help="processes at a time")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    p.add_argument("--cache", type=Path, default=home / "amine-identity", help="for results of bases and compiled code")
    p.add_argument("--log", type=Path, help="file for what the processes write, such as tracebacks")
    given = p.parse_args()
    if not (given.base or given.against or given.store or given.list or given.renew):
        p.error("say --base REVISION, --against FILE, --store FILE or --renew")
    if given.base and given.against:
        p.error("say either --base or --against")
    return given


def chosen(given: argparse.Namespace) -> list[Item]:
    """The cases that were asked for, once for each precision."""
    pattern = re.compile(given.only)
    sys.path.insert(0, str(ROOT / "src"))  # the cases import amine: that of this checkout, not one that is installed
    cases = [c for c in registry.load().values() if pattern.search(c.name) or pattern.search(c.what)]
    cases = [c for c in cases if c.quick or not given.quick]
    return [(c, p) for c in cases for p in c.precisions(given.precision)]


@contextlib.contextmanager
def base_side(given: argparse.Namespace, items: list[Item]) -> Iterator[tuple[Side | None, list[Item]]]:
    """The base, with a checkout if there is something left to run on it; and what is left."""
    if not given.base:
        yield None, []
        return
    revision = git("rev-parse", "--verify", f"{given.base}^{{commit}}")
    folder = cache_of(revision, given.cache.resolve())
    side = Side("base", folder, folder / "results", folder / "compiled", kept=True)
    left = [i for i in items if side.result(i) is None or side.result(i)["error"]]  # type: ignore[index]
    if not left:
        yield side, []
        return
    with checkout(revision) as tree:
        yield replace(side, src=tree / "src"), left


def compare(given: argparse.Namespace, items: list[Item], log: Any) -> list[Row]:
    """Runs what has to be run, telling each row when both sides of it are there."""
    old = kept(given.against) if given.against else None
    rows: dict[str, Row] = {}
    lock = threading.Lock()
    with tempfile.TemporaryDirectory() as folder, base_side(given, items) as (base, left):
        work = Side("work", ROOT / "src", Path(folder), given.cache.resolve() / "work")

        def tell(_: Side, item: Item) -> None:
            key = f"{item[0].name}@{item[1]}"
            with lock:
                new, before = work.result(item), base.result(item) if base else (old or {}).get(key)
                if new is None or (base and before is None) or key in rows:
                    return
                if old is not None and before is None:
                    before = {"error": "it is not in the file", "arrays": {}, "threads": []}
                more = (lambda: record.differences(base.arrays(item), work.arrays(item))) if base else None
                rows[key] = judge(item, before, new, more)
                print(line(rows[key]), flush=True)

        todo = [(base, i) for i in left if base is not None] + [(work, i) for i in items]
        run_all(todo, given.jobs, log, tell)
        if given.store:
            store(given.store, {f"{i[0].name}@{i[1]}": work.result(i) or {} for i in items})
    return list(rows.values())


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the worktree is taken away
    given = arguments()
    items = chosen(given)
    if given.list:
        for case in dict.fromkeys(c for c, _ in items):
            marks = f"{'+'.join(case.precisions(given.precision)):<6} {'quick' if case.quick else '':<6}"
            print(f"{case.name:<28} {marks} {case.what}")
        return 0
    if given.renew:
        stored.renew([c for c, p in items if p == "32" and stored.belongs(c)])
        return 0
    with open(given.log or os.devnull, "w") as log:
        rows = compare(given, items, log)
    bad = [r for r in rows if r.bad]
    print(
        f"\n{len(rows)} comparisons, {len(bad)} of them bad"
        + (f": {', '.join(r.item[0].name for r in bad)}" if bad else "")
    )
    return 1 if bad or len(rows) < len(items) else 0


if __name__ == "__main__":
    sys.exit(main())
