"""The second tier: ligands of the Guide to PHARMACOLOGY with targets of nervous systems, not curated, loaded on first use.

A ligand of this tier is a :class:`~amine.compounds.schema.Drug` that is marked ``uncurated`` and whose id begins with ``uncurated_``, so that
every list, warning, trace and figure says so. It acts by the class of its action: competitive antagonists, inhibitors of transporters
and reversible ones of enzymes, blockers of potassium channels, agonists with a functional EC50. An action that needs a number which the
database does not have says which one (``Action.needs``), and a dose of it where the network has that target is refused until the number
is given by :func:`amine.compounds.complete`.

Source: IUPHAR/BPS Guide to PHARMACOLOGY, release 2020.5 (ODbL 1.0, CC BY-SA 4.0; NOTICE in the folder of the data): selection of neural
targets, numbers as uM, one number for each ligand and target (functional before binding for agonists, pKi and pKB first for
antagonists, human before rat before mouse), bounds left out.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib import resources
from statistics import geometric_mean

from amine.compounds.schema import Action, Drug, Measurement
from amine.errors import AmineError
from amine.records import dataclass

PREFIX = "uncurated_"
SOURCE = "GtoPdb2020"
FILE = "gtopdb.json.xz"

# Numbers by which a user completes an action of each mechanism; of those joined by "|" one is enough
NEEDS = {
    "positive_modulator": "decay|cooperativity|conductance",
    "negative_modulator": "conductance",
    "partial_agonist": "efficacy",
    "inverse_agonist": "efficacy",
    "channel_opener": "conductance",
    "open_channel_blocker": "koff, voltage, delta",
    "vesicle_depleter": "maximum",
}


@dataclass(frozen=True)
class Number:
    """Number of the database: ``value``, ``low`` and ``high`` in uM; None where the row has none."""

    target: str
    gene: str
    mechanism: str
    how: str
    quantity: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    species: str
    ref: str


@dataclass(frozen=True)
class Ligand:
    """A ligand of the database with its numbers at targets of nervous systems; its ``id`` in networks says that it is not curated."""

    id: str
    number: int
    name: str
    nature: str
    approved: bool
    radioactive: bool
    cid: int | None
    synonyms: tuple[str, ...]
    smiles: str
    inchikey: str
    numbers: tuple[Number, ...]


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in name.casefold()).strip("_")


def plain(name: str) -> str:
    """A name without case, spaces, hyphens and underscores, as names are compared."""
    return "".join(c for c in name.casefold() if c not in " -_")


@cache
def ligands() -> Mapping[int, Ligand]:
    """All ligands of the second tier by their number in the Guide to PHARMACOLOGY.

    Examples
    --------
    >>> len(ligands()) > 5000
    True
    """
    raw = resources.files("amine.compounds").joinpath("data").joinpath(FILE).read_bytes()
    data = json.loads(lzma.decompress(raw))
    numbers: dict[int, list[Number]] = {}
    for ligand, target, mechanism, how, measure, value, low, high, species, ref in data["rows"]:
        gene, _, target_id = data["targets"][target].split("|")
        quantity, _, kind = data["measures"][measure].partition("|")
        numbers.setdefault(ligand, []).append(
            Number(
                target_id,
                gene,
                data["mechanisms"][mechanism],
                data["how"][how],
                quantity.removeprefix("p"),
                kind,
                value,
                low,
                high,
                data["species"][species],
                f"PMID {ref}" if ref else "",
            )
        )
    slugs = Counter(_slug(x[1]) for x in data["ligands"])
    ids = {
        x[0]: _slug(x[1]) if slugs[_slug(x[1])] == 1 and _slug(x[1]) else f"{_slug(x[1])}_{x[0]}"
        for x in data["ligands"]
    }
    return {
        n: Ligand(
            PREFIX + ids[n], n, name, nature, bool(ok), bool(hot), cid, tuple(also), smiles, key, tuple(numbers[n])
        )
        for n, name, nature, ok, hot, cid, also, smiles, key in data["ligands"]
    }


@cache
def _index() -> Mapping[str, tuple[int, ...]]:
    """Numbers of ligands by compared name: those of that name, else those with it among their synonyms."""
    names: dict[str, list[int]] = {}
    synonyms: dict[str, list[int]] = {}
    for n, x in ligands().items():
        names.setdefault(plain(x.name), []).append(n)
        for also in (x.id, f"GtoPdb {n}"):
            names.setdefault(plain(also), []).append(n)
        for s in x.synonyms:
            synonyms.setdefault(plain(s), []).append(n)
    both = {**synonyms, **names}
    return {key: tuple(dict.fromkeys(found)) for key, found in both.items()}


def ligand(name: str) -> Ligand | None:
    """Ligand of the second tier by name, synonym, id or ``"GtoPdb NUMBER"``; None if there is none.

    Raises
    ------
    AmineError
        Several ligands have this name; the message lists their numbers.

    Examples
    --------
    >>> ligand("WAY-100635").number
    80
    """
    found = _index().get(plain(name), ())
    if len(found) > 1:
        each = ", ".join(f"'GtoPdb {n}' ({ligands()[n].name})" for n in found[:5])
        raise AmineError("compounds", f"several uncurated ligands are called '{name}'", hint=f"name one: {each}")
    return ligands()[found[0]] if found else None


def known_names() -> Iterable[str]:
    """Names of all ligands, for suggestions."""
    return (x.name for x in ligands().values() if not x.radioactive)


def as_drug(found: Ligand, known: Collection[str]) -> Drug:
    """The ligand as a drug, with an action for each target that the catalogue has.

    Parameters
    ----------
    found : the ligand. known : ids of targets of the catalogue.
    """
    left = sorted({n.target for n in found.numbers if n.target not in known})
    notes = "Not curated: numbers as they stand in the Guide to PHARMACOLOGY, release 2020.5; acts by the class of its action."
    if left:
        notes += f" Further targets, which the catalogue does not have: {', '.join(left)}."
    return Drug(
        id=found.id,
        name=found.name if found.name.isprintable() and not set(found.name) & set("$\\") else found.id,
        notes=notes,
        smiles=found.smiles,
        inchikey=found.inchikey,
        pubchem_cid=found.cid,
        structure_source=SOURCE,
        drug_class=f"uncurated: {found.nature.casefold()}{', approved' if found.approved else ''}",
        actions=tuple(actions(found, known)),
        uncurated=True,
    )


def actions(found: Ligand, known: Collection[str]) -> list[Action]:
    """One action of the ligand for each target that the catalogue has and for which its mechanism is known."""
    groups: dict[str, list[Number]] = {}
    for n in found.numbers:
        if n.target in known and n.mechanism:
            groups.setdefault(n.target, []).append(n)
    return [_action(target, each) for target, each in sorted(groups.items())]


def _action(target: str, numbers: list[Number]) -> Action:
    """Action by the numbers of the subunits of a target that agree in mechanism with most of them: their geometric mean and range."""
    kinds = [n.mechanism for n in numbers]
    mechanism = max(dict.fromkeys(kinds), key=kinds.count)
    mine = [n for n in numbers if n.mechanism == mechanism]
    functional = [n for n in mine if n.measure == "functional"]
    if mechanism.endswith("agonist") and functional and mechanism != "competitive_antagonist":
        mine = functional
    values = [n.value for n in mine if n.value]
    spans = [x for n in mine for x in (n.low, n.value, n.high) if x]
    first = mine[0]
    measured: tuple[Measurement, ...] = ()
    if values:
        best = float(f"{geometric_mean(values):.3g}")
        low, high = min(spans), max(spans)
        wide = low < best < high
        measured = (
            Measurement(
                first.quantity,
                best,
                "uM",
                low if wide else None,
                high if wide else None,
                condition=f"{first.species}, {', '.join(dict.fromkeys(n.gene for n in mine))}; {first.measure}",
                source=SOURCE,
                ref=first.ref,
                role="potency",
                note="geometric mean over subunits" if len(values) > 1 else "",
            ),
        )
    return Action(
        (target,), mechanism, measured, default="not curated: the one number of the database, or the mean of several",
        needs=_needs(mechanism, first, bool(values)),
    )  # fmt: skip


def _needs(mechanism: str, number: Number, measured: bool) -> str:
    """Names of the numbers that the user has to give before the action can be simulated; empty if none is missing."""
    if not measured:
        return ", ".join(x for x in ("potency", NEEDS.get(mechanism, "")) if x)
    if mechanism in NEEDS:
        return NEEDS[mechanism]
    if mechanism == "agonist" and number.measure == "binding":
        return "potency"  # the constant of binding is not the EC50
    return "potency" if number.how.startswith(("needs", "ask")) else ""


def why(action: Action) -> str:
    """Why an action needs a number, in words."""
    reasons = {
        "agonist": "only a binding constant is known, which is not its EC50",
        "channel_blocker": "its block depends on state and voltage",
        "competitive_antagonist": "whether it competes or blocks the channel is not known",
        "enzyme_inhibitor": "its inhibition is not reversible",
    }
    text = reasons.get(str(action.mechanism), "the size of its effect is not in the database")
    return text if action.measurements else "the database has no number for it"


def complete_hint(drug: Drug, action: Action) -> str:
    """The call that gives the missing numbers of an action, or leaves the action out."""
    first = action.needs.split("|")[0].split(", ")
    given = ", ".join(f"{role}=..." for role in first)
    return (
        f"am.compounds.complete('{drug.name}', '{action.targets[0]}', {given}), or leave_out=True to ignore this target"
    )
