"""Spontaneous release: quanta that are released at random times at each synapse, without a spike."""

from __future__ import annotations

import numpy as np

from amine.engine.device.functions import exp64, njit
from amine.engine.device.minis_tables import M_BLOCK, M_BLOCKS, M_CV, M_KEY, M_PLACE, M_RATE, TWO32
from amine.engine.device.random_numbers import halves, philox, random_block
from amine.engine.device.synaptic import size_of
from amine.engine.device.tables import BLOCK

I64, U32, F64 = np.int64, np.uint32, np.float64


@njit(nogil=True, error_model="numpy")
def add_minis(X, minis, step):
    """Adds this step's spontaneous quanta."""
    M, words, threshold = minis.bundles, minis.words, minis.thresholds
    for b in range(M.shape[0]):
        k0, k1 = halves(M[b, M_KEY])
        for j in range(M[b, M_BLOCKS]):
            random_block(words, M[b, M_BLOCK] + j, step, 0, k0, k1)
            first = M[b, M_PLACE] + j * BLOCK
            for lane in range(BLOCK):
                if words[lane] < threshold[first + lane]:
                    neuron = (M[b, M_BLOCK] + j) * BLOCK + lane
                    add_events(X, minis, b, first + lane, neuron, words[lane], step, k0, k1)


@njit(nogil=True, error_model="numpy")
def add_events(X, minis, b, target, neuron, word, step, k0, k1):
    """Adds all quanta of a target in a step; their number follows from the word that exceeded the threshold, each from its own words."""
    P, start, slot, weight = minis.numbers, minis.starts, minis.places, minis.weights
    a, n = start[target + b], start[target + b + 1] - start[target + b]
    mean, u = P[b, M_RATE] * n, (F64(word) + 0.5) / TWO32
    term = exp64(-mean)
    left, count = 1.0 - term, 0
    while u < left and count < 200:
        q, x, y, _ = philox(U32(neuron), U32(step), U32(count), U32(1), k0, k1)
        which = a + min(I64(F64(q) / TWO32 * n), n - 1)
        size = size_of(1.0, P[b, M_CV], x, y) if P[b, M_CV] > 0.0 else 1.0
        X[slot[target]] += X.dtype.type(weight[which] * size)
        count += 1
        term *= mean / count
        left -= term
