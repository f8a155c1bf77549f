"""The catalogue: structures agree with RDKit, names lead somewhere, every number has a source; what users add obeys the same schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import amine as am
from amine import compounds
from amine.compounds import catalogue
from amine.compounds.catalogue import targets_of
from amine.compounds.schema import KINDS, ROLES, Compound, Entry, Measurement

ENTRIES = compounds.entries()
STRUCTURES = [e for e in ENTRIES if isinstance(e, Compound) and e.smiles]


@pytest.fixture
def own(monkeypatch):
    """The catalogue is as before after a test that adds to it."""
    monkeypatch.setattr(catalogue, "_loaded", catalogue._catalogue())


def ids(e: Entry) -> str:
    return f"{e.kind}-{e.id}"


def measurements(e: Entry) -> list[Measurement]:
    return [*e.measurements, *(m for a in getattr(e, "actions", ()) for m in a.measurements)]


def test_numbers_of_entries():
    count = {k: len(compounds.names(k)) for k in KINDS}
    assert count["transmitter"] >= 23 and count["receptor"] >= 50 and count["drug"] >= 160
    assert count["transporter"] >= 17 and count["enzyme"] >= 31 and count["channel"] >= 36


@pytest.mark.parametrize("compound", STRUCTURES, ids=ids)
def test_rdkit_agrees(compound: Compound):
    Chem = pytest.importorskip("rdkit.Chem")
    from rdkit.Chem.Descriptors import MolWt
    from rdkit.Chem.inchi import MolToInchiKey
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    molecule = Chem.MolFromSmiles(compound.smiles)
    assert molecule is not None
    assert CalcMolFormula(molecule) == compound.formula
    assert MolWt(molecule) == pytest.approx(compound.molar_mass, abs=0.01)
    assert MolToInchiKey(molecule) == compound.inchikey


def test_long_peptides_weigh_what_their_sequence_does():
    Chem = pytest.importorskip("rdkit.Chem")
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    plain = [e for e in ENTRIES if isinstance(e, Compound) and e.sequence and re.fullmatch("[A-Z]+", e.sequence)]
    assert len(plain) >= 4
    for e in plain:
        assert CalcMolFormula(Chem.MolFromSequence(e.sequence)) == e.formula, e.id


@pytest.mark.parametrize("entry", ENTRIES, ids=ids)
def test_every_name_leads_somewhere(entry: Entry):
    for target, kinds in targets_of(entry):
        assert any(target in compounds.names(k) for k in kinds), target
    for name in (entry.id, entry.name, *entry.aliases):
        assert compounds.get(name.upper(), entry.kind) is entry


@pytest.mark.parametrize("entry", ENTRIES, ids=ids)
def test_every_number_has_a_source(entry: Entry):
    sources = catalogue._catalogue().sources
    for m in measurements(entry):
        assert m.source in sources, m
        checked = sources[m.source].checked
        assert m.unverified or checked in ("table", "abstract", "code", "computed"), f"{m} is not marked unverified"


def test_unknown_source_levels():
    assert {s.checked for s in catalogue._catalogue().sources.values()} <= {
        "table",
        "abstract",
        "code",
        "computed",
        "secondary",
        "no",
    }


def test_each_action_that_acts_has_a_potency():
    silent = [(d.id, a.targets) for d in ENTRIES if d.kind == "drug" for a in d.actions if a.value("potency") is None]
    assert {i for i, _ in silent} == {"ethanol"}, silent  # at glycine, GIRK and 5-HT3 receptors
    for d in (e for e in ENTRIES if e.kind == "drug"):
        for a in d.actions:
            assert a.default or a.note, d.id
            for m in a.measurements:
                assert not m.target or m.target in a.targets


def test_every_receptor_has_an_agonist_and_an_antagonist():
    """Among the drugs; of those that lack one the natural agonist is a field, or no number was found. The lists may only shrink."""
    found: dict[str, set[bool]] = {}
    opens = {"agonist", "partial_agonist", "positive_modulator"}
    for d in (e for e in ENTRIES if e.kind == "drug"):
        for a in (a for a in d.actions if a.value("potency") is not None):
            for t in a.targets:
                found.setdefault(t, set()).add(a.mechanism in opens)
    receptors = set(compounds.names("receptor"))
    assert {r for r in receptors if True not in found[r]} <= {
        *("AMPA", "NMDA_GluN2A", "NMDA_GluN2B", "kainate", "H1", "NK1", "P2X2"),
    }
    assert {r for r in receptors if False not in found[r]} <= {"nAChR_alpha7", "sGC"}
    assert {c for c in compounds.names("channel") if c not in found} == set()
    assert {t for t in compounds.names("transporter") if t not in found} <= {"VGLUT1", "VIAAT"}


def test_families():
    assert compounds.receptor("nmda").id == "NMDA_GluN2A" and compounds.receptor("GluN2B").label == "NMDA"
    assert compounds.related("GABA_A_tonic") == {"GABA_A", "GABA_A_tonic"}
    assert {d.id for d in compounds.acting_on("NMDA")} >= {"ketamine", "d_ap5", "ethanol", "mk801", "memantine"}
    for f in compounds.entries("family"):
        for m in f.members:
            label = getattr(compounds.get(m), "label", f.id)
            assert label in (f.id, m)


def test_the_measurement_of_the_subtype_is_preferred():
    (action,) = compounds.actions_on("AP5", "NMDA")
    assert action.value("potency") == 0.28 and action.value("potency", "NMDA_GluN2B") == 0.46
    (block,) = compounds.actions_on("ttx", "Nav")
    assert block.value("potency") == 0.011 and block.value("potency", "Nav1.6") == 0.001


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compounds.get("ketamin"), "did you mean 'ketamine'"),
        (lambda: compounds.drug("dopamine"), "drug 'dopamine' is not known"),
        (lambda: compounds.drug("glycine"), "'glycine' is a transmitter; net.field('glycine', tonic=...)"),
        (lambda: compounds.drug("anandamide"), "'anandamide' is a transmitter; net.field("),
        (lambda: compounds.drug("Nav1.6"), "'Nav1.6' is a channel"),
        (lambda: compounds.receptor("GABA_C"), "did you mean 'GABA_"),
        (lambda: compounds.get("xyzzy"), "amine compounds lists"),
        (lambda: compounds.drug("alprazolm"), "did you mean 'alprazolam'? (uncurated)"),
        (lambda: compounds.drug("lormetazepam"), "names in -azepam: diazepam"),
        (lambda: compounds.drug("opioid agonists"), "drugs of that class: morphine"),
        (lambda: compounds.drug("beta-blocker"), "drugs of that class: atenolol"),
        (lambda: compounds.drug("sodium channel blocker"), "drugs of that class: tetrodotoxin"),
        (lambda: compounds.drug("Ro 25-6981"), "amine compounds search 'Ro 25-6981'"),
        (lambda: compounds.drug("mGluR9 antagonist"), "amine compounds search"),
        (lambda: compounds.names("medicine"), "kind 'medicine'"),
        (lambda: compounds.acting_on("NMDB"), "did you mean 'NMDA"),
        (lambda: Measurement("Ki", "-1 uM", role="potency"), "must be positive"),
        (lambda: Measurement("Ki", "1 mV", role="potency"), "wrong dimension"),
        (lambda: Measurement("Ki", 1.0, "uM", role="potenzy"), "did you mean 'potency'"),
        (lambda: Measurement("Ki", unit="uM"), "neither a value nor a range"),
        (lambda: Measurement("Ki", 3.0, "uM", low=1.0, high=2.0), "not in order"),
        (lambda: Measurement("Ki", float("nan"), "uM"), "not a finite number"),
        (lambda: compounds.Action(["NMDA"], "blocker"), "mechanism 'blocker'"),
        (lambda: compounds.Action([], "agonist"), "no target"),
        (lambda: compounds.Isomer("esketamine", 1.5), "this is no part"),
        (lambda: compounds.Metabolite("morphine", 0.0), "this is no part"),
        (lambda: compounds.Ionisation(7.9, "salt"), "base or acid"),
        (lambda: compounds.Ionisation(79.0, "base"), "no pKa"),
        (lambda: compounds.Ionisation(7.9, "base").charged(-1.0), "no pH"),
        (lambda: mixture(compounds.Isomer("a", 0.6), compounds.Isomer("b", 0.6)), "more than the whole"),
        (lambda: mixture(compounds.Isomer("mix", 0.5)), "the drug itself"),
        (lambda: mixture(compounds.Isomer("a", 0.5), compounds.Isomer("a", 0.5)), "twice"),
    ],
)
def test_mistakes(call, words):
    with pytest.raises(am.AmineError, match=re.escape(words)):
        call()


OWN = """
[sources.Mine2026]
cite = "my laboratory, 2026"
checked = "table"

