"""Drawing of a network as SVG text: populations, projections between them and inputs; a matrix where populations are many."""

from __future__ import annotations

import html
from collections.abc import Sequence
from contextlib import suppress
from math import cos, hypot, pi, sin
from typing import TYPE_CHECKING

from amine.distributions import Distribution
from amine.errors import AmineError
from amine.network.in_use import ReceptorsInUse, receptors_in_use
from amine.records import dataclass
from amine.units import to_internal
from amine.values import Array, Value
from amine.view.style import INK, colour

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.network.parts import Group

MOST_NODES, MOST_ARROWS, MOST_LABELS, MOST_NAMES = 8, 20, 14, 24  # beyond: a matrix, a matrix, no labels, a count
RADIUS = 30.0
FONT = 'font-family="system-ui,-apple-system,Segoe UI,sans-serif"'
Point = tuple[float, float]
Path = tuple[str, Point, Point, Point, str]  # path, its end, a point before the end, place and anchor of its label


@dataclass(frozen=True)
class Arrow:
    """Projections from one population to another that have one sign."""

    source: str
    target: str
    inhibits: bool
    labels: tuple[str, ...]


def circuit(net: Network) -> str:
    """Return a drawing of a network as the text of an SVG picture.

    Triangles end projections that excite, discs those that inhibit. With many populations or
    projections it is a matrix of sources and targets.

    Examples
    --------
    >>> import amine as am
    >>> am.view.circuit(am.circuits.coba(100))[:4]
    '<svg'
    """
    arrows = _arrows(net)
    if not net.populations:
        return _svg(240, 40, [_label((120, 24), "no populations", 13, INK)])
    few = len(net.populations) <= MOST_NODES and len(arrows) <= MOST_ARROWS
    return _graph(net, arrows) if few else _matrix(net, arrows)


def _arrows(net: Network) -> list[Arrow]:
    found: dict[tuple[str, str, bool], dict[str, None]] = {}
    used = receptors_in_use(net)
    for s in net.projections:
        for a in _names(s.source):
            for b in _names(s.target):
                for label, weight in s.receptors.items():
                    sign = _inhibits(used, b, label, weight)
                    found.setdefault((a, b, sign), {})[label] = None
    return [Arrow(a, b, sign, tuple(labels)) for (a, b, sign), labels in found.items()]


def _names(g: Group) -> list[str]:
    return list(dict.fromkeys(v.population for v in g.views()))


def _inhibits(used: ReceptorsInUse, target: str, label: str, weight: Value) -> bool:
    """Whether a spike lowers the voltage: a negative weight, or a conductance that reverses below -55 mV."""
    port = used[target][label].port if label in used[target] else None
    first: object = weight.a if isinstance(weight, Distribution) else weight
    if isinstance(weight, Array):
        first = weight.values.flat[0] if weight.values.size else 0.0
    negative = str(first).lstrip().startswith("-")
    reversal = None if port is None else port.parameters.get("E_rev")
    if isinstance(reversal, str):
        with suppress(AmineError):
            negative ^= float(to_internal(reversal, "mV", "E_rev")) < -55.0
    return negative


# --- a graph -----------------------------------------------------------------------------------------------------


def _graph(net: Network, arrows: Sequence[Arrow]) -> str:
    names = list(net.populations)
    places, (width, height) = _places(names)
    middle = (width / 2, height / 2)
    shown = len(arrows) <= MOST_LABELS
    parts: list[str] = []
    for k, arrow in enumerate(arrows):
        ink = colour(names.index(arrow.source))
        twins = [a for a in arrows[:k] if (a.source, a.target) == (arrow.source, arrow.target)]
        text = ", ".join(arrow.labels) if shown else ""
        parts.append(_arrow(places, middle, arrow, ink, text, len(twins)))
    for k, name in enumerate(names):
        parts.append(_node(net, name, places[name], colour(k)))
    parts += _inputs(net, places, middle)
    return _svg(width, height, parts)


