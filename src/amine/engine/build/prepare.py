"""From a description to the arrays that a generated kernel works on."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.codegen import cache
from amine.engine.device.tables import (
    POISSON_COLUMNS,
    POPULATION_COLUMNS,
    RELEASE_COLUMNS,
    SOURCE_LIST,
    SOURCE_POISSON,
)
from amine.engine.resolve.keys import structural_key
from amine.engine.resolve.resolved import Member, Resolved
from amine.errors import AmineError
from amine.models.naming import GAP_TOTAL
from amine.network.network import Network
from amine.network.parts import View
from amine.network.plasticity import loaded_states
from amine.units import to_internal
from amine.values import Value, realise

BLOCK = 64
STREAMS = 4096  # random streams of each population or input: noises, draws of one step


def generator(seed: int, *names: str) -> np.random.Generator:
    """A random generator of its own for each named thing, whatever else the network holds."""
    words = [seed & 0xFFFFFFFF, seed >> 32, *(zlib.crc32(n.encode()) for n in names)]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def load_module(resolved: Resolved, bits: int) -> tuple[ModuleType, bool]:
    """The generated module of a structure, from the cache if it is there."""

    def source() -> str:
        from amine.engine.codegen.cell import generate
        from amine.engine.codegen.module import module_source
        from amine.engine.codegen.release import release_source

        cells = [
            generate(c, i) if hasattr(c, "ports") else _generate_tree(c, i, resolved)
            for i, c in enumerate(resolved.cells)
        ]
        releases = [release_source(m, str(j)) for j, m in enumerate(resolved.releases)]
        text = module_source(
            cells,
            releases,
            list(resolved.parts),
            bits,
            f"Kinds of cells: {', '.join(c.title for c in resolved.cells)}.",
            [r.code(j) for j, r in enumerate(resolved.rules)],
        )
        if resolved.schemes:
            from amine.engine.transmission.schemes import conductors, scheme_source

            text += "\n\n" + "".join(scheme_source(m, str(j)) for j, m in enumerate(resolved.schemes))
            if "explicit" in resolved.parts:  # called in the loop, found when it is compiled
                text += conductors(list(resolved.schemes))
        return text

    return cache.load([bits, structural_key(resolved.module)], source)


def _generate_tree(cell: Any, i: int, resolved: Resolved) -> Any:
    from amine.engine.codegen.tree import generate

    return generate(cell, i, all(hasattr(c, "ports") for c in resolved.cells[:i]))


@dataclass
class Place:
    """Where a population lies in the state array."""

    member: Member
    base: int
    id0: int
    rows: list[str]
    states: list[str]

    @property
    def n(self) -> int:
        """Number of neurons."""
        return self.member.population.n

    @property
    def lanes(self) -> int:
        """Neurons of a block."""
        return BLOCK

    @property
    def blocks(self) -> int:
        """Blocks of ``lanes`` neurons."""
        return -(-self.n // self.lanes) if self.rows else 0

    @property
    def stride(self) -> int:
        """Values of a block."""
        return len(self.rows) * self.lanes

    def row(self, name: str) -> int:
        """Index of a row within a block."""
        return self.rows.index(name)

    def view(self, X: np.ndarray) -> np.ndarray:
        """The population's part of the state array as (blocks, rows, lanes)."""
        return X[self.base : self.base + self.blocks * self.stride].reshape(self.blocks, len(self.rows), self.lanes)

    def put(self, X: np.ndarray, row: str, values: Any) -> None:
        """Sets a row; lanes beyond the last neuron repeat its value, so that they stay finite."""
        full = np.broadcast_to(np.asarray(values, float), (self.n,))
        padded = np.concatenate([full, np.repeat(full[-1:], self.blocks * self.lanes - self.n)])
        self.view(X)[:, self.row(row)] = padded.reshape(self.blocks, self.lanes)

    def get(self, X: np.ndarray, row: str) -> np.ndarray:
        """A row as one value for each neuron."""
        return self.view(X)[:, self.row(row)].ravel()[: self.n]

    def slots(self, row: str, i: np.ndarray) -> np.ndarray:
        """Places in the state array of neurons ``i``."""
        return self.base + i // self.lanes * self.stride + self.row(row) * self.lanes + i % self.lanes

    def row_base(self, row: str) -> int:
        """Place of neuron 0."""
        return self.base + self.row(row) * self.lanes


@dataclass
class Arrays:
    """What all threads share. Capital letters are the names that the kernel uses."""

    X: np.ndarray
    Q: np.ndarray
    C: np.ndarray
    PI: np.ndarray
    PF: np.ndarray
    PT: np.ndarray
    R: np.ndarray
    last: np.ndarray
    RT: np.ndarray
    RC: np.ndarray
    values: list[dict[str, Any]] = field(default_factory=list)  # parameters of each population, distributions drawn


