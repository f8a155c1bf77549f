"""Compartments: a morphology divided into pieces of uniform voltage, in the order of the tree solve."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError
from amine.morphology.places import resolve
from amine.records import dataclass
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Site, Span
    from amine.morphology.shape import Branch, Morphology

MOST = 1_000_000  # compartments of one cell


@dataclass(frozen=True, eq=False)
class Compartments:
    """The compartments of a cell, every one after its parent.

    Parameters
    ----------
    parent : index of the parent of each; -1 for the first.
    area : membrane in um2; 0 for the points where several branches meet.
    resistance : of the cytoplasm between its centre and that of its parent, for a resistivity of one, in 1/um.
    length, diameter : in um. distance : path from the centre of the root in um.
    branch : index of its branch, -1 where several meet. fraction : place of its centre on the branch, 0..1.
    region : name of the region of each. places : coordinates of the centres, (n, 3) in um.
    """

    morphology: Morphology
    parent: np.ndarray
    area: np.ndarray
    resistance: np.ndarray
    length: np.ndarray
    diameter: np.ndarray
    distance: np.ndarray
    branch: np.ndarray
    fraction: np.ndarray
    region: tuple[str, ...]
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def real(self) -> np.ndarray:
        """Indices of the compartments that have membrane."""
        return np.flatnonzero(self.area > 0)

    def ends(self) -> np.ndarray:
        """Coordinates (n, 2, 3) in um of both ends of the axis of each compartment; of points where branches meet, twice the same."""
        out = np.repeat(self.places[:, None], 2, axis=1)
        for k, b in enumerate(self.morphology.branches):
            mine = np.flatnonzero(self.branch == k)
            centre, half = self.fraction[mine] * b.length, self.length[mine] / 2
            for side, s in enumerate((centre - half, centre + half)):
                out[mine, side] = _Profile(b).at(s)[2]
        return out

    def at(self, place: Site, distance: Span | None = None, where: str = "place") -> tuple[int, ...]:
        """Compartments of a place; see :func:`amine.morphology.places.resolve`."""
        return resolve(self, place, distance, where)

    def label(self, i: int) -> str:
        """A compartment in words: its branch and the position on it, from 0 to 1."""
        k = int(self.branch[i])
        return f"{self.morphology.branches[k].name}({self.fraction[i]:.4g})" if k >= 0 else f"junction {i}"


def discretise(
    cell: Morphology,
    *,
    R_a: Quantity = "150 Ohm cm",
    C_m: Quantity = "1 uF/cm2",
    d_lambda: float = 0.1,
    longest: Quantity | None = None,
) -> Compartments:
    """Divides a morphology into compartments.

    Branches without a number of segments follow the rule of Hines & Carnevale (2001, Neuroscientist 7:123): a segment is at most
    ``d_lambda`` of the length constant at 100 Hz.

    Parameters
    ----------
    R_a, C_m : resistivity of the cytoplasm and capacitance of the membrane.
    d_lambda : the longest segment as a fraction of the length constant at 100 Hz.
    longest : upper limit of the length of a segment, in addition to the rule; None: no limit.

    Raises
    ------
    AmineError
        A value is not positive or has a wrong dimension, or there are too many compartments.
    """
    r = scalar(R_a, "Ohm cm", "discretise(), R_a", positive=True) / scalar("1 Ohm cm", "Ohm cm", "")
    c = scalar(C_m, "uF/cm**2", "discretise(), C_m", positive=True) / scalar("1 uF/cm**2", "uF/cm**2", "")
    most = math.inf if longest is None else scalar(longest, "um", "discretise(), longest", positive=True)
    if not d_lambda > 0:
        raise AmineError("discretise(), d_lambda", "the value must be positive", given=str(d_lambda))
    numbers = [b.segments or _segments(b, r, c, d_lambda, most) for b in cell.branches]
    if sum(numbers) > MOST:
        raise AmineError(
            f"Morphology '{cell.name}'",
            "it has too many compartments",
            given=f"{sum(numbers):,}",
            expected=f"at most {MOST:,}",
            hint="raise d_lambda or lower the numbers of segments",
        )
    return _Cutter(cell, numbers).cut()


def _segments(b: Branch, r: float, c: float, d_lambda: float, most: float) -> int:
    """Number of segments of a branch; the rule gives an odd one, so that there is a compartment in the middle."""
    d = 0.5 * (b.points[1:, 3] + b.points[:-1, 3])
    electrical = float((b.steps / (1e5 * np.sqrt(d / (4 * math.pi * 100.0 * r * c)))).sum())
    return max(int((electrical / d_lambda + 0.9) / 2) * 2 + 1, math.ceil(b.length / most) if most < math.inf else 1)


class _Profile:
    """Integrals along a branch, exact for its truncated cones: area, and resistance for a resistivity of one."""

    def __init__(self, b: Branch):
        steps = b.steps
        keep = np.concatenate([[True], steps > 0])  # a jump of the diameter within a point has no length
        self.r = b.points[keep, 3] / 2
        self.xyz = b.points[keep, :3]
        self.s = np.concatenate([[0.0], np.cumsum(steps[steps > 0])])
        L = np.diff(self.s)
        self.slant = np.hypot(L, np.diff(self.r))
        self.A = np.concatenate([[0.0], np.cumsum(math.pi * (self.r[:-1] + self.r[1:]) * self.slant)])
        self.R = np.concatenate([[0.0], np.cumsum(L / (math.pi * self.r[:-1] * self.r[1:]))])

    def at(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Area (um2) and resistance (1/um) from the start to distances ``s`` (n,) in um, and the coordinates (n, 3) there."""
        k = np.clip(np.searchsorted(self.s, s, side="right") - 1, 0, len(self.s) - 2)
        L = self.s[k + 1] - self.s[k]
        u = np.clip((s - self.s[k]) / L, 0.0, 1.0)
        r = self.r[k] + (self.r[k + 1] - self.r[k]) * u
        area = self.A[k] + math.pi * (self.r[k] + r) * u * self.slant[k]
        resistance = self.R[k] + u * L / (math.pi * self.r[k] * r)
        return area, resistance, self.xyz[k] + (self.xyz[k + 1] - self.xyz[k]) * u[:, None]


