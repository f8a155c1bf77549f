"""Chemistry of a description: fields (volume transmission), and modulation of parameters by them and by drugs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeAlias

from amine import compounds
from amine.compounds import catalogue
from amine.equations.schemes import mentions
from amine.errors import AmineError, did_you_mean, warn
from amine.frozen import FrozenDict, append, closed, enter, fix
from amine.models.naming import gain_name, port_name
from amine.models.ports import scheme
from amine.network.checks import placeless
from amine.network.doors import door
from amine.network.drug_targets import known_channel
from amine.network.numbers import name_of, number, whole_number
from amine.network.parts import Group, Population
from amine.network.receptors import detail_of, ports_of, scheme_of
from amine.network.transmission import answers
from amine.records import dataclass
from amine.units import to_internal
from amine.values import scalar

if TYPE_CHECKING:
    from amine.given import Quantity, Values
    from amine.network.network import Network
    from amine.network.parts import Neurons, Synapses


@closed("make another with am.uptake()")
@dataclass(frozen=True)
class Uptake:
    """A transporter of a field: ``name`` in the catalogue, or empty; ``vmax`` in uM/ms, ``km`` in uM."""

    name: str
    vmax: str
    km: str


# transporters of a field: names of the catalogue, or made with am.uptake()
Transport: TypeAlias = str | Uptake | list[str | Uptake] | tuple[str | Uptake, ...] | None


@closed("give it when the field is made: net.field(..., grid=...)")
@dataclass(frozen=True)
class Grid:
    """A box of voxels in which a field diffuses: numbers of voxels, edge (um), diffusion coefficient (um**2/ms), corner (um)."""

    shape: tuple[int, ...]
    spacing: str
    diffusion: str
    origin: tuple[str, ...]


@closed('give it when it is made: net.field("{name}", {attribute}=...)')
@dataclass(frozen=True)
class Field:
    """A modulator in the extracellular volume; made by :meth:`Network.field`.

    ``released_by`` and ``regions`` map each region's name to neurons: those whose spikes release the modulator there, and those
    that are exposed to it. The only region of a field is called ``""`` and contains all neurons. Amounts are text with units.
    """

    name: str
    released_by: Mapping[str, Group]
    release: str
    uptake: tuple[Uptake, ...] = ()
    removal: Mapping[str, str] = field(default_factory=dict)  # rate by enzyme, "" for all others
    tonic: str = "0 uM"
    regions: Mapping[str, Group] = field(default_factory=dict)
    exchange: str = "0 1/ms"
    grid: Grid | None = None

    def __post_init__(self) -> None:
        hint = f'give it when it is made: net.field("{self.name}", ...)'
        for a in ("released_by", "removal", "regions"):
            fix(self, **{a: FrozenDict(getattr(self, a), f"Field '{self.name}', {a}", hint)})

    @property
    def places(self) -> list[str]:
        """Names of its regions; ``[""]`` if a single region contains all neurons."""
        return list(self.regions) or [""]


@closed("give it when it is made: net.modulate(..., {attribute}=...)")
@dataclass(frozen=True)
class Modulation:
    """Effect of a receptor: a parameter is multiplied by ``1 + (maximum - 1) * messenger``; made by :meth:`Network.modulate`."""

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
    channel: bool = False  # ``receptor`` is an ion channel, and the messenger the part of it that drugs close


# --- made and checked -------------------------------------------------------------------------------------------


# fmt: off
@door
def add_field(
    net: Network, name: str, *, released_by: Neurons | Mapping[str, Neurons] | None = None, release: Values | None = None, uptake: Transport = None, removal: Quantity | Mapping[str, Quantity] | None = None,
    tonic: Values = "0 uM", regions: Mapping[str, Neurons] | None = None, exchange: Quantity | None = None, grid: int | Sequence[int] | None = None, spacing: Quantity | None = None,
    diffusion: Quantity | None = None, origin: Quantity | Sequence[Quantity] | None = None,
) -> Field:
    """Add a modulator that spreads in the tissue: volume transmission.

    Parameters
    ----------
    name : name of the modulator, such as ``"dopamine"``.
    released_by : neurons whose spikes release it; with regions ``{region: neurons}``, or neurons that release in all.
    release : increase of the concentration (uM) of a neuron's region, or voxel, at each of its spikes.
    uptake : transporters: names of the catalogue such as ``"DAT"``, or ``am.uptake(vmax, km)``; one or a list.
    removal : removal in proportion to the concentration: a rate or a time constant; by enzyme as ``{enzyme: rate}``.
    tonic : initial concentration, which neurons outside the network maintain.
    regions : well-mixed regions as ``{name: neurons}``; None is one region that contains all neurons.
    exchange : rate at which any two regions mix.
    grid, spacing, diffusion, origin : instead of regions, a box of (nx, ny, nz) voxels with no-flux boundaries, their edge length, the
        diffusion coefficient in the tissue and a corner; neurons are in the voxels of their positions.

    Raises
    ------
    AmineError
        Name taken, unknown transporter, wrong unit, neurons without positions on a grid.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> vta = net.population("vta", 10, "poisson", rate="4 Hz")
    >>> net.field("dopamine", released_by=vta, uptake=am.uptake("4 uM/s", "0.2 uM"), tonic="20 nM").tonic
    '20 nM'
    """
    where = f"Field '{name}'"
    if not isinstance(name, str) or not name.isprintable() or not name or any(c in name for c in ":. "):
        raise AmineError("Field", "the name must be text without spaces, dots and colons", given=repr(name)[:40])
    if name in net.fields:
        raise AmineError(where, "the name is taken", hint="choose another")
    box = _grid(grid, spacing, diffusion, origin, where)
    bathed = _mapping(net, regions, f"{where}, regions")
    released = _released(net, released_by, bathed, where)
    _check_space(net, box, bathed, released, exchange, where)
    if release is not None and not released:
        raise AmineError(f"{where}, release", "nothing releases it", hint="give released_by=, or leave release= out")
    amount = _quantity("1 nM" if release is None else release, "uM", f"{where}, release")
    level = _quantity(tonic, "uM", f"{where}, tonic")
    taken, lost = _uptakes(uptake, name, where), _removal(removal, f"{where}, removal")
    out = Field(name, released, amount, taken, lost, level, bathed, _rate(exchange, f"{where}, exchange"), box)
    if released and not taken and not any(to_internal(r, "1/ms", where) for r in lost.values()):
        hint = 'give uptake= or removal="1 1/s"'
        warn(where, "nothing removes it, so that it can only rise", hint=hint)
    return enter(net.fields, name, out)
# fmt: on


def _check_space(
    net: Network, grid: Grid | None, regions: Mapping[str, Group], released: Mapping[str, Group], exchange: object, where: str
) -> None:  # fmt: skip
    """Raise AmineError if regions and grid are combined, or options of one are given with the other."""
    if grid is not None and regions:
        raise AmineError(where, "it has both regions and a grid", hint="choose one of them")
    if exchange is not None and len(regions) < 2 and to_internal_rate(exchange, f"{where}, exchange") > 0:
        raise AmineError(f"{where}, exchange", "there are no regions to mix", hint="give two or more in regions=")
    for group in released.values() if grid is not None else ():
        for v in group:
            _need_positions(net.populations[v.population], grid, where)  # type: ignore[arg-type]


def to_internal_rate(value: object, where: str) -> float:
    """Rate in 1/ms, from a rate or a time constant."""
    return scalar(_rate(value, where), "1/ms", where)


def _quantity(value: object, unit: str, where: str) -> str:
    x = number(value, unit, where, nonnegative=True)
    return value.strip() if isinstance(value, str) else f"{x!r} {unit}"


def _rate(value: object, where: str) -> str:
    """Rate as text with a unit, from a rate or a time constant."""
    if value is None:
        return "0.0 1/ms"
    try:
        return _quantity(value, "1/ms", where)
    except AmineError as e:
        if e.problem != "wrong dimension":
            raise
    return f"{1.0 / number(value, 'ms', where, positive=True)!r} 1/ms"


def _removal(value: object, where: str) -> dict[str, str]:
    """Rates by enzyme."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return {"": _rate(value, where)}
    return {compounds.enzyme(str(k)).id if k else "": _rate(v, f"{where}, '{k}'") for k, v in value.items()}


