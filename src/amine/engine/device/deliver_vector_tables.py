"""Columns of the table of bundles whose events have several values."""

from __future__ import annotations

from amine.engine.device.deliver_tables import COLUMNS

# columns after those of a bundle (amine.engine.device.deliver): list of events in ptr, first row of payload, number of values
LIST, PAY, DIM, V_COLUMNS = range(COLUMNS, COLUMNS + 4)
DENSE = 3  # a further kind of bundle: all sources have the same row, which is stored once
SMALL = 1e-9  # a value below this share of the weight is lost in rounding
