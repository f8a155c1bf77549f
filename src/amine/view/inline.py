"""Pieces of HTML for notebooks: styles stand at each element, because a notebook may drop style sheets; no scripts, no links."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "font:14px/1.45 system-ui,-apple-system,'Segoe UI',sans-serif"
MUTED = "#5b5b5b"
MOST = 400  # characters of a cell of a table
_CELL = "padding:.2em 1em .2em 0;vertical-align:baseline;border:0;border-bottom:1px solid #e6e6e6;background:#fff;color:#222"


def text(x: object, most: int = MOST) -> str:
    """Text for HTML, shortened where it is long."""
    words = str(x)
    return html.escape(words if len(words) <= most else words[: most - 1] + "…")


def box(title: object, lead: object, *parts: str) -> str:
    """A frame with a title, a line below it, and pieces of HTML."""
    head = f'<div style="font-weight:600;font-size:16px">{text(title, 200)}</div>'
    line = f'<div style="color:{MUTED};margin-bottom:.5em">{text(lead, 1000)}</div>' if str(lead) else ""
    style = f"{FONT};color:#222;background:#fff;padding:.6em .8em;max-width:60em;overflow-x:auto"
    return f'<div style="{style}">{head}{line}{"".join(parts)}</div>'


def heading(words: object) -> str:
    """A small heading."""
    return f'<div style="font-weight:600;margin:.8em 0 .2em">{text(words)}</div>'


def paragraph(words: object, most: int = 1500) -> str:
    """A paragraph of small text."""
    return f'<div style="color:{MUTED};font-size:13px;margin:.4em 0">{text(words, most)}</div>' if str(words) else ""


def table(header: Sequence[object], rows: Sequence[Sequence[object]], numbers: int = 0, most: int = 40) -> str:
    """A table whose columns from ``numbers`` on hold numbers (0: none); rows beyond ``most`` are counted."""

    def line(tag: str, row: Sequence[object]) -> str:
        cells = []
        for k, x in enumerate(row):
            align = "right;font-variant-numeric:tabular-nums" if numbers and k >= numbers else "left"
            weight = ";font-weight:600" if tag == "th" else ""
            cells.append(f'<{tag} style="{_CELL};text-align:{align}{weight}">{cell(x)}</{tag}>')
        return f'<tr style="background:#fff">{"".join(cells)}</tr>'

    head = f"<thead>{line('th', header)}</thead>" if any(map(str, header)) else ""
    body = "".join(line("td", row) for row in rows[:most])
    rest = paragraph(f"and {len(rows) - most} more") if len(rows) > most else ""
    style = "border-collapse:collapse;font-size:13px;margin:.3em 0"
    return f'<table style="{style}">{head}<tbody>{body}</tbody></table>{rest}'


class Html(str):
    """A cell of a table that is HTML already."""


def cell(x: object) -> str:
    """A cell: HTML as it is, anything else as text."""
    return x if isinstance(x, Html) else text(x)


def svg_image(svg: str, alt: str, width: int | None = None) -> str:
    """A picture in SVG as an image, in which no script runs."""
    data = base64.b64encode(svg.encode()).decode()
    wide = f"width:{width}px;" if width else ""
    return f'<img alt="{html.escape(alt)}" style="{wide}max-width:100%;height:auto" src="data:image/svg+xml;base64,{data}">'


def png_image(fig: Figure, alt: str, width: int = 720, most: int = 60_000) -> str:
    """A figure as an image of at most ``most`` bytes: of fewer colours, then smaller."""
    from PIL import Image  # comes with Matplotlib

    data = b""
    for dpi in (110, 90, 70, 50, 35):
        out = io.BytesIO()
        fig.savefig(out, format="png", dpi=dpi)
        few = io.BytesIO()
        Image.open(out).convert("RGB").quantize(64).save(few, format="png", optimize=True)
        data = few.getvalue()
        if len(data) <= most:
            break
    source = base64.b64encode(data).decode()
    return f'<img alt="{html.escape(alt)}" style="width:{width}px;max-width:100%;height:auto" src="data:image/png;base64,{source}">'


__all__ = [
    "FONT",
    "MUTED",
    "Html",
    "box",
    "cell",
    "heading",
    "paragraph",
    "png_image",
    "svg_image",
    "table",
    "text",
]
