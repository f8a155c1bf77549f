"""Figure of a spike raster with population rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.view.style import colour, empty, figure, names, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from amine.results.run import Run
    from amine.results.spikes import SpikeTrain
    from amine.view.style import Populations


def raster(run: Run, populations: Populations, start: float, stop: float | None, most: int) -> Figure:
    """See :meth:`amine.results.run.Run.raster`."""
    stop = run.duration if stop is None else float(stop)
    if not 0 <= start <= stop:
        raise AmineError(
            "Run.raster",
            "the window is empty",
            given=f"{start:g}..{stop:g} ms",
            expected=f"within 0..{run.duration:g} ms",
        )
    return draw({n: run.spikes[n].between(start, stop) for n in names(run, populations)}, start, stop, most)


def draw(trains: Mapping[str, SpikeTrain], start: float, stop: float, most: int) -> Figure:
    """Raster of spikes between ``start`` and ``stop`` (ms) of at most about ``most`` neurons, and population rates below."""
    chosen = list(trains)
    total = sum(t.n for t in trains.values())
    fig, axes = figure(8, 5.2, 2, 1, height_ratios=(3.2, 1), sharex=True)
    top, bottom = axes[:, 0]
    factor, label = time_axis(stop)
    at, ticks, dots = 0.0, [], 0
    floor = most / max(1, len(chosen)) / 8
    for k, (_name, t) in enumerate(trains.items()):
        rows = max(1, min(t.n, round(max(most * t.n / max(total, 1), floor))))
        picked = np.linspace(0, t.n - 1, rows).astype(int)
        place = np.full(t.n, -1)
        place[picked] = np.arange(rows)
        row = place[t.indices]
        shown = row >= 0
        top.plot(t.times[shown] * factor, at + row[shown], ".", color=colour(k), mew=0, rasterized=True)
        dots += np.count_nonzero(shown)
        ticks.append(at + rows / 2)
        at += rows + max(2.0, most * 0.012)
    for line in top.lines:  # smaller with more spikes, equal in all populations
        line.set_markersize(float(np.clip(160.0 / np.sqrt(max(1, dots)), 0.8, 4.0)))
    top.set_yticks(ticks, chosen)
    top.tick_params(axis="y", length=0)
    for k, tick in enumerate(top.get_yticklabels()):
        tick.set_color(colour(k))
    top.set_ylim(at, -max(2.0, most * 0.012))
    top.set_xlim(start * factor, max(stop, start + 1e-9) * factor)
    if not any(len(t) for t in trains.values()):
        empty(top, "no spikes")
    _rates(bottom, trains, start, stop, factor)
    bottom.set_xlabel(label)
    return fig


def _rates(ax: Axes, trains: Mapping[str, SpikeTrain], start: float, stop: float, factor: float) -> None:
    """Draw population rates (Hz) in 200 bins of at least 1 ms."""
    width = max(1.0, (stop - start) / 200)
    edges = np.arange(start, stop + width / 2, width)
    if edges.size < 2:
        return
    for k, t in enumerate(trains.values()):
        counts, _ = np.histogram(t.times, edges)
        ax.plot((edges[:-1] + width / 2) * factor, counts / t.n / width * 1e3, lw=1.0, color=colour(k))
    ax.set_ylim(bottom=0)
    ax.set_ylabel("rate (Hz)")
