"""The catalogue of compounds: data files of the package and entries of users, loaded on first use, found by id, name or alias."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import field
from importlib import resources
from typing import TYPE_CHECKING, Any

from amine.compounds import bulk
from amine.compounds.advice import MANY, ending_alike, names_of, nearest, of_class
from amine.compounds.reading import read
from amine.compounds.schema import (
    KINDS,
    Channel,
    Compound,
    Drug,
    Entry,
    Enzyme,
    Family,
    Receptor,
    Source,
    Transmitter,
    Transporter,
)
from amine.errors import AmineError, did_you_mean
from amine.files import read_text
from amine.records import dataclass

if TYPE_CHECKING:
    from amine.given import FilePath

_ORDER = ("transmitter", "drug", "family", "receptor", "transporter", "enzyme", "channel")


@dataclass
class _Catalogue:
    entries: dict[str, dict[str, Entry]] = field(default_factory=lambda: {k: {} for k in _ORDER})
    keys: dict[str, dict[str, str]] = field(default_factory=lambda: {k: {} for k in _ORDER})
    sources: dict[str, Source] = field(default_factory=dict)


_loaded: _Catalogue | None = None


_key = bulk.plain


def _catalogue() -> _Catalogue:
    global _loaded
    if _loaded is None:
        new = _Catalogue()
        for file in sorted(resources.files("amine.compounds").joinpath("data").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".toml"):
                for e in _read(file.read_text(encoding="utf-8"), file.name, new.sources):
                    _put(new, e)
        _loaded = new
    return _loaded


def _read(text: str, name: str, sources: dict[str, Source]) -> list[Entry]:
    """The entries of a file, each checked on its own; its sources are added to ``sources``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise AmineError(f"file '{name}'", f"this is not TOML: {e}") from None
    out: list[Entry] = []
    for kind, tables in data.items():
        if kind == "sources":
            for key, s in tables.items():
                sources[key] = read(Source, s, f"file '{name}', source '{key}'")
        elif kind in KINDS and isinstance(tables, list):
            for t in tables:
                where = f"file '{name}', {kind} '{t.get('id', '?') if isinstance(t, dict) else t}'"
                out.append(read(KINDS[kind], t, where))
        else:
            raise AmineError(f"file '{name}'", f"'{kind}' is not known", hint=did_you_mean(kind, [*KINDS, "sources"]))
    return out


def _put(into: _Catalogue, entry: Entry) -> None:
    kind = entry.kind
    names = [entry.id, entry.name, *entry.aliases]
    for n in names:
        other = into.keys[kind].get(_key(n))
        if other is not None:
            raise AmineError(entry.where, f"the name '{n}' is taken by {kind} '{other}'", hint="choose another")
    into.entries[kind][entry.id] = entry
    into.keys[kind].update(dict.fromkeys(map(_key, names), entry.id))


def targets_of(entry: Entry) -> list[tuple[str, tuple[str, ...]]]:
    """Ids of other entries to which an entry refers, each with the kinds it may have."""
    anything = ("family", "receptor", "transporter", "enzyme", "channel", "transmitter")
    if isinstance(entry, Drug):
        forms = [x.drug for x in (*entry.isomers, *entry.metabolites)]
        return [*((t, anything) for a in entry.actions for t in a.targets), *((d, ("drug",)) for d in forms)]
    if isinstance(entry, Transmitter):
        out = [(r, ("receptor", "family")) for r in entry.receptors]
        out += [(s.enzyme, ("enzyme",)) for s in entry.synthesis if s.enzyme]
        return out + [(r.by, ("transporter", "enzyme")) for r in entry.removal if r.by]
    if isinstance(entry, Receptor):
        return [(a, ("transmitter", "drug")) for a in (*entry.agonists, *entry.coagonists)]
    if isinstance(entry, Family):
        return [(m, ("receptor", "channel")) for m in entry.members]
    return []


def add(*entries: Entry) -> None:
    """Adds entries to the catalogue for this session: all of them, or none if one is refused.

    Parameters
    ----------
    entries : drugs, transmitters, receptors and other entries (:mod:`amine.compounds.schema`).

    Raises
    ------
    AmineError
        A name is taken, or an entry names a receptor, transporter, enzyme or channel that does not exist.

    Examples
    --------
    >>> import amine as am
    >>> am.compounds.add(am.compounds.Drug(id="blocker-1", name="blocker 1", actions=[am.compounds.Action(
    ...     ["NMDA"], "open_channel_blocker",
    ...     [am.compounds.Measurement("IC50", "2 uM", role="potency", source="my laboratory")])]))
    >>> am.compounds.get("Blocker 1").id
    'blocker-1'
    """
    _add(entries, {})


def _add(entries: Iterable[Entry], sources: Mapping[str, Source]) -> None:
    global _loaded
    now = _catalogue()
    new = _Catalogue({k: dict(v) for k, v in now.entries.items()}, {k: dict(v) for k, v in now.keys.items()})
    new.sources = {**sources, **now.sources}
    entries = list(entries)
    for e in entries:
        if not isinstance(e, Entry) or e.kind not in KINDS:
            raise AmineError("compounds.add", "this is not an entry of the catalogue", given=repr(e)[:40])
        _put(new, e)
    for e in entries:
        for target, kinds in targets_of(e):
            if not any(target in new.entries[k] for k in kinds):
                known = [i for k in kinds for i in new.entries[k]]
                raise AmineError(e.where, f"'{target}' is not in the catalogue", hint=did_you_mean(target, known))
    _loaded = new