def layout(resolved: Resolved, module: ModuleType) -> tuple[list[Place], int]:
    """Places of all populations, and the length of the state array."""
    places, base, id0 = [], 0, 0
    for m in resolved.members:
        code = module.CELLS[m.kind] if m.kind >= 0 else {}
        if "cable" in code:
            from amine.engine.build.tree import make_place

            p = make_place(m, base, id0, code)
        elif m.kind >= 0:
            p = Place(m, base, id0, code["rows"], code["states"])
        else:
            p = Place(m, base, id0, ["rate"] if m.kind == SOURCE_POISSON else [], [])
        places.append(p)
        base += p.blocks * p.stride
        id0 += p.n
    if base >= 2**31 or id0 >= 2**31:
        raise AmineError("Network", "there are too many states for 32-bit places", given=f"{base} states")
    return places, max(base, 1)


def aligned(size: int, real: Any) -> np.ndarray:
    """Zeros that begin at a cache line: a row of 64 values then never shares a line with another, and no vector straddles two."""
    line = 64
    room = np.zeros(size + line // np.dtype(real).itemsize, real)
    first = (-room.ctypes.data % line) // room.itemsize
    return room[first : first + size]


@dataclass(frozen=True)
class Totals:
    """What drawn synapses and gap junctions add up to at their targets, whose constants need it.

    ``gap`` is the conductance of all gap junctions of each neuron (nS), by population and compartment (0 for points);
    ``parameters`` are values that follow from all synapses of a receptor, by population and parameter.
    """

    gap: Mapping[int, Mapping[int, np.ndarray]] = field(default_factory=dict)
    parameters: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


def fill(resolved: Resolved, module: ModuleType, places: list[Place], totals: Totals, size: int, real: Any) -> Arrays:
    """States, constants, inputs and release states at time zero."""
    net = resolved.net
    X = aligned(size, real)
    n = len(places)
    widest = max((_constants(p, module) for p in places), default=0)
    C = np.zeros((n, max(widest, 1)), real)
    Q = np.zeros((n, POPULATION_COLUMNS), np.int64)
    stimulus = 0
    values: list[dict[str, Any]] = []
    for p, place in enumerate(places):
        m = place.member
        Q[p] = (place.base, place.n, place.id0, m.kind, p * STREAMS, stimulus, 0, 0, 0)
        stimulus += len(m.stimuli)
        values.append(drawn_values(net, m) | {k: np.float64(x) for k, x in totals.parameters.get(p, {}).items()})
        gap = totals.gap.get(p, {})
        if m.plan is not None:
            from amine.engine.build.tree import fill_cell

            fill_cell(net, module, place, values[p], gap, X, C[p])  # type: ignore[arg-type]
        elif m.kind >= 0:
            _fill_cell(net, module, place, values[p], gap, X, C[p])
        elif m.kind == SOURCE_POISSON:
            _fill_rate(net, place, values[p], X)
    PI, PF, PT = _poisson(net, module, places, X, real)
    return Arrays(X, Q, C, PI, PF, PT, *_releases(module, resolved, places, Q), values)


def _constants(place: Place, module: ModuleType) -> int:
    """Length of a population's row of constants."""
    if place.member.kind < 0:
        return 0
    if place.member.plan is not None:
        from amine.engine.build.tree import width

        return width(place, module.CELLS[place.member.kind])  # type: ignore[arg-type]
    return len(module.CELLS[place.member.kind]["scalars"])


def drawn_values(net: Network, m: Member) -> dict[str, Any]:
    """Every parameter as a float or an array (n,), distributions drawn."""
    along = (
        m.plan.along if m.plan is not None else ()
    )  # parameters of cells with a tree that depend on the path from the soma
    drawn = {
        name: realise(
            value, unit, m.population.n, generator(net.seed, m.name, name), f"Population '{m.name}', parameter '{name}'"
        )
        for name, (value, unit) in m.values.items()
        if name not in along
    }
    found = {name: np.asarray(x) if np.ndim(x) else np.float64(x) for name, x in drawn.items()}
    return found | {name: m.values[name][0] for name in along}


def _fill_cell(
    net: Network,
    module: ModuleType,
    place: Place,
    values: dict[str, Any],
    gap: Mapping[int, np.ndarray],
    X: np.ndarray,
    c: np.ndarray,
) -> None:
    m, code = place.member, module.CELLS[place.member.kind]
    if m.gap:
        values[GAP_TOTAL] = gap[0] if 0 in gap else np.zeros(place.n)
    with np.errstate(all="ignore"):  # what is not finite is reported below, by name
        found = dict(getattr(module, f"constants_{m.kind}")(values, net.dt))
    if code["linear"] is not None:
        from amine.engine.build.propagator import propagators

        with np.errstate(all="ignore"):
            matrices = getattr(module, f"matrices_{m.kind}")(values)
        require_finite(
            {
                f"matrix {k}": np.array([np.sum(e) for row in x for e in row] or [0.0])
                for k, x in zip("ABG", matrices, strict=True)
            },
            m,
            "a coefficient",
        )
        found |= propagators(matrices, code["linear"], net.dt)
    require_finite(found, m, "a constant made of its parameters")
    for i, name in enumerate(code["scalars"]):
        c[i] = found[name]
    start, kept = getattr(module, f"initial_{m.kind}")(values), loaded_states(net, m.name)
    for s in code["states"]:
        given = m.population.initial.get(s)
        unit, where = code["units"][s], f"Population '{m.name}', initial '{s}'"
        x = (
            kept.get(s, start.get(s, 0.0))
            if given is None
            else realise(given, unit, place.n, generator(net.seed, m.name, "initial", s), where)
        )
        require_finite({s: x}, m, "an initial value")
        place.put(X, s, x)
    for row in code["rows"][len(code["states"]) :]:
        if row in found:
            place.put(X, row, found[row])
    # lanes beyond the last neuron are never free to spike; the row holds steps, as whole numbers
    ghosts = place.view(X)[-1, place.rows.index("_ref")].view(f"i{X.itemsize}")
    ghosts[place.n - (place.blocks - 1) * BLOCK :] = np.iinfo(ghosts.dtype).max
    for j, s in enumerate(m.stimuli):
        place.put(X, f"I_stimulus_{j}", count(s.target.views(), m))


def count(views: Any, m: Member) -> np.ndarray:
    """How often each neuron of a population is in a group."""
    out = np.zeros(m.population.n)
    for v in views:
        if v.population == m.name:
            out[v.start : v.stop : v.step] += 1
    return out


def require_finite(found: dict[str, Any], m: Member, what: str) -> None:
    """Raises AmineError that names what is not finite of a population."""
    for name, x in found.items():
        if not np.isfinite(x).all():
            i = int(np.flatnonzero(~np.isfinite(np.atleast_1d(x)))[0])
            raise AmineError(
                f"Population '{m.name}'",
                f"{what} is not finite",
                given=f"{name} of neuron {i}",
                hint="check for zeros and extremes among its parameters",
            )


def _fill_rate(net: Network, place: Place, values: dict[str, Any], X: np.ndarray) -> None:
    p = np.asarray(values["rate"]) * net.dt
    if (p > 1).any():
        raise AmineError(
            f"Population '{place.member.name}', parameter 'rate'",
            "more than one spike a step is asked for",
            given=f"{float(np.max(p)):g} a step",
            hint="give the network a smaller dt or use Network.poisson",
        )
    put_rates(place, X, p)


def put_rates(place: Place, X: np.ndarray, p: np.ndarray) -> None:
    """Sets the probabilities of spikes in a step; lanes beyond the last neuron stay silent."""
    place.put(X, "rate", p)
    place.view(X)[-1, 0, place.n - (place.blocks - 1) * BLOCK :] = 0.0


# --- Poisson inputs --------------------------------------------------------------------------------------------


def _poisson(
    net: Network, module: ModuleType, places: list[Place], X: np.ndarray, real: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from amine.engine.device.poisson import cumulative

    rows, weights, tables = [], [], []
    for p, place in enumerate(places):
        for j, i in enumerate(place.member.poisson):
            where = f"Poisson input '{i.name}'"
            differs, varied = f"_poisson_weight_{j}" in place.rows, f"_poisson_rate_{j}" in place.rows
            unit = place.member.ports[i.receptor].weight_unit
            w = spread_value(net, i.target.views(), place.member, i.weight, unit, where + ", weight")
            r = spread_value(net, i.target.views(), place.member, i.rate, "Hz", where + ", rate")
            mean = float(np.max(r)) * int(i.n) * net.dt
            draws = max(1, int(np.ceil(mean / 16.0)))
            if draws > STREAMS // 4:
                raise AmineError(where, "too many spikes a step are asked for", given=f"{mean:g} a step")
            table = cumulative(mean / draws)
            if differs:
                place.put(X, f"_poisson_weight_{j}", w * count(i.target.views(), place.member).astype(bool))
            if varied:
                place.put(X, f"_poisson_rate_{j}", np.broadcast_to(np.asarray(r) * int(i.n) * net.dt, (place.n,)))
            target = module.CELLS[place.member.kind]["targets"][i.receptor]
            stream = p * STREAMS + 64 + (STREAMS - 64) // max(1, len(place.member.poisson)) * j

            def offset(row: str, there: bool, place: Place = place) -> int:
                return place.row(row) * place.lanes if there else -1

            if place.member.plan is not None:
                from amine.engine.build.tree import poisson_rows

                each = poisson_rows(net, place, j, i, target, r, offset(f"_poisson_weight_{j}", differs), p, stream, X)  # type: ignore[arg-type]
                rows += [row for row, _ in each]
                tables += [t for _, t in each]
                weights += [float(np.max(w)) if not differs else 0.0] * len(each)
                continue
            rows.append(
                (
                    p,
                    offset(target, True),
                    offset(f"_poisson_weight_{j}", differs),
                    len(table),
                    draws,
                    stream,
                    offset(f"_poisson_rate_{j}", varied),
                    place.stride,
                    place.lanes,
                )
            )
            weights.append(float(np.max(w)) if not differs else 0.0)
            tables.append(table)
    width = max((len(t) for t in tables), default=1)
    PT = np.zeros((len(tables), max(width, 1)), np.uint32)
    for q, t in enumerate(tables):
        PT[q, : len(t)] = t
    return np.array(rows, np.int64).reshape(-1, POISSON_COLUMNS), np.array(weights, real), PT


def spread_value(
    net: Network, views: tuple[View, ...], m: Member, value: Value, unit: str, where: str
) -> np.ndarray | float:
    """A value of a group as it falls on a population's neurons."""
    total = sum(v.n for v in views)
    x = realise(value, unit, total, generator(net.seed, where), where)
    if np.ndim(x) == 0:
        return float(x)
    out, at = np.zeros(m.population.n), 0
    for v in views:
        if v.population == m.name:
            out[v.start : v.stop : v.step] = np.asarray(x)[at : at + v.n]
        at += v.n
    return out


# --- release ---------------------------------------------------------------------------------------------------


def _releases(
    module: ModuleType, resolved: Resolved, places: list[Place], Q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    table, constants, states, n_last = [], [], [], 0
    kinds = [m.structure() for m in resolved.releases]
    at = 0
    for p, place in enumerate(places):
        Q[p, 6] = len(table)
        for model in place.member.releases:
            kind = kinds.index(model.structure())
            c = [_shared(model, n) for n in module.RELEASES[kind]["parameters"]]
            start = getattr(module, f"release_initial_{kind}")(np.array(c))
            states.append(np.tile(np.asarray(start, float), place.n))
            table.append((kind, at, n_last))
            at += states[-1].size
            n_last += place.n
            constants.append(c)
        Q[p, 7] = len(table)
    width = max((len(c) for c in constants), default=1)
    RC = np.zeros((len(constants), max(width, 1)))
    for r, c in enumerate(constants):
        RC[r, : len(c)] = c
    R = np.concatenate([*states, np.zeros(1)])
    return R, np.full(n_last + 1, -1, np.int64), np.array(table, np.int64).reshape(-1, RELEASE_COLUMNS), RC


def _shared(model: Any, name: str) -> float:
    value = model.parameters[name]
    where = f"Release '{model.name}', parameter '{name}'"
    if not isinstance(value, str):
        raise AmineError(where, "it must be one value for all neurons", hint="make a projection for each value")
    return float(to_internal(value, model.units[name], where))


# --- spikes that are given -------------------------------------------------------------------------------------


def spike_lists(net: Network, places: list[Place]) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(population, steps, ids) of each list, sorted by step and then by id."""
    out = []
    for p, place in enumerate(places):
        if place.member.kind != SOURCE_LIST:
            continue
        times, indices = (place.member.population.parameters[k].values for k in ("times", "indices"))
        steps = np.rint(times / net.dt).astype(np.int64) - 1
        if (steps < 0).any():
            raise AmineError(
                f"Population '{place.member.name}', parameter 'times'",
                "a spike lies before the end of the first step",
                given=f"{times.min():g} ms",
                expected=f"at least {net.dt:g} ms",
            )
        order = np.lexsort((indices, steps))
        out.append((p, steps[order], (indices[order] + place.id0).astype(np.int32)))
    return out


__all__ = [
    "Arrays",
    "Place",
    "Totals",
    "count",
    "drawn_values",
    "fill",
    "generator",
    "layout",
    "load_module",
    "spike_lists",
    "spread_value",
]
