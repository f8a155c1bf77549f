"""Figure of a drug's selectivity: occupancy of each target at a concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.compounds.profile import Profile


def selectivity(p: Profile) -> Figure:
    """Bars of occupancy, with the range that published affinities leave; uncurated numbers are hatched and named."""
    rows = list(reversed(p.rows))
    fig, axes = figure(6.5, 1.0 + 0.3 * len(rows))
    ax = axes[0, 0]
    for k, r in enumerate(rows):
        fill = colour(0) if r.curated else "#BBBBBB"
        ax.barh(k, 100 * r.occupancy, color=fill, hatch="" if r.curated else "//", height=0.65)
        if r.at_low < r.at_high:
            ax.plot([100 * r.at_low, 100 * r.at_high], [k, k], color="#222222", lw=1.0)
    names = [f"{r.target}{'' if r.curated else ' (uncurated)'}{' (?)' if r.unverified else ''}" for r in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_xlim(0, 100)
    ax.set_xlabel("occupancy (%)")
    ax.set_title(f"{p.drug}, {p.concentration:g} uM", fontsize=10)
    return fig
