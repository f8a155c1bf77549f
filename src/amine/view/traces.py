"""Figures of recorded states over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.view.style import colour, empty, figure, plain, time_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.results.probes import ProbeData
    from amine.results.run import Run

_MOST_POINTS = 20_000


def _place(run: Run, p: ProbeData, variable: str) -> str:
    """Recorded state in words; a state of a compartment with its branch and the position on it."""
    cell = getattr(run.network.populations[p.population].model, "cell", None) if "@" in variable else None
    if cell is None:
        return variable
    state, _, at = variable.partition("@")
    return f"{state} at {cell.label(int(at))}\n".replace("soma(0.5)", "soma")


def traces(run: Run, variables: tuple[str, ...], most: int) -> Figure:
    """Figure with a panel for each probe and variable."""
    sampled = [p for p in run.probes.values() if not p.at]
    rows = [(p, v) for p in sampled for v in p.values if not variables or v in variables]
    fig, axes = figure(8, max(2.2, 1.7 * len(rows) + 0.6), max(1, len(rows)), 1, sharex=True)
    if not rows:
        empty(axes[0, 0], "nothing was recorded: add net.probe(population, variable) before the run")
        return fig
    factor, label = time_axis(run.duration)
    for ax, (p, v) in zip(axes[:, 0], rows, strict=True):
        plain(ax)
        every = max(1, len(p.times) // _MOST_POINTS)
        x = np.asarray(p.values[v][:, :most])[::every]
        for k in range(x.shape[1]):
            ax.plot(
                p.times[::every] * factor, x[:, k], lw=0.8, color=colour(k), label=f"{p.population}[{p.indices[k]}]"
            )
        unit = "" if p.units[v] == "1" else f" ({p.units[v]})"
        ax.set_ylabel(f"{_place(run, p, v)}{unit}")
        if x.shape[1] > 1 or len({p.population for p, _ in rows}) > 1:
            ax.legend(frameon=False, fontsize=8, ncols=1, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        ax.set_xlim(0, run.duration * factor)
    axes[-1, 0].set_xlabel(label)
    fig.align_ylabels()
    return fig