[[channel]]
id = "Kx"
name = "channel X"

[[drug]]
id = "novel"
name = "novel compound"
aliases = ["NC-1"]
smiles = "CCO"

[[drug.actions]]
targets = ["NMDA", "Kx"]
mechanism = "noncompetitive_antagonist"
measurements = [ { quantity = "IC50", value = 2.0, unit = "uM", role = "potency", source = "Mine2026" } ]
"""


def test_own_compounds_from_a_file(tmp_path, own):
    (tmp_path / "own.toml").write_text(OWN)
    found = compounds.load(tmp_path / "own.toml")
    assert [e.id for e in found] == ["Kx", "novel"]
    assert compounds.get("nc1").actions[0].value("potency") == 2.0
    assert "novel" in [d.id for d in compounds.acting_on("GluN2B")]
    assert compounds.source("Mine2026").cite == "my laboratory, 2026"
    with pytest.raises(am.AmineError, match="is taken"):
        compounds.load(tmp_path / "own.toml")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('mechanism = "non', 'mechanism = "nun', "did you mean 'noncompetitive_antagonist'"),
        ('"NMDA", "Kx"', '"NMDA", "Ky"', "'Ky' is not in the catalogue"),
        ("smiles", "smile", "did you mean 'smiles'"),
        ('unit = "uM"', 'unit = "nS"', "wrong dimension"),
        ("value = 2.0", "value = true", "wrong type"),
        ('name = "novel compound"', "", "'name' is missing"),
        ("[[drug]]", "[[drugs]]", "did you mean 'drug'"),
        ("[[drug]]", "[[drug", "this is not TOML"),
        ('aliases = ["NC-1"]', 'aliases = ["ketamine"]', "the name 'ketamine' is taken"),
        ('aliases = ["NC-1"]', "aliases = [1]", "not a list of names"),
    ],
)
def test_damaged_files_add_nothing(tmp_path, own, old, new, words):
    before = len(compounds.entries())
    (tmp_path / "own.toml").write_text(OWN.replace(old, new))
    with pytest.raises(am.AmineError, match=re.escape(words)):
        compounds.load(tmp_path / "own.toml")
    assert len(compounds.entries()) == before
    with pytest.raises(am.AmineError, match="does not exist"):
        compounds.load(tmp_path / "none.toml")


def test_own_compounds_in_python(own):
    action = compounds.Action(["D2"], "partial_agonist", [Measurement("Ki", "0.3 nM", role="potency", source="own")])
    compounds.add(compounds.Drug(id="own-1", name="own one", actions=[action]))
    assert compounds.drug("Own One").actions[0].value("potency") == pytest.approx(3e-4)
    with pytest.raises(am.AmineError, match="'D9' is not in the catalogue"):
        compounds.add(compounds.Drug(id="y", name="y", actions=[compounds.Action(["D9"], "agonist")]))


def mixture(*isomers: compounds.Isomer) -> compounds.Drug:
    return compounds.Drug(id="mix", name="mixture", isomers=isomers)


def test_a_mixture_without_numbers_is_given_as_its_isomers(own):
    compounds.add(mixture(compounds.Isomer("esketamine", 0.75), compounds.Isomer("arketamine", 0.25)))
    net = am.Network()
    net.dose("mix", am.bath("4 uM", start="1 ms"))
    assert [(d.drug, float(d.course.at(2.0))) for d in net.doses] == [("esketamine", 3.0), ("arketamine", 1.0)]
    net.dose("ketamine", "1 uM")  # numbers of its own
    assert net.doses[-1].drug == "ketamine"
    with pytest.raises(am.AmineError, match="'levoketamine' is not in the catalogue"):
        compounds.add(compounds.Drug(id="z", name="z", isomers=[compounds.Isomer("levoketamine", 0.5)]))


def test_isomers_weigh_what_the_mixture_does_and_make_its_potency():
    """Competing at one site, isomers of shares a and affinities K have the potency of the mixture: 1/K = sum of a/K."""
    for e in compounds.entries("drug"):
        for x in e.isomers:
            assert compounds.drug(x.drug).molar_mass == e.molar_mass, e.id
    parts = [(x.share, compounds.drug(x.drug).actions[0].value("potency")) for x in compounds.drug("ketamine").isomers]
    assert 1.0 / sum(a / k for a, k in parts) == pytest.approx(
        compounds.drug("ketamine").actions[0].value("potency"), rel=0.02
    )


def test_roles_have_units():
    from amine.units import dimension_of

    for unit in ROLES.values():
        dimension_of(unit)


def test_defaults_of_metabotropic_receptors_are_those_of_responses():
    """A binding constant stands in only where no response to the natural agonist was found; the list may only shrink."""
    of = {r.id: r.measurement("potency") for r in compounds.entries("receptor") if r.family in ("GPCR", "metabotropic")}
    binding = {i for i, m in of.items() if m is not None and m.measured == "binding"}
    assert binding <= {
        *("5HT1B", "5HT1D", "5HT2A", "5HT2B", "5HT2C", "5HT6", "5HT7", "A2A", "CB2", "D3", "D4", "D5", "H1", "NK1"),
        *("beta2", "delta_opioid", "kappa_opioid", "oxytocin_receptor"),
    }
    for name in ("5HT1A", "M1", "M2", "M4", "A1", "mu_opioid", "alpha1", "alpha2", "beta1", "CB1", "H3"):
        m = of[name]
        assert m is not None and (m.measured, m.preparation) == ("functional", "native"), name


def test_serotonin_at_rest_leaves_its_receptor_free():
    """Sodickson & Bean (1998): half of the potassium current at 0.1 uM, with a slope of 1.5."""
    m = compounds.receptor("5HT1A").measurement("potency")
    load = (0.005 / m.internal) ** m.hill
    assert load / (1 + load) < 0.02


def test_the_kind_of_a_measurement_is_checked():
    assert Measurement("Ki", "1 nM").measured == "binding" and Measurement("EC50", "1 nM").measured == "functional"
    assert Measurement("K", "1 nM", measure="model").measured == "model"
    for name in ("measure", "preparation"):
        with pytest.raises(am.AmineError, match=f"this {name} is not known"):
            Measurement("Ki", "1 nM", **{name: "bindin"})


def test_the_page_says_how_many_numbers_wait_for_a_check():
    """Of those that models use; fewer is better, and the page and this bound follow."""
    used = [m for e in ENTRIES if not getattr(e, "uncurated", False) for m in measurements(e) if m.role]
    waiting = sum(m.unverified for m in used)
    page = (Path(__file__).resolve().parents[2] / "docs" / "compounds.md").read_text()
    assert f"{waiting} of the {len(used)} numbers" in page and waiting < 0.1 * len(used)
