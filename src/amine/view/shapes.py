"""Figures of morphologies: branches in a plane, drawn to scale, coloured by region or by a state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.morphology.compartments import Compartments
from amine.morphology.shape import Branch, Morphology
from amine.view.style import INK, colour, figure

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from amine.models.multicompartment import Cable

_PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


def picture(
    cell: Morphology | Compartments | Cable,
    color: npt.ArrayLike | Mapping[int, float] | None = None,
    *,
    plane: str = "xy",
    label: str = "",
    cmap: str = "viridis",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Draw a morphology, projected onto a plane.

    Parameters
    ----------
    cell : a morphology, its compartments, or a multicompartment model.
    color : None for colours by region; a value for each compartment, as an array or ``{compartment: value}``, such as
        ``run.voltage_at("12 ms")``.
    plane : ``xy``, ``xz`` or ``yz``. label : label of the colour bar. cmap : colour map of Matplotlib.
    limits : lowest and highest value of the colour map; None: those of the values.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    AmineError
        If there are not as many values as compartments, or the morphology has no extent in the plane.

    Examples
    --------
    >>> import amine as am
    >>> len(picture(am.morphology.ball_and_stick("20 um", ("100 um", "2 um"), 5)).axes)
    1
    """
    from matplotlib.collections import PolyCollection

    if plane not in _PLANES:
        raise AmineError("view.morphology(), plane", f"plane '{plane}' is not known", expected="xy, xz or yz")
    c = _compartments(cell)
    shapes, owner = _shapes(c, _PLANES[plane])
    if not shapes:
        raise AmineError("view.morphology(), plane", "all of it lies along the line of sight", given=plane)
    low, high = (f([f(x, axis=0) for x in shapes], axis=0) for f in (np.min, np.max))
    fig, axes = figure(*_size(high - low, color is not None), 1, 1)
    ax = axes[0, 0]
    for gap in _gaps(c, _PLANES[plane]):
        ax.plot(*gap.T, color="#BBBBBB", lw=0.8, zorder=0)
    if color is None:
        paint = PolyCollection(shapes, facecolors=_region_colours(ax, c, owner))
    else:
        values = _values(color, c)
        paint = PolyCollection(shapes, array=values[owner], cmap=cmap)
        paint.set_clim(*(limits if limits is not None else (np.nanmin(values), np.nanmax(values))))
        fig.colorbar(paint, ax=ax, label=label or getattr(color, "label", "mV"), shrink=0.8, aspect=15)
    paint.set(edgecolor="face", linewidth=0.8)  # thin branches stay visible
    ax.add_collection(paint)
    ax.set_aspect("equal")
    ax.set_axis_off()
    _scale_bar(ax, low, high)
    return fig


def _region_colours(ax: Axes, c: Compartments, owner: np.ndarray) -> list[str]:
    """Colours of the regions of compartments ``owner``, with a legend."""
    regions = c.morphology.regions
    for k, r in enumerate(regions):
        ax.plot([], [], color=colour(k), lw=3, label=r)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return [colour(regions.index(c.region[i])) for i in owner]


def _size(extent: np.ndarray, bar: bool) -> tuple[float, float]:
    """Width and height (inches) of a figure that fits a morphology: the longer side about 6, each at least 2."""
    width, height = np.maximum(6.0 * extent / extent.max(), 2.0)
    return width + 1.2, height if not bar else max(height, 2.5)


def _scale_bar(ax: Axes, low: np.ndarray, high: np.ndarray) -> None:
    """Draw a scale bar of a round length below the cell on the left, instead of axes."""
    extent = float((high - low).max())
    power = 10.0 ** np.floor(np.log10(extent / 4))
    length = power * max(k for k in (1, 2, 5) if k * power <= extent / 4)
    margin = 0.03 * extent
    y = low[1] - 2 * margin
    ax.plot([low[0], low[0] + length], [y, y], color=INK, lw=2, solid_capstyle="butt")
    ax.text(low[0], y - 0.5 * margin, f"{length:g} um", ha="left", va="top", fontsize=8, color=INK)
    ax.set_xlim(low[0] - margin, max(high[0], low[0] + length) + margin)
    ax.set_ylim(y - 3 * margin, high[1] + margin)


def _gaps(c: Compartments, axes: tuple[int, int]) -> list[np.ndarray]:
    """Lines that connect branches beginning off their parent's membrane to their point of attachment."""
    lines = []
    for b in c.morphology.branches:
        if b.parent < 0:
            continue
        p = c.morphology.branches[b.parent]
        s = np.concatenate([[0.0], np.cumsum(p.steps)])
        joint = np.array([np.interp(b.at * s[-1], s, p.points[:, k]) for k in range(4)])
        if np.linalg.norm(joint[:3] - b.points[0, :3]) > 1e-6:
            lines.append(np.stack([joint[list(axes)], b.points[0, list(axes)]]))
    return lines


def _compartments(cell: object) -> Compartments:
    if isinstance(cell, Morphology):
        return cell.compartments()
    found = getattr(cell, "cell", cell)
    if not isinstance(found, Compartments):
        raise AmineError("view.morphology()", "this is not a morphology", given=repr(cell)[:40])
    return found


def _values(color: npt.ArrayLike | Mapping[int, float], c: Compartments) -> np.ndarray:
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


def _disc(b: Branch, axes: tuple[int, int]) -> np.ndarray:
    """Outline of a soma about as long as wide: a circle, for a sphere of the same area."""
    turn = np.linspace(0, 2 * np.pi, 49)[:-1, None]
    centre = b.points[[0, -1]][:, list(axes)].mean(0)
    return centre + np.sqrt(b.area / (4 * np.pi)) * np.concatenate([np.cos(turn), np.sin(turn)], 1)


def _shapes(c: Compartments, axes: tuple[int, int]) -> tuple[list[np.ndarray], np.ndarray]:
    """Quadrilaterals of the pieces of all compartments, and the compartment of each."""
    shapes, owner = [], []
    for k, b in enumerate(c.morphology.branches):
        mine = np.flatnonzero(c.branch == k)
        if b.region == "soma" and len(mine) == 1 and 0.5 < b.length / b.points[:, 3].mean() < 2:
            shapes.append(_disc(b, axes))
            owner.append(mine[0])
            continue
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
