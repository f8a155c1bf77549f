"""The tree solve for a block of multicompartment cells, as vector instructions, and Poisson input for blocks of any width.

Elimination from the leaves to the root and substitution back (Hines 1984, Int J Biomed Comput 15:69-76): linear in the number of
compartments, without fill-in. Rows of a compartment: v, d (diagonal), x (right-hand side, then solution).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic

from amine.engine.device.functions import exp64, njit
from amine.engine.device.poisson import TWO32
from amine.engine.device.random_numbers import halves, random_block
from amine.engine.device.tables import (
    BASE,
    BEGIN,
    BLOCK,
    BLOCK_BITS,
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

if TYPE_CHECKING:
    from numba.core.base import BaseContext

intrinsic: Any = _intrinsic


class _Arithmetic(Protocol):
    """The instructions of an LLVM builder that the solve uses, each rounded by itself."""

    def fadd(self, lhs: ir.Value, rhs: ir.Value) -> ir.Value: ...
    def fsub(self, lhs: ir.Value, rhs: ir.Value) -> ir.Value: ...
    def fmul(self, lhs: ir.Value, rhs: ir.Value) -> ir.Value: ...
    def fdiv(self, lhs: ir.Value, rhs: ir.Value) -> ir.Value: ...
    def fneg(self, arg: ir.Value) -> ir.Value: ...


class _Rows:
    """Access to vectors of ``lanes`` values of a state array, by place."""

    def __init__(
        self, context: BaseContext, builder: ir.IRBuilder, array_type: types.Array, array: ir.Value, lanes: int
    ):
        self.builder, self.lanes = builder, lanes
        self.scalar = context.get_value_type(array_type.dtype)
        self.vector = ir.VectorType(self.scalar, lanes)
        self.size = array_type.dtype.bitwidth // 8
        self.data = context.make_array(array_type)(context, builder, array).data

    def _pointer(self, at: ir.Value, row: int) -> Any:
        index = self.builder.add(at, ir.IntType(64)(row * self.lanes))
        place = self.builder.gep(self.data, [index], source_etype=self.scalar)
        return self.builder.bitcast(place, self.vector.as_pointer())

    def load(self, at: ir.Value, row: int) -> Any:
        return self.builder.load(self._pointer(at, row), typ=self.vector, align=self.size)

    def store(self, x: ir.Value, at: ir.Value, row: int) -> None:
        self.builder.store(x, self._pointer(at, row), align=self.size)

    def splat(self, x: ir.Value) -> Any:
        one = self.builder.insert_element(ir.Constant(self.vector, ir.Undefined), x, ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, ir.Constant(self.vector, ir.Undefined), zeros)

    def constant(self, x: float) -> ir.Value:
        return ir.Constant(self.vector, [x] * self.lanes)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> Any:
        """a*b + c, rounded once."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fma.v{self.lanes}f{8 * self.size}"
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), [a, b, c])


def _tree_step(lanes: int, body: Callable[[_Arithmetic, _Rows, ir.Value, ir.Value, ir.Value], object]) -> Any:
    """The compiled function of a step of the solve between a compartment and its parent."""

    @intrinsic
    def step(typingctx, X, child, parent, a):
        def codegen(context, builder, signature, args):
            rows = _Rows(context, builder, signature.args[0], args[0], lanes)
            body(builder, rows, args[1], args[2], rows.splat(args[3]))
            return context.get_dummy_value()

        return types.void(X, types.uint64, types.uint64, X.dtype), codegen

    return step


def _eliminate(b: _Arithmetic, rows: _Rows, child: ir.Value, parent: ir.Value, a: ir.Value) -> None:
    """d_p -= a^2/d, x_p += a x/d; the child keeps 1/d."""
    r = b.fdiv(rows.constant(1.0), rows.load(child, 1))
    f = b.fmul(a, r)
    rows.store(r, child, 1)
    rows.store(rows.fma(b.fneg(f), a, rows.load(parent, 1)), parent, 1)
    rows.store(rows.fma(f, rows.load(child, 2), rows.load(parent, 2)), parent, 2)


def _solution(b: _Arithmetic, rows: _Rows, child: ir.Value, parent: ir.Value, a: ir.Value) -> ir.Value:
    x = rows.fma(a, rows.load(parent, 2), rows.load(child, 2))
    x = b.fmul(x, rows.load(child, 1))
    rows.store(x, child, 2)
    return x


