"""Networks and models in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from amine.equations.mathml import mathml_lines, name_mathml
from amine.errors import AmineError
from amine.models.multicompartment import Cable
from amine.network.describe import sections, value_text
from amine.view.inline import Html, box, heading, paragraph, svg_image, table, text
from amine.view.networks import circuit
from amine.view.report import number

if TYPE_CHECKING:
    from amine.models.model import Model
    from amine.network.network import Network

MOST_ROWS = 16
_LONG = re.compile(r"(?<![\w.])\d+\.\d{6,}(?![\w.])")
MOST_EQUATIONS = 40_000  # characters of MathML; beyond, equations are shown as text


def network(net: Network) -> str:
    """Drawing, populations and projections, and the size that is expected."""
    size = net.estimate()
    lead = f"{size['neurons']:,} neurons, {size['synapses']:,} synapses expected"
    lead += f", {size['gap_junctions']:,} gap junctions" if size["gap_junctions"] else ""
    lead += f"; {_bytes(size['bytes'])} in float32; time step {net.dt:g} ms, seed {net.seed}"
    parts = [svg_image(circuit(net), f"Drawing of the network {net.name}")]
    for title, header, rows in sections(net):
        if title[0] in "BCG":
            cut, shown = _columns(header, rows)
            parts += [heading(title.partition(". ")[2]), table(cut, shown, most=MOST_ROWS)]
    return box(net.name or "Network", lead, *parts)


def _columns(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[list[str], list[list[str]]]:
    """Columns that say something: those whose cells are not all the same default."""
    plain = ("", "–", "constant", "receptor", "1 step")
    keep = [k for k in range(len(header)) if k < 2 or any(row[k] not in plain for row in rows)]
    return [header[k] for k in keep], [[_short(row[k]) for k in keep] for row in rows]


def _short(words: str) -> str:
    """Numbers with at most five digits after the point."""
    return _LONG.sub(lambda m: f"{float(m.group()):.6g}", words)


def _bytes(n: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if n < 1000 or unit == "GB":
            return f"{n:.3g} {unit}" if unit != "bytes" else f"{n} bytes"
        n = round(n / 1000) if n >= 10_000 else n // 1000
    return ""


def model(m: Model) -> str:
    """Equations, parameters with their meaning, and the source."""
    header = ("Parameter", "Value", "Meaning")
    meaning = any(m.symbols.get(n) for n in m.parameters)
    rows = [
        (Html(f"<math>{name_mathml(n)}</math>"), value_text(v), *([m.symbols.get(n, "")] if meaning else []))
        for n, v in m.parameters.items()
    ]
    parts = [paragraph(m.doc), _equations(m)]
    parts += [heading("Parameters"), table(header[: 3 if meaning else 2], rows)] if rows else []
    if m.receptors:
        parts += [heading("Receptors"), table(("Label", "Model"), [(k, r.name) for k, r in m.receptors.items()])]
    parts += [heading("Source"), paragraph(m.source)] if m.source else []
    return box(m.name, f"{m.kind} model", *parts)


def _equations(m: Model) -> str:
    """Equations as MathML, or as they were written where that is impossible or long."""
    lines: Iterable[str] = ()
    if m.kind != "source":
        try:
            models = [x.model for x in m.layers] if isinstance(m, Cable) else [m]
            lines = dict.fromkeys(line for one in models for line in mathml_lines(one.parsed))
        except AmineError:
            pass
    made = "".join(f'<div style="margin:.35em 0">{line}</div>' for line in lines)
    if made and len(made) <= MOST_EQUATIONS:
        return f'<div style="margin:.5em 0;font-size:15px">{made}</div>'
    style = "font-size:13px;margin:.5em 0;white-space:pre-wrap;color:#222;background:#fff"
    return f'<pre style="{style}">{text(m.equations.strip(), 6000)}</pre>' if m.equations.strip() else ""


def quantity(x: float, unit: str = "", digits: int = 3) -> str:
    """A number with its unit."""
    return f"{number(x, digits)} {unit}".strip()


__all__ = ["model", "network", "quantity"]
