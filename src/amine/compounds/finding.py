"""Ranked search in both tiers of the catalogue: by name, synonym, target, class of action and structure."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from amine.compounds import bulk, catalogue
from amine.compounds.schema import Action, Channel, Compound, Drug, Entry
from amine.compounds.targets import related
from amine.errors import AmineError, did_you_mean
from amine.records import dataclass

# Words of a query that name a class of action, and the mechanisms they stand for
CLASSES: dict[str, tuple[str, ...]] = {
    "antagonist": ("competitive_antagonist", "noncompetitive_antagonist", "open_channel_blocker", "negative_modulator"),
    "agonist": ("agonist", "partial_agonist"),
    "blocker": ("channel_blocker", "open_channel_blocker", "inactivated_blocker", "noncompetitive_antagonist"),
    "opener": ("channel_opener",),
    "activator": ("channel_opener", "positive_modulator", "agonist"),
    "inhibitor": ("reuptake_inhibitor", "enzyme_inhibitor", "vesicle_depleter"),
    "modulator": ("positive_modulator", "negative_modulator", "modulatory_site_ligand"),
    "potentiator": ("positive_modulator",),
    "releaser": ("releaser",),
    "precursor": ("precursor",),
    "depleter": ("vesicle_depleter",),
}
NARROWER = {
    "partial": "partial_agonist",
    "inverse": "inverse_agonist",
    "positive": "positive_modulator",
    "negative": "negative_modulator",
    "competitive": "competitive_antagonist",
    "open": "open_channel_blocker",
    "reuptake": "reuptake_inhibitor",
    "uptake": "reuptake_inhibitor",
}

IONS = {"sodium": "Na+", "potassium": "K+", "calcium": "Ca2+"}  # words that name the channels of an ion
GREEK = str.maketrans(
    {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "μ": "mu", "σ": "sigma", "ω": "omega"}
)


@dataclass(frozen=True)
class Hit:
    """An entry found by :func:`search`.

    ``score`` is 0..1, ``why`` says what matched; ``action``, ``target`` and ``potency`` (uM) are those of the action that matched.
    """

    entry: Entry
    score: float
    why: str
    action: Action | None = None

    @property
    def curated(self) -> bool:
        """Whether the entry belongs to the first tier."""
        return not (isinstance(self.entry, Drug) and self.entry.uncurated)

    def to_dict(self) -> dict[str, Any]:
        """The hit as JSON-compatible data."""
        a = self.action
        return {
            "id": self.entry.id,
            "name": self.entry.name,
            "kind": self.entry.kind,
            "curated": self.curated,
            "score": round(self.score, 3),
            "why": self.why,
            "mechanism": str(a.mechanism) if a else None,
            "targets": list(a.targets) if a else [],
            "potency_uM": a.value("potency") if a else None,
            "needs": a.needs if a else "",
        }


def search(
    query: str = "",
    *,
    structure: str | None = None,
    similar: str | None = None,
    kinds: Sequence[str] = (),
    uncurated: bool = True,
    limit: int = 30,
) -> list[Hit]:
    """Entries of both tiers that fit a query, best first.

    Parameters
    ----------
    query : name, synonym, class, or a target with a class of action, such as ``"GABA_B antagonist"``.
    structure : SMILES or SMARTS of a substructure; needs RDKit.
    similar : SMILES, or name of a compound, to which structures are compared (Tanimoto coefficient of Morgan fingerprints of
        radius 2); needs RDKit.
    kinds : any of transmitter, receptor, family, transporter, enzyme, channel, drug; none: all.
    uncurated : include the second tier. limit : at most so many.

    Raises
    ------
    AmineError
        Neither a query nor a structure is given, a structure cannot be read, or RDKit is not installed.

    Examples
    --------
    >>> [h.entry.id for h in search("GABA_B agonist", uncurated=False)][0]
    'baclofen'
    """
    if not query.strip() and structure is None and similar is None:
        raise AmineError("search", "there is nothing to search for", expected="a query, structure= or similar=")
    for k in kinds:
        catalogue.names(k)
    if isinstance(limit, bool) or limit < 1:
        raise AmineError("search, limit", "the value must be positive", given=str(limit))
    pool, query = list(_pool(kinds, uncurated)), query.translate(GREEK)
    hits = _by_words(query, pool) if query.strip() else [Hit(e, 0.5, "") for e in pool]
    if structure is not None:
        hits = _by_structure(hits, structure)
    if similar is not None:
        hits = _by_similarity(hits, similar)
    return sorted(hits, key=lambda h: (-h.score, h.entry.name.casefold()))[:limit]


def _pool(kinds: Sequence[str], uncurated: bool) -> Iterator[Entry]:
    """Entries of the kinds; of the second tier those that are neither radioactive, nor nameless, nor curated."""
    yield from catalogue.entries(*kinds)
    if uncurated and (not kinds or "drug" in kinds):
        targets = catalogue.target_ids()
        taken = catalogue.structures()
        present = set(catalogue.names("drug"))
        for x in bulk.ligands().values():
            nameless = x.radioactive or x.name.startswith(("compound ", "example "))
            if nameless or x.inchikey in taken or x.cid in taken or x.id in present:
                continue
            yield bulk.as_drug(x, targets)


# --- words -------------------------------------------------------------------------------------------------------


def _by_words(query: str, pool: Sequence[Entry]) -> list[Hit]:
    mechanisms, rest = _class_of(query)
    target = _target_of(rest)
    best: dict[int, Hit] = {}
    for e in pool:
        for hit in (_by_name(query, e), _by_target(e, target, mechanisms), _by_text(query, rest, mechanisms, e)):
            if hit is not None and (id(e) not in best or hit.score > best[id(e)].score):
                best[id(e)] = hit
    return list(best.values())


def _class_of(query: str) -> tuple[tuple[str, ...], str]:
    """Mechanisms that the class words of a query stand for, and the words that are left."""
    found: list[str] = []
    narrow: list[str] = []
    rest: list[str] = []
    for word in query.replace(",", " ").split():
        w = word.casefold()
        w = w.removesuffix("s") if w.removesuffix("s") in CLASSES else w
        if w in CLASSES:
            found += CLASSES[w]
        elif w in NARROWER:
            narrow.append(NARROWER[w])
        elif w not in ("receptor", "receptors", "of", "at", "the", "allosteric", "channel", "channels"):
            rest.append(word)
    return tuple(dict.fromkeys(narrow or found)), " ".join(rest)


def _target_of(text: str) -> set[str]:
    """Ids of the target that a text names, with its family and members, or of the channels of an ion; empty if it names none."""
    ion = IONS.get(text.casefold())
    channels = [c.id for c in catalogue.entries("channel") if isinstance(c, Channel) and ion in c.ions]
    return {i for c in channels for i in related(c)} if channels else related(text) if text else set()


def _by_name(query: str, e: Entry) -> Hit | None:
    wanted = bulk.plain(query)
    score, why = 0.0, ""
    for n in (e.id, e.name, *e.aliases):
        own = bulk.plain(n)
        if own == wanted:
            return Hit(e, 1.0, "name", _first(e))
        if own.startswith(wanted) and len(wanted) > 2:
            score, why = max((score, why), (0.85, "name begins so"))
        elif wanted in own and len(wanted) > 2:
            score, why = max((score, why), (0.7, "part of the name"))
        elif abs(len(own) - len(wanted)) < 3 and len(wanted) > 4:
            ratio = difflib.SequenceMatcher(None, own, wanted).ratio()
            if ratio > 0.8:
                score, why = max((score, why), (0.6 * ratio, "name is similar"))
    return Hit(e, score - _lower(e), why, _first(e)) if score else None


def _by_target(e: Entry, target: set[str], mechanisms: Sequence[str]) -> Hit | None:
    """Drug that acts on the target in this way: more potent and more selective ones first."""
    if not isinstance(e, Drug) or not target:
        return None
    mine = [a for a in e.actions if target & set(a.targets) and (not mechanisms or a.mechanism in mechanisms)]
    if not mine:
        return None
    a = min(mine, key=lambda x: x.value("potency") or math.inf)
    k = a.value("potency")
    others = [x.value("potency") for x in e.actions if x is not a and not target & set(x.targets)]
    nearest = min((x for x in others if x), default=None)
    potent = 0.0 if k is None else max(0.0, min(1.0, (3.0 - math.log10(k)) / 8.0))
    selective = 1.0 if nearest is None else 0.0 if k is None else max(0.0, min(1.0, math.log10(nearest / k) / 3.0))
    score = 0.72 + 0.08 * potent + 0.08 * selective - _lower(e) - (0.05 if a.needs else 0.0)
    return Hit(e, score, f"{a.mechanism} at {', '.join(a.targets)}", a)


def _by_text(query: str, rest: str, mechanisms: Sequence[str], e: Entry) -> Hit | None:
    """Entry whose class, notes or targets contain all words of the query."""
    text = catalogue.words_of(e)
    if isinstance(e, Drug) and not e.uncurated and query.casefold() in e.drug_class.casefold():
        return Hit(e, 0.8, f"class: {e.drug_class}", _first(e))
    words = rest.casefold().split()
    acts = isinstance(e, Drug) and any(a.mechanism in mechanisms for a in e.actions)
    if words and all(w in text for w in words) and (acts or not mechanisms):
        return Hit(e, 0.45 - _lower(e), "words", _first(e))
    return None


def _lower(e: Entry) -> float:
    """How much lower an entry of the second tier ranks; approved drugs less."""
    if not isinstance(e, Drug) or not e.uncurated:
        return 0.0
    return 0.05 if e.drug_class.endswith("approved") else 0.1


def _first(e: Entry) -> Action | None:
    return e.actions[0] if isinstance(e, Drug) and e.actions else None


# --- structures --------------------------------------------------------------------------------------------------


def _rdkit(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise AmineError(
            "search", "structures need RDKit, which is not installed", hint="pip install 'amine[chem]'"
        ) from None


def _quietly(read: Callable[[str], Any], text: str) -> Any:
    """Molecule, or None if the text is none; without RDKit's own messages."""
    log = _rdkit("rdkit.RDLogger")
    log.DisableLog("rdApp.*")
    try:
        return read(text)
    finally:
        log.EnableLog("rdApp.*")


