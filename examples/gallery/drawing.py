"""What the figures of the gallery have in common."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

BLUE, RED, GREEN, INK = "#0072B2", "#D55E00", "#009E73", "#222222"


def new(width: float = 9.0, height: float = 3.4) -> Figure:
    """An empty figure."""
    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes a figure without the frames' upper and right edges."""
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png")
