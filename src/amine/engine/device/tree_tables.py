"""Columns of the tables of multicompartment cells, which lie in a population's row of constants behind its scalars."""

# header: compartments, rows of a block, row of the voltage that makes spikes, place of the table of the solve, then number and place
# of the tables of stimuli, gap junctions and jumps of the voltage
N, ROWS, SPIKE, SOLVE, STIMULI, STIMULUS_AT, GAPS, GAP_AT, JUMPS, JUMP_AT, LISTS = range(11)
# columns of the solve: row, parent's row, coupling; and of a membrane: row, capacitance, area, sum of couplings
SOLVE_COLUMNS, MEMBRANE_COLUMNS = 3, 4
