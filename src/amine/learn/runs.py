"""Work behind ``amine train``, ``amine compare`` and ``amine audit``: train on a task, compare rules on it, write the results."""

from __future__ import annotations

import ast
import inspect
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.files import replacing_folder, unpack
from amine.learn import algorithms, data, report, tables
from amine.learn.audit import Audit, audit
from amine.learn.audit.cost import activity
from amine.learn.data import Data
from amine.learn.estimators import Classifier, Regressor, load
from amine.learn.training import bar
from amine.network.estimate import available_bytes
from amine.shown import Shown
from amine.view.inline import box, png_image
from amine.view.inline import table as inline_table
from amine.view.report import number, table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.learn.base import Estimator

SGD: dict[str, Any] = {"optimizer": "sgd", "rate": 0.3, "schedule": "linear"}
PRESETS: dict[str, dict[str, Any]] = {
    "backprop": {"neurons": "relu"},
    "hebb": {**SGD, "neurons": "relu"},
    "oja": {**SGD, "rate": 0.1, "neurons": "identity"},
    "stdp": SGD,
    "reward": {"epochs": 60},
    "eventprop": {"encoder": "latency", "steps": 60, "rate": 0.01},
}
BASE: dict[str, Any] = {
    "rate": 0.005,
    "epochs": 30,
    "batch_size": 32,
    "schedule": "cosine",
    "hidden": (128,),
    "steps": 20,
}


class Summary(TypedDict):
    """Result of one training; scores are accuracies or coefficients of determination."""

    data: str
    samples: int
    held_out: int
    rule: str
    neurons: str
    hidden: list[int]
    score: float
    score_held_out: float
    epochs: int
    stopped: str
    seconds: float
    seed: int
    spikes_per_sample: NotRequired[float]


class Compared(TypedDict):
    """Results of one rule in a comparison: ``scores`` are held-out ones, one per seed; ``curves`` training scores by epoch."""

    neurons: str
    scores: list[float]
    mean: float
    spread: float
    learning: float
    seconds: float
    curves: list[list[float]]


class Results(Shown, dict[str, Compared]):
    """Results of a comparison by rule."""

    def html(self) -> str:
        """Return the scores as a table and a figure in HTML, without JavaScript."""
        picture = png_image(comparison(self), "Scores of rules") if self else ""
        return box(
            "Comparison of rules", "Held-out scores; each dot is a seed.", inline_table(*rows(self), numbers=2), picture
        )


def options(hidden: str | None, settings: Sequence[str], **more: Any) -> dict[str, Any]:
    """Arguments of the estimator from options of the command line: ``more`` that are not None, key=value texts, layer sizes."""
    known = inspect.signature(Classifier).parameters
    out = {k: v for k, v in more.items() if v is not None}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise AmineError("--set", "this is not key=value", given=text)
        if key not in known:
            raise AmineError("--set", f"the estimator has no argument '{key}'", hint=did_you_mean(key, known))
        try:
            out[key] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            out[key] = value
    if hidden is not None:
        try:
            out["hidden"] = tuple(int(n) for n in hidden.split(",") if int(n) != 0)
        except ValueError:
            raise AmineError(
                "--hidden", "these are not sizes of layers", given=hidden, expected="such as 128 or 64,64"
            ) from None
    return out


