"""Starts and ends of transmitter pulses: changes of the schemes of a neuron at its spikes, and payloads for the targets.

A start moves the released part of a neuron's receptors from those without transmitter to those with it; the payload is the moved
part. An end moves all back. A spike within a pulse prolongs it.
"""

from __future__ import annotations

import numpy as np

from amine.engine.device.functions import exp64, inlined, inner, prefetch_entry
from amine.engine.device.pulse_tables import (
    COLUMN,
    EMPTY,
    G_DIM,
    G_FRACTION,
    G_ID0,
    G_KEY,
    G_LIST,
    G_PAY,
    G_POP,
    G_SITES,
    G_STATE,
    G_TABLE,
    G_TIME,
    G_WIDTH,
    GRID,
    POWERS,
    R_DECAY,
    R_FLOOR,
    R_HEIGHT,
    R_K_BREAK,
    R_K_UP,
    R_RECOVERY,
    R_TOP,
    R_V_BREAK,
    R_V_UP,
    START,
    TIMES,
    VISIT,
)
from amine.engine.device.random_numbers import halves, philox
from amine.engine.device.tables import BEGIN, END

I64, U32, U64, F64 = np.int64, np.uint32, np.uint64, np.float64
TINY = 1e-30


@inlined
def columns(D):
    """Distance of two columns of a propagator: the least multiple of ``COLUMN`` from ``D`` on."""
    return (D + I64(COLUMN - 1)) & I64(-COLUMN)


@inner(forceinline=True)
def multiply(P, o, width, X, at, D, tmp, i):
    """Puts four rows of the product of the matrix at ``o`` with X[at:at+D] into tmp[i:i+4]; each is a sum in the order of columns."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for j in range(D):
        x, q = X[U64(at + j)], U64(o + j * width)
        a += P[q] * x
        b += P[q + U64(1)] * x
        c += P[q + U64(2)] * x
        d += P[q + U64(3)] * x
    tmp[U64(i)], tmp[U64(i + 1)], tmp[U64(i + 2)], tmp[U64(i + 3)] = a, b, c, d


@inner(forceinline=True)
def propagate(X, at, D, steps, P, table, tmp):
    """Advances X[at:at+D] by ``steps`` steps with the powers of the propagator at ``table``, each held column by column."""
    width = columns(D)
    o = table
    for _ in range(POWERS):
        if steps == 0:
            break
        if steps & I64(1):
            for i in range(I64(0), width, I64(COLUMN)):
                multiply(P, o + i, width, X, at, D, tmp, i)
            for i in range(D):
                X[U64(at + i)] = tmp[U64(i)]
        steps >>= I64(1)
        o += D * width


@inner(forceinline=True)
def catch_up(X, time, P, x, t, D, table, k, tmp):
    """Advances both parts of a unit (a neuron or a site) to step ``k``; a part without receptors is zero and stays so."""
    steps = k - time[t]
    if steps <= 0:
        return
    if X[x + D - 1] > 0.0:
        propagate(X, x, D, steps, P, table, tmp)
    if X[x + 2 * D - 1] > 0.0:
        propagate(X, x + D, D, steps, P, table + POWERS * D * columns(D), tmp)
    time[t] = k


@inner(forceinline=True)
def start(X, x, D, f, moved):
    """Moves the fraction ``f`` of the receptors to those with transmitter and adds it to ``moved``; returns the moved mass."""
    mass = f * X[x + D - 1]
    if mass <= TINY:
        return 0.0
    for j in range(D):
        change = f * X[x + j]
        X[x + j] -= change
        X[x + D + j] += change
        moved[j] += change
    return mass


@inner(forceinline=True)
def finish(X, x, D, moved):
    """Moves all receptors back and subtracts them from ``moved``; returns the moved mass."""
    mass = X[x + 2 * D - 1]
    for j in range(D):
        change = X[x + D + j]
        X[x + j] += change
        X[x + D + j] = 0.0
        moved[j] -= change
    return mass


@inner(forceinline=True)
def put(mine, at, pay, row, tid, D, moved, neuron):
    """Lists an event with its payload."""
    mine[at] = neuron
    for j in range(D):
        pay[row + j, tid, at] = moved[j]
    return at + 1


@inner()
def release_mean(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp):
    """A spike of a neuron whose release is a mean: a fraction of its receptors is moved."""
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


@inner()
def fires(G, g, time, t, neuron, site, u, recovery, k, dt):
    """Whether a site releases at a spike: if it has a vesicle, with the probability of release.

    The counter of the random word is neuron, site and step. A site that released is empty until a new vesicle arrives, after an
    exponentially distributed time; its arrival is drawn at each spike.
    """
    k0, k1 = halves(G[g, G_KEY])
    lo, hi = U32(k & I64(0xFFFFFFFF)), U32(k >> I64(32))
    w0, w1, w2, w3 = philox(U32(neuron), lo, hi, U32(site // 4), k0, k1)
    w = w0 if site % 4 == 0 else w1 if site % 4 == 1 else w2 if site % 4 == 2 else w3
    r = (F64(w) + 0.5) / 4294967296.0
    full = 1.0 if time[t + EMPTY] == 0 else 1.0 - exp64(-(k - time[t + VISIT]) * dt / recovery)
    time[t + VISIT] = k
    if r < full * u:
        time[t + EMPTY] = 1
        return True
    if r < full:
        time[t + EMPTY] = 0
    return False


@inner()
def release_sites(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp, recovery, dt):
    """A spike of a neuron with independent sites, each with its receptors."""
    D, n, i = G[g, G_DIM], G[g, G_SITES], I64(mine[q]) - G[g, G_ID0]
    u = F64(pay[G[g, G_FRACTION], tid, q])
    moved[:] = 0.0
    total = 0.0
    for site in range(n):
        unit = i * n + site
        x, t = G[g, G_STATE] + unit * 2 * D, G[g, G_TIME] + unit * TIMES
        if fires(G, g, time, t, i, site, u, recovery, k, dt):
            catch_up(X, time, P, x, t, D, G[g, G_TABLE], k, tmp)
            time[t + START] = k
            total += start(X, x, D, 1.0, moved)
    if total > 0.0:
        at = put(mine, at, pay, G[g, G_PAY], tid, D, moved, mine[q])
    return at


@inner()
def end_pulses(G, g, X, time, P, pay, tid, mine, ptr, slot, k, at, moved, tmp):
    """Ends the pulses that began a pulse's width ago and were not prolonged since."""
    D, n, W, p = G[g, G_DIM], max(I64(1), G[g, G_SITES]), G[g, G_WIDTH], G[g, G_POP]
    for q in range(ptr[slot - W, p, tid, BEGIN], ptr[slot - W, p, tid, END]):
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


