"""Search: by name, synonym, target with class, text and structure; the best first; both tiers told apart."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

import amine as am
from amine import compounds
from amine.cli.main import app


def first(query: str, **more) -> list[str]:
    return [h.entry.id for h in compounds.search(query, **more)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("AP5", "d_ap5"),
        ("dizocilpine", "mk801"),
        ("nmda open channel blocker", "mk801"),
        ("mu opioid antagonist", "naloxone"),
        ("SERT inhibitor", "fluoxetine"),
        ("benzodiazepine", "diazepam"),
        ("AChE inhibitors", "donepezil"),
        ("Nav blocker", "tetrodotoxin"),
        ("sodium channel blocker", "tetrodotoxin"),
        ("calcium channel blockers", "agatoxin_iva"),
        ("α2 agonist", "clonidine"),
        ("ketamin", "ketamine"),
    ],
)
def test_what_is_meant_is_among_the_first(query, expected):
    assert expected in first(query, uncurated=False)[:8]


def test_targets_with_a_class_find_both_tiers():
    hits = compounds.search("GABA_B antagonist", limit=100)
    assert len(hits) >= 12
    for h in hits:
        if h.score >= 0.7:
            assert h.action is not None and h.action.targets == ("GABA_B",) and "antagonist" in h.action.mechanism
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert any(not h.curated for h in hits)
    assert all(h.curated for h in compounds.search("GABA_B antagonist", uncurated=False))


def test_no_ligand_stands_in_both_tiers():
    hits = compounds.search("ketamine", limit=50)
    assert [h.curated for h in hits if h.entry.name == "ketamine"] == [True]


def test_structures():
    pytest.importorskip("rdkit")
    like = compounds.search(similar="morphine", uncurated=False, limit=5)
    assert like[0].entry.id == "morphine" and like[0].score == 1.0 and "naloxone" in [h.entry.id for h in like]
    ring = first("", structure="C1CN=C(c2ccccc2)c2ccccc2N1", uncurated=False)
    assert "diazepam" in ring or "midazolam" in ring
    assert "ketamine" not in ring


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compounds.search(" "), "nothing to search for"),
        (lambda: compounds.search("x", kinds=["drugs"]), "kind 'drugs'"),
        (lambda: compounds.search("x", limit=0), "must be positive"),
        (lambda: compounds.search("", structure="((("), "neither SMILES nor SMARTS"),
        (lambda: compounds.search("", similar="ketaminn"), "did you mean 'ketamine'"),
    ],
)
def test_mistakes(call, words):
    pytest.importorskip("rdkit")
    with pytest.raises(am.AmineError, match=re.escape(words)):
        call()


def test_on_the_command_line():
    run = CliRunner().invoke(app, ["compounds", "search", "GABA_B antagonist", "--json", "--limit", "5"])
    assert run.exit_code == 0, run.output
    hits = json.loads(run.output)
    assert len(hits) == 5 and {"id", "curated", "potency_uM", "needs"} <= set(hits[0])
    run = CliRunner().invoke(app, ["compounds", "search", "GABA_B antagonist"])
    assert "uncurated" in run.output and "score" in run.output
