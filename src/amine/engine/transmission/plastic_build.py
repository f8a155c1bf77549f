"""Plastic synapses: drawing of the projections with a rule, and loading of weights."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from amine.engine.build import wiring
from amine.engine.build.connectivity import Shard as DrawnShard
from amine.engine.build.connectivity import build_bundle, open_bundle
from amine.engine.build.slices import Slice
from amine.engine.codegen.plastic import plastic_slots
from amine.engine.codegen.slots import Kinds, Slots
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.keys import structural_key
from amine.engine.resolve.resolved import Resolved
from amine.engine.resolve.rules import rule_structure
from amine.engine.transmission.part import Build, Drawn, Layout, Part
from amine.engine.transmission.plastic import Plastic, PlasticNetwork, Shard, histories, order
from amine.errors import AmineError, warn
from amine.network.parts import Synapses
from amine.network.plasticity import parameter_values, weight_unit
from amine.units import dimension_of

TICK = (
    1.0  # ms between samples of slow signals and of the target's variables, unless the rule has a parameter ``clock``
)
CAPACITY = 31  # initial capacity of a history in entries


def draw(
    resolved: Resolved, module: ModuleType, slices: Sequence[Slice], blocks: np.ndarray, precision: str
) -> list[Plastic]:
    """All plastic projections with their synapses drawn.

    Raises
    ------
    AmineError
        If weights were loaded that belong to another connectivity.
    """
    if not resolved.rules:
        return []
    net = resolved.net
    keys, out, local = [repr(structural_key(r)) for r in resolved.rules], [], 0
    real = np.dtype(precision)
    for ((route, spec),) in wiring.routes_and_specs(resolved, slices, blocks, plastic=True).values():
        s, p, target = route.synapses, route.origin, route.destination
        kind = keys.index(repr(structural_key(rule_structure(net, s))))
        code = module.RULES[kind]
        spec.base, spec.stride = 0, BLOCK  # slots of targets are then their numbers
        build = build_bundle if s.rewiring is None else open_bundle
        bundle = build([spec], slices[p].n, blocks.shape[0], net.dt, precision)
        values = parameter_values(s.plasticity, weight_unit(net, s), f"Synapses '{s.name}', rule")
        if real.itemsize == 4:
            _warn_of_slowness(s, values)
        initial = dict(getattr(module, f"rule_initial_{kind}")(values))
        shards = [_shard(x, bundle.weight, 1 + len(code["synapse"]), real) for x in bundle.shards]
        for shard in shards:
            for c, state in enumerate(code["synapse"][1:]):
                shard.values(c + 2, real)[:] = initial.get(state, 0.0)
        longest = (bundle.dmin + bundle.n_delays + spec.early) * int(s.delay_kind == "dendritic")
        phases = [0 if name is None else round(values[name] / net.dt) for name in code["phases"]]
        part = Plastic(
            s, kind, code, p, target, route.release, spec.early, bundle.dmin, bundle.n_delays, shards,
            histories(slices[target].n, code, initial, real, CAPACITY, longest), values, local, phases,
            max(1, round(values.get("clock", TICK) / net.dt)), route.stream.child("rule").key, route.number,
        )  # fmt: skip
        local += slices[p].n * bundle.n_delays * (1 + part.states)
        out.append(part)
        if s.start is not None:
            load(part, s, real, route.weights is None)
    return out


def _warn_of_slowness(s: Synapses, values: dict[str, float]) -> None:
    """Warns of time constants so long that changes in a substep, below 1e-7 of the value, are lost in single precision."""
    rule, times = s.plasticity, dimension_of("ms")
    assert rule is not None
    slow = [n for n, x in values.items() if x > 4e5 and n in rule.units and dimension_of(rule.units[n]) == times]
    if slow:
        warn(
            f"Synapses '{s.name}', rule '{rule.name}'",
            f"'{slow[0]}' is so long that float32 loses the changes",
            hint="run with precision='float64'",
        )


def _shard(drawn: DrawnShard, weight: float, width: int, real: np.dtype) -> Shard:
    """Targets and weights of one thread with room for the other states."""
    words = np.zeros((int(drawn.rows[-1]), width), f"i{real.itemsize}")
    slots = drawn.slots.reshape(len(words), -1) if len(words) else np.zeros((0, 1), np.int32)
    words[:, 0] = slots[:, 0]
    packed = slots.shape[1] == 2
    words.view(real)[:, 1] = (
        drawn.weights.ravel() if drawn.weights is not None else slots.view(np.float32)[:, 1] if packed else weight
    )
    return Shard(drawn.rows, drawn.seg, words)


class PlasticSynapses(Part):
    """The part of the loop in which rules change weights."""

    name = "plastic"

    def applies(self, resolved: Resolved) -> bool:
        return bool(resolved.rules)

    def draw(self, layout: Layout) -> Drawn:
        parts = draw(layout.resolved, layout.module, layout.slices, layout.blocks, layout.precision)
        return Drawn(
            content=parts,
            n_synapses=sum(p.n_synapses for p in parts),
            nbytes=sum(p.nbytes for p in parts),
            delays=[p.reach for p in parts],
        )

    def source(self, kinds: Kinds) -> Slots:
        return plastic_slots(kinds.rules, kinds.bits, "slow" in kinds.parts)

    def assemble(self, drawn: Drawn, build: Build) -> PlasticNetwork:
        b = build.layout
        return PlasticNetwork(
            drawn.content,
            b.module,
            list(b.slices),
            b.threads,
            b.real,
            b.net.dt,
            build.arrays.Q,
            b.blocks,
            build.room.interval,
            b.resolved.signals,
        )


def load(part: Plastic, s: Synapses, real: np.dtype, weights: bool = True) -> None:
    """Puts loaded weights and states in the place of the drawn ones; without ``weights`` only other states."""
    index, i, j, _ = order(part)
    w = s.start
    mine, theirs = np.lexsort((j, i)), np.lexsort((w.targets, w.sources))
    if len(i) != len(w.sources) or (i[mine] != w.sources[theirs]).any() or (j[mine] != w.targets[theirs]).any():
        raise AmineError(
            f"Synapses '{s.name}'",
            "the loaded weights belong to another connectivity",
            given=f"{len(w.sources)} synapses",
            expected=f"the {len(i)} that are drawn here",
            hint="load them onto the network they come from, with the same seed and rule of connections",
        )
    position = np.empty(len(i), np.int64)
    position[mine] = theirs
    inverse = np.empty(len(i), np.int64)
    inverse[index] = np.arange(len(i))
    first = 0
    for shard in part.shards:
        which = position[inverse[first : first + len(shard.words)]]
        for c, state in enumerate(part.code["synapse"]):
            if (state == "w" and weights) or state in w.states:
                shard.values(c + 1, real)[:] = (w.weights if state == "w" else w.states[state])[which]
        first += len(shard.words)
