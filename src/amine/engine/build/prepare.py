"""Names of the build step for rooms outside the engine."""

from __future__ import annotations

from amine.engine.build.arrays import Arrays, Totals, fill, layout
from amine.engine.build.draws import count, drawn_values, spread_value
from amine.engine.build.slices import Slice
from amine.engine.build.sources import put_rates, spike_lists
from amine.engine.device.tables import BLOCK
from amine.engine.resolve.streams import named

__all__ = [
    "BLOCK",
    "Slice",
    "Arrays",
    "Totals",
    "count",
    "drawn_values",
    "fill",
    "named",
    "layout",
    "put_rates",
    "spike_lists",
    "spread_value",
]
