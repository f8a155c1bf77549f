"""Poisson input: counts by inversion of the cumulative distribution, many neurons at once, without branches."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from amine.engine.device.functions import random_block

TWO32 = 4294967296.0


def cumulative(mean: float) -> np.ndarray:
    """Cumulative probabilities P(count <= k) as uint32 thresholds, cut where they reach 1 - 2**-32.

    A count is the number of thresholds that a uniform 32-bit word is not below. Means above 16 are split by the
    caller into several draws.
    """
    values, p, total, k = [], math.exp(-mean), 0.0, 0
    while k < 200:
        total += p
        if total * TWO32 >= TWO32 - 1.0:
            break
        values.append(int(total * TWO32))
        k += 1
        p *= mean / k
    return np.array(values, np.uint32)


@njit(nogil=True, error_model="numpy")
def count_block(counts, words, table, length):
    """counts += Poisson counts of one block of 64 neurons."""
    for k in range(length):
        c = table[k]
        for lane in range(64):
            counts[lane] += np.int32(words[lane] >= c)


@njit(nogil=True, error_model="numpy")
def add_poisson(
    X, base, stride, row, weight_row, weight, table, length, draws, counts, words, first, last, step, stream, k0, k1
):
    """Adds weight * count to one state row of blocks first..last.

    ``weight_row`` is the row offset of weights that differ between neurons, or -1: ``weight`` for all.
    """
    for b in range(first, last):
        o = np.uint64(base + b * stride + row)
        for lane in range(64):
            counts[lane] = 0
        for m in range(draws):
            random_block(words, b, step, stream + m, k0, k1)
            count_block(counts, words, table, length)
        if weight_row < 0:
            for lane in range(np.uint64(64)):
                X[o + lane] += weight * counts[lane]
        else:
            w = np.uint64(base + b * stride + weight_row)
            for lane in range(np.uint64(64)):
                X[o + lane] += X[w + lane] * counts[lane]


@njit(nogil=True, error_model="numpy")
def add_poisson_rates(
    X, base, stride, row, weight_row, weight, rate_row, draws, words, first, last, step, stream, k0, k1
):
    """As :func:`add_poisson`, with an expected count of its own for each neuron, by sequential inversion."""
    for b in range(first, last):
        o = base + b * stride
        for m in range(draws):
            random_block(words, b, step, stream + m, k0, k1)
            for lane in range(64):
                mean = np.float64(X[o + rate_row + lane]) / draws
                u = (np.float64(words[lane]) + 0.5) / TWO32
                p = math.exp(-mean)
                count, total = 0, p
                while u > total and count < 200:
                    count += 1
                    p *= mean / count
                    total += p
                w = weight if weight_row < 0 else X[o + weight_row + lane]
                X[o + row + lane] += w * count
