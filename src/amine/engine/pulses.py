"""Starts and ends of transmitter pulses: what a spike does to the schemes of its neuron, and what the targets are told.

A start moves the released part of a neuron's receptors from those without transmitter to those with it; the payload is
what was moved. An end moves all back. A spike within a pulse prolongs it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from amine.engine.device import philox
from amine.engine.kinetic import (
    G_DIM,
    G_FRACTION,
    G_ID0,
    G_LIST,
    G_PAY,
    G_POP,
    G_SITES,
    G_STATE,
    G_STREAM,
    G_TABLE,
    G_TIME,
    G_WIDTH,
    POWERS,
    TIMES,
)

START, EMPTY, VISIT = 1, 2, 3  # after the step of the state: of a pulse, whether a site is empty, of the last spike
I64, U32, F64 = np.int64, np.uint32, np.float64
TINY = 1e-30


@njit(nogil=True, error_model="numpy")
def propagate(X, at, D, steps, P, table, tmp):
    """X[at:at+D] advanced by ``steps`` steps with the powers at ``table``."""
    bit = I64(0)
    while steps > 0 and bit < POWERS:
        if steps & I64(1):
            o = table + bit * D * D
            for i in range(D):
                s = 0.0
                for j in range(D):
                    s += P[o + i * D + j] * X[at + j]
                tmp[i] = s
            for i in range(D):
                X[at + i] = tmp[i]
        steps >>= I64(1)
        bit += I64(1)


@njit(nogil=True, error_model="numpy")
def catch_up(X, time, P, x, t, D, table, k, tmp):
    """Both parts of one unit brought to step ``k``."""
    steps = k - time[t]
    if steps <= 0:
        return
    propagate(X, x, D, steps, P, table, tmp)
    if X[x + 2 * D - 1] > 0.0:
        propagate(X, x + D, D, steps, P, table + POWERS * D * D, tmp)
    time[t] = k


@njit(nogil=True, error_model="numpy")
def start(X, x, D, f, moved):
    """Moves the part ``f`` of receptors under transmitter and adds it to ``moved``; returns the mass moved."""
    mass = f * X[x + D - 1]
    if mass <= TINY:
        return 0.0
    for j in range(D):
        change = f * X[x + j]
        X[x + j] -= change
        X[x + D + j] += change
        moved[j] += change
    return mass


@njit(nogil=True, error_model="numpy")
def finish(X, x, D, moved):
    """Moves all back and subtracts it from ``moved``; returns the mass moved."""
    mass = X[x + 2 * D - 1]
    for j in range(D):
        change = X[x + D + j]
        X[x + j] += change
        X[x + D + j] = 0.0
        moved[j] -= change
    return mass


@njit(nogil=True, error_model="numpy")
def put(mine, at, pay, row, tid, D, moved, neuron):
    """Lists an event with its payload."""
    mine[at] = neuron
    for j in range(D):
        pay[row + j, tid, at] = moved[j]
    return at + 1


@njit(nogil=True, error_model="numpy")
def release_mean(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp):
    """A spike of a neuron whose sites are taken together: the part of them that releases is a number."""
    D, i = G[g, G_DIM], I64(mine[q]) - G[g, G_ID0]
    x, t = G[g, G_STATE] + i * 2 * D, G[g, G_TIME] + i * TIMES
    f = 1.0
    if G[g, G_FRACTION] >= 0:
        f = min(max(F64(pay[G[g, G_FRACTION], tid, q]), 0.0), 1.0)
    catch_up(X, time, P, x, t, D, G[g, G_TABLE], k, tmp)
    time[t + START] = k
    moved[:] = 0.0
    if start(X, x, D, f, moved) > 0.0:
        at = put(mine, at, pay, G[g, G_PAY], tid, D, moved, mine[q])
    return at


@njit(nogil=True, error_model="numpy")
def release_sites(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp, recovery, dt, k0, k1):
    """A spike of a neuron with sites of their own: each that has a vesicle releases it with the probability of release.

    Words of the random numbers are named by neuron, site, step and group. A site that released is empty until a new
    vesicle arrives, after a time that is exponentially distributed; whether one has come is drawn at each spike.
    """
    D, n, i = G[g, G_DIM], G[g, G_SITES], I64(mine[q]) - G[g, G_ID0]
    u = F64(pay[G[g, G_FRACTION], tid, q])
    moved[:] = 0.0
    total = 0.0
    w0 = w1 = w2 = w3 = U32(0)
    for site in range(n):
        if site % 4 == 0:
            lo, hi = U32(k & I64(0xFFFFFFFF)), U32((k >> I64(32)) | (I64(G[g, G_STREAM]) << I64(8)))
            w0, w1, w2, w3 = philox(U32(mine[q]), lo, hi, U32(0x71000000 + site // 4), k0, k1)
        w = w0 if site % 4 == 0 else w1 if site % 4 == 1 else w2 if site % 4 == 2 else w3
        r = (F64(w) + 0.5) / 4294967296.0
        unit = i * n + site
        x, t = G[g, G_STATE] + unit * 2 * D, G[g, G_TIME] + unit * TIMES
        full = 1.0 if time[t + EMPTY] == 0 else 1.0 - np.exp(-(k - time[t + VISIT]) * dt / recovery)
        time[t + VISIT] = k
        if r < full * u:
            time[t + EMPTY] = 1
            catch_up(X, time, P, x, t, D, G[g, G_TABLE], k, tmp)
            time[t + START] = k
            total += start(X, x, D, 1.0, moved)
        elif r < full:
            time[t + EMPTY] = 0
    if total > 0.0:
        at = put(mine, at, pay, G[g, G_PAY], tid, D, moved, mine[q])
    return at


@njit(nogil=True, error_model="numpy")
def end_pulses(G, g, X, time, P, pay, tid, mine, ptr, slot, k, at, moved, tmp):
    """Ends the pulses of neurons that spiked a pulse's width ago, if none of their units was prolonged."""
    D, n, W, p = G[g, G_DIM], max(I64(1), G[g, G_SITES]), G[g, G_WIDTH], G[g, G_POP]
    for q in range(ptr[slot - W, p, tid, 0], ptr[slot - W, p, tid, 1]):
        i = I64(mine[q]) - G[g, G_ID0]
        moved[:] = 0.0
        total = 0.0
        for unit in range(i * n, i * n + n):
            x, t = G[g, G_STATE] + unit * 2 * D, G[g, G_TIME] + unit * TIMES
            if time[t + START] == k - W and X[x + 2 * D - 1] > 0.0:
                catch_up(X, time, P, x, t, D, G[g, G_TABLE], k, tmp)
                total += finish(X, x, D, moved)
        if total > 0.0:
            at = put(mine, at, pay, G[g, G_PAY], tid, D, moved, mine[q])
    return at


@njit(nogil=True, error_model="numpy")
def pulses(G, g, X, time, P, GR, pay, tid, mine, ptr, slot, at, k, dt, k0, k1):
    """What this step's spikes start and what ends now, listed from ``at`` on; returns where the list then ends."""
    D, p = G[g, G_DIM], G[g, G_POP]
    moved, tmp = np.empty(D), np.empty(D)
    ptr[slot, G[g, G_LIST], tid, 0] = at
    for q in range(ptr[slot, p, tid, 0], ptr[slot, p, tid, 1]):
        if G[g, G_SITES] == 0:
            at = release_mean(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp)
        else:
            at = release_sites(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp, GR[g], dt, k0, k1)
    ptr[slot, G[g, G_LIST], tid, 1] = at
    ptr[slot, G[g, G_LIST] + 1, tid, 0] = at
    at = end_pulses(G, g, X, time, P, pay, tid, mine, ptr, slot, k, at, moved, tmp)
    ptr[slot, G[g, G_LIST] + 1, tid, 1] = at
    return at
