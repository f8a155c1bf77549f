"""The gallery's examples give the measures that their pages show, within their sampling, and draw their pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
GALLERY, PAGES = ROOT / "examples" / "gallery", ROOT / "docs" / "gallery"
sys.path.insert(0, str(GALLERY))

from compare import load, table  # noqa: E402

NUMBERS = json.loads((GALLERY / "numbers.json").read_text())
QUICK = "cobahh_approximated"
ALONE = ("deep_rewiring", "structural_plasticity")  # NEST's runs stand with the second


def check(name: str) -> None:
    """One run lies within five standard deviations of the simulators' runs; where nothing is random, within 1e-5 of what is written."""
    found = load(name).measures(1)
    for measure, ours in NUMBERS[name]["amine"].items():
        if len(ours) == 1:
            assert found[measure] == pytest.approx(ours[0], rel=1e-5, abs=1e-5), measure
        else:
            peers = np.array([*ours, *NUMBERS[name]["peer"][measure]])
            assert abs(found[measure] - peers.mean()) <= 5 * peers.std(ddof=1), measure


def test_quick_example() -> None:
    check(QUICK)


@pytest.mark.validate
@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_example(name: str, tmp_path: Path) -> None:
    check(name)
    load(name).main(tmp_path)
    assert (tmp_path / f"{name}.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_page(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text()
    assert table(NUMBERS[name], NUMBERS[name]["simulator"]) in text, "run examples/gallery/compare.py"
    assert f"<!-- example {name} -->" in text and f"({name}.md)" in (PAGES / "index.md").read_text()
    assert (GALLERY / "peers" / f"{name}.py").exists() and (PAGES / "pictures" / f"{name}.png").exists()


@pytest.mark.parametrize("name", ALONE)
def test_page_without_a_copy(name: str) -> None:
    assert f"<!-- example {name} -->" in (PAGES / f"{name}.md").read_text()
    assert f"({name}.md)" in (PAGES / "index.md").read_text() and (PAGES / "pictures" / f"{name}.png").exists()


@pytest.mark.validate
def test_rewired_synapses_find_the_inputs_that_fire_together(tmp_path: Path) -> None:
    found = load("deep_rewiring").main(tmp_path)
    assert found["share of synapses at the end"] > 4 * found["share of synapses at the start"]
    assert found["answered in the last 10 s"] > 0.95 > 2 * found["answered in the last 10 s, fixed"]
