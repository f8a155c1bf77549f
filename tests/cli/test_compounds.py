"""``amine compounds``."""

from __future__ import annotations

import subprocess
import sys

import pytest


def amine(*arguments: str, code: int = 0, cwd=None) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "amine.cli", *arguments], capture_output=True, text=True, timeout=120, cwd=cwd
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


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
