"""Slow signals as arguments of a generated kernel: one tuple of arrays, and the columns of its tables."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# an operation of amine.compounds.signals: kind, first signal it writes, number of signals, first and last argument, place of its numbers,
# further use: the dose of DOSE, whether SUM gives one over it, the function of APPLY
OP, OUT, N, ARG0, ARG1, PAR, MORE, OP_COLUMNS = range(8)
DOSE, DIFFUSE, RESPONSE, FOLLOW, SUM, SHARE, PRODUCT, APPLY = range(8)
POWER, EXP, LOG, MIN, MAX = range(5)
# an argument: role, first signal, step from one signal to the next (0: one for all), place of its numbers
ROLE, FROM, STRIDE, NUMBER, ARG_COLUMNS = range(5)
AGONIST, SHIFT, ADDED, EFFICACY, KM, VMAX, REMOVAL, RELEASE, SOURCE, EFFLUX = range(10)
# an axis along which a field moves: neurons of it, distance of neighbours in the signals, place of its propagator
AXIS_N, AXIS_STRIDE, AXIS_PAR, AXIS_COLUMNS = range(4)
# spikes that release: place of the field's operation, population, start, stop, step, region or -1, place of the neurons' regions, of the amounts
S_OP, S_POP, S_START, S_STOP, S_STEP, S_REGION, S_MAP, S_PAR, SPIKE_COLUMNS = range(9)
# a factor of a population's parameter: population, parameter, first signal, number of signals, place of the neurons' regions or -1, applied copy
V_POP, V_PARAMETER, V_FROM, V_N, V_MAP, V_APPLIED, VARY_COLUMNS = range(7)
# a parameter of a release model: row of the table of constants, column, first signal, place of its base value
W_ROW, W_COLUMN, W_FROM, W_PAR, WEIGHT_COLUMNS = range(5)


class Slow(NamedTuple):
    """Slow signals. Owner: transmission/slow."""

    every: int  # steps from one field step to the next
    S: np.ndarray  # [thread, signal] float64: each thread advances its own copy
    doses: np.ndarray  # [field step of this chunk, dose] float64: concentrations, uM
    record: np.ndarray  # [field step of this chunk, recorded signal] float64: recorded values
    first: int  # number of the first field step of this chunk
    columns: np.ndarray  # [recorded signal] int64: the recorded signals
    ops: np.ndarray  # [operation, OP_COLUMNS] int64: in the order of computation
    args: np.ndarray  # [argument, ARG_COLUMNS] int64
    axes: np.ndarray  # [axis, AXIS_COLUMNS] int64
    spikes: np.ndarray  # [group of neurons, SPIKE_COLUMNS] int64: neurons whose spikes release
    factors: np.ndarray  # [factor, VARY_COLUMNS] int64: of parameters of populations
    releases: np.ndarray  # [factor, WEIGHT_COLUMNS] int64: of parameters of release models
    par: np.ndarray  # float64: numbers of everything above
    maps: np.ndarray  # int64: the region of each neuron
    base: np.ndarray  # float64: parameters of populations as described
    value: np.ndarray  # float64: their present values
    at: np.ndarray  # [population, parameter] place in base and value
    step: np.ndarray  # [population, parameter] 1 if it differs between neurons
    constants: np.ndarray  # [release, parameter] float64: parameters of release models as they are now
    scratch: np.ndarray  # [thread, 3 signals + 64] float64: for the fields
    released: np.ndarray  # [thread, signal] float64: what spikes release
