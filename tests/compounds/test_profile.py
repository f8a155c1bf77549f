"""Profiles: occupancies of all targets at a concentration, with ranges, kinetics and marks."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

import amine as am
from amine import compounds
from amine.cli.main import app


def test_half_of_a_target_is_held_at_its_affinity():
    k = compounds.actions_on("gabazine", "GABA_A")[0].value("potency")
    rows = {r.target: r for r in compounds.profile_of("gabazine", f"{k} uM").rows}
    assert rows["GABA_A_phasic"].occupancy == pytest.approx(0.5)


@pytest.mark.parametrize("drug", compounds.names("drug"))
def test_every_row_lies_within_its_range(drug):
    if not any(a.value("potency") for a in compounds.drug(drug).actions):
        pytest.skip("no number")
    rows = compounds.profile_of(drug, "100 nM").rows
    assert [r.occupancy for r in rows] == sorted((r.occupancy for r in rows), reverse=True)
    for r in rows:
        assert 0 <= r.at_low <= r.occupancy <= r.at_high <= 1, r.target
        assert r.curated


def test_kinetics_and_tiers():
    (ketamine, *_) = compounds.profile_of("ketamine", "1 uM").rows
    assert ketamine.onset == pytest.approx(1 / (0.00015 + 0.00022)) and ketamine.washout == pytest.approx(1 / 0.00022)
    rows = compounds.profile_of("clozapine", "100 nM", uncurated=True).rows
    assert {r.curated for r in rows} == {True, False}
    assert "uncurated" in str(compounds.profile_of("CGP 62349", "10 nM"))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compounds.profile_of("clozapin", "1 uM"), "did you mean 'clozapine'"),
        (lambda: compounds.profile_of("clozapine", "0 uM"), "must be positive"),
        (lambda: compounds.profile_of("clozapine", "1 mV"), "profile_of, at"),
    ],
)
def test_mistakes(call, words):
    with pytest.raises(am.AmineError, match=re.escape(words)):
        call()


def test_on_the_command_line(tmp_path):
    out = tmp_path / "clozapine.svg"
    run = CliRunner().invoke(app, ["compounds", "profile", "clozapine", "--at", "100 nM", "-o", str(out)])
    assert run.exit_code == 0 and "occupancy" in run.output and out.read_text().count("<svg") == 1
    run = CliRunner().invoke(app, ["compounds", "profile", "clozapine", "--at", "100 nM", "--json"])
    assert json.loads(run.output)["targets"][0]["occupancy"] > 0.5
