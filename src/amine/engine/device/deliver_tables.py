"""Columns of the table of bundles of synapses."""

from __future__ import annotations

# Columns of the table of bundles (int64), for this thread's shard of each: kind, source population, least delay, number of delays,
# addresses of rows, of offsets of delays and their bytes, of slots and weights; row of payload (-1: none), number of the first source
(KIND, POP, DMIN, DELAYS, ROWS, SEG, SEG_BYTES, SLOTS, WEIGHTS, RELEASE, ID0, COLUMNS) = range(12)
SHARED, PACKED, SEPARATE = 0, 1, 2
AHEAD = 6  # segments that are prefetched
BATCH = 4096  # segments that are collected
LINE = 64  # bytes of a cache line
