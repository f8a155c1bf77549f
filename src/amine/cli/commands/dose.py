"""``amine dose``: measures dose-response curves and prints or writes them."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from amine import circuits, pharmacology
from amine.cli.commands.target import is_experiment, network_of, parse_settings
from amine.errors import AmineError
from amine.experiments.command import checked
from amine.network.network import Network
from amine.pharmacology import DoseResponse, Subject

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
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Measure a circuit at several concentrations, given as lowest, highest and their number, and print the fits."""
    if not measures:
        raise AmineError("--measure", "no measure is named", hint="such as --measure rate:E")
    subject, more = _subject(target, settings, seed)
    result = pharmacology.dose_response(
        subject,
        drug,
        pharmacology.concentrations(*concentrations),
        [_with_module(target, m) for m in measures],
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


def _subject(target: str, settings: list[str], seed: int) -> tuple[Network | Subject, dict[str, Any]]:
    """The network or experiment to measure, and for an experiment the function that runs one point."""
    if not is_experiment(target):
        net = network_of(target, {}, settings)
        net.seed = seed
        return net, {}
    given = checked(target, parse_settings(settings))
    return pharmacology.Subject(target, given, seed), {"simulate": pharmacology.run_subject}


def _with_module(target: str, measure: str) -> str:
    """A measure; a bare name is completed to ``module:function`` if the circuit's module has a function of that name."""
    if ":" in measure or target not in circuits.names():
        return measure
    module = circuits.get(target).__module__
    return f"{module}:{measure}" if callable(getattr(import_module(module), measure, None)) else measure


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
