"""The command line: ``amine run``, ``models``, ``circuits``, ``describe``, ``cache``.

Results go to standard output, everything else to standard error. A mistake in what was given is one sentence and exit code 2.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from amine import __version__
from amine import circuits as circuit_library
from amine import experiments as experiment_library
from amine import models as model_library
from amine.cli.compounds import app as compounds_app
from amine.cli.dose import dose
from amine.cli.target import is_experiment, network_of, parse_settings
from amine.compounds.doses import parse_dose
from amine.errors import AmineError, AmineWarning
from amine.experiments.command import run as run_experiment
from amine.files import check_new_folder, replacing_folder
from amine.learn.train_cli import audit, compare, train
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.results.run import Run

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Networks of neurons: described once, compiled, simulated and looked at.",
)
app.add_typer(compounds_app, name="compounds")
app.command()(dose)
app.command()(train)
app.command()(compare)
app.command()(audit)


ENDED_EARLY = 130  # exit code of a run that Ctrl-C or SIGTERM ended with a checkpoint


def main() -> None:
    """Entry point: turns an AmineError into a sentence and exit code 2, and a warning into a sentence."""
    usual = warnings.showwarning

    def show(message: Any, category: Any, *more: Any, **given: Any) -> None:
        if issubclass(category, AmineWarning):
            print(f"amine: warning: {message}", file=sys.stderr)
        else:
            usual(message, category, *more, **given)

    warnings.showwarning = show
    try:
        app()
    except AmineError as e:
        print(f"amine: {e}", file=sys.stderr)
        raise SystemExit(2) from None


# --- what is to run --------------------------------------------------------------------------------------------


Target = Annotated[
    str,
    typer.Argument(
        help="A circuit (amine circuits), an experiment (amine experiments), a .py file that defines 'network', or a saved description (.json)."
    ),
]
Setting = Annotated[
    list[str], typer.Option("--set", help="Another argument of the circuit, key=value; may be repeated.")
]


@app.command()
def run(
    target: Target,
    duration: Annotated[str, typer.Option(help="Biological time.")] = "1 s",
    scale: Annotated[float | None, typer.Option(help="Scale of the circuit.")] = None,
    neurons: Annotated[int | None, typer.Option(help="Number of neurons of the circuit.")] = None,
    regime: Annotated[str | None, typer.Option(help="Regime of the circuit.")] = None,
    drive: Annotated[str | None, typer.Option(help="Drive of the circuit.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.")] = None,
    settings: Setting = [],  # noqa: B006  (typer reads it, nothing writes it)
    dose: Annotated[
        list[str],
        typer.Option("--dose", help="Drug and concentration, such as 'ketamine=1 uM@200ms..600ms'; may be repeated."),
    ] = [],  # noqa: B006
    threads: Annotated[int, typer.Option(help="Threads; results do not depend on them.")] = 1,
    precision: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    start: Annotated[str, typer.Option(help="Statistics leave out the time before.")] = "0 ms",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="New folder for report, spikes, description and summary.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="New zarr store to which spikes and traces stream.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="File from which a killed run can be resumed.")] = None,
    checkpoint_every: Annotated[str, typer.Option(help="Wall time between checkpoints.")] = "30 s",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint if it is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
) -> None:
    """Run a circuit, an experiment (amine experiments) or a network of your own."""
    if out is not None:
        _check_folder(out)
    if is_experiment(target):
        given = {"neurons": neurons, "seed": seed, "dose": dose or None, **parse_settings(settings)}
        run_experiment(
            target, {k: v for k, v in given.items() if v is not None}, out, as_json, progress and not as_json
        )
        return

    begin = to_internal(start, "ms", "--start", nonnegative=True)
    net = network_of(
        target, {"scale": scale, "neurons": neurons, "regime": regime, "drive": drive, "seed": seed}, settings
    )
    if dose:
        for text in dose:
            net.dose(*parse_dose(text))
    result = net.run(
        duration,
        threads=threads,
        precision=precision,
        progress=progress and not as_json,
        store=store,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        resume=resume,
    )
    if not result.complete and checkpoint is not None:
        print(f"amine: ended at {result.duration:g} ms; go on with --resume and the same options", file=sys.stderr)
        raise typer.Exit(ENDED_EARLY)
    data = {"circuit": target, **result.to_json()}
    data["seconds"]["start"] = _since_start() - result.seconds["simulate"]
    if out is not None:
        _write(result, out, data, begin)
    if as_json:
        print(json.dumps(data))
        return
    print(result.summary())
    if out is not None:
        print(f"report: {out / 'report.html'}")


def _check_folder(out: Path) -> None:
    """Before a run of hours: whether its folder can be made."""
    where = f"folder '{out}'"
    check_new_folder(out, where)
    there = next((p for p in (out, *out.resolve().parents) if p.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise AmineError(where, f"it cannot be made in '{there}'", hint="choose a folder that can be written")


def _since_start() -> float:
    """Seconds since this process began, where the system tells; otherwise since the interpreter took the time first."""
    try:
        with open("/proc/self/stat") as f:
            began = int(f.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        with open("/proc/uptime") as f:
            return float(f.read().split()[0]) - began
    except (OSError, ValueError, IndexError):
        return time.process_time()


def _write(result: Run, out: Path, data: dict[str, object], start: float) -> None:
    """All files of a run, in a folder that appears when it is complete."""
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


# --- what there is ---------------------------------------------------------------------------------------------


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="A model; without it, all are listed.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Equations as LaTeX.")] = False,
) -> None:
    """The library of models, or one model's equations, parameters and source."""
    if name is None:
        width = max(map(len, model_library.names()))
        for kind in ("neuron", "receptor", "release", "source"):
            print(kind)
            for n in model_library.names(kind):
                print(f"  {n:<{width}}  {model_library.get(n).doc.split('. ')[0].rstrip('.')}")
        return
    model = model_library.get(name)
    if latex:
        print(model.latex())
        return
    print(f"{model.name}, {model.kind}\n\n{model.doc}\n")
    if model.equations:
        print("\n".join(f"    {line}" for line in model.equations.splitlines()) + "\n")
    for p, v in model.parameters.items():
        print(f"    {p:<10} {v!s:<16} {model.symbols.get(p, '')}")
    if model.integrators:
        print("\nadvanced by: " + ", ".join(f"{s} {m.replace('_', ' ')}" for s, m in model.integrators.items()))
    if model.receptors:
        print("receptors: " + ", ".join(model.receptors))
    print(f"source: {model.source}")


