"""``amine sweep``: measures a circuit or a description over values, and prints or writes the table."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from amine import sweeps
from amine.cli.commands.measured import with_module
from amine.cli.commands.target import is_experiment, network_of, parse_settings
from amine.errors import AmineError
from amine.experiments.command import checked
from amine.network.network import Network
from amine.optional import optional
from amine.pharmacology import Subject, concentrations
from amine.sweeps.executors import Executor
from amine.sweeps.outcome import Sweep
from amine.units import to_internal, unit_part

WAIT = 10  # seconds for a scheduler to answer
MOST = 10**6  # points of an axis
_RANGE = re.compile(r"^(.+?)\.\.(.+?)(?::\s*(\d+)\s*)?$")


def table(
    target: str,
    settings: list[str],
    measures: list[str],
    *,
    seed: int,
    seeds: int,
    duration: str,
    start: str,
    design: str,
    points: int | None,
    workers: int | None,
    scheduler: str | None,
    out: Path | None,
    as_json: bool,
    progress: bool,
) -> None:
    """Measure a target over the values of its settings, and print the table."""
    if not measures:
        raise AmineError("--measure", "no measure is named", hint="such as --measure rate:E")
    given = parse_settings(settings)
    axes = {k: axis(k, v, design) for k, v in given.items() if "." in k or ":" in k or "," in v or ".." in v}
    if not axes:
        raise AmineError("--set", "no value is swept", hint='such as --set "E.I_e=200 pA, 300 pA"')
    subject = subject_of(target, [f"{k}={v}" for k, v in given.items() if k not in axes], seed)
    with executor_of(workers, scheduler) as executor:
        found = sweeps.sweep(
            subject,
            axes,
            [with_module(target, m) for m in measures],
            duration=duration,
            start=start,
            seeds=range(seed, seed + seeds),
            design=design,
            points=points,
            executor=executor,
            store=out,
            progress=progress and not as_json,
        )
    if out is not None:
        write(found, out)
    print(json.dumps(plain(found)) if as_json else found.summary())
    if out is not None and not as_json:
        print(f"table and picture: {out}")


def axis(name: str, text: str, design: str) -> Any:
    """Values of a setting: ``A, B, C``; ``A..B : N``, evenly spaced, for doses on a logarithmic scale; ``A..B`` of a sampled design."""
    m = _RANGE.match(text)
    if not m:
        return [_typed(x.strip(), name) for x in text.split(",") if x.strip()]
    low, high, n = m.group(1).strip(), m.group(2).strip(), m.group(3)
    if design != "grid":
        return [_typed(low, name), _typed(high, name)]
    where = f"--set {name}"
    if n is None or not 2 <= int(n) <= MOST:
        expected = f"{low}..{high} : 5, at most {MOST} points"
        raise AmineError(where, "a range of a grid needs a number of points", given=text, expected=expected)
    if name.startswith("dose:"):
        return concentrations(low, high, int(n))
    unit = unit_part(high, where)
    one = float(to_internal(f"1 {unit}", unit or "1", where)) if unit else 1.0
    first, last = (float(to_internal(x, unit or "1", where)) / one for x in (low, high))
    return [f"{float(f'{x:.12g}')!r} {unit}".strip() for x in np.linspace(first, last, int(n))]


def _typed(text: str, name: str) -> Any:
    """A number where an argument of a function is given one; text with a unit as it is."""
    if "." in name or ":" in name:
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def subject_of(target: str, settings: list[str], seed: int) -> Network | Subject:
    """The network or experiment to measure."""
    if not is_experiment(target):
        net = network_of(target, {}, settings)
        net.seed = seed
        return net
    return Subject(target, checked(target, parse_settings(settings)))


@contextmanager
def executor_of(workers: int | None, scheduler: str | None) -> Iterator[Executor | int | None]:
    """Processes of this machine (None: one for each processor; 0: none), or those of a Dask cluster."""
    if scheduler is None:
        yield None if workers == 0 else workers or os.cpu_count() or 1
        return
    with optional("--scheduler", "leave it out"):
        from distributed import Client
    try:
        with Client(scheduler, timeout=WAIT) as client:
            yield client.get_executor()
    except OSError as e:
        raise AmineError("--scheduler", f"'{scheduler}' does not answer", given=str(e)[:60]) from e


def write(found: Sweep, out: Path) -> None:
    """Write ``table.csv`` and ``sweep.png`` into the folder of a sweep."""
    columns = {n: x for n, x in found.columns().items() if np.ndim(x) == 1}
    with open(out / "table.csv", "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(columns)
        w.writerows(zip(*(x.tolist() for x in columns.values()), strict=True))
    found.figure().savefig(out / "sweep.png")


def plain(found: Sweep) -> dict[str, object]:
    """A table as JSON takes it; a value that is not a number becomes null."""
    axes = {a.name: [a.text(k) for k in range(len(a.values))] for a in found.axes}
    values = {m: json.loads(json.dumps(v.tolist()).replace("NaN", "null")) for m, v in found.values.items()}
    return {"axes": axes, "design": found.design, "seeds": found.seeds, "values": values, "failures": found.failures}
