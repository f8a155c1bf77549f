"""Projections whose synapses have a cleft and a scheme of their own: their arrays, sorted by target, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.build import order
from amine.engine.build.connectivity import Bundle, build_bundle
from amine.engine.build.prepare import Place
from amine.engine.device import explicit as table
from amine.engine.device import synaptic
from amine.engine.resolve.release import ELAPSED, is_own
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.schemes import (
    FLOOR,
    GRID,
    STACK,
    check_rates,
    equilibrium,
    generator_matrix,
    reduced,
    scheme,
)
from amine.errors import AmineError
from amine.models.naming import port_name
from amine.units import to_internal

LOW, HIGH, STEP = -120.0, 62.0, 2.0  # voltages of the table, for rates that depend on it


@dataclass
class ExplicitBundle:
    """Synapses that share source population, release, cleft and scheme."""

    population: int
    release: Any
    cleft: Any
    scheme: Any
    where: str
    bundle: Bundle
    v_rows: dict[int, int]  # distance from a target's conductance to its voltage, by the place of its first block
    own: list[np.ndarray] | None  # parameters of release of each synapse
    rates: list[np.ndarray] | None  # both rates of two states of each synapse


@dataclass
class Explicit:
    """All such synapses: arrays of each thread under the names of the kernel's arguments."""

    bundles: list[ExplicitBundle]
    threads: list[dict[str, np.ndarray]]
    P: np.ndarray
    M: np.ndarray
    c: np.ndarray
    width: int

    def arguments(self, t: int) -> tuple[Any, ...]:
        """What the kernel of thread ``t`` takes."""
        a = self.threads[t]
        names = (
            "D",
            "T",
            "until",
            "pool",
            "owner",
            "ready",
            "own",
            "seen",
            "mean",
            "x",
            "rates",
            "w",
            "start",
            "slot",
            "v_slot",
            "new",
        )
        return (*(a[n] for n in names), self.P, self.M, self.c)

    def state(self) -> dict[str, np.ndarray]:
        """States in an order that does not depend on the threads."""
        return {
            f"explicit.{n}": np.concatenate([self._gather(n, i) for i in range(len(self.bundles))])
            for n in self._kept()
        }

    def set_state(self, s: Any) -> None:
        """Back from :meth:`state`."""
        for n in self._kept():
            at = 0
            for i in range(len(self.bundles)):
                for t in range(len(self.threads)):
                    places, values = self._of(n, i, t)
                    values[:] = s[f"explicit.{n}"][at + places]
                at += sum(self._of(n, i, t)[0].size for t in range(len(self.threads)))

    def _kept(self) -> list[str]:
        return ["T", "until", "ready", "x", "own"]

    def _gather(self, name: str, i: int) -> np.ndarray:
        parts = [self._of(name, i, t) for t in range(len(self.threads))]
        out = np.empty(sum(p.size for p, _ in parts), parts[0][1].dtype)
        for places, values in parts:
            out[places] = values
        return out

    def _of(self, name: str, i: int, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Places in the common order, and the thread's values, of bundle ``i``."""
        a, row = self.threads[t], self.threads[t]["D"][i]
        n, first = int(row[table.COUNT]), int(row[synaptic.FIRST])
        total = sum(int(b["D"][i, table.COUNT]) for b in self.threads)
        seen = a["seen"][first : first + n].astype(np.int64)
        if name == "x":
            d, at = int(row[table.DIM]), int(row[table.STATE])
            return np.concatenate([c * total + seen for c in range(d)]), a["x"][at : at + n * d]
        if name == "own":
            if self.bundles[i].own is None:
                return np.empty(0, np.int64), a["own"][:0]
            w, at = synaptic.OWN_COLUMNS, int(row[synaptic.OWN]) * synaptic.OWN_COLUMNS
            return (seen[:, None] * w + np.arange(w)).ravel(), a["own"][at : at + n * w]
        return seen, a[name][first : first + n]

    def copy(self) -> Any:
        """For going back within a chunk."""
        return [{n: a[n].copy() for n in self._kept()} for a in self.threads]

    def paste(self, saved: Any) -> None:
        """Back from :meth:`copy`."""
        for a, b in zip(self.threads, saved, strict=True):
            for n, x in b.items():
                a[n][:] = x


# --- drawing -----------------------------------------------------------------------------------------------------


def build(resolved: Resolved, places: Sequence[Place], blocks: np.ndarray, precision: str) -> list[ExplicitBundle]:
    """Draws the synapses of all explicit routes, one bundle for each."""
    from amine.engine.build.wiring import spec_of
    from amine.engine.transmission.synaptic import parameters

    net, out = resolved.net, []
    for r in resolved.at("explicit"):
        place, row, release = places[r.destination], port_name("g", r.label), r.synapses.release
        spec = spec_of(net, r, places, blocks, row)
        args = (places[r.origin].n, blocks.shape[0], net.dt, precision, net.seed)
        bundle = build_bundle([spec], *args)
        if not bundle.n_synapses:
            continue
        model = r.receptor.scheme
        own = parameters([spec], release, bundle, args) if release is not None and is_own(release) else None
        v_rows = {0: place.row_base("v") - place.row_base(row)}
        rates = _own_rates(spec, model, bundle, args, r.where)
        out.append(ExplicitBundle(r.origin, release, r.synapses.cleft, model, r.where, bundle, v_rows, own, rates))
    return out


def _own_rates(spec: Any, model: Any, bundle: Bundle, args: Any, where: str) -> list[np.ndarray] | None:
    """Both rates of a scheme of two states at each synapse, if a parameter in them differs between synapses."""
    from dataclasses import replace

    from amine.engine.build.wiring import internal_value

    s = scheme(model)
    differ = [n for n, v in model.parameters.items() if not isinstance(v, str)]
    from amine.equations.schemes import mentions

    differ = [n for n in differ if any(mentions(t.rate, n) for t in s.transitions)]
    if not differ:
        return None
    plain = len(s.states) == 2 and [
        t.rate.replace(" ", "") in (*(f"{n}*T" for n in model.units), *(f"T*{n}" for n in model.units))
        for t in s.transitions
    ] == [True, False]
    back = s.transitions[-1].rate.strip()
    if not plain or back not in model.units:
        raise AmineError(
            f"{where}, {model.where[:1].lower() + model.where[1:]}, parameter '{differ[0]}'",
            "rates can differ between synapses only in a scheme of two states",
            expected="C <-> O: alpha*T, beta",
        )
    names = (s.transitions[0].rate.replace(" ", "").removesuffix("*T").removeprefix("T*"), back)
    out = [np.zeros((2, int(shard.rows[-1])), np.float32) for shard in bundle.shards]
    for row, name in enumerate(names):
        value = internal_value(model.parameters[name], model.units[name], f"{model.where}, {name}")
        for x in out if isinstance(value, float) else ():
            x[row] = value
        if not isinstance(value, float):
            drawn = build_bundle([replace(spec, weight=value, port=spec.port + 128 + row)], *args)
            for x, shard in zip(out, drawn.shards, strict=True):
                x[row] = shard.slots.view(np.float32)[:, 1] if shard.weights is None else shard.weights.ravel()
    return out


# --- arrays --------------------------------------------------------------------------------------------------------


def assemble(
    structure: Any,
    module: ModuleType,
    places: Sequence[Place],
    bundles: list[ExplicitBundle],
    Q: np.ndarray,
    threads: int,
    dt: float,
) -> Explicit:
    """Arrays of all threads, propagators and constants."""
    index = {repr(m.structure()): j for j, m in enumerate(structure.schemes)}
    n = len(bundles)
    P = np.zeros((n, table.X_REALS))
    widest = max((len(b.scheme.units) for b in bundles), default=1)
    c = np.zeros((n, max(widest, 1)), np.float32)
    kinds, tables, rests = [], [], []
    for i, b in enumerate(bundles):
        values, j = _values(b.scheme), index[repr(b.scheme.structure())]
        c[i, : len(values)] = [values[k] for k in sorted(values)]
        kind, M, rest = _dynamics(b, module, j, values, P[i], dt)
        kinds.append((j, *kind))
        tables.append(M)
        rests.append(rest)
    at = np.concatenate([[0], np.cumsum([len(t) for t in tables])]).astype(np.int64)
    arrays = [_thread(t, bundles, places, Q, kinds, at, rests, dt) for t in range(threads)]
    width = max((int(a["D"][:, table.WIDTH].max(initial=0)) for a in arrays), default=0)
    return Explicit(bundles, arrays, P, np.concatenate([*tables, np.zeros(1, np.float32)]), c, width)


def _values(model: Any) -> dict[str, Any]:
    """All parameters as numbers; those that differ between synapses or neurons are not asked for here."""
    return {
        n: np.float64(to_internal(v, model.units[n], f"{model.where}, {n}") if isinstance(v, str) else 0.0)
        for n, v in model.parameters.items()
    }


def _dynamics(
    b: ExplicitBundle, module: ModuleType, j: int, values: dict[str, Any], P: np.ndarray, dt: float
) -> tuple[tuple[int, int, int, int], np.ndarray, np.ndarray]:
    """((two states?, values of a synapse, rows of voltages, width of a pulse), table, state of rest) of a bundle."""
    s = scheme(b.scheme)
    d = len(s.free) + len(s.downstream)
    width = _cleft(b, values, P, dt)
    sites = _number(b.release, "n") if b.release is not None and b.release.quantal else 1.0
    P[synaptic.WEIGHT], P[synaptic.CV], P[synaptic.RECOVERY] = 0.0, 0.0, 1.0
    if b.release is not None and b.release.quantal:
        P[synaptic.CV] = _number(b.release, "cv")
        P[synaptic.RECOVERY] = 1.0 if b.own is not None else _number(b.release, "tau_rec")
    P[table.TOP] = P[table.HEIGHT] * sites * (1.0 if b.cleft is None else STACK) * (1.0 + 3.0 * P[synaptic.CV])
    values = {**values, "v": -70.0}
    rate = getattr(module, f"scheme_{j}")
    zero, one = (np.array(rate(values, T), float) for T in (0.0, 1.0))
    check_rates((zero, one), s)
    drive = float(np.max(np.abs(one - zero), initial=1e-30))
    P[table.FLOOR] = FLOOR * P[table.HEIGHT] if b.rates is not None else FLOOR * min(1.0 / drive, P[table.HEIGHT])
    if b.rates is not None:
        return (2, 1, 1, width), np.zeros(0, np.float32), np.zeros(1)
    rest = np.concatenate([equilibrium(generator_matrix(s, zero))[1:], np.zeros(len(s.downstream))])
    if d == 1 and len(s.transitions) == 2 and not s.voltage_dependent and zero[0] == 0 and one[1] == zero[1]:
        P[table.ALPHA], P[table.BETA] = one[0], zero[1]
        return (1, 1, 1, width), np.zeros(0, np.float32), rest
    volts = np.arange(LOW, HIGH + STEP / 2, STEP) if s.voltage_dependent else np.array([-70.0])
    P[table.V_LOW], P[table.V_STEP] = LOW, STEP if s.voltage_dependent else 0.0
    T = P[table.TOP] * (np.arange(GRID + 1) / GRID) ** 2
    M = np.stack([_propagators(s, module, j, {**values, "v": v}, T, dt) for v in volts])
    plain = b.cleft is None and b.release is None and not s.voltage_dependent  # one concentration or none
    return (3 if plain else 0, d, len(volts), width), M.astype(np.float32).ravel(), rest


def _propagators(s: Any, module: ModuleType, j: int, values: dict[str, Any], T: np.ndarray, dt: float) -> np.ndarray:
    """exp(L dt) - 1 of free states and messengers, and what the mass adds, for each concentration."""
    from scipy.linalg import expm

    rate = getattr(module, f"scheme_{j}")
    zero, one = (np.array(rate(values, x), float) for x in (0.0, 1.0))
    check_rates((zero, one), s)
    Q0, Q1 = (reduced(generator_matrix(s, r)) for r in (zero, one - zero))
    f, m = len(s.free), len(s.downstream)
    d = f + m
    L = np.zeros((len(T), d + 1, d + 1))
    Q = Q0 + T[:, None, None] * Q1
    L[:, :f, :f], L[:, :f, d] = Q[:, :-1, :-1], Q[:, :-1, -1]
    if m:
        slope = np.array(
            getattr(module, f"downstream_{j}")(values), float
        )  # of the first state, free states, messengers
        L[:, f:d, :f] = slope[:, 1 : f + 1] - slope[:, :1]
        L[:, f:d, f:d] = slope[:, f + 1 :]
        L[:, f:d, d] = slope[:, 0]
    return (expm(L * dt) - np.eye(d + 1))[:, :d, :]


def _cleft(b: ExplicitBundle, values: dict[str, Any], P: np.ndarray, dt: float) -> int:
    """Numbers of the cleft; returns the width of a square pulse in steps, 0 if transmitter is cleared."""
    if b.cleft is None:
        P[table.HEIGHT] = values["T_max"]
        return max(1, round(float(values["T_width"]) / dt))
    x = {n: float(to_internal(v, b.cleft.units[n], f"{b.cleft.where}, {n}")) for n, v in b.cleft.parameters.items()}
    P[table.HEIGHT], P[table.DECAY], P[table.SPILL] = x["T_max"], 1.0 / x["tau"], x["spillover"]
    P[table.V_UP], P[table.K_UP] = x["V_uptake"], x["K_uptake"] * (1.0 + x["I_uptake"] / x["Ki_uptake"])
    P[table.V_BREAK], P[table.K_BREAK] = (
        x["V_breakdown"],
        x["K_breakdown"] * (1.0 + x["I_breakdown"] / x["Ki_breakdown"]),
    )
    return 0


def _thread(
    t: int,
    bundles: list[ExplicitBundle],
    places: Sequence[Place],
    Q: np.ndarray,
    kinds: list[Any],
    at: np.ndarray,
    rests: list[Any],
    dt: float,
) -> dict[str, np.ndarray]:
    from amine.engine.build.wiring import fill_row

    D = np.zeros((len(bundles), table.X_COLUMNS), np.int64)
    parts: dict[str, list[np.ndarray]] = {
        n: [] for n in ("seen", "owner", "w", "x", "own", "rates", "start", "slot", "v_slot", "ready")
    }
    keep, first, state, target, rates, own, largest, widest = [], 0, 0, 0, 0, 0, 1, 1
    for i, b in enumerate(bundles):
        shard, row = b.bundle.shards[t], D[i]
        j, two, d, rows, width = kinds[i]
        fill_row(row, b.bundle, t, b.population, places[b.population].id0)
        packed = shard.slots.ndim == 2
        slots = (shard.slots[:, 0] if packed else shard.slots).astype(np.int64)
        n = len(slots)
        by_target = np.argsort(slots, kind="stable")
        rank = np.empty(n, np.uint32)
        rank[by_target] = np.arange(n)
        keep.append(rank)
        row[7] = rank.ctypes.data
        heads = np.flatnonzero(np.diff(slots[by_target], prepend=-1)) if n else np.empty(0, np.int64)
        release, member, begin = b.release, places[b.population].member, int(Q[b.population, 6])
        quantal = release is not None and release.quantal
        row[synaptic.ELAPSED] = (
            begin + member.releases.index(ELAPSED)
            if ELAPSED in member.releases and (quantal or b.own is not None)
            else -1
        )
        row[synaptic.RELEASED] = (
            -2 if release is None else -1 if b.own is not None else begin + member.releases.index(release)
        )
        row[synaptic.SITES] = int(_number(release, "n")) if quantal else 0
        row[synaptic.FIRST], row[synaptic.OWN] = first, own
        row[[table.SCHEME, table.COUNT, table.STATE, table.TARGET, table.TARGETS]] = j, n, state, target, len(heads)
        row[[table.DIM, table.TABLE, table.SQUARE, table.WIDTH]] = d, at[i], int(b.cleft is None), width
        row[[table.TWO, table.RATES, table.ROWS]] = two, rates, rows
        w = (
            shard.slots.view(np.float32)[:, 1]
            if packed
            else np.full(n, b.bundle.weight)
            if shard.weights is None
            else shard.weights.ravel()
        )
        canonical = order.canonical(b.bundle)[t]
        parts["seen"].append(canonical[by_target].astype(np.uint32))
        parts["owner"].append((target + np.searchsorted(heads, np.arange(n), side="right") - 1).astype(np.int32))
        parts["w"].append(w[by_target].astype(np.float32))
        parts["x"].append(np.repeat(rests[i], n).astype(np.float32))
        parts["ready"].append(np.full(n, row[synaptic.SITES], np.uint8))
        parts["start"].append(np.append(heads, n))
        parts["slot"].append(np.append(slots[by_target][heads], 0))
        parts["v_slot"].append(np.append(slots[by_target][heads] + b.v_rows[0], 0))
        if b.own is not None:
            parts["own"].append(b.own[t][by_target].ravel())
            own += n
        if b.rates is not None:
            parts["rates"].append(b.rates[t][:, by_target])
            rates += n
        first, state, target = first + n, state + n * d, target + len(heads) + 1
        largest, widest = max(largest, n), max(widest, d)
    types = {
        "seen": np.uint32,
        "owner": np.int32,
        "start": np.int64,
        "slot": np.int64,
        "v_slot": np.int64,
        "ready": np.uint8,
    }
    out: dict[str, Any] = {
        k: np.concatenate([*v, np.zeros(1, types.get(k, np.float32))]) for k, v in parts.items() if k != "rates"
    }
    out["rates"] = np.concatenate([*parts["rates"], np.zeros((2, 1), np.float32)], 1)
    return out | {
        "D": D,
        "T": np.zeros(first + 1, np.float32),
        "until": np.zeros(first + 1, np.int32),
        "pool": np.zeros(target + 1, np.float32),
        "mean": np.zeros(largest, np.float32),
        "new": np.zeros(widest * table.PIECE, np.float32),
        "keep": np.concatenate([k.astype(np.int64) for k in keep] or [np.zeros(0, np.int64)]),
        "ranks": keep,  # type: ignore[dict-item]  (addresses point here)
    }


def _number(release: Any, name: str) -> float:
    return float(to_internal(release.parameters[name], release.units[name], f"{release.where}, {name}"))
