"""Delivery of events with several values: each adds its payload to several rows of a block.

Used for the sums of a scheme's states (:mod:`amine.engine.device.pulses`): rows of states hold real numbers; rows of masses hold
whole numbers of a quantum, which add up exactly, so that the sum is zero when all pulses have ended.
"""

from __future__ import annotations

import numpy as np

from amine.engine.device.deliver import segment
from amine.engine.device.deliver_tables import (
    AHEAD,
    BATCH,
    DELAYS,
    DMIN,
    ID0,
    KIND,
    LINE,
    PACKED,
    SHARED,
    SLOTS,
    WEIGHTS,
)
from amine.engine.device.deliver_vector_tables import DENSE, DIM, LIST, PAY, SMALL
from amine.engine.device.functions import load_f32, load_f64, load_u32, njit, prefetch
from amine.engine.device.tables import BEGIN, END

I64, F64, U64 = np.int64, np.float64, np.uint64


@njit(nogil=True)
def add_pairs(X, Z, slots, n, starts, ends, row, row_mass, values, whole):
    """Adds a state and a mass of each synapse in one pass."""
    for q in range(n):
        v, w = values[q], whole[q]
        if q + AHEAD < n:
            prefetch(slots + 4 * starts[q + AHEAD])
            prefetch(slots + 4 * starts[q + AHEAD] + LINE)
        for j in range(starts[q], ends[q]):
            slot = U64(load_u32(slots, j))
            X[slot + row] += v
            Z[slot + row_mass] += w


@njit(nogil=True)
def add_real(X, slots, n, starts, ends, row, values):
    """Adds a state of each synapse."""
    for q in range(n):
        v = values[q]
        if v == 0:
            continue
        if q + AHEAD < n:
            prefetch(slots + 4 * starts[q + AHEAD])
            prefetch(slots + 4 * starts[q + AHEAD] + LINE)
        for j in range(starts[q], ends[q]):
            X[U64(load_u32(slots, j)) + row] += v


@njit(nogil=True)
def walk_shared(X, Z, D, b, n, starts, ends, E, weight, row, mass, values, whole):
    """Adds ``n`` events with one weight for all synapses, value by value; a mass together with the state before it."""
    slots, last = D[b, SLOTS], D[b, DIM] - 1
    for c in range(last + 1):
        w = weight[b, c]
        if mass[b, c]:
            for q in range(n):
                whole[q] = np.rint(w * E[c, q])
            add_pairs(X, Z, slots, n, starts, ends, U64(row[b, c - 1]), U64(row[b, c]), values, whole)
        else:
            for q in range(n):
                values[q] = w * E[c, q] if abs(E[c, q]) > SMALL else 0.0
            if c == last or not mass[b, c + 1]:
                add_real(X, slots, n, starts, ends, U64(row[b, c]), values)


@njit(nogil=True)
def walk_own(X, Z, D, b, n, starts, ends, E, weight, row, mass):
    """Adds ``n`` events with a weight for each synapse, in the unit of the receptor; ``weight`` converts masses to quanta."""
    base, slots_only = D[b, SLOTS], D[b, KIND] != PACKED
    for q in range(n):
        for j in range(starts[q], ends[q]):
            slot = I64(load_u32(base, j)) if slots_only else I64(load_u32(base, 2 * j))
            w = load_f64(D[b, WEIGHTS], j) if slots_only else F64(load_f32(base, 2 * j + 1))
            for c in range(D[b, DIM]):
                if mass[b, c]:
                    Z[slot + row[b, c]] += Z.dtype.type(np.rint(w * weight[b, c] * E[c, q]))
                elif abs(E[c, q]) > SMALL:
                    X[slot + row[b, c]] += X.dtype.type(w * E[c, q])


@njit(nogil=True)
def deliver_dense(X, kinetic, b, spikes, slot):
    """Adds the sum of all payloads of a step to each target; the order of summation does not depend on threads."""
    D, E, Z, weight, row, mass = (
        kinetic.bundles,
        kinetic.values,
        kinetic.whole,
        kinetic.weights,
        kinetic.rows,
        kinetic.masses,
    )
    ptr, pay = spikes.parts, spikes.payload
    s, pop, dim, first = slot - 1 - D[b, DMIN], D[b, LIST], D[b, DIM], D[b, PAY]
    a, e = segment(D, b, I64(0), I64(0))
    n = I64(0)
    for c in range(dim):
        E[c, 0] = 0.0
    for th in range(ptr.shape[2]):
        for q in range(ptr[s, pop, th, BEGIN], ptr[s, pop, th, END]):
            n += 1
            for c in range(dim):
                x = F64(pay[first + c, th, q])
                E[c, 0] += np.rint(weight[b, c] * x) if mass[b, c] else weight[b, c] * x
    if n == 0:
        return n
    slots = D[b, SLOTS]
    for c in range(dim):
        if mass[b, c]:
            whole = Z.dtype.type(E[c, 0])
            for j in range(a, e):
                Z[I64(load_u32(slots, j)) + row[b, c]] += whole
        else:
            value = X.dtype.type(E[c, 0])
            for j in range(a, e):
                X[I64(load_u32(slots, j)) + row[b, c]] += value
    return n * (e - a)


@njit(nogil=True)
def walk(X, kinetic, b, n):
    """Adds the ``n`` collected events of bundle ``b``."""
    D, E, Z, weight, row, mass = (
        kinetic.bundles,
        kinetic.values,
        kinetic.whole,
        kinetic.weights,
        kinetic.rows,
        kinetic.masses,
    )
    if D[b, KIND] == SHARED:
        walk_shared(X, Z, D, b, n, kinetic.starts, kinetic.ends, E, weight, row, mass, kinetic.real, kinetic.quanta)
    else:
        walk_own(X, Z, D, b, n, kinetic.starts, kinetic.ends, E, weight, row, mass)


@njit(nogil=True, cache=True)
def deliver_vectors(X, kinetic, spikes, slot):
    """Adds to X, and to its view as whole numbers, what arrives at the step of ``slot``; returns the number of events."""
    D, E, starts, ends = kinetic.bundles, kinetic.values, kinetic.starts, kinetic.ends
    spk, ptr, pay = spikes.ids, spikes.parts, spikes.payload
    threads, events = spk.shape[0], 0
    for b in range(D.shape[0]):
        if D[b, KIND] == DENSE:
            events += deliver_dense(X, kinetic, b, spikes, slot)
            continue
        pop, id0, dmin, dim, first = D[b, LIST], D[b, ID0], D[b, DMIN], D[b, DIM], D[b, PAY]
        n = 0
        for d in range(D[b, DELAYS]):
            s = slot - 1 - dmin - d
            for th in range(threads):
                for q in range(ptr[s, pop, th, BEGIN], ptr[s, pop, th, END]):
                    a, e = segment(D, b, I64(spk[th, q]) - id0, d)
                    if e <= a:
                        continue
                    starts[n], ends[n] = a, e
                    for c in range(dim):
                        E[c, n] = pay[first + c, th, q]
                    events += e - a
                    n += 1
                    if n == BATCH:
                        walk(X, kinetic, b, n)
                        n = 0
        if n:
            walk(X, kinetic, b, n)
    return events
