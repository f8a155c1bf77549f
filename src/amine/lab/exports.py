"""What a page gives away beside its script: a notebook, a report and a vector picture."""

from __future__ import annotations

import html
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from amine.lab.numbers import WINDOW
from amine.lab.session import GHOST, LIVE
from amine.results.spikes import SpikeTrain
from amine.view.inline import svg_image
from amine.view.pages import document, replayed
from amine.view.raster import draw
from amine.view.report import described, number, picture, table
from amine.view.style import colour, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from amine.lab.controls import Control
    from amine.lab.lane import Lane
    from amine.lab.open import Opened
    from amine.lab.session import Session

NAMES = {LIVE: "network", GHOST: "copy"}


def notebook(opened: Opened) -> str:
    """The script of the page as a notebook: what it is, the network, what was set and when, the check of the digest, the raster."""
    words = opened.words
    lines = opened.script().strip().split("\n")
    made = next(k for k, line in enumerate(lines) if line == "sim = net.loop()")
    last = next(k for k, line in enumerate(lines) if line == "run = sim.run()")
    about = [f"# {words.get('title', opened.name)}", str(words.get("goal", "")), str(words.get("question", ""))]
    cells = [
        _cell("markdown", "\n\n".join(filter(None, about))),
        _cell("code", "\n".join(lines[:made])),
        _cell("code", "\n".join(lines[made:last])),
        _cell("code", "\n".join(lines[last:])),
        _cell("code", "run"),
    ]
    for k, c in enumerate(cells):
        c["id"] = f"cell-{k}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )


def _cell(kind: str, text: str) -> dict[str, Any]:
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": text, **code}


def svg(session: Session) -> str:
    """Spikes and rates of the last second of the live network, as a vector picture."""
    return _saved(_raster(session.live), "svg")


def _raster(lane: Lane) -> Figure:
    now = lane.loop.time
    times, ids = lane.recent.spikes(now)
    start = max(lane.recent.began, now - WINDOW)
    trains = {}
    for name, first, n in lane.recent.populations:
        chosen = (ids >= first) & (ids < first + n)
        trains[name] = SpikeTrain(name, times[chosen], ids[chosen] - first, n, now)
    return draw(trains, start, now, 400)


def _saved(fig: Figure, kind: str) -> str:
    out = io.StringIO()
    fig.savefig(out, format=kind)
    return out.getvalue()


def report(opened: Opened) -> str:
    """A page of what was done and seen: goal, what was set, numbers, recorded spikes, response, description, script."""
    s, words = opened.session, opened.words
    title = str(words.get("title", s.described.name or "Network"))
    sections = [
        _beginning(opened),
        _numbers(s),
        _recorded(s),
        _response(s),
        described(s.described),
        _origin(opened),
    ]
    return document(title, "lab", [x for x in sections if x])


def _beginning(opened: Opened) -> str:
    words, s = opened.words, opened.session
    said = "".join(
        f"<p{kind}>{html.escape(str(words[k]))}</p>"
        for k, kind in (("goal", " class='lead'"), ("question", ""))
        if k in words
    )
    drawing = svg_image(opened.drawing, "The network", 420)
    dt = s.described.dt
    rows = [(f"{e.step * dt:g}", e.name, e.value) for e in s.live.log]
    done = table(("Time (ms)", "Value", "Set to"), rows) if rows else "<p>Nothing was set.</p>"
    copied = (
        "" if s.marked is None else f"<p>A copy with the same random numbers runs on since {s.marked.time:g} ms.</p>"
    )
    return f"{said}<figure>{drawing}</figure><h2>What was done</h2>{done}{copied}<p>{s.time:g} ms of the network in all.</p>"


def _numbers(s: Session) -> str:
    rows = []
    for lane, name in NAMES.items():
        if lane in s.lanes:
            for p, x in s.lanes[lane].recent.numbers(s.time).items():
                rows.append((name, p, number(x["rate"]), number(x["cv"]), number(x["rhythm"])))
    header = ("", "Population", "Rate (Hz)", "CV of intervals", "Rhythm (Hz)")
    return "<h2>Numbers of the last second</h2>" + table(header, rows, 2)


def _recorded(s: Session) -> str:
    lanes = {name: lane.recent.spikes(s.time) for name, lane in s.lanes.items()}
    if not any(t.size for t, _ in lanes.values()):
        return ""
    start = max(s.live.recent.began, s.time - WINDOW)
    caption = "The last second, recorded: run it again, or move through it." + (
        " Below the copy, in grey." if GHOST in lanes else ""
    )
    moving = replayed(lanes, s.live.recent.populations, start, s.time, caption)
    return f"<h2>Spikes</h2>{moving}<figure>{picture(_raster(s.live))}<figcaption>Spikes and rates of the network.</figcaption></figure>"


def _response(s: Session) -> str:
    points, control = s.response_so_far()
    if control is None or len(points) < 2:
        return ""
    names = list(s.live.recent.numbers(s.time))
    rows = [
        (f"{p['value']:g}", *(number(p["numbers"][n]["rate"]) for n in names))
        for p in sorted(points, key=lambda p: p["value"])
    ]
    unit = "" if control.unit in ("", "1") else f" ({control.unit})"
    fig = _curve(control, points, names, f"{control.label}{unit}")
    header = (f"{control.label}{unit}", *(f"{n} (Hz)" for n in names))
    return f"<h2>Response</h2><figure>{picture(fig)}<figcaption>Rates in 0.7 s of copies of the network.</figcaption></figure>{table(header, rows, 1)}"


def _curve(control: Control, points: Sequence[Mapping[str, Any]], names: list[str], label: str) -> Figure:
    fig, axes = figure(6, 3.2)
    ax = axes[0, 0]
    x = np.array(sorted(p["value"] for p in points))
    zero = control.low / 3  # place of 0 on a logarithmic axis
    placed = np.where(x > 0, x, zero) if control.log else x
    for k, n in enumerate(names):
        y = [p["numbers"][n]["rate"] for p in sorted(points, key=lambda p: p["value"])]
        ax.plot(placed, np.array(y, float), "o-", ms=4, lw=1.4, color=colour(k), label=n)
    if control.log:
        ax.set_xscale("log")
        if control.zero:
            ax.annotate("0", (zero, 0), (0, -13), ("data", "axes fraction"), "offset points", ha="center", fontsize=9)
    ax.set(xlabel=label, ylabel="rate (Hz)")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=9)
    return fig


def _origin(opened: Opened) -> str:
    s, words = opened.session, opened.words
    rows = [("Seed", s.described.seed), ("Digest of the spikes", s.live.digest.text()), ("Link", opened.link().text())]
    out = f"<h2>Where this comes from</h2>{table(('', ''), rows)}"
    if words.get("simpler"):
        out += f"<h3>Simpler than in an animal</h3><p>{html.escape(str(words['simpler']))}</p>"
    if words.get("sources"):
        out += "<h3>Sources</h3>" + "".join(f"<p class='small'>{html.escape(str(x))}</p>" for x in words["sources"])
    return out + f"<h3>Script</h3><div class='wide'><pre>{html.escape(opened.script())}</pre></div>"


__all__ = ["notebook", "report", "svg"]
