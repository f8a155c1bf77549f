"""Fields of a network as signals: tonic balance, removal, diffusion, and release by spikes."""

from __future__ import annotations

import numpy as np

from amine.compounds.algebra import remove
from amine.compounds.signals import Axis, Diffuse, Product, Term, Uptake
from amine.engine.device.arrays import exact
from amine.engine.device.matrices import expm, product, solve
from amine.engine.resolve.drugs import Drugs, enzymes
from amine.engine.resolve.signals import Releasing, Signals
from amine.errors import AmineError
from amine.network import chemistry
from amine.network.chemistry import Field
from amine.network.network import Network
from amine.network.parts import Group, View
from amine.values import scalar


def size(f: Field) -> int:
    """Number of regions or voxels of a field."""
    return int(np.prod(f.grid.shape)) if f.grid is not None else len(f.places)


def concentration(f: Field, p: Signals) -> None:
    """Adds the signals of a field; :func:`diffuse` adds its operation, after the operations that it reads."""
    n = size(f)
    at = p.program.add(f.name, n, [scalar(f.tonic, "uM", f"Field '{f.name}'")])
    places = tuple(f.places) if f.grid is None else tuple(map(str, np.ndindex(f.grid.shape)))
    for r, place in enumerate(places if n > 1 and f.grid is None else ()):
        p.names[f"{f.name}:{place}"] = at + r
    p.keep("concentration", f.name, "", "uM", places, at, n)


def diffuse(net: Network, f: Field, p: Signals, drugs: Drugs, own: list[Term]) -> None:
    """Adds the operation of a field; ``own`` are factors of its release by its own receptors."""
    where, n, at = f"Field '{f.name}'", size(f), p.names[f.name]
    tonic = scalar(f.tonic, "uM", where)
    removal = sum(scalar(r, "1/ms", where) for r in f.removal.values())
    content = drugs.content(f.name)
    uptakes = tuple(_uptake(u, drugs, where) for u in f.uptake)
    rest, removals = _removals(f, removal, p, drugs, where)
    axes, matrix = _axes(f, n, p.h, where)
    plain = [(u.vmax, u.km) for u in uptakes]
    source = tuple(_balance(np.full(n, tonic), plain, removal, p.h, matrix, where).tolist())
    gains = (*own, *(Term(s) for s in content))
    p.program.append(Diffuse(at, n, p.h, max(rest, 0.0), uptakes, removals, gains, tuple(content), source, axes))
    amount = scalar(f.release, "uM", where)
    for place, group in f.released_by.items():
        for v in group:
            region, regions = (f.places.index(place), None) if f.grid is None else (-1, voxels(net, f, v))
            p.releasing.append(Releasing(at, v.population, v.start, v.stop, v.step, region, regions, amount))


def _uptake(u: chemistry.Uptake, drugs: Drugs, where: str) -> Uptake:
    vmax, km = scalar(u.vmax, "uM/ms", where), scalar(u.km, "uM", where)
    changed = drugs.transporter(u.name) if u.name else {}
    by = (tuple(changed.get(quantity, ())) for quantity in ("Vmax", "Km", "efflux"))
    return Uptake(vmax, km, *by)


def _removals(f: Field, total: float, p: Signals, drugs: Drugs, where: str) -> tuple[float, tuple[Term, ...]]:
    """The rate of removal that no drug changes, and the part of each inhibited enzyme with the signal that scales it."""
    rest, out = total, []
    for enzyme, rate in enzymes(f).items():
        signals = drugs.enzyme(enzyme)
        if signals:
            part = scalar(rate, "1/ms", where)
            rest -= part
            product = p.program.add(f"{f.name}:{enzyme}", 1, [1.0])
            p.program.append(Product(product, tuple(Term(s) for s in signals)))
            out.append(Term(product, 0, part))
    return rest, tuple(out)


def _axes(f: Field, n: int, h: float, where: str) -> tuple[tuple[Axis, ...], np.ndarray | None]:
    """Propagators along each axis of a grid, or between regions; for regions also as a matrix (regions, regions)."""
    if f.grid is not None:
        edge = scalar(f.grid.spacing, "um", where)
        speed = scalar(f.grid.diffusion, "um**2/ms", where) / edge**2
        stride, axes = n, []
        for m in f.grid.shape:
            stride //= m
            if m > 1 and speed > 0:
                axes.append(Axis(m, stride, np.maximum(expm(_laplacian(m) * speed * h), 0.0)))
        return tuple(axes), None
    rate = scalar(f.exchange, "1/ms", where)
    if n == 1 or rate == 0:
        return (), None
    E = expm(rate * h * (np.ones((n, n)) - n * np.eye(n)))
    return (Axis(n, 1, E),), E


def _laplacian(m: int) -> np.ndarray:
    """Second difference with closed ends."""
    A = np.diag(np.ones(m - 1), 1) + np.diag(np.ones(m - 1), -1)
    return A - np.diag(A.sum(1))


def _balance(
    tonic: np.ndarray, uptakes: list[tuple[float, float]], rate: float, h: float, matrix: np.ndarray | None, where: str
) -> np.ndarray:
    """The constant release (uM/ms) that holds the tonic level through a field step, to rounding."""

    def half(x: np.ndarray, time: float, order: list[int]) -> np.ndarray:
        out = x.copy()
        for u in order:
            vmax, km = uptakes[u]
            out = np.array([remove(float(c), time, vmax, km, rate if u == 0 else 0.0) for c in out])
        return out if order else out * exact.exp(-time * rate)

    order = list(range(len(uptakes)))
    unique, back = np.unique(tonic, return_inverse=True)
    before, after = half(unique, h / 2, order)[back], half(unique, -h / 2, order)[back]
    E = np.eye(1) if matrix is None else matrix
    if matrix is None:
        return np.maximum(after - before, 0.0) / h
    source = solve((E + np.eye(len(E))) * h / 2, after - product(E, before[:, None])[:, 0])
    if (source < -1e-12).any():
        raise AmineError(where, "the tonic level cannot be held: a region gets more than it removes")
    return np.maximum(source, 0.0)


def voxels(net: Network, f: Field, v: View) -> np.ndarray:
    """Index of the voxel of each neuron of a view (n,); neurons outside the box belong to the nearest voxel."""
    positions = net.populations[v.population].positions
    assert f.grid is not None and positions is not None
    edge = scalar(f.grid.spacing, "um", "grid")
    corner = np.array([scalar(x, "um", "grid") for x in f.grid.origin])
    d = len(f.grid.shape)
    index = np.floor((positions[v.start : v.stop : v.step, :d] - corner) / edge).astype(np.int64)
    index = np.clip(index, 0, np.array(f.grid.shape) - 1)
    return np.asarray(np.ravel_multi_index(tuple(index.T), f.grid.shape))


def regions_of(net: Network, f: Field | None, population: str, group: Group) -> np.ndarray:
    """Index of the field's region around each neuron of a population (n,); -1 for neurons outside ``group``."""
    size = net.populations[population].n
    around = np.zeros(size, np.int64)
    if f is not None and f.grid is not None:
        around = voxels(net, f, View(population, 0, size))
    elif f is not None and f.regions:
        around[:] = -1
        for r, place in enumerate(f.regions.values()):
            for v in place:
                if v.population == population:
                    around[v.start : v.stop : v.step] = r
    out = np.full(size, -1, np.int64)
    for v in group:
        if v.population == population:
            out[v.start : v.stop : v.step] = around[v.start : v.stop : v.step]
    return out
