"""Figures of distributions over neurons: rates, irregularity, correlation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.results.statistics import after, correlations, isi_cv
from amine.view.style import INK, colour, empty, figure, names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.results.run import Run


def rates(run: Run, start: float, published: Mapping[str, float] | None) -> Figure:
    """Box plots of the neurons' rates (Hz), with means (dots) and published means (diamonds)."""
    chosen = names(run, None)
    values = [after(run.spikes[n], start).rates() for n in chosen]
    fig, ax = _boxes(chosen, values, "rate (Hz)", run)
    means = [float(v.mean()) if v.size else 0.0 for v in values]
    y = np.arange(len(chosen))
    ax.plot(means, y, "o", color="white", mec=INK, ms=5, label="mean", zorder=4)
    if published:
        found = [(published[n], k) for k, n in enumerate(chosen) if n in published]
        ax.plot(
            [f[0] for f in found],
            [f[1] for f in found],
            "D",
            color="#E3342F",
            mec="white",
            mew=0.6,
            ms=6,
            label="published mean",
            zorder=5,
        )
    ax.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=2)
    ax.set_xlim(left=0)
    return fig


def _boxes(chosen: list[str], values: list[np.ndarray], label: str, run: Run) -> tuple[Any, Any]:
    fig, axes = figure(6.4, 1.2 + 0.34 * max(3, len(chosen)))
    ax = axes[0, 0]
    for k, v in enumerate(values):
        if v.size:
            low, q1, q2, q3, high = np.percentile(v, (5, 25, 50, 75, 95))
            for a, b in ((low, q1), (q3, high)):
                ax.plot((a, b), (k, k), lw=1.2, color=colour(k), solid_capstyle="butt", zorder=2)
            ax.barh(k, q3 - q1, 0.55, left=q1, color=colour(k), alpha=0.85, lw=0, zorder=3)
            ax.plot((q2, q2), (k - 0.275, k + 0.275), color="white", lw=1.4, zorder=3)
    if not any(v.size for v in values):
        empty(ax, "too few spikes")
    ax.set_yticks(range(len(chosen)), chosen)
    ax.set_ylim(len(chosen) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label + "   (box: quartiles, line: 5 to 95 %)")
    return fig, ax


def irregularity(run: Run, start: float) -> Figure:
    """Box plots of the coefficient of variation of interspike intervals: 0 for a clock, 1 for a Poisson process."""
    chosen = names(run, None)
    fig, ax = _boxes(chosen, [isi_cv(after(run.spikes[n], start)) for n in chosen], "CV of intervals", run)
    ax.set_xlim(left=0)
    ax.axvline(1.0, color="#999999", lw=0.8, ls=(0, (4, 3)), zorder=1)
    return fig


def correlation(run: Run, start: float) -> Figure:
    """Box plots of the pairwise correlation coefficients of spike counts."""
    chosen = names(run, None)
    fig, ax = _boxes(chosen, [correlations(after(run.spikes[n], start)) for n in chosen], "correlation of pairs", run)
    ax.axvline(0.0, color="#999999", lw=0.8, ls=(0, (4, 3)), zorder=1)
    return fig
