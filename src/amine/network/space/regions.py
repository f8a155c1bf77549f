"""Regions of space: sets of points about an origin, in which positions are drawn, and to which connections are confined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.doors import methods
from amine.errors import AmineError
from amine.frozen import closed
from amine.network.numbers import number
from amine.network.space.kernels import FLAT, DistanceKernel
from amine.records import dataclass

if TYPE_CHECKING:
    import numpy.typing as npt

    from amine.given import Quantity

KINDS = ("box", "ellipsoid", "all", "any", "without")
MOST = 200  # boxes and ellipsoids in a combination
EDGE = 1e-9  # share of a size by which points on an edge may lie outside by rounding


@closed("make another with am.space.box(), disc() and so on")
@methods
@dataclass(frozen=True)
class Region:
    """A set of points in 1 to 3 dimensions, its edge included; made by :func:`box`, :func:`disc`, :func:`sphere` and so on.

    ``a & b`` are the points of both regions, ``a | b`` of either, ``a - b`` of the first alone; ``0.3*a`` is a kernel of connections with this
    probability within the region, and ``kernel*a`` a kernel that is zero outside.

    Parameters
    ----------
    kind : ``box``, ``ellipsoid``, or ``all``, ``any``, ``without`` of ``parts``.
    sizes : sides of a box, or axes of an ellipsoid, in um.
    anchor : its centre in um.
    angle : turn about its centre in degrees, from the first axis to the second; in two dimensions.
    parts : regions that are combined.

    Examples
    --------
    >>> import amine as am
    >>> ring = am.space.disc("200 um") - am.space.disc("100 um")
    >>> ring.contains([[150.0, 0.0], [50.0, 0.0]]).tolist()
    [True, False]
    """

    kind: str
    sizes: tuple[float, ...] = ()
    anchor: tuple[float, ...] = ()
    angle: float = 0.0
    parts: tuple[Region, ...] = ()

    @cached_property
    def regions(self) -> int:
        """Number of boxes and ellipsoids that are combined."""
        return sum(p.regions for p in self.parts) if self.parts else 1

    @property
    def dims(self) -> int:
        """Number of dimensions."""
        return self.parts[0].dims if self.parts else len(self.sizes)

    def at(self, *anchor: Quantity) -> Region:
        """The region moved by a distance along each axis.

        Parameters
        ----------
        anchor : one length for each dimension, such as ``"50 um", "0 um"``.

        Raises
        ------
        AmineError
            The number of lengths is another, or one is no length.
        """
        where = "Region.at"
        if len(anchor) != self.dims:
            raise AmineError(
                where, "a length for each dimension is needed", given=str(len(anchor)), expected=str(self.dims)
            )
        return self.moved(tuple(number(x, "um", where) for x in anchor))

    def moved(self, by: tuple[float, ...]) -> Region:
        """The region moved by lengths in um."""
        if self.parts:
            return replace(self, parts=tuple(p.moved(by) for p in self.parts))
        return replace(self, anchor=tuple(a + b for a, b in zip(self.anchor, by, strict=True)))

    def contains(self, points: npt.ArrayLike) -> np.ndarray:
        """Whether each of some points is in the region.

        Parameters
        ----------
        points : array (points, dimensions) in um.

        Raises
        ------
        AmineError
            The array has another shape.
        """
        x = np.asarray(points, float)
        if x.ndim != 2 or x.shape[1] != self.dims:
            raise AmineError(
                "Region.contains", "the array has the wrong shape", given=str(x.shape), expected=f"(n, {self.dims})"
            )
        return self.holds(x)

    def holds(self, x: np.ndarray) -> np.ndarray:
        """As :meth:`contains`, of an array of the right shape."""
        if self.kind == "all":
            return np.logical_and.reduce([p.holds(x) for p in self.parts])
        if self.kind == "any":
            return np.logical_or.reduce([p.holds(x) for p in self.parts])
        if self.kind == "without":
            return self.parts[0].holds(x) & ~self.parts[1].holds(x)
        y = x - np.array(self.anchor)
        if self.angle:
            c, s = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
            y = y @ np.array([[c, -s], [s, c]])
        y = np.abs(y) / (np.array(self.sizes) / 2)
        return (y.max(1) if self.kind == "box" else np.sqrt((y * y).sum(1))) <= 1 + EDGE

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinate along each axis in um."""
        if self.kind == "without":
            return self.parts[0].bounds
        if self.parts:
            low, high = (np.array([p.bounds[k] for p in self.parts]) for k in (0, 1))
            return (low.max(0), high.min(0)) if self.kind == "all" else (low.min(0), high.max(0))
        half, centre = np.array(self.sizes) / 2, np.array(self.anchor)
        if self.angle:
            c, s = abs(math.cos(math.radians(self.angle))), abs(math.sin(math.radians(self.angle)))
            a, b = half
            turned = [(c * a + s * b), (s * a + c * b)]
            if self.kind == "ellipsoid":
                turned = [math.hypot(c * a, s * b), math.hypot(s * a, c * b)]
            half = np.array(turned)
        half = half * (1 + EDGE)
        return centre - half, centre + half

    # --- combinations ------------------------------------------------------------------------------------------

    def __and__(self, other: Region) -> Region:
        return _combined("all", self, other)

    def __or__(self, other: Region) -> Region:
        return _combined("any", self, other)

    def __sub__(self, other: Region) -> Region:
        return _combined("without", self, other)

    def __mul__(self, other: float | DistanceKernel) -> DistanceKernel:
        kernel = other if isinstance(other, DistanceKernel) else DistanceKernel.flat(other)
        return kernel.within(self)

    __rmul__ = __mul__

    # --- as data, as text --------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The region as JSON-able data."""
        if self.parts:
            return {"kind": self.kind, "parts": [p.to_dict() for p in self.parts]}
        turned = {"angle": self.angle} if self.angle else {}
        return {"kind": self.kind, "sizes": list(self.sizes), "anchor": list(self.anchor), **turned}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Region:
        """A region from the data of :meth:`to_dict`; raises AmineError if they are damaged."""
        try:
            parts = tuple(Region.from_dict(p) for p in data.get("parts", ()))
            sizes, anchor = (tuple(float(x) for x in data.get(k, ())) for k in ("sizes", "anchor"))
            found = Region(str(data["kind"]), sizes, anchor, float(data.get("angle", 0.0)), parts)
            alone = not parts and len(sizes) == len(anchor) in (1, 2, 3) and min(sizes) > 0
            numbers = np.isfinite([*sizes, *anchor, found.angle]).all() and (not found.angle or len(sizes) == 2)
            both = len(parts) == 2 and parts[0].dims == parts[1].dims
            if found.kind not in KINDS or not numbers or not (alone if found.kind in KINDS[:2] else both):
                raise ValueError(str(data)[:40])
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise AmineError("region", "the description is damaged", given=f"{type(e).__name__}: {e}"[:60]) from e
        return found

    def __str__(self) -> str:
        if self.parts:
            a, b = (f"({p})" if p.parts else str(p) for p in self.parts)
            return f"{a} {dict(all='&', any='|', without='-')[self.kind]} {b}"
        sizes = ", ".join(f"{x:g}" for x in self.sizes)
        text = f"{self.kind} {sizes} um"
        if self.kind == "ellipsoid" and len(set(self.sizes)) == 1 and self.dims > 1:
            text = f"{'disc' if self.dims == 2 else 'sphere'} of radius {self.sizes[0] / 2:g} um"
        elif self.kind == "ellipsoid" and self.dims == 2:
            text = f"ellipse {sizes} um"
        text += f", turned by {self.angle:g} degrees" if self.angle else ""
        return text + (f" at ({', '.join(f'{x:g}' for x in self.anchor)}) um" if any(self.anchor) else "")


