"""The command that writes the table of cases: rows are kept, a stopped run goes on, and the page changes only between its marks."""

from __future__ import annotations

import json

import pytest

import amine as am
from amine.pharmacology.cases import __main__ as command
from amine.pharmacology.cases import writing
from amine.pharmacology.cases.case import CASES, Case


def stub(name: str, calls: list[str], number: float) -> Case:
    def run() -> dict[str, float]:
        calls.append(name)
        if number < 0:
            raise am.AmineError("net", "it breaks | here")
        return {"x": number}

    return Case(name, "ketamine 1 uM", "A 1999", "x", "1", run, lambda x: x["x"] == 1.0, "glutamate", "cell", "why")


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    made: list[str] = []
    for name in list(CASES):
        monkeypatch.delitem(CASES, name)
    for name, number in (("one", 1.0), ("two", 2.0), ("broken", -1.0)):
        monkeypatch.setitem(CASES, name, stub(name, made, number))
    monkeypatch.setattr(writing, "code_digest", lambda: "now")
    return made


def test_a_stopped_run_goes_on_and_the_page_is_written_between_its_marks(tmp_path, calls, capsys):
    page, keep = tmp_path / "page.md", tmp_path / "rows.jsonl"
    page.write_text(f"before\n{writing.BEGIN}\nold\n{writing.END}\nafter\n")
    assert command.main(["one", "--keep", str(keep)]) == 0
    keep.write_text(keep.read_text() + '{"code": "now", "na')  # killed while writing
    assert command.main(["--page", str(page), "--keep", str(keep)]) == 1  # one case cannot be run
    assert calls == ["one", "two", "broken"]
    text = page.read_text()
    assert (
        text.startswith("before\n" + writing.BEGIN) and text.endswith(writing.END + "\nafter\n") and "old" not in text
    )
    assert "x: 2 (**not reached**: why)" in text and "**failed**: net: it breaks / here" in text
    assert "1 could not be run: broken" in text and text.count("| one |") == 1


def test_rows_of_other_code_are_run_again(tmp_path, calls, monkeypatch):
    keep = tmp_path / "rows.jsonl"
    command.main(["one", "--keep", str(keep)])
    monkeypatch.setattr(writing, "code_digest", lambda: "later")
    command.main(["one", "--keep", str(keep)])
    assert calls == ["one", "one"] and len(keep.read_text().splitlines()) == 2


def test_mistakes(tmp_path, calls, capsys):
    keep = tmp_path / "rows.jsonl"
    page = tmp_path / "page.md"
    page.write_text("no marks")
    for arguments, words in (
        (["three", "--keep", str(keep)], "case 'three' is not known"),
        (["one", "--page", str(page), "--keep", str(keep)], "leave the names out"),
        (["--page", str(page), "--keep", str(keep)], "marks"),
    ):
        assert command.main(arguments) == 2
        assert words in capsys.readouterr().err
    keep.write_text("{\n" + json.dumps({}) + "\n")
    assert command.main(["one", "--keep", str(keep)]) == 2 and "line 1 is damaged" in capsys.readouterr().err
    assert len(writing.code_digest()) == 3  # the stub's
