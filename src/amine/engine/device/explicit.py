"""Explicit synapses, each with its own cleft and kinetic scheme: transmitter and receptors over a step.

Synapses of a target are contiguous. Transmitter is either a pulse of given width or is removed by first-order clearance, saturable
uptake and breakdown. Receptors advance by exp(Q(T) dt) with the mean concentration of the step: for two states by formula, else by
interpolation in a table over concentration (and over voltage, if a rate depends on it); it holds the change, exp(Q(T) dt) - 1, so that
slow rates keep their precision. A convex combination of propagators is a propagator: occupancies stay between 0 and 1 and add up to 1
at any step.
"""

from __future__ import annotations

import math

import numpy as np

from amine.engine.device.deliver import segment
from amine.engine.device.deliver_tables import DELAYS, DMIN, ID0, POP, SLOTS
from amine.engine.device.explicit_tables import (
    ALPHA,
    BETA,
    BY_FORMULA,
    BY_OWN_RATES,
    BY_PULSE,
    COUNT,
    DECAY,
    DIM,
    FLOOR,
    HEIGHT,
    HOW,
    K_BREAK,
    K_UP,
    PIECE,
    RATES,
    ROWS,
    SPILL,
    SQUARE,
    STATE,
    TABLE,
    TARGET,
    TARGETS,
    TOP,
    V_BREAK,
    V_LOW,
    V_STEP,
    V_UP,
    WIDTH,
)
from amine.engine.device.functions import exp64, exprel32, load_u32, njit
from amine.engine.device.pulse_tables import GRID
from amine.engine.device.random_numbers import halves
from amine.engine.device.synaptic import amounts
from amine.engine.device.synaptic_tables import CV, ELAPSED, FIRST, R_KEY, RECOVERY, RELEASED, SITES
from amine.engine.device.tables import BEGIN, END

F32, I64, U32, F64, U64 = np.float32, np.int64, np.uint32, np.float64, np.uint64


@njit(nogil=True, error_model="numpy")
def release(D, b, P, T, until, pool, owner, r, height, spill, step):
    """Adds transmitter to one cleft, and the spill-over to the pool of the target's other synapses."""
    if D[b, SQUARE]:
        T[r] = F32(height)
        until[r] = np.int32(step + D[b, WIDTH])
        return
    T[r] += F32(height * (1.0 - spill))
    if spill > 0.0:
        pool[owner[r]] += F32(spill * height)


def explicit_delivery(release_of):
    """The function ``deliver_explicit`` for the release models of a module."""
    amount = amounts(release_of)

    @njit(nogil=True, error_model="numpy")
    def deliver_explicit(synapses, spikes, slot, step):
        """Releases transmitter at ``step`` into the clefts of the spikes' synapses; returns the number of events."""
        D, P, ready, own, seen = synapses.bundles, synapses.numbers, synapses.ready, synapses.own, synapses.seen
        T, until, pool, owner = synapses.transmitter, synapses.until, synapses.spilt, synapses.owner
        spk, ptr, pay = spikes.ids, spikes.parts, spikes.payload
        threads, events = spk.shape[0], 0
        for b in range(D.shape[0]):
            pop, id0, dmin, first = D[b, POP], D[b, ID0], D[b, DMIN], D[b, FIRST]
            sites, released = D[b, SITES], D[b, RELEASED]
            spill = P[b, SPILL]
            k0, k1 = halves(D[b, R_KEY])
            for d in range(D[b, DELAYS]):
                s = slot - 1 - dmin - d
                for th in range(threads):
                    for q in range(ptr[s, pop, th, BEGIN], ptr[s, pop, th, END]):
                        source = I64(spk[th, q]) - id0
                        a, e = segment(D, b, source, d)
                        if e <= a:
                            continue
                        events += e - a
                        elapsed = F64(pay[D[b, ELAPSED], th, q]) if D[b, ELAPSED] >= 0 else 0.0
                        u = F64(pay[released, th, q]) if released >= 0 else 1.0
                        refill = 1.0 - exp64(-elapsed / P[b, RECOVERY])
                        for j in range(a, e):
                            r = I64(load_u32(D[b, SLOTS], j))
                            x = u
                            if sites > 0 or released == -1:
                                draw = (U32(seen[first + r]), U32(source), step, I64(0), k0, k1)
                                x = amount(D, b, r, u, refill, elapsed, P[b, CV], draw, ready, own)
                            if x > 0.0:
                                release(D, b, P, T, until, pool, owner, first + r, x * P[b, HEIGHT], spill, step)
        return events

    return deliver_explicit


@njit(nogil=True, error_model="numpy")
def clear_square(T, mean, until, first, n, step):
    """Ends square pulses whose time is over; ``mean`` receives the concentrations of the step."""
    k, o = np.int32(step), U64(first)  # unsigned places, so that the loop vectorises
    for r in range(U64(n)):
        t = T[o + r] if until[o + r] > k else F32(0.0)
        T[o + r] = t
        mean[r] = t


