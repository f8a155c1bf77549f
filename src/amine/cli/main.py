"""The command line: options of all commands and the entry point.

Results go to standard output, everything else to standard error. A mistake in the input is one sentence and exit code 2.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated, TextIO

import click

from amine import __version__
from amine.cli import commands
from amine.cli.compounds import app as compounds_app
from amine.cli.dose import dose
from amine.cli.options import Argument, Option, command
from amine.cli.sweep import sweep
from amine.cli.train import audit, compare, train
from amine.errors import AmineError, AmineWarning

app = click.Group(help="Networks of neurons: described once, compiled, simulated and looked at.", no_args_is_help=True)
click.version_option(__version__, message="%(version)s", help="Print the version.")(app)
app.add_command(compounds_app)
for function in (dose, sweep, train, compare, audit):
    command(app)(function)


def main() -> None:
    """Run the command line; an AmineError is printed as a sentence with exit code 2, an AmineWarning as a sentence."""
    usual = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, AmineWarning):
            print(f"amine: warning: {message}", file=sys.stderr)
        else:
            usual(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    try:
        app()
    except AmineError as e:
        print(f"amine: {e}", file=sys.stderr)
        raise SystemExit(2) from None


# --- options of several commands -------------------------------------------------------------------------------


Target = Annotated[
    str,
    Argument(
        help="A circuit (amine circuits), an experiment (amine experiments), a .py file that defines 'network', or a saved description (.json)."
    ),
]
Setting = Annotated[list[str], Option("--set", help="Another argument of the circuit, key=value; may be repeated.")]
Scale = Annotated[float | None, Option(help="Scale of the circuit.")]
Neurons = Annotated[int | None, Option(help="Number of neurons of the circuit.")]
Latex = Annotated[bool, Option("--latex", help="LaTeX instead of Markdown.")]
Dose = Annotated[
    list[str],
    Option("--dose", help="Drug and concentration, such as 'ketamine=1 uM@200ms..600ms'; may be repeated."),
]
Out = Annotated[Path | None, Option("-o", "--out", help="New folder for report, spikes, description and summary.")]


# --- commands --------------------------------------------------------------------------------------------------


@command(app)
def run(
    target: Target,
    duration: Annotated[str, Option(help="Biological time.")] = "1 s",
    scale: Scale = None,
    neurons: Neurons = None,
    regime: Annotated[str | None, Option(help="Regime of the circuit.")] = None,
    drive: Annotated[str | None, Option(help="Drive of the circuit.")] = None,
    seed: Annotated[int | None, Option(help="Seed of all random numbers.")] = None,
    settings: Setting = [],  # noqa: B006  (nothing writes it)
    dose: Dose = [],  # noqa: B006
    threads: Annotated[str, Option(help="Threads, or auto; results do not depend on them.")] = "1",
    precision: Annotated[str, Option(help="float32 or float64.")] = "float32",
    start: Annotated[str, Option(help="Statistics leave out the time before.")] = "0 ms",
    out: Out = None,
    store: Annotated[Path | None, Option(help="New zarr store to which spikes and traces stream.")] = None,
    checkpoint: Annotated[Path | None, Option(help="File from which a killed run can be resumed.")] = None,
    checkpoint_every: Annotated[str, Option(help="Wall time between checkpoints.")] = "30 s",
    resume: Annotated[bool, Option("--resume", help="Go on from the checkpoint if it is there.")] = False,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
    progress: Annotated[bool, Option("--progress/--no-progress", help="A bar on the terminal.")] = True,
) -> None:
    """Run a circuit, an experiment (amine experiments) or a network of your own."""
    code = commands.run.run(
        target,
        {"scale": scale, "neurons": neurons, "regime": regime, "drive": drive, "seed": seed},
        settings,
        dose,
        commands.run.Output(out, start, as_json),
        duration=duration,
        threads=int(threads) if threads.isdecimal() else threads,
        precision=precision,
        progress=progress and not as_json,
        store=store,
        checkpoint=checkpoint,
        checkpoint_every=checkpoint_every,
        resume=resume,
    )
    click.get_current_context().exit(code)


@command(app)
def models(
    name: Annotated[str | None, Argument(help="A model; without it, all are listed.")] = None,
    latex: Annotated[bool, Option("--latex", help="Equations as LaTeX.")] = False,
) -> None:
    """The library of models, or one model's equations, parameters and source."""
    if name is None:
        commands.library.models()
    else:
        commands.library.model(name, latex)


@command(app)
def circuits() -> None:
    """The circuits that are built in, with their arguments."""
    commands.library.circuits()


@command(app, "experiments")
def list_experiments() -> None:
    """The experiments that are built in, with their arguments."""
    commands.library.experiments()


@command(app)
def describe(
    target: Target,
    latex: Latex = False,
    scale: Scale = None,
    neurons: Neurons = None,
    settings: Setting = [],  # noqa: B006
) -> None:
    """A network's tables, ready for a paper."""
    net = commands.target.network_of(target, {"scale": scale, "neurons": neurons}, settings)
    print(net.describe("latex" if latex else "markdown"))


@command(app)
def lab(
    target: Annotated[
        str | None, Argument(help="An experiment of the lab, a circuit or a file; without it, the gallery.")
    ] = None,
    dose: Annotated[
        list[str], Option("--dose", help="A drug that can be given, such as 'diazepam'; may be repeated.")
    ] = [],  # noqa: B006
    settings: Setting = [],  # noqa: B006
    port: Annotated[int, Option(min=0, max=65535, help="Port of this machine; 0 for a free one.")] = 0,
    browser: Annotated[bool, Option("--browser/--no-browser", help="Open the browser.")] = True,
    record: Annotated[Path | None, Option(help="Record an experiment into this HTML file instead.")] = None,
    over: Annotated[str, Option(help="Control and values of the recording, such as 'dose:diazepam=0,0.1,1'.")] = "",
) -> None:
    """A page in the browser on which a network runs while its doses and values are turned."""
    if record is not None:
        commands.lab.recorded(target, over, record)
        return
    commands.lab.lab(target, dose, settings, port, browser)


@command(app)
def cache(
    clear: Annotated[bool, Option("--clear", help="Delete all compiled structures.")] = False,
    warm: Annotated[bool, Option("--warm", help="Compile the circuits and the neuron models of the library.")] = False,
) -> None:
    """The folder that holds compiled structures."""
    commands.cache.show(clear, warm)
