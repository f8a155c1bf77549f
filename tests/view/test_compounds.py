"""Structures and pathways."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

import amine as am
from amine import compounds


def test_structures(tmp_path):
    pytest.importorskip("rdkit")
    svg = am.view.structure("ketamine")
    assert "<svg" in svg and svg.count("<path") > 15
    written = am.view.structure(compounds.get("ketamine"), tmp_path / "k.svg")
    assert ElementTree.parse(written).getroot().tag.endswith("svg")
    assert am.view.structure("LSD", tmp_path / "k.png").read_bytes().startswith(b"\x89PNG")
    for thing, words in (("orexin-A", "no structure is known"), ("4-AP", "written as .svg or .png")):
        with pytest.raises(am.AmineError, match=words):
            am.view.structure(thing, tmp_path / "k.pdf")


@pytest.mark.parametrize("name", compounds.names("transmitter"))
def test_pathways(name):
    """The picture names precursors, enzymes, vesicular transporter, receptors, uptake and breakdown."""
    t = compounds.transmitter(name)
    figure = am.view.pathway(t)
    words = " ".join(x.get_text() for ax in figure.axes for x in ax.texts).replace("\n", " ").replace("- ", "-")
    flat = re.sub(r"[\s_-]", "", words)
    expected = [
        t.name,
        *t.receptors,
        *(s.enzyme or s.other for s in t.synthesis),
        *(r.by or r.other for r in t.removal),
    ]
    expected += [s.precursor for s in t.synthesis]
    for x in expected:
        assert re.sub(r"[\s_-]", "", x) in flat, x
