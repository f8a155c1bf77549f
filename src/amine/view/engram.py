"""Figures of receptive fields and of engrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.view import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from amine.results.engram import Engram, ReceptiveFields


def sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Images (n, rows, columns) as one array, ``columns`` of them in a row, separated by lines of NaN."""
    n, h, w = images.shape
    out = np.full((-(-n // columns) * (h + 1) - 1, min(n, columns) * (w + 1) - 1), np.nan)
    for k, image in enumerate(images):
        r, c = divmod(k, columns)
        out[r * (h + 1) : r * (h + 1) + h, c * (w + 1) : c * (w + 1) + w] = image
    return out


def tiles(ax: Axes, images: np.ndarray, columns: int, bounds: tuple[float, float] | None) -> AxesImage:
    """Draw images (n, rows, columns) as tiles; returns the artist for a colour bar."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    low, high = bounds if bounds is not None else (None, None)
    return ax.imshow(sheet(images, columns), cmap="magma", vmin=low, vmax=high, interpolation="nearest")


def fields(f: ReceptiveFields, neurons: np.ndarray, columns: int) -> Figure:
    """Figure of receptive fields: a tile, or a row, for each neuron."""
    values = f.values[neurons]
    if values.ndim == 2:
        fig, axes = style.figure(6.0, 4.0)
        low, high = f.bounds if f.bounds is not None else (None, None)
        image = axes[0, 0].imshow(values, aspect="auto", cmap="magma", vmin=low, vmax=high, interpolation="nearest")
        axes[0, 0].set_xlabel("source")
        axes[0, 0].set_ylabel("target")
    else:
        columns = max(1, min(columns, len(values)))
        rows = max(1, -(-len(values) // columns))
        form = rows * (values.shape[1] + 1) / (columns * (values.shape[2] + 1))
        width = 9.0 if form < 2 else 4.0
        fig, axes = style.figure(width, min(12.0, max(1.2, 0.88 * width * form + 0.1)))
        image = tiles(axes[0, 0], values, columns, f.bounds)
    fig.colorbar(image, ax=axes, label=f"weight ({f.unit})", shrink=0.8)
    return fig


def engram(e: Engram) -> Figure:
    """Figure of the engram's synapses by source and target, and of the share of change against the share of synapses."""
    fig, axes = style.figure(9.0, 3.6, 1, 2)
    left, right = axes[0]
    change = e.change
    most = float(np.abs(change).max(initial=0.0)) or 1.0
    points = left.scatter(e.pre, e.post, c=change, s=6, cmap="coolwarm", vmin=-most, vmax=most, linewidths=0)
    left.set_xlim(-0.5, int(e.after.sources.max(initial=0)) + 0.5)
    left.set_ylim(-0.5, int(e.after.targets.max(initial=0)) + 0.5)
    left.set_xlabel("source")
    left.set_ylabel("target")
    left.set_title(f"{len(e)} of {len(e.after)} synapses", fontsize=10)
    fig.colorbar(points, ax=left, label=f"change ({e.after.unit})")
    size = np.sort(np.abs(e.after.weights.astype(float) - e.before.weights))[::-1]
    part = np.arange(len(size) + 1) / max(1, len(size))
    right.plot(part, np.concatenate([[0.0], np.cumsum(size) / (e.total or 1.0)]), color=style.colour(0))
    right.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls="--")
    right.axvline(len(e) / max(1, len(size)), color=style.colour(1), lw=1.0)
    right.set_xlabel("part of synapses, most changed first")
    right.set_ylabel("share of all change")
    right.set_xlim(0, 1)
    right.set_ylim(0, 1.02)
    return fig
