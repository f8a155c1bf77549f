"""Explicit synapses, each with its own cleft and kinetic scheme: their arrays, sorted by target, and their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from amine.engine.build.connectivity import build_bundle
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import spec_of
from amine.engine.codegen.lines import Block, Call, Function, Line, printed
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device import explicit_tables as table
from amine.engine.device import synaptic_tables as synaptic
from amine.engine.device.matrices import expm
from amine.engine.device.pulse_tables import GRID
from amine.engine.resolve.constant_doses import changing, follows
from amine.engine.resolve.release import is_own, recovery_of, sites_of, variation_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.transmission.explicit_arrays import Dynamics, ExplicitBundle, ThreadArrays
from amine.engine.transmission.explicit_doses import Rates
from amine.engine.transmission.filter import drawn as drawn_bundles
from amine.engine.transmission.own_rates import own_rates, require_shared
from amine.engine.transmission.own_release import own_release, release_functions
from amine.engine.transmission.part import Build, Drawn, Layout, Part, Snapshot, State
from amine.engine.transmission.schemes import (
    FLOOR,
    STACK,
    check_rates,
    equilibrium,
    generator_matrix,
    reduced,
    scheme,
)
from amine.models.naming import port_name
from amine.units import to_internal
from amine.values import scalar

if TYPE_CHECKING:
    from amine.equations.schemes import Scheme
    from amine.models.model import Model

KEPT = ("transmitter", "until", "ready", "states", "own")  # arrays that change
LOW, HIGH, STEP = -120.0, 62.0, 2.0  # voltages of the table, for rates that depend on it


class ExplicitState(State):
    """All explicit synapses: arrays of each thread."""

    def __init__(self, bundles: list[ExplicitBundle], threads: list[ThreadArrays], rates: Sequence[Rates] = ()):
        self._bundles, self._kept, self._rates = bundles, threads, rates
        self._threads = [t.given for t in threads]
        self.begin(0, 0)

    def begin(self, step: int, steps: int) -> None:
        for r in self._rates:
            r.begin(step)

    def limit(self, step: int, steps: int) -> int:
        return min([steps, *(r.limit(step, steps) for r in self._rates)])

    def arguments(self, thread: int) -> arguments.Explicit:
        return self._threads[thread]

    def snapshot(self) -> Snapshot:
        return {n: [getattr(a, n).copy() for a in self._threads] for n in KEPT}

    def restore(self, kept: Snapshot) -> None:
        for n, threads in kept.items():
            for a, x in zip(self._threads, threads, strict=True):
                getattr(a, n)[:] = x

    def state(self) -> dict[str, np.ndarray]:
        return {n: np.concatenate([self._gather(n, i) for i in range(len(self._bundles))]) for n in KEPT}

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        for n in KEPT:
            at = 0
            for i in range(len(self._bundles)):
                parts = [self._of(n, i, t) for t in range(len(self._threads))]
                for positions, values in parts:
                    values[:] = s[n][at + positions]
                at += sum(positions.size for positions, _ in parts)

    def _gather(self, name: str, i: int) -> np.ndarray:
        parts = [self._of(name, i, t) for t in range(len(self._threads))]
        out = np.empty(sum(p.size for p, _ in parts), parts[0][1].dtype)
        for positions, values in parts:
            out[positions] = values
        return out

    def _of(self, name: str, i: int, t: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions in the canonical order, and the thread's values, of bundle ``i``."""
        a, row = self._threads[t], self._threads[t].bundles[i]
        n, first = int(row[table.COUNT]), int(row[synaptic.FIRST])
        seen = a.seen[first : first + n].astype(np.int64)
        if name == "states":
            d, at = int(row[table.DIM]), int(row[table.STATE])
            total = sum(int(b.bundles[i, table.COUNT]) for b in self._threads)
            return np.concatenate([c * total + seen for c in range(d)]), a.states[at : at + n * d]
        if name == "own":
            if self._bundles[i].own is None:
                return np.empty(0, np.int64), a.own[:0]
            w, at = int(row[synaptic.WIDE]), int(row[synaptic.OWN])
            return (seen[:, None] * w + np.arange(w)).ravel(), a.own[at : at + n * w]
        return seen, getattr(a, name)[first : first + n]


# --- drawing -----------------------------------------------------------------------------------------------------


def build(
    resolved: Resolved, module: ModuleType, slices: Sequence[Slice], blocks: np.ndarray, precision: str
) -> list[ExplicitBundle]:
    """Draws the synapses of all explicit routes, one bundle for each."""
    net, out = resolved.net, []
    numbers = {repr(m.structure()): j for j, m in enumerate(resolved.schemes)}
    for r in sorted(resolved.at("explicit"), key=lambda r: (r.stream.path, r.port)):
        target, row = slices[r.destination], port_name("g", r.label)
        release: Model | None = r.synapses.release
        spec = spec_of(net, r, slices, blocks, row)
        args = (slices[r.origin].n, blocks.shape[0], net.dt, precision)
        bundle = build_bundle([spec], *args)
        if not bundle.n_synapses:
            continue
        model = r.receptor.scheme
        assert model is not None
        require_shared(model, r.synapses.cleft is None, r.where)
        own, number = None, -1
        if release is not None and is_own(release):
            number = resolved.release_number(release)
            own = own_release([spec], release, module, number, bundle, args)
        v_rows = {0: target.row_base("v") - target.row_base(row)}
        rate = getattr(module, f"scheme_{numbers[repr(model.structure())]}")
        rates = own_rates(spec, model, rate, bundle, args, r.where)
        key = r.stream.child("release", r.port).key
        common = (r.origin, key, release, r.synapses.cleft, model, r.where)
        doses = tuple(changing(net, r.receptor)) if follows(r.receptor) else ()
        out.append(ExplicitBundle(*common, bundle, v_rows, number, own, rates, doses))
    return out


