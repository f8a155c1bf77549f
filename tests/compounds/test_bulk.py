"""The second tier: it acts by class, says everywhere that it is not curated, and asks for the numbers that it lacks."""

from __future__ import annotations

import re

import pytest

import amine as am
from amine import compounds
from amine.compounds import bulk, catalogue
from amine.compounds.mechanisms import mechanism_names
from amine.compounds.schema import roles


@pytest.fixture
def own(monkeypatch):
    """The catalogue is as before after a test that adds to it."""
    monkeypatch.setattr(catalogue, "_loaded", catalogue._catalogue())


def test_every_ligand_is_a_drug_that_says_what_it_is():
    known = catalogue.target_ids()
    all_of_them = [bulk.as_drug(x, known) for x in bulk.ligands().values()]
    assert len(all_of_them) >= 5242
    assert len({d.id for d in all_of_them}) == len(all_of_them)
    for d in all_of_them:
        assert d.uncurated and d.id.startswith("uncurated_") and "Not curated" in d.notes
        for a in d.actions:
            assert a.mechanism in mechanism_names() and set(a.targets) <= known
            assert a.needs or a.value("potency"), d.id
            assert set(re.split(r"[|]|, ", a.needs)) <= {"", *roles()}, a.needs


def test_every_action_acts_or_asks_for_a_number_that_helps(own):
    """An action that needs numbers is refused with their names; with them it acts."""
    seen: set[tuple[str, str]] = set()
    for x in bulk.ligands().values():
        d = bulk.as_drug(x, catalogue.target_ids())
        for a in d.actions:
            target = a.targets[0]
            if not a.needs or (str(a.mechanism), a.needs) in seen or catalogue.uncurated(f"GtoPdb {x.number}") != d:
                continue
            seen.add((str(a.mechanism), a.needs))
            name = f"GtoPdb {x.number}"
            with pytest.raises(am.AmineError, match=re.escape(a.needs.split("|")[0].split(", ")[0])):
                compounds.effects_of(d, [target])
            units = {"koff": "0.01 1/ms", "voltage": "-60 mV", "potency": "1 uM"}
            numbers = {part.split("|")[0]: units.get(part.split("|")[0], 0.5) for part in a.needs.split(", ")}
            done = compounds.complete(name, target, **numbers)
            assert compounds.effects_of(done, [target]), (name, target)
    assert len(seen) > 8


def test_potencies_that_the_class_allows_act():
    (effect, _) = compounds.effects_of("CGP 62349", ["GABA_B"])
    assert effect.drug == "uncurated_cgp_62349" and effect.potency == pytest.approx(0.00159, rel=0.01)
    net = am.Network()
    assert net.dose("CGP 71872", "1 uM").drug == "uncurated_cgp_71872"
    assert compounds.drug("uncurated_cgp_71872").name == "CGP 71872"
    assert "uncurated" in compounds.describe("CGP 71872")


def test_an_action_can_be_left_out(own):
    d = compounds.complete("pimavanserin", "5HT2A", leave_out=True)
    assert not compounds.effects_of(d, ["5HT2A"])


def test_curated_drugs_act_at_further_targets_only_when_asked(own):
    more = compounds.further("clozapine")
    assert more
    target = next(a.targets[0] for a in more if not a.needs)
    assert not compounds.effects_of("clozapine", [target])
    compounds.extend("clozapine", target)
    assert compounds.effects_of("clozapine", [target])
    assert compounds.drug("clozapine").actions[-1].note == "uncurated"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compounds.complete("pimavanserin", "5HT2A"), "expected efficacy"),
        (lambda: compounds.complete("pimavanserin", "GABA_B", efficacy=1.0), "no action on 'GABA_B'"),
        (lambda: compounds.complete("pimavanserin", "5HT2A", efficiency=1.0), "did you mean 'efficacy'"),
        (lambda: compounds.extend("clozapine", "GAT1"), "no uncurated number"),
        (lambda: compounds.drug("benzodiazepine"), "drugs of that class: diazepam"),
        (lambda: compounds.drug("eluxadolin"), "'eluxadoline'? (uncurated)"),
    ],
)
def test_mistakes(call, words, own):
    with pytest.raises(am.AmineError, match=re.escape(words)):
        call()


def test_a_name_of_several_ligands_is_refused_with_their_numbers():
    name = next(n for n, found in bulk._index().items() if len(found) > 1)
    with pytest.raises(am.AmineError, match="name one: 'GtoPdb"):
        bulk.ligand(name)
