"""Effects of drugs known from experiment: every case goes in the direction, and about as far, as its paper says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amine import compounds
from amine.pharmacology.cases import CASES, table

QUICK = ("strychnine_disinhibition", "cocaine_transient", "amphetamine_level", "physostigmine_response")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "drug-cases.md"


def test_enough_cases_with_papers():
    assert len(CASES) >= 12
    for c in CASES.values():
        assert re.search(r"(19|20)\d\d", c.paper), c.name
        for part in c.drugs.replace(" beside ", ";").split(";"):
            assert compounds.get(re.split(r" [\d.]+ uM", part.strip())[0]), part


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.validate) for n in CASES])
def test_case(name):
    numbers = CASES[name].run()
    assert CASES[name].holds(numbers), numbers


@pytest.mark.validate
def test_the_page_shows_what_the_runs_give():
    """The table of the documentation is the output of the runs, to the digits shown."""
    shown = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert shown == table().splitlines()
