"""``amine dose``: dose-response curves on the command line."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from amine import circuits, pharmacology
from amine.cli.target import is_experiment, network_of, parse_settings
from amine.errors import AmineError
from amine.experiments.command import checked

FOOTER = "For research and teaching; no clinical claim."


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
    settings: Annotated[list[str], typer.Option("--set", help="An argument of the circuit, key=value; repeat.")] = [],  # noqa: B006
    workers: Annotated[
        int | None, typer.Option(help="Processes; one for each processor by default, 0 for none.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler: runs on its cluster.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder: points, table, fits, picture; started again, it goes on."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
) -> None:
    """Measure a circuit at several concentrations of a drug and fit Hill curves."""
    if not measures:
        raise AmineError("--measure", "no measure is named", hint="such as --measure rate:E")
    subject, more = _subject(target, settings, seed)
    result = pharmacology.dose_response(
        subject,
        drug,
        pharmacology.concentrations(first, last, points),
        [_own(target, m) for m in measures],
        duration=duration,
        start=start,
        seeds=seeds,
        folder=out,
        workers=workers,
        scheduler=scheduler,
        progress=progress and not as_json,
        **more,
    )
    if as_json:
        print(json.dumps(_plain(result)))
        return
    print(result.summary())
    if out is not None:
        print(f"table, fits and picture: {out}")
    print(FOOTER)


def _subject(target: str, settings: list[str], seed: int) -> tuple[Any, dict[str, Any]]:
    """What is measured, and what runs a point of it: a network by itself, an experiment by its function."""
    if not is_experiment(target):
        net = network_of(target, {}, settings)
        net.seed = seed
        return net, {}
    given = checked(target, parse_settings(settings))
    return pharmacology.Subject(target, given, seed), {"simulate": pharmacology.run_subject}


def _own(target: str, measure: str) -> str:
    """A bare name is a function beside the circuit, if there is one of this name."""
    if ":" in measure or target not in circuits.names():
        return measure
    module = circuits.get(target).__module__
    return f"{module}:{measure}" if callable(getattr(import_module(module), measure, None)) else measure


def _plain(result: Any) -> dict[str, Any]:
    values = {k: [[None if x != x else float(x) for x in row] for row in v] for k, v in result.values.items()}
    fits = {k: None if f is None else f.to_dict() for k, f in result.fits.items()}
    return {
        "drug": result.drug,
        "concentrations_uM": result.concentrations,
        "seeds": result.seeds,
        "values": values,
        "fits": fits,
    }
