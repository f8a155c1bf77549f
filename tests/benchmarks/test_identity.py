"""The comparison of ``benchmarks/identity.py``: a single bit that flips is reported, and where."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import identity
from _identity import record, registry, renames, sides, worker

SPIKES = {"times": np.array([1.0, 1.0, 2.5]), "ids": np.array([0, 3, 1], np.int32)}


def arrays() -> record.Arrays:
    """What a small case may give."""
    return {
        "spikes/E/times": SPIKES["times"].copy(),
        "spikes/E/ids": SPIKES["ids"].copy(),
        "weights/w": np.linspace(0.1, 1.0, 7, dtype=np.float32),
        "probe/v": np.array([[-65.0, np.nan], [0.0, np.inf]]),
        "none": np.zeros((0, 3)),
    }


def result(arrays: record.Arrays, **more: Any) -> identity.Result:
    return {"arrays": record.digests(arrays), "threads": [], "error": None, **more}


def item() -> sides.Item:
    return registry.Case("room.case", "what it is", lambda p, t: arrays(), False, False, "circuits", "text"), "32"


def flipped(a: np.ndarray, entry: int, bit: int = 0) -> np.ndarray:
    """One bit of one entry the other way."""
    b = np.ascontiguousarray(a).copy()
    raw = b.reshape(-1).view(np.uint8)
    raw[entry * a.itemsize + bit // 8] ^= 1 << bit % 8
    return b


def test_equal_arrays_are_the_same():
    row = identity.judge(item(), result(arrays()), result(arrays()))
    assert (row.verdict, row.bad, row.details) == ("same", False, ()) and row.base == row.work != ""


@pytest.mark.parametrize("name", [n for n, a in arrays().items() if a.size])
def test_any_flipped_bit_is_reported(name):
    for entry in range(arrays()[name].size):
        changed = arrays() | {name: flipped(arrays()[name], entry)}
        row = identity.judge(item(), result(arrays()), result(changed))
        assert row.bad and row.verdict == "DIFFERS" and row.details == (f"{name} differs",)
        assert any(line.startswith(f"{name}: ") for line in record.differences(arrays(), changed))


def test_what_differs_is_told_with_its_size_and_the_first_spike():
    changed = arrays()
    changed["weights/w"][2] *= 1.5
    changed["spikes/E/ids"][1] = 2
    lines = record.differences(arrays(), changed)
    assert lines[0] == "first spike that differs: E 3 at 1 ms in the base, E 2 at 1 ms in the work"
    assert lines[2] == "weights/w: 1 of 7 differ, at most 0.2, relative 0.333"


@pytest.mark.parametrize(
    ("base", "work", "words"),
    [
        (np.array([0.0]), np.array([-0.0]), "equal numbers, other bits"),
        (np.array([1.0]), np.array([1.0], np.float32), "float64[1] in the base, float32[1] in the work"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "float64[2, 3] in the base, float64[3, 2] in the work"),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "1 of 2 differ, at most 0, relative 0, 1 of them not finite"),
        (None, np.zeros(1), "only in the work"),
    ],
)
def test_differences_that_numbers_do_not_show(base, work, words):
    a, b = ({} if x is None else {"x": x} for x in (base, work))
    (line,) = record.differences(a, b)
    assert words in line
    assert identity.judge(item(), result(a), result(b)).bad


def test_missing_and_additional_spikes():
    shorter = arrays() | {"spikes/E/times": SPIKES["times"][:2], "spikes/E/ids": SPIKES["ids"][:2]}
    assert record.first_spike(arrays(), shorter)[0].endswith("E 1 at 2.5 ms in the base, none in the work")


@pytest.mark.parametrize(
    ("base", "work", "verdict"),
    [
        ({}, {"threads": ["probe/v"]}, "THREADS"),
        ({}, {"error": "boom"}, "FAILS"),
        ({"error": "boom"}, {}, "FAILS IN BASE"),
        (None, {}, "kept"),
    ],
)
def test_threads_and_errors_count_as_bad(base, work, verdict):
    before = None if base is None else result(arrays(), **base)
    row = identity.judge(item(), before, result(arrays(), **work))
    assert row.verdict == verdict and row.bad == (verdict != "kept")


def test_results_are_kept_and_void_when_the_case_changes(tmp_path):
    data, found = worker.outcome(*item())
    worker.write(tmp_path, "room.case@32", data, found)
    side = sides.Side("base", tmp_path, tmp_path, tmp_path)
    assert not record.differences(side.arrays(item()), arrays())
    assert identity.hash_of(side.result(item())) == record.total(record.digests(arrays()))
    assert side.result((replace(item()[0], script="another text"), "32")) is None


def test_a_case_that_depends_on_threads_is_seen():
    def case(precision: str, threads: int) -> record.Arrays:
        return {"x": np.full(3, threads)}

    data, _ = worker.outcome(registry.Case("room.case", "", case, False, False, "circuits", "text"), "32")
    assert data["threads"] == ["x"] and data["error"] is None


def test_a_file_of_hashes_from_another_machine_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "git", lambda *words: "0" * 40)
    identity.store(tmp_path / "hashes.json", {"room.case@32": result(arrays())})
    assert identity.kept(tmp_path / "hashes.json")["room.case@32"] == result(arrays())
    data = json.loads((tmp_path / "hashes.json").read_text())
    data["machine"]["processor"] = "another"
    (tmp_path / "hashes.json").write_text(json.dumps(data))
    with pytest.raises(SystemExit, match="another machine"):
        identity.kept(tmp_path / "hashes.json")


def test_renames_work_both_ways():
    def function(*, new: int) -> int:
        return new

    for have in ("old", "new"):
        owner = types.SimpleNamespace(**{have: 1}, function=function)
        renames.alias_attribute(owner, "new", "old")
        assert owner.old == owner.new == 1
        renames.alias_keyword(owner, "function", "new", "old")
        assert owner.function(old=2) == owner.function(new=2) == 2
    with pytest.raises(AttributeError):
        renames.alias_attribute(types.SimpleNamespace(), "new", "old")
    with pytest.raises(TypeError, match="one is expected"):
        renames.alias_keyword(types.SimpleNamespace(function=function), "function", "x", "y")


def test_there_are_cases_for_every_room():
    cases = registry.load()
    assert len(cases) >= 30 and {c.room for c in cases.values()} == set(registry.ROOMS)
    assert all(c.precisions("both") == ("32", "64") and "32" in c.precisions(None) for c in cases.values())
