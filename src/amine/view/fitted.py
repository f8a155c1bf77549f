"""Figures of fits: the loss over the search, the values in their ranges, and the measures beside what was wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from amine.view.style import INK, colour, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Fitted(Protocol):
    """Values in their ranges, measures found and wanted, and the least loss after each generation."""

    @property
    def numbers(self) -> Mapping[str, float]: ...
    @property
    def ranges(self) -> Mapping[str, tuple[float, float, str]]: ...
    @property
    def found(self) -> Mapping[str, float | np.ndarray]: ...
    @property
    def wanted(self) -> Mapping[str, float | np.ndarray]: ...
    @property
    def course(self) -> Sequence[float]: ...


def fitted(fit: Fitted) -> Figure:
    """Figure with three panels, and one more for each measure that is an array."""
    arrays = [m for m, w in fit.wanted.items() if np.ndim(w)]
    single = [m for m in fit.wanted if m not in arrays]
    columns = 2 + bool(single) + len(arrays)
    fig, axes = figure(3.6 * columns, 3.0, 1, columns)
    panels = list(axes[0])
    _course(panels[0], fit.course)
    _values(panels[1], fit)
    if single:
        _measures(panels[2], fit, single)
    for ax, m in zip(panels[columns - len(arrays) :], arrays, strict=True):
        _array(ax, m, np.asarray(fit.found[m]).ravel(), np.asarray(fit.wanted[m]).ravel())
    return fig


def _course(ax: Axes, course: Sequence[float]) -> None:
    y = np.asarray(course)
    ax.plot(np.arange(1, len(y) + 1), np.maximum(y, 1e-16), color=colour(0), linewidth=1.6)
    ax.set(yscale="log", xlabel="generation", ylabel="least loss")


def _values(ax: Axes, fit: Fitted) -> None:
    names = list(fit.numbers)
    for k, n in enumerate(names):
        low, high, unit = fit.ranges[n]
        x = fit.numbers[n]
        at = np.log(x / low) / np.log(high / low) if low > 0 and high >= 10 * low else (x - low) / (high - low)
        ax.plot([0, 1], [k, k], color="#cccccc", linewidth=3, solid_capstyle="round")
        ax.plot(at, k, "o", color=colour(1), markersize=7)
        ax.text(0.5, k + 0.18, f"{x:.4g} {unit}", ha="center", va="bottom", fontsize=9, color=INK)
    ax.set_yticks(range(len(names)), names)
    ax.set_xticks([0, 1], ["lowest", "highest"])
    ax.set(ylim=(-0.5, len(names) - 0.3), xlabel="place in the range")


def _measures(ax: Axes, fit: Fitted, names: Sequence[str]) -> None:
    share = [float(fit.found[m]) / float(fit.wanted[m]) if fit.wanted[m] else 1 + float(fit.found[m]) for m in names]
    ax.axvline(1.0, color="#999999", linewidth=0.8)
    ax.plot(share, range(len(names)), "o", color=colour(0), markersize=7)
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(-0.6, len(names) - 0.4), xlabel="found / wanted")


def _array(ax: Axes, name: str, found: np.ndarray, wanted: np.ndarray) -> None:
    ax.plot(wanted, color=INK, linewidth=1.0, label="wanted")
    ax.plot(found, color=colour(1), linewidth=1.2, linestyle="--", label="found")
    ax.set(xlabel="number", ylabel=name)
    ax.legend(fontsize=8, frameon=False)


__all__ = ["fitted"]
