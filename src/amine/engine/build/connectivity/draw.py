"""Compiled drawing of rows: sorted targets, then weights and delays, all from counter-based random numbers.

The key of a random word names the route, its counter row and position in the row, so that rows depend on neither the thread that draws
them nor on other routes.
"""

from __future__ import annotations

import math

import numpy as np

from amine.engine.build.connectivity import columns as c
from amine.engine.device.elementary import log64
from amine.engine.device.functions import exp64, inner, kernel, load_f64, load_i32, load_i64
from amine.engine.device.random_numbers import halves, log_unit, normal_block, random_block

I64, I32, U32, F64, F32 = np.int64, np.int32, np.uint32, np.float64, np.float32
NO_ROW = np.uint32(0xFFFFFFFF)
TWO32 = 1.0 / 4294967296.0
TARGETS, DELAYS, PLACES, WEIGHTS = 0, 1, 2, 8  # what is drawn, the last word of a counter


@inner()
def logs(gaps, words, block, row, stream, k0, k1):
    """Logarithms of 64 uniform random numbers into ``gaps``."""
    random_block(words, block, row, stream, k0, k1)
    for lane in range(64):
        gaps[lane] = log_unit((F64(words[lane]) + 0.5) * TWO32)


@inner()
def skips(out, n, scale, row, stream, k0, k1, gaps, words):
    """Indices below ``n``, each with probability p = 1 - exp(1/scale), by geometric skips."""
    m, at, block = 0, -1.0, 0
    while True:
        logs(gaps, words, block, row, stream, k0, k1)
        for lane in range(64):
            at += math.floor(gaps[lane] * scale) + 1.0
            if at >= n:
                return m
            out[m] = I32(at)
            m += 1
        block += 1


@inner()
def replaced(out, n, m, row, stream, k0, k1, gaps, words):
    """``m`` sorted uniform indices below ``n``, with replacement: cumulated exponentials over their sum."""
    total, block = 0.0, 0
    for first in range(0, m + 1, 64):
        logs(gaps, words, block, row, stream, k0, k1)
        block += 1
        for lane in range(min(64, m + 1 - first)):
            total -= gaps[lane]
    scale, at, block = n / total, 0.0, 0
    for first in range(0, m, 64):
        logs(gaps, words, block, row, stream, k0, k1)
        block += 1
        for lane in range(min(64, m - first)):
            at -= gaps[lane]
            out[first + lane] = min(I32(at * scale), I32(n - 1))
    return m


@inner()
def distinct(out, n, m, row, stream, k0, k1, taken, words):
    """``m`` sorted distinct indices below ``n``: those drawn, or those not drawn if that is fewer."""
    few = m if 2 * m <= n else n - m
    for i in range(n):
        taken[i] = 0
    drawn, block = 0, 0
    while drawn < few:
        random_block(words, block, row, stream, k0, k1)
        block += 1
        for lane in range(64):
            i = I64((np.uint64(words[lane]) * np.uint64(n)) >> np.uint64(32))
            if drawn < few and taken[i] == 0:
                taken[i] = 1
                drawn += 1
    wanted = 1 if few == m else 0
    q = 0
    for i in range(n):
        if taken[i] == wanted:
            out[q] = i
            q += 1
    return q


@inner()
def targets(S, P, q, i, out, gaps, words, taken):
    """Sorted target indices of source ``i`` (of the view) into ``out``; returns their number."""
    n, kind, stream = S[q, c.T_N], S[q, c.S_KIND], TARGETS
    k0, k1 = halves(S[q, c.S_KEY])
    own = I64(-1)
    if S[q, c.S_SELF] != 0:
        j = S[q, c.S_START] + i * S[q, c.S_STEP] - S[q, c.T_START]
        if j >= 0 and j % S[q, c.T_STEP] == 0 and j // S[q, c.T_STEP] < n:
            own = j // S[q, c.T_STEP]
    if kind == c.LISTED:
        a, b = load_i64(S[q, c.S_LIST], i), load_i64(S[q, c.S_LIST], i + 1)
        for k in range(a, b):
            out[k - a] = load_i32(S[q, c.S_TARGETS], k)
        return b - a
    if kind == c.REPLACED or kind == c.DISTINCT:
        m, room = load_i64(S[q, c.S_LIST], i), n - I64(own >= 0)
        if kind == c.REPLACED:
            replaced(out, room, m, i, stream, k0, k1, gaps, words)
        else:
            distinct(out, room, m, i, stream, k0, k1, taken, words)
        if own >= 0:  # the source itself is skipped
            for k in range(m):
                out[k] += I32(out[k] >= own)
        return m
    m = I64(0)
    if kind == c.GEOMETRIC:
        if P[q, c.P_LOG] != 0.0:
            m = skips(out, n, P[q, c.P_LOG], i, stream, k0, k1, gaps, words)
    elif kind == c.ALL:
        for k in range(n):
            out[k] = k
        m = n
    if own >= 0:
        kept = I64(0)
        for k in range(m):
            out[kept] = out[k]
            kept += I64(out[k] != own)
        return kept
    return m


