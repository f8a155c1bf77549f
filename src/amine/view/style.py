"""One look for all figures: colours that most colour-blind people tell apart (Okabe & Ito 2008), light axes, no frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from amine.results.run import Run

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5B5B5B", "#8C6BB1", "#1B7837", "#A6761D")
INK = "#222222"


def colour(k: int) -> str:
    """The k-th population's colour."""
    return COLOURS[k % len(COLOURS)]


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Any, Any]:
    """A figure and its axes, made without touching the global state of pyplot."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), dpi=120, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, **grid)
    for ax in axes.ravel():
        plain(ax)
    return fig, axes


def plain(ax: Axes) -> None:
    """Left and bottom lines only, in dark grey."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)
    ax.xaxis.label.set_size(10)
    ax.yaxis.label.set_size(10)


def empty(ax: Axes, text: str) -> None:
    """Says in the middle of an axes that there is nothing to show."""
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, color="#777777", fontsize=9)


def names(run: Run, populations: Any) -> list[str]:
    """The populations to show: those asked for, or all."""
    if populations is None:
        return list(run.spikes)
    chosen: Sequence[Any] = (
        [populations] if isinstance(populations, str) or hasattr(populations, "name") else populations
    )
    found = [p if isinstance(p, str) else p.name for p in chosen]
    for n in found:
        run.spikes[n]
    return found


def time_axis(stop: float) -> tuple[float, str]:
    """Factor and label of a time axis: seconds from 10 s on."""
    return (1e-3, "time (s)") if stop >= 10_000 else (1.0, "time (ms)")
