"""Reconstructions as different archives write them: each is read with every micrometre, or refused in one sentence."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

import amine as am

pytest.importorskip("morphio")

SOMAS = {
    "one point": [(1, 0, 0, 0, 8, -1)],
    "three points": [(1, 0, 0, 0, 8, -1), (1, 0, 8, 0, 8, 1), (1, 0, -8, 0, 8, 1)],
    "a stack": [(1, 0, -8, 0, 6, -1), (1, 0, 0, 0, 8, 1), (1, 0, 8, 0, 6, 2)],
}
# neurites: (type, x, y, z, radius, parent within the neurite; 0 is the soma), and their length in um
NEURITES = {
    "straight": ([(3, 10, 0, 0, 1, 0), (3, 60, 0, 0, 1, 1)], 50.0),
    "first sample branches": ([(3, 10, 0, 0, 1, 0), (3, 40, 30, 0, 1, 1), (3, 40, -30, 0, 1, 1)], 2 * np.hypot(30, 30)),
    "three at once": ([(4, 0, 10, 0, 1, 0), *((4, 20 * k, 30, 0, 1, 1) for k in (-1, 0, 1))], 20 + 2 * np.hypot(20, 20)),
    "samples at one point": ([(2, -10, 0, 0, 1, 0), (2, -10, 0, 0, 1, 1), (2, -60, 0, 0, 1, 2)], 50.0),
    "branches at one point": (
        [(3, 10, 0, 0, 1, 0), (3, 10, 0, 0, 1, 1), (3, 40, 0, 0, 1, 2), (3, 10, 30, 0, 1, 2)], 60.0),
    "own type": ([(7, 10, 0, 0, 1, 0), (7, 30, 0, 0, 1, 1)], 20.0),
}  # fmt: skip
WRITINGS = ("plain", "shuffled", "comments", "sparse ids", "windows", "old mac", "floats", "mark", "large ids")


def swc(soma, neurites, writing="plain", seed=0):
    """The text of a file: soma and neurites in one of the ways in which they are written."""
    rows = list(soma)
    for part in neurites:
        base = len(rows)
        rows += [(*r[:5], 1 if r[5] == 0 else base + r[5]) for r in part]
    ids = {-1: -1} | {
        k + 1: {"sparse ids": 3 * k + 5, "large ids": 10**12 + k}.get(writing, k + 1) for k in range(len(rows))
    }
    lines = [f"{ids[k + 1]} {r[0]} {r[1]} {r[2]} {r[3]} {r[4]} {ids[r[5]]}" for k, r in enumerate(rows)]
    if writing == "shuffled":
        lines = [lines[k] for k in np.random.default_rng(seed).permutation(len(lines))]
    if writing == "comments":
        lines = ["# SCALE 1 1 1", "", *(f"  {x}  # a sample" for x in lines), "#"]
    if writing == "floats":
        lines = [" ".join(f"{float(x):.1f}" for x in line.split()) for line in lines]
    end = {"windows": "\r\n", "old mac": "\r"}.get(writing, "\n")
    return ("\ufeff" if writing == "mark" else "") + end.join(lines) + end


@pytest.mark.parametrize("soma, neurite", list(itertools.product(SOMAS, NEURITES)))
def test_nothing_is_dropped(tmp_path, soma, neurite):
    part, length = NEURITES[neurite]
    for writing in WRITINGS:
        file = tmp_path / f"{writing}.swc"
        file.write_bytes(swc(SOMAS[soma], [part, NEURITES["straight"][0]], writing).encode())
        cell = am.morphology.from_swc(file)
        assert sum(b.length for b in cell.branches if b.region != "soma") == pytest.approx(length + 50.0)
        for b in cell.branches[1:]:
            assert b.parent == 0 or np.allclose(b.points[0, :3], cell.branches[b.parent].points[-1, :3])
        assert len(cell.compartments()) >= len(cell.branches)


BAD = {
    "a ring": ([*SOMAS["one point"], (3, 9, 0, 0, 1, 3), (3, 20, 0, 0, 1, 2)], "line 2: its parents form a ring"),
    "a longer ring": (
        [*SOMAS["one point"], (3, 9, 0, 0, 1, 1), (3, 20, 0, 0, 1, 2), *((3, k, 9, 0, 1, 4 + (k + 1) % 5) for k in range(5))],
        "its parents form a ring"),
    "one sample": ([*SOMAS["one point"], (3, 9, 0, 0, 1, 1)], "line 2: a neurite of one sample has no length"),
    "one sample of two": (
        [*SOMAS["one point"], (3, 9, 0, 0, 1, 1), (3, 20, 0, 0, 1, 2), (2, 0, 9, 0, 1, 1)], "line 4: a neurite of one sample"),
    "a length of zero": ([*SOMAS["one point"], (3, 9, 0, 0, 1, 1), (3, 9, 0, 0, 1, 2)], "has no length"),
    "a soma on a dendrite": (
        [*SOMAS["one point"], (3, 9, 0, 0, 1, 1), (1, 20, 0, 0, 1, 2), (3, 30, 0, 0, 1, 3)], "line 3: a sample of the soma begins on another part"),
    "two somas": ([*SOMAS["one point"], (1, 90, 0, 0, 8, -1), (3, 9, 0, 0, 1, 1), (3, 20, 0, 0, 1, 3)], "damaged"),
    "no neurite but a ring of soma": ([(1, 0, 0, 0, 8, 2), (1, 5, 0, 0, 8, 1)], "ring"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_refused(tmp_path, case):
    rows, words = BAD[case]
    file = tmp_path / "cell.swc"
    file.write_text("".join(f"{k} {' '.join(map(str, r))}\n" for k, r in enumerate(rows, 1)))
    with pytest.raises(am.AmineError, match=words) as e:
        am.morphology.from_swc(file)
    assert "\n" not in str(e.value)


ASC = '("CellBody" (Color Red) (CellBody) (8 0 0 0) (0 8 0 0) (-8 0 0 0) (0 -8 0 0))\n'
TREE = "((Dendrite) (10 0 0 2) (40 0 0 2) ( (60 20 0 1) | (60 -20 0 1) ) )"


def test_asc(tmp_path):
    file = tmp_path / "cell.asc"
    file.write_text(ASC + TREE)
    assert am.morphology.from_asc(file).length > 80


@pytest.mark.parametrize(
    "text",
    [
        "", "(", ")", "((", "()", "(((((", "\0", '"', ASC[:-3], ASC + "(", ASC + "((Dendrite))", ASC + "((Dendrite) (1 2 3))",
        ASC + "((Dendrite) (10 0 0 x))", ASC + "((Axon) ( | ) )", ASC + "((Dendrite) (10 0 0 2) (|))", "(CellBody)",
        "(" * 100_000, ASC + "((Dendrite) (10 0 0 2) " + "((10 0 0 2)" * 50_000, "(" * 100_000 + ")" * 100_000,
        ASC + "((Dendrite)" + " (10 0 0 2) (" * 50_000 + ")" * 50_000 + ")", TREE, ASC + TREE.replace("40 0 0 2", "1e999 0 0 2"),
        ASC + TREE.replace("(40 0 0 2)", "(40 0 0 nan)"), ASC + TREE.replace("|", "| |"), ASC * 2,
    ],
)  # fmt: skip
def test_any_asc_is_read_or_refused(tmp_path, text):
    file = tmp_path / "cell.asc"
    file.write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cell = am.morphology.from_asc(file)
        except am.AmineError as e:
            assert "\n" not in str(e)
        else:
            assert np.isfinite(cell.area) and cell.area > 0


def test_a_tree_of_many_branchings_one_after_the_other(tmp_path):
    """A stem with a thousand side branches: deep, and no reason to stop."""
    rows = [(1, 0, 0, 0, 8, -1)]
    rows += [(3, 10 + k, 0, 0, 1, k + 1) for k in range(1000)]
    rows += [(3, 10 + k, 5, 0, 0.5, k + 2) for k in range(1, 999)]
    file = tmp_path / "cell.swc"
    file.write_text("".join(f"{k} {' '.join(map(str, r))}\n" for k, r in enumerate(rows, 1)))
    cell = am.morphology.from_swc(file)
    assert cell.length == pytest.approx(999 + 998 * 5 + cell.branches[0].length)


@pytest.mark.parametrize("token", ["5_0", "٥٠", "0x32", "5,0", "5d1", "nan", "-inf", "1e999", '"50"'])
def test_what_is_no_number_in_a_reconstruction_is_refused(tmp_path, token):
    swc_file, asc_file = tmp_path / "cell.swc", tmp_path / "cell.asc"
    swc_file.write_text(swc(SOMAS["one point"], [NEURITES["straight"][0]]).replace(" 60 ", f" {token} "), "utf-8")
    with pytest.raises(am.AmineError, match="line 3: (this is not a number|a number is not finite)"):
        am.morphology.from_swc(swc_file)
    asc_file.write_text(ASC + TREE.replace("(40 0", f"(1 {token}"), "utf-8")
    with pytest.raises(am.AmineError, match="line 2: a point is not made|damaged"):
        am.morphology.from_asc(asc_file)


def test_outlines_written_by_others(tmp_path):
    """The width of an outline's line is no diameter of the soma; lines end as on any system; what is not read is said."""
    file = tmp_path / "cell.asc"
    areas = []
    for text in (ASC, ASC.replace(" 0)", " 0.15)"), ("; made elsewhere\n" + ASC).replace("\n", "\r")):
        file.write_bytes((text + TREE).encode())
        cell = am.morphology.from_asc(file)
        areas.append(cell.branches[0].area)
        assert cell.length > 80
    assert areas == pytest.approx([np.pi * 16.0**2] * 3)
    file.write_text(ASC + TREE + '\n("Edge" (Closed)\n (1 1 0 1)\n (2 2 0 1))\n(Dot (Color Red) (1 1 0 1))')
    with pytest.warns(am.errors.AmineWarning, match=r"line 3: this part is not read .*Closed"):
        am.morphology.from_asc(file)
