"""Conversion of selections of neurons to plain data and back."""

from __future__ import annotations

from typing import Any

from amine.network.parts import At, Group, View


def view_data(v: View) -> list[Any]:
    view: list[Any] = [v.population, v.start, v.stop, v.step]
    return view if v.place is None else [*view, [v.place.place, list(v.place.compartments), v.place.spread]]


def group_data(g: Group) -> list[list[Any]]:
    return [view_data(v) for v in g.views()]


def to_view(d: Any) -> View:
    name, start, stop, step = d[:4]
    if not all(isinstance(x, int) for x in (start, stop, step)) or step < 1:
        raise TypeError(f"{d!r} is not a slice")
    if len(d) == 4:
        return View(str(name), start, stop, step)
    label, compartments, spread = d[4]
    if spread not in ("area", "uniform", "each"):
        raise TypeError(f"{spread!r} is not a spread")
    return View(str(name), start, stop, step, At(str(label), tuple(int(i) for i in compartments), spread))


def to_group(d: Any) -> Group:
    return Group(tuple(to_view(v) for v in d))
