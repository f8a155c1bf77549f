"""Entries of the catalogue as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from amine.compounds import catalogue
from amine.compounds.forms import PHYSIOLOGICAL
from amine.compounds.metabolites import followed, parents
from amine.compounds.schema import (
    Action,
    Channel,
    Compound,
    Drug,
    Entry,
    Enzyme,
    Family,
    Measurement,
    Receptor,
    Transmitter,
    Transporter,
)
from amine.compounds.targets import acting_on, actions_on

FOOTER = (
    "For research and teaching; no clinical claim. Affinities from the IUPHAR/BPS Guide to PHARMACOLOGY, release 2020.5\n"
    "(ODbL, CC BY-SA 4.0), and the papers named. (?) waits for a check against its source."
)


def describe(entry: Entry | str, kind: str | None = None) -> str:
    """Full description of an entry, with conditions and sources, as text for a terminal.

    Parameters
    ----------
    entry : an entry, or its id, name or alias. kind : of entry, if a name has several meanings.

    Raises
    ------
    AmineError
        The name is not in the catalogue.

    Examples
    --------
    >>> print(describe("tiagabine").splitlines()[0])
    tiagabine (tiagabine), drug
    """
    if isinstance(entry, str):
        return describe(catalogue.get(entry, kind))
    used: dict[str, None] = {}
    lines = [f"{entry.name} ({entry.id}), {entry.kind}"]
    if entry.aliases:
        lines.append(f"also called {', '.join(entry.aliases)}")
    if isinstance(entry, Compound):
        lines += _chemistry(entry)
    lines += [""] + _PARTS[entry.kind](entry, used)
    if entry.measurements:
        lines += ["", "numbers"] + _numbers(entry.measurements, used)
    if entry.notes:
        lines += ["", *_wrap(entry.notes, "")]
    if used:
        lines += ["", "sources"]
        for key in sorted(used):
            s = catalogue.source(key)
            lines += _wrap(f"[{key}] {s.cite} (checked: {s.checked})", "  ", "      ")
    return "\n".join([*lines, "", FOOTER])


def _wrap(text: str, first: str, rest: str | None = None, width: int = 110) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=first if rest is None else rest)


def _chemistry(c: Compound) -> list[str]:
    mass = f", {c.molar_mass:g} g/mol" if c.molar_mass else ""
    out = [f"{c.formula}{mass}"] if c.formula else []
    if c.smiles:
        out.append(f"SMILES   {c.smiles}" if len(c.smiles) < 100 else "SMILES   (long; see the data file)")
    if c.sequence:
        out.append(f"sequence {c.sequence}")
    if c.inchikey:
        cid = f"   PubChem {c.pubchem_cid}{' (?)' if c.cid_unverified else ''}" if c.pubchem_cid else ""
        out.append(f"InChIKey {c.inchikey}{cid}")
    return out


def _numbers(measurements: Sequence[Measurement], used: dict[str, None]) -> list[str]:
    """One line for each number: those used by models are marked with a star, unverified ones with (?)."""
    out = []
    for m in measurements:
        used[m.source] = None
        star = "*" if m.role else " "
        text = f"{m}{f', Hill {m.hill:g}' if m.hill else ''}{' (?)' if m.unverified else ''}"
        refs = f", {m.ref.split(',')[0]}{' and others' if ',' in m.ref else ''}" if m.ref.startswith("PMID") else ""
        kind = " ".join(x for x in (m.preparation, m.measure) if x)
        more = "; ".join(x for x in (kind, m.condition, m.note) if x)
        out += _wrap(f"{text}{f'  {more}' if more else ''}  [{m.source}{refs}]", f"  {star} ", "      ")
    return out


def _drug(d: Drug, used: dict[str, None]) -> list[str]:
    out = [d.drug_class] if d.drug_class else []
    for a in d.actions:
        out += ["", f"{', '.join(a.targets)}: {words(a)}"] + _numbers(a.measurements, used)
        if a.needs:
            out += _wrap(f"acts only when given: {a.needs.replace('|', ' or ')} (am.compounds.complete)", "    ")
        if a.default:
            out += _wrap(f"models use *: {a.default}", "    ")
        if a.note:
            out += _wrap(a.note, "    ")
    return out + _forms(d, used)


def _forms(d: Drug, used: dict[str, None]) -> list[str]:
    """Isomers, active metabolites and charge of a drug, and whose metabolite it is."""
    out = [f"isomer {x.drug}, {100 * x.share:g} % of the mixture" for x in d.isomers]
    for m in d.metabolites:
        used[m.source] = None
        kinetics = "" if m in followed(d) else "; no human parameters here, so that doses in milligrams leave it out"
        mark = " (?)" if m.unverified else ""
        out.append(
            f"active metabolite {m.drug}, {100 * m.fraction:g} % of the molecules{mark}: {m.condition} [{m.source}]{kinetics}"
        )
    for x in d.ionisations:
        used[x.source] = None
        mark = " (?)" if x.unverified else ""
        charged = f"{100 * x.charged():.0f} % charged at pH {PHYSIOLOGICAL}"
        out.append(f"{x.kind} of pKa {x.pKa:g}{mark}, {charged}: {x.condition} [{x.source}]")
    out += [f"active metabolite of {p.id}" for p in parents(d.id)]
    return ["", "forms", *(line for x in out for line in _wrap(x, "  ", "      "))] if out else []


def words(action: Action) -> str:
    """The mechanism of an action in words."""
    site = f" at the {action.site} site" if action.site not in ("", "agonist", "pore", "substrate") else ""
    return str(action.mechanism).replace("_", " ").replace("open channel", "open-channel") + site


def _transmitter(t: Transmitter, used: dict[str, None]) -> list[str]:
    out = [f"{t.chemical_class}; {t.sign}; release: {t.release}", "", "synthesis"]
    for s in t.synthesis:
        by = s.enzyme or s.other
        out += _wrap(f"{s.precursor} -> {s.product}{f' by {by}' if by else ''}{f' ({s.note})' if s.note else ''}", "  ")
    pumps = vesicular(t)
    if pumps:
        out += ["storage", f"  in vesicles by {', '.join(p.id for p in pumps)}"]
    out.append("receptors")
    for name in t.receptors:
        r = catalogue.receptor(name)
        k = r.measurement("potency")
        out.append(f"  {r.id:<18}{_kind_of(r):<26}{f'{k}' if k else ''}{' (?)' if k and k.unverified else ''}")
    out.append("uptake and breakdown")
    for x in t.removal:
        km = catalogue.transporter(x.by).measurement("Km") if x.kind == "uptake" and x.by else None
        more = ", ".join(p for p in (str(km) + (" (?)" if km.unverified else "") if km else "", x.note) if p)
        out.append(f"  {x.kind:<11}{x.by or x.other}{f'  {more}' if more else ''}")
    drugs = [d.id for d in acting_on(t.id)]
    if drugs:
        out += [f"drugs that change its amount: {', '.join(drugs)}"]
    return out


def vesicular(t: Transmitter) -> list[Transporter]:
    """Transporters that fill vesicles with a transmitter."""
    found = catalogue.entries("transporter")
    return [p for p in found if isinstance(p, Transporter) and p.location == "vesicles" and t.id in p.substrates]


def _kind_of(r: Receptor) -> str:
    return (
        f"ion channel ({', '.join(i.split(' ')[0] for i in r.ions)})"
        if r.family == "ionotropic"
        else r.coupling or r.family
    )


def _receptor(r: Receptor, used: dict[str, None]) -> list[str]:
    out = [f"{r.family}{f', coupled to {r.coupling}' if r.coupling else ''}; genes {', '.join(r.genes)}"]
    if r.label not in ("", r.id):
        out.append(f"called {r.label} in networks")
    out.append(f"natural agonists: {', '.join(r.agonists)}")
    if r.coagonists:
        out.append(f"co-agonists: {', '.join(r.coagonists)}")
    if r.ions:
        out.append(f"ions: {', '.join(r.ions)}")
    out += _acting(r.id)
    for c in r.consequences:
        used[c.source] = None
        out += _wrap(
            f"{c.where}: {c.target} {c.change}: {c.model_rule} [{c.source}]{' (?)' if c.unverified else ''}",
            "  ",
            "      ",
        )
    for s in r.schemes:
        used[s.source] = None
        out += ["", f"scheme {s.id} [{s.source}]", *(f"    {e}" for e in s.equations)]
        out += _wrap(", ".join(f"{x.name} = {x.value:g} {x.unit}" for x in s.rates), "    ")
        for note in (s.pulse, s.note):
            out += _wrap(note, "    ")
    return out


def _acting(target: str) -> list[str]:
    drugs = [f"{d.id} ({words(actions_on(d, target)[0])})" for d in acting_on(target)]
    return _wrap(f"drugs: {', '.join(drugs)}", "", "    ") if drugs else []


def _family(f: Family, used: dict[str, None]) -> list[str]:
    first = f"{f.members[0]} gives the defaults"
    return [
        f"members: {', '.join(f.members)}; {first}",
        *_acting(f.id),
        f"amine compounds show {f.members[0]} shows the first",
    ]


def _transporter(t: Transporter, used: dict[str, None]) -> list[str]:
    return [f"{t.gene}; {t.location}", f"substrates: {', '.join(t.substrates)}", *_acting(t.id)]


def _enzyme(e: Enzyme, used: dict[str, None]) -> list[str]:
    return [f"EC {e.ec}; genes {', '.join(e.genes)}", e.reaction, *_acting(e.id)]


def _channel(c: Channel, used: dict[str, None]) -> list[str]:
    return [f"genes {', '.join(c.genes)}; ions {', '.join(c.ions)}", *_acting(c.id)]


_PARTS = {
    "drug": _drug,
    "transmitter": _transmitter,
    "receptor": _receptor,
    "family": _family,
    "transporter": _transporter,
    "enzyme": _enzyme,
    "channel": _channel,
}


def table(entries: Iterable[Entry]) -> str:
    """Entries as a text table, one line each, under a heading for each kind.

    Parameters
    ----------
    entries : entries of the catalogue.

    Examples
    --------
    >>> print(table([catalogue.get("tiagabine")]).splitlines()[0])
    drugs
    """
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for e in entries:
        rows.setdefault(e.kind, []).append((e.id, *_row(e)))
    width = max((len(r[0]) for each in rows.values() for r in each), default=0)
    middle = min(44, max((len(r[1]) for each in rows.values() for r in each), default=0))
    out = []
    for kind, each in rows.items():
        out.append(_PLURAL.get(kind, kind + "s"))
        out += [f"  {a:<{width}}  {b:<{middle}}  {c}".rstrip() for a, b, c in each]
    return "\n".join(out)


_PLURAL = {"family": "families of receptors and channels"}


def _row(e: Entry) -> tuple[str, str]:
    match e:
        case Drug():
            return e.drug_class, ", ".join(dict.fromkeys(t for a in e.actions for t in a.targets))
        case Transmitter():
            return e.chemical_class, ", ".join(e.receptors)
        case Receptor():
            return _kind_of(e), ", ".join(e.agonists)
        case Transporter():
            return e.name, ", ".join(e.substrates)
        case Enzyme():
            return e.name, e.reaction
        case Family():
            return e.name, ", ".join(e.members)
        case Channel():
            return e.name, ", ".join(e.ions)
        case _:
            return e.name, ""
