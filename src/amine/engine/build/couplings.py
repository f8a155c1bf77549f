"""Connections of continuous couplings, drawn as those of synapses are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amine.distributions import InternalDistribution
from amine.engine.build.connectivity import ProjectionSpec
from amine.engine.build.connectivity.build import pairs_of
from amine.engine.build.slices import Slice
from amine.engine.build.wiring import internal_value
from amine.engine.resolve.streams import Stream
from amine.network.couplings import Coupling
from amine.network.network import Network
from amine.network.parts import View
from amine.network.pattern import placed
from amine.records import dataclass
from amine.units import to_internal


@dataclass(frozen=True)
class Connections:
    """Connections of a coupling, sorted by target and then by source."""

    sources: np.ndarray  # [connection] int64: index within the source's selection
    targets: np.ndarray  # [connection] int64: index within the target's selection
    delays: np.ndarray  # [connection] int64: steps
    numbers: np.ndarray  # [value that differs, connection] float64

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.sources.nbytes + self.targets.nbytes + self.delays.nbytes + self.numbers.nbytes


def draw(net: Network, c: Coupling, stream: Stream, each: Sequence[str], slices: Sequence[Slice]) -> Connections:
    """Draws the connections of a coupling between two populations; ``each`` are its values that differ between connections."""
    found = [
        pairs_of(_spec(net, c, stream, slices, name, port), slices[0].n, net.dt)
        for port, name in enumerate(each or [""])
    ]
    i, j, _, delays = found[0]
    order = np.lexsort((i, j))
    numbers = np.array([w[order] for _, _, w, _ in found[: len(each)]], np.float64).reshape(len(each), len(i))
    return Connections(_within(c.source, i[order]), _within(c.target, j[order]), delays[order], numbers)


def _within(view: View, numbers: np.ndarray) -> np.ndarray:
    return (numbers - view.start) // view.step


def delay_steps(net: Network, c: Coupling) -> int:
    """The delay of a coupling in steps if it is one value, else 0."""
    if not isinstance(c.delay, str):
        return 0
    return max(1, round(float(to_internal(c.delay, "ms", f"Coupling '{c.name}', delay")) / net.dt))


def single_value(c: Coupling, name: str) -> float:
    """A value that all connections share, in coherent units."""
    value = internal_value(c.values[name], c.units[name], f"Coupling '{c.name}', {name}")
    assert isinstance(value, float)
    return value


def _spec(net: Network, c: Coupling, stream: Stream, slices: Sequence[Slice], name: str, port: int) -> ProjectionSpec:
    where = f"Coupling '{c.name}'"
    delay: int | InternalDistribution | np.ndarray = max(1, delay_steps(net, c))
    if c.delay is not None and not isinstance(c.delay, str):
        late = internal_value(c.delay, "ms", f"{where}, delay")
        assert not isinstance(late, float)
        delay = late
    return ProjectionSpec(
        name=c.name,
        stream=stream,
        pre=(c.source.start, c.source.step, c.source.n),
        post=(c.target.start, c.target.step, c.target.n),
        rule=c.pattern.kind,
        value=c.pattern.value,
        placed=placed(net, c.pattern, c.source, c.target, where),
        same_population=c.source.population == c.target.population,
        autapses=c.autapses,
        multapses=c.multapses,
        base=0,
        stride=64,
        bounds=(),
        weight=internal_value(c.values[name], c.units[name], f"{where}, {name}") if name else 1.0,
        delay=delay,
        port=port,
    )


__all__ = ["Connections", "delay_steps", "draw", "single_value"]