def _combined(kind: str, a: Region, b: object) -> Region:
    if not isinstance(b, Region):
        raise AmineError("region", "it combines with other regions only", given=repr(b)[:40])
    if a.dims != b.dims:
        raise AmineError("region", "the regions differ in their number of dimensions", given=f"{a.dims} and {b.dims}")
    if a.regions + b.regions > MOST:
        raise AmineError(
            "region", "too many are combined", given=str(a.regions + b.regions), expected=f"at most {MOST}"
        )
    return Region(kind, parts=(a, b))


def _made(name: str, kind: str, sizes: tuple[Quantity, ...], dims: tuple[int, ...], angle: float = 0.0) -> Region:
    where = f"space.{name}()"
    if len(sizes) not in dims:
        expected = " or ".join(map(str, dims))
        raise AmineError(where, "the number of lengths is wrong", given=str(len(sizes)), expected=expected)
    lengths = tuple(number(x, "um", where, positive=True) for x in sizes)
    turn = number(angle, "1", f"{where}, angle")
    if turn and len(lengths) != 2:
        raise AmineError(where, "it can be turned in two dimensions only", given=f"{len(lengths)} dimensions")
    return Region(kind, lengths, (0.0,) * len(lengths), turn)


def box(*sides: Quantity, angle: float = 0.0) -> Region:
    """An interval, a rectangle or a box about the origin.

    Parameters
    ----------
    sides : lengths of its one to three sides, such as ``"200 um", "100 um"``.
    angle : turn of a rectangle in degrees, from the first axis to the second.

    Raises
    ------
    AmineError
        A side is no positive length, or their number is not 1 to 3.

    Examples
    --------
    >>> import amine as am
    >>> am.space.box("200 um", "100 um").contains([[90, 40], [90, 60]]).tolist()
    [True, False]
    """
    return _made("box", "box", sides, (1, 2, 3), angle)