@app.command()
def circuits() -> None:
    """The circuits that are built in, with their arguments."""

    for name in circuit_library.names():
        make = circuit_library.get(name)
        arguments = ", ".join(f"{k}={p.default}" for k, p in inspect.signature(make).parameters.items())
        print(f"{name}  ({arguments})\n    {(make.__doc__ or '').strip().splitlines()[0]}")


@app.command("experiments")
def list_experiments() -> None:
    """The experiments that are built in, with their arguments."""

    for name in experiment_library.names():
        make = experiment_library.get(name)
        arguments = ", ".join(f"{k}={p.default}" for k, p in inspect.signature(make).parameters.items())
        print(f"{name}  ({arguments})\n    {(make.__doc__ or '').strip().splitlines()[0]}")


@app.command()
def describe(
    target: Target,
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX instead of Markdown.")] = False,
    scale: Annotated[float | None, typer.Option(help="Scale of the circuit.")] = None,
    neurons: Annotated[int | None, typer.Option(help="Number of neurons of the circuit.")] = None,
    settings: Setting = [],  # noqa: B006
) -> None:
    """A network's tables, ready for a paper."""
    print(network_of(target, {"scale": scale, "neurons": neurons}, settings).describe("latex" if latex else "markdown"))


@app.command()
def cache(clear: Annotated[bool, typer.Option("--clear", help="Delete all compiled structures.")] = False) -> None:
    """Where compiled structures are kept."""
    from amine.engine.codegen import cache as kept  # brings Numba along

    if clear:
        print(f"{kept.clear()} files deleted")
    print(kept.directory())


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
