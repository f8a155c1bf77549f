"""Columns of the tables from which compiled code draws synapses, and codes of the kinds in them."""

from __future__ import annotations

# ways to find the targets of a row
GEOMETRIC, REPLACED, DISTINCT, LISTED, ALL = range(5)
# columns of the integer table of a bundle's specs
(
    S_KIND,
    S_START,
    S_STEP,
    S_N,
    T_START,
    T_STEP,
    T_N,
    S_BASE,
    S_STRIDE,
    S_KEY,
    S_SELF,
    S_LIST,
    S_TARGETS,
    S_LISTED,
    S_PORT,
    W_KIND,
    D_KIND,
    W_LIST,
    D_LIST,
    S_DELAY,
    S_EARLY,
    S_SHIFT,
    S_PLACES,
    S_CHOICES,
    S_COLUMNS,
) = range(25)
# columns of the real table
P_LOG, W_A, W_B, W_LOW, W_HIGH, D_A, D_B, D_LOW, D_HIGH, P_COLUMNS = range(10)
# ways to draw a value; a truncated distribution is the same plus TRUNCATED
CONSTANT, NORMAL, LOGNORMAL, UNIFORM, EXPONENTIAL, ARRAY, MATRIX = range(
    7
)  # a matrix has a value for each pair of neurons
TRUNCATED = 16