# --- arrays --------------------------------------------------------------------------------------------------------


def assemble(bundles: list[ExplicitBundle], build: Build) -> ExplicitState:
    """Arrays of all threads, propagators and constants."""
    layout = build.layout
    index = {repr(m.structure()): j for j, m in enumerate(layout.resolved.schemes)}
    numbers = np.zeros((len(bundles), table.X_REALS))
    parameters = np.zeros((len(bundles), max([1, *(len(b.scheme.units) for b in bundles)])), np.float32)
    dynamics, tables, entry = [], [], 0
    for i, b in enumerate(bundles):
        values, j = _values(b.scheme), index[repr(b.scheme.structure())]
        parameters[i, : len(values)] = [values[k] for k in sorted(values)]
        d, M = _dynamics(b, layout.module, j, values, numbers[i], layout.net.dt)
        dynamics.append(replace(d, entry=entry))
        tables.append(M)
        entry += len(M)
    joined = np.concatenate([*tables, np.zeros(1, np.float32)])
    threads = []
    for t in range(layout.threads):
        arrays = ThreadArrays(t, layout.module, layout.slices, build.arrays.Q)
        for b, d in zip(bundles, dynamics, strict=True):
            arrays.add(b, d)
        arrays.join(numbers, joined, parameters)
        threads.append(arrays)
    shared = (numbers, joined, parameters)
    rates = [
        Rates(b.scheme, b.changing, _putting(b, i, dynamics[i].entry, layout, shared), layout.net.dt)
        for i, b in enumerate(bundles)
        if b.changing
    ]
    return ExplicitState(bundles, threads, rates)


