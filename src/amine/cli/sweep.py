"""``amine sweep``: measures over values on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from amine.cli import commands
from amine.cli.options import Argument, Option


def sweep(
    target: Annotated[
        str, Argument(help="A circuit, an experiment, a .py file that defines 'network', or a .json description.")
    ],
    settings: Annotated[
        list[str],
        Option(
            "--set",
            help="Values of a name: 'E.I_e=200 pA, 300 pA', 'E.I_e=200 pA..400 pA : 5', 'dose:ketamine=10 nM..10 uM : 7'; "
            "or one argument of the circuit, key=value; repeat.",
        ),
    ] = [],  # noqa: B006  (nothing writes it)
    measures: Annotated[
        list[str], Option("--measure", help="rate (of all populations), rate:E, cv:E, power:30-80Hz ...; repeat.")
    ] = [],  # noqa: B006
    duration: Annotated[str, Option(help="Biological time of each run.")] = "1 s",
    start: Annotated[str, Option(help="Measures leave out the time before.")] = "200 ms",
    seed: Annotated[int, Option(help="First seed.")] = 0,
    seeds: Annotated[int, Option(help="Number of seeds.")] = 1,
    design: Annotated[str, Option(help="grid, latin or sobol; the last two sample ranges A..B.")] = "grid",
    points: Annotated[int | None, Option(help="Number of points of a sampled design.")] = None,
    workers: Annotated[int | None, Option(help="Processes; one for each processor by default, 0 for none.")] = None,
    scheduler: Annotated[str | None, Option(help="Address of a Dask scheduler: runs on its cluster.")] = None,
    out: Annotated[
        Path | None, Option("-o", "--out", help="Folder: points, table, picture; if it exists, it is continued.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
) -> None:
    """Measure a circuit or a network of your own over values of what it is made of."""
    commands.sweep.table(
        target,
        settings,
        measures,
        seed=seed,
        seeds=seeds,
        duration=duration,
        start=start,
        design=design,
        points=points,
        workers=workers,
        scheduler=scheduler,
        out=out,
        as_json=as_json,
        progress=progress,
    )
