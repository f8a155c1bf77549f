"""Columns of the table of plastic bundles, and tables of decay."""

from __future__ import annotations

import numpy as np

from amine.engine.device.arrays import exact

# columns of the table of plastic bundles that follow those of amine.engine.device.deliver; addresses are of this thread's shard
(
    P_KIND,  # kind of rule
    P_TARGET,  # index of the target population
    P_FIRST,  # first and last (exclusive) target that the thread owns
    P_LAST,
    P_ROW,  # place of the receptor's state of neuron 0
    P_STRIDE,  # values of a block of the target population
    P_BASE,  # place of the target population in the state array
    P_HISTORY,  # address of the histories
    P_WIDTH,  # words of a history
    P_SOURCES,  # number of source neurons
    P_LOCAL,  # place of the source states of row 0 in the thread's array
    P_SIGNALS,  # place of the remembered slow signals in the thread's array
    P_ROOM,  # remembered ticks
    P_SHIFT,  # 1 if the delay is dendritic
    P_EARLY,  # 1 if spikes act at the end of the step
    P_TICK,  # steps of a tick
    P_KEY,  # key of its random numbers
    P_ENTRY,  # words of an entry of a history
    P_STATES,  # states of a source
    P_BYTES,  # bytes of a synapse
    P_SUMS,  # number of sums over synapses, and of slow signals that rows of the target repeat
    P_BATHED,
    P_MARGIN,  # entries that a history may get before threads meet
    P_CROWDED,  # 1 if a history has no room for so many more
    P_PHASES,  # number of phases of a pre-spike
) = range(32, 57)
MOST = 8  # phases, and variables of the target in each of a rule's lists
P_PHASE0, P_NOW0, P_SEEN0, P_HELD0, P_FIELD0, P_SUM0, P_BATH0, P_BATHER0 = (57 + MOST * q for q in range(8))
COLUMNS = P_BATHER0 + MOST
NEAR = 65536  # decays over more steps than this are computed, not looked up


def tables(rates: list[float], dt: float, tick: int, real: type) -> np.ndarray:
    """Rows of lookup tables: 256 single steps, 256 strides of 256 steps, the rate of a step, means over 0..tick steps."""
    n, far = np.arange(256.0), 256.0 * np.arange(256.0)
    out = np.zeros((max(1, len(rates)), 514 + tick))
    for row, rate in zip(out, rates, strict=False):
        x = rate * dt * np.arange(1, tick + 1)
        row[:256], row[256:512], row[512] = exact.exp(-rate * dt * n), exact.exp(-rate * dt * far), rate * dt
        row[513], row[514:] = 1.0, exact.exprel(-x)
    return out.astype(real)