def load(path: FilePath) -> list[Entry]:
    """Adds the compounds of a TOML file to the catalogue for this session and returns them.

    Parameters
    ----------
    path : a file in the format of the page on compounds.

    Raises
    ------
    AmineError
        The file is missing or damaged, or an entry is refused; nothing is added then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "mine.toml")
    >>> _ = file.write_text('[[drug]]\\nid = "compound_7"\\nname = "compound 7"')
    >>> [e.id for e in load(file)]
    ['compound_7']
    """
    sources: dict[str, Source] = {}
    entries = _read(read_text(path, f"file '{path}'"), str(path), sources)
    _add(entries, sources)
    return entries


# --- finding -----------------------------------------------------------------------------------------------------


def _known(kinds: Iterable[str]) -> tuple[str, ...]:
    """Kinds of entries; raises AmineError for what is none."""
    kinds = tuple(kinds)
    for kind in kinds:
        if kind not in KINDS:
            raise AmineError("compounds", f"kind '{kind}' is not known", hint=did_you_mean(str(kind), KINDS))
    return kinds


def find_entry(name: str, kinds: Iterable[str] = _ORDER) -> Entry | None:
    """The entry with this id, name or alias in the first of ``kinds`` that has one; a drug also of the second tier; None if there is none."""
    now, key, kinds = _catalogue(), _key(str(name)), _known(kinds)
    for kind in kinds:
        if key in now.keys[kind]:
            return now.entries[kind][now.keys[kind][key]]
    return uncurated(str(name)) if "drug" in kinds else None


def uncurated(name: str) -> Drug | None:
    """A ligand of the second tier by name or synonym, as a drug; the curated drug of the same structure if there is one; None if unknown.

    Parameters
    ----------
    name : name or synonym, or ``"GtoPdb NUMBER"``.

    Raises
    ------
    AmineError
        Several ligands have this name.

    Examples
    --------
    >>> uncurated("CGP 62349").id
    'uncurated_cgp_62349'
    """
    found = bulk.ligand(name)
    if found is None:
        return None
    same = curated_twin(found)
    if same is not None:
        return same
    transmitters = _catalogue().entries["transmitter"].values()
    own = any(isinstance(t, Transmitter) and t.inchikey and t.inchikey == found.inchikey for t in transmitters)
    return None if own else bulk.as_drug(found, target_ids())


def curated_twin(found: bulk.Ligand) -> Drug | None:
    """The curated drug with the structure of a ligand of the second tier; None if there is none."""
    for d in _catalogue().entries["drug"].values():
        assert isinstance(d, Drug)
        if d.uncurated:
            continue
        if (d.inchikey and d.inchikey == found.inchikey) or (d.pubchem_cid and d.pubchem_cid == found.cid):
            return d
    return None


def target_ids() -> set[str]:
    """Ids of all entries on which drugs can act."""
    return {i for k in ("family", "receptor", "transporter", "enzyme", "channel") for i in names(k)}


def override(entry: Drug) -> None:
    """Puts an entry in the place of one with its id, for this session."""
    global _loaded
    now = _catalogue()
    kept = {k: {i: e for i, e in v.items() if (k, i) != (entry.kind, entry.id)} for k, v in now.entries.items()}
    keys = {k: {n: i for n, i in v.items() if (k, i) != (entry.kind, entry.id)} for k, v in now.keys.items()}
    new = _Catalogue(kept, keys, now.sources)
    _put(new, entry)
    _loaded = new


def get(name: str, kind: str | None = None) -> Any:
    """An entry by id, name or alias, regardless of case, hyphens and spaces.

    Parameters
    ----------
    name : id, name or alias.
    kind : of entry; None: the first with this name of transmitter, drug, family, receptor, transporter, enzyme, channel.

    Raises
    ------
    AmineError
        There is none; the message suggests the nearest name.

    Examples
    --------
    >>> get("AP5").id, get("glycine").kind, get("glycine", kind="receptor").kind
    ('d_ap5', 'transmitter', 'receptor')
    """
    if kind is not None and kind not in KINDS:
        raise AmineError("compounds", f"kind '{kind}' is not known", hint=did_you_mean(str(kind), KINDS))
    kinds = _ORDER if kind is None else (kind,)
    found = find_entry(name, kinds)
    if found is None:
        raise AmineError("compounds", f"{kind or 'compound'} '{name}' is not known", hint=advice(str(name), kinds))
    return found


def _in_words(target: str) -> str:
    found = find_entry(target, ("family", "receptor", "transporter", "enzyme", "channel", "transmitter"))
    return "" if found is None else found.name


