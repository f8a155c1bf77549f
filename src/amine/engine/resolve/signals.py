"""From fields, modulations and doses of a description to slow signals, the operations on them, and the parameters they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from amine.engine.device import slow_tables as T
from amine.engine.device.slow import remove
from amine.engine.resolve.blockers import block
from amine.engine.resolve.drugs import Drugs, enzymes
from amine.errors import AmineError
from amine.network.chemistry import Field, Modulation, check_parameter
from amine.network.network import Network
from amine.network.parts import Group, Probe
from amine.units import to_internal


@dataclass
class Vary:
    """A factor of a parameter of a population: ``n`` signals from ``signal`` on; ``regions`` says which of them a neuron has (-1: none)."""

    population: str
    parameter: str
    signal: int
    n: int = 1
    regions: np.ndarray | None = None


@dataclass
class Recorded:
    """What a run keeps: ``kind`` dose, concentration or occupancy, of ``name``, at ``places``; and why it is there (``by``)."""

    kind: str
    name: str
    by: str
    unit: str
    places: tuple[str, ...]
    signal: int
    n: int


@dataclass
class Plan:
    """All slow signals of a network. ``signals`` gives the place of each by name: ``dopamine``, ``D1``, ``dose:ketamine``."""

    every: int
    h: float
    signals: dict[str, int] = field(default_factory=dict)
    initial: list[float] = field(default_factory=list)
    ops: list[tuple[int, ...]] = field(default_factory=list)
    args: list[tuple[int, ...]] = field(default_factory=list)
    axes: list[tuple[int, ...]] = field(default_factory=list)
    spikes: list[tuple[Any, ...]] = field(default_factory=list)  # population by name
    par: list[float] = field(default_factory=list)
    maps: list[np.ndarray] = field(default_factory=list)
    mapped: int = 0
    factors: list[Vary] = field(default_factory=list)
    weights: list[tuple[str, str, int]] = field(
        default_factory=list
    )  # population, parameter of its release models, signal
    doses: list[list[Any]] = field(default_factory=list)  # courses of each drug
    recorded: list[Recorded] = field(default_factory=list)
    blockers: dict[str, list[tuple[str, Any]]] = field(
        default_factory=dict
    )  # population: receptors' labels and effects
    totals: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # population: receptors whose conductance in all must be known
    probes: list[Probe] = field(default_factory=list)  # of states that are kept as signals
    idle: list[str] = field(default_factory=list)  # sentences about doses that act on nothing

    def add(self, name: str, n: int = 1, start: Sequence[float] = (0.0,)) -> int:
        """New signals; a name that is taken gets a number."""
        at, count, unique = len(self.initial), 2, name
        while unique in self.signals:
            unique, count = f"{name} {count}", count + 1
        self.signals[unique] = at
        self.initial += list(start) if len(start) == n else list(start) * n
        return at

    def numbers(self, *values: Any) -> int:
        """Place of numbers in the common table."""
        at = len(self.par)
        self.par += [float(v) for v in values]
        return at

    def operate(
        self, kind: int, out: int, n: int, args: Sequence[tuple[int, int, int, int]], numbers: int, more: int = 0
    ) -> None:
        """Adds an operation; its arguments are (role, first signal, stride, place of its numbers)."""
        first = len(self.args)
        self.args += list(args)
        self.ops.append((kind, out, n, first, len(self.args), numbers, more))

    def region_map(self, regions: np.ndarray) -> int:
        """Place of a table of regions."""
        at = self.mapped
        self.maps.append(np.asarray(regions, np.int64))
        self.mapped += len(regions)
        return at

    def keep(self, *what: Any) -> None:
        """Lets a run keep a signal; see :class:`Recorded`."""
        self.recorded.append(Recorded(*what))

    def varying(self, population: str) -> tuple[tuple[str, ...], frozenset[str]]:
        """Names of the parameters of a population that change, and of those that then differ between neurons."""
        mine = [f for f in self.factors if f.population == population]
        names = tuple(sorted({f.parameter for f in mine}))
        return names, frozenset(f.parameter for f in mine if f.regions is not None)


def plan(net: Network) -> Plan | None:
    """The plan of a network; None if it has no chemistry."""
    if not (net.fields or net.modulations or net.doses):
        return None
    every = max(1, round(1.0 / net.dt))
    p = Plan(every, every * net.dt)
    _doses(net, p)
    for f in net.fields.values():
        _concentration(net, f, p)
    drugs = Drugs(net, p)
    occupied: dict[Any, int] = {}
    own: dict[str, list[tuple[int, int]]] = {f: [] for f in net.fields}  # factors of a field's own release
    for m in net.modulations:
        _modulation(net, m, p, drugs, occupied, own)
    for f in net.fields.values():
        _field(net, f, p, drugs, own[f.name])
    drugs.act()
    block(net, p, drugs)
    p.idle = drugs.idle()
    return p


def _doses(net: Network, p: Plan) -> None:
    """One signal for each drug; several doses of it add up."""
    drugs: dict[str, list[Any]] = {}
    for d in net.doses:
        drugs.setdefault(d.drug, []).append(d.course)
    for j, (drug, courses) in enumerate(drugs.items()):
        at = p.add(f"dose:{drug}")
        p.operate(T.DOSE, at, 1, [], 0, j)
        p.doses.append(courses)
        p.keep("dose", drug, "", "uM", ("",), at, 1)


# --- fields -----------------------------------------------------------------------------------------------------


def _size(f: Field) -> int:
    return int(np.prod(f.grid.shape)) if f.grid is not None else len(f.places)


def _concentration(net: Network, f: Field, p: Plan) -> None:
    """The signals of a field; its operation comes when all that acts on it is there."""
    n = _size(f)
    at = p.add(f.name, n, [float(to_internal(f.tonic, "uM", f"Field '{f.name}'"))])
    places = tuple(f.places) if f.grid is None else tuple(map(str, np.ndindex(f.grid.shape)))
    for r, place in enumerate(places if n > 1 and f.grid is None else ()):
        p.signals[f"{f.name}:{place}"] = at + r
    p.keep("concentration", f.name, "", "uM", places, at, n)


def _field(net: Network, f: Field, p: Plan, drugs: Drugs, own: list[tuple[int, int]]) -> None:
    where, n, at = f"Field '{f.name}'", _size(f), p.signals[f.name]
    tonic = float(to_internal(f.tonic, "uM", where))
    uptakes = [(float(to_internal(u.vmax, "uM/ms", where)), float(to_internal(u.km, "uM", where))) for u in f.uptake]
    total = sum(float(to_internal(r, "1/ms", where)) for r in f.removal.values())
    args = [(T.RELEASE, signal, stride, 0) for signal, stride in own]
    for content in drugs.factors(f.name, "content"):
        args += [(T.RELEASE, content, 0, 0), (T.SOURCE, content, 0, 0)]
    for j, u in enumerate(f.uptake):
        number = p.numbers(j)
        for role, quantity in ((T.KM, "Km"), (T.VMAX, "Vmax"), (T.EFFLUX, "efflux")):
            args += [(role, signal, 0, number) for signal in drugs.factors(u.name, quantity)]
    rest = total
    for enzyme, rate in enzymes(f).items():
        signals = drugs.factors(enzyme, "Vmax")
        if signals:
            part = float(to_internal(rate, "1/ms", where))
            rest -= part
            product = p.add(f"{f.name}:{enzyme}", 1, [1.0])
            p.operate(T.PRODUCT, product, 1, [(0, s, 0, 0) for s in signals], 0)
            args.append((T.REMOVAL, product, 0, p.numbers(part)))
    first, matrix = len(p.axes), _axes(f, n, p, where)
    source = _balance(np.full(n, tonic), uptakes, total, p.h, matrix, where)
    numbers = p.numbers(
        p.h, max(rest, 0.0), len(uptakes), first, len(p.axes), *(x for u in uptakes for x in u), *source
    )
    o = len(p.ops)
    p.operate(T.FIELD, at, n, args, numbers)
    amount = p.numbers(float(to_internal(f.release, "uM", where)))
    for place, group in f.released_by.items():
        for v in group:
            region, table = (f.places.index(place), -1) if f.grid is None else (-1, p.region_map(voxels(net, f, v)))
            p.spikes.append((o, v.population, v.start, v.stop, v.step, region, table, amount))


def _axes(f: Field, n: int, p: Plan, where: str) -> np.ndarray | None:
    """Propagators along each axis of a grid, or between regions; the latter as a matrix too."""
    from scipy.linalg import expm

    if f.grid is not None:
        edge = float(to_internal(f.grid.spacing, "um", where))
        speed = float(to_internal(f.grid.diffusion, "um**2/ms", where)) / edge**2
        stride = n
        for m in f.grid.shape:
            stride //= m
            if m > 1 and speed > 0:
                E = np.maximum(expm(_laplacian(m) * speed * p.h), 0.0)
                p.axes.append((m, stride, p.numbers(*E.ravel())))
        return None
    rate = float(to_internal(f.exchange, "1/ms", where))
    if n == 1 or rate == 0:
        return None
    E = expm(rate * p.h * (np.ones((n, n)) - n * np.eye(n)))
    p.axes.append((n, 1, p.numbers(*E.ravel())))
    return E


def _laplacian(m: int) -> np.ndarray:
    """Second difference with closed ends."""
    A = np.diag(np.ones(m - 1), 1) + np.diag(np.ones(m - 1), -1)
    return A - np.diag(A.sum(1))


def _balance(
    tonic: np.ndarray, uptakes: list[tuple[float, float]], rate: float, h: float, matrix: Any, where: str
) -> np.ndarray:
    """The constant release (uM/ms) with which one field step leaves the tonic level where it is, to rounding."""

    def half(x: np.ndarray, time: float, order: list[int]) -> np.ndarray:
        out = x.copy()
        for u in order:
            vmax, km = uptakes[u]
            out = np.array([remove.py_func(float(c), time, vmax, km, rate if u == 0 else 0.0) for c in out])
        return out if order else out * np.exp(-time * rate)

    order = list(range(len(uptakes)))
    unique, back = np.unique(tonic, return_inverse=True)
    before, after = half(unique, h / 2, order)[back], half(unique, -h / 2, order)[back]
    E = np.eye(1) if matrix is None else matrix
    if matrix is None:
        return np.maximum(after - before, 0.0) / h
    source = np.linalg.solve((E + np.eye(len(E))) * h / 2, after - E @ before)
    if (source < -1e-12).any():
        raise AmineError(where, "the tonic level cannot be held: a region gets more than it removes")
    return np.maximum(source, 0.0)


def voxels(net: Network, f: Field, v: Any) -> np.ndarray:
    """The voxel of each neuron of a view; those outside the box belong to the nearest one."""
    assert f.grid is not None
    positions: Any = net.populations[v.population].positions
    edge = float(to_internal(f.grid.spacing, "um", "grid"))
    corner = np.array([float(to_internal(x, "um", "grid")) for x in f.grid.origin])
    d = len(f.grid.shape)
    index = np.floor((positions[v.start : v.stop : v.step, :d] - corner) / edge).astype(np.int64)
    index = np.clip(index, 0, np.array(f.grid.shape) - 1)
    return np.asarray(np.ravel_multi_index(tuple(index.T), f.grid.shape))


def regions_of(net: Network, f: Field | None, population: str, group: Group) -> np.ndarray:
    """For each neuron of a population the region of the field that bathes it, -1 for those that ``group`` does not mean."""
    size = net.populations[population].n
    bath = np.zeros(size, np.int64)
    if f is not None and f.grid is not None:
        from amine.network.parts import View

        bath = voxels(net, f, View(population, 0, size))
    elif f is not None and f.regions:
        bath[:] = -1
        for r, place in enumerate(f.regions.values()):
            for v in place:
                if v.population == population:
                    bath[v.start : v.stop : v.step] = r
    out = np.full(size, -1, np.int64)
    for v in group:
        if v.population == population:
            out[v.start : v.stop : v.step] = bath[v.start : v.stop : v.step]
    return out


# --- modulators -------------------------------------------------------------------------------------------------


def _modulation(
    net: Network, m: Modulation, p: Plan, drugs: Drugs, occupied: dict[Any, int], own: dict[str, list[tuple[int, int]]]
) -> None:
    where = f"Modulation '{m.name}'"
    f = net.fields.get(m.by)
    places = [""] if f is None else f.places if f.grid is None else [""] * int(np.prod(f.grid.shape))
    n = len(places)
    potency, hill = float(to_internal(m.potency, "uM", where)), m.hill
    key = (m.receptor, m.by, potency, hill)
    if key not in occupied:
        at = occupied[key] = p.add(m.receptor, n)
        for r, place in enumerate(places if n > 1 and f is not None and f.grid is None else ()):
            p.signals[f"{m.receptor}:{place}"] = at + r
        ligands = [] if f is None else [(T.AGONIST, p.signals[f.name], int(n > 1), p.numbers(potency, 1.0))]
        for role, quantity in ((T.SHIFT, "EC50"), (T.ADDED, "occupancy"), (T.EFFICACY, "efficacy")):
            ligands += [(role, signal, 0, 0) for signal in drugs.factors(m.receptor, quantity)]
        p.operate(T.OCCUPANCY, at, n, ligands, p.numbers(hill))
        p.keep("occupancy", m.receptor, m.by, "1", tuple(places), at, n)
    now = occupied[key]
    rise, decay = (float(to_internal(x, "ms", where)) for x in (m.rise, m.decay))
    if rise > 0 or decay > 0:
        at = p.add(f"messenger:{m.name}", n)
        shares = [1.0 if tau <= 0 else float(-np.expm1(-p.h / tau)) for tau in (rise, decay)]
        p.operate(T.RELAX, at, n, [(0, now, 1, 0)], p.numbers(*shares))
        now = at
    at = p.add(f"factor:{m.name}", n, [1.0])
    p.operate(T.COMBINE, at, n, [(0, now, 1, p.numbers(m.maximum - 1.0))], p.numbers(1.0))
    source = m.acts_on.removesuffix(".release")
    if m.acts_on.endswith(".release") and source in own:
        own[source].append((at, int(n > 1)))
        return
    for name in dict.fromkeys(v.population for v in m.target):
        act(net, p, name, m.acts_on, at, n, regions_of(net, f, name, m.target), where)


def act(
    net: Network, p: Plan, population: str, acts_on: str, signal: int, n: int, regions: np.ndarray | None, where: str
) -> None:
    """Lets signals be a factor of a parameter of a population; the same for all its neurons where that is enough."""
    parameter = check_parameter(net, net.populations[population], acts_on, where)
    alike = regions is None or bool((regions == regions[0]).all() and regions[0] >= 0)
    if alike:
        signal, n, regions = signal + (0 if regions is None else int(regions[0])), 1, None
    if acts_on.startswith("release."):
        if not alike:
            raise AmineError(
                where,
                f"'{acts_on}' must be the same for all of '{population}'",
                hint="let the whole population stand in one region of the field",
            )
        p.weights.append((population, acts_on.partition(".")[2], signal))
        return
    p.factors.append(Vary(population, parameter, signal, n, regions))


# --- what is kept -----------------------------------------------------------------------------------------------


def probe_name(r: Recorded) -> str:
    """Under which name a run keeps a recorded signal."""
    return f"chemistry:{r.kind}:{r.name}" + (f":{r.by}" if r.by else "")


def recorded(net: Network) -> list[dict[str, Any]]:
    """What a store must know of the signals that are kept: in the form of probes, one variable each."""
    p = plan(net)
    if p is None:
        return []
    signals = [
        {
            "name": probe_name(r),
            "population": "",
            "start": 0,
            "stop": r.n,
            "step": 1,
            "variables": ["value"],
            "units": {"value": r.unit},
            "dtype": "float64",
            "places": list(r.places),
        }
        for r in p.recorded
    ]
    return signals + [
        {
            "name": q.name,
            "population": q.target.population,
            "start": q.target.start,
            "stop": q.target.stop,
            "step": q.target.step,
            "variables": list(q.variables),
            "units": dict.fromkeys(q.variables, "1"),
        }
        for q in p.probes
    ]