def _places(names: Sequence[str]) -> tuple[dict[str, Point], tuple[float, float]]:
    """Where each population stands, and the size of the picture."""
    n = len(names)
    if n == 1:
        return {names[0]: (160.0, 100.0)}, (320.0, 170.0)
    if n == 2:
        return {names[0]: (125.0, 78.0), names[1]: (315.0, 78.0)}, (445.0, 150.0)
    wide, high = 150.0 + 18.0 * n, 95.0 + 14.0 * n
    width, height = 2 * wide + 220.0, 2 * high + 200.0
    turn = pi if n % 2 == 0 else -pi / 2
    at = [(turn + 2 * pi * k / n) for k in range(n)]
    return {m: (width / 2 + wide * cos(a), height / 2 + high * sin(a)) for m, a in zip(names, at)}, (width, height)


def _node(net: Network, name: str, at: Point, ink: str) -> str:
    p = net.populations[name]
    x, y = at
    if p.model.kind == "source":
        wide = 28 + max(0.0, min(len(name), 12) - 5) * 3.2
        shape = (
            f'<rect x="{x - wide:.1f}" y="{y - 22:.1f}" width="{2 * wide:.1f}" height="44" rx="8" fill="#fff" '
            f'stroke="{ink}" stroke-width="2"/>'
        )
    else:
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="#fff" stroke="{ink}" stroke-width="2.5"/>'
    title = f"<title>{_safe(f'{name}: {p.n:,} x {p.model.name}', 120)}</title>"
    size = 14 if len(name) <= 5 else 11 if len(name) <= 8 or p.model.kind == "source" else 9
    most = 12 if p.model.kind == "source" else 9
    return f"<g>{title}{shape}{_label((x, y + 1), name, size, ink, 'bold', most)}{_label((x, y + 15), f'{p.n:,}', 10, INK)}</g>"


def _arrow(places: dict[str, Point], middle: Point, a: Arrow, ink: str, text: str, twin: int) -> str:
    title = f"<title>{_safe(a.source + ' to ' + a.target + ': ' + ', '.join(a.labels), 160)}</title>"
    loop = a.source == a.target
    path, end, back, at, anchor = (_loop if loop else _curve)(places[a.source], places[a.target], middle, twin)
    line = f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="1.8"/>'
    words = _label(at, text, 11, ink, most=22, anchor=anchor) if text else ""
    return f"<g>{title}{line}{_end(end, back, a.inhibits, ink)}{words}</g>"


