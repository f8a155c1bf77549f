"""Streams: the random numbers of each part of a network, under a key that follows from the seed and the part's identity.

The identity of a part is its ``stream``, if one is declared. Else it is what the part is, without names and values, and its number among
those that are alike in this, in the order in which they were added (docs/engine.md says why there is no better one).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from amine.network.network import Network
from amine.network.parts import Declared, View
from amine.records import dataclass


@dataclass(frozen=True)
class Stream:
    """Random numbers of one part of a network; ``path`` is its identity as text, which does not depend on the seed."""

    seed: int
    path: str

    def child(self, *names: str | int) -> Stream:
        """The stream of something within the part, such as ``("parameter", "tau_m")``."""
        return Stream(self.seed, f"{self.path} {json.dumps(names)}")

    @cached_property
    def _digest(self) -> bytes:
        return hashlib.blake2b(f"amine 1 {self.seed} {self.path}".encode(), digest_size=16).digest()

    @property
    def key(self) -> int:
        """Key of the counter-based random numbers of compiled code, as a signed number of 64 bits."""
        return int.from_bytes(self._digest[:8], "little", signed=True)

    def generator(self) -> np.random.Generator:
        """A generator for draws that are made once, while a network is built."""
        return np.random.Generator(np.random.Philox(key=int.from_bytes(self._digest, "little")))


@dataclass(frozen=True)
class Streams:
    """The streams of all parts of a network."""

    populations: Mapping[str, Stream]
    routes: Mapping[
        tuple[int, int, int], Stream
    ]  # number of the projection, of a view of its source, of one of its target
    inputs: tuple[Stream, ...]
    electrical: tuple[Stream, ...]
    couplings: tuple[Stream, ...]
    stimuli: tuple[Stream, ...]


class _Identities:
    """Streams of parts, told apart by a declared stream, or by their number among those that are alike."""

    def __init__(self, seed: int):
        self._seed, self._alike = seed, Counter[str]()

    def __call__(self, declared: Declared, what: str) -> Stream:
        if declared is not None:
            return Stream(self._seed, f"{what.split()[0]} stream {json.dumps(declared)}")
        self._alike[what] += 1
        return Stream(self._seed, f"{what} #{self._alike[what] - 1}")


def streams_of(net: Network) -> Streams:
    """The streams of a network."""
    of = _Identities(net.seed)
    populations = {
        name: of(p.stream, f"population {'source' if p.model.kind == 'source' else 'neurons'} {p.n}")
        for name, p in net.populations.items()
    }

    def end(v: View) -> str:
        return f"({populations[v.population].path})[{v.start}:{v.n}:{v.step}]"

    routes = {}
    for number, s in enumerate(net.projections):
        for i, a in enumerate(s.source.views()):
            for j, b in enumerate(s.target.views()):
                found = of(s.stream, f"synapses {end(a)} {end(b)} {s.pattern.kind}")
                routes[number, i, j] = found if s.stream is None else found.child(i, j)
    inputs = [of(x.stream, f"poisson {' '.join(map(end, x.target.views()))}") for x in net.inputs]
    electrical = [of(g.stream, f"gap {end(g.a)} {end(g.b)} {g.pattern.kind}") for g in net.electrical]
    couplings = [of(c.stream, f"coupling {end(c.source)} {end(c.target)} {c.pattern.kind}") for c in net.couplings]
    stimuli = [of(None, f"stimulus {s.current.kind} {' '.join(map(end, s.target.views()))}") for s in net.stimuli]
    parts = (inputs, electrical, couplings, stimuli)
    return Streams(populations, routes, *(tuple(x) for x in parts))


def named(seed: int, *names: str) -> np.random.Generator:
    """A generator for draws outside a network, such as those of a circuit that is made of random numbers."""
    return Stream(seed, "named").child(*names).generator()


__all__ = ["Stream", "Streams", "named", "streams_of"]
