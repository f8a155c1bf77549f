"""Synapses that release independently of each other: their bundles, parameters and states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

import numpy as np

from amine.engine.build import order
from amine.engine.build.connectivity import Bundle, build_bundle
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import fill_row, spec_of, target_row
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device import arguments
from amine.engine.device import synaptic_tables as table
from amine.engine.device.tables import RELEASE
from amine.engine.resolve.release import ELAPSED, is_own, recovery_of, sites_of, variation_of
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.streams import Stream
from amine.engine.transmission.filter import drawn as drawn_bundles
from amine.engine.transmission.own_release import own_columns, own_release, release_functions
from amine.engine.transmission.part import Build, Drawn, Layout, Part, Snapshot, State
from amine.models.model import Model
from amine.records import dataclass


@dataclass
class SynapticBundle:
    """Synapses of one route."""

    population: int
    target: int  # index of the target population
    stream: Stream  # random numbers of their release
    release: Model
    weight: float
    bundle: Bundle
    number: int = -1  # of the release model in the module, if synapses advance it
    own: list[np.ndarray] | None = None  # for each shard [synapses, states and parameters of release]


@dataclass
class SynapticState(State):
    """All such bundles, with their states by thread."""

    bundles: list[SynapticBundle]
    D: list[np.ndarray]
    P: np.ndarray
    ready: list[np.ndarray]
    own: list[np.ndarray]

    def state(self) -> dict[str, np.ndarray]:
        ready, own = [], []
        for b, positions in zip(self.bundles, self._positions(), strict=True):
            parts = [self._part(t, b) for t in range(len(self.D))]
            ready.append(order.gathered([self.ready[t][a:e] for t, (a, e, _, _) in enumerate(parts)], positions))
            if b.own is not None:
                wide = b.own[0].shape[1]
                each = [self.own[t][a:e].reshape(-1, wide) for t, (_, _, a, e) in enumerate(parts)]
                own.append(order.gathered(each, positions))
        return {
            "ready": np.concatenate([*ready, np.empty(0, np.uint8)]),
            "own": np.concatenate([*(x.ravel() for x in own), np.empty(0, np.float32)]),
        }

    def set_state(self, s: Mapping[str, np.ndarray]) -> None:
        at = at_own = 0
        for b, positions in zip(self.bundles, self._positions(), strict=True):
            n = sum(map(len, positions))
            for t, position in enumerate(positions):
                a, e, a_own, e_own = self._part(t, b)
                self.ready[t][a:e] = s["ready"][at : at + n][position]
                if b.own is not None:
                    wide = b.own[0].shape[1]
                    whole = s["own"][at_own : at_own + n * wide].reshape(n, wide)
                    self.own[t][a_own:e_own] = whole[position].ravel()
            at, at_own = at + n, at_own + (n * b.own[0].shape[1] if b.own is not None else 0)

    def _positions(self) -> list[list[np.ndarray]]:
        return [order.canonical(b.bundle) for b in self.bundles]

    def _part(self, t: int, b: SynapticBundle) -> tuple[int, int, int, int]:
        row, n = self.D[t][self.bundles.index(b)], int(b.bundle.shards[t].rows[-1])
        return row[table.FIRST], row[table.FIRST] + n, row[table.OWN], row[table.OWN] + n * row[table.WIDE]

    def arguments(self, thread: int) -> arguments.Synaptic:
        t = thread
        return arguments.Synaptic(self.D[t], self.P, self.ready[t], self.own[t])

    def snapshot(self) -> Snapshot:
        return {"ready": [x.copy() for x in self.ready], "own": [x.copy() for x in self.own]}

    def restore(self, kept: Snapshot) -> None:
        for mine, theirs in zip((*self.ready, *self.own), (*kept["ready"], *kept["own"]), strict=True):
            mine[:] = theirs


def build(
    resolved: Resolved, module: ModuleType, slices: Sequence[Slice], blocks: np.ndarray, precision: str
) -> list[SynapticBundle]:
    """Draws the synapses, and release parameters that differ between them."""
    net = resolved.net
    out = []
    for r in sorted(resolved.at("synaptic"), key=lambda r: (r.stream.path, r.port)):
        release = r.synapses.release
        spec = spec_of(net, r, slices, blocks, target_row(slices, r))
        args = (slices[r.origin].n, blocks.shape[0], net.dt, precision)
        bundle = build_bundle([spec], *args)
        if bundle.n_synapses:
            number = resolved.release_number(release) if is_own(release) else -1
            own = own_release([spec], release, module, number, bundle, args) if is_own(release) else None
            stream = r.stream.child("release", r.port)
            out.append(SynapticBundle(r.origin, r.destination, stream, release, bundle.weight, bundle, number, own))
    return out


def assemble(
    bundles: list[SynapticBundle], module: ModuleType, slices: Sequence[Slice], Q: np.ndarray, threads: int
) -> SynapticState:
    """Tables and states of all threads."""
    P = np.zeros((len(bundles), table.Y_REALS))
    D = [np.zeros((len(bundles), table.Y_COLUMNS), np.int64) for _ in range(threads)]
    ready, own = [], []
    for t in range(threads):
        at = at_own = 0
        mine, mine_own = [np.empty(0, np.uint8)], [np.empty(0, np.float32)]
        for row, numbers, b in zip(D[t], P, bundles, strict=True):
            n = int(b.bundle.shards[t].rows[-1])
            member, first = slices[b.population].member, int(Q[b.population, RELEASE])
            fill_row(row, b.bundle, t, b.population, slices[b.population].id0)
            sites, target = sites_of(b.release), slices[b.target]
            row[[table.R_KEY, table.T_PLACE, table.T_STRIDE]] = b.stream.key, target.base, target.stride
            row[table.T_SHIFT] = target.lanes.bit_length() - 1
            row[table.ELAPSED] = first + member.releases.index(ELAPSED)
            row[table.SITES], row[table.FIRST], row[table.OWN] = sites, at, at_own
            numbers[table.WEIGHT], numbers[table.CV] = b.weight, variation_of(b.release)
            mine.append(np.full(n, sites, np.uint8))
            at += n
            if b.own is None:
                row[table.RELEASED] = first + member.releases.index(b.release)
                numbers[table.RECOVERY] = recovery_of(b.release)
                continue
            columns = own_columns(b.release, module, b.number)
            row[list(columns)] = list(columns.values())
            numbers[table.RECOVERY] = 1.0
            mine_own.append(b.own[t].ravel())
            at_own += b.own[t].size
        ready.append(np.concatenate(mine))
        own.append(np.concatenate(mine_own))
    return SynapticState(bundles, D, P, ready, own)


class Synaptic(Part):
    """The part of the loop that delivers to synapses that release independently."""

    name = "synaptic"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.at("synaptic"))

    def key(self, resolved: Resolved) -> list[int]:
        return resolved.own_releases

    def draw(self, layout: Layout) -> Drawn:
        bundles = build(layout.resolved, layout.module, layout.slices, layout.blocks, layout.precision)
        return drawn_bundles([b.bundle for b in bundles], bundles)

    def source(self, kinds: Kinds) -> Slots:
        return Slots(
            argument=("synaptic", arguments.Synaptic),
            imports=[("amine.engine.device.synaptic", ["synaptic_delivery"])],
            functions=release_functions(kinds, self.name) + "deliver_synaptic = synaptic_delivery(release_of)\n\n\n",
            stages={"arrive": ["delivered += deliver_synaptic(X, synaptic, spikes, slot, k)"]},
        )

    def assemble(self, drawn: Drawn, build: Build) -> SynapticState:
        return assemble(drawn.content, build.layout.module, build.layout.slices, build.arrays.Q, build.layout.threads)
