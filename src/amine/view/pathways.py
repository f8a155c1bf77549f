"""Figures of a transmitter's pathway: precursor, enzyme, transmitter, vesicle, cleft, receptors, uptake and breakdown."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Wedge

from amine.compounds import catalogue
from amine.compounds.schema import Receptor, Removal, Transmitter
from amine.compounds.text import vesicular
from amine.view.structures import image
from amine.view.style import COLOURS, INK

if TYPE_CHECKING:
    from amine.given import FilePath

BLUE, RED, GREEN, PINK, SKY, AMBER, GREY = COLOURS[:7]
PRE, POST, OUT = "#e8f1f8", "#fbeee3", "#f6f6f6"


def pathway(transmitter: Transmitter | str, path: FilePath | None = None) -> Figure:
    """Draw the pathway of a transmitter from precursor to breakdown. Retrograde and gaseous messengers are made in the postsynaptic cell.

    Parameters
    ----------
    transmitter : a transmitter, or its name.
    path : file to write, in any format of matplotlib; None: no file.

    Raises
    ------
    AmineError
        If there is no such transmitter.

    Examples
    --------
    >>> pathway("dopamine").get_size_inches().tolist()
    [11.0, 6.6]
    """
    t = catalogue.transmitter(transmitter) if isinstance(transmitter, str) else transmitter
    fig = Figure(figsize=(11, 6.6), dpi=120)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 11), ylim=(0, 6.6))
    ax.axis("off")
    back = "postsynaptic" in t.release or t.nature == "gas"
    _cells(ax, back)
    _title(fig, ax, t)
    _synthesis(ax, t, back)
    _cleft(ax, t, back)
    _receptors(ax, t, back)
    _removal(ax, t)
    if path is not None:
        fig.savefig(path)
    return fig


def _box(ax: Axes, x: float, y: float, w: float, h: float, face: str, edge: str = "none", r: float = 0.25) -> None:
    style = f"round,pad=0,rounding_size={r}"
    ax.add_patch(FancyBboxPatch((x, y), w, h, boxstyle=style, facecolor=face, edgecolor=edge, linewidth=1.4))


def _arrow(ax: Axes, a: tuple[float, float], b: tuple[float, float], colour: str = INK, bend: float = 0.0) -> None:
    ax.add_patch(
        FancyArrowPatch(
            a, b, arrowstyle="-|>", mutation_scale=13, color=colour, linewidth=1.5, shrinkA=2, shrinkB=2,
            connectionstyle=f"arc3,rad={bend}", zorder=3,
        )
    )  # fmt: skip


def _say(ax: Axes, x: float, y: float, text: str, size: float = 9, colour: str = INK, **more: Any) -> None:
    ax.text(x, y, text, fontsize=size, color=colour, ha=more.pop("ha", "center"), va=more.pop("va", "center"), **more)


def _cells(ax: Axes, back: bool) -> None:
    _box(ax, 0.3, 3.45, 7.0, 2.35, PRE, "#b9d3e6")
    _box(ax, 0.3, 0.3, 7.0, 2.1, POST, "#efcfb2")
    _box(ax, 7.6, 0.3, 3.1, 3.9, OUT, "#dddddd")
    _say(ax, 7.12, 5.62, "presynaptic terminal", 8, BLUE, ha="right")
    _say(ax, 7.12, 0.47, "postsynaptic cell", 8, RED, ha="right")
    _say(ax, 0.45, 2.92, "cleft", 8, GREY, ha="left")
    _say(ax, 9.15, 4.0, "uptake and breakdown", 9, INK, weight="bold")


def _title(fig: Figure, ax: Axes, t: Transmitter) -> None:
    mass = f"   {t.molar_mass:g} g/mol" if t.molar_mass else ""
    _say(ax, 0.35, 6.33, t.name, 17, INK, ha="left", weight="bold")
    _say(ax, 0.36, 5.98, f"{_sub(t.formula)}{mass}    {t.chemical_class}, {t.sign}", 9, GREY, ha="left")
    picture = image(t)
    if picture is not None and t.nature != "peptide":
        inner = fig.add_axes((7.65 / 11, 4.3 / 6.6, 3.0 / 11, 2.15 / 6.6))
        inner.imshow(picture)
        inner.axis("off")
    elif t.sequence:
        for k, line in enumerate(textwrap.wrap(t.sequence, 22)):
            _say(ax, 9.15, 5.6 - 0.26 * k, line, 10, GREY, family="monospace")


def _sub(formula: str) -> str:
    """Formula with its numbers as subscripts."""
    return formula.translate(str.maketrans("0123456789+", "₀₁₂₃₄₅₆₇₈₉⁺"))


# --- synthesis ---------------------------------------------------------------------------------------------------


def _levels(t: Transmitter) -> tuple[list[list[str]], list[tuple[str, str, str]]]:
    """Rows of substances, the transmitter last, and the reactions between them: (precursor, product, enzyme)."""
    steps = [(s.precursor, s.product, s.enzyme or s.other) for s in t.synthesis]
    if not steps:
        return [[t.name]], []
    goal = steps[-1][1]
    depth: dict[str, int] = {goal: 0}
    for _ in steps:
        for a, b, _e in steps:
            if b in depth:
                depth[a] = max(depth.get(a, 0), depth[b] + 1)
    rows: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, d in depth.items():
        rows[-1 - d].append(name)
    return rows, [s for s in steps if s[0] in depth]


def _synthesis(ax: Axes, t: Transmitter, back: bool) -> None:
    rows, steps = _levels(t)
    top, bottom = (2.1, 0.85) if back else (5.45, 3.95)
    places: dict[str, tuple[float, float]] = {}
    for k, row in enumerate(rows):
        y = bottom if len(rows) == 1 else top + (bottom - top) * k / (len(rows) - 1)
        for j, name in enumerate(row):
            places[name] = (1.9 + 2.0 * (j - (len(row) - 1) / 2), y)
    for a, b, enzyme in steps:
        (x0, y0), (x1, y1) = places[a], places[b]
        _arrow(ax, (x0, y0 - 0.16), (x1, y1 + 0.16), GREEN)
        side = 0.1 if x0 >= x1 else -0.1
        _say(ax, (x0 + x1) / 2 + side, (y0 + y1) / 2, _short(enzyme, 24), 8, GREEN, ha="left" if side > 0 else "right",
             style="italic")  # fmt: skip
    goal = rows[-1][0]
    for name, (x, y) in places.items():
        _say(ax, x, y, _short(name, 30), 9 if name != goal else 10, INK, weight="bold" if name == goal else "normal", zorder=4,
             bbox={"boxstyle": "round,pad=0.22", "facecolor": "white", "edgecolor": "#c8c8c8", "linewidth": 0.8})  # fmt: skip


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else textwrap.fill(text, most)


# --- vesicle, cleft, receptors -----------------------------------------------------------------------------------


def _dots(ax: Axes, x: float, y: float, spread: tuple[float, float], n: int, seed: int) -> None:
    g = np.random.default_rng(seed)
    p = g.uniform(-1, 1, (8 * n, 2))
    p = p[(p**2).sum(1) < 1][:n]
    ax.scatter(
        x + spread[0] * p[:, 0], y + spread[1] * p[:, 1], s=16, color=AMBER, edgecolor="white", linewidth=0.4, zorder=4
    )


def _cleft(ax: Axes, t: Transmitter, back: bool) -> None:
    if back or t.release != "vesicular":
        start = (2.7, 0.95) if back else (2.9, 3.95)
        _arrow(ax, start, (4.6, 2.75 if back else 3.1), AMBER, 0.2 if back else -0.2)
        _say(ax, 4.75, 1.55 if back else 4.15, textwrap.fill(t.release, 22), 8.5, GREY, ha="left", style="italic")
        _dots(ax, 4.2, 2.92, (3.0, 0.3), 40, 3)
        return
    ax.add_patch(Circle((5.1, 4.45), 0.47, facecolor="white", edgecolor=BLUE, linewidth=1.6, zorder=3))
    _dots(ax, 5.1, 4.45, (0.34, 0.34), 16, 1)
    ax.add_patch(Wedge((5.1, 3.47), 0.44, 0, 180, facecolor="white", edgecolor=BLUE, linewidth=1.6, zorder=3))
    _dots(ax, 5.1, 3.52, (0.28, 0.28), 8, 2)
    _dots(ax, 4.2, 2.92, (3.0, 0.32), 40, 3)
    _arrow(ax, (2.75, 3.97), (4.55, 4.42), INK, -0.12)
    pumps = ", ".join(p.id for p in vesicular(t))
    if pumps:
        _say(ax, 3.75, 4.5, pumps, 8.5, GREEN, style="italic", weight="bold")
    _say(ax, 5.7, 4.45, "vesicle", 8, BLUE, ha="left")
    _say(ax, 5.65, 3.62, "release", 8, BLUE, ha="left")
    _arrow(ax, (5.1, 3.98), (5.1, 3.68), INK)


def _receptors(ax: Axes, t: Transmitter, back: bool) -> None:
    found = [catalogue.receptor(r) for r in t.receptors]
    edge = 3.45 if back else 2.4
    step = 6.7 / max(len(found), 1)
    small = len(found) > 4
    for k, r in enumerate(found):
        x = 0.45 + step * (k + 0.5)
        channel = r.family == "ionotropic"
        for dx in (-0.09, 0.09) if channel else (0.0,):
            w = 0.13 if channel else 0.26
            _box(ax, x + dx - w / 2, edge - 0.2, w, 0.4, RED if channel else PINK, "white", 0.06)
        top = edge + 1.75 if back else edge - 0.38
        _say(ax, x, top, r.id.replace("_", " "), 8 if small else 9.5, INK, weight="bold")
        for j, line in enumerate(_facts(r, 17 if small else int(9.5 * step))):
            _say(ax, x, top - 0.21 - 0.17 * j, line, 6.5 if small else 7.5, GREY)


def _facts(r: Receptor, width: int) -> list[str]:
    """Coupling or ions, affinity and effects of a receptor, as lines."""
    kind = ", ".join(i.split(" ")[0] for i in r.ions) if r.family == "ionotropic" else r.coupling
    k = r.measurement("potency")
    out = [x for x in (kind, f"{k.quantity.split('_')[0]} {_round(k.best)} {k.unit}" if k else "") if x]
    for c in r.consequences[: 1 if width < 20 else 2]:
        out += textwrap.wrap(f"{c.where}: {c.target} {c.change}", min(width, 34))
    return out[:8]


def _round(x: float) -> str:
    return f"{x:.0f}" if x >= 100 else f"{x:.2g}"


# --- removal -----------------------------------------------------------------------------------------------------


def _removal(ax: Axes, t: Transmitter) -> None:
    _arrow(ax, (7.0, 2.92), (7.65, 2.92), AMBER)
    step = min(0.72, 3.4 / max(len(t.removal), 1))
    for k, x in enumerate(t.removal):
        y = 3.55 - step * k
        colour = GREEN if x.kind == "uptake" else RED
        _say(ax, 7.8, y, x.by.replace("_", "-") or _short(x.other, 30), 9.5, colour, ha="left", weight="bold")
        for j, line in enumerate(_how(x)):
            _say(ax, 7.8, y - 0.2 - 0.17 * j, line, 7.5, GREY, ha="left")


def _how(x: Removal) -> list[str]:
    if x.kind == "uptake" and x.by:
        found = catalogue.transporter(x.by)
        km = found.measurement("Km")
        number = f"Km {_round(km.best)} {km.unit}" if km else ""
        text = ", ".join(p for p in ("uptake", number, x.note or found.location) if p)
    elif x.by:
        text = catalogue.enzyme(x.by).reaction.replace("->", "→")
    else:
        text = x.kind
    return textwrap.wrap(text, 46)[:2]