def _mapping(net: Network, value: object, where: str) -> dict[str, Group]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not value:
        raise AmineError(
            where, "this is not a table of regions", given=repr(value)[:40], expected="{name: neurons, ...}"
        )
    return {str(k): placeless(net, v, f"{where}, '{k}'") for k, v in value.items()}


def _released(net: Network, value: object, regions: Mapping[str, Group], where: str) -> dict[str, Group]:
    """Releasing neurons by region; neurons given without a region release in all of them."""
    if value is None:
        return {}
    places = list(regions) or [""]
    if not isinstance(value, Mapping):
        return dict.fromkeys(places, placeless(net, value, f"{where}, released_by"))
    found = _mapping(net, value, f"{where}, released_by")
    for name in found:
        if name not in places:
            raise AmineError(f"{where}, released_by", f"region '{name}' is not known", hint=did_you_mean(name, places))
    return found


def uptake(vmax: Quantity, km: Quantity) -> Uptake:
    """Transporter with uptake ``vmax * c / (km + c)`` at concentration ``c`` (Michaelis-Menten).

    Parameters
    ----------
    vmax : maximum rate, such as ``"4.1 uM/s"``.
    km : concentration at half of the maximum rate, such as ``"0.2 uM"``.

    Raises
    ------
    AmineError
        Wrong unit, a negative rate or a concentration that is not positive.

    Examples
    --------
    >>> uptake("4 uM/s", "0.2 uM").km
    '0.2 uM'
    """
    km_text = _quantity(km, "uM", "uptake(), km")
    number(km, "uM", "uptake(), km", positive=True)
    return Uptake("", _quantity(vmax, "uM/ms", "uptake(), vmax"), km_text)


