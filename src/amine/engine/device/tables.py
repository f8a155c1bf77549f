"""Columns of the integer tables of a generated kernel, and constants that all its functions share."""

BLOCK_BITS = 6
BLOCK = 1 << BLOCK_BITS  # neurons of a block: the length of each state's row
# a population: place of its first block, neurons, global id of the first, kind of cell, key of its random numbers, first stimulus, first and last release,
# step of the last change of a source's rates
BASE, SIZE, ID0, KIND, KEY, STIMULUS, RELEASE, RELEASE_END, SINCE, POPULATION_COLUMNS = range(10)
# a range: first, last + 1 (blocks of a thread, entries of a step in a list, neurons)
BEGIN, END, RANGE_COLUMNS = range(3)
# a Poisson input: population, row of the receptor's state, row of the weights (-1: one for all), length of the table of counts,
# draws a step, key of its random numbers and first draw, row of the expected counts (-1: one for all), values of a block, neurons of a block
P_POP, P_ROW, P_WEIGHT_ROW, P_LENGTH, P_DRAWS, P_KEY, P_FIRST, P_RATE_ROW, P_STRIDE, P_LANES, POISSON_COLUMNS = range(
    11
)
# a release model of a population: kind, places of its states and of the steps of the last spikes
R_KIND, R_STATES, R_LAST, RELEASE_COLUMNS = range(4)
# a list of given spikes: population, addresses of their steps and of their neurons, length
L_POP, L_STEPS, L_IDS, L_LENGTH, SPIKE_LIST_COLUMNS = range(5)
# a probe of a thread: steps from sample to sample, first and last place, index in the output, first and last (exclusive) step
O_EVERY, O_FIRST, O_LAST, O_OUT, O_START, O_STOP, PROBE_COLUMNS = range(7)
SOURCE_POISSON, SOURCE_LIST, SOURCE_FOLLOWED = (
    -1,
    -2,
    -3,
)  # at rates, at given times, at rates that follow courses in time
GAP_ITERATIONS = 100