@njit(nogil=True, error_model="numpy")
def clear_linear(T, mean, first, n, factor, share, floor):
    """Exact first-order clearance: ``factor`` is the decay over the step, ``share`` its mean."""
    o = U64(first)
    for r in range(U64(n)):
        t = T[o + r]
        mean[r] = t * share
        t *= factor
        T[o + r] = t if t > floor else F32(0.0)


@njit(nogil=True, error_model="numpy")
def clear_saturable(T, mean, first, n, dt, decay, v1, k1, v2, k2, floor):
    """First-order clearance with Michaelis-Menten uptake and breakdown: a Runge-Kutta step, and Simpson's mean."""
    h, half, sixth, o = dt, dt * F32(0.5), F32(1 / 6), U64(first)
    for r in range(U64(n)):
        t0 = T[o + r]
        a = -decay * t0 - v1 * t0 / (k1 + t0) - v2 * t0 / (k2 + t0)
        t1 = max(t0 + half * a, F32(0.0))
        b = -decay * t1 - v1 * t1 / (k1 + t1) - v2 * t1 / (k2 + t1)
        t2 = max(t0 + half * b, F32(0.0))
        c = -decay * t2 - v1 * t2 / (k1 + t2) - v2 * t2 / (k2 + t2)
        t3 = max(t0 + h * c, F32(0.0))
        d = -decay * t3 - v1 * t3 / (k1 + t3) - v2 * t3 / (k2 + t3)
        t = max(t0 + h * sixth * (a + F32(2.0) * (b + c) + d), F32(0.0))
        mean[r] = sixth * (t0 + F32(2.0) * (t1 + t2) + t)
        T[o + r] = t if t > floor else F32(0.0)


@njit(nogil=True, error_model="numpy")
def share_pool(T, pool, start, first_target, targets, first):
    """Divides the spilt transmitter of each target between its synapses."""
    for s in range(first_target, first_target + targets):
        if pool[s] != 0:
            a, e = start[s], start[s + 1]
            part = pool[s] / F32(e - a)
            for r in range(a, e):
                T[first + r] += part
            pool[s] = 0.0


@njit(nogil=True, error_model="numpy")
def two_states(x, mean, at, n, alpha, beta, dt):
    """r' = alpha T (1 - r) - beta r over a step at the concentration ``mean``, exactly."""
    o = U64(at)
    for r in range(U64(n)):
        a = alpha * mean[r]
        rate = a + beta
        x[o + r] += (a - rate * x[o + r]) * dt * exprel32(-rate * dt)


@njit(nogil=True, error_model="numpy")
def two_states_own(x, mean, at, n, rates, first, dt):
    """As :func:`two_states` with rates of each synapse: rows alpha and beta."""
    o, f, alpha, beta = U64(at), U64(first), rates[0], rates[1]
    for r in range(U64(n)):
        a = alpha[f + r] * mean[r]
        rate = a + beta[f + r]
        x[o + r] += (a - rate * x[o + r]) * dt * exprel32(-rate * dt)


@njit(nogil=True, error_model="numpy")
def by_table(x, mean, at, n, d, M, table, scale, top, new):
    """Advances states by propagators that are interpolated over the concentration; its grid points are squares of whole numbers."""
    size = d * (d + 1)
    for r in range(n):
        t = min(mean[r], top) * scale
        i = min(I64(math.sqrt(t)), I64(GRID - 1))
        ft = (t - F32(i * i)) / F32(2 * i + 1)
        o = table + i * size
        for c in range(d):
            k = o + c * (d + 1)
            total = M[k + d] + ft * (M[k + d + size] - M[k + d])
            for e in range(d):
                total += (M[k + e] + ft * (M[k + e + size] - M[k + e])) * x[at + e * n + r]
            new[c] = total
        for c in range(d):
            x[at + c * n + r] += new[c]


@njit(nogil=True, error_model="numpy")
def by_pulse(x, mean, at, n, d, M, table, new):
    """Advances states by the propagators with and without transmitter, in pieces that stay in the cache."""
    size, zero = d * (d + 1), F32(0.0)
    last = table + GRID * size
    for begin in range(0, n, PIECE):
        m, f = U64(min(PIECE, n - begin)), U64(begin)
        for c in range(d):
            k, o = c * (d + 1), U64(c * PIECE)
            p, q = M[table + k + d], M[last + k + d]
            for r in range(m):
                new[o + r] = q if mean[f + r] > zero else p
            for e in range(d):
                p, q, u = M[table + k + e], M[last + k + e], U64(at + e * n + begin)
                for r in range(m):
                    new[o + r] += (q if mean[f + r] > zero else p) * x[u + r]
        for c in range(d):
            o, u = U64(c * PIECE), U64(at + c * n + begin)
            for r in range(m):
                x[u + r] += new[o + r]


