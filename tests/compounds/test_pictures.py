"""Text, structures, pathways and ``amine compounds``."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import amine as am
from amine import compounds


def amine(*arguments: str, code: int = 0, cwd=None) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "amine.cli", *arguments], capture_output=True, text=True, timeout=120, cwd=cwd
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("entry", compounds.entries(), ids=lambda e: f"{e.kind}-{e.id}")
def test_text_of_every_entry(entry):
    """Every number is there with its source, what waits for a check is marked, and the source is spelt out."""
    text = entry.describe()
    for m in [*entry.measurements, *(m for a in getattr(entry, "actions", ()) for m in a.measurements)]:
        assert m.quantity in text and f"[{m.source}" in text and compounds.source(m.source).cite[:20] in text
        assert not m.unverified or "(?)" in text
    assert "no clinical claim" in text and max(map(len, text.splitlines())) <= 200


def test_structures(tmp_path):
    pytest.importorskip("rdkit")
    svg = compounds.get("ketamine").draw()
    assert "<svg" in svg and svg.count("<path") > 15
    written = compounds.get("ketamine").draw(tmp_path / "k.svg")
    assert ElementTree.parse(written).getroot().tag.endswith("svg")
    assert compounds.get("LSD").draw(tmp_path / "k.png").read_bytes().startswith(b"\x89PNG")
    for thing, words in (("orexin-A", "no structure is known"), ("4-AP", "written as .svg or .png")):
        with pytest.raises(am.AmineError, match=words):
            compounds.get(thing).draw(tmp_path / "k.pdf")


@pytest.mark.parametrize("name", compounds.names("transmitter"))
def test_pathways(name):
    """The picture names precursors, enzymes, vesicular transporter, receptors, uptake and breakdown."""
    t = compounds.transmitter(name)
    figure = t.pathway()
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


def test_listing():
    out, _ = amine("compounds")
    assert {"transmitters", "receptors", "transporters", "drugs", "enzymes"} <= set(out.splitlines())
    assert "no clinical claim" in out and "CC BY-SA" in out
    out, _ = amine("compounds", "--acts-on", "NMDA")
    assert "ketamine" in out and "mk801" in out and "diazepam" not in out and "transmitters" not in out
    out, _ = amine("compounds", "--find", "benzodiaz", "--kind", "drug")
    assert "midazolam" in out and "ketamine" not in out
    assert "nothing found" in amine("compounds", "--find", "xyzzy")[0]


def test_show(tmp_path):
    pytest.importorskip("rdkit")
    out, _ = amine("compounds", "show", "Ketamine")
    assert "C13H16ClNO" in out and "237.73 g/mol" in out and "open-channel blocker" in out and "Gilling" in out
    out, _ = amine("compounds", "show", "dopamine", "-o", "d.svg", cwd=tmp_path)
    for word in ("TH", "AADC", "VMAT2", "D1", "DAT", "MAO_A", "d-pathway.svg"):
        assert word in out
    assert {f.name for f in tmp_path.iterdir()} == {"d.svg", "d-pathway.svg"}
    out, _ = amine("compounds", "show", "orexin-A", "-o", "o.png", cwd=tmp_path)
    assert (tmp_path / "o-pathway.png").exists() and not (tmp_path / "o.png").exists()
    assert "glycine receptor" in amine("compounds", "show", "glycine", "--kind", "receptor")[0]
    (tmp_path / "own.toml").write_text('[[drug]]\nid = "mine"\nname = "mine"\n')
    assert "mine (mine), drug" in amine("compounds", "--data", "own.toml", "show", "mine", cwd=tmp_path)[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "ketamin"), "did you mean 'ketamine'"),
        (("show", "NMDA", "-o", "x.svg"), "no structure to draw"),
        (("show", "ketamine", "-o", "x.pdf"), "written as .svg or .png"),
        (("--acts-on", "NMDB"), "did you mean"),
        (("--kind", "drugs"), "did you mean 'drug'"),
        (("--data", "none.toml"), "does not exist"),
    ],
)
def test_mistakes(arguments, words):
    out, err = amine("compounds", *arguments, code=2)
    assert words in err and err.startswith("amine: ") and err.count("\n") == 1 and out == ""
