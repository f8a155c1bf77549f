"""The chemistry of a description: fields (volume transmission), what modulators act on, and doses of drugs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from amine import compounds
from amine.compounds import catalogue
from amine.compounds.doses import Course, as_course
from amine.equations.schemes import mentions
from amine.errors import AmineError, AmineWarning, did_you_mean
from amine.models.naming import gain_name, port_name
from amine.models.ports import scheme
from amine.network.checks import group_of, whole_number
from amine.network.parts import Group, Population
from amine.network.receptors import detail_of, ports_of, scheme_of
from amine.network.transmission import answers
from amine.units import to_internal

if TYPE_CHECKING:
    from amine.network.network import Network


@dataclass(frozen=True)
class Uptake:
    """A transporter of a field: ``name`` is that of the catalogue or empty, ``vmax`` in uM/ms, ``km`` in uM."""

    name: str
    vmax: str
    km: str


@dataclass(frozen=True)
class Grid:
    """A box of voxels in which a field diffuses: numbers of voxels, edge (um), corner (um), free path (um**2/ms)."""

    shape: tuple[int, ...]
    spacing: str
    diffusion: str
    origin: tuple[str, ...]


@dataclass(eq=True)
class Field:
    """A modulator that spreads in a volume; made by :meth:`Network.field`.

    ``released_by`` and ``regions`` map each region's name to neurons: those whose spikes release there, and those that are
    bathed by it. A field with one region calls it ``""`` and bathes everybody. Amounts are text with units.
    """

    name: str
    released_by: dict[str, Group]
    release: str
    uptake: tuple[Uptake, ...] = ()
    removal: dict[str, str] = field(default_factory=dict)  # by enzyme, "" for all others
    tonic: str = "0 uM"
    regions: dict[str, Group] = field(default_factory=dict)
    exchange: str = "0 1/ms"
    grid: Grid | None = None

    @property
    def places(self) -> list[str]:
        """Names of its regions; ``[""]`` if it has one that bathes everybody."""
        return list(self.regions) or [""]


@dataclass(eq=True)
class Modulation:
    """What a receptor changes: a parameter times ``1 + (maximum - 1) * messenger``; made by :meth:`Network.modulate`."""

    name: str
    target: Group
    by: str
    receptor: str
    acts_on: str
    maximum: float
    potency: str
    hill: float
    rise: str
    decay: str


@dataclass(eq=True)
class Dose:
    """A drug and its concentration in time (:class:`amine.compounds.doses.Course`); made by :meth:`Network.dose`."""

    drug: str
    course: Any


# --- made and checked -------------------------------------------------------------------------------------------


def field_of(net: Network, name: str, **given: Any) -> Field:
    """A field from what :meth:`Network.field` was given; raises AmineError if it is wrong."""
    where = f"Field '{name}'"
    if not isinstance(name, str) or not name or any(c in name for c in ":. "):
        raise AmineError("Field", "the name must be text without spaces, dots and colons", given=repr(name)[:40])
    if name in net.fields:
        raise AmineError(where, "the name is taken", hint="choose another")
    grid = _grid(given["grid"], given["spacing"], given["diffusion"], given["origin"], where)
    regions = _mapping(net, given["regions"], f"{where}, regions")
    if grid is not None and regions:
        raise AmineError(where, "it has both regions and a grid", hint="choose one of them")
    released = _released(net, given["released_by"], regions, where)
    out = Field(
        name,
        released,
        _quantity(given["release"], "uM", f"{where}, release"),
        _uptakes(given["uptake"], where),
        _removal(given["removal"], f"{where}, removal"),
        _quantity(given["tonic"], "uM", f"{where}, tonic"),
        regions,
        _rate(given["exchange"], f"{where}, exchange"),
        grid,
    )
    if grid is not None:
        _check_positions(net, released, grid, where)
    if released and not out.uptake and not any(to_internal(r, "1/ms", where) for r in out.removal.values()):
        _warn(where, "nothing removes it, so that it can only rise", 'give uptake= or removal="1 1/s"')
    return out


def _quantity(value: Any, unit: str, where: str) -> str:
    x = to_internal(value, unit, where, nonnegative=True)
    return value.strip() if isinstance(value, str) else f"{float(x)!r} {unit}"


def _rate(value: Any, where: str) -> str:
    """A rate, or the time constant of one."""
    if value is None:
        return "0.0 1/ms"
    try:
        return _quantity(value, "1/ms", where)
    except AmineError as e:
        if e.problem != "wrong dimension":
            raise
    return f"{1.0 / float(to_internal(value, 'ms', where, positive=True))!r} 1/ms"


def _removal(value: Any, where: str) -> dict[str, str]:
    """Rates by enzyme."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return {"": _rate(value, where)}
    return {compounds.enzyme(str(k)).id if k else "": _rate(v, f"{where}, '{k}'") for k, v in value.items()}


