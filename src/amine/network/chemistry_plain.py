"""Conversion of a description's chemistry to plain data and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from amine.compounds.doses import Course
from amine.network.chemistry import Modulation, Uptake, uptake
from amine.network.plain import group_data, to_group

if TYPE_CHECKING:
    from amine.network.network import Network


def to_plain(net: Network) -> dict[str, Any]:
    """Chemistry of a network as JSON-able data; empty if there is none, so that other descriptions keep their hash."""
    out: dict[str, Any] = {}
    if net.fields:
        out["fields"] = [
            {
                **_plain(f),
                "released_by": {k: group_data(g) for k, g in f.released_by.items()},
                "regions": {k: group_data(g) for k, g in f.regions.items()},
                "uptake": [_plain(u) for u in f.uptake],
                "grid": None
                if f.grid is None
                else {k: list(v) if isinstance(v, tuple) else v for k, v in _plain(f.grid).items()},
            }
            for f in net.fields.values()
        ]
    if net.modulations:
        out["modulations"] = [_modulation(m) for m in net.modulations]
    if net.doses:
        out["doses"] = [{"drug": d.drug, "course": d.course.to_dict()} for d in net.doses]
    return out


def _modulation(m: Modulation) -> dict[str, Any]:
    """A modulation; that by an ion channel says so, and others keep their hash."""
    data = {**_plain(m), "target": group_data(m.target)}
    if not data.pop("channel"):
        return data
    return {**data, "channel": True}


def _plain(x: Any) -> dict[str, Any]:
    return {f.name: getattr(x, f.name) for f in fields(x)}


def from_plain(net: Network, data: Mapping[str, Any]) -> None:
    """Add the chemistry of :func:`to_plain` to a network, with all checks."""
    for d in data.get("fields", []):
        grid = d["grid"]
        net.field(
            d["name"],
            released_by={str(k): to_group(g) for k, g in d["released_by"].items()} or None,
            release=d["release"] if d["released_by"] else None,
            uptake=[Uptake(str(u["name"]), *_texts(u, "vmax", "km")) for u in d["uptake"]] or None,
            removal={str(k): v for k, v in d["removal"].items()} or None,
            tonic=d["tonic"],
            regions={str(k): to_group(g) for k, g in d["regions"].items()} or None,
            exchange=d["exchange"] if d["regions"] else None,
            grid=None if grid is None else tuple(grid["shape"]),
            spacing=None if grid is None else grid["spacing"],
            diffusion=None if grid is None else grid["diffusion"],
            origin=None if grid is None else grid["origin"],
        )
    for d in data.get("modulations", []):
        net.modulate(
            to_group(d["target"]),
            by=d["by"] or None,
            **{"channel" if d.get("channel") else "receptor": str(d["receptor"])},
            acts_on=d["acts_on"],
            maximum=d["maximum"],
            EC50=d["potency"],
            hill=d["hill"],
            tau=d["rise"],
            tau_decay=d["decay"],
        )
    if data.get("doses"):
        for d in data["doses"]:
            net.dose(str(d["drug"]), Course.from_dict(d["course"]))


def _texts(u: Mapping[str, str], *names: str) -> tuple[str, ...]:
    made = uptake(u[names[0]], u[names[1]])
    return made.vmax, made.km
