"""``amine train``, ``amine compare`` and ``amine audit``; torch is loaded only when one of them runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from amine.cli.options import Argument, Option
from amine.errors import AmineError
from amine.folders import check_makeable, is_there
from amine.optional import optional

Task = Annotated[
    str,
    Argument(
        help="A data set by name, or a file: .npz with X and y, or .csv (commas, semicolons or tabs) with the target in the last column."
    ),
]
Hidden = Annotated[str | None, Option(help="Sizes of hidden layers, such as 128 or 64,64; 0 for none.")]
Neurons = Annotated[str | None, Option(help="sigmoid, tanh, relu, softmax, identity, or a neuron model.")]
Epochs = Annotated[int | None, Option(help="Passes over the samples.")]
Kind = Annotated[
    str | None, Option("--task", help="For a file: classification or regression; by the target if left out.")
]
Setting = Annotated[list[str], Option("--set", help="Another argument of the estimator, key=value; may be repeated.")]
Out = Annotated[Path | None, Option("-o", "--out", help="New folder for report, figures, summary and model.")]
Json = Annotated[bool, Option("--json", help="Print one JSON object.")]


def _check(out: Path | None) -> None:
    """Raises AmineError if the output folder can't be made, before anything is trained."""
    if out is not None:
        check_makeable(out, f"folder '{out}'")


def train(
    task: Task,
    neurons: Neurons = None,
    rule: Annotated[str, Option(help="The learning rule.")] = "backprop",
    hidden: Hidden = None,
    epochs: Epochs = None,
    rate: Annotated[float | None, Option(help="Learning rate.")] = None,
    optimizer: Annotated[str | None, Option(help="An optimiser of torch, such as adam or sgd.")] = None,
    encoder: Annotated[
        str | None, Option(help="For spiking neurons: current, rate, latency, population or delta.")
    ] = None,
    steps: Annotated[int | None, Option(help="For spiking neurons: time steps.")] = None,
    seed: Annotated[int, Option(help="Seed of initial weights, order and split.")] = 0,
    kind: Kind = None,
    settings: Setting = [],  # noqa: B006  (nothing writes it)
    out: Out = None,
    as_json: Json = False,
    progress: Annotated[bool, Option("--progress/--no-progress", help="Draw a progress bar on the terminal.")] = True,
) -> None:
    """Train a network on a task; three tenths of the samples are held out."""
    _check(out)
    with optional("amine train"):
        from amine.learn import runs

    d = runs.task(task, kind)
    given = runs.options(
        hidden, settings, neurons=neurons, epochs=epochs, rate=rate, optimizer=optimizer, encoder=encoder, steps=steps
    )
    arguments = runs.choose(rule, given) | {"seed": seed, "progress": progress and not as_json}
    model, summary = runs.learn(d, arguments)
    if out is not None:
        runs.write(model, d, summary, out)
    if as_json:
        print(json.dumps(summary))
        return
    print(
        f"{summary['data']}: {summary['neurons']} {summary['hidden']}, {summary['rule']}, {summary['epochs']} epochs in {summary['seconds']:.1f} s"
    )
    print(f"score {summary['score']:.4f}, held out {summary['score_held_out']:.4f}")
    if "spikes_per_sample" in summary:
        print(f"{summary['spikes_per_sample']:.1f} spikes a sample")
    if out is not None:
        print(f"report: {out / 'report.html'}")


def compare(
    task: Task,
    rules: Annotated[
        str, Option(help="Names of rules, with commas between.")
    ] = "backprop,eprop,feedback_alignment,dfa,hebb,reward",
    seeds: Annotated[int, Option(help="Number of trainings of each rule.", min=1)] = 3,
    neurons: Neurons = None,
    hidden: Hidden = None,
    epochs: Epochs = None,
    kind: Kind = None,
    settings: Setting = [],  # noqa: B006
    out: Out = None,
    as_json: Json = False,
    progress: Annotated[bool, Option("--progress/--no-progress", help="Draw a progress bar on the terminal.")] = True,
) -> None:
    """Compare learning rules on a task: a table and a figure."""
    _check(out)
    with optional("amine compare"):
        from amine.learn import runs

    d = runs.task(task, kind)
    names = [n.strip() for n in rules.split(",") if n.strip()]
    given = runs.options(hidden, settings, neurons=neurons, epochs=epochs)
    results = runs.compare(d, names, seeds, given, progress and not as_json)
    if out is not None:
        runs.write_comparison(results, d, out)
    if as_json:
        print(json.dumps(results))
        return
    header, lines = runs.rows(results)
    widths = [max(len(str(line[k])) for line in [header, *lines]) for k in range(len(header))]
    for line in [header, *lines]:
        print(
            "  ".join(
                f"{x:<{w}}" if k < 2 else f"{x:>{w}}" for k, (x, w) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
        )
    if out is not None:
        print(f"report: {out / 'report.html'}")


def audit(
    model: Annotated[Path, Argument(help="A model file that amine train or save() wrote.")],
    data: Annotated[str | None, Option(help="The task, if the file does not name the one it was trained on.")] = None,
    out: Annotated[Path | None, Option("-o", "--out", help="The report; a new .html file.")] = None,
    as_json: Json = False,
    quick: Annotated[
        bool, Option("--quick", help="Skip the parts that train anew: curves over sample size, and privacy.")
    ] = False,
) -> None:
    """Audit a model: attribution, over-fitting, calibration, fairness, privacy and cost in one report."""
    if out is not None and is_there(out, f"report '{out}'"):
        raise AmineError(f"report '{out}'", "it exists", hint="choose another name")
    with optional("amine audit"):
        from amine.learn import runs

    result = runs.audited(model, data, quick)
    if out is not None:
        result.write(out)
    print(json.dumps(result.summary) if as_json else result.text())
    if out is not None and not as_json:
        print(f"report: {out}")
