"""``amine dose``: dose-response curves on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from amine.cli import commands
from amine.cli.options import Argument, Option


def dose(
    target: Annotated[str, Argument(help="A circuit, a .py file that defines 'network', or a .json description.")],
    drug: Annotated[str, Option(help="The drug; amine compounds --kind drug lists them.")],
    first: Annotated[str, Option("--from", help="Lowest concentration.")] = "10 nM",
    last: Annotated[str, Option("--to", help="Highest concentration.")] = "100 uM",
    points: Annotated[int, Option(help="Number of concentrations, evenly spaced on a logarithmic scale.")] = 9,
    measures: Annotated[
        list[str],
        Option(
            "--measure", help="rate:E, cv:E, synchrony:E, power:30-80Hz, frequency:30-80Hz, module:function; repeat."
        ),
    ] = [],  # noqa: B006  (nothing writes it)
    duration: Annotated[str, Option(help="Biological time of each run.")] = "1 s",
    start: Annotated[str, Option(help="Measures leave out the time before.")] = "200 ms",
    seed: Annotated[int, Option(help="First seed.")] = 0,
    seeds: Annotated[int, Option(help="Number of seeds.")] = 1,
    samples: Annotated[
        int, Option(help="Samples of the drug's affinities from their published ranges, for bands.")
    ] = 0,
    settings: Annotated[list[str], Option("--set", help="An argument of the circuit, key=value; repeat.")] = [],  # noqa: B006
    workers: Annotated[int | None, Option(help="Processes; one for each processor by default, 0 for none.")] = None,
    scheduler: Annotated[str | None, Option(help="Address of a Dask scheduler: runs on its cluster.")] = None,
    out: Annotated[
        Path | None,
        Option("-o", "--out", help="Folder: points, table, fits, picture; if it exists, the run is resumed."),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
) -> None:
    """Measure a circuit at several concentrations of a drug and fit Hill curves."""
    commands.dose.curve(
        target,
        drug,
        (first, last, points),
        measures,
        seed=seed,
        settings=settings,
        out=out,
        as_json=as_json,
        progress=progress,
        duration=duration,
        start=start,
        seeds=seeds,
        samples=samples,
        workers=workers,
        scheduler=scheduler,
    )