def _by_structure(hits: Sequence[Hit], pattern: str) -> list[Hit]:
    chem = _rdkit("rdkit.Chem")
    wanted = _quietly(chem.MolFromSmarts, pattern) if pattern else None
    if wanted is None:
        raise AmineError("search, structure", "this is neither SMILES nor SMARTS", given=pattern[:60])
    out = []
    for h in hits:
        molecule = _molecule(h.entry, chem)
        if molecule is not None and molecule.HasSubstructMatch(wanted):
            out.append(Hit(h.entry, h.score, f"{h.why}, contains the structure".removeprefix(", "), h.action))
    return out


def _molecule(e: Entry, chem: Any) -> Any:
    return _quietly(chem.MolFromSmiles, e.smiles) if isinstance(e, Compound) and e.smiles else None


def _by_similarity(hits: Sequence[Hit], like: str) -> list[Hit]:
    chem = _rdkit("rdkit.Chem")
    named = catalogue.find_entry(like, ("drug", "transmitter"))
    smiles = named.smiles if isinstance(named, Compound) and named.smiles else like
    wanted = _quietly(chem.MolFromSmiles, smiles)
    if wanted is None:
        known = [n for k in ("drug", "transmitter") for n in catalogue.names(k)]
        raise AmineError(
            "search, similar", "this is neither SMILES nor a compound", given=like[:60], hint=did_you_mean(like, known)
        )
    maker = _rdkit("rdkit.Chem.rdFingerprintGenerator").GetMorganGenerator(radius=2, fpSize=2048)
    tanimoto = _rdkit("rdkit.DataStructs").TanimotoSimilarity
    print_of = maker.GetFingerprint(wanted)
    out = []
    for h in hits:
        molecule = _molecule(h.entry, chem)
        if molecule is not None:
            near = float(tanimoto(print_of, maker.GetFingerprint(molecule)))
            if near >= 0.3:
                out.append(Hit(h.entry, near, f"similarity {near:.2f}", h.action))
    return out


# --- text --------------------------------------------------------------------------------------------------------


def hits_table(hits: Sequence[Hit]) -> str:
    """Hits as a text table: score, name, whether curated, action, potency.

    >>> print(hits_table(search("baclofen", uncurated=False)).splitlines()[0].split()[:2])
    ['score', 'name']
    """
    rows = [("score", "name", "kind", "tier", "action", "potency")]
    for h in hits:
        a = h.action
        k = a.measurement("potency") if a else None
        what = f"{str(a.mechanism).replace('_', ' ')} at {', '.join(a.targets)}" if a else h.why
        number = f"{k}{' (?)' if k.unverified else ''}" if k else ""
        more = f" needs {a.needs.replace('|', ' or ')}" if a and a.needs else ""
        rows.append(
            (
                f"{h.score:.2f}",
                h.entry.name[:40],
                h.entry.kind,
                "curated" if h.curated else "uncurated",
                what[:60],
                number + more,
            )
        )
    width = [max(len(r[i]) for r in rows) for i in range(5)]
    return "\n".join(
        "  ".join(f"{x:<{w}}" for x, w in zip(r[:5], width, strict=True)) + f"  {r[5]}".rstrip() for r in rows
    )