# --- transmitter that is cleared -------------------------------------------------------------------------------------


@inner()
def clear(t0, R, g, dt):
    """Concentration under clearance, uptake and breakdown: its mean over the step, and its end."""
    decay, v1, k1, v2, k2 = R[g, R_DECAY], R[g, R_V_UP], R[g, R_K_UP], R[g, R_V_BREAK], R[g, R_K_BREAK]
    if v1 == 0.0 and v2 == 0.0:
        end = t0 * exp64(-decay * dt)
        return ((t0 - end) / (decay * dt) if decay > 0.0 else t0), end
    a = -decay * t0 - v1 * t0 / (k1 + t0) - v2 * t0 / (k2 + t0)
    t1 = max(t0 + 0.5 * dt * a, 0.0)
    b = -decay * t1 - v1 * t1 / (k1 + t1) - v2 * t1 / (k2 + t1)
    t2 = max(t0 + 0.5 * dt * b, 0.0)
    c = -decay * t2 - v1 * t2 / (k1 + t2) - v2 * t2 / (k2 + t2)
    t3 = max(t0 + dt * c, 0.0)
    d = -decay * t3 - v1 * t3 / (k1 + t3) - v2 * t3 / (k2 + t3)
    end = max(t0 + dt / 6.0 * (a + 2.0 * (b + c) + d), 0.0)
    return (t0 + 2.0 * (t1 + t2) + end) / 6.0, end


@inner()
def interpolate(X, x, D, P, M, t, top, new):
    """States after a step at the concentration ``t``, by interpolation; grid points of the table are squares of whole numbers."""
    z = min(t, top) / top * GRID * GRID
    i = min(I64(np.sqrt(z)), GRID - 1)
    f = (z - i * i) / (2 * i + 1)
    o, size = M + i * D * (D + 1), D * (D + 1)
    for c in range(D):
        s = 0.0
        for e in range(D + 1):
            p = P[o + c * (D + 1) + e]
            s += (p + f * (P[o + size + c * (D + 1) + e] - p)) * X[x + e]
        new[c] = s


@inner()
def cleared_step(G, g, R, X, time, P, x, t, D, k, dt, moved, tmp):
    """Advances a unit from step ``k`` to the next; adds the change that its targets do not compute themselves to ``moved``."""
    table = G[g, G_TABLE]
    M = table + POWERS * (D + 1) * columns(D + 1)
    inverse = M + (GRID + 1) * D * (D + 1)
    mean, end = clear(X[x + D + 1], R, g, dt)
    interpolate(X, x, D, P, M, mean, R[g, R_TOP], tmp)
    for c in range(D):  # less what happens without transmitter
        s = tmp[c]
        for e in range(D + 1):
            s -= P[M + c * (D + 1) + e] * X[x + e]
        moved[D + c] = s
    for c in range(D):
        X[x + c] = tmp[c]
        s = 0.0
        for e in range(D):
            s += P[inverse + c * D + e] * moved[D + e]
        moved[c] += s
    X[x + D + 1] = end if end > R[g, R_FLOOR] else 0.0
    time[t] = k + 1


