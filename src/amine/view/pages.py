"""Pages in one look, that of the lab: reports of runs, and spikes that are swept again in them."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np

from amine.view.frames import pack

MODULES = ("draw.js", "frames.js", "replay.js")  # each after those that it uses
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
ROWS, DOTS = 2000, 100_000  # most neurons and spikes that a page holds
STYLE = """
main { max-width: 66rem; margin: 0 auto; padding: .8rem 1rem 2rem; width: 100%; }
main > section { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; margin: 0 0 .8rem; }
main h2 { font-size: 1.02rem; margin: 0 0 .4rem; color: var(--accent); } main h3 { font-size: .95rem; margin: .9rem 0 .2rem; }
main p { margin: 0 0 .5rem; } .lead { font-size: 1.05rem; } .small { font-size: .86rem; color: var(--soft); }
figure { margin: .4rem 0 1rem; } figure img { max-width: 100%; height: auto; background: #fff; border-radius: .4rem; }
figcaption { color: var(--soft); font-size: .86rem; } .wide { overflow-x: auto; }
.replaying { display: flex; gap: .7rem; align-items: center; margin: .3rem 0; } .replaying input { flex: 1; } .replaying output { min-width: 5.5rem; font-variant-numeric: tabular-nums; }
@media print { .replaying { display: none; } main > section { border: 0; break-inside: avoid; } }
"""
Spikes = tuple[np.ndarray, np.ndarray]  # times (ms) in their order, ids of neurons


def files() -> dict[str, bytes]:
    """Style and modules of all pages by name."""
    folder = resources.files("amine.view") / "page"
    return {f.name: f.read_bytes() for f in folder.iterdir() if f.name.endswith((".css", ".js"))}


def plain(module: str) -> str:
    """A module without its imports and exports, to stand among others in one text."""
    module = re.sub(r"^import .*?;\n", "", module, flags=re.M)
    return re.sub(r"^export ", "", module, flags=re.M)


def document(title: str, kind: str, parts: Sequence[str]) -> str:
    """A page of sections as one text that needs nothing else.

    Parameters
    ----------
    title : of the page. kind : the word beside the name. parts : HTML of its sections.
    """
    found = {n: x.decode() for n, x in files().items()}
    body = "\n".join(f"<section>{p}</section>" for p in parts)
    moves = any('class="replay"' in p for p in parts)
    program = "\n".join(plain(found[m]) for m in MODULES) if moves else ""
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{POLICY}\">"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'><title>{html.escape(title)}</title>"
        f"<style>{found['look.css']}{STYLE}</style></head><body>"
        f"<header><span class='brand'>amine <b>{html.escape(kind)}</b></span><h1>{html.escape(title)}</h1></header><main>{body}</main>"
        + (f'<script type="module">{program}</script>' if program else "")
        + "</body></html>"
    )


def replayed(
    lanes: Mapping[str, Spikes], populations: Sequence[tuple[str, int, int]], start: float, stop: float, caption: str
) -> str:
    """Figure of recorded spikes, which sweep over it again at a touch.

    Parameters
    ----------
    lanes : spikes of the network as ``"live"``, and of a copy to be compared with it as ``"ghost"``.
    populations : name, first id and number of neurons of each.
    start, stop : ms.
    caption : what stands below.
    """
    total = sum(n for _, _, n in populations)
    spikes = max((t.size for t, _ in lanes.values()), default=0)
    most = min(ROWS, total, max(1, int(total * DOTS / max(spikes, 1))))
    rows, listed, at = np.full(max((f + n for _, f, n in populations), default=0), -1, np.int64), [], 0
    for name, first, n in populations:
        chosen = np.unique(np.linspace(0, n - 1, n if total <= most else max(1, round(most * n / total))).astype(int))
        rows[first + chosen] = at + np.arange(chosen.size)
        listed.append({"name": name, "neurons": n, "rows": chosen.size})
        at += chosen.size
    arrays = {}
    for lane, (times, ids) in lanes.items():
        row = rows[ids]
        drawn = row >= 0
        arrays[f"{lane}.t"] = (times[drawn] - start).astype(np.float32)
        arrays[f"{lane}.row"] = row[drawn].astype(np.uint16)
    data = base64.b64encode(pack({"start": start, "stop": stop, "populations": listed}, arrays)).decode()
    script = f'<script type="application/octet-stream">{data}</script>'
    return f'<figure class="replay">{script}<figcaption>{html.escape(caption)}</figcaption></figure>'


__all__ = ["POLICY", "document", "files", "plain", "replayed"]
