"""Spike sources, probes and gap-junction currents: the parts of a step that no equation decides."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from amine.engine.device.functions import load_i32, load_i64, philox

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
def emit_poisson(
    X, base, first, last, n, spk, at, id0, cells, draws, words, top, inverse, fresh, since, step, stream, k0, k1
):
    """At most one spike a step and neuron, with probability X (one row a block).

    The spikes of a block in an epoch are found by geometric skips from spike to spike at the highest rate of the block, and kept
    with the probability of the neuron's own rate: what costs is a spike, not a neuron. ``fresh`` says that the arrays hold
    nothing yet. Where rates changed within the epoch, at step ``since``, draws of their own begin there, so that what comes does not depend on
    what was.
    """
    begin, epoch, place = (step % EPOCH) * 64, step // EPOCH, base >> 6
    changed = since % EPOCH if since // EPOCH == epoch else 0
    if fresh or begin == 0:
        for b in range(first, last):
            q = place + b
            if fresh:
                top[q] = 0.0
                for lane in range(64):
                    top[q] = max(top[q], F64(X[base + b * 64 + lane]))
                inverse[q] = 1.0 / math.log1p(-min(top[q], 1.0)) if top[q] > 0.0 else -1e300
            cells[q], draws[q] = changed * 64 - 1, changed << 16
            candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
            while cells[q] < begin:
                candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
    for b in range(first, last):
        q = place + b
        while cells[q] < begin + 64:
            lane = cells[q] - begin
            if (F64(words[q]) + 0.5) * (1.0 / 4294967296.0) * top[q] < F64(X[base + b * 64 + lane]):
                spk[at] = id0 + b * 64 + lane
                at += 1
            candidate(cells, draws, words, inverse, q, b, epoch, stream, k0, k1)
    return at


@njit(nogil=True, error_model="numpy")
def emit_list(SL, p, step, spk, at):
    """Spikes of a list, sorted by step; a row of SL is (population, address of steps, of ids, of the cursor, length)."""
    for q in range(SL.shape[0]):
        if SL[q, 0] != p:
            continue
        lo, hi = I64(0), SL[q, 4]
        while lo < hi:  # first entry that is not before this step
            mid = (lo + hi) // 2
            if load_i64(SL[q, 1], mid) < step:
                lo = mid + 1
            else:
                hi = mid
        while lo < SL[q, 4] and load_i64(SL[q, 1], lo) == step:
            spk[at] = load_i32(SL[q, 2], lo)
            at += 1
            lo += 1
    return at


@njit(nogil=True, error_model="numpy")
def record(X, O, slots, out, step):
    """Copies the probed states of the start of a step; a row of O is (every, first, last, place in out)."""
    for q in range(O.shape[0]):
        if step % O[q, 0] == 0:
            at = O[q, 3]
            for j in range(O[q, 1], O[q, 2]):
                out[at] = X[slots[j]]
                at += 1
            O[q, 3] = at


@njit(nogil=True, error_model="numpy")
def start_trial(X, base, first, last, stride, row):
    """The trial voltage at the end of the step starts as the voltage at its start (row 0 of a block is v)."""
    for b in range(first, last):
        o = base + b * stride
        for lane in range(64):
            X[o + row + lane] = X[o + lane]


@njit(nogil=True, error_model="numpy")
def gap_currents(X, gi, gs, gj, gt, gw):
    """Sum of conductance * mean voltage of the neighbour over the step, for each of this thread's coupled neurons."""
    for q in range(gi.size):
        total = 0.0
        for j in range(gs[q], gs[q + 1]):
            total += gw[j] * 0.5 * (F64(X[gj[j]]) + F64(X[gt[j]]))
        X[gi[q]] = total
