"""Drawing of synapses: from a connection rule to rows sorted for delivery, without listing pairs that are not connected."""

from __future__ import annotations

from amine.engine.build.connectivity.build import Bundle, Shard, build_bundle, pairs_of
from amine.engine.build.connectivity.spec import ProjectionSpec, expected_synapses

__all__ = ["Bundle", "ProjectionSpec", "Shard", "build_bundle", "expected_synapses", "pairs_of"]
