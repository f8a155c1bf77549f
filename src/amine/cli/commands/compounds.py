"""``amine compounds``: lists the catalogue, shows an entry and draws structures and pathways."""

from __future__ import annotations

import json
from pathlib import Path

from amine import view
from amine.compounds import catalogue, finding
from amine.compounds.profile import profile_of
from amine.compounds.schema import Compound, Entry, Transmitter
from amine.compounds.targets import acting_on
from amine.compounds.text import FOOTER, describe, table
from amine.errors import AmineError

load = catalogue.load


def listing(find: str | None, acts_on: str | None, kind: str | None) -> None:
    """Print the entries that a text, a target of drugs and a kind leave."""
    if kind is not None:
        catalogue.names(kind)
    kinds = () if kind is None else (kind,)
    found = catalogue.containing(find, *kinds) if find is not None else catalogue.entries(*kinds)
    if acts_on is not None:
        acting = {d.id for d in acting_on(acts_on)}
        found = [e for e in found if e.kind == "drug" and e.id in acting]
    print(table(found) if found else "nothing found")
    print(f"\n{FOOTER}")


def show(name: str, kind: str | None, out: Path | None) -> None:
    """Print one entry and, if a file is given, draw it."""
    entry = catalogue.get(name, kind)
    written = [] if out is None else _draw(entry, out)
    print(describe(entry))
    for w in written:
        print(f"picture: {w}")


def search(
    query: str, structure: str | None, similar: str | None, kind: str | None, curated: bool, limit: int, as_json: bool
) -> None:
    """Print entries that fit a query, best first."""
    kinds = () if kind is None else (kind,)
    found = finding.search(query, structure=structure, similar=similar, kinds=kinds, uncurated=not curated, limit=limit)
    if as_json:
        print(json.dumps([h.to_dict() for h in found], indent=1, ensure_ascii=False))
        return
    print(finding.hits_table(found) if found else "nothing found")
    print(f"\n{FOOTER}")


def profile(name: str, at: str, uncurated: bool, out: Path | None, as_json: bool) -> None:
    """Print the occupancies of a drug's targets and, if a file is given, draw them."""
    found = profile_of(name, at, uncurated=uncurated)
    if out is not None:
        if out.suffix.lower() not in (".svg", ".png", ".pdf"):
            raise AmineError(f"file '{out}'", "pictures are written as .svg, .png or .pdf")
        view.selectivity(found).savefig(out)
    if as_json:
        rows = [r.to_dict() for r in found.rows]
        print(json.dumps({"drug": found.drug, "concentration_uM": found.concentration, "targets": rows}, indent=1))
        return
    print(found)
    if out is not None:
        print(f"\npicture: {out}")
    print(f"\n{FOOTER}")


def _draw(entry: Entry, out: Path) -> list[Path]:
    """Files with the structure of a compound and, of a transmitter, its pathway."""
    if not isinstance(entry, Compound):
        raise AmineError(entry.where, "it has no structure to draw", hint="leave out -o")
    if out.suffix.lower() not in (".svg", ".png"):
        raise AmineError(f"file '{out}'", "pictures are written as .svg or .png")
    written = []
    if entry.smiles or not isinstance(entry, Transmitter):
        written.append(view.structure(entry, out))
    if isinstance(entry, Transmitter):
        beside = out.with_name(f"{out.stem}-pathway{out.suffix}")
        view.pathway(entry, beside)
        written.append(beside)
    return written
