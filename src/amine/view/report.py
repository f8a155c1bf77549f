"""Report of a run as a self-contained HTML page."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from amine.errors import AmineError
from amine.files import write_text
from amine.view.pages import document, replayed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.given import FilePath
    from amine.network.network import Network
    from amine.results.run import Run
WINDOW = 1000.0  # ms of the raster and of the recorded spikes


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
    state = "" if run.complete else ", stopped early"
    neurons = sum(n for _, _, n in run.spikes.populations)
    lead = f"{neurons:,} neurons, {run.info.get('n_synapses', 0):,} synapses; {run.duration:g} ms simulated{state}."
    first = max(0.0, min(start, run.duration), run.duration - WINDOW)
    remark = f"<p>{html.escape(str(net.notes['remark']))}</p>" if "remark" in net.notes else ""
    parts = [
        f"<p class='lead'>{lead}</p><h2>Spikes</h2>"
        + _replayed(run, max(0.0, run.duration - WINDOW))
        + _figure(run.raster(start=first), "Spikes of some neurons, and population rates."),
        "<h2>Rates and statistics</h2>"
        + _statistics(run, published, start)
        + remark
        + _figure(run.rates(start, published), "Rates of single neurons.")
        + _figure(run.irregularity(start), "Irregularity: 0 for a clock, 1 for a Poisson process.")
        + _figure(
            run.correlation(start), "Correlation of spike counts in bins of 5 ms, up to 200 neurons a population."
        ),
    ]
    if run.probes:
        parts.append("<h2>Traces</h2>" + _figure(run.traces(), ""))
    if run.slow:
        parts.append("<h2>Chemistry</h2>" + _figure(run.chemistry(), "Concentrations, and occupancies of receptors."))
    parts.append(described(net))
    parts.append("<h2>Where this comes from</h2>" + _provenance(run))
    return document(net.name or "Network", "report", parts)


def described(net: Network) -> str:
    """The tables that describe a network."""
    tables = [f"<h3>{html.escape(h)}</h3>{table(header, rows)}" for h, header, rows in net.describe_sections()]
    return "<h2>Description</h2>" + "".join(tables)


def _replayed(run: Run, start: float) -> str:
    """The last second of the spikes, which sweep over the figure again; empty where there are none."""
    populations = [p for p in run.spikes.populations if p[0] in run.spikes]
    trains = [(run.spikes[name].between(start, run.duration), first) for name, first, _ in populations]
    times = np.concatenate([t.times for t, _ in trains] or [np.zeros(0)])
    ids = np.concatenate([t.indices + first for t, first in trains] or [np.zeros(0, np.int64)])
    if not times.size:
        return ""
    order = np.argsort(times, kind="stable")
    caption = "The last second, recorded: run it again, or move through it."
    return replayed({"live": (times[order], ids[order])}, populations, start, run.duration, caption)


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
