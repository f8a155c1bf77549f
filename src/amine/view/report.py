"""Report of a run as a self-contained HTML page."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from amine.errors import AmineError
from amine.files import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath
    from amine.results.run import Run

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: 14px } th, td { padding: .25rem .8rem .25rem 0; text-align: left; vertical-align: top;
 border-bottom: 1px solid #eee } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
img { max-width: 100%; height: auto } figure { margin: 1rem 0 } figcaption { color: #666; font-size: 13px } code { font-size: 13px; overflow-wrap: anywhere }
.wide { overflow-x: auto }
"""


def picture(fig: Figure) -> str:
    """Figure as an inline HTML image."""
    out = io.BytesIO()
    fig.savefig(out, format="png", dpi=144)
    return f'<img src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}" alt="">'


def table(header: tuple[str, ...], rows: Sequence[tuple[object, ...]], numbers: int = 0) -> str:
    """HTML table whose columns from ``numbers`` on hold numbers (0: none)."""

    def cell(tag: str, k: int, x: object) -> str:
        mark = ' class="number"' if numbers and k >= numbers else ""
        return f"<{tag}{mark}>{html.escape(str(x))}</{tag}>"

    def line(tag: str, row: tuple[object, ...]) -> str:
        return "<tr>" + "".join(cell(tag, k, x) for k, x in enumerate(row)) + "</tr>"

    head = line("th", header) if any(header) else ""
    return f'<div class="wide"><table>{head}{"".join(line("td", r) for r in rows)}</table></div>'


def number(x: float | None, digits: int = 3) -> str:
    """Number as text for a table; a dash for a missing one."""
    return "–" if x is None or not math.isfinite(x) else f"{x:.{digits}g}" if abs(x) < 1000 else f"{x:,.0f}"


def page(run: Run, published: Mapping[str, float] | None, start: float) -> str:
    """HTML page of a run."""
    net = run.network
    title = html.escape(net.name or "Network")
    state = "" if run.complete else ", stopped early"
    parts = [
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>{title}</title>"
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{sum(n for _, _, n in run.spikes.populations):,} neurons, {run.info.get('n_synapses', 0):,} synapses; {run.duration:g} ms simulated{state}.</p>"
    ]
    parts += [
        "<h2>Spikes</h2>",
        _figure(
            run.raster(start=max(0.0, min(start, run.duration), run.duration - 1000.0)),
            "Spikes of some neurons, and population rates.",
        ),
    ]
    parts += [
        "<h2>Rates and statistics</h2>",
        _statistics(run, published, start),
        f"<p>{html.escape(str(net.notes['remark']))}</p>" if "remark" in net.notes else "",
        _figure(run.rates(start, published), "Rates of single neurons."),
        _figure(run.irregularity(start), "Irregularity: 0 for a clock, 1 for a Poisson process."),
        _figure(run.correlation(start), "Correlation of spike counts in bins of 5 ms, up to 200 neurons a population."),
    ]
    if run.probes:
        parts += ["<h2>Traces</h2>", _figure(run.traces(), "")]
    if run.slow:
        parts += ["<h2>Chemistry</h2>", _figure(run.chemistry(), "Concentrations, and occupancies of receptors.")]
    parts.append("<h2>Description</h2>")
    for heading, header, rows in net.describe_sections():
        parts += [f"<h3>{html.escape(heading)}</h3>", table(header, rows)]
    parts += ["<h2>Where this comes from</h2>", _provenance(run), "</body></html>"]
    return "\n".join(parts)


def _figure(fig: Figure, caption: str) -> str:
    return f"<figure>{picture(fig)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _statistics(run: Run, published: Mapping[str, float] | None, start: float) -> str:
    rows = []
    for name, s in run.statistics(start).items():
        row: tuple[object, ...] = (name, f"{s['neurons']:,}", f"{s['spikes']:,}", number(s["rate"]))
        row += (number(published.get(name)),) if published else ()
        rows.append((*row, number(s["cv"]), number(s["fano"]), number(s["correlation"], 2)))
    header = (
        "Population",
        "Neurons",
        "Spikes",
        "Rate (Hz)",
        *(("Published (Hz)",) if published else ()),
        "CV of intervals",
        "Fano factor",
        "Correlation",
    )
    note = f"<p>Without the first {start:g} ms.</p>" if start > 0 else ""
    return note + table(header, rows, numbers=1)


def _provenance(run: Run) -> str:
    i, per = run.info, run.seconds
    rows = [
        ("Seed", run.network.seed),
        ("Network hash", i.get("network_hash", "–")),
        ("Spike hash", run.spikes.hash()),
        ("Date", i.get("date", "–")),
        ("Machine", i.get("machine", "–")),
        ("Threads, precision", f"{i.get('threads', '–')}, {i.get('precision', '–')}"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in i.get("versions", {}).items())),
    ]
    rows += [(f"Time to {k}", f"{v:.3g} s") for k, v in per.items()]
    rows.append(("Peak memory", f"{i.get('peak_memory_mb', 0):,.0f} MB"))
    return table(("", ""), rows)


def write(run: Run, path: FilePath, published: Mapping[str, float] | None, start: float, overwrite: bool) -> Path:
    """Write the page atomically; raises AmineError if the file exists and ``overwrite`` is not set."""
    target = Path(path)
    if target.exists() and not overwrite:
        raise AmineError(f"report '{target}'", "it exists", hint="choose another name or pass overwrite=True")
    text = page(run, published, start)
    write_text(target, text, f"report '{target}'", parents=True)
    return target
