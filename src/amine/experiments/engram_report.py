"""Tables, figures and text of the comparison of learners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.experiments.engram_harness import ENTRIES, MEASURES
from amine.experiments.outcome import Outcome
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.experiments.engram_bandit import Trials
    from amine.experiments.engram_harness import Bench, Found, Options
    from amine.experiments.engram_surprises import Noticed

Curves: TypeAlias = "Mapping[str, tuple[Sequence[float], np.ndarray]]"
TITLE = "Memories kept apart: tasks one after another, each sample once"
ABOUT = (
    "Tasks come one after another, each sample once; at the end everything is asked for, on samples that were never shown. The engram rule is recursive "
    "least squares written as a circuit, and linear discriminant analysis on the same features is its ceiling. Rates and strengths of the others were "
    "chosen on another seed. Memory counts every number that is kept between samples, the fixed expansion included."
)
DRAWN = (
    "engram",
    "engram, GABA blocked",
    "SGD",
    "Adam",
    "EWC",
    "inhibited backprop",
    "replay of 200",
    "streaming LDA, same features",
)


def spread(x: Sequence[float] | np.ndarray, digits: int = 3) -> str:
    """Mean and standard deviation as text.

    >>> spread([0.5, 0.7])
    '0.600 ± 0.141'
    """
    a = np.asarray(x, float)
    return f"{a.mean():.{digits}f} ± {a.std(ddof=min(1, len(a) - 1)):.{digits}f}"


def of_stream(
    bench: Bench, found: Mapping[str, Sequence[Found]], options: Mapping[str, Options], curves: Curves, arguments: dict[str, Any], seconds: float
) -> Outcome:  # fmt: skip
    """Outcome of a bench of tasks."""
    measures, rows = {}, []
    for name, each in found.items():
        values = {m: [f.measure(m) for f in each] for m in MEASURES}
        prefix = "" if name == "engram" else f"{name}, "
        measures |= {f"{prefix}{m}": float(np.mean(v)) for m, v in values.items()}
        entry, last = ENTRIES[name], each[-1]
        passes, settings = options[name].get("passes", 1), _settings(options[name])
        told, stored = ("yes" if entry.boundaries else "no"), (str(entry.stored) if entry.stored else "no")
        size = f"{last.numbers:,}".replace(",", " "), f"{last.size / 1e6:.2f}"
        rows.append((name, *(spread(values[m]) for m in MEASURES), passes, told, stored, *size, settings))
    header = (
        "",
        "all classes at the end",
        "a task's own when learnt",
        "the same at the end",
        "passes",
        "told boundaries",
        "stored samples",
        "numbers kept",
        "MB",
        "settings",
    )
    tables: dict[str, Any] = {
        f"Bench {bench.name}, {bench.neurons} neurons, {len(next(iter(found.values())))} seeds": (header, rows)
    }
    figures: dict[str, Any] = {
        "Accuracy on all tasks while they are learned one after another; mean of the seeds.": lambda: through_time(
            found
        ),
        "Accuracy on each task (column) after each task (row), among all classes.": lambda: forgetting(found),
    }
    for compound, (given, values) in curves.items():
        table = [(f"{x:g}", *(spread(values[k, :, j]) for j in range(3))) for k, x in enumerate(given)]
        tables[f"Dose of {'GABA' if compound == 'gaba' else compound}, natural dose 1"] = (
            (f"{compound} x", *header[1:4]),
            table,
        )
    if curves:
        figures[
            "Dose and response of GABA and dopamine: all classes at the end, and a task's own classes when learnt."
        ] = lambda: doses(curves)
    return Outcome("engram", TITLE, ABOUT, measures, tables, figures, arguments, {"all": seconds}, {"found": dict(found), "curves": dict(curves)})  # fmt: skip


def _settings(options: Options) -> str:
    """Options as text, without those that have a column of their own."""
    return ", ".join(f"{k} {v}" for k, v in options.items() if k not in ("protection", "passes", "size", "adaptive"))


def of_bandit(found: Mapping[str, Sequence[Trials]], arguments: dict[str, Any], seconds: float) -> Outcome:
    """Outcome of the bandit."""
    measures, rows = {}, []
    for name, each in found.items():
        r = np.array([t.rewards for t in each])
        values = {"reward": r.mean((1, 2)), "first block": r[:, 0].mean(1), "later blocks": r[:, 1:].mean((1, 2))}
        prefix = "" if name == "engram" else f"{name}, "
        measures |= {f"{prefix}{m}": float(v.mean()) for m, v in values.items()}
        noticed = spread([len(t.surprises) for t in each], 1) if name.startswith("engram") else ""
        rows.append((name, *(spread(v) for v in values.values()), spread(r[:, 1:, -200:].mean((1, 2))), noticed))
    header = (
        "",
        "reward a trial",
        "first block",
        "later blocks",
        "last 200 trials of later blocks",
        "surprises; 7 changes",
    )
    return Outcome(
        "engram",
        "Memories let go: rewards that change unannounced",
        "A digit comes, one of ten answers is chosen, and only reward or none is told. Every 1000 trials the rewarded answers are dealt anew; nothing tells of it.",
        measures,
        {f"Mean and standard deviation of {len(next(iter(found.values())))} seeds": (header, rows)},
        {"Reward within a block, mean of the later blocks, in bins of 50 trials.": lambda: within_block(found)},
        arguments,
        {"all": seconds},
        {"found": dict(found)},
    )


def of_surprises(found: Mapping[str, Sequence[Noticed]], arguments: dict[str, Any], seconds: float) -> Outcome:
    """Outcome of the streams on which noradrenaline watches."""
    measures, rows = {}, []
    for name, each in found.items():
        changes, delays = sum(len(n.changes) for n in each), [d for n in each for d in n.delays]
        alarms = sum(n.false_alarms for n in each)
        prefix = "" if name == "engram" else f"{name}, "
        measures |= {f"{prefix}false alarms": float(alarms)}
        measures |= {f"{prefix}found": len(delays) / changes} if changes else {}
        late = f"{np.median(delays):.0f} ({max(delays)})" if delays else ""
        right = (spread([n.accuracy for n in each]), spread([n.blocked for n in each]))
        rows.append(("clean" if name == "engram" else name, changes, len(delays), late, alarms, *right))
    header = (
        "",
        "changes of the world",
        "found within 100 samples",
        "samples until then, median (most)",
        "false alarms",
        "right at the end (bandit: reward)",
        "the same, noradrenaline blocked",
    )
    return Outcome(
        "engram",
        "When the world has changed: one detector on streams of all kinds",
        "Noradrenaline is the error of an outcome against that outcome's own past error, with one threshold everywhere. It acts: a false alarm erases what was learned, and "
        "after each permutation of the pixels the ones before are let go, so that only the last is known.",
        measures,
        {f"Sums over {len(next(iter(found.values())))} seeds": (header, rows)},
        {},
        arguments,
        {"all": seconds},
        {"found": dict(found)},
    )


def of_circuit(found: Mapping[str, Sequence[Found]], arguments: dict[str, Any], seconds: float) -> Outcome:
    """Outcome of the running network, in rates and in spikes."""
    measures, rows = {}, []
    for name, each in found.items():
        values = {m: [f.measure(m) for f in each] for m in MEASURES}
        prefix = "" if name == "engram" else f"{name}, "
        measures |= {f"{prefix}{m}": float(np.mean(v)) for m, v in values.items()}
        rows.append((name, *(spread(values[m]) for m in MEASURES)))
    header = ("", "all classes at the end", "a task's own when learnt", "the same at the end")
    return Outcome(
        "engram",
        "Memories kept apart by a running network, in rates and in spikes",
        "Principal cells, interneurons and their reciprocal plastic synapses, a compartment of dopamine for each class, and receptors of the catalogue. "
        "600 digits come in five tasks of two classes, each digit once, as a trial; the rule itself learns the same digits.",
        measures,
        {f"Mean and standard deviation of {len(next(iter(found.values())))} seeds": (header, rows)},
        {"All ten classes at the end (filled) and a task's own when learnt (open).": lambda: conditions(found)},
        arguments,
        {"all": seconds},
        {"found": dict(found)},
    )


# --- figures ------------------------------------------------------------------------------------------------------


def through_time(found: Mapping[str, Sequence[Found]]) -> Figure:
    """Accuracy on all tasks after each task."""
    fig, axes = figure(7.0, 3.6)
    ax = axes[0, 0]
    for k, name in enumerate(n for n in DRAWN if n in found):
        m = np.mean([f.matrix.mean(1) for f in found[name]], 0)
        dashed = "--" if name.startswith("streaming") else "-"
        ax.plot(np.arange(1, len(m) + 1), m, dashed, marker="o", ms=4, color=colour(k), label=name)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("tasks learned")
    ax.set_ylabel("accuracy on all tasks")
    ax.set_ylim(0.0, 1.02)
    ax.legend(frameon=False, fontsize=8)
    return fig


def forgetting(found: Mapping[str, Sequence[Found]]) -> Figure:
    """Matrices of accuracy by task, side by side."""
    names = [n for n in DRAWN if n in found][:7]
    fig, axes = figure(2.3 * len(names) + 0.8, 2.9, 1, len(names))
    for ax, name in zip(axes[0], names, strict=True):
        image = ax.imshow(np.mean([f.matrix for f in found[name]], 0), vmin=0.0, vmax=1.0, cmap="viridis")
        ax.set_title(name, fontsize=9)
        ax.set_xlabel("task asked for")
        ax.set_xticks([])
        ax.set_yticks([])
    axes[0, 0].set_ylabel("after task")
    fig.colorbar(image, ax=axes, label="accuracy", shrink=0.8)
    return fig


def doses(curves: Curves) -> Figure:
    """Responses to the doses of compounds, each beside the accuracy when learnt."""
    fig, axes = figure(8.0, 3.2, 1, len(curves), sharey=True)
    for ax, (compound, (given, values)) in zip(axes[0], curves.items(), strict=True):
        x = np.asarray(given, float)
        for j, (label, mark) in enumerate((("all classes at the end", "o"), ("a task's own when learnt", "s"))):
            ax.errorbar(
                x,
                values[:, :, j].mean(1),
                values[:, :, j].std(1),
                marker=mark,
                ms=4,
                color=colour(j),
                label=label,
                capsize=2,
            )
        if compound == "gaba":
            ax.set_xscale("symlog", linthresh=1e-4)
            ax.set_xticks([0, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10])
        ax.axvline(1.0, color="#777777", lw=0.8, ls="--")
        ax.set_xlabel(f"{'GABA' if compound == 'gaba' else compound}, natural dose 1")
        ax.set_ylim(0.0, 1.02)
    axes[0, 0].set_ylabel("accuracy")
    axes[0, 0].legend(frameon=False, fontsize=8)
    return fig


def conditions(found: Mapping[str, Sequence[Found]]) -> Figure:
    """Accuracy of each circuit when a task is learnt, and of all classes at the end."""
    fig, axes = figure(7.5, 0.32 * len(found) + 1.0)
    ax = axes[0, 0]
    for k, (name, each) in enumerate(found.items()):
        early, late = ([f.measure(m) for f in each] for m in ("when learnt", "all classes"))
        shade = colour(0 if name in ENTRIES else 2 if name.startswith("spikes") else 1)
        ax.plot(early, [k] * len(early), "o", mfc="none", color=shade, ms=5)
        ax.plot(late, [k] * len(late), "o", color=shade, ms=5)
        ax.plot([np.mean(late), np.mean(early)], [k, k], color=shade, lw=1.0)
    ax.axvline(0.1, color="#777777", lw=0.8, ls="--")
    ax.set_yticks(range(len(found)), list(found))
    ax.invert_yaxis()
    ax.set_xlim(0.0, 1.02)
    ax.set_xlabel("accuracy")
    return fig


def within_block(found: Mapping[str, Sequence[Trials]]) -> Figure:
    """Reward against the trial within a block."""
    fig, axes = figure(7.0, 3.6)
    ax = axes[0, 0]
    for k, (name, each) in enumerate(found.items()):
        r = np.mean([t.rewards[1:].mean(0) for t in each], 0).reshape(-1, 50).mean(1)
        ax.plot(np.arange(len(r)) * 50 + 25, r, color=colour(k), label=name)
    ax.axhline(0.1, color="#777777", lw=0.8, ls="--")
    ax.set_xlabel("trial within a block")
    ax.set_ylabel("reward")
    ax.set_ylim(0.0, 1.02)
    ax.legend(frameon=False, fontsize=8)
    return fig
