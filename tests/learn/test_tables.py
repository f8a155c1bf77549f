"""Tables in files: separators, quotes, headers, faults by row and column, and what is trained on them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import amine as am
from amine.cli import app

pytest.importorskip("torch")
from amine.learn import Classifier, load, runs


def table(folder, text, task=None):
    path = folder / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return runs.task(str(path), task)


@pytest.mark.parametrize(
    ("text", "X", "y"),
    [
        ("a,b,y\n1,2,u\n3,4,v\n", [[1, 2], [3, 4]], ["u", "v"]),
        ("1,2,u\n3,4,v\n", [[1, 2], [3, 4]], ["u", "v"]),
        ("a;b;y\r\n1,5;2;u\r\n3;4;v\r\n", [[1.5, 2], [3, 4]], ["u", "v"]),
        ("a\tb\ty\n1\t2\tu\n\n3\t4\tv", [[1, 2], [3, 4]], ["u", "v"]),
        ('"a, first",y\n1,"u, or so"\n2,"say ""v"""\n', [[1], [2]], ["u, or so", 'say "v"']),
        ("\ufeffa, b, y\n1, 2, 0\n3, 4, 1\n", [[1, 2], [3, 4]], [0, 1]),
        ("a,y\n1,0.5\n2,1.25\n", [[1], [2]], [0.5, 1.25]),
    ],
)
def test_tables_are_read(tmp_path, text, X, y):
    d = table(tmp_path, text)
    assert d.X.tolist() == X and d.y.tolist() == y
    assert d.task == ("regression" if y[0] == 0.5 else "classification")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "it is empty"),
        ("\n \n", "it is empty"),
        ("a,b,y\n", "no rows follow"),
        ("nothing\n", "one column only"),
        ("a,b,y\n1,2,u\n3,,v\n", r"line 3, column 'b': the cell is empty"),
        ("1,2,u\n,4,v\n", r"line 2, column '1': the cell is empty"),
        ("a,b,y\n1,2,u\n3,x,v\n", r"line 3, column 'b': the cell is not a finite number \(given x"),
        ("a,b,y\n1,2,u\n3,nan,v\n", r"line 3, column 'b'.*given nan"),
        ("a,b,y\n1,2,u\n3,4,\n", r"line 3, column 'y': the cell is empty"),
        ("a,b,y\n1,2,u\n3,4\n", r"line 3: it has another number of cells \(given 2, expected 3"),
        (b"a,y\n1,\xff\n", "UTF-8"),
    ],
)
def test_faults_name_row_and_column(tmp_path, text, match):
    with pytest.raises(am.AmineError, match=match):
        table(tmp_path, text)


def test_the_task_may_be_named(tmp_path):
    text = "x,y\n" + "".join(f"{k},{k % 7}\n" for k in range(40))
    assert table(tmp_path, text).task == "classification"
    d = table(tmp_path, text, "regression")
    assert d.task == "regression" and d.y.dtype == float and d.classes == ()
    with pytest.raises(am.AmineError, match="must be numbers"):
        table(tmp_path, "x,y\n1,u\n2,v\n", "regression")
    with pytest.raises(am.AmineError, match="whole numbers"):
        table(tmp_path, "x,y\n1,0.5\n2,1\n", "classification")
    with pytest.raises(am.AmineError, match="'regression'? ?|classification or regression"):
        table(tmp_path, text, "regresion")


def test_a_class_with_one_member_is_learned_and_not_held_out(tmp_path):
    rows = [f"{k},{'a' if k % 2 else 'b'}" for k in range(30)] + ["99,rare"]
    d = table(tmp_path, "x,y\n" + "\n".join(rows))
    with pytest.warns(am.AmineWarning, match="class rare has one sample"):
        a, b, c, e = d.split()
    assert "rare" in b and "rare" not in e and len(a) + len(c) == 31


def test_a_model_trained_on_a_file_is_audited(tmp_path, monkeypatch):
    X = np.random.default_rng(0).normal(size=(60, 2))
    file = tmp_path / "own.csv"
    file.write_text("a;b;y\n" + "".join(f"{p};{q};{round(3 * p)}\n" for p, q in X))

    def amine(*arguments):
        done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        assert done.exit_code == 0
        return json.loads(done.stdout)

    more = ("--hidden", "0", "--epochs", "3", "-o", tmp_path / "out", "--json")
    found = amine("train", file, "--task", "regression", *more)
    monkeypatch.chdir(tmp_path.parent)
    again = amine("audit", tmp_path / "out" / "model.safetensors", "--quick", "--json")
    assert again["score_held_out"] == pytest.approx(found["score_held_out"])


def test_missing_labels_and_weights_of_classes(tmp_path):
    X, y = np.arange(12.0)[:, None], np.repeat([0, 1, 2], 4)
    with pytest.raises(am.AmineError, match="the label in row 3 is missing"):
        Classifier().fit(X, ["a", "b", "a", None, *"abababab"])
    want = Classifier(epochs=5, class_weight={0: 1, 1: 2.0, 2: 5}).fit(X, y).predict_proba(X)
    for weights in ([1, 2, 5], np.array([1, 2, 5.0]), {0: 1, 2: 5, 1: 2}, {np.int64(0): 1, 1: 2, 2.0: 5}):
        model = Classifier(epochs=5, class_weight=weights).fit(X, y)
        assert np.array_equal(model.predict_proba(X), want)
    model = Classifier(epochs=5, class_weight=np.array([1, 2, 5.0])).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    assert np.array_equal(load(tmp_path / "m.safetensors").predict_proba(X), want)
    with pytest.raises(am.AmineError, match="one weight for each class"):
        Classifier(class_weight=[1, 2]).fit(X, y)
