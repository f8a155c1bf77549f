"""Compiled event-based simulation of LIF neurons by closed forms between spikes, and its adjoint.

Spikes of a sample are (times, lines, rise, restart) sorted by time. ``rise`` is the slope of the voltage at the spike and
``restart`` that at the end of the refractory period ``pause`` (both times tau_m). The last line is the bias, which spikes at time 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit

Spikes = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def first(times: np.ndarray) -> Spikes:
    """Spikes into the first layer, from the time (lines,) of each line's spike, infinite for none."""
    order = np.argsort(times, kind="stable")[: np.isfinite(times).sum()]
    t = np.concatenate([[0.0], times[order]])
    none = np.zeros(len(t))
    return _bias_last(t, np.concatenate([[len(times)], order]).astype(np.int64), none, none)


def _bias_last(t: np.ndarray, i: np.ndarray, a: np.ndarray, b: np.ndarray) -> Spikes:
    """Moves the bias, whose spike is the first, to the end of the arrays, where it can be found."""
    return np.append(t[1:], t[0]), np.append(i[1:], i[0]), np.append(a[1:], a[0]), np.append(b[1:], b[0])


@njit(cache=True, nogil=True)
def _cross(u, j, span, tm, ts):
    """Time until U reaches 1, or -1 if it does not within ``span``."""
    A = ts / (ts - tm)
    p, q = u - A * j, A * j
    if j <= u:  # it falls at first, and can't rise above its start later
        return -1.0
    end = span
    r = -(q * tm) / (p * ts) if p != 0.0 else -1.0
    if r > 0.0:
        top = np.log(r) / (1 / ts - 1 / tm)
        if 0.0 < top < end:
            end = top
    if p * np.exp(-end / tm) + q * np.exp(-end / ts) < 1.0:
        return -1.0
    low, high = 0.0, end
    x = 0.5 * end
    for _ in range(100):
        em, es = np.exp(-x / tm), np.exp(-x / ts)
        f = p * em + q * es - 1.0
        if f > 0.0:
            high = x
        else:
            low = x
        slope = -p * em / tm - q * es / ts
        new = x - f / slope if slope != 0.0 else low
        if not low < new < high:
            new = 0.5 * (low + high)
        if abs(new - x) < 1e-14 * (1.0 + x):
            return new
        x = new
    return x


@njit(cache=True, nogil=True)
def layer(w, times, lines, T, tm, ts, reset, pause):
    """Spikes of a layer of neurons with weights w (neurons, lines) until the time T: (times, neurons, rise, restart)."""
    n, events = w.shape[0], len(times)
    A = ts / (ts - tm)
    out_t, out_i = [0.0 for _ in range(0)], [0 for _ in range(0)]
    out_a, out_b = [0.0 for _ in range(0)], [0.0 for _ in range(0)]
    for k in range(n):
        t, u, j, free = 0.0, 0.0, w[k, lines[events - 1]], 0.0  # the bias is there from the start
        e = 0
        while t < T:
            to = times[e] if e < events - 1 else T
            to = min(to, T)
            if t < free:  # the voltage is constant while refractory
                stop = min(free, to)
                j *= np.exp(-(stop - t) / ts)
                t = stop
                if t == free:
                    out_b[-1] = j - reset
                if t < to:
                    continue
            else:
                s = _cross(u, j, to - t, tm, ts)
                if s >= 0.0:
                    j *= np.exp(-s / ts)
                    t += s
                    out_t.append(t)
                    out_i.append(k)
                    out_a.append(j - 1.0)
                    u, free = reset, t + pause
                    out_b.append(j - reset if pause == 0.0 else 0.0)
                    continue
                em, es = np.exp(-(to - t) / tm), np.exp(-(to - t) / ts)
                u = (u - A * j) * em + A * j * es
                j *= es
                t = to
            if e < events - 1 and t < T:
                j += w[k, lines[e]]
                e += 1
    order = np.argsort(np.array(out_t), kind="mergesort") if len(out_t) else np.zeros(0, np.int64)
    m = len(out_t)
    rt, ri = np.zeros(m + 1), np.full(m + 1, n)
    ra, rb = np.zeros(m + 1), np.zeros(m + 1)
    for a in range(m):
        b = order[a]
        rt[a], ri[a], ra[a], rb[a] = out_t[b], out_i[b], out_a[b], out_b[b]
    return rt, ri, ra, rb


