"""The process that runs cases on one revision: reads ``case precision`` lines, writes a result each, answers ``done``.

PYTHONPATH=<revision>/src:benchmarks python -m _identity.worker <revision>/src <folder of results>
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from _identity import record, registry


def write(folder: Path, name: str, data: dict[str, Any], arrays: record.Arrays) -> None:
    """Arrays and JSON of a case; the JSON comes last and whole, so that what is there is complete."""
    with open(folder / f"{name}.npz.{os.getpid()}", "wb") as f:
        np.savez(f, **{str(k): a for k, a in enumerate(arrays.values())})
    os.replace(f.name, folder / f"{name}.npz")
    part = folder / f"{name}.json.{os.getpid()}"
    part.write_text(json.dumps({**data, "names": list(arrays)}))
    os.replace(part, folder / f"{name}.json")


def outcome(case: registry.Case, precision: str) -> tuple[dict[str, Any], record.Arrays]:
    """Runs a case with one and with two threads."""
    began, kind = time.perf_counter(), f"float{precision}"
    data: dict[str, Any] = {"script": case.script, "arrays": {}, "threads": [], "error": None}
    arrays: record.Arrays = {}
    try:
        arrays = {n: np.asarray(a) for n, a in case.run(kind, 1).items()}
        data["arrays"] = record.digests(arrays)
        data["threads"] = record.unequal(data["arrays"], record.digests(case.run(kind, 2)))
    except Exception as e:
        traceback.print_exc()
        place = traceback.extract_tb(e.__traceback__)[-1]
        data["error"] = f"{type(e).__name__}: {e} ({Path(place.filename).name}, line {place.lineno})"
    data["seconds"] = round(time.perf_counter() - began, 2)
    return data, arrays


def check(src: str) -> None:
    """The package must be that of the revision, not one that is installed."""
    import amine

    if Path(src).resolve() not in Path(amine.__file__).resolve().parents:
        raise SystemExit(f"amine is imported from {amine.__file__}, not from {src}")
    warnings.filterwarnings("error", category=amine.AmineWarning)


def main() -> None:
    src, folder = sys.argv[1], Path(sys.argv[2])
    answers, sys.stdout = sys.stdout, sys.stderr
    check(src)
    cases = registry.load()
    for line in sys.stdin:
        name, precision = line.split()
        write(folder, f"{name}@{precision}", *outcome(cases[name], precision))
        print("done", file=answers, flush=True)


if __name__ == "__main__":
    main()
