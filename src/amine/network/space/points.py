"""Positions: grids and random points, in space with or without edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.network.numbers import flag, number, whole_number
from amine.network.space.regions import Region
from amine.records import dataclass
from amine.values import Array

if TYPE_CHECKING:
    from amine.given import Quantity

MOST = 10**8  # points of a grid
LEAST_SHARE = 1e-4  # of the box around a region that it must fill for points to be drawn


@dataclass(frozen=True, eq=False)
class Points(Array):
    """Positions (n, dimensions) in um for ``positions=`` of a population; ``period`` holds the lengths of periodic space in um, if it is."""

    period: tuple[float, ...] | None = None


def grid(
    shape: int | Sequence[int],
    spacing: Quantity | Sequence[Quantity],
    *,
    centre: Sequence[Quantity] | None = None,
    periodic: bool = False,
) -> Points:
    """Points of a regular grid, the last axis fastest.

    Parameters
    ----------
    shape : numbers of points along one to three axes, such as ``(20, 20)``.
    spacing : distance of neighbours, one for all axes or one for each.
    centre : middle of the grid, one length for each axis; None: the origin.
    periodic : whether its opposite edges meet: distances then go the shorter way around.

    Raises
    ------
    AmineError
        A number or length is not positive, or their numbers differ.

    Examples
    --------
    >>> import amine as am
    >>> am.space.grid((2, 3), "10 um").values.tolist()
    [[-5.0, -10.0], [-5.0, 0.0], [-5.0, 10.0], [5.0, -10.0], [5.0, 0.0], [5.0, 10.0]]
    """
    where = "space.grid()"
    sizes = [shape] if isinstance(shape, int | np.integer) else list(shape)
    if not 1 <= len(sizes) <= 3:
        raise AmineError(f"{where}, shape", "one to three axes are needed", given=str(len(sizes)))
    counts = [whole_number(n, f"{where}, shape", 1, MOST) for n in sizes]
    if np.prod([float(n) for n in counts]) > MOST:
        raise AmineError(f"{where}, shape", "there are too many points", expected=f"at most {MOST:g}")
    steps = _lengths(spacing, len(counts), f"{where}, spacing", positive=True)
    middle = [0.0] * len(counts) if centre is None else _lengths(centre, len(counts), f"{where}, centre")
    axes = [m + s * (np.arange(n) - (n - 1) / 2) for n, s, m in zip(counts, steps, middle, strict=True)]
    points = np.stack([x.ravel() for x in np.meshgrid(*axes, indexing="ij")], 1)
    period = tuple(n * s for n, s in zip(counts, steps, strict=True))
    return Points(points, "um", period if flag(periodic, f"{where}, periodic") else None)


def random(region: Region, n: int, *, seed: int = 0, periodic: bool = False) -> Points:
    """Independent random points of uniform density in a region.

    Parameters
    ----------
    region : such as ``am.space.disc("500 um")``.
    n : number of points.
    seed : of the random numbers; equal seeds give equal points.
    periodic : whether opposite sides of a box meet: distances then go the shorter way around.

    Raises
    ------
    AmineError
        The region holds next to nothing, or is no box and periodic.

    Examples
    --------
    >>> import amine as am
    >>> points = am.space.random(am.space.sphere("100 um"), 500, seed=1)
    >>> points.values.shape, bool(am.space.sphere("100 um").contains(points.values).all())
    ((500, 3), True)
    """
    where = "space.random()"
    count = whole_number(n, f"{where}, n", 1, MOST)
    rng = np.random.default_rng(whole_number(seed, f"{where}, seed", 0, 2**63 - 1))
    if flag(periodic, f"{where}, periodic") and (region.kind != "box" or region.angle):
        raise AmineError(where, "only an upright box can be periodic", given=str(region), hint="use am.space.box()")
    low, high = region.bounds
    found, tried = [np.empty((0, region.dims))], 0
    while (have := sum(map(len, found))) < count:
        x = low + (high - low) * rng.random((max(1000, 2 * (count - have)), region.dims))
        tried += len(x)
        found.append(x[region.holds(x)])
        if (low >= high).any() or (tried > 10 / LEAST_SHARE and sum(map(len, found)) < LEAST_SHARE * tried):
            raise AmineError(where, "the region is empty, or nearly so", given=str(region)[:60])
    return Points(np.concatenate(found)[:count], "um", region.sizes if periodic else None)


def _lengths(given: Quantity | Sequence[Quantity], n: int, where: str, positive: bool = False) -> list[float]:
    each = list(given) if isinstance(given, list | tuple) else [given] * n
    if len(each) != n:
        raise AmineError(where, "a length for each axis is needed", given=str(len(each)), expected=str(n))
    return [number(x, "um", where, positive=positive) for x in each]


__all__ = ["Points", "grid", "random"]