def _mapping(net: Network, value: Any, where: str) -> dict[str, Group]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not value:
        raise AmineError(
            where, "this is not a table of regions", given=repr(value)[:40], expected="{name: neurons, ...}"
        )
    return {str(k): group_of(net, v, f"{where}, '{k}'") for k, v in value.items()}


def _released(net: Network, value: Any, regions: Mapping[str, Group], where: str) -> dict[str, Group]:
    """Where whose spikes release: neurons given without a region release in all of them."""
    if value is None:
        return {}
    places = list(regions) or [""]
    if not isinstance(value, Mapping):
        return dict.fromkeys(places, group_of(net, value, f"{where}, released_by"))
    found = _mapping(net, value, f"{where}, released_by")
    for name in found:
        if name not in places:
            raise AmineError(f"{where}, released_by", f"region '{name}' is not known", hint=did_you_mean(name, places))
    return found


def uptake(vmax: Any, km: Any) -> Uptake:
    """A transporter that takes up ``vmax * c / (km + c)``.

    Parameters
    ----------
    vmax : greatest rate, such as ``"4.1 uM/s"``.
    km : concentration at half of it.

    Examples
    --------
    >>> uptake("4 uM/s", "0.2 uM").km
    '0.2 uM'
    """
    km_text = _quantity(km, "uM", "uptake(), km")
    to_internal(km, "uM", "uptake(), km", positive=True)
    return Uptake("", _quantity(vmax, "uM/ms", "uptake(), vmax"), km_text)


