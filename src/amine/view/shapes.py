"""Pictures of morphologies: branches in the plane, drawn as wide as they are, coloured by region or by any state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amine.errors import AmineError
from amine.morphology.compartments import Compartments
from amine.morphology.shape import Morphology
from amine.view.style import colour, figure

_PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


def picture(
    cell: Any, color: Any = None, *, plane: str = "xy", label: str = "", cmap: str = "viridis", limits: Any = None
) -> Any:
    """A morphology in the plane.

    Parameters
    ----------
    cell : a morphology, its compartments, or a neuron model with a tree.
    color : None for colours by region; a value for each compartment, as an array or ``{compartment: value}``, such as
        ``run.voltage_at("12 ms")``.
    plane : ``xy``, ``xz`` or ``yz``. label : of the colour bar. cmap : colour map of Matplotlib. limits : lowest and highest value.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    AmineError
        If there are not as many values as compartments.
    """
    from matplotlib.collections import PolyCollection

    if plane not in _PLANES:
        raise AmineError("view.morphology(), plane", f"plane '{plane}' is not known", expected="xy, xz or yz")
    c = _compartments(cell)
    shapes, owner = _shapes(c, _PLANES[plane])
    fig, axes = figure(6, 6, 1, 1)
    ax = axes[0, 0]
    if color is None:
        regions = c.morphology.regions
        paint = PolyCollection(
            shapes, facecolors=[colour(regions.index(c.region[i])) for i in owner], edgecolors="none"
        )
        for k, r in enumerate(regions):
            ax.plot([], [], color=colour(k), lw=3, label=r)
        ax.legend(frameon=False, fontsize=8)
    else:
        values = _values(color, c)
        paint = PolyCollection(shapes, array=values[owner], cmap=cmap, edgecolors="none")
        paint.set_clim(*(limits if limits is not None else (np.nanmin(values), np.nanmax(values))))
        fig.colorbar(paint, ax=ax, label=label or getattr(color, "label", "mV"), shrink=0.7)
    ax.add_collection(paint)
    ax.set_aspect("equal")
    ax.autoscale_view()
    ax.set_xlabel(f"{plane[0]} (um)")
    ax.set_ylabel(f"{plane[1]} (um)")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return fig


def _compartments(cell: Any) -> Compartments:
    if isinstance(cell, Morphology):
        return cell.compartments()
    found = getattr(cell, "cell", cell)
    if not isinstance(found, Compartments):
        raise AmineError("view.morphology()", "this is not a morphology", given=repr(cell)[:40])
    return found


def _values(color: Any, c: Compartments) -> np.ndarray:
    values = np.full(len(c), np.nan)
    if isinstance(color, Mapping):
        for i, x in color.items():
            values[int(i)] = x
    else:
        given = np.asarray(color, float)
        at = np.arange(len(c)) if given.shape == (len(c),) else c.real
        if given.shape != at.shape:
            raise AmineError(
                "view.morphology(), color",
                "one value for each compartment is needed",
                given=str(given.shape),
                expected=f"({len(c)},)",
            )
        values[at] = given
    return values


def _shapes(c: Compartments, axes: tuple[int, int]) -> tuple[list[np.ndarray], np.ndarray]:
    """A quadrilateral for each piece of each compartment, and whose it is."""
    shapes, owner = [], []
    for k, b in enumerate(c.morphology.branches):
        mine = np.flatnonzero(c.branch == k)
        s = np.concatenate([[0.0], np.cumsum(b.steps)])
        cuts = np.unique(np.concatenate([s, np.linspace(0, s[-1], len(mine) + 1)]))
        p = np.stack([np.interp(cuts, s, b.points[:, a]) for a in axes], 1)
        r = np.maximum(np.interp(cuts, s, b.points[:, 3]) / 2, 0.4)
        for j in range(len(cuts) - 1):
            d = p[j + 1] - p[j]
            size = np.hypot(*d)
            if size == 0:
                continue
            normal = np.array([-d[1], d[0]]) / size
            shapes.append(
                np.array(
                    [
                        p[j] + normal * r[j],
                        p[j + 1] + normal * r[j + 1],
                        p[j + 1] - normal * r[j + 1],
                        p[j] - normal * r[j],
                    ]
                )
            )
            middle = 0.5 * (cuts[j] + cuts[j + 1]) / s[-1]
            owner.append(mine[min(int(middle * len(mine)), len(mine) - 1)])
    return shapes, np.array(owner)