def _curve(p: Point, q: Point, middle: Point, twin: int) -> Path:
    """Path between two populations to the left of the straight line."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    far = hypot(dx, dy)
    ux, uy = dx / far, dy / far
    bend = 26.0 + 0.10 * far + 22.0 * twin
    c = (p[0] + dx / 2 + uy * bend, p[1] + dy / 2 - ux * bend)
    start, end = _towards(p, c, RADIUS + 2), _towards(q, c, RADIUS + 8)
    away = bend * 0.5 + (8 if abs(uy) > 0.4 else 13)
    at = (p[0] + dx / 2 + uy * away, p[1] + dy / 2 - ux * away + 4)
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{c[0]:.1f} {c[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return path, end, c, at, _anchor(uy)


def _loop(p: Point, q: Point, middle: Point, twin: int) -> Path:
    """A loop away from the middle of the picture."""
    dx, dy = p[0] - middle[0], p[1] - middle[1]
    far = hypot(dx, dy)
    ux, uy = (dx / far, dy / far) if far > 1 else (0.0, -1.0)
    reach = 76.0 + 18.0 * twin
    side = 34.0
    a = (p[0] + ux * reach - uy * side, p[1] + uy * reach + ux * side)
    b = (p[0] + ux * reach + uy * side, p[1] + uy * reach - ux * side)
    start, end = _towards(p, a, RADIUS + 2), _towards(p, b, RADIUS + 8)
    at = (p[0] + ux * (reach - 6), p[1] + uy * (reach - 4) + 4)
    path = f"M{start[0]:.1f} {start[1]:.1f}C{a[0]:.1f} {a[1]:.1f} {b[0]:.1f} {b[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return path, end, b, at, _anchor(ux)


def _anchor(sideways: float) -> str:
    """Anchor of a label that stands off a line in a direction."""
    return "start" if sideways > 0.4 else "end" if sideways < -0.4 else "middle"


def _towards(p: Point, q: Point, by: float) -> Point:
    far = hypot(q[0] - p[0], q[1] - p[1]) or 1.0
    return p[0] + (q[0] - p[0]) / far * by, p[1] + (q[1] - p[1]) / far * by


def _end(end: Point, back: Point, inhibits: bool, ink: str) -> str:
    if inhibits:
        return f'<circle cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="4.5" fill="{ink}"/>'
    tip = _towards(end, back, -6.0)
    far = hypot(end[0] - back[0], end[1] - back[1]) or 1.0
    ux, uy = (end[0] - back[0]) / far, (end[1] - back[1]) / far
    corners = [
        tip,
        (end[0] - 4 * ux - 5 * uy, end[1] - 4 * uy + 5 * ux),
        (end[0] - 4 * ux + 5 * uy, end[1] - 4 * uy - 5 * ux),
    ]
    return f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in corners)}Z" fill="{ink}"/>'


def _inputs(net: Network, places: dict[str, Point], middle: Point) -> list[str]:
    """Poisson inputs and currents, as words below their populations."""
    words: dict[str, dict[str, None]] = {}
    for i in net.inputs:
        for name in _names(i.target):
            words.setdefault(name, {})["Poisson input"] = None
    for s in net.stimuli:
        for name in _names(s.target):
            words.setdefault(name, {})["current"] = None
    below = [(n, (places[n][0], places[n][1] + RADIUS + 16), ", ".join(w)) for n, w in words.items()]
    return [_label(at, text, 10, "#5b5b5b", most=30) for _, at, text in below]


# --- a matrix ----------------------------------------------------------------------------------------------------


def _matrix(net: Network, arrows: Sequence[Arrow]) -> str:
    names = list(net.populations)[:MOST_NAMES]
    more = len(net.populations) - len(names)
    cell, left, top = 24.0, 120.0, 86.0
    size = cell * len(names)
    parts = [
        _label((left + size / 2, 14), "target", 11, "#5b5b5b"),
        _label((left - 8, top - 10), "source", 11, "#5b5b5b", anchor="end"),
    ]
    for k, name in enumerate(names):
        at = left + (k + 0.5) * cell
        parts.append(_label((left - 8, top + (k + 0.5) * cell + 4), name, 11, colour(k), "bold", 14, "end"))
        turned = f'transform="rotate(-60 {at:.1f} {top - 8:.1f})"'
        parts.append(f"<g {turned}>{_label((at, top - 6), name, 11, colour(k), 'bold', 10, 'start')}</g>")
        y = top + k * cell
        parts.append(
            f'<path d="M{left} {y:.1f}H{left + size:.1f}M{left + k * cell:.1f} {top}V{top + size:.1f}" stroke="#e3e3e3"/>'
        )
    parts.append(f'<path d="M{left} {top + size:.1f}H{left + size:.1f}V{top}" fill="none" stroke="#e3e3e3"/>')
    for a in arrows:
        if a.source not in names or a.target not in names:
            continue
        x, y = left + (names.index(a.target) + 0.5) * cell, top + (names.index(a.source) + 0.5) * cell
        ink = colour(names.index(a.source))
        mark = (
            f'<circle cx="{x}" cy="{y}" r="6" fill="{ink}"/>'
            if a.inhibits
            else f'<path d="M{x} {y - 7}L{x + 6.5} {y + 5}H{x - 6.5}Z" fill="{ink}"/>'
        )
        parts.append(mark)
    y = top + size + 22
    key = "triangles excite, discs inhibit" + (f"; {more} more populations" if more else "")
    parts.append(_label((left, y), key, 11, "#5b5b5b", anchor="start"))
    return _svg(max(left + size + 40, 330), y + 12, parts)


# --- text --------------------------------------------------------------------------------------------------------


def _safe(text: str, most: int) -> str:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return html.escape(shown if len(shown) <= most else shown[: most - 1] + "…")


def _label(
    at: Point, text: str, size: float, ink: str, weight: str = "normal", most: int = 40, anchor: str = "middle"
) -> str:
    """Text with a white outline, readable over lines."""
    halo = 'paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round"'
    place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}"'
    return (
        f'<text {place} {FONT} font-size="{size}" font-weight="{weight}" fill="{ink}" {halo}>{_safe(text, most)}</text>'
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">{"".join(parts)}</svg>'
