"""Spike sources, probes and gap-junction currents: the parts of a step that no equation decides."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from amine.engine.device.functions import load_i32, load_i64, philox
from amine.engine.device.tables import (
    BASE,
    BEGIN,
    BLOCK,
    BLOCK_BITS,
    END,
    ID0,
    L_IDS,
    L_LENGTH,
    L_POP,
    L_STEPS,
    O_EVERY,
    O_FIRST,
    O_LAST,
    O_OUT,
    SINCE,
    STREAM,
)

I64, F64, U32 = np.int64, np.float64, np.uint32
EPOCH = 16  # steps whose spikes are drawn together


@njit(nogil=True, error_model="numpy")
def candidate(cells, draws, words, inverse, q, block, epoch, stream, k0, k1):
    """Goes on to the next cell of a block (a lane in a step of the epoch) in which a neuron of the highest rate would spike."""
    a, b, _, _ = philox(U32(block), U32(epoch), U32(draws[q]), U32(stream), k0, k1)
    gap = math.log((F64(a) + 0.5) * (1.0 / 4294967296.0)) * inverse[q]
    cells[q] += I64(1) + I64(min(gap, 1e6))
    words[q] = b
    draws[q] += 1


@njit(nogil=True, error_model="numpy")
def emit_poisson(X, Q, B, p, trains, spk, at, fresh, step, k0, k1):
    """At most one spike a step and neuron, with probability X (one row a block).

    The spikes of a block in an epoch are found by geometric skips from spike to spike at the highest rate of the block, and kept
    with the probability of the neuron's own rate: what costs is a spike, not a neuron. ``fresh`` says that the arrays hold
    nothing yet. Where rates changed within the epoch, draws of their own begin there, so that what comes does not depend on
    what was.
    """
    base, first, last, id0 = Q[p, BASE], B[p, BEGIN], B[p, END], Q[p, ID0]
    since, stream = Q[p, SINCE], Q[p, STREAM]
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
                inverse[q] = 1.0 / math.log1p(-min(top[q], 1.0)) if top[q] > 0.0 else -1e300
            cells[q], draws[q] = changed * BLOCK - 1, changed << 16
            candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
            while cells[q] < begin:
                candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
    for b in range(first, last):
        q = place + b
        while cells[q] < begin + BLOCK:
            lane = cells[q] - begin
            if (F64(words[q]) + 0.5) * (1.0 / 4294967296.0) * top[q] < F64(X[base + b * BLOCK + lane]):
                spk[at] = id0 + b * BLOCK + lane
                at += 1
            candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
    return at


@njit(nogil=True, error_model="numpy")
def emit_list(rows, p, step, spk, at):
    """Spikes of a list, sorted by step; the columns of ``rows`` are named L_ in tables."""
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


@njit(nogil=True, error_model="numpy")
def record(X, probes, step):
    """Copies the probed states of the start of a step; the columns of the table are named O_."""
    O, slots, out = probes.table, probes.places, probes.out
    for q in range(O.shape[0]):
        if step % O[q, O_EVERY] == 0:
            at = O[q, O_OUT]
            for j in range(O[q, O_FIRST], O[q, O_LAST]):
                out[at] = X[slots[j]]
                at += 1
            O[q, O_OUT] = at


@njit(nogil=True, error_model="numpy")
def start_trial(X, base, first, last, stride, row):
    """The trial voltage at the end of the step starts as the voltage at its start (row 0 of a block is v)."""
    for b in range(first, last):
        o = base + b * stride
        for lane in range(BLOCK):
            X[o + row + lane] = X[o + lane]


@njit(nogil=True, error_model="numpy")
def gap_currents(X, gap):
    """The current of the step into each of this thread's coupled neurons, from the mean voltages of both sides over the step.

    A point receives the sum of conductance * (neighbour - own), approached by damped corrections. A compartment of a tree receives the sum of
    conductance * neighbour: its solve subtracts its own part.
    """
    currents, own, starts, other, g = gap.currents, gap.own, gap.starts, gap.neighbours, gap.conductances
    for q in range(currents.size):
        point = gap.damping[q] > 0.0
        here = F64(X[own[q, 0]]) + F64(X[own[q, 1]]) if point else 0.0
        total = 0.0
        for j in range(starts[q], starts[q + 1]):
            total += g[j] * (F64(X[other[j, 0]]) + F64(X[other[j, 1]]) - here)
        total *= 0.5
        before = F64(X[currents[q]])
        X[currents[q]] = before + gap.damping[q] * (total - before) if point else total