@njit(cache=True, nogil=True)
def read(w, times, lines, T, tm, ts, at_max):
    """Scores of outputs without threshold: the mean of U over time, or its maximum and the time of that.

    A maximum may lie at the arrival of an inhibitory spike: ``turn`` holds the index of that spike (or -1) and the slope before it.
    """
    n, events = w.shape[0], len(times)
    scores, when, turn = np.zeros(n), np.zeros(n), np.full((n, 2), -1.0)
    c = ts / (tm - ts)
    if not at_max:
        for e in range(events):
            r = T - times[e]
            gain = c * (tm * (1 - np.exp(-r / tm)) - ts * (1 - np.exp(-r / ts))) / T
            for k in range(n):
                scores[k] += w[k, lines[e]] * gain
        return scores, when, turn
    A = ts / (ts - tm)
    for k in range(n):
        t, u, j = 0.0, 0.0, w[k, lines[events - 1]]
        best, at = 0.0, 0.0
        for e in range(events):
            to = times[e] if e < events - 1 else T
            p, q = u - A * j, A * j
            r = -(q * tm) / (p * ts) if p != 0.0 else -1.0
            if j > u and r > 0.0:
                top = np.log(r) / (1 / ts - 1 / tm)
                if 0.0 < top < to - t:
                    value = p * np.exp(-top / tm) + q * np.exp(-top / ts)
                    if value > best:
                        best, at, turn[k, 0] = value, t + top, -1.0
            u, j = p * np.exp(-(to - t) / tm) + q * np.exp(-(to - t) / ts), j * np.exp(-(to - t) / ts)
            t = to
            if u > best:
                best, at, turn[k, 0], turn[k, 1] = u, t, e if e < events - 1 else -1, (j - u) / tm
            if e < events - 1:
                j += w[k, lines[e]]
        scores[k], when[k] = best, at
    return scores, when, turn


@njit(cache=True, nogil=True)
def read_back(w, times, lines, when, turn, error, slopes, T, tm, ts, at_max):
    """Adds the derivatives of the loss by w to ``slopes`` (outputs, lines); returns those by the times of the spikes (events,)."""
    n, events = w.shape[0], len(times)
    late = np.zeros(events)
    for k in range(n):
        if at_max and turn[k, 0] >= 0:
            late[int(turn[k, 0])] += error[k] * turn[k, 1]
    c = ts / (tm - ts)
    for e in range(events):
        for k in range(n):
            r = (when[k] if at_max else T) - times[e]
            if r <= 0.0:
                continue
            em, es = np.exp(-r / tm), np.exp(-r / ts)
            if at_max:
                slopes[k, lines[e]] += error[k] * c * (em - es)
                late[e] += error[k] * w[k, lines[e]] * c * (em / tm - es / ts)
            else:
                slopes[k, lines[e]] += error[k] * c * (tm * (1 - em) - ts * (1 - es)) / T
                late[e] -= error[k] * w[k, lines[e]] * c * (em - es) / T
    return late


@njit(cache=True, nogil=True)
def layer_back(w, times, lines, own_t, own_i, rise, restart, late, slopes, T, tm, ts, pause):
    """Adjoint of :func:`layer`: from the derivatives ``late`` of the loss by the times of its spikes to those by the times of its inputs."""
    n, events = w.shape[0], len(times)
    before = np.zeros(events)
    for k in range(n):
        lv, li, t = 0.0, 0.0, T  # adjoints of voltage and current, going back from T
        e, s = events - 2, _previous(own_i, len(own_t) - 1, k)
        after, paused = (
            0.0,
            False,
        )  # the adjoint of the voltage just after a refractory period, while going back through it
        while e >= 0 or s >= 0:
            own = -1.0
            if s >= 0:
                own = own_t[s] if paused else own_t[s] + pause
                if own > T:  # it is refractory until the end
                    paused = True
                    continue
            if own >= (times[e] if e >= 0 else -1.0):
                lv, li, t = _back(lv, li, t - own, tm, ts), _back_current(lv, li, t - own, tm, ts), own
                if paused or pause == 0.0:
                    if not paused:
                        after = lv
                    lv = (after * restart[s] + late[s]) / rise[s]
                    after, paused = 0.0, False
                    s = _previous(own_i, s, k)
                else:
                    after, lv, paused = lv, 0.0, True
            else:
                lv, li, t = _back(lv, li, t - times[e], tm, ts), _back_current(lv, li, t - times[e], tm, ts), times[e]
                slopes[k, lines[e]] -= ts * li
                before[e] += w[k, lines[e]] * (lv - li)
                e -= 1
        slopes[k, lines[events - 1]] -= ts * _back_current(lv, li, t, tm, ts)
    return before


@njit(inline="always")
def _back(lv, li, d, tm, ts):
    return lv * np.exp(-d / tm)


@njit(inline="always")
def _back_current(lv, li, d, tm, ts):
    return li * np.exp(-d / ts) + lv * tm / (tm - ts) * (np.exp(-d / tm) - np.exp(-d / ts))


@njit(inline="always")
def _previous(own_i, s, k):
    s -= 1
    while s >= 0 and own_i[s] != k:
        s -= 1
    return s
