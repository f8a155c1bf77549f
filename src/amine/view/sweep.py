"""Figures of sweeps: curves over one axis, maps over two, points against each axis of a sampled design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from amine.view.dose import measure_label
from amine.view.style import INK, colour, empty, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Axis(Protocol):
    """A name with its values as numbers (NaN where one is none) and as text."""

    @property
    def numbers(self) -> np.ndarray: ...
    @property
    def label(self) -> str: ...
    def text(self, k: int) -> str: ...


class Swept(Protocol):
    """Measures, arrays (axes of a grid or points, seeds), and their means over seeds."""

    @property
    def axes(self) -> Sequence[Axis]: ...
    @property
    def design(self) -> str: ...
    @property
    def values(self) -> Mapping[str, np.ndarray]: ...
    def mean(self, measure: str) -> np.ndarray: ...


def sweep(result: Swept, measures: Sequence[str]) -> Figure:
    """Figure with a panel for each measure, and for each axis where these are sampled or more than two."""
    single = result.design == "grid" and len(result.axes) <= 2
    columns = min(3, len(measures)) if single else min(4, len(result.axes))
    rows = -(-len(measures) // columns) if single else len(measures) * -(-len(result.axes) // columns)
    fig, axes = figure(4.2 * columns, 3.2 * max(rows, 1), max(rows, 1), max(columns, 1))
    panels = list(axes.ravel())
    for k, name in enumerate(measures):
        if not single:
            wide = -(-len(result.axes) // columns) * columns
            for j, ax in enumerate(panels[k * wide : (k + 1) * wide]):
                _marginal(ax, result, j, name, colour(k)) if j < len(result.axes) else ax.axis("off")
        elif len(result.axes) == 1:
            _curve(panels[k], result.axes[0], result.values[name], name, colour(k))
        else:
            _map(panels[k], result, name)
    for ax in panels[len(measures) if single else len(panels) :]:
        ax.axis("off")
    return fig


def _places(axis: Axis) -> np.ndarray:
    """Where the values of an axis stand: at their numbers, or evenly spaced if they are no numbers."""
    return axis.numbers if np.isfinite(axis.numbers).all() else np.arange(len(axis.numbers), dtype=float)


def _dress(ax: Axes, axis: Axis, vertical: bool = False) -> None:
    """Label of an axis; logarithmic if its values are, names where they are no numbers."""
    own = ax.yaxis if vertical else ax.xaxis
    (ax.set_ylabel if vertical else ax.set_xlabel)(axis.label)
    if not np.isfinite(axis.numbers).all():
        own.set_ticks(np.arange(len(axis.numbers)), [axis.text(k) for k in range(len(axis.numbers))])
    elif logarithmic(axis.numbers):
        (ax.set_yscale if vertical else ax.set_xscale)("log")


def logarithmic(x: np.ndarray) -> bool:
    """Whether values are rather evenly spaced on a logarithmic scale."""
    if len(x) < 3 or (x <= 0).any() or x.max() < 20 * x.min():
        return False
    steps = np.diff(np.sort(x))
    ratios = np.diff(np.log(np.sort(x)))
    return float(ratios.std() / ratios.mean()) < float(steps.std() / steps.mean())


def _curve(ax: Axes, axis: Axis, y: np.ndarray, name: str, ink: str) -> None:
    ax.set_ylabel(measure_label(name))
    _dress(ax, axis)
    if not np.isfinite(y).any():
        empty(ax, "no values")
        return
    x = _places(axis)
    order = np.argsort(x, kind="stable")
    if y.shape[1] > 1:
        ax.plot(np.repeat(x, y.shape[1]), y.ravel(), "o", color=ink, alpha=0.35, markersize=3, markeredgewidth=0)
    known = np.isfinite(y)
    mean = np.where(known.any(1), np.where(known, y, 0.0).sum(1) / np.maximum(known.sum(1), 1), np.nan)
    ax.plot(x[order], mean[order], "o-", color=ink, markersize=5, linewidth=1.4)


def _map(ax: Axes, result: Swept, name: str) -> None:
    """A map of the means: the first axis to the right, the second upwards."""
    a, b = result.axes
    mean = result.mean(name)
    ax.set_title(measure_label(name), fontsize=10, color=INK)
    if not np.isfinite(mean).any():
        empty(ax, "no values")
        return
    across, up = (np.argsort(_places(axis), kind="stable") for axis in (a, b))
    x, y = _borders(ax, a, across, False), _borders(ax, b, up, True)
    drawn = ax.pcolormesh(x, y, mean[np.ix_(across, up)].T, cmap="viridis")
    ax.figure.colorbar(drawn, ax=ax)


def _borders(ax: Axes, axis: Axis, order: np.ndarray, vertical: bool) -> np.ndarray:
    """Borders of the cells of a map along an axis; where values are unevenly spaced, cells are of one size and named."""
    x = _places(axis)[order]
    if _even(x) or logarithmic(x):
        _dress(ax, axis, vertical)
        return _edges(x)
    (ax.set_ylabel if vertical else ax.set_xlabel)(axis.label)
    known = np.isfinite(axis.numbers).all()
    words = [f"{axis.numbers[k]:.4g}" if known else axis.text(k) for k in order]
    (ax.yaxis if vertical else ax.xaxis).set_ticks(np.arange(len(x)), words)
    return np.arange(len(x) + 1) - 0.5


def _even(x: np.ndarray) -> bool:
    steps = np.diff(x)
    return len(x) < 3 or bool(steps.max() < 1.5 * steps.min())


def _edges(x: np.ndarray) -> np.ndarray:
    """Borders between sorted values, in the middle, of logarithms where these are what is evenly spaced."""
    if len(x) == 1:
        return x[0] + np.array([-0.5, 0.5]) * (abs(x[0]) or 1.0)
    if logarithmic(x):
        return np.exp(_edges_of(np.log(x)))
    return _edges_of(x)


def _edges_of(x: np.ndarray) -> np.ndarray:
    middle = (x[1:] + x[:-1]) / 2
    return np.concatenate([[2 * x[0] - middle[0]], middle, [2 * x[-1] - middle[-1]]])


def _marginal(ax: Axes, result: Swept, j: int, name: str, ink: str) -> None:
    """All points against one axis."""
    axis = result.axes[j]
    mean = result.mean(name)
    x = _places(axis)
    if result.design == "grid":
        shape = [1] * mean.ndim
        shape[j] = len(x)
        x = np.broadcast_to(x.reshape(shape), mean.shape)
    ax.plot(x.ravel(), mean.ravel(), "o", color=ink, markersize=3.5, alpha=0.6, markeredgewidth=0)
    _dress(ax, axis)
    ax.set_ylabel(measure_label(name))


__all__ = ["logarithmic", "sweep"]