def disc(radius: Quantity) -> Region:
    """A disc about the origin, in two dimensions.

    Parameters
    ----------
    radius : such as ``"100 um"``.

    Raises
    ------
    AmineError
        It is no positive length.

    Examples
    --------
    >>> import amine as am
    >>> print(am.space.disc("100 um").at("50 um", "0 um"))
    disc of radius 100 um at (50, 0) um
    """
    r = number(radius, "um", "space.disc()", positive=True)
    return Region("ellipsoid", (2 * r, 2 * r), (0.0, 0.0))


def sphere(radius: Quantity) -> Region:
    """A ball about the origin, in three dimensions.

    Parameters
    ----------
    radius : such as ``"100 um"``.

    Raises
    ------
    AmineError
        It is no positive length.

    Examples
    --------
    >>> import amine as am
    >>> am.space.sphere("100 um").dims
    3
    """
    r = number(radius, "um", "space.sphere()", positive=True)
    return Region("ellipsoid", (2 * r,) * 3, (0.0,) * 3)


def doughnut(inner: Quantity, outer: Quantity) -> Region:
    """The points of a plane between two distances from the origin, the outer one included: ``disc(outer) - disc(inner)``.

    Parameters
    ----------
    inner, outer : radii, such as ``"50 um"``.

    Raises
    ------
    AmineError
        One is no positive length, or the inner one is not the smaller.

    Examples
    --------
    >>> import amine as am
    >>> am.space.doughnut("50 um", "100 um").contains([[0, 0], [0, 75]]).tolist()
    [False, True]
    """
    hole, whole = disc(inner), disc(outer)
    if hole.sizes >= whole.sizes:
        raise AmineError("space.doughnut()", "the inner radius is not below the outer", given=f"{inner} and {outer}")
    return whole - hole


def ellipse(first: Quantity, second: Quantity, *, angle: float = 0.0) -> Region:
    """An ellipse about the origin.

    Parameters
    ----------
    first, second : lengths of its axes, from end to end, along x and y.
    angle : turn in degrees, from the first axis to the second.

    Raises
    ------
    AmineError
        A length is not positive.

    Examples
    --------
    >>> import amine as am
    >>> am.space.ellipse("200 um", "100 um", angle=90).contains([[0, 90], [90, 0]]).tolist()
    [True, False]
    """
    return _made("ellipse", "ellipsoid", (first, second), (2,), angle)


def ellipsoid(first: Quantity, second: Quantity, third: Quantity) -> Region:
    """An ellipsoid about the origin.

    Parameters
    ----------
    first, second, third : lengths of its axes, from end to end, along x, y and z.

    Raises
    ------
    AmineError
        A length is not positive.

    Examples
    --------
    >>> import amine as am
    >>> am.space.ellipsoid("200 um", "100 um", "50 um").contains([[90, 0, 0], [0, 0, 90]]).tolist()
    [True, False]
    """
    return _made("ellipsoid", "ellipsoid", (first, second, third), (3,))


__all__ = ["FLAT", "Region", "box", "disc", "doughnut", "ellipse", "ellipsoid", "sphere"]
