"""Common style of all figures: colours suitable for colour-blind readers (Okabe & Ito 2008), light axes, no frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from amine.network.parts import Population

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from amine.results.run import Run

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#5B5B5B", "#8C6BB1", "#1B7837", "#A6761D")
INK = "#222222"
Populations: TypeAlias = "str | Population | Sequence[str | Population] | None"  # None: all


def colour(k: int) -> str:
    """Colour of the k-th population."""
    return COLOURS[k % len(COLOURS)]


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Any, Any]:
    """Figure and its axes, an array (rows, columns), without the global state of pyplot; sizes in inches."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), dpi=120, layout="constrained")
    axes = fig.subplots(rows, columns, squeeze=False, **grid)
    for ax in axes.ravel():
        plain(ax)
    return fig, axes


def plain(ax: Axes) -> None:
    """Style axes with left and bottom lines only."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(colors=INK, labelsize=9)
    ax.xaxis.label.set_size(10)
    ax.yaxis.label.set_size(10)


def empty(ax: Axes, text: str) -> None:
    """Write a text in the middle of axes without data."""
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, color="#777777", fontsize=9)


def names(run: Run, populations: Populations) -> list[str]:
    """Names of the chosen populations, by default all; raises AmineError if one is unknown."""
    if populations is None:
        return list(run.spikes)
    chosen = [populations] if isinstance(populations, str | Population) else populations
    found = [p if isinstance(p, str) else p.name for p in chosen]
    for n in found:
        run.spikes[n]
    return found


def time_axis(stop: float) -> tuple[float, str]:
    """Factor on ms and label of a time axis: in seconds from 10 s on."""
    return (1e-3, "time (s)") if stop >= 10_000 else (1.0, "time (ms)")
