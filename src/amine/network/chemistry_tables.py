"""Tables of a network's chemistry for :mod:`amine.network.describe`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from amine.network.parts import Group

if TYPE_CHECKING:
    from amine.network.network import Network

Section = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def chemistry(net: Network) -> list[Section]:
    """Fields, modulators and doses; sections without rows if there are none."""
    return [_fields(net), _modulations(net), _doses(net)]


def _who(group: Group, net: Network) -> str:
    return " + ".join(v.population if v.n == net.populations[v.population].n else str(v) for v in group)


def _by_region(groups: Mapping[str, Group], net: Network) -> str:
    return "; ".join(f"{place}: {_who(g, net)}" if place else _who(g, net) for place, g in groups.items())


def _fields(net: Network) -> Section:
    rows = []
    for f in net.fields.values():
        removal = [f"{u.name or 'uptake'} (Vmax {u.vmax}, Km {u.km})" for u in f.uptake]
        removal += [f"{enzyme or 'first order'} {rate}" for enzyme, rate in f.removal.items()]
        space = f"{_by_region(f.regions, net)}; exchange {f.exchange}" if f.regions else "well mixed"
        if f.grid is not None:
            shape = " x ".join(map(str, f.grid.shape))
            space = f"{shape} voxels of {f.grid.spacing}, D {f.grid.diffusion}"
        released = f"{_by_region(f.released_by, net)}: {f.release} a spike" if f.released_by else "–"
        rows.append((f.name, released, ", ".join(removal) or "none", f.tonic, space))
    return "G. Fields", ("Name", "Release", "Removal", "Tonic level", "Space"), rows


def _modulations(net: Network) -> Section:
    rows = []
    for m in net.modulations:
        closed = f"drugs that close it, to the power of {m.hill:g}"
        occupancy = (
            closed if m.channel else f"{m.by or 'drugs'}, EC50 {m.potency}, Hill {m.hill:g}" if m.by else "drugs"
        )
        delay = f"rise {m.rise}, decay {m.decay}"
        rows.append((m.receptor, _who(m.target, net), occupancy, delay, f"{m.acts_on} x {m.maximum:g}"))
    return "G. Modulators", ("Receptor", "On", "Occupied by", "Second messenger", "Acts on, at full occupancy"), rows


def _doses(net: Network) -> Section:
    return "G. Doses", ("Drug", "Concentration"), [(d.drug, str(d.course)) for d in net.doses]
