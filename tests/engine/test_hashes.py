"""Networks give the bits whose hashes are kept, on every processor."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from _identity import registry, stored

for _room in stored.ROOMS:
    import_module(f"_identity.cases_{_room}")
CASES = {n: c for n, c in registry.CASES.items() if stored.belongs(c)}
KEPT = stored.read()


@pytest.mark.parametrize(
    "name", [n if n in stored.QUICK else pytest.param(n, marks=pytest.mark.validate) for n in KEPT]
)
def test_the_bits_are_those_that_are_kept(name):
    said = f"the results of {name} have other bits; if that is meant, say so in CHANGELOG.md and run {stored.RENEW}"
    assert stored.hash_of(CASES[name]) == KEPT[name], said


def test_what_is_kept_are_cases():
    assert set(stored.QUICK) <= set(KEPT) <= set(CASES) and len(KEPT) > 20
