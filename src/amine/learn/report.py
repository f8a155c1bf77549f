"""Figures and report pages about learning, in the style of the reports of runs."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from amine.errors import AmineError
from amine.files import write_text
from amine.folders import is_there
from amine.view.pages import document
from amine.view.report import picture, table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath

Section: TypeAlias = tuple[str, list[str]]  # heading, and pieces of HTML below it
Part: TypeAlias = tuple[dict[str, Any], str, list[str]]  # summary as plain data, heading, pieces of HTML


def curves(history: Mapping[str, Sequence[float]]) -> Figure:
    """Loss and score over the epochs, in training and in validation."""
    fig, axes = figure(8, 3, 1, 2)
    for ax, what in zip(axes[0], ("loss", "score"), strict=True):
        for k, (name, label) in enumerate(((what, "training"), (f"validation_{what}", "validation"))):
            if history.get(name):
                ax.plot(np.arange(1, len(history[name]) + 1), history[name], color=colour(k), label=label)
        ax.set(xlabel="epoch", ylabel=what)
    if min(history["loss"]) > 0:
        axes[0, 0].set_yscale("log")
    axes[0, 1].legend(frameon=False)
    return fig


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: Sequence[object] | np.ndarray) -> Figure:
    """Confusion matrix: true classes in rows, predicted classes in columns."""
    n = len(classes)
    index = {c: k for k, c in enumerate(classes)}
    counts = np.zeros((n, n), int)
    np.add.at(counts, ([index[c] for c in truth], [index[c] for c in predicted]), 1)
    fig, axes = figure(4.2, 3.8)
    ax = axes[0, 0]
    ax.imshow(counts / np.maximum(counts.sum(1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for (i, j), c in np.ndenumerate(counts):
        if c:
            ax.text(
                j, i, c, ha="center", va="center", fontsize=7, color="white" if c > 0.5 * counts[i].sum() else "#222222"
            )
    ax.set_xticks(range(n), [str(c) for c in classes], fontsize=8)
    ax.set_yticks(range(n), [str(c) for c in classes], fontsize=8)
    ax.set(xlabel="predicted class", ylabel="true class")
    return fig


def scatter(truth: np.ndarray, predicted: np.ndarray) -> Figure:
    """Predicted against true values (samples,)."""
    fig, axes = figure(4.2, 3.8)
    ax = axes[0, 0]
    ax.plot(truth, predicted, ".", color=colour(0), alpha=0.6, mew=0)
    low, high = float(np.min(truth)), float(np.max(truth))
    ax.plot([low, high], [low, high], color="#999999", lw=0.8)
    ax.set(xlabel="true value", ylabel="predicted value")
    return fig


def shown(fig: Figure, caption: str) -> str:
    """HTML of a figure with its caption."""
    return f"<figure>{picture(fig)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def paragraph(text: str) -> str:
    """HTML of a paragraph."""
    return f"<p>{html.escape(text)}</p>"


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """A self-contained HTML page."""
    first = [f"<p class='lead'>{html.escape(lead)}</p>"] if lead else []
    return document(title, "report", first + [f"<h2>{html.escape(h)}</h2>" + "\n".join(body) for h, body in sections])


def write(path: FilePath, text: str, overwrite: bool = False) -> Path:
    """Writes a page to a temporary file and renames it; raises AmineError if the file exists."""
    target = Path(path)
    if is_there(target, f"report '{target}'") and not overwrite:
        raise AmineError(f"report '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    write_text(target, text, f"report '{target}'", parents=True)
    return target


def settings(parameters: Mapping[str, object]) -> str:
    """HTML table of an estimator's arguments."""
    return table(("", ""), [(k, getattr(v, "name", v)) for k, v in parameters.items()])
