"""Delivery of spikes in circuits through sparse tables of synapses, forwards to the receptors and its adjoint."""

from __future__ import annotations

import numpy as np
from numba import njit

from amine.learn.nn.device import NEAR

U8, U64 = np.uint8, np.uint64


@njit(nogil=True, cache=True)
def push(first, last, steps, n, m, spikes, arrivals, row, ptr, post, offset, weight):
    """Delivers the spikes of samples first..last: ``arrivals[row + k + offset]`` += value times weight.

    ``spikes`` [steps, samples * n], ``arrivals`` [more steps, samples * m]; ``weight`` has one entry or one for each synapse.
    """
    shared = weight.shape[0] == 1
    for k in range(steps):
        now = spikes[k]
        for b in range(first, last):
            base, to = U64(b * n), b * m
            for j in range(U64(n)):
                value = now[base + j]
                if value == 0:
                    continue
                for q in range(ptr[j], ptr[j + U64(1)]):
                    w = weight[0] if shared else weight[q]
                    arrivals[row + k + offset[q], to + post[q]] += value * w


@njit(nogil=True, cache=True)
def pull(first, last, steps, n, m, samples, spikes, marks, gradient, row, ptr, post, offset, weight, gs, gw, use):
    """Adjoint of :func:`push` for source neurons first..last.

    From the ``gradient`` of the arrivals it adds that of the spikes to ``gs`` [steps, samples * n], only at ``marks`` of a
    nonzero surrogate (empty: everywhere), and that of the weights to ``gw``: one entry per synapse, or per source neuron
    if all share one weight; none if empty. ``use`` is False if the gradient of the spikes is not needed.
    """
    shared, learn, every = weight.shape[0] == 1, gw.shape[0] > 0, marks.shape[0] == 0
    for k in range(steps):
        for b in range(samples):
            to = b * m
            for j in range(first, last):
                at = b * n + j
                value = spikes[k, at]
                near = use and (every or (marks[k, at] & NEAR) != 0)
                if not near and not (learn and value != 0):
                    continue
                total = gs.dtype.type(0)
                for q in range(ptr[j], ptr[j + 1]):
                    g = gradient[row + k + offset[q], to + post[q]]
                    if shared:
                        total += g
                    else:
                        total += weight[q] * g
                        if learn and value != 0:
                            gw[q] += value * g
                if shared:
                    if learn:
                        gw[j] += value * total
                    total *= weight[0]
                if near:
                    gs[k, at] += total
