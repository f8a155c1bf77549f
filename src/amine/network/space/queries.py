"""Questions about the places of neurons: who is within a region, how far apart, which are nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.network.numbers import number, whole_number
from amine.network.space.kernels import offsets
from amine.network.space.regions import Region

if TYPE_CHECKING:
    from amine.given import Quantity
    from amine.network.parts import Population

MOST = 10**8  # distances in one answer


def within(population: Population, region: Region, centre: int | Sequence[Quantity] | None = None) -> np.ndarray:
    """Numbers of the neurons whose positions are in a region.

    Parameters
    ----------
    population : with positions.
    region : such as ``am.space.disc("100 um")``.
    centre : the place of the region's origin: a neuron of the population, or a length for each dimension; None: the origin of positions.

    Raises
    ------
    AmineError
        The population has no positions, or the dimensions differ.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 25, "lif", positions=am.space.grid((5, 5), "10 um"))
    >>> am.space.within(E, am.space.disc("10 um"), centre=12).tolist()
    [7, 11, 12, 13, 17]
    """
    where = "space.within()"
    x = _placed(population, where)
    if region.dims != x.shape[1]:
        raise AmineError(
            where, "the region has another number of dimensions", given=str(region.dims), expected=str(x.shape[1])
        )
    return np.flatnonzero(region.holds(offsets(_point(population, x, centre, where), x, population.period)))


def distance(a: Population, b: Population | None = None) -> np.ndarray:
    """Distances in um of all neurons of two populations, or of one: an array (neurons of a, neurons of b).

    Parameters
    ----------
    a, b : populations with positions in the same space.

    Raises
    ------
    AmineError
        One has no positions, the spaces differ, or there are more than 1e8 pairs.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 4, "lif", positions=am.space.grid(4, "10 um", periodic=True))
    >>> am.space.distance(E)[0].tolist()
    [0.0, 10.0, 20.0, 10.0]
    """
    where = "space.distance()"
    other = a if b is None else b
    x, y = _placed(a, where), _placed(other, where)
    if x.shape[1] != y.shape[1] or a.period != other.period:
        raise AmineError(where, "the two populations are not in the same space")
    if len(x) * len(y) > MOST:
        raise AmineError(
            where, "there are too many pairs", given=f"{len(x) * len(y):.3g}", expected=f"at most {MOST:g}"
        )
    total = np.zeros((len(x), len(y)))
    for k in range(x.shape[1]):
        each = None if a.period is None else (a.period[k],)
        total += offsets(x[:, None, k : k + 1], y[None, :, k : k + 1], each)[..., 0] ** 2
    return np.sqrt(total)


def nearest(population: Population, centre: int | Sequence[Quantity], k: int) -> np.ndarray:
    """Numbers of the ``k`` neurons that are nearest to a neuron, without itself, or to a point; the nearest first.

    Parameters
    ----------
    population : with positions.
    centre : a neuron of it, or a length for each dimension.
    k : how many; of equally near ones those with the lowest numbers are taken.

    Raises
    ------
    AmineError
        The population has no positions, or fewer neurons.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 25, "lif", positions=am.space.grid((5, 5), "10 um"))
    >>> am.space.nearest(E, 12, 4).tolist()
    [7, 11, 13, 17]
    """
    where = "space.nearest()"
    x = _placed(population, where)
    d = np.sqrt((offsets(_point(population, x, centre, where), x, population.period) ** 2).sum(1))
    own = int(centre) if isinstance(centre, int | np.integer) else -1
    order = np.lexsort((np.arange(len(x)), np.round(d, 6)))
    order = order[order != own]
    return order[: whole_number(k, f"{where}, k", 1, len(order))]


def _placed(population: Population, where: str) -> np.ndarray:
    if population.positions is None:
        raise AmineError(
            where, f"population '{population.name}' has no positions", hint="give positions= when making it"
        )
    return population.positions


def _point(population: Population, x: np.ndarray, centre: object, where: str) -> np.ndarray:
    if centre is None:
        return np.zeros(x.shape[1])
    if isinstance(centre, int | np.integer):
        return x[whole_number(centre, f"{where}, centre", 0, population.n - 1)]
    if not isinstance(centre, list | tuple) or len(centre) != x.shape[1]:
        expected = f"a neuron, or {x.shape[1]} lengths"
        raise AmineError(f"{where}, centre", "this is no place", given=repr(centre)[:40], expected=expected)
    return np.array([number(c, "um", f"{where}, centre") for c in centre])


__all__ = ["distance", "nearest", "within"]