def _putting(
    b: ExplicitBundle, i: int, entry: int, layout: Layout, shared: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> Callable[[Model], None]:
    """What puts the propagators of a bundle's scheme, with other rates, in the place of those before, for all threads."""
    numbers, joined, parameters = shared
    index = {repr(m.structure()): j for j, m in enumerate(layout.resolved.schemes)}

    def put(model: Model) -> None:
        values = _values(model)
        parameters[i, : len(values)] = [values[k] for k in sorted(values)]
        now = replace(b, scheme=model)
        _, M = _dynamics(now, layout.module, index[repr(model.structure())], values, numbers[i], layout.net.dt)
        joined[entry : entry + len(M)] = M

    return put


def _values(model: Model) -> dict[str, float]:
    """All parameters as numbers; zero for those that differ between synapses or neurons, which are not used here."""
    return {
        n: np.float64(to_internal(v, model.units[n], f"{model.where}, {n}") if isinstance(v, str) else 0.0)
        for n, v in model.parameters.items()
    }


def _dynamics(
    b: ExplicitBundle, module: ModuleType, j: int, values: Mapping[str, float], P: np.ndarray, dt: float
) -> tuple[Dynamics, np.ndarray]:
    """Dynamics of a bundle, and its table of propagators; numbers go to the row ``P``."""
    s = scheme(b.scheme)
    d = len(s.free) + len(s.downstream)
    width = _cleft(b, values, P, dt)
    sites = max(1, sites_of(b.release))
    P[synaptic.WEIGHT], P[synaptic.CV] = 0.0, variation_of(b.release)
    P[synaptic.RECOVERY] = 1.0 if b.own is not None else recovery_of(b.release)
    P[table.TOP] = P[table.HEIGHT] * sites * (1.0 if b.cleft is None else STACK) * (1.0 + 3.0 * P[synaptic.CV])
    values = {**values, "v": -70.0}
    rate = getattr(module, f"scheme_{j}")
    zero, one = (np.array(rate(values, T), float) for T in (0.0, 1.0))
    check_rates((zero, one), s)
    drive = float(np.max(np.abs(one - zero), initial=1e-30))
    P[table.FLOOR] = FLOOR * P[table.HEIGHT] if b.rates is not None else FLOOR * min(1.0 / drive, P[table.HEIGHT])
    if b.rates is not None:
        return Dynamics(j, table.BY_OWN_RATES, 1, 1, width, np.zeros(1)), np.zeros(0, np.float32)
    rest = np.concatenate([equilibrium(generator_matrix(s, zero))[1:], np.zeros(len(s.downstream))])
    if d == 1 and len(s.transitions) == 2 and not s.voltage_dependent and zero[0] == 0 and one[1] == zero[1]:
        P[table.ALPHA], P[table.BETA] = one[0], zero[1]
        return Dynamics(j, table.BY_FORMULA, 1, 1, width, rest), np.zeros(0, np.float32)
    volts = np.arange(LOW, HIGH + STEP / 2, STEP) if s.voltage_dependent else np.array([-70.0])
    P[table.V_LOW], P[table.V_STEP] = LOW, STEP if s.voltage_dependent else 0.0
    T = P[table.TOP] * (np.arange(GRID + 1) / GRID) ** 2
    M = np.stack([_propagators(s, module, j, {**values, "v": v}, T, dt) for v in volts])
    plain = b.cleft is None and b.release is None and not s.voltage_dependent  # one concentration or none
    how = table.BY_PULSE if plain else table.BY_TABLE
    return Dynamics(j, how, d, len(volts), width, rest), M.astype(np.float32).ravel()


def _propagators(
    s: Scheme, module: ModuleType, j: int, values: Mapping[str, float], T: np.ndarray, dt: float
) -> np.ndarray:
    """exp(L dt) - 1 of free states and messengers, with the column of the mass, for each concentration (T, d, d + 1)."""
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
        follow = getattr(module, f"downstream_{j}")(values)
        slope = np.array(follow, float)  # columns: first state, free states, messengers
        L[:, f:d, :f] = slope[:, 1 : f + 1] - slope[:, :1]
        L[:, f:d, f:d] = slope[:, f + 1 :]
        L[:, f:d, d] = slope[:, 0]
    return (expm(L * dt) - np.eye(d + 1))[:, :d, :]


def _cleft(b: ExplicitBundle, values: Mapping[str, float], P: np.ndarray, dt: float) -> int:
    """Puts numbers of the cleft into the row ``P``; returns the width of a square pulse in steps, 0 if transmitter is cleared."""
    if b.cleft is None:
        P[table.HEIGHT] = values["T_max"]
        return max(1, round(float(values["T_width"]) / dt))
    x = {n: scalar(v, b.cleft.units[n], f"{b.cleft.where}, {n}") for n, v in b.cleft.parameters.items()}
    P[table.HEIGHT], P[table.DECAY], P[table.SPILL] = x["T_max"], 1.0 / x["tau"], x["spillover"]
    P[table.V_UP], P[table.K_UP] = x["V_uptake"], x["K_uptake"] * (1.0 + x["I_uptake"] / x["Ki_uptake"])
    P[table.V_BREAK], P[table.K_BREAK] = (
        x["V_breakdown"],
        x["K_breakdown"] * (1.0 + x["I_breakdown"] / x["Ki_breakdown"]),
    )
    return 0


class Explicit(Part):
    """The part of the loop in which each synapse has its own cleft and receptors."""

    name = "explicit"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.at("explicit"))

    def key(self, resolved: Resolved) -> list[int]:
        return resolved.own_releases

    def draw(self, layout: Layout) -> Drawn:
        bundles = build(layout.resolved, layout.module, layout.slices, layout.blocks, layout.precision)
        return drawn_bundles([b.bundle for b in bundles], bundles)

    def source(self, kinds: Kinds) -> Slots:
        columns = ["COUNT", "SCHEME", "STATE", "TARGET", "TARGETS"]
        return Slots(
            argument=("explicit", arguments.Explicit),
            imports=[
                ("amine.engine.device.explicit", ["advance_synapses", "explicit_delivery"]),
                ("amine.engine.device.explicit_tables", columns),
                ("amine.engine.device.synaptic", ["FIRST"]),
            ],
            functions=release_functions(kinds, self.name)
            + "deliver_explicit = explicit_delivery(release_of)\n\n\n"
            + "".join(m.conduct for m in kinds.schemes)
            + printed([_conduct(len(kinds.schemes)), "", ""]),
            stages={
                "arrive": ["delivered += deliver_explicit(explicit, spikes, slot, k)"],
                "synapse": ["advance_synapses(X, explicit, k, dt)", "conduct(X, explicit)"],
            },
        )

    def assemble(self, drawn: Drawn, build: Build) -> ExplicitState:
        return assemble(drawn.content, build)


def _conduct(schemes: int) -> Function:
    """``conduct``: sets the conductances of all targets at the end of a step."""
    given = ("X", "synapses.states", "D[b, STATE]", "D[b, COUNT]", "synapses.weights", "D[b, FIRST]")
    more = ("synapses.starts", "synapses.places", "a", "e", "synapses.parameters[b]")
    targets = "a, e = D[b, TARGET], D[b, TARGET] + D[b, TARGETS]"
    each = [Block(f"if D[b, SCHEME] == {j}", [Call("", f"conduct_{j}", (*given, *more))]) for j in range(schemes)]
    nothing = Block("for s in range(a, e)", ["X[synapses.places[s]] = F(0.0)"])
    body: list[Line] = [
        "D = synapses.bundles",
        Block("for b in range(D.shape[0])", [targets, nothing]),
        Block("for b in range(D.shape[0])", [targets, *each]),
    ]
    return Function(["inner()"], "conduct", ("X", "synapses"), body)
