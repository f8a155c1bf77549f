"""Columns of the tables of pulse groups: kinetic schemes at the source (see transmission/schemes)."""

# columns of the table of pulse groups; a width of 0 means cleared transmitter instead of a square pulse
(G_POP, G_LIST, G_WIDTH, G_DIM, G_STATE, G_TIME, G_TABLE, G_PAY, G_SITES, G_FRACTION, G_KEY, G_ID0, G_COLUMNS) = range(
    13
)
# columns of the real table: recovery of sites, then numbers of the cleft
(R_RECOVERY, R_HEIGHT, R_DECAY, R_V_UP, R_K_UP, R_V_BREAK, R_K_BREAK, R_TOP, R_FLOOR, R_COLUMNS) = range(10)
# whole numbers of a unit (a neuron or a site): step of its state, of its last pulse, whether it is empty, step of its last spike
STATE_STEP, START, EMPTY, VISIT, TIMES = range(5)
REST = (0, -(2**40), 0, 0)  # before the first spike
POWERS = 31  # steps are counted in 31 bits
COLUMN = 4  # columns of propagators are filled up with zeros to a multiple of this
GRID = 512  # intervals of a table over concentration
