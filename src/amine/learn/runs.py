"""What ``amine train`` and ``amine compare`` do: learn a task, compare rules on it, and write what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.files import replacing_folder, unpack
from amine.learn import algorithms, data, report
from amine.learn.audit.cost import activity
from amine.learn.data import Data
from amine.learn.estimators import Classifier, Regressor
from amine.network.estimate import available_bytes
from amine.view.report import number, table

if TYPE_CHECKING:
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


def choose(rule: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Arguments for a rule: what was given, and for the rest what suits the rule.

    Neurons that aren't given are LIF where the rule needs spikes; where it does not, they are relu for backprop and tanh
    for most others.
    """
    made = algorithms.get(rule)
    start = {"neurons": "tanh" if made.rates else "lif"}
    return {**BASE, **start, **PRESETS.get(rule, {}), **{k: v for k, v in given.items() if v is not None}, "rule": rule}


def task(name: str) -> Data:
    """A data set by name, or a file: .npz with X and y, or .csv whose last column is the target."""
    path = Path(name)
    if path.suffix not in (".csv", ".npz"):
        return data.get(name)
    if not path.is_file():
        raise AmineError(f"file '{name}'", "it does not exist")
    try:
        if path.suffix == ".npz":
            X, y = unpack(path, ("X", "y"), available_bytes(), f"file '{name}'")
        else:
            rows = np.genfromtxt(path, delimiter=",", dtype=str, encoding="utf-8")
            rows = rows[1:] if not _numbers(rows[0, :-1]) else rows
            X, y = rows[:, :-1].astype(float), rows[:, -1]
            y = y.astype(float) if _numbers(y) else y
    except AmineError:
        raise
    except (ValueError, KeyError, OSError, IndexError) as e:
        raise AmineError(f"file '{name}'", "it can't be read as samples", given=str(e).splitlines()[0][:60]) from e
    whole = y.dtype.kind in "iub" or (
        y.dtype.kind == "f" and bool((y == np.round(y)).all()) and len(np.unique(y)) <= 50
    )
    kind = "classification" if whole or y.dtype.kind in "US" else "regression"
    y = y.astype(int) if kind == "classification" and y.dtype.kind == "f" else y
    return Data(
        path.stem,
        X,
        y,
        f"Samples of {path.name}",
        task=kind,
        classes=tuple(np.unique(y)) if kind == "classification" else (),
    )


def _numbers(row: np.ndarray) -> bool:
    try:
        row.astype(float)
    except ValueError:
        return False
    return True


def estimator(d: Data, arguments: Mapping[str, Any]) -> Classifier | Regressor:
    """A classifier or a regressor, as the task asks for."""
    return (Classifier if d.task == "classification" else Regressor)(**arguments)


def learn(d: Data, arguments: Mapping[str, Any]) -> tuple[Classifier | Regressor, dict[str, Any]]:
    """Learns seven tenths of the samples; the model, and its scores on these and on the rest."""
    seed = int(arguments.get("seed") or 0)
    a, b, c, e = d.split(seed)
    began = time.perf_counter()
    model = estimator(d, arguments).fit(a, b)
    seconds = time.perf_counter() - began
    model.notes_ = {"data": d.name, "seed": seed}
    spikes = mean_spikes(model, c)
    summary = {
        "data": d.name, "samples": len(a), "held_out": len(c), "rule": getattr(model.rule, "name", model.rule), "neurons": model.spec_.neuron_name,
        "hidden": list(model.spec_.hidden), "score": model.score(a, b), "score_held_out": model.score(c, e), "epochs": model.n_epochs_,
        "stopped": model.stopped_, "seconds": seconds, "seed": seed, **({} if spikes is None else {"spikes_per_sample": spikes}),
    }  # fmt: skip
    return model, summary


def mean_spikes(model: Estimator, X: np.ndarray) -> float | None:
    """Spikes of hidden neurons for a sample, in the mean; None for rate neurons."""
    if not model.spec_.spiking:
        return None

    return float(sum(activity(model, X[:100])["spikes"]))


def folder(out: Path) -> AbstractContextManager[Path]:
    """A new folder under a temporary name, which takes its place when all is written."""
    return replacing_folder(out, f"folder '{out}'")