def _uptakes(value: Transport, field: str, where: str) -> tuple[Uptake, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(u if isinstance(u, Uptake) else _transporter(u, field, where) for u in values)


def _transporter(name: str, field: str, where: str) -> Uptake:
    found = compounds.transporter(name)
    known = catalogue.find_entry(field, ("transmitter",))
    if known is not None and found.substrates and known.id not in found.substrates:
        problem, carries = f"{found.id} does not carry {known.id}", ", ".join(found.substrates)
        raise AmineError(f"{where}, uptake", problem, expected=f"a transporter of it; {found.id} carries {carries}")
    vmax, km = found.value("Vmax"), found.value("Km")
    if vmax is None or km is None:
        raise AmineError(
            f"{where}, uptake",
            f"the catalogue has no Vmax and Km of '{found.id}'",
            hint='give uptake=am.uptake(vmax="... uM/s", km="... uM")',
        )
    return Uptake(found.id, f"{vmax!r} uM/ms", f"{km!r} uM")


def _grid(shape: object, spacing: object, diffusion: object, origin: object, where: str) -> Grid | None:
    if shape is None:
        for option, given in (("spacing", spacing), ("diffusion", diffusion), ("origin", origin)):
            if given is not None:
                hint = "give grid=(nx, ny, nz), or leave it out"
                raise AmineError(f"{where}, {option}", "this is for a grid", hint=hint)
        return None
    spacing = "50 um" if spacing is None else spacing
    sizes = shape if isinstance(shape, list | tuple) else (shape,)
    if not 1 <= len(sizes) <= 3:
        raise AmineError(f"{where}, grid", "a grid has one to three axes", given=repr(shape)[:40])
    n = tuple(whole_number(x, f"{where}, grid", 1, 1024) for x in sizes)
    corner = ["0 um"] * len(n) if origin is None else _corner(origin, where)
    if len(corner) != len(n):
        raise AmineError(f"{where}, origin", "it has not as many values as the grid has axes", given=repr(origin)[:40])
    for x in corner:
        number(x, "um", f"{where}, origin")
    if diffusion is None:
        raise AmineError(where, "a grid needs a diffusion coefficient", hint='give diffusion="0.32 um**2/ms"')
    number(spacing, "um", f"{where}, spacing", positive=True)
    return Grid(n, str(spacing), _quantity(diffusion, "um**2/ms", f"{where}, diffusion"), tuple(corner))


def _corner(origin: object, where: str) -> list[str]:
    values = origin if isinstance(origin, list | tuple) else [origin]
    return [x if isinstance(x, str) else f"{number(x, 'um', f'{where}, origin')!r} um" for x in values]


def _need_positions(population: Population, grid: Grid, where: str) -> None:
    if population.positions is None or population.positions.shape[1] < len(grid.shape):
        raise AmineError(
            where,
            f"population '{population.name}' has no position along every axis of the grid",
            hint="give positions= when making it",
        )


# fmt: off
@door
def modulate(
    net: Network, target: Neurons, *, by: Field | str | None = None, receptor: str | None = None, acts_on: str, maximum: Values,
    EC50: Values | None = None, hill: Quantity | None = None, tau: Quantity | None = None, tau_decay: Values | None = None, channel: str | None = None,
) -> Modulation:
    """Let a field act on a parameter of neurons through a metabotropic receptor.

    The receptor's occupancy (Hill) drives a second messenger of first order, and the parameter is multiplied by
    ``1 + (maximum - 1) * messenger``.

    Parameters
    ----------
    target : neurons that have the receptor.
    by : a field or its name; None if drugs alone act there.
    receptor : its label, such as ``"D1"``.
    acts_on : a parameter of the neuron (``"V_th"``), ``"NMDA.conductance"``, a parameter of a receptor (``"GABA_A.tau"``)
        or of the neurons' release model (``"release.U"``).
    maximum : the factor at full occupancy.
    EC50, hill : concentration of half response and Hill coefficient, for a field; by default the catalogue's potency and its Hill
        coefficient, 1 beside an EC50 that is given. A potency that is a binding constant is warned of.
    tau, tau_decay : time constants of the second messenger's rise (default: instantaneous) and decay (default: that of the rise).
    channel : instead of a field and a receptor, an ion channel that the equations do not have, such as ``"Kv1"`` of the terminals: the
        messenger is the part of it that drugs close, to the power of ``hill``, and ``maximum`` the factor when all are closed.

    Raises
    ------
    AmineError
        Unknown field, receptor, channel or parameter, negative factor.

    Examples
    --------
    >>> import amine as am
    >>> net = am.Network()
    >>> E = net.population("E", 10, "lif_cond")
    >>> net.modulate(E, receptor="mu_opioid", acts_on="E_L", maximum=1.2, tau="50 ms").receptor
    'mu_opioid'
    """
    group = placeless(net, target, "Modulation, target")
    field_name = "" if by is None else by.name if isinstance(by, Field) else name_of(by, "Modulation, by")
    label = field_name if receptor is None else name_of(receptor, "Modulation, receptor")
    label = label if channel is None else known_channel(channel, label)
    if not label:
        raise AmineError(
            "Modulation", "neither by= nor receptor= is given", hint="name a field, or a receptor for drugs alone"
        )
    name = f"{label} on {acts_on} of {'+'.join(v.population for v in group)}"
    where = f"Modulation '{name}'"
    _check_field(net, group, field_name, name_of(acts_on, where, "acts_on"), where)
    rise = "0 ms" if tau is None else tau
    made = Modulation(
        name, group, field_name, label, acts_on, number(maximum, "1", f"{where}, maximum", nonnegative=True),
        _quantity(_half(EC50, field_name, label, where), "uM", f"{where}, EC50"),
        number(_slope(EC50, field_name, label) if hill is None else hill, "1", f"{where}, hill", positive=True),
        _quantity(rise, "ms", f"{where}, tau"),
        _quantity(rise if tau_decay is None else tau_decay, "ms", f"{where}, tau_decay"), channel is not None,
    )
    return append(net.modulations, made)
# fmt: on


def _check_field(net: Network, group: Group, by: str, acts_on: str, where: str) -> None:
    """Raise AmineError if the field, or the parameter of the neurons, does not exist."""
    if by and by not in net.fields:
        raise AmineError(where, f"field '{by}' is not known", hint=did_you_mean(by, net.fields))
    grid = net.fields[by].grid if by else None
    for v in group:
        if grid is not None:
            _need_positions(net.populations[v.population], grid, where)
        check_parameter(net, net.populations[v.population], acts_on, where)


def _half(given: object, by: str, receptor: str, where: str) -> Any:
    """Concentration of half occupancy: the given one, or that of the catalogue."""
    if given is not None:
        number(given, "uM", f"{where}, EC50", positive=True)
        return given
    if not by:
        return "1 uM"
    _check_answers(by, receptor, where)
    return _potency(receptor, where)


def _check_answers(field_name: str, receptor: str, where: str) -> None:
    """Raise AmineError if the catalogue knows the field's transmitter and the receptor does not bind it."""
    entry = catalogue.find_entry(field_name, ("transmitter",))
    if entry is not None:
        answers(receptor, entry, where)


def _potency(receptor: str, where: str) -> str:
    entry = compounds.receptor(receptor)
    found = entry.measurement("potency")
    if found is None:
        raise AmineError(where, f"the catalogue has no potency at '{receptor}'", hint='give EC50="1 uM"')
    if found.measured == "binding" and entry.family != "ionotropic":
        problem = (
            f"the catalogue's potency at '{receptor}' is a binding constant, and the response may need less or more"
        )
        warn(where, problem, hint=f'give EC50="{found.internal:.3g} uM" if that is meant')
    return f"{found.internal!r} uM"


def _slope(EC50: object, by: str, receptor: str) -> float:
    """The Hill coefficient of the catalogue's potency, if that is taken."""
    if EC50 is not None or not by:
        return 1.0
    entry = compounds.receptor(receptor)
    found = entry.measurement("potency")
    return entry.value("hill", 1.0 if found is None or found.hill is None else found.hill) or 1.0


def check_parameter(net: Network, population: Population, acts_on: str, where: str) -> str:
    """Name of the target of a modulation in the population's equations; ``release.<parameter>`` for its release models.

    ``acts_on`` is ``<receptor>.conductance``, the factor on a receptor's current, ``<receptor>.<parameter>``, a parameter of its
    model, or a parameter of the neuron.
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
    """Refuse rates of a kinetic scheme, which cannot be modulated: the scheme lives at the source or at the synapse."""
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


def _from(s: Synapses, population: Population) -> bool:
    return any(v.population == population.name for v in s.source.views())
