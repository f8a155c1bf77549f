"""``amine dose``: dose-response curves on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amine.cli import commands


def dose(
    target: Annotated[
        str, typer.Argument(help="A circuit, a .py file that defines 'network', or a .json description.")
    ],
    drug: Annotated[str, typer.Option(help="The drug; amine compounds --kind drug lists them.")],
    first: Annotated[str, typer.Option("--from", help="Lowest concentration.")] = "10 nM",
    last: Annotated[str, typer.Option("--to", help="Highest concentration.")] = "100 uM",
    points: Annotated[int, typer.Option(help="Number of concentrations, evenly spaced on a logarithmic scale.")] = 9,
    measures: Annotated[
        list[str],
        typer.Option(
            "--measure", help="rate:E, cv:E, synchrony:E, power:30-80Hz, frequency:30-80Hz, module:function; repeat."
        ),
    ] = [],  # noqa: B006  (typer reads it, nothing writes it)
    duration: Annotated[str, typer.Option(help="Biological time of each run.")] = "1 s",
    start: Annotated[str, typer.Option(help="Measures leave out the time before.")] = "200 ms",
    seed: Annotated[int, typer.Option(help="First seed.")] = 0,
    seeds: Annotated[int, typer.Option(help="Number of seeds.")] = 1,
    samples: Annotated[
        int, typer.Option(help="Samples of the drug's affinities from their published ranges, for bands.")
    ] = 0,
    settings: Annotated[list[str], typer.Option("--set", help="An argument of the circuit, key=value; repeat.")] = [],  # noqa: B006
    workers: Annotated[
        int | None, typer.Option(help="Processes; one for each processor by default, 0 for none.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler: runs on its cluster.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder: points, table, fits, picture; if it exists, the run is resumed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
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