class _Cutter:
    """Builder of the arrays, branch by branch; a point where several branches meet becomes a node without membrane."""

    def __init__(self, cell: Morphology, numbers: list[int]):
        self.cell, self.numbers = cell, numbers
        self.columns: dict[str, list[Any]] = {
            k: []
            for k in (
                "parent",
                "area",
                "resistance",
                "length",
                "diameter",
                "distance",
                "branch",
                "fraction",
                "region",
                "places",
            )
        }
        self.cuts: list[dict[str, Any]] = []
        self.junctions: dict[tuple[int, int], int] = {}
        self.meeting: dict[tuple[int, int], int] = {}
        for b in cell.branches[1:]:
            end = self._end(b)
            if end is not None:
                self.meeting[end] = self.meeting.get(end, 0) + 1

    def _end(self, b: Branch) -> tuple[int, int] | None:
        """The end of a branch that ``b`` begins on: (branch, 0 or 1); None if it begins between the ends."""
        parent, at = b.parent, b.at
        while at == 0 and self.cell.branches[parent].parent != -1:  # the start of a branch is a point on its parent
            parent, at = self.cell.branches[parent].parent, self.cell.branches[parent].at
        return (parent, int(at)) if at in (0, 1) else None

    def cut(self) -> Compartments:
        for k, b in enumerate(self.cell.branches):
            self._branch(k, b)
        c = self.columns
        real = {x: np.array(c[x], float) for x in ("area", "resistance", "length", "diameter", "distance", "fraction")}
        return Compartments(
            morphology=self.cell,
            parent=np.array(c["parent"], np.int64),
            branch=np.array(c["branch"], np.int64),
            region=tuple(c["region"]),
            places=np.array(c["places"], float).reshape(-1, 3),
            **real,
        )

    def _add(self, **row: Any) -> int:
        for name, x in row.items():
            self.columns[name].append(x)
        return len(self.columns["parent"]) - 1

    def _branch(self, k: int, b: Branch) -> None:
        n, profile = self.numbers[k], _Profile(b)
        edges = np.linspace(0.0, b.length, n + 1)
        centres = 0.5 * (edges[1:] + edges[:-1])
        area, resistance, _ = profile.at(edges)
        _, middle, places = profile.at(centres)
        parent, before, distance = (-1, 0.0, 0.0) if b.parent == -1 else self._start(b)
        first = len(self.columns["parent"])
        for j in range(n):
            to = middle[j] - middle[j - 1] if j else before + middle[0]
            d = distance + (centres[j] if b.parent != -1 else abs(centres[j] - centres[0]))
            parent = self._add(
                parent=parent,
                area=area[j + 1] - area[j],
                resistance=to if parent >= 0 else 0.0,
                length=edges[j + 1] - edges[j],
                diameter=(area[j + 1] - area[j]) / math.pi / (edges[j + 1] - edges[j]),
                distance=d,
                branch=k,
                fraction=centres[j] / b.length,
                region=b.region,
                places=places[j],
            )
        tail = resistance[-1] - middle[-1]
        self.cuts.append(
            {"first": first, "n": n, "head": middle[0], "tail": tail, "length": b.length, "distance": distance}
        )

    def _start(self, b: Branch) -> tuple[int, float, float]:
        """The node that a branch begins on, the resistance from its centre to there, and the distance of that point."""
        end = self._end(b)
        if end is None:
            cut = self.cuts[b.parent]
            i = cut["first"] + min(int(b.at * cut["n"]), cut["n"] - 1)
            return i, 0.0, self.columns["distance"][i]
        k, side = end
        cut = self.cuts[k]
        i = cut["first"] + (cut["n"] - 1 if side else 0)
        half, resistance = cut["length"] / cut["n"] / 2, cut["tail"] if side else cut["head"]
        distance = self.columns["distance"][i] + half
        if self.meeting[end] < 2:
            return i, resistance, distance
        if end not in self.junctions:
            place = self.cell.branches[k].points[-1 if side else 0, :3]
            self.junctions[end] = self._add(
                parent=i,
                area=0.0,
                resistance=resistance,
                length=0.0,
                diameter=0.0,
                distance=distance,
                branch=-1,
                fraction=0.0,
                region="",
                places=place,
            )
        return self.junctions[end], 0.0, distance
