"""Pictures of populations in space, with the partners of a neuron."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.time.connections import Connections
from amine.errors import AmineError, did_you_mean
from amine.network.numbers import whole_number
from amine.network.parts import Population
from amine.network.space.regions import Region
from amine.view import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = "xyz"
FINE = 300  # points along an axis from which the edge of a region is drawn
Placed = dict[str, Population]


def layer(
    populations: Population | Sequence[Population],
    *,
    connections: Connections | None = None,
    neuron: int | None = None,
    end: str = "pre",
    region: Region | None = None,
) -> Figure:
    """Draw where the neurons of populations are, and those that one neuron reaches, or that reach it.

    Parameters
    ----------
    populations : one or several with positions in the same space.
    connections : all synapses of a projection, as ``loop.connections(synapses)`` returns them.
    neuron : number of a neuron whose partners are shown; by default of its source population.
    end : ``"pre"``: the neuron is a source, and its targets are shown; ``"post"``: it is a target, and its sources are.
    region : whose edge is drawn about the neuron, or about the origin without one; in two dimensions, upright sections through its anchor in three.

    Returns
    -------
    Figure
        Of one axes; in three dimensions of two, seen from above (x, y) and from the front (x, z).

    Raises
    ------
    AmineError
        A population has no positions, or is not among those that are shown, or the neuron is not in it.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network(seed=1)
    >>> E = net.population("E", 400, "lif_cond", positions=am.space.grid((20, 20), "50 um"))
    >>> len(am.view.layer(E, region=am.space.disc("200 um")).axes)
    1
    """
    shown = _shown(populations)
    dims = max(p.positions.shape[1] for p in shown.values())  # type: ignore[union-attr]
    pairs = [(0, 1)] if dims < 3 else [(0, 1), (0, 2)]
    fig, axes = style.figure(4.6 * len(pairs), 4.4 if dims > 1 else 1.8, columns=len(pairs))
    centre, linked, name = _partners(shown, connections, neuron, end)
    if region is not None and region.dims != dims:
        raise AmineError(
            "view.layer, region", "it does not fit the positions", given=f"{region.dims} dimensions", expected=str(dims)
        )
    for ax, pair in zip(axes[0], pairs, strict=True):
        for k, (label, p) in enumerate(shown.items()):
            x, y = _flat(p.positions, pair)
            few = 14 if p.n <= 1000 else 4
            faint = 0.35 if connections is not None or region is not None else 0.9
            ax.scatter(x, y, s=few, color=style.colour(k), alpha=faint, linewidths=0, label=f"{label} ({p.n})")
        _mark(ax, shown, pair, centre, linked, name)
        if region is not None and dims > 1:
            _edge(ax, region, pair, np.zeros(dims) if centre is None else centre[1])
        ax.set_xlabel(f"{AXES[pair[0]]} (um)")
        ax.set_aspect("equal" if dims > 1 else "auto")
        ax.set_ylabel(f"{AXES[pair[1]]} (um)" if dims > 1 else "")
        if dims == 1:
            ax.set_yticks([])
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=2, frameon=False)
    return fig


def _shown(populations: Population | Sequence[Population]) -> Placed:
    chosen = [populations] if isinstance(populations, Population) else list(populations)
    if not chosen:
        raise AmineError("view.layer", "no population is given")
    for p in chosen:
        if p.positions is None:
            raise AmineError(
                "view.layer", f"population '{p.name}' has no positions", hint="give positions= when making it"
            )
    dims = {p.positions.shape[1] for p in chosen if p.positions is not None}
    if len(dims) > 1:
        raise AmineError("view.layer", "the positions differ in their number of dimensions")
    return {p.name: p for p in chosen}


def _partners(
    shown: Placed, connections: Connections | None, neuron: int | None, end: str
) -> tuple[tuple[str, np.ndarray] | None, tuple[str, np.ndarray] | None, str]:
    """Population and place of the neuron; population and numbers of its partners, one for each synapse; and a title."""
    if end not in ("pre", "post"):
        raise AmineError("view.layer, end", "this is not known", given=repr(end)[:40], expected="'pre' or 'post'")
    if (neuron is None) != (connections is None):
        raise AmineError("view.layer", "partners need both connections= and neuron=", hint="give both or neither")
    if connections is None:
        return None, None, ""
    sources, targets = connections.populations
    if len(sources) * len(targets) > 1:
        raise AmineError(
            "view.layer, connections", "the projection has several populations", hint="draw one of two populations"
        )
    mine, theirs = (sources[0], targets[0]) if end == "pre" else (targets[0], sources[0])
    for name in (mine, theirs):
        if name not in shown:
            raise AmineError(
                "view.layer", f"population '{name}' of the connections is not shown", hint=did_you_mean(name, shown)
            )
    k = whole_number(neuron, "view.layer, neuron", 0, shown[mine].n - 1)
    a, b = (connections.pre, connections.post) if end == "pre" else (connections.post, connections.pre)
    partners = b[a == k]
    place = np.asarray(shown[mine].positions)[k]
    return (
        (mine, place),
        (theirs, partners),
        f"{len(partners)} {'targets' if end == 'pre' else 'sources'} of neuron {k} of {mine}",
    )


def _mark(
    ax: Axes,
    shown: Placed,
    pair: tuple[int, int],
    centre: tuple[str, np.ndarray] | None,
    linked: tuple[str, np.ndarray] | None,
    title: str,
) -> None:
    """Mark a neuron and its partners, larger for several synapses."""
    if centre is None or linked is None:
        return
    name, partners = linked
    which, times = np.unique(partners, return_counts=True)
    x, y = _flat(np.asarray(shown[name].positions)[which], pair)
    ax.scatter(
        x,
        y,
        s=12 + 12 * times,
        color=style.colour(list(shown).index(name)),
        edgecolors=style.INK,
        linewidths=0.5,
        zorder=3,
    )
    x, y = _flat(centre[1][None], pair)
    ax.scatter(x, y, s=130, marker="*", color=style.colour(1), edgecolors=style.INK, linewidths=0.6, zorder=4)
    ax.set_title(title, fontsize=10)


def _flat(x: np.ndarray | None, pair: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along two axes, zero beyond the last."""
    points = np.asarray(x)
    a, b = pair
    return points[:, a], points[:, b] if b < points.shape[1] else np.zeros(len(points))


def _edge(ax: Axes, region: Region, pair: tuple[int, int], centre: np.ndarray) -> None:
    """Draw the edge of a region about a place, in the plane of two axes through the middle of its bounds."""
    low, high = region.bounds
    rim = 0.05 * (high - low)
    axes = [np.linspace(low[k] - rim[k], high[k] + rim[k], FINE) for k in pair]
    points = np.tile((low + high) / 2, (FINE * FINE, 1))
    for k, x in zip(pair, np.meshgrid(*axes), strict=True):
        points[:, k] = x.ravel()
    inside = region.holds(points).reshape(FINE, FINE)
    at = [axis + centre[k] for axis, k in zip(axes, pair, strict=True)]
    ax.contour(*at, inside.astype(float), levels=[0.5], colors=[style.INK], linewidths=0.9)


__all__ = ["layer"]
