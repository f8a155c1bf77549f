"""``amine dose``: measures dose-response curves and prints or writes them."""

from __future__ import annotations

import json
from pathlib import Path

from amine import pharmacology
from amine.cli.commands.measured import with_module
from amine.cli.commands.sweep import executor_of, subject_of
from amine.errors import AmineError
from amine.pharmacology import DoseResponse

FOOTER = "For research and teaching; no clinical claim."


def curve(
    target: str,
    drug: str,
    concentrations: tuple[str, str, int],
    measures: list[str],
    *,
    seed: int,
    settings: list[str],
    out: Path | None,
    as_json: bool,
    progress: bool,
    duration: str,
    start: str,
    seeds: int,
    samples: int,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Measure a circuit at several concentrations, given as lowest, highest and their number, and print the fits."""
    if not measures:
        raise AmineError("--measure", "no measure is named", hint="such as --measure rate:E")
    subject = subject_of(target, settings, seed)
    with executor_of(workers, scheduler) as executor:
        result = pharmacology.dose_response(
            subject,
            drug,
            pharmacology.concentrations(*concentrations),
            [with_module(target, m) for m in measures],
            duration=duration,
            start=start,
            seeds=range(seed, seed + seeds),
            samples=samples,
            store=out,
            executor=executor,
            progress=progress and not as_json,
        )
    if as_json:
        print(json.dumps(_plain(result)))
        return
    print(result.summary())
    if out is not None:
        print(f"table, fits and picture: {out}")
    print(FOOTER)


def _plain(result: DoseResponse) -> dict[str, object]:
    """A result as JSON takes it; a value that is not a number becomes null."""
    values = {k: [[None if x != x else float(x) for x in row] for row in v] for k, v in result.values.items()}
    fits = {k: None if f is None else f.to_dict() for k, f in result.fits.items()}
    return {
        "drug": result.drug,
        "concentrations_uM": result.concentrations,
        "seeds": result.seeds,
        "values": values,
        "fits": fits,
    }
