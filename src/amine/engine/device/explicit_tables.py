"""Columns of the tables of explicit synapses."""

from __future__ import annotations

from amine.engine.device.synaptic_tables import Y_COLUMNS, Y_REALS

# columns after those of amine.engine.device.synaptic: number of the scheme in the module, number of synapses, first value of
# receptors, first target, number of targets, values of a synapse, first entry of the table, whether pulses are square, width
# of a pulse in steps, method (BY_...), first of the rates of each synapse, and number of voltages of the table
(SCHEME, COUNT, STATE, TARGET, TARGETS, DIM, TABLE, SQUARE, WIDTH, HOW, RATES, ROWS, X_COLUMNS) = range(
    Y_COLUMNS, Y_COLUMNS + 13
)
# columns of the real table, after those of amine.engine.device.synaptic
(
    HEIGHT,
    DECAY,
    V_UP,
    K_UP,
    V_BREAK,
    K_BREAK,
    SPILL,
    TOP,
    ALPHA,
    BETA,
    V_LOW,
    V_STEP,
    FLOOR,
    X_REALS,
) = range(Y_REALS, Y_REALS + 14)
# methods for receptors: interpolation in a table, the formula of two states, the same with rates of each synapse, two propagators
# (with and without transmitter, if there is only one concentration)
BY_TABLE, BY_FORMULA, BY_OWN_RATES, BY_PULSE = range(4)
PIECE = 256  # synapses that are advanced together
