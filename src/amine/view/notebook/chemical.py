"""Entries of the catalogue of compounds in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from amine.compounds import catalogue
from amine.compounds.schema import Compound, Drug, Entry, Measurement, Receptor, Transmitter
from amine.compounds.text import FOOTER, describe, words
from amine.errors import AmineError
from amine.view.inline import Html, box, heading, paragraph, svg_image, table, text
from amine.view.structures import structure

if TYPE_CHECKING:
    from amine.compounds.profile import Held, Profile

MOST_ROWS = 30


def entry(e: Entry) -> str:
    """Formula and structure of a compound, numbers with conditions and sources; other entries as their text."""
    lead = e.kind + (f"; also called {', '.join(e.aliases)}" if e.aliases else "")
    parts: list[str] = []
    if isinstance(e, Compound):
        parts += [_chemistry(e), drawing(e)]
    if isinstance(e, Drug):
        parts += _drug(e)
    elif isinstance(e, Transmitter):
        rows = [(n, _best(catalogue.receptor(n))) for n in e.receptors]
        parts += [heading("Receptors"), table(("Receptor", "Affinity"), rows, most=MOST_ROWS)]
    elif not isinstance(e, Compound):
        style = "font-size:13px;white-space:pre-wrap;color:#222;background:#fff"
        parts.append(f'<pre style="{style}">{text(describe(e), 8000)}</pre>')
    if e.measurements and isinstance(e, Compound):
        parts += [heading("Numbers"), table(_HEADER[1:], [_row(m) for m in e.measurements], most=MOST_ROWS)]
    parts += [paragraph(e.notes)] if isinstance(e, Compound) else []
    return box(e.name, lead, *parts, paragraph(FOOTER.replace("\n", " ") if isinstance(e, Compound) else ""))


_HEADER = ("Target", "Number", "Condition", "Source")


def drawing(c: Compound, width: int = 300) -> str:
    """Structure as an image; empty if none is known or RDKit is not installed."""
    try:
        svg = structure(c)
    except AmineError:
        return ""
    return svg_image(str(svg), f"Structure of {c.name}", width) if len(str(svg)) < 45_000 else ""


def _chemistry(c: Compound) -> str:
    mass = f"{c.molar_mass:g} g/mol" if c.molar_mass else ""
    cid = f"PubChem {c.pubchem_cid}{' (?)' if c.cid_unverified else ''}" if c.pubchem_cid else ""
    words = [_formula(c.formula), text(mass), text(c.inchikey), text(cid)]
    return f'<div style="margin:.3em 0">{" &#183; ".join(w for w in words if w)}</div>'


def _formula(formula: str) -> str:
    return "".join(f"<sub>{text(c)}</sub>" if c.isdigit() else text(c) for c in formula)


def _drug(d: Drug) -> list[str]:
    rows: list[tuple[object, ...]] = []
    for a in d.actions:
        where = f"{', '.join(a.targets)}: {words(a)}"
        numbers = [_row(m) for m in a.measurements] or [("", "", "")]
        rows += [((where if k == 0 else ""), *row) for k, row in enumerate(numbers)]
    title = d.drug_class or "Actions"
    return [heading(title), table(_HEADER, rows, most=MOST_ROWS)] if rows else []


def _row(m: Measurement) -> tuple[object, ...]:
    """Number, condition and source; a number that models use is bold, an unverified one has (?)."""
    number = text(f"{m}{f', Hill {m.hill:g}' if m.hill else ''}{' (?)' if m.unverified else ''}")
    more = "; ".join(x for x in (m.condition, m.note) if x)
    return Html(f"<b>{number}</b>" if m.role else number), more, m.source


def _best(r: Receptor) -> str:
    k = r.measurement("potency")
    return f"{k}{' (?)' if k.unverified else ''}" if k else ""


def profile(p: Profile) -> str:
    """Occupancies of a drug's targets as bars."""
    rows = [(r.target, r.mechanism.replace("_", " "), f"{r.quantity} {r.potency:.3g} uM", _bar(r)) for r in p.rows]
    lead = f"occupancy at {p.concentration:g} uM, in equilibrium and without competitors"
    return box(p.drug, lead, table(("Target", "Action", "Potency", "Occupancy"), rows, most=MOST_ROWS))


def _bar(r: Held) -> Html:
    wide = round(120 * min(max(r.occupancy, 0.0), 1.0))
    style = f"display:inline-block;height:.7em;width:{wide}px;background:#0072B2;margin-right:.4em"
    marks = "".join(f" {text(x)}" for x in ([] if r.curated else ["uncurated"]) + (["(?)"] if r.unverified else []))
    return Html(f'<span style="{style}"></span>{100 * r.occupancy:.1f} %{marks}')


def sources(measurements: Sequence[Measurement]) -> list[str]:
    """Citations of measurements, each once."""
    keys = dict.fromkeys(m.source for m in measurements if m.source)
    return [catalogue.source(k).cite for k in keys]


__all__ = ["drawing", "entry", "profile", "sources"]
