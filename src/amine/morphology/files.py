"""Reconstructed neurons from SWC, Neurolucida ASC and H5 files, read by MorphIO after a check of every line."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.errors import AmineError, warn
from amine.files import read_text
from amine.morphology.shape import Branch, Morphology, straight
from amine.optional import optional
from amine.records import dataclass

if TYPE_CHECKING:
    import morphio

    from amine.given import FilePath

_DEEPEST, _DEEPEST_SWC = 1000, 10_000  # nested brackets, branch points on a path: limits, since parsers recurse
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_POINT = re.compile(r"\(\s*([-+.\d][^()]*|(?:nan|inf)\b[^()]*)\)", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_REGION = {2: "axon", 3: "basal", 4: "apical"}


def from_swc(path: FilePath, name: str | None = None) -> Morphology:
    """A neuron from an SWC file (Cannon et al. 1998, J Neurosci Methods 84:49).

    Types 1 to 4 become the regions soma, axon, basal and apical; others ``custom5`` and so on. Branches begin at the
    centre of the soma, which is a cylinder with the area of the soma in the file.

    Parameters
    ----------
    path : the file. name : of the morphology; None: the name of the file.

    Raises
    ------
    AmineError
        The file is missing, a line is damaged (the message names it), there is no soma, a sample is not connected, or a radius is
        not positive.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "cell.swc")
    >>> _ = file.write_text("1 1 0 0 0 10 -1\\n2 3 10 0 0 1 1\\n3 3 110 0 0 1 2")
    >>> from_swc(file).regions
    ('soma', 'basal')
    """
    where = f"file '{path}'"
    return _read(path, where, name, _check_swc(_text(path, where), where), "swc")


def from_asc(path: FilePath, name: str | None = None) -> Morphology:
    """A neuron from a Neurolucida ASC file, with regions as in :func:`from_swc`.

    Parameters
    ----------
    path : the file. name : of the morphology; None: the name of the file.

    Raises
    ------
    AmineError
        The file is missing or damaged, or there is no soma.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "cell.asc")
    >>> text = '("CellBody" (CellBody) (8 0 0 0) (0 8 0 0) (-8 0 0 0))((Dendrite) (8 0 0 2) (90 0 0 2))'
    >>> _ = file.write_text(text)
    >>> from_asc(file).regions
    ('soma', 'basal')
    """
    where = f"file '{path}'"
    text = _text(path, where)
    _check_asc(text, where)
    return _read(path, where, name, text, "asc")


def from_file(path: FilePath, name: str | None = None) -> Morphology:
    """A neuron from a file, whose format follows from its ending: .swc, .asc or .h5.

    Parameters
    ----------
    path : the file. name : of the morphology; None: the name of the file.

    Raises
    ------
    AmineError
        The ending is another one, the file is missing or damaged, or there is no soma.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "cell.swc")
    >>> _ = file.write_text("1 1 0 0 0 10 -1\\n2 3 10 0 0 1 1\\n3 3 110 0 0 1 2")
    >>> round(from_file(file).branches[1].length)
    100
    """
    kind = Path(path).suffix.lower()
    if kind == ".swc":
        return from_swc(path, name)
    if kind == ".asc":
        return from_asc(path, name)
    if kind == ".h5":
        return _read(path, f"file '{path}'", name)
    raise AmineError(
        f"file '{path}'", "this kind of file is not known", given=kind or "no ending", expected=".swc, .asc or .h5"
    )


def _text(path: FilePath, where: str) -> str:
    """Text of a file without a byte order mark, its lines ended by line feeds, whatever system wrote it."""
    return "\n".join(read_text(path, where, "replace").removeprefix("\ufeff").splitlines())


@dataclass(frozen=True)
class _Sample:
    """A sample of an SWC file: its line number, type, coordinates and radius, and parent."""

    line: int
    kind: int
    place: tuple[float, ...]
    parent: int


def _check_swc(text: str, where: str) -> str:
    """The samples in one notation, each on its line; raises AmineError unless each line has seven numbers and all samples are connected to a soma."""
    samples: dict[int, _Sample] = {}
    for number, line in enumerate(text.splitlines(), 1):
        body = line.split("#", 1)[0].split()
        if not body:
            continue
        place = f"{where}, line {number}"
        index, sample = _sample(body, number, line.strip()[:40], place)
        if index in samples:
            raise AmineError(place, f"sample {index} is given twice", hint=f"see line {samples[index].line}")
        samples[index] = sample
    if not samples:
        raise AmineError(where, "it holds no samples")
    if not any(s.kind == 1 for s in samples.values()):
        raise AmineError(where, "it has no soma", expected="samples of type 1")
    _check_parents(samples, where)
    lines = [""] * len(text.splitlines())
    numbers = {index: n for n, index in enumerate(samples, 1)} | {-1: -1}
    for index, s in samples.items():
        lines[s.line - 1] = f"{numbers[index]} {s.kind} {' '.join(map(repr, s.place))} {numbers[s.parent]}"
    return "\n".join(lines) + "\n"


def _whole(token: str) -> int:
    """A whole number, which some programs write as 1.0."""
    x = float(token) if _NUMBER.fullmatch(token) else math.nan
    if not x.is_integer():
        raise ValueError(token)
    return int(token) if token.lstrip("+-").isdigit() else int(x)


def _sample(body: list[str], number: int, line: str, place: str) -> tuple[int, _Sample]:
    """The index and the sample of a line."""
    expected = "id type x y z radius parent"
    if len(body) != 7:
        raise AmineError(place, "a line needs seven numbers", given=f"{len(body)} in '{line}'", expected=expected)
    try:
        index, kind, parent = _whole(body[0]), _whole(body[1]), _whole(body[6])
        x = tuple(float(v) if _NUMBER.fullmatch(v) else float({"nan": v, "inf": v}[v.lower()]) for v in body[2:6])
    except (ValueError, KeyError) as e:
        raise AmineError(place, "this is not a number", given=f"'{line}'", expected=expected) from e
    if not all(math.isfinite(v) for v in x):
        raise AmineError(place, "a number is not finite", given=f"'{line}'")
    if x[3] <= 0:
        raise AmineError(place, "the radius must be positive", given=f"{x[3]:g}")
    if parent == index:
        raise AmineError(place, f"sample {index} is its own parent")
    return index, _Sample(number, kind, x, parent)


def _check_parents(samples: dict[int, _Sample], where: str) -> None:
    """Raises AmineError unless all samples are connected to the soma and every neurite has a length."""
    children: dict[int, list[int]] = {}
    for i, s in samples.items():
        place = f"{where}, line {s.line}"
        if s.parent != -1 and s.parent not in samples:
            raise AmineError(place, f"parent {s.parent} is not there")
        if s.parent == -1 and s.kind != 1:
            raise AmineError(place, "a part is not connected to the soma", given="parent -1", hint="give it a parent")
        if s.kind == 1 and s.parent != -1 and samples[s.parent].kind != 1:
            raise AmineError(place, "a sample of the soma begins on another part", given=f"parent {s.parent}")
        children.setdefault(s.parent, []).append(i)
    order = dict.fromkeys(children.get(-1, []), 0)  # number of branch points on the path from the soma
    front = list(order)
    while front:
        below = {c: order[i] + (len(children[i]) > 1) for i in front for c in children.get(i, ())}
        order |= below
        front = list(below)
    if max(order.values(), default=0) > _DEEPEST_SWC:
        raise AmineError(where, f"a path branches more than {_DEEPEST_SWC} times")
    ring = next((s for i, s in samples.items() if i not in order), None)
    if ring is not None:
        raise AmineError(f"{where}, line {ring.line}", "its parents form a ring, which is not connected to a soma")
    for i, s in samples.items():
        if s.kind != 1 and samples[s.parent].kind == 1 and i not in children:
            raise AmineError(
                f"{where}, line {s.line}",
                "a neurite of one sample has no length",
                hint="give it a second sample, or leave it out",
            )


def _check_asc(text: str, where: str) -> None:
    """Raises AmineError unless points are numbers, and brackets closed and nested less deeply than would overflow the parser's stack.

    The parser skips what it does not know: warns of blocks with points that are no soma, axon or dendrite.
    """
    depth, block, began = 0, "", 1
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r'"[^"]*"|;.*', "", line)
        for m in _POINT.finditer(bare):
            x = re.split(r"[\s,]+", m.group(1).strip())[:4]
            if not all(_NUMBER.fullmatch(v) and math.isfinite(float(v)) for v in x):
                raise AmineError(
                    f"{where}, line {number}", "a point is not made of finite numbers", given=m.group(0)[:40]
                )
        block += bare
        for c in bare:
            depth += (c == "(") - (c == ")")
            if depth > _DEEPEST:
                raise AmineError(f"{where}, line {number}", f"brackets are nested more than {_DEEPEST} deep")
            if depth < 0:
                raise AmineError(f"{where}, line {number}", "a bracket is closed that was not opened")
        if depth == 0 and block.strip():
            _check_known(block, f"{where}, line {began}")
            block = ""
        began = began if block else number + 1
    if depth:
        raise AmineError(where, "a bracket is not closed", given=f"{depth} open at the end")


def _check_known(block: str, place: str) -> None:
    """Warns if an outermost block of an ASC file has points and is not read."""
    if len(_POINT.findall(block)) > 1 and not re.search(r"\(\s*(CellBody|Axon|Dendrite|Apical)\s*\)", block):
        warn(
            place,
            "this part is not read",
            given=block.strip()[:60],
            hint="known are (CellBody), (Axon), (Dendrite) and (Apical)",
        )


def _complaint(e: Exception) -> str:
    """What MorphIO says is wrong, without colours and the names of files that it was not given."""
    lines = [x.strip() for x in _COLOURS.sub("", str(e)).splitlines() if x.strip()]
    said = [x for x in lines if not re.search(r":(error|warning)$", x)]
    numbers = [m.group(1) for x in lines if (m := re.search(r":(\d+):(error|warning)$", x))]
    at = f"line {numbers[0]}: " if numbers and numbers[0] != "0" else ""
    return f"{at}{(said or [type(e).__name__])[0]}"[:120]


def _read(path: FilePath, where: str, name: str | None, text: str = "", kind: str = "") -> Morphology:
    with optional(where):
        import morphio
    try:
        morphio.set_maximum_warnings(0)
        found: Any = morphio.Morphology(text, kind) if kind else morphio.Morphology(str(path))
    except (morphio.MorphioError, RuntimeError, LookupError, ValueError, OverflowError, MemoryError, TypeError) as e:
        raise AmineError(where, "it is damaged", given=_complaint(e)) from e
    if not len(found.soma.points):
        raise AmineError(where, "it has no soma")
    branches = [_soma(found.soma, found.soma_type == morphio.SomaType.SOMA_SIMPLE_CONTOUR)]
    index: dict[int, int] = {}
    counts: dict[str, int] = {}
    for section in found.iter():
        region = _REGION.get(int(section.type), f"custom{int(section.type)}")
        points = np.column_stack([section.points, section.diameters]).astype(float)
        parent = 0 if section.is_root else index[section.parent.id]
        if (
            np.ptp(points[:, :3], axis=0).max() == 0
        ):  # a neurite that branches at its first sample, or samples at one point
            if not section.children:
                raise AmineError(where, f"a section of {region} has no length", given=f"at {points[0, :3].tolist()}")
            index[section.id] = parent
            continue
        k = counts.get(region, 0)
        counts[region] = k + 1
        index[section.id] = len(branches)
        branches.append(Branch(f"{region}[{k}]", region, points, parent, 0.5 if parent == 0 else 1.0))
    return Morphology(tuple(branches), name or Path(str(path)).stem)


def _soma(soma: morphio.Soma, outline: bool) -> Branch:
    """Soma as a cylinder as long as wide at its centre, with its area as a sphere, a stack of cones, or an outline."""
    points, diameters = np.asarray(soma.points, float), np.asarray(soma.diameters, float)
    centre = points.mean(0)
    if len(points) == 1:
        d = diameters[0]
    elif diameters.max() > 0 and not outline:
        # samples along the soma; three of them that NeuroMorpho.org writes for a sphere come out as one
        try:
            d = math.sqrt(float(soma.surface) / math.pi)
        except Exception:
            d = float(diameters.max())
    else:  # an outline, whose diameters are the width of its line: the circle of the same mean radius
        d = 2 * float(np.sqrt(((points - centre) ** 2).sum(1)).mean())
    return Branch("soma", "soma", straight(centre - (d / 2, 0, 0), (1, 0, 0), d, d, d), segments=1)
