"""Release that differs between synapses: random quanta, or means with parameters of each synapse.

A spike's payload is the time since the neuron's last spike; the ready sites of a synapse are stored with it, in the shard of the thread
that owns its target. The counter of random numbers is target neuron, source neuron, delay, number among the synapses of this pair,
and step, under the key of the route: synapses release independently of each other, and of threads and other populations.
"""

from __future__ import annotations

import math

import numpy as np

from amine.engine.device.deliver import segment
from amine.engine.device.deliver_tables import DELAYS, DMIN, ID0, KIND, PACKED, POP, SEPARATE, SLOTS, WEIGHTS
from amine.engine.device.elementary import cos64, log64
from amine.engine.device.functions import exp64, load_f32, load_f64, load_u32, njit
from amine.engine.device.random_numbers import halves, philox
from amine.engine.device.synaptic_tables import (
    CV,
    ELAPSED,
    FIRST,
    MODEL,
    OWN,
    R_KEY,
    RECOVER,
    RECOVERY,
    RELEASED,
    SITES,
    T_PLACE,
    T_SHIFT,
    T_STRIDE,
    TWO32,
    WEIGHT,
    WIDE,
)
from amine.engine.device.tables import BEGIN, END

I64, U32, F64, F32 = np.int64, np.uint32, np.float64, np.float32


@njit(nogil=True, error_model="numpy")
def size_of(k, cv, w0, w1):
    """Sum of ``k`` quanta: lognormal with mean k and variance k cv^2."""
    s2 = log64(1.0 + cv * cv / k)
    z = math.sqrt(-2.0 * log64((F64(w0) + 0.5) * TWO32)) * cos64(2.0 * math.pi * (F64(w1) + 0.5) * TWO32)
    return k * exp64(math.sqrt(s2) * z - 0.5 * s2)


@njit(nogil=True, error_model="numpy")
def quanta(n, ready, u, refill, c0, c1, step, stream, k0, k1):
    """Number of released quanta, and of ready sites afterwards; one random word for each site."""
    out, left = 0, ready
    w0 = w1 = w2 = w3 = U32(0)
    for s in range(n):
        if s % 4 == 0:
            w0, w1, w2, w3 = philox(c0, c1, U32(step), U32(stream + s // 4), k0, k1)
        w = w0 if s % 4 == 0 else w1 if s % 4 == 1 else w2 if s % 4 == 2 else w3
        r = (F64(w) + 0.5) * TWO32
        if s < ready:
            if r < u:
                out += 1
                left -= 1
        elif r < refill * u:
            out += 1
        elif r < refill:
            left += 1
    return out, left


def amounts(release_of):
    """The function ``amount`` for the release models of a module; compiled with it, since Numba caches no function arguments."""

    @njit(nogil=True, error_model="numpy")
    def amount(D, b, j, u, refill, elapsed, cv, draw, ready, own):
        """Release of synapse ``j`` at a spike, in quanta or as a fraction of its resources; ``draw`` is the counter of random words."""
        c0, c1, step, stream, k0, k1 = draw
        if D[b, RELEASED] < 0:
            o = D[b, OWN] + j * D[b, WIDE]
            u = release_of(D[b, MODEL], own, o, elapsed)
            if D[b, SITES] == 0:
                return u
            refill = 1.0 - exp64(-elapsed / F64(own[o + D[b, RECOVER]]))
        k, left = quanta(D[b, SITES], I64(ready[D[b, FIRST] + j]), u, refill, c0, c1, step, stream, k0, k1)
        ready[D[b, FIRST] + j] = left
        if k > 0 and cv > 0.0:
            w0, w1, _, _ = philox(c0, c1, U32(step), U32(stream + 255), k0, k1)
            return size_of(F64(k), cv, w0, w1)
        return F64(k)

    return amount


def synaptic_delivery(release_of):
    """The function ``deliver_synaptic`` for the release models of a module."""
    amount = amounts(release_of)

    @njit(nogil=True, error_model="numpy")
    def deliver_synaptic(X, synapses, spikes, slot, step):
        """Adds to X the input at ``step`` through synapses that release independently; returns the number of events."""
        D, P, ready, own = synapses.bundles, synapses.numbers, synapses.ready, synapses.own
        spk, ptr, pay = spikes.ids, spikes.parts, spikes.payload
        threads, events = spk.shape[0], 0
        for b in range(D.shape[0]):
            pop, id0, dmin = D[b, POP], D[b, ID0], D[b, DMIN]
            k0, k1 = halves(D[b, R_KEY])
            place, stride, shift = D[b, T_PLACE], D[b, T_STRIDE], D[b, T_SHIFT]
            packed, separate = D[b, KIND] == PACKED, D[b, KIND] == SEPARATE
            for d in range(D[b, DELAYS]):
                s = slot - 1 - dmin - d
                for th in range(threads):
                    for q in range(ptr[s, pop, th, BEGIN], ptr[s, pop, th, END]):
                        source = I64(spk[th, q]) - id0
                        a, e = segment(D, b, source, d)
                        if e <= a:
                            continue
                        elapsed = F64(pay[D[b, ELAPSED], th, q])
                        u = F64(pay[D[b, RELEASED], th, q]) if D[b, RELEASED] >= 0 else 0.0
                        refill = 1.0 - exp64(-elapsed / P[b, RECOVERY])
                        events += e - a
                        before, rank = I64(-1), I64(0)
                        for j in range(a, e):
                            target = load_u32(D[b, SLOTS], 2 * j) if packed else load_u32(D[b, SLOTS], j)
                            away = I64(target) - place
                            neuron = (away // stride << shift) + (away & ((I64(1) << shift) - 1))
                            rank = rank + 1 if neuron == before else I64(0)
                            before = neuron
                            w = P[b, WEIGHT]
                            if packed:
                                w = F64(load_f32(D[b, SLOTS], 2 * j + 1))
                            elif separate:
                                w = load_f64(D[b, WEIGHTS], j)
                            stream = (((dmin + d) & 0xFFFF) << 16) + ((rank & 255) << 8)
                            draw = (U32(neuron), U32(source), step, stream, k0, k1)
                            x = amount(D, b, j, u, refill, elapsed, P[b, CV], draw, ready, own)
                            if x != 0.0:
                                X[I64(target)] += X.dtype.type(w * x)
        return events

    return deliver_synaptic
