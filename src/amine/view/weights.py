"""Figures of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.view import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.network.weights import Weights


def _unit(w: Weights) -> str:
    return "weight" if w.unit == "1" else f"weight ({w.unit})"


def histogram(w: Weights, bins: int) -> Figure:
    """Histogram of the weights."""
    fig, axes = style.figure(5, 3)
    ax = axes[0, 0]
    ax.hist(np.asarray(w.weights, float), bins=bins, range=w.bounds, color=style.colour(0))
    ax.set_xlabel(_unit(w))
    ax.set_ylabel("synapses")
    ax.set_title(w.name, fontsize=10)
    return fig


def image(w: Weights, most: int = 1000) -> Figure:
    """Matrix of the weights by source and target; with more than ``most`` neurons on a side, means over neighbours."""
    fig, axes = style.figure(5, 4.2)
    ax = axes[0, 0]
    n, m = int(w.sources.max(initial=0)) + 1, int(w.targets.max(initial=0)) + 1
    i, j = w.sources * min(n, most) // n, w.targets * min(m, most) // m
    size = (min(n, most), min(m, most))
    total, count = np.zeros(size), np.zeros(size)
    np.add.at(total, (i, j), w.weights)
    np.add.at(count, (i, j), 1)
    x = np.ma.masked_where(count == 0, total / np.maximum(count, 1))
    shown = ax.imshow(
        x.T,
        aspect="auto",
        origin="lower",
        extent=(-0.5, n - 0.5, -0.5, m - 0.5),
        cmap="viridis",
        interpolation="nearest",
    )
    fig.colorbar(shown, ax=ax, label=_unit(w))
    ax.set_xlabel("source")
    ax.set_ylabel("target")
    ax.set_title(w.name, fontsize=10)
    return fig
