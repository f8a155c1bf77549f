"""Expected size of a network, before anything is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from amine.network.parts import View
from amine.network.pattern import DistanceKernel, Pattern
from amine.units import to_internal
from amine.values import Array

if TYPE_CHECKING:
    from amine.network.network import Network


def expected_pairs(net: Network, pattern: Pattern, a: View, b: View, autapses: bool = True) -> int:
    """Expected number of synapses of a rule between two views."""
    pairs = a.n * b.n - (min(a.n, b.n) if not autapses and a.population == b.population else 0)
    if pattern.kind == "p":
        return round(pattern.value * pairs)
    if pattern.kind == "distance":
        return round(_mean_probability(net, pattern.value, a, b) * pairs)
    return {
        "indegree": lambda: pattern.value * b.n,
        "outdegree": lambda: pattern.value * a.n,
        "total": lambda: pattern.value,
        "pairs": lambda: len(pattern.value[0]),
        "one_to_one": lambda: a.n,
        "all_to_all": lambda: pairs,
    }[pattern.kind]()


def _mean_probability(net: Network, kernel: DistanceKernel, a: View, b: View) -> float:
    """Mean connection probability over at most 200 x 200 pairs."""

    def sample(v: View) -> np.ndarray:
        places = net.populations[v.population].positions
        assert places is not None
        places = places[v.start : v.stop : v.step]
        return places[:: max(1, len(places) // 200)]

    d = np.sqrt(((sample(a)[:, None] - sample(b)[None]) ** 2).sum(-1))
    x = d / to_internal(kernel.scale, "um", "kernel, scale")
    shape = {"gaussian": np.exp(-(x**2) / 2), "exponential": np.exp(-x), "box": (x <= 1).astype(float)}[kernel.shape]
    return float(kernel.p_max * shape.mean())


def estimate(net: Network, precision: str = "float32") -> dict[str, int]:
    """Expected numbers of neurons, synapses and gap junctions, and the bytes that states and synapses take."""
    real = 4 if precision == "float32" else 8
    synapses = synapse_bytes = 0
    for s in net.projections:
        individual = [_individual(w) or _individual(s.delay) for w in s.receptors.values()]
        each = sum((4 + real) if x else 4 for x in individual)
        if s.plasticity is not None:  # one word for the target, one for the weight; other states are not counted
            each += 2 * real - (4 + real if individual[list(s.receptors).index(str(s.plastic))] else 4)
        for a in s.source.views():
            for b in s.target.views():
                n = expected_pairs(net, s.pattern, a, b, s.autapses)
                synapses += n * len(s.receptors)
                synapse_bytes += n * each
    neurons = sum(p.n for p in net.populations.values())
    states = sum(p.n * p.model.bytes_per_neuron(real) for p in net.populations.values())
    junctions = sum(
        expected_pairs(net, g.pattern, g.a, g.b, False)
        // (2 if g.a == g.b and g.pattern.kind in ("p", "distance", "all_to_all") else 1)
        for g in net.electrical
    )
    return {
        "neurons": neurons,
        "synapses": synapses,
        "gap_junctions": junctions,
        "bytes": synapse_bytes + states + junctions * 48,
        "synapse_bytes": synapse_bytes,
    }


def _individual(value: object) -> bool:
    return (
        value is not None and not isinstance(value, str) and not (isinstance(value, Array) and value.values.size == 0)
    )


def available_bytes() -> int:
    """Bytes this process may still allocate: MemAvailable, capped by the cgroup limit."""
    found = []
    try:
        with open("/proc/meminfo") as lines:
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    except OSError:
        pass
    try:
        limit = open("/sys/fs/cgroup/memory.max").read().strip()  # noqa: SIM115
        used = int(open("/sys/fs/cgroup/memory.current").read())  # noqa: SIM115
        found += [int(limit) - used] if limit.isdigit() else []
    except (OSError, ValueError):
        pass
    return min(found) if found else 2**62
