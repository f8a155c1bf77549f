"""Poisson input: counts by inversion of the cumulative distribution, many neurons at once, without branches."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from amine.engine.device.functions import exp64, intrinsic, njit
from amine.engine.device.random_numbers import halves, random_block
from amine.engine.device.tables import (
    BASE,
    BEGIN,
    BLOCK,
    END,
    P_DRAWS,
    P_FIRST,
    P_KEY,
    P_LANES,
    P_LENGTH,
    P_POP,
    P_RATE_ROW,
    P_ROW,
    P_STRIDE,
    P_WEIGHT_ROW,
)

TWO32 = 4294967296.0


@intrinsic
def count_block(typingctx, counts, words, table, length):
    """Adds the Poisson counts of 64 neurons: of the ``length`` first entries of ``table``, how many are at most the neuron's word.

    Written as vectors, so that counts stay in registers while the table is read. Entries increase, so that the one which no word
    reaches is the last.
    """

    def codegen(context, builder, signature, args):
        word, lanes = ir.IntType(32), ir.IntType(BLOCK)
        vector = ir.VectorType(word, BLOCK)
        arrays = [context.make_array(t)(context, builder, a) for t, a in zip(signature.args, args[:3], strict=False)]
        place, drawn = (builder.bitcast(a.data, vector.as_pointer()) for a in arrays[:2])
        found = cgutils.alloca_once_value(builder, builder.load(place, typ=vector, align=4))
        these = builder.load(drawn, typ=vector, align=4)
        undefined, first = ir.Constant(vector, ir.Undefined), ir.Constant(vector, [0] * BLOCK)
        with cgutils.for_range(builder, args[3]) as loop:
            entry = builder.load(builder.gep(arrays[2].data, [loop.index], source_etype=word), typ=word)
            entries = builder.shuffle_vector(builder.insert_element(undefined, entry, word(0)), undefined, first)
            reached = builder.icmp_unsigned(">=", these, entries)
            none = builder.icmp_unsigned("==", builder.bitcast(reached, lanes), lanes(0))
            with builder.if_then(none):
                loop.do_break()
            builder.store(builder.add(builder.load(found, typ=vector), builder.zext(reached, vector)), found)
        builder.store(builder.load(found, typ=vector), place, align=4)
        return context.get_dummy_value()

    return types.void(counts, words, table, length), codegen


@njit(nogil=True, error_model="numpy")
def add_poisson(X, Q, B, poisson, q, step):
    """Adds weight * count of input ``q`` to its row of one thread's blocks; weights are one for all, or a row of the block."""
    inputs, table, counts, words = poisson.inputs, poisson.tables[q], poisson.counts, poisson.words
    p, row, weight_row, weight = inputs[q, P_POP], inputs[q, P_ROW], inputs[q, P_WEIGHT_ROW], poisson.weights[q]
    base, stride, length, draws = Q[p, BASE], inputs[q, P_STRIDE], inputs[q, P_LENGTH], inputs[q, P_DRAWS]
    k0, k1 = halves(inputs[q, P_KEY])
    for b in range(B[p, BEGIN], B[p, END]):
        o = np.uint64(base + b * stride + row)
        for lane in range(BLOCK):
            counts[lane] = 0
        for m in range(draws):
            random_block(words, b, step, inputs[q, P_FIRST] + m, k0, k1)
            count_block(counts, words, table, length)
        if weight_row < 0:
            for lane in range(np.uint64(BLOCK)):
                X[o + lane] += weight * counts[lane]
        else:
            w = np.uint64(base + b * stride + weight_row)
            for lane in range(np.uint64(BLOCK)):
                X[o + lane] += X[w + lane] * counts[lane]


@njit(nogil=True, error_model="numpy")
def add_poisson_rates(X, Q, B, poisson, q, step):
    """As :func:`add_poisson`, with an expected count for each neuron, by sequential inversion."""
    inputs, words = poisson.inputs, poisson.words
    p, row, weight_row, rate_row = inputs[q, P_POP], inputs[q, P_ROW], inputs[q, P_WEIGHT_ROW], inputs[q, P_RATE_ROW]
    weight, stride, draws = poisson.weights[q], inputs[q, P_STRIDE], inputs[q, P_DRAWS]
    k0, k1 = halves(inputs[q, P_KEY])
    for b in range(B[p, BEGIN], B[p, END]):
        o = Q[p, BASE] + b * stride
        for m in range(draws):
            random_block(words, b, step, inputs[q, P_FIRST] + m, k0, k1)
            for lane in range(BLOCK):
                mean = np.float64(X[o + rate_row + lane]) / draws
                u = (np.float64(words[lane]) + 0.5) / TWO32
                p0 = exp64(-mean)
                count, total = 0, p0
                while u > total and count < 200:
                    count += 1
                    p0 *= mean / count
                    total += p0
                w = weight if weight_row < 0 else X[o + weight_row + lane]
                X[o + row + lane] += w * count


@njit(nogil=True, cache=True, error_model="numpy")
def add_inputs(X, Q, B, poisson, step):
    """Adds all Poisson inputs of neurons in blocks of 64."""
    for q in range(poisson.inputs.shape[0]):
        if poisson.inputs[q, P_LANES] == BLOCK:
            if poisson.inputs[q, P_RATE_ROW] < 0:
                add_poisson(X, Q, B, poisson, q, step)
            else:
                add_poisson_rates(X, Q, B, poisson, q, step)