def write(model: Any, d: Data, summary: Mapping[str, Any], out: Path) -> None:
    """Model, report, curves and summary in a new folder."""
    _, _, c, e = d.split(int(summary["seed"]))
    said = model.predict(c)
    with folder(out) as part:
        model.save(part / "model.safetensors")
        (part / "summary.json").write_text(json.dumps(dict(summary), indent=1))
        report.curves(model.history_).savefig(part / "curves.png")
        if d.task == "classification":
            names = d.classes if len(d.classes) == len(model.classes_) else model.classes_
            label = dict(zip(model.classes_, names, strict=True))
            fig = report.confusion(np.array([label[v] for v in e]), np.array([label[v] for v in said]), names)
        else:
            fig = report.scatter(e, said)
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
                ("Curves", [report.shown(report.curves(model.history_), "Learning, epoch by epoch.")]),
                ("Settings", [report.settings(model.get_params())]),
            ],
        )
        report.write(part / "report.html", text)


def compare(
    d: Data, names: Sequence[str], seeds: int, given: Mapping[str, object], show: Callable[[int, str], None]
) -> dict[str, dict[str, Any]]:
    """Each rule with each seed: scores, curves and seconds by rule; ``show`` is told how many are done."""
    alike = {} if given.get("neurons") else {"neurons": "tanh"}  # backprop beside other rules for rate networks
    chosen = {n: choose(n, {**given, **alike} if n == "backprop" else given) for n in names}
    for arguments in chosen.values():  # all are checked before any learns
        estimator(d, {**arguments, "epochs": 1}).fit(*_few(d))
    out: dict[str, dict[str, Any]] = {}
    for k, (n, arguments) in enumerate(chosen.items()):
        lines = []
        for seed in range(seeds):
            show(k * seeds + seed, n)
            model, summary = learn(d, {**arguments, "seed": seed})
            lines.append((summary["score_held_out"], summary["score"], summary["seconds"], model.history_["score"]))
        scores = np.array([line[0] for line in lines])
        out[n] = {
            "neurons": getattr(arguments["neurons"], "name", arguments["neurons"]), "scores": scores.tolist(), "mean": float(scores.mean()),
            "spread": float(scores.std(ddof=1)) if seeds > 1 else 0.0, "learning": float(np.mean([line[1] for line in lines])),
            "seconds": float(np.mean([line[2] for line in lines])), "curves": [line[3] for line in lines],
        }  # fmt: skip
    show(len(chosen) * seeds, "")
    return out


def _few(d: Data) -> tuple[np.ndarray, np.ndarray]:
    """A few samples of every class."""
    if d.task != "classification":
        return d.X[:16], d.y[:16]
    rows = np.concatenate([np.flatnonzero(d.y == c)[:4] for c in np.unique(d.y)])
    return d.X[rows], d.y[rows]


def comparison(results: Mapping[str, Mapping[str, Any]]) -> Any:
    """Held-out scores of all rules, and how they got there."""
    from amine.view.style import colour, figure

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
    right.set(xlabel="epoch", ylabel="score in learning")
    right.legend(frameon=False, fontsize=8)
    return fig


def write_comparison(results: Mapping[str, Mapping[str, Any]], d: Data, out: Path) -> None:
    """Table, picture and report in a new folder."""
    with folder(out) as part:
        fig = comparison(results)
        fig.savefig(part / "comparison.png")
        (part / "summary.json").write_text(json.dumps(results, indent=1))
        lead = f"{d.doc}. {len(d.X)} samples; three tenths held out, by another draw for each seed."
        text = report.page(
            f"Rules on {d.name}",
            lead,
            [("Scores", [table(*rows(results), numbers=2), report.shown(fig, "Each dot is a seed.")])],
        )
        report.write(part / "report.html", text)


def rows(results: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Header and rows of the table of a comparison."""
    header = ("Rule", "Neurons", "Held out", "Spread", "Learning", "Seconds")
    return header, [
        (n, r["neurons"], f"{r['mean']:.4f}", f"{r['spread']:.4f}", f"{r['learning']:.4f}", f"{r['seconds']:.1f}")
        for n, r in results.items()
    ]
