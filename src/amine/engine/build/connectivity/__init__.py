"""Drawing of synapses: from a pattern of connections to rows sorted for delivery, without listing unconnected pairs."""

from __future__ import annotations

from amine.engine.build.connectivity.build import (
    SHARED,
    Bundle,
    Drawing,
    Shard,
    build_bundle,
    bundle_of,
    connections,
    delay_range,
    open_bundle,
    pairs_of,
)
from amine.engine.build.connectivity.given import Connections, InOrder, described
from amine.engine.build.connectivity.spec import ProjectionSpec, expected_synapses

__all__ = [
    "SHARED",
    "Bundle",
    "Connections",
    "Drawing",
    "InOrder",
    "ProjectionSpec",
    "Shard",
    "build_bundle",
    "bundle_of",
    "connections",
    "delay_range",
    "described",
    "expected_synapses",
    "open_bundle",
    "pairs_of",
]