def advice(name: str, kinds: Iterable[str]) -> str:
    """What a name that is not known may have meant, for errors."""
    entries = [e for k in kinds for e in _catalogue().entries[k].values()]
    other = find_entry(name, [k for k in KINDS if k not in ("drug", *kinds)])
    if "drug" in kinds and other is not None:
        bath = f"; net.field('{other.id}', tonic=...) bathes receptors in it" if other.kind == "transmitter" else ""
        return f"'{other.id}' is a {other.kind}{bath}"
    drugs = [e for e in entries if isinstance(e, Drug) and not e.uncurated]
    alike = of_class(name, drugs, _in_words)
    if alike:
        return f"drugs of that class: {', '.join(d.id for d in alike[:MANY])}"
    near = nearest(name, names_of(entries), bulk.known_names() if "drug" in kinds else ())
    ends = ending_alike(name, drugs)
    if near or ends:
        return "; ".join(x for x in (near, ends) if x)
    return f"amine compounds lists what there is; amine compounds search '{name}' looks further"


def drug(name: str) -> Drug:
    """A drug by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> drug("MK-801").name
    'dizocilpine'
    """
    return get(name, "drug")


def transmitter(name: str) -> Transmitter:
    """A transmitter by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> transmitter("5-HT").id
    'serotonin'
    """
    return get(name, "transmitter")


def transporter(name: str) -> Transporter:
    """A transporter by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> transporter("DAT").substrates
    ('dopamine',)
    """
    return get(name, "transporter")


def enzyme(name: str) -> Enzyme:
    """An enzyme by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> enzyme("AChE").ec
    '3.1.1.7'
    """
    return get(name, "enzyme")


def channel(name: str) -> Channel:
    """An ion channel by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> channel("HCN1").id
    'HCN1'
    """
    return get(name, "channel")


def family(name: str) -> Family:
    """A family of receptors or channels by name; raises AmineError, which suggests the nearest name, if there is none.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Examples
    --------
    >>> family("NMDA").members
    ('NMDA_GluN2A', 'NMDA_GluN2B')
    """
    return get(name, "family")


def receptor(name: str) -> Receptor:
    """A receptor by name; the first member of a family by the name of the family.

    Parameters
    ----------
    name : id, name or alias, regardless of case, hyphens and spaces.

    Raises
    ------
    AmineError
        There is none; the message suggests the nearest name.

    Examples
    --------
    >>> receptor("NMDA").id
    'NMDA_GluN2A'
    """
    found = find_entry(name, ("receptor", "family"))
    if isinstance(found, Family):
        found = find_entry(found.members[0], ("receptor",))
    if not isinstance(found, Receptor):
        raise AmineError("compounds", f"receptor '{name}' is not known", hint=advice(str(name), ("receptor", "family")))
    return found


def names(kind: str) -> list[str]:
    """Ids of all entries of a kind.

    Parameters
    ----------
    kind : transmitter, drug, family, receptor, transporter, enzyme or channel.

    Raises
    ------
    AmineError
        The kind is not known.

    Examples
    --------
    >>> "dopamine" in names("transmitter")
    True
    """
    _known([kind])
    return list(_catalogue().entries[kind])


def entries(*kinds: str) -> list[Entry]:
    """Entries of all or some kinds, in the order of the files.

    Parameters
    ----------
    kinds : any of transmitter, drug, family, receptor, transporter, enzyme or channel; none: all.

    Examples
    --------
    >>> {e.kind for e in entries("enzyme", "channel")} == {"enzyme", "channel"}
    True
    """
    now = _catalogue()
    return [e for k in (_known(kinds) or _ORDER) for e in now.entries[k].values()]


def containing(text: str, *kinds: str) -> list[Entry]:
    """Entries whose names, class, notes or targets contain a text.

    Parameters
    ----------
    text : searched for regardless of case.
    kinds : any of transmitter, drug, family, receptor, transporter, enzyme or channel; none: all.

    Examples
    --------
    >>> " ".join(e.id for e in containing("benzodiazepine", "drug")[:2])
    'diazepam midazolam'
    """
    wanted = text.casefold()
    return [e for e in entries(*kinds) if wanted in words_of(e)]


def words_of(e: Entry) -> str:
    """All that is said of an entry in words, in lower case."""
    more = [getattr(e, a, "") for a in ("drug_class", "chemical_class", "location", "reaction", "coupling", "gene")]
    more += [str(x) for x in getattr(e, "genes", ())] + [t for t, _ in targets_of(e)]
    return " ".join([e.id, e.name, *e.aliases, e.notes, *more]).casefold()


def structures() -> set[str | int]:
    """InChIKeys and PubChem numbers of the curated drugs and transmitters."""
    both = [*_catalogue().entries["drug"].values(), *_catalogue().entries["transmitter"].values()]
    curated = [d for d in both if isinstance(d, Compound) and not (isinstance(d, Drug) and d.uncurated)]
    return {x for d in curated for x in (d.inchikey, d.pubchem_cid) if x}


def source(key: str) -> Source:
    """A source by its key; any other text is taken as the citation itself.

    Parameters
    ----------
    key : key of a source.

    Examples
    --------
    >>> source("Destexhe1998").checked
    'code'
    """
    return _catalogue().sources.get(key, Source(cite=key))
