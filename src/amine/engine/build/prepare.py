"""What the rest of the engine takes from this room."""

from __future__ import annotations

from amine.engine.build.arrays import Arrays, Totals, fill, layout
from amine.engine.build.draws import count, drawn_values, generator, spread_value
from amine.engine.build.inputs import STREAMS
from amine.engine.build.slices import Slice as Place
from amine.engine.build.sources import put_rates, spike_lists
from amine.engine.device.tables import BLOCK

__all__ = [
    "BLOCK",
    "STREAMS",
    "Arrays",
    "Place",
    "Totals",
    "count",
    "drawn_values",
    "fill",
    "generator",
    "layout",
    "put_rates",
    "spike_lists",
    "spread_value",
]