@inner()
def values(kind, a, b, low, high, address, start, row, first, last, stream, k0, k1, out, block_values, words):
    """Weights or delays of synapses first..last of a row into ``out``; ``start`` is the row's place in a list."""
    if kind == c.CONSTANT:
        for k in range(first, last):
            out[k] = a
        return
    if kind == c.ARRAY:
        for k in range(first, last):
            out[k] = load_f64(address, start + k)
        return
    if kind == c.MATRIX:  # read by the caller, who knows the targets
        return
    truncated, base = kind >= c.TRUNCATED, kind % c.TRUNCATED
    for block in range(first // 64, (last + 63) // 64):
        lo, hi = max(first, block * 64), min(last, block * 64 + 64)
        attempt = I64(0)
        waiting = True
        while waiting:
            waiting = False
            step = row + (attempt << I64(32))
            if base == c.NORMAL or base == c.LOGNORMAL:
                normal_block(block_values, words, block, step, stream, k0, k1)
            else:
                random_block(words, block, step, stream, k0, k1)
                for lane in range(64):
                    block_values[lane] = (F64(words[lane]) + 0.5) * TWO32
            for k in range(lo, hi):
                x = block_values[k - block * 64]
                if base == c.NORMAL:
                    x = a + b * x
                elif base == c.LOGNORMAL:
                    x = exp64(a + b * x)
                elif base == c.UNIFORM:
                    x = a + (b - a) * x
                elif base == c.EXPONENTIAL:
                    x = -a * log64(x)
                if truncated:
                    if attempt > 0 and out[k] >= low and out[k] <= high:
                        continue
                    out[k] = x
                    waiting |= x < low or x > high
                else:
                    out[k] = min(max(x, low), high)
            attempt += 1
            if attempt > 1000:
                return


@inner()
def _view_index(S, q, i):
    """Index of neuron ``i`` within the sources of a spec, or -1."""
    j = i - S[q, c.S_START]
    if j < 0 or j % S[q, c.S_STEP] != 0 or j // S[q, c.S_STEP] >= S[q, c.S_N]:
        return I64(-1)
    return j // S[q, c.S_STEP]


@inner()
def place_of(S, q, row, k, at, words):
    """Distance in the state array from a target's first site to the site of synapse ``k`` of a row.

    ``at`` is the start of the row in a list of pairs; ``words`` holds 64 random words, redrawn for each block of synapses.
    """
    n, address = S[q, c.S_CHOICES], S[q, c.S_PLACES]
    if n < 0:
        return load_i64(address, at + k)
    if k & 63 == 0 or words[64] != U32(k >> 6) or words[65] != U32(row):
        k0, k1 = halves(S[q, c.S_KEY])
        random_block(words, k >> 6, row, PLACES, k0, k1)
        words[64], words[65] = U32(k >> 6), U32(row)
    u, low, high = I64(words[k & 63]), I64(0), n - 1
    while low < high:
        middle = (low + high) // 2
        if u < load_i64(address, n + middle):
            high = middle
        else:
            low = middle + 1
    return load_i64(address, low)


@kernel
def fill_shared(S, P, bounds, n_source, rows, slots, scratch):
    """Slots of all rows for one thread's targets; returns their number, or -1 if ``slots`` is too short.

    ``slots`` may be the list of targets of a single spec: a row is read before its slots are written, which lie at or before it.
    """
    found, taken, gaps, words, places = scratch.found, scratch.taken, scratch.gaps, scratch.words, scratch.places
    at = I64(0)
    for i in range(n_source):
        rows[i] = at
        for q in range(S.shape[0]):
            j = _view_index(S, q, i)
            if j < 0:
                continue
            m = targets(S, P, q, j, found, gaps, words, taken)
            if at + m > slots.size:
                return I64(-1)
            low, high = bounds[q, 0], bounds[q, 1]
            start, step, base, stride = S[q, c.T_START], S[q, c.T_STEP], S[q, c.S_BASE], S[q, c.S_STRIDE]
            shift, several = S[q, c.S_SHIFT], S[q, c.S_CHOICES] != 0
            mask, pairs = (I64(1) << shift) - 1, load_i64(S[q, c.S_LIST], j) if S[q, c.S_KIND] == c.LISTED else I64(0)
            places[65] = NO_ROW
            for k in range(m):
                g = start + step * I64(found[k])
                slots[at] = base + (g >> shift) * stride + (g & mask)
                if several:
                    slots[at] += I32(place_of(S, q, j, k, pairs, places))
                at += I64((g >= low) & (g < high))
    rows[n_source] = at
    return at


@kernel
def fill_bernoulli(S, P, bounds, n_source, rows, slots, scratch):
    """:func:`fill_shared` for connection probabilities alone, which compiles in half the time."""
    found, gaps, words = scratch.found, scratch.gaps, scratch.words
    at = I64(0)
    for i in range(n_source):
        rows[i] = at
        for q in range(S.shape[0]):
            j = i - S[q, c.S_START]
            if j < 0 or j % S[q, c.S_STEP] != 0 or j // S[q, c.S_STEP] >= S[q, c.S_N] or P[q, c.P_LOG] == 0.0:
                continue
            k0, k1 = halves(S[q, c.S_KEY])
            m = skips(
                found,
                S[q, c.T_N],
                P[q, c.P_LOG],
                j // S[q, c.S_STEP],
                TARGETS,
                k0,
                k1,
                gaps,
                words,
            )
            if at + m > slots.size:
                return I64(-1)
            low, high = bounds[q, 0], bounds[q, 1]
            start, step, base, stride = S[q, c.T_START], S[q, c.T_STEP], S[q, c.S_BASE], S[q, c.S_STRIDE]
            for k in range(m):
                g = start + step * I64(found[k])
                slots[at] = base + (g >> S[q, c.S_SHIFT]) * stride + (g & ((I64(1) << S[q, c.S_SHIFT]) - 1))
                at += I64((g >= low) & (g < high) & ((S[q, c.S_SELF] == 0) | (g != i)))
    rows[n_source] = at
    return at


@inner()
def _owned(S, bounds, q, found, m):
    """First and last (exclusive) of the ``m`` sorted targets of a row that lie within the thread's bounds."""
    start, step, first, last = S[q, c.T_START], S[q, c.T_STEP], I64(0), m
    while first < m and start + step * I64(found[first]) < bounds[q, 0]:
        first += 1
    while last > first and start + step * I64(found[last - 1]) >= bounds[q, 1]:
        last -= 1
    return first, last


@inner()
def _weights_and_delays(S, P, q, j, found, first, last, w, d, block_values, words):
    """Weights into ``w`` and, if they differ, delays (ms) into ``d`` of synapses first..last of row ``j`` of a spec."""
    kind, delay_kind = S[q, c.W_KIND], S[q, c.D_KIND]
    k0, k1 = halves(S[q, c.S_KEY])
    place = load_i64(S[q, c.S_LIST], j) if S[q, c.S_KIND] == c.LISTED else j * S[q, c.T_N]
    a, b, low, high = P[q, c.W_A], P[q, c.W_A + 1], P[q, c.W_A + 2], P[q, c.W_A + 3]
    listed, draws = S[q, c.W_LIST], WEIGHTS + S[q, c.S_PORT]
    values(kind, a, b, low, high, listed, place, j, first, last, draws, k0, k1, w, block_values, words)
    if delay_kind != c.CONSTANT:
        a, b, low, high = P[q, c.D_A], P[q, c.D_A + 1], P[q, c.D_A + 2], P[q, c.D_A + 3]
        listed, draws = S[q, c.D_LIST], DELAYS
        values(delay_kind, a, b, low, high, listed, place, j, first, last, draws, k0, k1, d, block_values, words)
    everything = S[q, c.S_KIND] == c.ALL  # values are listed for all pairs, those of autapses too
    row = j * S[q, c.T_N]
    if (everything and kind == c.ARRAY) or kind == c.MATRIX:
        for k in range(first, last):
            w[k] = load_f64(S[q, c.W_LIST], row + found[k])
    if (everything and delay_kind == c.ARRAY) or delay_kind == c.MATRIX:
        for k in range(first, last):
            d[k] = load_f64(S[q, c.D_LIST], row + found[k])


@inner()
def _slots_and_steps(S, q, j, found, first, last, d, dt, size, places, row_slot, row_delay):
    """Slots and delays (steps) of synapses first..last of row ``j`` of a spec, written from entry ``size`` on."""
    start, step, base, stride = S[q, c.T_START], S[q, c.T_STEP], S[q, c.S_BASE], S[q, c.S_STRIDE]
    shift = S[q, c.S_SHIFT]
    mask, pairs = (I64(1) << shift) - 1, load_i64(S[q, c.S_LIST], j) if S[q, c.S_KIND] == c.LISTED else I64(0)
    places[65] = NO_ROW
    for k in range(first, last):
        steps = S[q, c.S_DELAY] if S[q, c.D_KIND] == c.CONSTANT else I64(math.floor(d[k] / dt + 0.5))
        g = start + step * I64(found[k])
        row_slot[size] = base + (g >> shift) * stride + (g & mask)
        if S[q, c.S_CHOICES] != 0:
            row_slot[size] += I32(place_of(S, q, j, k, pairs, places))
        row_delay[size] = steps - S[q, c.S_EARLY]
        size += 1


@inner()
def _count_delays(row_delay, size, dmin, n_delays, count):
    """Offsets of the delays within a row into ``count``; False if a delay is out of range."""
    for k in range(n_delays + 1):
        count[k] = 0
    for k in range(size):
        if row_delay[k] < dmin or row_delay[k] >= dmin + n_delays:
            return False
        count[row_delay[k] - dmin + 1] += 1
    for k in range(n_delays):
        count[k + 1] += count[k]
    return True


@kernel
def fill_own(S, P, bounds, n_source, dt, dmin, n_delays, rows, seg, slots, weights, column, scratch, own):
    """As :func:`fill_shared`, for synapses that differ in weight or delay; each row is sorted by delay. -2: a delay is out of range.

    ``seg`` (sources, delays + 1) receives the offsets of delays within rows; ``column`` is that of the weights.
    """
    found, taken, gaps, words, places = scratch.found, scratch.taken, scratch.gaps, scratch.words, scratch.places
    w, d, block_values, count = own.weights, own.delays, own.values, own.count
    row_slot, row_weight, row_delay = own.row_slot, own.row_weight, own.row_delay
    at = I64(0)
    for i in range(n_source):
        rows[i] = at
        size = I64(0)
        for q in range(S.shape[0]):
            j = _view_index(S, q, i)
            if j < 0:
                continue
            m = targets(S, P, q, j, found, gaps, words, taken)
            first, last = _owned(S, bounds, q, found, m)
            _weights_and_delays(S, P, q, j, found, first, last, w, d, block_values, words)
            _slots_and_steps(S, q, j, found, first, last, d, dt, size, places, row_slot, row_delay)
            for k in range(first, last):
                row_weight[size] = w[k]
                size += 1
        if not _count_delays(row_delay, size, dmin, n_delays, count):
            return I64(-2)
        if at + size > slots.shape[0]:
            return I64(-1)
        for k in range(n_delays + 1):
            seg[i, k] = count[k]
        for k in range(size):
            to = at + count[row_delay[k] - dmin]
            count[row_delay[k] - dmin] += 1
            slots[to, 0] = row_slot[k]
            weights[to, column] = row_weight[k]
        at += size
    rows[n_source] = at
    return at


@inner()
def _sources(n, j, K, multapses, own, k0, k1, found, taken, gaps, words):
    """The ``K`` sorted sources of target ``j`` among ``n``, into ``found``; the target itself is left out if it is one of them."""
    room = n - I64(own[j] >= 0)
    if multapses:
        replaced(found, room, K, j, TARGETS, k0, k1, gaps, words)
    else:
        distinct(found, room, K, j, TARGETS, k0, k1, taken, words)
    if own[j] >= 0:
        for k in range(K):
            found[k] += I32(found[k] >= own[j])


@kernel
def incoming(n, m, K, multapses, own, k0, k1, starts, at, out, scratch):
    """``K`` of ``n`` sources for each of ``m`` targets: ``starts`` (zeros) of the sources' rows, and targets in the order of sources.

    All is drawn twice, to count and to enter, so that nothing but the result is held.
    """
    found, taken, gaps, words = scratch.found, scratch.taken, scratch.gaps, scratch.words
    for j in range(m):
        _sources(n, j, K, multapses, own, k0, k1, found, taken, gaps, words)
        for k in range(K):
            starts[found[k] + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]
        at[i] = starts[i]
    for j in range(m):
        _sources(n, j, K, multapses, own, k0, k1, found, taken, gaps, words)
        for k in range(K):
            out[at[found[k]]] = j
            at[found[k]] += 1
