"""Columns of the tables of synapses that release differently."""

from __future__ import annotations

from amine.engine.device.deliver_tables import COLUMNS

# columns after those of a bundle (amine.engine.device.deliver): row of payload with the time since the last spike, row with the
# probability of release (-1: each synapse has its own parameters), number of sites (0: a mean), the first synapse in the
# thread's numbers of sites that are ready; of synapses with own parameters the first value of states and parameters, the number
# of the release model in the module, values of a synapse, and the index among them of the time constant of recovery of a site;
# key of the random numbers; of the target population its place in the state array, values of a block, and log2 of neurons of a block
(ELAPSED, RELEASED, SITES, FIRST, OWN, MODEL, WIDE, RECOVER, R_KEY, T_PLACE, T_STRIDE, T_SHIFT, Y_COLUMNS) = range(
    COLUMNS, COLUMNS + 13
)
# columns of the real table
WEIGHT, CV, RECOVERY, Y_REALS = range(4)
TWO32 = 1.0 / 4294967296.0