@njit(nogil=True, error_model="numpy")
def by_voltage(X, synapses, b, scale, top):
    """As :func:`by_table`, also interpolated over the voltage of each target."""
    D, P, M, x, mean, new = (
        synapses.bundles,
        synapses.numbers,
        synapses.table,
        synapses.states,
        synapses.mean,
        synapses.fresh,
    )
    n, at, d, table = D[b, COUNT], D[b, STATE], D[b, DIM], D[b, TABLE]
    start, v_slot, target, targets = synapses.starts, synapses.voltages, D[b, TARGET], D[b, TARGETS]
    v_low, v_step, v_rows = P[b, V_LOW], P[b, V_STEP], D[b, ROWS]
    size = d * (d + 1)
    across = (GRID + 1) * size
    for s in range(target, target + targets):
        row = (F64(X[v_slot[s]]) - v_low) / v_step
        row = min(max(row, 0.0), v_rows - 1.000001)
        j = I64(row)
        fv = F32(row - j)
        for r in range(start[s], start[s + 1]):
            t = min(mean[r], top)
            i = min(I64(math.sqrt(t * scale)), I64(GRID - 1))
            ft = (t * scale - F32(i * i)) / F32(2 * i + 1)
            o = table + j * across + i * size
            for c in range(d):
                total = F32(0.0)
                for e in range(d + 1):
                    k = o + c * (d + 1) + e
                    m = k + across
                    p = M[k] + ft * (M[k + size] - M[k])
                    p += fv * (M[m] + ft * (M[m + size] - M[m]) - p)
                    total += p * (x[at + e * n + r] if e < d else F32(1.0))
                new[c] = total
            for c in range(d):
                x[at + c * n + r] += new[c]


@njit(nogil=True, error_model="numpy")
def clear(synapses, b, step, dt):
    """Advances the transmitter of bundle ``b`` from ``step`` to the next, and computes its mean."""
    D, P, T, mean = synapses.bundles, synapses.numbers, synapses.transmitter, synapses.mean
    n, first = D[b, COUNT], D[b, FIRST]
    if D[b, SQUARE]:
        clear_square(T, mean, synapses.until, first, n, step)
        return
    if P[b, SPILL] > 0.0:
        share_pool(T, synapses.spilt, synapses.starts, D[b, TARGET], D[b, TARGETS], first)
    decay, floor = P[b, DECAY], F32(P[b, FLOOR])
    if P[b, V_UP] == 0.0 and P[b, V_BREAK] == 0.0:
        share = (1.0 - exp64(-decay * dt)) / (decay * dt) if decay > 0.0 else 1.0
        clear_linear(T, mean, first, n, F32(exp64(-decay * dt)), F32(share), floor)
    else:
        v1, k1, v2, k2 = F32(P[b, V_UP]), F32(P[b, K_UP]), F32(P[b, V_BREAK]), F32(P[b, K_BREAK])
        clear_saturable(T, mean, first, n, F32(dt), F32(decay), v1, k1, v2, k2, floor)


@njit(nogil=True, error_model="numpy")
def bind(X, synapses, b, dt):
    """Advances the receptors of bundle ``b`` over a step at the mean concentration."""
    D, P, M, mean, x, new = (
        synapses.bundles,
        synapses.numbers,
        synapses.table,
        synapses.mean,
        synapses.states,
        synapses.fresh,
    )
    n, at, d = D[b, COUNT], D[b, STATE], D[b, DIM]
    if D[b, HOW] == BY_FORMULA:
        two_states(x, mean, at, n, F32(P[b, ALPHA]), F32(P[b, BETA]), F32(dt))
    elif D[b, HOW] == BY_OWN_RATES:
        two_states_own(x, mean, at, n, synapses.rates, D[b, RATES], F32(dt))
    elif D[b, HOW] == BY_PULSE:
        by_pulse(x, mean, at, n, d, M, D[b, TABLE], new)
    elif P[b, V_STEP] > 0.0:
        by_voltage(X, synapses, b, F32(GRID * GRID / P[b, TOP]), F32(P[b, TOP]))
    else:
        by_table(x, mean, at, n, d, M, D[b, TABLE], F32(GRID * GRID / P[b, TOP]), F32(P[b, TOP]), new)


@njit(nogil=True, cache=True, error_model="numpy")
def advance_synapses(X, synapses, step, dt):
    """Advances all clefts and receptors from ``step`` to the next."""
    for b in range(synapses.bundles.shape[0]):
        if synapses.bundles[b, COUNT] > 0:
            clear(synapses, b, step, dt)
            bind(X, synapses, b, dt)
