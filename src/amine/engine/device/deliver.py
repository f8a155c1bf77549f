"""Delivery of spikes by pulling: in each step and for every delay, the segment of each spike's row with that delay is read.

Rows are sorted by delay and then by target, so that a segment is read once, in memory order, and the target states fit in the cache.
Segments of a bundle are collected first and then read, so that their first cache lines can be prefetched.
"""

from __future__ import annotations

import numpy as np

from amine.engine.device.deliver_tables import (
    AHEAD,
    BATCH,
    DELAYS,
    DMIN,
    ID0,
    KIND,
    LINE,
    PACKED,
    POP,
    RELEASE,
    ROWS,
    SEG,
    SEG_BYTES,
    SHARED,
    SLOTS,
    WEIGHTS,
)
from amine.engine.device.functions import load_f32, load_f64, load_i64, load_u16, load_u32, njit, prefetch
from amine.engine.device.tables import BEGIN, END

F32, F64, I64 = np.float32, np.float64, np.int64


@njit(nogil=True, inline="always")
def segment(D, b, i, d):
    """First and last synapse (exclusive) of source neuron ``i`` with delay slot ``d``."""
    start = load_i64(D[b, ROWS], i)
    if D[b, DELAYS] == 1:
        return start, load_i64(D[b, ROWS], i + 1)
    at = i * (D[b, DELAYS] + 1) + d
    if D[b, SEG_BYTES] == 2:
        return start + I64(load_u16(D[b, SEG], at)), start + I64(load_u16(D[b, SEG], at + 1))
    return start + I64(load_u32(D[b, SEG], at)), start + I64(load_u32(D[b, SEG], at + 1))


@njit(nogil=True, inline="always")
def ask(address, end):
    """Prefetches the cache lines from ``address`` up to ``end``; a range with a step would need a division."""
    while address < end:
        prefetch(address)
        address += LINE


@njit(nogil=True)
def walk_shared(X, D, b, n, starts, ends, factors, weight):
    """Adds ``n`` segments to X, with one weight for all synapses."""
    slots = D[b, SLOTS]
    for q in range(n):
        if q + AHEAD < n:
            ask(slots + 4 * starts[q + AHEAD], slots + 4 * ends[q + AHEAD])
        w = weight * factors[q]
        for j in range(starts[q], ends[q]):
            X[load_u32(slots, j)] += w


@njit(nogil=True)
def walk_packed(X, D, b, n, starts, ends, factors, released):
    """Adds ``n`` segments to X, with slots and float32 weights side by side; ``released``: whether factors apply."""
    base = D[b, SLOTS]
    for q in range(n):
        if q + AHEAD < n:
            ask(base + 8 * starts[q + AHEAD], base + 8 * ends[q + AHEAD])
        if released:
            f = factors[q]
            for j in range(starts[q], ends[q]):
                X[load_u32(base, 2 * j)] += load_f32(base, 2 * j + 1) * f
        else:
            for j in range(starts[q], ends[q]):
                X[load_u32(base, 2 * j)] += load_f32(base, 2 * j + 1)


@njit(nogil=True)
def walk_separate(X, D, b, n, starts, ends, factors):
    """Adds ``n`` segments to X, with float64 weights in an array of their own."""
    slots, weights = D[b, SLOTS], D[b, WEIGHTS]
    for q in range(n):
        f = factors[q]
        for j in range(starts[q], ends[q]):
            X[load_u32(slots, j)] += load_f64(weights, j) * f


@njit(nogil=True)
def walk(X, D, W, b, n, starts, ends, factors):
    """Adds ``n`` segments of bundle ``b`` to X, by its kind."""
    if D[b, KIND] == SHARED:
        walk_shared(X, D, b, n, starts, ends, factors, W[b])
    elif D[b, KIND] == PACKED:
        walk_packed(X, D, b, n, starts, ends, factors, D[b, RELEASE] >= 0)
    else:
        walk_separate(X, D, b, n, starts, ends, factors)


@njit(nogil=True, cache=True)
def deliver(X, synapses, spikes, slot):
    """Adds to X what arrives at the step of ``slot``; returns the number of synaptic events."""
    D, W, starts, ends, factors = (
        synapses.bundles,
        synapses.weights,
        synapses.starts,
        synapses.ends,
        synapses.factors,
    )
    spk, ptr, pay = spikes.ids, spikes.parts, spikes.payload
    threads, events = spk.shape[0], 0
    for b in range(D.shape[0]):
        pop, release, id0, dmin = D[b, POP], D[b, RELEASE], D[b, ID0], D[b, DMIN]
        n = 0
        for d in range(D[b, DELAYS]):
            s = slot - 1 - dmin - d
            for th in range(threads):
                for q in range(ptr[s, pop, th, BEGIN], ptr[s, pop, th, END]):
                    a, e = segment(D, b, I64(spk[th, q]) - id0, d)
                    if e > a:
                        starts[n] = a
                        ends[n] = e
                        factors[n] = pay[release, th, q] if release >= 0 else 1.0
                        events += e - a
                        n += 1
                        if n == BATCH:
                            walk(X, D, W, b, n, starts, ends, factors)
                            n = 0
        if n:
            walk(X, D, W, b, n, starts, ends, factors)
    return events