def _substitute(b: _Arithmetic, rows: _Rows, child: ir.Value, parent: ir.Value, a: ir.Value) -> None:
    """x = (x + a x_p)/d, and that is the new voltage."""
    rows.store(_solution(b, rows, child, parent, a), child, 0)


def _substitute_half(b: _Arithmetic, rows: _Rows, child: ir.Value, parent: ir.Value, a: ir.Value) -> None:
    """As :func:`_substitute` if x is the voltage in the middle of the step: the new one is 2 x - v."""
    x = _solution(b, rows, child, parent, a)
    twice = b.fadd(x, x)
    rows.store(b.fsub(twice, rows.load(child, 0)), child, 0)


eliminate = {w: _tree_step(w, _eliminate) for w in (4, 8, 16, 32, 64)}
substitute = {w: _tree_step(w, _substitute) for w in (4, 8, 16, 32, 64)}
substitute_half = {w: _tree_step(w, _substitute_half) for w in (4, 8, 16, 32, 64)}
substitute_trial = {w: _tree_step(w, _solution) for w in (4, 8, 16, 32, 64)}


@njit(nogil=True, error_model="numpy")
def add_poisson_lanes(X, Q, B, poisson, q, step):
    """As :func:`amine.engine.device.poisson.add_poisson` for blocks of fewer neurons, which share the words of 64."""
    inputs, table, words = poisson.inputs, poisson.tables[q], poisson.words
    p, row, weight_row, weight = inputs[q, P_POP], inputs[q, P_ROW], inputs[q, P_WEIGHT_ROW], poisson.weights[q]
    base, stride, lanes, length = Q[p, BASE], inputs[q, P_STRIDE], inputs[q, P_LANES], inputs[q, P_LENGTH]
    k0, k1 = halves(inputs[q, P_KEY])
    for m in range(inputs[q, P_DRAWS]):
        drawn = np.int64(-1)
        for b in range(B[p, BEGIN], B[p, END]):
            group = b * lanes >> BLOCK_BITS
            if group != drawn:
                random_block(words, group, step, inputs[q, P_FIRST] + m, k0, k1)
                drawn = group
            at, o = (b * lanes) & (BLOCK - 1), base + b * stride
            for lane in range(lanes):
                count = 0
                for k in range(length):
                    count += np.int64(words[at + lane] >= table[k])
                w = weight if weight_row < 0 else X[o + weight_row + lane]
                X[o + row + lane] += w * count


@njit(nogil=True, error_model="numpy")
def add_poisson_rates_lanes(X, Q, B, poisson, q, step):
    """As :func:`add_poisson_lanes`, with an expected count for each neuron."""
    inputs, words = poisson.inputs, poisson.words
    p, row, weight_row, rate_row = inputs[q, P_POP], inputs[q, P_ROW], inputs[q, P_WEIGHT_ROW], inputs[q, P_RATE_ROW]
    weight, stride, lanes, draws = poisson.weights[q], inputs[q, P_STRIDE], inputs[q, P_LANES], inputs[q, P_DRAWS]
    k0, k1 = halves(inputs[q, P_KEY])
    for m in range(draws):
        drawn = np.int64(-1)
        for b in range(B[p, BEGIN], B[p, END]):
            group = b * lanes >> BLOCK_BITS
            if group != drawn:
                random_block(words, group, step, inputs[q, P_FIRST] + m, k0, k1)
                drawn = group
            at, o = (b * lanes) & (BLOCK - 1), Q[p, BASE] + b * stride
            for lane in range(lanes):
                mean = np.float64(X[o + rate_row + lane]) / draws
                u = (np.float64(words[at + lane]) + 0.5) / TWO32
                p0 = exp64(-mean)
                count, total = 0, p0
                while u > total and count < 200:
                    count += 1
                    p0 *= mean / count
                    total += p0
                w = weight if weight_row < 0 else X[o + weight_row + lane]
                X[o + row + lane] += w * count


@njit(nogil=True, error_model="numpy")
def add_inputs_lanes(X, Q, B, poisson, step):
    """Adds all Poisson inputs of neurons in blocks of fewer than 64."""
    for q in range(poisson.inputs.shape[0]):
        if poisson.inputs[q, P_LANES] != BLOCK:
            if poisson.inputs[q, P_RATE_ROW] < 0:
                add_poisson_lanes(X, Q, B, poisson, q, step)
            else:
                add_poisson_rates_lanes(X, Q, B, poisson, q, step)
