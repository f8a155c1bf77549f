"""Reduced cells: a few compartments with the input resistances and attenuations of a detailed tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.morphology.compartments import Compartments
from amine.morphology.passive import matrix
from amine.morphology.shape import Branch, Morphology, straight
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Site


@dataclass(frozen=True)
class Reduced:
    """A reduced cell.

    ``morphology`` is its shape, with one compartment for each part; ``kept`` the compartments of the detailed cell that they represent;
    ``scale`` the factor on densities of conductance and capacitance of each part that preserves the total membrane of the
    detailed cell; ``error`` the largest relative error of input resistances and attenuations to the soma.
    """

    morphology: Morphology
    kept: tuple[int, ...]
    scale: dict[str, float]
    error: float


def reduce(
    cell: Morphology | Compartments,
    places: Sequence[Site] | None = None,
    *,
    R_a: Quantity = "150 Ohm cm",
    R_m: Quantity = "20 kOhm cm2",
) -> Reduced:
    """Reduced cell with one compartment for each place, which preserves the passive steady state at these places.

    Seen from n places, the conductances of a detailed cell between them and to the outside are the inverse of its impedance
    matrix (Kron 1939). A tree of n compartments has 2 n - 1 conductances, as many as there are input resistances at all
    places and attenuations from all places to the soma; these are preserved.

    Parameters
    ----------
    cell : the detailed cell.
    places : one for each compartment of the reduced cell, the soma first; None: the soma and the middle of each region.
    R_a, R_m : resistivity of the cytoplasm and resistance of the membrane.

    Raises
    ------
    AmineError
        If a place is more than one compartment, a place occurs twice, or the first is not the root.

    Examples
    --------
    >>> import amine as am
    >>> cell = am.morphology.tree("soma 20 um; 4 basal 200 um 2 um segments 9; apical 500 um 4 um segments 15; 6 tuft 150 um 1 um segments 5")
    >>> small = reduce(cell)
    >>> small.morphology.regions, round(small.error, 6)
    (('soma', 'basal', 'apical', 'tuft'), 0.0)
    """
    c = cell if isinstance(cell, Compartments) else cell.compartments(R_a=R_a)
    r_a = scalar(R_a, "Ohm cm", "reduce(), R_a", positive=True)
    r_m = scalar(R_m, "Ohm cm**2", "reduce(), R_m", positive=True)
    at, names = _places(c, places)
    Z = _impedance(c, at, r_a, r_m)
    links = _links(c, at)
    g, leak = _fit(Z, links)
    area = _shares(c, at)
    shape, scale = _shape(c, at, names, links, g, leak, area, r_a, r_m)
    found = np.linalg.inv(_laplacian(links, g, leak))
    return Reduced(shape, tuple(at), scale, _error(Z, found))


def _places(c: Compartments, places: Sequence[Site] | None) -> tuple[list[int], list[str]]:
    if places is None:
        at, names = [0], [c.region[0]]
        for region in c.morphology.regions:
            if region == c.region[0]:
                continue
            mine = np.array(c.at(region))
            mine = mine[[c.region[i] == region for i in mine]]
            middle = np.median(c.distance[mine])
            at.append(int(mine[np.abs(c.distance[mine] - middle).argmin()]))
            names.append(region)
        return at, names
    at, names = [], []
    for p in places:
        found = c.at(p, where="reduce(), places")
        if len(found) != 1:
            raise AmineError(
                "reduce(), places",
                "each must be one compartment",
                given=f"'{p}' is {len(found)}",
                hint="name points such as 'apical(0.5)'",
            )
        at.append(found[0])
        names.append(c.region[found[0]])
    if at[0] != 0:
        raise AmineError("reduce(), places", "the first must be the root", given=str(places[0]), expected=c.label(0))
    if len(set(at)) < len(at):
        raise AmineError("reduce(), places", "a compartment is named twice")
    return at, names


def _impedance(c: Compartments, at: list[int], r_a: float, r_m: float) -> np.ndarray:
    """Impedances (GOhm) between places; equivalent branches of a region are driven together, as one compartment of the reduced cell."""
    from scipy.sparse.linalg import splu

    solver = splu(matrix(c, c.area / r_m, r_a).tocsc())
    drive = np.zeros((len(c), len(at)))
    for k, i in enumerate(at):
        same = _alike(c, i)
        drive[same, k] = 1.0 / len(same)
    v = solver.solve(drive)
    read = np.array([v[_alike(c, i)].mean(0) for i in at])
    return (read + read.T) / 2


def _alike(c: Compartments, i: int) -> np.ndarray:
    """Compartments at the same distance on branches of the same region: the daughters of a symmetric tree form one compartment."""
    k = int(c.branch[i])
    if k <= 0:
        return np.array([i])
    region = c.morphology.branches[k].region
    out = []
    for j, b in enumerate(c.morphology.branches):
        if b.region == region:
            mine = np.flatnonzero(c.branch == j)
            out.append(mine[np.abs(c.distance[mine] - c.distance[i]).argmin()])
    near = np.array(out)
    return near[np.abs(c.distance[near] - c.distance[i]) <= np.maximum(c.length[near], c.length[i])]


def _links(c: Compartments, at: list[int]) -> list[int]:
    """Parent of each place among the places: the nearest on its path to the soma, else the soma."""
    regions = [c.region[i] for i in at]
    parents = [-1]
    for k, i in enumerate(at[1:], 1):
        path, way = int(c.parent[i]), []
        while path >= 0:
            way.append(path)
            path = int(c.parent[path])
        direct = next((at.index(j) for j in way if j in at), 0)
        if direct == 0:  # a place on a branch of the same region counts as lying on the path
            passed = [
                regions.index(c.region[j]) for j in way if c.region[j] in regions[1:] and c.region[j] != regions[k]
            ]
            direct = next((p for p in passed if p != k and c.distance[at[p]] < c.distance[i]), 0)
        parents.append(direct)
    return parents


def _laplacian(parents: list[int], g: np.ndarray, leak: np.ndarray) -> np.ndarray:
    G = np.diag(np.array(leak, float))
    for k, p in enumerate(parents):
        if p >= 0:
            G[k, k] += g[k]
            G[p, p] += g[k]
            G[k, p] -= g[k]
            G[p, k] -= g[k]
    return G


def _targets(Z: np.ndarray) -> np.ndarray:
    """Logarithms of the input resistances and of the attenuations from each place to the soma."""
    return np.log(np.concatenate([np.diag(Z), Z[0, 1:] / np.diag(Z)[1:]]))


def _fit(Z: np.ndarray, parents: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Couplings and leaks of the tree with these input resistances and attenuations."""
    from scipy.optimize import least_squares

    n = len(Z)
    exact = np.linalg.inv(Z)
    g = np.array([0.0] + [max(-exact[k, parents[k]], 1e-3 / Z[k, k]) for k in range(1, n)])
    leak = np.maximum(exact.sum(1), 1e-3 / np.diag(Z))
    wanted = _targets(Z)

    def miss(x: np.ndarray) -> np.ndarray:
        y = np.exp(x)
        return _targets(np.linalg.inv(_laplacian(parents, np.concatenate([[0.0], y[: n - 1]]), y[n - 1 :]))) - wanted

    found = least_squares(miss, np.log(np.concatenate([g[1:], leak])), xtol=1e-14, ftol=1e-14, gtol=1e-14)
    y = np.exp(found.x)
    return np.concatenate([[0.0], y[: n - 1]]), y[n - 1 :]


