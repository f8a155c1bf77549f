"""Expected size of a network, before anything is drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from amine.distributions import Distribution
from amine.network.cables import has_tree
from amine.network.parts import View
from amine.network.pattern import Pattern, placed
from amine.network.receptors import states_of
from amine.network.times import LONGEST
from amine.units import to_internal
from amine.values import Array, Formula, Value

if TYPE_CHECKING:
    from amine.network.network import Network
    from amine.network.parts import Population, Synapses


MEETING = 2**18  # entries that all neurons of a thread could list before threads meet
SPARE = 4096  # entries of a list of spikes, beyond those that its neurons need
CHUNK = 100.0  # ms between two looks of Python at a large network
FEW = 20_000  # neurons with which a chunk costs so much that Python's part of it does not count; a population costs as much as 100
RATE = 10.0  # Hz, of all neurons, for the spikes that the longest delay keeps


def meeting(least: int, neurons: int) -> int:
    """Steps after which threads meet: at most the ``least`` delay, and fewer if ``neurons`` could fill long lists of spikes until then."""
    return min(least, max(2, MEETING // max(1, neurons)))


def chunk_steps(net: Network) -> int:
    """Steps of a chunk of which Python sees the result, if nothing else is asked for: 100 ms, and up to 1 s or 10 000 steps of a small network."""
    size = sum(p.n + 100 for p in net.populations.values())
    least = round(CHUNK / net.dt)
    return max(least, min(10_000, int(least * min(10.0, FEW / max(1, size)))))


def listed(neurons: int, interval: int, kept: int = 0) -> int:
    """Entries of the list of spikes of a thread with ``neurons``: room for ``kept`` spikes and what can be listed until threads meet, twice."""
    return 2 * (kept + neurons * (interval + 1)) + SPARE


def expected_pairs(net: Network, pattern: Pattern, a: View, b: View, autapses: bool = True) -> int:
    """Expected number of synapses of a rule between two views."""
    pairs = a.n * b.n - (min(a.n, b.n) if not autapses and a.population == b.population else 0)
    if pattern.kind == "p":
        return round(pattern.value * pairs)
    if pattern.kind == "distance":
        kernel = placed(net, pattern, a, b, "connections")
        return round((0.0 if kernel is None else kernel.mean()) * pairs)
    return {
        "indegree": lambda: pattern.value * b.n,
        "nearest": lambda: pattern.value * b.n,
        "outdegree": lambda: pattern.value * a.n,
        "total": lambda: pattern.value,
        "pairs": lambda: len(pattern.value[0]),
        "one_to_one": lambda: a.n,
        "all_to_all": lambda: pairs,
    }[pattern.kind]()


def estimate(net: Network, precision: str = "float32") -> dict[str, int]:
    """Expected numbers of neurons, synapses and gap junctions, and the bytes that these take in one thread, with spikes and values under way."""
    real = 4 if precision == "float32" else 8
    synapses = synapse_bytes = 0
    for s in net.projections:
        each = _bytes_of_one(s, real)
        for a in s.source.views():
            for b in s.target.views():
                n = expected_pairs(net, s.pattern, a, b, s.autapses)
                synapses += n * len(s.receptors)
                synapse_bytes += n * each
    synapse_bytes += sum(n for n, _ in _tables(net).values())
    for c in net.couplings:
        each = sum(_individual(v) for v in c.values.values()) + _individual(c.delay) + 2 * len(c.change)
        if each or c.pattern.kind != "all_to_all":
            synapse_bytes += expected_pairs(net, c.pattern, c.source, c.target, c.autapses) * 8 * (3 + each)
    neurons = sum(p.n for p in net.populations.values())
    states = state_bytes(net, precision)
    junctions = sum(
        expected_pairs(net, g.pattern, g.a, g.b, False)
        // (2 if g.a == g.b and g.pattern.kind in ("p", "distance", "all_to_all") else 1)
        for g in net.electrical
    )
    history = _history(net, real) + sum(n for n, _ in _coupled(net).values())
    return {
        "neurons": neurons,
        "synapses": synapses,
        "gap_junctions": junctions,
        "bytes": synapse_bytes + states + junctions * 48 + history,
        "synapse_bytes": synapse_bytes,
        "history_bytes": history,
    }


def state_bytes(net: Network, precision: str) -> int:
    """Bytes of the states of all neurons."""
    real = 4 if precision == "float32" else 8
    return sum(_state_bytes(net, p, real) for p in net.populations.values())


def interval(net: Network) -> int:
    """Steps between two meetings of threads: the least delay; with gap junctions or values that neurons exchange at once, less than one."""
    if net.electrical or any(c.delay is None for c in net.couplings):
        return 0
    neurons = sum(_padded(p) for p in net.populations.values())
    return meeting(min((_delays(net, s)[0] for s in net.projections), default=15) + 1, neurons)


def _bytes_of_one(s: Synapses, real: int) -> int:
    """Bytes of a synapse at all its receptors."""
    individual = [_individual(w) or _individual(s.delay) for w in s.receptors.values()]
    each = sum((4 + real) if x else 4 for x in individual)
    if s.plasticity is not None:  # one word for the target, one for the weight; other states are not counted
        each += 2 * real - (4 + real if individual[list(s.receptors).index(str(s.plastic))] else 4)
    return each


def _state_bytes(net: Network, p: Population, real: int) -> int:
    """Bytes of the states of a population of whole blocks, and of parameters that differ between neurons."""
    if has_tree(p):
        return p.n * p.model.bytes_per_neuron(real)
    differ = sum(not isinstance(x, str) for x in p.parameters.values())
    rows = len(states_of(p, net)) + 1 + differ if p.model.kind == "neuron" else 1
    return rows * _padded(p) * real


def _padded(p: Population) -> int:
    return -(-p.n // 64) * 64


def _delays(net: Network, s: Synapses) -> tuple[int, int]:
    """Least and longest delay of a projection in steps."""
    return _ends(net, s.delay, f"Synapses '{s.name}', delay")


def _ends(net: Network, value: Value | None, where: str) -> tuple[int, int]:
    """Least and longest of some delays in steps."""
    if value is None:
        return 1, 1
    if isinstance(value, Distribution):
        low, high = value.internal("ms", where).extremes
    elif isinstance(value, Array):
        low, high = float(value.values.min(initial=np.inf)), float(value.values.max(initial=0.0))
    elif isinstance(value, Formula):
        low, high = value.low, value.high
    else:
        low = high = float(to_internal(value, "ms", where))
    least = max(1, math.floor(min(low, LONGEST * net.dt) / net.dt + 0.5))
    return least, max(least, math.floor(min(high, LONGEST * net.dt) / net.dt + 0.5))


def _tables(net: Network) -> dict[tuple[object, ...], tuple[int, str]]:
    """Bytes of the index of each table of synapses: where rows of sources and their delays begin; and a projection that widens it most."""
    spans: dict[tuple[object, ...], tuple[int, int, int, str]] = {}
    for s in net.projections:
        least, longest = _delays(net, s)
        for label, weight in s.receptors.items():
            own = _individual(weight) or _individual(s.delay)
            apart = s.name if s.plasticity is not None or s.detail != "receptor" else s.release if own else weight
            for v in s.source.views():
                key = (v.population, own, str(apart), "" if own else str(s.delay), label if apart == s.name else "")
                low, high, wide, name = spans.get(key, (least, longest, 0, s.name))
                name = s.name if longest > high or least < low else name
                spans[key] = min(low, least), max(high, longest), max(wide, 2), name
    out = {}
    for key, (low, high, each, name) in spans.items():
        n = net.populations[str(key[0])].n
        out[key] = 8 * (n + 1) + (each * n * (high - low + 2) if high > low else 0), name
    return out


def _history(net: Network, real: int) -> int:
    """Bytes of the lists of spikes of the last steps, if all neurons fire at 10 Hz."""
    delays = [_delays(net, s) for s in net.projections]
    neurons = sum(_padded(p) for p in net.populations.values())
    longest = max([1, *(b for _, b in delays)])
    kept = round(neurons * longest * net.dt * RATE * 1e-3)
    entries = listed(neurons, meeting(min((a for a, _ in delays), default=15) + 1, neurons), kept)
    releases = len({str(s.release) for s in net.projections if s.release is not None})
    return entries * (4 + releases * real) + 16 * (longest + 1 + chunk_steps(net)) * len(net.populations)


def _coupled(net: Network) -> dict[str, tuple[int, int]]:
    """Bytes of the values that couplings keep until they arrive, at least one of 64 bits for each source and step; and the steps."""
    found = {}
    for c in (c for c in net.couplings if c.delay is not None):
        steps = _ends(net, c.delay, f"Coupling '{c.name}', delay")[1]
        found[f"Coupling '{c.name}'"] = 8 * c.source.n * steps, steps
    return found


def longest_delay(net: Network) -> tuple[str, float]:
    """The part whose delay keeps most in memory, in words, and this delay in ms."""
    coupled = _coupled(net)
    largest = max(coupled, key=lambda name: coupled[name][0], default="")
    if largest and 2 * coupled[largest][0] > sum(n for n, _ in coupled.values()) + _history(net, 8):
        return largest, coupled[largest][1] * net.dt
    found = [(_delays(net, s)[1] * net.dt, f"Synapses '{s.name}'") for s in net.projections]
    return (max(found)[1], max(found)[0]) if found else ("", 0.0)


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
