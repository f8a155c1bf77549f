"""Columns of the tables of spontaneous release."""

from __future__ import annotations

# a bundle: first block, number of blocks, place of its first neuron in the thread's arrays, key of its random numbers
M_BLOCK, M_BLOCKS, M_PLACE, M_KEY, M_COLUMNS = range(5)
# its numbers: releases of a synapse in a step, coefficient of variation of a quantum
M_RATE, M_CV, M_REALS = range(3)
TWO32 = 4294967296.0