def choose(rule: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Arguments of the estimator for a rule: the given ones, completed by defaults that suit the rule.

    The default neurons are LIF if the rule needs spikes; otherwise ``relu`` for backprop and ``tanh`` for most others.
    """
    made = algorithms.get(rule)
    start = {"neurons": "tanh" if made.rates else "lif"}
    return {**BASE, **start, **PRESETS.get(rule, {}), **{k: v for k, v in given.items() if v is not None}, "rule": rule}


def task(name: str, kind: str | None = None) -> Data:
    """A data set by name, or a file: .npz with X and y, or .csv whose last column is the target; ``kind`` is classification or regression."""
    path = Path(name)
    if path.suffix not in (".csv", ".tsv", ".txt", ".npz"):
        found = data.get(name)
        if kind is not None and kind != found.task:
            raise AmineError("--task", f"data set '{name}' is another task", given=kind, expected=found.task)
        return found
    if not path.is_file():
        raise AmineError(f"file '{name}'", "it does not exist")
    if path.suffix != ".npz":
        return tables.read(path, kind)
    where = f"file '{name}'"
    try:
        X, y = unpack(path, ("X", "y"), available_bytes(), where)
    except AmineError:
        raise
    except (ValueError, KeyError, OSError, IndexError) as e:
        raise AmineError(where, "it can't be read as samples", given=str(e).splitlines()[0][:60]) from e
    found, y = tables.kind_of(where, y, kind)
    classes = tuple(np.unique(y)) if found == "classification" else ()
    doc = f"Samples of {path.name}"
    return Data(path.stem, X, y, doc, task=found, classes=classes, extra={"file": str(path.resolve())})


def estimator(d: Data, arguments: Mapping[str, Any]) -> Classifier | Regressor:
    """A classifier or a regressor, depending on the task."""
    return (Classifier if d.task == "classification" else Regressor)(**arguments)


def learn(d: Data, arguments: Mapping[str, Any]) -> tuple[Classifier | Regressor, Summary]:
    """Trains on seven tenths of the samples; the model, and its scores on these and on the rest."""
    seed = int(arguments.get("seed") or 0)
    a, b, c, e = d.split(seed)
    began = time.perf_counter()
    model = estimator(d, arguments).fit(a, b)
    seconds = time.perf_counter() - began
    model.notes_ = {"data": d.extra.get("file", d.name), "seed": seed, "task": d.task}
    spikes = mean_spikes(model, c)
    summary: Summary = {
        "data": d.name, "samples": len(a), "held_out": len(c), "rule": str(getattr(model.rule, "name", model.rule)), "neurons": model.spec_.neuron_name,
        "hidden": list(model.spec_.hidden), "score": model.score(a, b), "score_held_out": model.score(c, e), "epochs": model.n_epochs_,
        "stopped": model.stopped_, "seconds": seconds, "seed": seed,
    }  # fmt: skip
    if spikes is not None:
        summary["spikes_per_sample"] = spikes
    return model, summary


def mean_spikes(model: Estimator, X: np.ndarray) -> float | None:
    """Mean number of spikes of hidden neurons per sample; None for rate neurons."""
    if not model.spec_.spiking:
        return None
    return float(sum(activity(model, X[:100])["spikes"]))


def folder(out: Path) -> AbstractContextManager[Path]:
    """Context with a new folder under a temporary name, which is renamed to ``out`` when all is written."""
    return replacing_folder(out, f"folder '{out}'")


def write(model: Classifier | Regressor, d: Data, summary: Summary, out: Path) -> None:
    """Writes model, report, curves and summary to a new folder."""
    _, _, c, e = d.split(summary["seed"])
    predicted = model.predict(c)
    with folder(out) as part:
        model.save(part / "model.safetensors")
        (part / "summary.json").write_text(json.dumps(summary, indent=1))
        report.curves(model.history_).savefig(part / "curves.png")
        if isinstance(model, Classifier):
            names = d.classes if len(d.classes) == len(model.classes_) else model.classes_
            label = dict(zip(model.classes_, names, strict=True))
            fig = report.confusion(np.array([label[v] for v in e]), np.array([label[v] for v in predicted]), names)
        else:
            fig = report.scatter(e, predicted)
        rows = [
            (k.replace("_", " "), number(v, 4) if isinstance(v, float) else v)
            for k, v in summary.items()
            if v not in ("", [])
        ]
        text = report.page(
            f"{d.name}: {summary['neurons']}, {summary['rule']}",
            f"{d.doc}. {len(d.X)} samples, {d.X.shape[1]} features; three tenths held out.",
            [
                ("Result", [table(("", ""), rows), report.shown(fig, "Held-out samples.")]),
                ("Curves", [report.shown(report.curves(model.history_), "Loss and score by epoch.")]),
                ("Settings", [report.settings(model.get_params())]),
            ],
        )
        report.write(part / "report.html", text)


def compare(d: Data, names: Sequence[str], seeds: int, given: Mapping[str, object], progress: bool = False) -> Results:
    """Trains with each rule and each seed; ``progress`` draws a bar on the terminal."""
    alike = {} if given.get("neurons") else {"neurons": "tanh"}  # for backprop, as for the other rules of rate networks
    chosen = {n: choose(n, {**given, **alike} if n == "backprop" else given) for n in names}
    for arguments in chosen.values():  # all are checked before any is trained
        estimator(d, {**arguments, "epochs": 1}).fit(*_few(d))
    out = Results()
    with bar(progress, len(names) * seeds, "runs") as show:
        for k, (n, arguments) in enumerate(chosen.items()):
            lines = []
            for seed in range(seeds):
                show(k * seeds + seed, n)
                lines.append(learn(d, {**arguments, "seed": seed}))
            out[n] = _compared(arguments["neurons"], lines)
        show(len(chosen) * seeds, "")
    return out


def _compared(neurons: object, lines: Sequence[tuple[Classifier | Regressor, Summary]]) -> Compared:
    """Results of one rule from the trained models and summaries of all seeds."""
    scores = np.array([s["score_held_out"] for _, s in lines])
    return {
        "neurons": str(getattr(neurons, "name", neurons)), "scores": scores.tolist(), "mean": float(scores.mean()),
        "spread": float(scores.std(ddof=1)) if len(lines) > 1 else 0.0, "learning": float(np.mean([s["score"] for _, s in lines])),
        "seconds": float(np.mean([s["seconds"] for _, s in lines])), "curves": [m.history_["score"] for m, _ in lines],
    }  # fmt: skip


def _few(d: Data) -> tuple[np.ndarray, np.ndarray]:
    """A few samples of every class."""
    if d.task != "classification":
        return d.X[:16], d.y[:16]
    rows = np.concatenate([np.flatnonzero(d.y == c)[:4] for c in np.unique(d.y)])
    return d.X[rows], d.y[rows]


def comparison(results: Results) -> Figure:
    """Figure of the held-out scores of all rules, and of the mean training score by epoch."""
    fig, axes = figure(9, 0.4 * len(results) + 2.4, 1, 2)
    left, right = axes[0]
    for k, (n, r) in enumerate(results.items()):
        left.plot(r["scores"], [k] * len(r["scores"]), "o", color=colour(k), alpha=0.5, mew=0)
        left.plot(r["mean"], k, "|", color=colour(k), ms=18, mew=2)
        longest = max(map(len, r["curves"]))
        mean = np.mean([c + [c[-1]] * (longest - len(c)) for c in r["curves"]], 0)
        right.plot(np.arange(1, longest + 1), mean, color=colour(k), label=n)
    left.set_yticks(range(len(results)), list(results))
    left.invert_yaxis()
    left.set(xlabel="held-out score")
    left.locator_params(axis="x", nbins=5)
    right.set(xlabel="epoch", ylabel="training score")
    right.legend(frameon=False, fontsize=8)
    return fig


def write_comparison(results: Results, d: Data, out: Path) -> None:
    """Writes figure, summary and report to a new folder."""
    with folder(out) as part:
        fig = comparison(results)
        fig.savefig(part / "comparison.png")
        (part / "summary.json").write_text(json.dumps(results, indent=1))
        lead = f"{d.doc}. {len(d.X)} samples; three tenths held out, drawn anew for each seed."
        text = report.page(
            f"Rules on {d.name}",
            lead,
            [("Scores", [table(*rows(results), numbers=2), report.shown(fig, "Each dot is a seed.")])],
        )
        report.write(part / "report.html", text)


def rows(results: Results) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Header and rows of the table of a comparison."""
    header = ("Rule", "Neurons", "Held out", "Spread", "Training", "Seconds")
    return header, [
        (n, r["neurons"], f"{r['mean']:.4f}", f"{r['spread']:.4f}", f"{r['learning']:.4f}", f"{r['seconds']:.1f}")
        for n, r in results.items()
    ]


def audited(model: Path, task_name: str | None, quick: bool) -> Audit:
    """Audit of a model file on a task; None for the task that the file names."""
    found = load(model)
    notes = getattr(found, "notes_", {})
    name = task_name or notes.get("data")
    if name is None:
        raise AmineError(
            f"model file '{model}'", "it does not name the task it was trained on", hint="name it with --data"
        )
    own = task(name, None if Path(name).suffix == "" else notes.get("task"))
    return audit(found, own, quick=quick)
