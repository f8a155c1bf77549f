"""``amine run``: runs a circuit, an experiment or a user's network, prints a summary and writes a folder."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.cli.commands.target import is_experiment, network_of, parse_settings
from amine.compounds.doses import parse_dose
from amine.experiments.command import run as run_experiment
from amine.files import replacing_folder
from amine.folders import check_makeable
from amine.records import dataclass
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.results.run import Run


@dataclass(frozen=True)
class Output:
    """Options that say where the results of a run go."""

    out: Path | None  # new folder
    start: str  # statistics leave out the time before
    as_json: bool  # one JSON object on standard output


ENDED_EARLY = 130  # exit code of a run that Ctrl-C or SIGTERM ended with a checkpoint


def run(
    target: str, given: dict[str, object], settings: list[str], doses: list[str], output: Output, **options: Any
) -> int:
    """Run a circuit, an experiment or the network of a file; returns the exit code.

    Parameters
    ----------
    target
        Name of a circuit or an experiment, or a file.
    given
        Arguments of the circuit or experiment; those that are None are left out.
    settings
        Further arguments, each ``key=value``.
    doses
        Drugs and concentrations, such as ``ketamine=1 uM@200ms..600ms``.
    output
        Where the results go.
    options
        Arguments of ``Network.run``.
    """
    if output.out is not None:
        check_makeable(output.out, f"folder '{output.out}'")
    if is_experiment(target):
        taken = {k: given[k] for k in ("neurons", "seed")} | {"dose": doses or None, **parse_settings(settings)}
        arguments = {k: v for k, v in taken.items() if v is not None}
        run_experiment(target, arguments, output.out, output.as_json, options["progress"])
        return 0
    begin = to_internal(output.start, "ms", "--start", nonnegative=True)
    net = network_of(target, given, settings)
    for text in doses:
        net.dose(*parse_dose(text))
    result = net.run(**options)
    if not result.complete and options["checkpoint"] is not None:
        print(f"amine: ended at {result.duration:g} ms; go on with --resume and the same options", file=sys.stderr)
        return ENDED_EARLY
    data = {"circuit": target, **result.to_json()}
    data["seconds"]["start"] = _since_start() - result.seconds["simulate"]
    if output.out is not None:
        _write(result, output.out, data, begin)
    if output.as_json:
        print(json.dumps(data))
        return 0
    print(result.summary())
    if output.out is not None:
        print(f"report: {output.out / 'report.html'}")
    return 0


def _since_start() -> float:
    """Seconds since this process began; processor time on systems without ``/proc``."""
    try:
        with open("/proc/self/stat") as f:
            began = int(f.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        with open("/proc/uptime") as f:
            return float(f.read().split()[0]) - began
    except (OSError, ValueError, IndexError):
        return time.process_time()


def _write(result: Run, out: Path, data: dict[str, object], start: float) -> None:
    """Write all files of a run to a folder, which appears when it is complete."""
    with replacing_folder(out, f"folder '{out}'") as part:
        result.report(part / "report.html", start=min(start, result.duration))
        result.network.save(part / "network.json")
        np.savez_compressed(
            part / "spikes.npz",
            steps=result.spikes.steps,
            ids=result.spikes.ids,
            dt=result.spikes.dt,
            populations=np.array([p[0] for p in result.spikes.populations]),
            first=np.array([p[1] for p in result.spikes.populations]),
        )
        (part / "summary.json").write_text(json.dumps(data, indent=1))
        pictures = part / "pictures"
        pictures.mkdir()
        result.raster(start=max(0.0, result.duration - 1000.0)).savefig(pictures / "raster.png")
        result.rates(min(start, result.duration), result.network.notes.get("published_rates")).savefig(
            pictures / "rates.png"
        )
