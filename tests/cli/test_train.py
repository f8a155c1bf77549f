"""``amine train``, ``compare`` and ``audit`` as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import amine as am
from amine.cli import app
from amine.learn import Classifier, load


def amine(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_train_then_audit(tmp_path):
    out = tmp_path / "out"
    text = amine(
        "train",
        "digits",
        "--neurons",
        "lif",
        "--rule",
        "eprop",
        "--hidden",
        "32",
        "--epochs",
        "3",
        "--steps",
        "10",
        "-o",
        str(out),
    )
    assert "spikes a sample" in text and "report:" in text
    assert {p.name for p in out.iterdir()} == {"model.safetensors", "report.html", "curves.png", "summary.json"}
    summary = json.loads((out / "summary.json").read_text())
    page = (out / "report.html").read_text()
    assert summary["rule"] == "eprop" and summary["score_held_out"] > 0.5 and f"{summary['score_held_out']:.4g}" in page
    assert page.count("<img") == 2 and "http" not in page.replace("http-equiv", "")
    found = json.loads(
        amine("audit", str(out / "model.safetensors"), "--quick", "-o", str(tmp_path / "audit.html"), "--json")
    )
    assert found["score_held_out"] == pytest.approx(summary["score_held_out"]) and found["spikes_per_sample"] > 0
    page = (tmp_path / "audit.html").read_text()
    assert all(f"<h2>{w}</h2>" in page for w in ("Attribution", "Over-fitting", "Calibration", "Fairness", "Cost"))
    with pytest.raises(am.AmineError, match="not empty"):
        amine("train", "digits", "-o", str(out))


@pytest.mark.filterwarnings(
    "ignore:Classifier. the loss ended:amine.errors.AmineWarning"
)  # by Hebb's rule, which follows none
def test_compare(tmp_path):
    text = amine(
        "compare",
        "digits",
        "--rules",
        "backprop,hebb",
        "--seeds",
        "2",
        "--hidden",
        "16",
        "--epochs",
        "2",
        "-o",
        str(tmp_path / "c"),
    )
    lines = text.splitlines()
    assert (
        lines[0].split()[0] == "Rule"
        and lines[1].split()[:2] == ["backprop", "tanh"]
        and lines[2].split()[:2] == ["hebb", "relu"]
    )
    assert {p.name for p in (tmp_path / "c").iterdir()} == {"comparison.png", "report.html", "summary.json"}
    with pytest.raises(am.AmineError, match="did you mean 'eprop'"):
        amine("compare", "digits", "--rules", "backprop,epropp")


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_own_files(tmp_path, kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = np.where(X[:, 0] > 0, "up", "down")
    path = tmp_path / f"own.{kind}"
    if kind == "csv":
        path.write_text(
            "a,b,c,y\n" + "\n".join(",".join(map(str, (*row, label))) for row, label in zip(X, y, strict=True)),
            encoding="utf-8",
        )
    else:
        np.savez(path, X=X, y=y)
    found = json.loads(
        amine(
            "train",
            str(path),
            "--hidden",
            "0",
            "--epochs",
            "60",
            "--set",
            "batch_size=None",
            "--set",
            "rate=0.1",
            "--json",
        )
    )
    assert found["score_held_out"] > 0.9 and found["hidden"] == []
    path.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(am.AmineError, match="can.t be read as samples|it has no arrays X and y"):
        amine("train", str(path))


def test_mistakes_are_one_sentence_and_code_2(tmp_path):
    cases = [
        (("train", "digit"), "did you mean 'digits'"),
        (("train", "digits", "--rule", "epropp"), "did you mean 'eprop'"),
        (("train", "digits", "--hidden", "a"), "sizes of layers"),
        (("train", "digits", "--set", "epocs=3"), "did you mean 'epochs'"),
        (("train", "digits", "--set", "epochs"), "not key=value"),
        (("train", "none.csv"), "does not exist"),
        (("audit", str(tmp_path / "none")), "does not exist"),
    ]
    for arguments, words in cases:
        with pytest.raises(am.AmineError, match=words):
            amine(*arguments)
    done = subprocess.run(
        [sys.executable, "-m", "amine.cli", "train", "digit"], capture_output=True, text=True, timeout=60
    )
    assert (
        done.returncode == 2 and done.stderr.startswith("amine: ") and done.stderr.count("\n") == 1 and not done.stdout
    )


def test_audit_of_a_model_that_does_not_say_its_task(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 4))
    Classifier(epochs=2).fit(X, X[:, 0] > 0).save(tmp_path / "m")
    assert load(tmp_path / "m").classes_.tolist() == [False, True]
    with pytest.raises(am.AmineError, match="name it with --data"):
        amine("audit", str(tmp_path / "m"))
    with pytest.raises(am.AmineError, match="along axis 1"):
        amine("audit", str(tmp_path / "m"), "--data", "digits")


def test_help_loads_nothing_heavy():
    code = "import sys\nfrom amine.cli import app\nprint([m for m in ('torch', 'sklearn', 'numpy', 'sympy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=Path.cwd())
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
