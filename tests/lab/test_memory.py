"""The memory of the lab: it keeps pairs apart unless GABA is blocked, and answers digits."""

from __future__ import annotations

import importlib.util
import math

import pytest

import amine as am

if importlib.util.find_spec("sklearn") is None:
    pytest.skip("pip install 'amine[learn]'", allow_module_level=True)

from amine.lab.memory import Memory
from amine.lab.rooms import Rooms, answer


def learned(m: Memory, until: int) -> list[float | None]:
    while m.seen < m.ends[until]:
        m.learn()
    return m.points[-1]["pairs"]


def test_gaba_keeps_the_first_pair_and_gabazine_loses_it():
    m = Memory()
    kept = learned(m, 4)
    assert min(p for p in kept if p is not None) > 0.85 and m.points[-1]["all"] > 0.9 and m.state()["done"]
    m.learn()
    assert m.seen == m.samples  # nothing is left
    m.dose(1000.0), m.again()
    lost = learned(m, 2)
    assert lost[0] < 0.2 and lost[2] > 0.9 and lost[3] is None
    m.dose(0), m.again()
    assert learned(m, 1)[0] > 0.95  # washed out


def test_it_answers_what_it_has_learned():
    m = Memory()
    assert m.answer([0.0] * 64)["digit"] is None
    learned(m, 0)
    for digit in (0, 1):
        found = m.answer(m.example(digit))
        assert found["digit"] == digit and math.isclose(sum(found["shares"]), 1.0, rel_tol=1e-6)


def test_what_is_refused_changes_nothing():
    rooms = Rooms({}, dict)
    key, held = rooms.open({"name": "engram"})
    m = held.opened
    before = m.state()
    for status, path, body in [
        *[(422, "/api/act", {"do": "dose", "dose": x}) for x in (-1, 0.01, 1e5, math.nan, math.inf, "1 uM", True, None)],
        *[(422, "/api/act", {"do": "answer", "pixels": x}) for x in ([0.0] * 63, [math.nan] * 64, [2] * 64, ["1"] * 64, "x" * 64, None, [True] * 64)],
        *[(422, "/api/act", {"do": "example", "digit": x}) for x in (-1, 10, "1", True, 1.0, None)],
        *[(422, "/api/act", {"do": x}) for x in ("branch", "__init__", None, 3)],
        *[(404, path, {"ms": 5}) for path in ("/api/frame", "/api/script", "/api/response")],
    ]:  # fmt: skip
        assert answer(rooms, path, {"session": key, **body})[0] == status, body
        assert m.state() == before
    assert answer(rooms, "/api/act", {"session": key, "do": "learn"})[0] == 200 and m.seen == 24
    assert answer(rooms, "/api/state", {"session": key})[0] == 200


def test_it_opens_by_its_name():
    from amine.lab.serving import listing, named

    assert named("engram") == "engram" and listing()["experiments"][-1]["name"] == "engram"
    with pytest.raises(am.AmineError, match="did you mean"):
        named("gama")
