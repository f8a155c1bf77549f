"""Spike sources, probes and gap-junction currents: the parts of a step outside the equations of neurons."""

from __future__ import annotations

import numpy as np

from amine.engine.device.elementary import log1p64, log64
from amine.engine.device.functions import load_i32, load_i64, njit
from amine.engine.device.random_numbers import halves, philox
from amine.engine.device.tables import (
    BASE,
    BEGIN,
    BLOCK,
    BLOCK_BITS,
    END,
    ID0,
    KEY,
    L_IDS,
    L_LENGTH,
    L_POP,
    L_STEPS,
    O_EVERY,
    O_FIRST,
    O_LAST,
    O_OUT,
    O_START,
    O_STOP,
    SINCE,
)

I64, F64, U32 = np.int64, np.float64, np.uint32
EPOCH = 16  # steps whose spikes are drawn together


@njit(nogil=True, error_model="numpy")
def candidate(cells, draws, words, inverse, q, block, epoch, k0, k1):
    """Advances to the next cell of a block (a lane in a step of the epoch) in which a neuron of the block's highest rate spikes."""
    a, b, _, _ = philox(U32(block), U32(epoch), U32(draws[q]), U32(0), k0, k1)
    gap = log64((F64(a) + 0.5) * (1.0 / 4294967296.0)) * inverse[q]
    cells[q] += I64(1) + I64(min(gap, 1e6))
    words[q] = b
    draws[q] += 1


@njit(nogil=True, cache=True, error_model="numpy")
def emit_poisson(X, Q, B, p, trains, spk, at, fresh, step):
    """Lists at most one spike a step and neuron, with the probability in X (one row a block); returns the end of the list.

    The spikes of a block in an epoch are found by geometric skips at the highest rate of the block, and each is kept with the ratio of
    the neuron's rate to it: the cost depends on the number of spikes, not of neurons. ``fresh``: whether the arrays are still empty.
    If rates changed within the epoch, new draws begin at the change, so that later spikes do not depend on earlier rates.
    """
    base, first, last, id0 = Q[p, BASE], B[p, BEGIN], B[p, END], Q[p, ID0]
    since = Q[p, SINCE]
    k0, k1 = halves(Q[p, KEY])
    cells, draws, words, top, inverse = trains.cells, trains.draws, trains.words, trains.top, trains.inverse
    begin, epoch, place = (step % EPOCH) * BLOCK, step // EPOCH, base >> BLOCK_BITS
    changed = since % EPOCH if since // EPOCH == epoch else 0
    if fresh or begin == 0:
        for b in range(first, last):
            q = place + b
            if fresh:
                top[q] = 0.0
                for lane in range(BLOCK):
                    top[q] = max(top[q], F64(X[base + b * BLOCK + lane]))
                inverse[q] = 1.0 / log1p64(-min(top[q], 1.0)) if top[q] > 0.0 else -1e300
            cells[q], draws[q] = changed * BLOCK - 1, changed << 16
            candidate(cells, draws, words, inverse, q, b, epoch, k0, k1)
            while cells[q] < begin:
                candidate(cells, draws, words, inverse, q, b, epoch, k0, k1)
    for b in range(first, last):
        q = place + b
        while cells[q] < begin + BLOCK:
            lane = cells[q] - begin
            if (F64(words[q]) + 0.5) * (1.0 / 4294967296.0) * top[q] < F64(X[base + b * BLOCK + lane]):
                spk[at] = id0 + b * BLOCK + lane
                at += 1
            candidate(cells, draws, words, inverse, q, b, epoch, k0, k1)
    return at


