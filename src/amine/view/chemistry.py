"""Figures of concentrations and occupancies over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.view.style import colour, empty, figure, time_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.results.run import Run

_MOST_LINES, _MOST_POINTS = 8, 5000


def chemistry(run: Run) -> Figure:
    """Figure with panels for concentrations of fields, of drugs, and for occupancies, if there are any."""
    groups = {"concentration": "concentration (uM)", "dose": "drug (uM)", "occupancy": "occupancy"}
    rows = [(kind, label) for kind, label in groups.items() if any(n.startswith(kind) for n in run.slow)]
    fig, axes = figure(8, max(2.2, 1.9 * len(rows) + 0.5), max(1, len(rows)), 1, sharex=True)
    if not rows:
        empty(axes[0, 0], "nothing was recorded: add net.field() or net.dose() before the run")
        return fig
    factor, time = time_axis(run.duration)
    for ax, (kind, label) in zip(axes[:, 0], rows, strict=True):
        lines = _lines(run, kind)
        for k, (name, t, x) in enumerate(lines[:_MOST_LINES]):
            every = max(1, len(t) // _MOST_POINTS)
            ax.plot(t[::every] * factor, x[::every], lw=1.2, color=colour(k), label=name)
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0.0)
        ax.set_xlim(0, max(run.duration * factor, 1e-9))
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes[-1, 0].set_xlabel(time)
    fig.align_ylabels()
    return fig


def _lines(run: Run, kind: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Label, times (ms) and values of each line; grids are averaged over voxels, block over neurons."""
    out = []
    for key, p in run.slow.items():
        if not key.startswith(kind):
            continue
        name, *by = key.split(":")[1:]
        field = run.network.fields.get(name if kind == "concentration" else by[0] if by else "")
        title = f"{name} by {by[0]}" if by and by[0] not in run.network.fields else name
        x = np.concatenate([np.asarray(v) for v in p.values.values()], 1)
        if field is not None and field.grid is None and x.shape[1] > 1:
            out += [(f"{title}, {place}", p.times, x[:, r]) for r, place in enumerate(field.places)]
        else:
            out.append((title + (f", {by[1]}" if len(by) > 1 else ""), p.times, x.mean(1)))
    return out
