"""Columns of the table of continuous couplings."""

from __future__ import annotations

LANES = 64
# a coupling of a thread: kind of expression, places kept of each value (1, or steps that delays reach back to), sources, offset in ``values``;
# of the thread's sources the first, their number, offsets of their states and parameters; of its targets the number, offsets of their states,
# parameters and inputs; offsets of the first connection of each target, of the connections, of the numbers; connections; delay in steps;
# offset in ``values`` of the plastic values of the thread's first connection, connections of all threads
NAMES = (
    *(
        "C_KIND",
        "C_KEPT",
        "C_SIZE",
        "C_VALUES",
        "C_FIRST",
        "C_SOURCES",
        "C_READS",
        "C_GIVEN",
        "C_TARGETS",
        "C_POST_READS",
    ),
    *("C_POST_GIVEN", "C_INPUTS", "C_STARTS", "C_PAIRS", "C_NUMBERS", "C_COUNT", "C_DELAY", "C_PLASTIC", "C_TOTAL"),
)
(
    C_KIND, C_KEPT, C_SIZE, C_VALUES, C_FIRST, C_SOURCES, C_READS, C_GIVEN, C_TARGETS, C_POST_READS, C_POST_GIVEN, C_INPUTS, C_STARTS,
    C_PAIRS, C_NUMBERS, C_COUNT, C_DELAY, C_PLASTIC, C_TOTAL, COUPLING_COLUMNS,
) = range(20)  # fmt: skip
