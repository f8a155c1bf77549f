"""Places on a cell, given by region, branch, point on a branch, path distance, or compartment."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, did_you_mean
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Site, Span
    from amine.morphology.compartments import Compartments

_POINT = re.compile(r"^\s*(.+?)\s*\(\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*\)\s*$")
_NOT_DENDRITE = ("soma", "axon", "")


def known(c: Compartments) -> list[str]:
    """Names of the places of a cell."""
    names = dict.fromkeys([*c.morphology.regions, *(b.name for b in c.morphology.branches)])
    if set(c.morphology.regions) - {"soma", "axon"}:
        names["dendrite"] = None
    return list(names)


def resolve(c: Compartments, place: Site, distance: Span | None = None, where: str = "place") -> tuple[int, ...]:
    """Compartments of a place, sorted.

    Parameters
    ----------
    place : ``"*"`` for all; a region such as ``"tuft"``, where ``"dendrite"`` is all but soma and axon; the name of a branch; a
        point such as ``"apical(0.5)"`` on a branch; a compartment or a list of them; or several of these joined by ``+``.
    distance : range (nearest, farthest) of path distances from the soma, or text such as ``"100 um .. 200 um"``; None: all.

    Raises
    ------
    AmineError
        If there is no such place, or no compartment lies at that distance.
    """
    found = _named(c, place, where)
    if distance is not None:
        low, high = _span(distance, where)
        d = c.distance[found]
        if not ((d >= low) & (d <= high)).any():
            raise AmineError(
                where,
                "no compartment lies at this distance",
                given=f"{low:g}..{high:g} um",
                expected=f"{d.min():g}..{d.max():g} um on '{place}'",
            )
        found = found[(d >= low) & (d <= high)]
    return tuple(int(i) for i in found)


def _named(c: Compartments, place: Site, where: str) -> np.ndarray:
    if isinstance(place, str):
        parts = [p.strip() for p in place.split("+")]
        return np.unique(np.concatenate([_one(c, p, where) for p in parts]))
    many: Any = place if isinstance(place, list | tuple | np.ndarray | range) else [place]
    if len(many) and all(isinstance(p, str) for p in many):
        return np.unique(np.concatenate([_one(c, str(p), where) for p in many]))
    try:
        index = np.unique([operator.index(p) for p in many])
    except TypeError as e:
        raise AmineError(
            where,
            "this is not a place",
            given=repr(place)[:40],
            expected="a region, a branch, a point such as 'apical(0.5)' or compartments",
        ) from e
    if not len(index) or index[0] < 0 or index[-1] >= len(c) or (c.area[index] <= 0).any():
        raise AmineError(
            where,
            "the place lies outside the tree",
            given=str(place)[:40],
            expected=f"compartments of 0..{len(c) - 1} with membrane",
        )
    return index


def _one(c: Compartments, text: str, where: str) -> np.ndarray:
    real = c.area > 0
    if text == "*":
        return np.flatnonzero(real)
    names = {b.name: k for k, b in enumerate(c.morphology.branches)}
    region = np.array(c.region)
    if text in c.morphology.regions:
        inside = region == text
        if text == "dendrite":
            inside |= ~np.isin(region, _NOT_DENDRITE)
        return np.flatnonzero(inside & real)
    if text in names:
        return np.flatnonzero((c.branch == names[text]) & real)
    if text == "dendrite" and "dendrite" in known(c):
        return np.flatnonzero(~np.isin(region, _NOT_DENDRITE) & real)
    if text.isdigit():
        return _named(c, int(text), where)
    m = _POINT.match(text)
    if m and m.group(1) in names:
        x = float(m.group(2))
        if not 0 <= x <= 1:
            raise AmineError(
                where,
                "the place lies outside the tree",
                given=f"'{text}'",
                expected="a point from 0 to 1 on the branch",
            )
        on = np.flatnonzero((c.branch == names[m.group(1)]) & real)
        return on[[min(int(x * len(on)), len(on) - 1)]]
    raise AmineError(
        where,
        f"region or branch '{m.group(1) if m else text}' is not known",
        hint=did_you_mean(m.group(1) if m else text, known(c)),
    )


def _span(distance: Span, where: str) -> tuple[float, float]:
    if isinstance(distance, str) and ".." in distance:
        distance = distance.split("..")
    if not isinstance(distance, tuple | list) or len(distance) != 2:
        raise AmineError(
            where, "this is not a span of distances", given=repr(distance)[:40], expected='("100 um", "200 um")'
        )
    low, high = (scalar(x, "um", f"{where}, distance", nonnegative=True, finite=False) for x in distance)
    if high < low:
        raise AmineError(where, "the span of distances ends before it begins", given=f"{low:g}..{high:g} um")
    return low, high