def _error(Z: np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(np.expm1(_targets(found) - _targets(Z))).max())


def _shares(c: Compartments, at: list[int]) -> np.ndarray:
    """Membrane area (um2) of the detailed cell that each place represents: that of its region, assigned by path distance."""
    regions = [c.region[i] for i in at]
    share = np.zeros(len(at))
    for i in np.flatnonzero(c.area > 0):
        same = [k for k, r in enumerate(regions) if r == c.region[i]] or list(range(len(at)))
        share[min(same, key=lambda k: abs(c.distance[at[k]] - c.distance[i]))] += c.area[i]
    return share


def _shape(
    c: Compartments,
    at: list[int],
    names: list[str],
    parents: list[int],
    g: np.ndarray,
    leak: np.ndarray,
    area: np.ndarray,
    r_a: float,
    r_m: float,
) -> tuple[Morphology, dict[str, float]]:
    """Cylinders with the couplings ``g`` between their centres and the leaks: each one's area is that of its leak.

    The resistance between two centres is made of half of each; the soma's half is taken from the child.
    """
    branches: list[Branch] = []
    scale: dict[str, float] = {}
    for k in range(len(at)):
        membrane = leak[k] * r_m
        name = names[k] if names.count(names[k]) == 1 else f"{names[k]}[{names[:k].count(names[k])}]"
        if parents[k] < 0:
            d = float(np.sqrt(membrane / np.pi))
            branches.append(Branch(name, names[k], straight((-d / 2, 0, 0), (1, 0, 0), d, d, d), segments=1))
        else:
            # a cylinder of this area whose half-length has the resistance 1/g: L/2/(pi r^2) = 1/(g R_a), 2 pi r L = area
            radius = float((membrane * g[k] * r_a / (4 * np.pi**2)) ** (1 / 3))
            length = membrane / (2 * np.pi * radius)
            p = branches[parents[k]]
            start = p.points[:, :3].mean(0)
            branches.append(
                Branch(
                    name,
                    names[k],
                    straight(start, _way(names[k], k), length, 2 * radius, 2 * radius),
                    parents[k],
                    0.5,
                    1,
                )
            )
        scale[name] = float(area[k] / membrane)
    return Morphology(tuple(branches), f"{c.morphology.name}, reduced"), scale


def _way(region: str, k: int) -> tuple[float, float, float]:
    return {"basal": (0.4, -1.0, 0.0), "axon": (-0.4, -1.0, 0.0)}.get(region, (0.2 * (-1) ** k, 1.0, 0.0))
