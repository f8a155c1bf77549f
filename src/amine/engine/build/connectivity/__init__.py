"""Drawing of synapses: from a pattern of connections to rows sorted for delivery, without listing unconnected pairs."""

from __future__ import annotations

from amine.engine.build.connectivity.build import Bundle, Drawing, Shard, build_bundle, connections, pairs_of
from amine.engine.build.connectivity.given import Connections, InOrder
from amine.engine.build.connectivity.spec import ProjectionSpec, expected_synapses

__all__ = [
    "Bundle",
    "Connections",
    "Drawing",
    "InOrder",
    "ProjectionSpec",
    "Shard",
    "build_bundle",
    "connections",
    "expected_synapses",
    "pairs_of",
]
