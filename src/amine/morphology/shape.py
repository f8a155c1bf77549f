"""Morphologies: unbranched cables of varying diameter, each attached to a point of another."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amine.errors import AmineError, warn
from amine.morphology.compartments import Compartments, discretise
from amine.records import dataclass

_NAME = re.compile(r"^[A-Za-z_][\w.]*(\[\d+\])?$")
_LONGEST, _WIDEST, _SHORTEST = 1e5, 200.0, 1.0  # um: what no neuron of a vertebrate brain exceeds or falls below


@dataclass(frozen=True, eq=False)
class Branch:
    """An unbranched cable.

    Parameters
    ----------
    name : its name, unique in the morphology.
    region : the part of the neuron that it belongs to, such as ``soma``, ``basal``, ``apical``, ``tuft`` or ``axon``.
    points : array (m, 4) of x, y, z and diameter in um; at least two.
    parent : index of the branch it begins on; -1 for the first, the root.
    at : where on the parent it begins, from 0 to 1.
    segments : number of compartments; None leaves it to the rule of the discretisation.
    """

    name: str
    region: str
    points: np.ndarray
    parent: int = -1
    at: float = 1.0
    segments: int | None = None

    def __post_init__(self) -> None:
        where = f"Branch '{self.name}'"
        points = np.array(self.points, float)
        if not _NAME.match(self.name) or not re.match(r"^[A-Za-z_]\w*$", self.region):
            raise AmineError(
                where, "names of branches and regions are letters, digits and _", given=f"{self.name}, {self.region}"
            )
        if points.ndim != 2 or points.shape[1] != 4 or len(points) < 2:
            raise AmineError(where, "points must be an array (m, 4) of at least two points", given=str(points.shape))
        bad = np.flatnonzero(~np.isfinite(points).all(1))
        if bad.size:
            raise AmineError(where, "a point is not finite", given=f"point {bad[0]}")
        bad = np.flatnonzero(points[:, 3] <= 0)
        if bad.size:
            raise AmineError(where, "a diameter must be positive", given=f"{points[bad[0], 3]:g} um at point {bad[0]}")
        if not 0 <= self.at <= 1:
            raise AmineError(where, "'at' is outside 0..1", given=str(self.at))
        if self.segments is not None and (not isinstance(self.segments, int) or self.segments < 1):
            raise AmineError(
                where, "the number of segments must be a whole number of at least 1", given=repr(self.segments)
            )
        object.__setattr__(self, "points", points)
        if self.length <= 0:
            raise AmineError(where, "it has no length", hint="leave it out or give its points different places")

    @property
    def steps(self) -> np.ndarray:
        """Lengths between consecutive points in um."""
        return np.sqrt((np.diff(self.points[:, :3], axis=0) ** 2).sum(1))

    @property
    def length(self) -> float:
        """Length in um."""
        return float(self.steps.sum())

    @property
    def area(self) -> float:
        """Area of the membrane in um2, without the ends."""
        r = self.points[:, 3] / 2
        slant = np.hypot(self.steps, np.diff(r))
        return float(math.pi * ((r[:-1] + r[1:]) * slant).sum())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Branch) and self._data() == other._data()

    __hash__ = object.__hash__

    def _data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "region": self.region,
            "points": self.points.tolist(),
            "parent": self.parent,
            "at": self.at,
            "segments": self.segments,
        }


@dataclass(frozen=True)
class Morphology:
    """The shape of a neuron.

    Parameters
    ----------
    branches : the root, which is the soma if there is one, and then the others, each after the branch it begins on.
    name : its name.

    Raises
    ------
    AmineError
        If it is empty, not connected, or a diameter is not positive.

    Examples
    --------
    >>> import amine as am
    >>> cell = am.morphology.ball_and_stick()
    >>> [b.name for b in cell.branches], round(cell.area)
    (['soma', 'dendrite'], 4398)
    """

    branches: tuple[Branch, ...]
    name: str = "cell"

    def __post_init__(self) -> None:
        where = f"Morphology '{self.name}'"
        object.__setattr__(self, "branches", tuple(self.branches))
        if not self.branches:
            raise AmineError(where, "it has no branches")
        names: set[str] = set()
        for k, b in enumerate(self.branches):
            if b.name in names:
                raise AmineError(where, f"the name '{b.name}' is taken", hint="rename one of the branches")
            names.add(b.name)
            if (b.parent == -1) != (k == 0) or b.parent >= k:
                raise AmineError(
                    where,
                    f"branch '{b.name}' is not connected to a branch before it",
                    given=f"parent {b.parent}",
                    hint="put the root first and every branch after its parent",
                )
        if any(
            b.region == "soma" and b.parent != -1 and self.branches[b.parent].region != "soma" for b in self.branches
        ):
            raise AmineError(where, "a soma begins on another part", hint="make the soma the root")
        self._suspicious(where)

    def _suspicious(self, where: str) -> None:
        """Warns of sizes that suggest a wrong unit; all lengths are in micrometres."""
        width = max(float(b.points[:, 3].max()) for b in self.branches)
        if width > _WIDEST or max(b.length for b in self.branches) > _LONGEST:
            longest = max(b.length for b in self.branches)
            problem = f"a diameter of {width:g} um or a branch of {longest:g} um is too large for a neuron"
            warn(where, problem, hint="are the units micrometres?")
        if self.area < _SHORTEST:
            problem = f"a membrane of {self.area:g} um2 is too small for a neuron"
            warn(where, problem, hint="are the units micrometres?")

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in order of appearance."""
        return tuple(dict.fromkeys(b.region for b in self.branches))

    @property
    def area(self) -> float:
        """Area of the membrane in um2."""
        return sum(b.area for b in self.branches)

    @property
    def length(self) -> float:
        """Length of all branches in um."""
        return sum(b.length for b in self.branches)

    def children(self, k: int) -> list[int]:
        """Indices of the branches that begin on branch ``k``."""
        return [j for j, b in enumerate(self.branches) if b.parent == k]

    def compartments(self, **how: Any) -> Compartments:
        """Compartments of the morphology; parameters as for :func:`amine.morphology.compartments.discretise`."""
        return discretise(self, **how)

    def to_dict(self) -> dict[str, Any]:
        """The morphology as plain data."""
        return {"name": self.name, "branches": [b._data() for b in self.branches]}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Morphology:
        """Morphology from the data of :meth:`to_dict`; raises AmineError if they are damaged."""
        try:
            branches = tuple(Branch(**{**b, "points": np.asarray(b["points"], float)}) for b in data["branches"])
            return Morphology(branches, str(data["name"]))
        except (KeyError, TypeError, ValueError) as e:
            if isinstance(e, AmineError):
                raise
            raise AmineError("morphology", "damaged description", given=repr(data)[:60]) from e

    def __repr__(self) -> str:
        return (
            f"<Morphology {self.name}: {len(self.branches)} branches, {self.length:.6g} um, {self.area:.6g} um2, "
            f"regions {', '.join(self.regions)}>"
        )


def straight(
    start: Sequence[float] | np.ndarray, direction: Sequence[float], length: float, first: float, last: float
) -> np.ndarray:
    """Points (2, 4) of a straight cable from ``start``, with diameters ``first`` and ``last`` (um)."""
    a, d = np.asarray(start, float), np.asarray(direction, float)
    b = a + d / np.linalg.norm(d) * length
    return np.array([[*a, first], [*b, last]])