@inner()
def release_cleared(kinetic, g, spikes, tid, slot, k, dt):
    """Releases the transmitter of this step's spikes of a group into their clefts."""
    G, R, X, time, P = kinetic.groups, kinetic.numbers, kinetic.states, kinetic.steps, kinetic.propagators
    pay, ptr, mine, tmp = spikes.payload, spikes.parts, spikes.ids[tid], kinetic.changed
    D, n, p = G[g, G_DIM], max(I64(1), G[g, G_SITES]), G[g, G_POP]
    width = D + 2
    for q in range(ptr[slot, p, tid, BEGIN], ptr[slot, p, tid, END]):
        i = I64(mine[q]) - G[g, G_ID0]
        f = F64(pay[G[g, G_FRACTION], tid, q]) if G[g, G_FRACTION] >= 0 else 1.0
        for site in range(n):
            unit = i * n + site
            x, t = G[g, G_STATE] + unit * width, G[g, G_TIME] + unit * TIMES
            amount = f
            if G[g, G_SITES] > 0:
                amount = 1.0 if fires(G, g, time, t, i, site, f, R[g, R_RECOVERY], k, dt) else 0.0
            if amount > 0.0:
                if X[x + D + 1] == 0.0:
                    propagate(X, x, D + 1, k - time[t], P, G[g, G_TABLE], tmp)
                    time[t] = k
                X[x + D + 1] += amount * R[g, R_HEIGHT]


@inner()
def cleared(kinetic, g, spikes, tid, slot, at, k, dt):
    """Releases transmitter of this step's spikes, then lists the payloads of all clefts with transmitter."""
    release_cleared(kinetic, g, spikes, tid, slot, k, dt)
    G, R, X, time, P = kinetic.groups, kinetic.numbers, kinetic.states, kinetic.steps, kinetic.propagators
    pay, ptr, mine, moved, tmp = spikes.payload, spikes.parts, spikes.ids[tid], kinetic.moved, kinetic.changed
    D, n, ranges = G[g, G_DIM], max(I64(1), G[g, G_SITES]), kinetic.ranges
    width = D + 2
    ptr[slot, G[g, G_LIST], tid, BEGIN] = at
    for i in range(ranges[g, BEGIN], ranges[g, END]):
        active = False
        for unit in range(i * n, i * n + n):
            x, t = G[g, G_STATE] + unit * width, G[g, G_TIME] + unit * TIMES
            if X[x + D + 1] > 0.0:
                if not active:
                    moved[:] = 0.0
                active = True
                cleared_step(G, g, R, X, time, P, x, t, D, k, dt, moved, tmp)
        if active:
            at = put(mine, at, pay, G[g, G_PAY], tid, D, moved, G[g, G_ID0] + i)
    ptr[slot, G[g, G_LIST], tid, END] = at
    ptr[slot, G[g, G_LIST] + 1, tid, BEGIN] = at
    ptr[slot, G[g, G_LIST] + 1, tid, END] = at
    return at


@inner(forceinline=True)
def ask(G, g, X, time, mine, first, last):
    """Prefetches the states of listed neurons, which were not read since their last spike."""
    D, n = G[g, G_DIM], max(I64(1), G[g, G_SITES])
    for q in range(first, last):
        unit = (I64(mine[q]) - G[g, G_ID0]) * n
        x = G[g, G_STATE] + unit * 2 * D
        prefetch_entry(time, G[g, G_TIME] + unit * TIMES)
        prefetch_entry(X, x)
        prefetch_entry(X, x + 2 * D - 1)


@inner(cache=True)
def pulses(kinetic, g, spikes, tid, slot, at, k, dt):
    """Lists the pulses that start and end in this step from entry ``at`` on; returns the end of the list."""
    G, R, X, time, P = kinetic.groups, kinetic.numbers, kinetic.states, kinetic.steps, kinetic.propagators
    pay, ptr, mine, moved, tmp = spikes.payload, spikes.parts, spikes.ids[tid], kinetic.moved, kinetic.changed
    p = G[g, G_POP]
    if G[g, G_WIDTH] == 0:
        return cleared(kinetic, g, spikes, tid, slot, at, k, dt)
    ended = slot - G[g, G_WIDTH]
    ask(G, g, X, time, mine, ptr[ended, p, tid, BEGIN], ptr[ended, p, tid, END])
    ask(G, g, X, time, mine, ptr[slot, p, tid, BEGIN], ptr[slot, p, tid, END])
    ptr[slot, G[g, G_LIST], tid, BEGIN] = at
    for q in range(ptr[slot, p, tid, BEGIN], ptr[slot, p, tid, END]):
        if G[g, G_SITES] == 0:
            at = release_mean(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp)
        else:
            at = release_sites(G, g, X, time, P, pay, tid, mine, q, k, at, moved, tmp, R[g, R_RECOVERY], dt)
    ptr[slot, G[g, G_LIST], tid, END] = at
    ptr[slot, G[g, G_LIST] + 1, tid, BEGIN] = at
    at = end_pulses(G, g, X, time, P, pay, tid, mine, ptr, slot, k, at, moved, tmp)
    ptr[slot, G[g, G_LIST] + 1, tid, END] = at
    return at