@njit(nogil=True, cache=True, error_model="numpy")
def emit_followed(X, Q, B, p, spk, at, step):
    """As :func:`emit_poisson` for rates that may be others in each step: each step is drawn for itself, by skips over the neurons of a block."""
    base, first, last, id0 = Q[p, BASE], B[p, BEGIN], B[p, END], Q[p, ID0]
    k0, k1 = halves(Q[p, KEY])
    for b in range(first, last):
        o, top = base + b * BLOCK, 0.0
        for lane in range(BLOCK):
            top = max(top, F64(X[o + lane]))
        if top <= 0.0:
            continue
        inverse, lane, draw = 1.0 / log1p64(-min(top, 1.0)), I64(0), 0
        while True:
            a, kept, _, _ = philox(U32(b), U32(step), U32(draw), U32(1), k0, k1)
            gap = log64((F64(a) + 0.5) * (1.0 / 4294967296.0)) * inverse
            lane += I64(min(gap, 1e6))
            if lane >= BLOCK:
                break
            if (F64(kept) + 0.5) * (1.0 / 4294967296.0) * top < F64(X[o + lane]):
                spk[at] = id0 + b * BLOCK + lane
                at += 1
            lane += 1
            draw += 1
    return at


@njit(nogil=True, cache=True, error_model="numpy")
def emit_list(rows, p, step, spk, at):
    """Lists the given spikes of population ``p`` at ``step``; the columns of ``rows`` are L_... in :mod:`amine.engine.device.tables`."""
    for q in range(rows.shape[0]):
        if rows[q, L_POP] != p:
            continue
        lo, hi = I64(0), rows[q, L_LENGTH]
        while lo < hi:  # first entry that is not before this step
            mid = (lo + hi) // 2
            if load_i64(rows[q, L_STEPS], mid) < step:
                lo = mid + 1
            else:
                hi = mid
        while lo < rows[q, L_LENGTH] and load_i64(rows[q, L_STEPS], lo) == step:
            spk[at] = load_i32(rows[q, L_IDS], lo)
            at += 1
            lo += 1
    return at


@njit(nogil=True, cache=True, error_model="numpy")
def record(X, probes, step):
    """Copies the probed states at the start of a step; the columns of the table are O_... in :mod:`amine.engine.device.tables`."""
    O, slots, out = probes.table, probes.places, probes.out
    for q in range(O.shape[0]):
        if step % O[q, O_EVERY] == 0 and O[q, O_START] <= step < O[q, O_STOP]:
            at = O[q, O_OUT]
            for j in range(O[q, O_FIRST], O[q, O_LAST]):
                out[at] = X[slots[j]]
                at += 1
            O[q, O_OUT] = at


@njit(nogil=True, error_model="numpy")
def start_trial(X, base, first, last, stride, row):
    """Sets the trial voltages to the voltages at the start of the step (row 0 of a block is v)."""
    for b in range(first, last):
        o = base + b * stride
        for lane in range(BLOCK):
            X[o + row + lane] = X[o + lane]


@njit(nogil=True, error_model="numpy")
def gap_currents(X, gap):
    """Computes the current into each of this thread's coupled neurons from the mean voltages of both sides over the step.

    A point neuron receives the sum of conductance * (neighbour - own), approached by damped corrections. A compartment receives the sum
    of conductance * neighbour: its solve subtracts its own part. Groups whose trials agree stay as they are.
    """
    currents, own, starts, other, g = gap.currents, gap.own, gap.starts, gap.neighbours, gap.conductances
    for q in range(currents.size):
        if gap.settled[gap.members[q]]:
            continue
        point = gap.damping[q] > 0.0
        here = F64(X[own[q, 0]]) + F64(X[own[q, 1]]) if point else 0.0
        total = 0.0
        for j in range(starts[q], starts[q + 1]):
            total += g[j] * (F64(X[other[j, 0]]) + F64(X[other[j, 1]]) - here)
        total *= 0.5
        before = F64(X[currents[q]])
        X[currents[q]] = before + gap.damping[q] * (total - before) if point else total


@njit(nogil=True, error_model="numpy")
def settle(gap, turn):
    """Marks the groups whose trial voltages no longer change, by the largest changes of all threads; whether all groups have settled."""
    everything = True
    for g in range(gap.settled.size):
        if not gap.settled[g]:
            change = gap.worst[turn, 0, g]
            for th in range(1, gap.worst.shape[1]):
                change = max(change, gap.worst[turn, th, g])
            gap.settled[g] = change < gap.tolerances[g]
            everything &= gap.settled[g]
    return everything
