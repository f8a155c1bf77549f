"""Simple morphologies: a point, a cylinder, ball and stick, and trees from text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from amine.errors import AmineError, did_you_mean
from amine.morphology.compartments import MOST
from amine.morphology.shape import Branch, Morphology, straight
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity

_PARENT = {
    "basal": ("soma",),
    "apical": ("soma",),
    "tuft": ("apical", "soma"),
    "oblique": ("apical", "soma"),
    "axon": ("soma",),
}
_ANGLE = {"apical": 90.0, "tuft": 90.0, "basal": -60.0, "axon": -90.0, "oblique": 30.0, "dendrite": 0.0}
_PART = re.compile(r"^\s*(\d+)?\s*([A-Za-z_]\w*)\s+(.*)$", re.S)


def _um(value: object, where: str) -> float:
    return scalar(value, "um", where, positive=True)


def _soma(size: Quantity | Sequence[Quantity], where: str, along: tuple[float, float, float] = (1, 0, 0)) -> Branch:
    """The soma as a cylinder as long as wide, whose lateral area is that of the sphere of the same diameter."""
    if isinstance(size, tuple | list):
        if len(size) != 2:
            raise AmineError(
                f"{where}, soma", "its size is a diameter, or a length and a diameter", given=f"{len(size)} values"
            )
        length, width = _um(size[0], f"{where}, soma length"), _um(size[1], f"{where}, soma diameter")
    else:
        length = width = _um(size, f"{where}, soma")
    return Branch(
        "soma", "soma", straight(tuple(-length / 2 * x for x in along), along, length, width, width), segments=1
    )


def point(size: Quantity | Sequence[Quantity] = "20 um") -> Morphology:
    """A soma without dendrites: one compartment with the area of a sphere.

    Parameters
    ----------
    size : diameter, or (length, diameter) of a cylinder.

    Raises
    ------
    AmineError
        A size is not a positive length.

    Examples
    --------
    >>> round(point("20 um").area, 3)
    1256.637
    """
    return Morphology((_soma(size, "point()"),), "point")


def cylinder(length: Quantity, diameter: Quantity, segments: int | None = None, region: str = "dendrite") -> Morphology:
    """A cable of constant diameter with sealed ends.

    Parameters
    ----------
    length, diameter : such as ``"1 mm"`` and ``"2 um"``.
    segments : number of compartments; None leaves it to the rule of the discretisation. region : its name.

    Raises
    ------
    AmineError
        A size is not a positive length.

    Examples
    --------
    >>> cylinder("1 mm", "2 um", segments=10).length
    1000.0
    """
    L, d = _um(length, "cylinder(), length"), _um(diameter, "cylinder(), diameter")
    return Morphology((Branch(region, region, straight((0, 0, 0), (1, 0, 0), L, d, d), segments=segments),), "cylinder")


def ball_and_stick(
    soma: Quantity | Sequence[Quantity] = "20 um",
    dendrite: Sequence[Quantity] = ("500 um", "2 um"),
    segments: int | None = None,
) -> Morphology:
    """A soma with one dendrite.

    Parameters
    ----------
    soma : its diameter, or (length, diameter).
    dendrite : (length, diameter), or (length, diameter at the soma, diameter at the tip).
    segments : number of compartments of the dendrite; None leaves it to the rule of the discretisation.

    Raises
    ------
    AmineError
        A size is not a positive length.

    Examples
    --------
    >>> ball_and_stick(segments=50).branches[1].segments
    50
    """
    where = "ball_and_stick()"
    ball = _soma(soma, where)
    L, first, last = _size(dendrite, f"{where}, dendrite")
    stick = Branch("dendrite", "dendrite", straight(ball.points[1, :3], (1, 0, 0), L, first, last), 0, 1.0, segments)
    return Morphology((ball, stick), "ball_and_stick")


def _size(value: object, where: str) -> tuple[float, float, float]:
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        raise AmineError(
            where,
            "this is not the size of a cable",
            given=repr(value)[:40],
            expected='("500 um", "2 um"): length, diameter',
        )
    x = [_um(v, where) for v in value]
    return x[0], x[1], x[-1]


def tree(text: str | None = None, /, *, name: str = "tree", **parts: Any) -> Morphology:
    """A branched morphology from text or keywords.

    Parameters
    ----------
    text : one part a line or between semicolons: ``soma 20 um``, then for each other part
        ``[number] region length diameter [to diameter] [from parent] [segments n]``; ``8 basal`` makes eight of them.
        By default basal, apical and axon begin on the soma, tuft and oblique on the apical part, and all others on the part before.
    parts : the same by keywords: ``soma="20 um"``, ``tuft=("300 um", "1 um")`` or the rest of such a line as text. Each part
        is one compartment unless ``segments`` is given.

    Raises
    ------
    AmineError
        The soma is missing, a parent is not known, or a size is invalid.

    Examples
    --------
    >>> tree(soma="20 um", basal=("200 um", "3 um"), apical=("400 um", "3 um"), tuft=("300 um", "2 um")).regions
    ('soma', 'basal', 'apical', 'tuft')
    >>> cell = tree("soma 20 um; 4 basal 200 um 2 um to 1 um; apical 500 um 4 um segments 5; 2 tuft 200 um 1 um")
    >>> [b.name for b in cell.branches][-3:]
    ['apical', 'tuft[0]', 'tuft[1]']
    """
    lines = [x for x in re.split(r"[;\n]", text or "") if x.strip()]
    entries = [_parse(x) for x in lines] + [_keyword(k, v) for k, v in parts.items()]
    if not entries or entries[0][1] != "soma":
        raise AmineError("tree()", "the soma is missing", hint='begin with soma="20 um"')
    branches: list[Branch] = []
    for number, region, rest in entries:
        if region == "soma":
            if branches:
                raise AmineError("tree()", "the soma is given twice", hint="keep one")
            branches.append(
                _soma(rest["size"] if "size" in rest else (rest["length"], rest["first"]), "tree()", (0, 1, 0))
            )
            continue
        _grow(branches, number, region, rest)
    return Morphology(tuple(branches), name)


def _keyword(region: str, value: object) -> tuple[int, str, dict[str, Any]]:
    if isinstance(value, str):
        return _parse(f"{region} {value}")
    where = f"tree(), {region}"
    if region == "soma":
        return 1, region, {"size": value}
    length, first, last = _size(value, where)
    return 1, region, {"length": length, "first": first, "last": last}


_QUANTITY = r"([-+]?[\d.]+(?:[eE][-+]?\d+)?\s*[A-Za-zµ]+)"
_CABLE = re.compile(
    rf"^{_QUANTITY}\s+{_QUANTITY}(?:\s+to\s+{_QUANTITY})?(?:\s+from\s+([A-Za-z_][\w\[\]]*))?(?:\s+segments\s+(\d+))?\s*$"
)


def _parse(line: str) -> tuple[int, str, dict[str, Any]]:
    m = _PART.match(line)
    if not m:
        raise AmineError(
            f"tree(), in '{line.strip()}'", "this is not a part of a tree", expected="such as 'apical 400 um 3 um'"
        )
    number, region, rest = int(m.group(1) or 1), m.group(2), m.group(3).strip()
    where = f"tree(), in '{line.strip()}'"
    if region == "soma" and re.match(rf"^{_QUANTITY}$", rest):
        return 1, region, {"size": rest}
    c = _CABLE.match(rest)
    if not c:
        raise AmineError(
            where,
            "this is not a part of a tree",
            expected="region length diameter [to diameter] [from parent] [segments n]",
        )
    length, first = _um(c.group(1), where), _um(c.group(2), where)
    last = _um(c.group(3), where) if c.group(3) else first
    return number, region, {"length": length, "first": first, "last": last, "from": c.group(4), "segments": c.group(5)}


def _grow(branches: list[Branch], number: int, region: str, rest: dict[str, Any]) -> None:
    names = [b.name for b in branches]
    wanted = rest.get("from")
    candidates = (wanted,) if wanted else _PARENT.get(region, (branches[-1].name,))
    parents = [k for k, b in enumerate(branches) for c in candidates[:1] if c in (b.name, b.region)]
    if not parents and not wanted:
        parents = [k for k, b in enumerate(branches) if b.region in candidates] or [len(branches) - 1]
    if not parents:
        raise AmineError(
            f"tree(), {region}", f"there is no part '{wanted}' before it", hint=did_you_mean(str(wanted), names)
        )
    if number > MOST:
        raise AmineError(f"tree(), {region}", "there are too many", given=f"{number:,}", expected=f"at most {MOST:,}")
    for j in range(number):
        parent = parents[j % len(parents)]
        p = branches[parent]
        at = (
            (0.0 if region in ("basal", "axon") else 1.0) if p.region == "soma" else 0.5 if region == "oblique" else 1.0
        )
        name = (
            region if number == 1 and region not in names else f"{region}[{sum(b.region == region for b in branches)}]"
        )
        start = p.points[0 if at == 0 else -1, :3] if at != 0.5 else p.points[:, :3].mean(0)
        points = straight(start, _direction(region, j, number), rest["length"], rest["first"], rest["last"])
        segments = int(rest["segments"]) if rest.get("segments") else 1
        branches.append(Branch(name, region, points, parent, at, segments))


def _direction(region: str, j: int, number: int) -> tuple[float, float, float]:
    """Unit vector of the ``j``-th of ``number`` branches, fanned out around the usual direction of the region."""
    angle = _ANGLE.get(region, 0.0) + (j - (number - 1) / 2) * min(40.0, 120.0 / max(1, number))
    return math.cos(math.radians(angle)), math.sin(math.radians(angle)), 0.0


__all__ = ["ball_and_stick", "cylinder", "point", "tree"]