def _uptakes(value: Any, where: str) -> tuple[Uptake, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(u if isinstance(u, Uptake) else _transporter(u, where) for u in values)


def _transporter(name: Any, where: str) -> Uptake:
    found = compounds.transporter(name)
    vmax, km = found.value("Vmax"), found.value("Km")
    if vmax is None or km is None:
        raise AmineError(
            f"{where}, uptake",
            f"the catalogue has no Vmax and Km of '{found.id}'",
            hint='give uptake=am.uptake(vmax="... uM/s", km="... uM")',
        )
    return Uptake(found.id, f"{vmax!r} uM/ms", f"{km!r} uM")


def _grid(shape: Any, spacing: Any, diffusion: Any, origin: Any, where: str) -> Grid | None:
    if shape is None:
        return None
    sizes = shape if isinstance(shape, list | tuple) else (shape,)
    if not 1 <= len(sizes) <= 3:
        raise AmineError(f"{where}, grid", "a grid has one to three axes", given=repr(shape)[:40])
    n = tuple(whole_number(x, f"{where}, grid", 1, 1024) for x in sizes)
    corner = ["0 um"] * len(n) if origin is None else [str(x) for x in origin]
    if len(corner) != len(n):
        raise AmineError(f"{where}, origin", "it has not as many values as the grid has axes", given=repr(origin)[:40])
    for x in corner:
        to_internal(x, "um", f"{where}, origin")
    if diffusion is None:
        raise AmineError(where, "a grid needs a diffusion coefficient", hint='give diffusion="0.32 um**2/ms"')
    to_internal(spacing, "um", f"{where}, spacing", positive=True)
    return Grid(n, str(spacing), _quantity(diffusion, "um**2/ms", f"{where}, diffusion"), tuple(corner))


def _check_positions(net: Network, released: Mapping[str, Group], grid: Grid, where: str) -> None:
    for group in released.values():
        for v in group:
            _need_positions(net.populations[v.population], grid, where)


def _need_positions(population: Population, grid: Grid, where: str) -> None:
    if population.positions is None or population.positions.shape[1] < len(grid.shape):
        raise AmineError(
            where,
            f"population '{population.name}' has no position along every axis of the grid",
            hint="give positions= when making it",
        )


def modulation_of(net: Network, target: Any, **given: Any) -> Modulation:
    """A modulation from what :meth:`Network.modulate` was given; raises AmineError if it is wrong."""
    group = group_of(net, target, "Modulation, target")
    by = given["by"].name if isinstance(given["by"], Field) else str(given["by"] or "")
    acts_on, receptor = str(given["acts_on"]), str(given["receptor"] or by)
    if not receptor:
        raise AmineError(
            "Modulation", "neither by= nor receptor= is given", hint="name a field, or a receptor for drugs alone"
        )
    name = f"{receptor} on {acts_on} of {'+'.join(v.population for v in group)}"
    where = f"Modulation '{name}'"
    if by and by not in net.fields:
        raise AmineError(where, f"field '{by}' is not known", hint=did_you_mean(by, net.fields))
    f = net.fields.get(by)
    for v in group:
        if f is not None and f.grid is not None:
            _need_positions(net.populations[v.population], f.grid, where)
        check_parameter(net, net.populations[v.population], acts_on, where)
    maximum = float(to_internal(given["maximum"], "1", f"{where}, maximum", nonnegative=True))
    if by and given["EC50"] is None:
        _check_answers(by, receptor, where)
    potency = given["EC50"] if given["EC50"] is not None or by else "1 uM"
    if potency is None:
        potency = _potency(receptor, where)
    to_internal(potency, "uM", f"{where}, EC50", positive=True)
    rise = given["tau"] if given["tau"] is not None else "0 ms"
    decay = given["tau_decay"] if given["tau_decay"] is not None else rise
    return Modulation(
        name,
        group,
        by,
        receptor,
        acts_on,
        maximum,
        _quantity(potency, "uM", f"{where}, EC50"),
        float(to_internal(given["hill"], "1", f"{where}, hill", positive=True)),
        _quantity(rise, "ms", f"{where}, tau"),
        _quantity(decay, "ms", f"{where}, tau_decay"),
    )


def _check_answers(field_name: str, receptor: str, where: str) -> None:
    """A receptor of the catalogue answers to what it is known to bind; with an EC50 of one's own it may be another's."""
    entry = catalogue.find_entry(field_name, ("transmitter",))
    if entry is not None:
        answers(receptor, entry, where)


def _potency(receptor: str, where: str) -> str:
    value = compounds.receptor(receptor).value("potency")
    if value is None:
        raise AmineError(where, f"the catalogue has no potency at '{receptor}'", hint='give EC50="1 uM"')
    return f"{value!r} uM"


def dose_of(drug: Any, concentration: Any) -> Dose:
    """A dose from what :meth:`Network.dose` was given; raises AmineError if it is wrong."""
    known = compounds.drug(drug)
    return Dose(known.id, as_course(concentration, f"Dose of {known.id}"))


def check_parameter(net: Network, population: Population, acts_on: str, where: str) -> str:
    """What ``acts_on`` is called in the population's equations; ``release.<parameter>`` for its release models.

    ``<receptor>.conductance`` is the factor on a receptor's current, ``<receptor>.<parameter>`` a parameter of its model, any
    other name a parameter of the neuron.
    """
    first, dot, rest = acts_on.partition(".")
    if not dot:
        if first not in population.model.units or population.model.kind != "neuron":
            known = list(population.model.units) if population.model.kind == "neuron" else []
            raise AmineError(
                where, f"parameter '{first}' of '{population.name}' is not known", hint=did_you_mean(first, known)
            )
        return first
    if first in net.fields and rest == "release":
        return acts_on
    if first == "release":
        models = [s.release for s in net.projections if _from(s, population) and s.release is not None]
        if any(m.differs for m in models):
            raise AmineError(
                where,
                f"release of '{population.name}' differs between its synapses and cannot change while the network runs",
                hint="give its release models one value for each parameter",
            )
        known = {p for m in models for p in m.units}
        if rest not in known:
            raise AmineError(
                where,
                f"'{population.name}' has no release model with the parameter '{rest}'",
                hint=did_you_mean(rest, known) or 'give its projections release="tsodyks_markram"',
            )
        return acts_on
    ports = ports_of(population, net)
    if first not in ports:
        raise AmineError(
            where,
            f"'{population.name}' has no receptor '{first}' that is used",
            hint=did_you_mean(first, ports) or "add its synapses first",
        )
    if rest == "conductance":
        return gain_name(first)
    if rest not in ports[first].units:
        raise AmineError(
            where,
            f"receptor '{first}' has no parameter '{rest}'",
            hint=did_you_mean(rest, ["conductance", *ports[first].units]),
        )
    _check_rates(net, population, first, rest, where)
    return port_name(rest, first)


def _check_rates(net: Network, population: Population, label: str, name: str, where: str) -> None:
    """Rates of a kinetic scheme act at the source or at the synapse, where they stay as they are."""
    if detail_of(net, population.name, label) in (None, "receptor"):
        return
    s = scheme(scheme_of(population, label, where))
    rates = [t.rate for t in s.transitions] + [e for _, e, _ in s.downstream]
    if name in ("T_max", "T_width") or any(mentions(e, name) for e in rates):
        raise AmineError(
            where,
            f"'{name}' is a rate of the kinetic scheme of '{label}' and cannot change while the network runs",
            hint=f"act on '{label}.conductance', or say detail='receptor' of the projection",
        )


def _from(s: Any, population: Population) -> bool:
    return any(v.population == population.name for v in s.source.views())


def _warn(where: str, problem: str, hint: str) -> None:
    warnings.warn(str(AmineError(where, problem, hint=hint)), AmineWarning, stacklevel=4)


# --- as data ----------------------------------------------------------------------------------------------------


def to_plain(net: Network) -> dict[str, Any]:
    """The chemistry of a network as JSON-able data; empty if it has none, so that descriptions without stay as they were."""
    from amine.network.serial import group_data

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
        out["modulations"] = [{**_plain(m), "target": group_data(m.target)} for m in net.modulations]
    if net.doses:
        out["doses"] = [{"drug": d.drug, "course": d.course.to_dict()} for d in net.doses]
    return out


def _plain(x: Any) -> dict[str, Any]:
    return {f.name: getattr(x, f.name) for f in fields(x)}


def from_plain(net: Network, data: Mapping[str, Any]) -> None:
    """Adds the chemistry of :func:`to_plain` to a network, checked as if entered by hand."""
    from amine.network.serial import to_group

    for d in data.get("fields", []):
        grid = d["grid"]
        net.field(
            d["name"],
            released_by={str(k): to_group(g) for k, g in d["released_by"].items()} or None,
            release=d["release"],
            uptake=[Uptake(str(u["name"]), *_texts(u, "vmax", "km")) for u in d["uptake"]] or None,
            removal={str(k): v for k, v in d["removal"].items()} or None,
            tonic=d["tonic"],
            regions={str(k): to_group(g) for k, g in d["regions"].items()} or None,
            exchange=d["exchange"],
            grid=None if grid is None else tuple(grid["shape"]),
            spacing="50 um" if grid is None else grid["spacing"],
            diffusion=None if grid is None else grid["diffusion"],
            origin=None if grid is None else grid["origin"],
        )
    for d in data.get("modulations", []):
        net.modulate(
            to_group(d["target"]),
            by=d["by"] or None,
            receptor=str(d["receptor"]),
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


def _texts(u: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    made = uptake(u[names[0]], u[names[1]])
    return made.vmax, made.km
