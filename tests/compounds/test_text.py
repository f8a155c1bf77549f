"""Entries of the catalogue as text."""

from __future__ import annotations

import pytest

import amine as am
from amine import compounds


@pytest.mark.parametrize("entry", compounds.entries(), ids=lambda e: f"{e.kind}-{e.id}")
def test_text_of_every_entry(entry):
    """Every number is there with its source, what waits for a check is marked, and the source is spelt out."""
    text = compounds.describe(entry)
    for m in [*entry.measurements, *(m for a in getattr(entry, "actions", ()) for m in a.measurements)]:
        assert m.quantity in text and f"[{m.source}" in text and compounds.source(m.source).cite[:20] in text
        assert not m.unverified or "(?)" in text
    assert "no clinical claim" in text and max(map(len, text.splitlines())) <= 200


def test_an_entry_by_name():
    assert compounds.describe("glycine", kind="receptor") == compounds.describe(compounds.receptor("glycine"))
    with pytest.raises(am.AmineError, match="did you mean 'ketamine'"):
        compounds.describe("ketamin")
