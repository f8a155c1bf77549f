"""What generated kernels are made of: exact operations, exp and its kin, counters of threads, and raw views of arrays.

Arithmetic here is the same on every processor: sums and products are rounded one by one, a product and a sum are rounded together only
where ``fma`` says so, and no function of a mathematical library is called. Functions are inlined and have no branches, so that a loop
over a block of neurons vectorises. ``exp`` clamps its argument to the range of finite results. Errors, in units of the last place, are
in docs/engine.md and in the tests; further functions are in :mod:`amine.engine.device.elementary`.
"""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit as _njit
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic as _intrinsic
from numba.np.arrayobj import populate_array

if TYPE_CHECKING:
    from numba.core.base import BaseContext

# LLVM takes half of the width of AVX-512 on processors of Intel; the whole made Hodgkin-Huxley neurons 1.5 times as fast there, and
# changed nothing else beyond noise. Without an effect if Numba has compiled something before.
_X86 = platform.machine().lower() in ("x86_64", "amd64")
if _X86 and config.ENABLE_AVX and config.CPU_FEATURES is None and get_host_cpu_features().get("avx512f"):
    config.CPU_FEATURES = f"{get_host_cpu_features().flatten()},-prefer-256-bit"


class Once:
    """Compiles a function once for whole numbers; Numba alone compiles it anew for each call that passes a number as it is written."""

    def __init__(self, function: Any):
        self._template = function.get_call_template

    def __call__(self, args: Sequence[types.Type], kws: Mapping[str, types.Type]) -> Any:
        return self._template(tuple(types.unliteral(a) for a in args), {k: types.unliteral(a) for k, a in kws.items()})


_OPTIONS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


def njit(*function: Callable[..., Any], **options: Any) -> Any:
    """As Numba's ``njit``, for functions that only other compiled functions call, and that are compiled once for whole numbers.

    They make no arrays (but see :func:`stack_row`), and so count no references: each call that is given arrays would change the counts
    of all of them, which takes as long as a short loop.
    """
    if not function:
        return lambda f: njit(f, **options)
    made = cast(Any, _njit)(*function, **_OPTIONS | options)
    made.get_call_template = Once(made)
    return made


intrinsic: Any = _intrinsic  # its results are called without the typing context, which a type checker cannot know

# for kernels (amine.engine.device.kernel), and for functions that only they and other compiled functions call
kernel: Any = partial(njit, nogil=True, error_model="numpy")()
inner: Any = partial(njit, nogil=True, error_model="numpy")

F32, F64, I32, I64, U32, U64 = np.float32, np.float64, np.int32, np.int64, np.uint32, np.uint64
# inlined by LLVM, so that each is analysed once and not at every use; Python can call them, too
inlined: Any = partial(njit, nogil=True, forceinline=True, error_model="numpy", no_cpython_wrapper=False)()


def _bitcast(to: types.Type, from_: types.Type, llvm: ir.Type):
    @intrinsic
    def cast(typingctx, x):
        def codegen(context, builder, signature, args):
            return builder.bitcast(args[0], llvm)

        return to(from_), codegen

    return cast


float_bits32 = _bitcast(types.int32, types.float32, ir.IntType(32))
bits_float32 = _bitcast(types.float32, types.int32, ir.FloatType())
float_bits64 = _bitcast(types.int64, types.float64, ir.IntType(64))
bits_float64 = _bitcast(types.float64, types.int64, ir.DoubleType())


def _llvm_unary(name: str, t: types.Type, llvm: ir.Type):
    @intrinsic
    def call(typingctx, x):
        def codegen(context, builder, signature, args):
            f = cgutils.get_or_insert_function(builder.module, ir.FunctionType(llvm, [llvm]), name)
            return builder.call(f, [args[0]])

        return t(t), codegen

    return call


rint32 = _llvm_unary("llvm.rint.f32", types.float32, ir.FloatType())
rint64 = _llvm_unary("llvm.rint.f64", types.float64, ir.DoubleType())
floor32 = _llvm_unary("llvm.floor.f32", types.float32, ir.FloatType())
floor64 = _llvm_unary("llvm.floor.f64", types.float64, ir.DoubleType())
sqrt32 = _llvm_unary("llvm.sqrt.f32", types.float32, ir.FloatType())
sqrt64 = _llvm_unary("llvm.sqrt.f64", types.float64, ir.DoubleType())


def _fused(bits: int, t: types.Type, llvm: ir.Type):
    """The intrinsic a*b + c, rounded once: an instruction where the processor has one, else a function that is as exact."""

    @intrinsic
    def multiply_add(typingctx, a, b, c):
        def codegen(context, builder, signature, args):
            kind = ir.FunctionType(llvm, [llvm, llvm, llvm])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.f{bits}"), args)

        return t(t, t, t), codegen

    return multiply_add


fma32, fma64 = _fused(32, types.float32, ir.FloatType()), _fused(64, types.float64, ir.DoubleType())


@intrinsic
def fma(typingctx, a, b, c):
    """a*b + c, rounded once, in the precision of the arguments, which is one for all."""
    kind = types.float32 if types.float32 in (a, b, c) else types.float64

    def codegen(context, builder, signature, args):
        of = context.get_value_type(kind)
        name = f"llvm.fma.f{kind.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(of, [of] * 3), name), args)

    return kind(kind, kind, kind), codegen


@intrinsic
def select(typingctx, c, a, b):
    """``a if c else b``, without a branch."""
    kind = typingctx.unify_types(types.unliteral(a), types.unliteral(b))

    def codegen(context, builder, signature, args):
        return builder.select(args[0], *args[1:])

    return None if kind is None else (kind(types.boolean, kind, kind), codegen)


@inlined
def exp32(x):
    x = min(max(x, F32(-87.0)), F32(88.0))
    n = rint32(x * F32(1.4426950408889634))
    r = fma32(n, F32(-0.693359375), x)
    r = fma32(n, F32(2.12194440e-4), r)
    p = F32(1.9875691500e-4)
    p = fma32(p, r, F32(1.3981999507e-3))
    p = fma32(p, r, F32(8.3334519073e-3))
    p = fma32(p, r, F32(4.1665795894e-2))
    p = fma32(p, r, F32(1.6666665459e-1))
    p = fma32(p, r, F32(5.0000001201e-1))
    p = fma32(p * r, r, r) + F32(1.0)
    return p * bits_float32((I32(n) + I32(127)) << I32(23))


_C64 = tuple(1.0 / math.factorial(k) for k in range(15))


@inlined
def exp64(x):
    x = min(max(x, -708.0), 709.0)
    n = rint64(x * 1.4426950408889634)
    r = fma64(n, -6.93147180369123816490e-01, x)
    r = fma64(n, -1.90821492927058770002e-10, r)
    p = _C64[13]
    p = fma64(p, r, _C64[12])
    p = fma64(p, r, _C64[11])
    p = fma64(p, r, _C64[10])
    p = fma64(p, r, _C64[9])
    p = fma64(p, r, _C64[8])
    p = fma64(p, r, _C64[7])
    p = fma64(p, r, _C64[6])
    p = fma64(p, r, _C64[5])
    p = fma64(p, r, _C64[4])
    p = fma64(p, r, _C64[3])
    p = fma64(p, r, 0.5)
    p = fma64(p * r, r, r) + 1.0
    return p * bits_float64((I64(n) + I64(1023)) << I64(52))


@inlined
def exprel_near32(x):
    """(exp(x) - 1)/x for abs(x) < 0.5, by a series."""
    s = F32(1 / 40320)
    s = fma32(s, x, F32(1 / 5040))
    s = fma32(s, x, F32(1 / 720))
    s = fma32(s, x, F32(1 / 120))
    s = fma32(s, x, F32(1 / 24))
    s = fma32(s, x, F32(1 / 6))
    s = fma32(s, x, F32(0.5))
    return fma32(s, x, F32(1.0))


@inlined
def exprel32(x):
    """(exp(x) - 1)/x; by a series for abs(x) < 0.5, where the difference would cancel."""
    s = exprel_near32(x)
    small = abs(x) < F32(0.5)
    return select(small, s, (exp32(x) - F32(1.0)) / select(small, F32(1.0), x))


@inlined
def exprel_near64(x):
    s = _C64[14]
    s = fma64(s, x, _C64[13])
    s = fma64(s, x, _C64[12])
    s = fma64(s, x, _C64[11])
    s = fma64(s, x, _C64[10])
    s = fma64(s, x, _C64[9])
    s = fma64(s, x, _C64[8])
    s = fma64(s, x, _C64[7])
    s = fma64(s, x, _C64[6])
    s = fma64(s, x, _C64[5])
    s = fma64(s, x, _C64[4])
    s = fma64(s, x, _C64[3])
    s = fma64(s, x, 0.5)
    return fma64(s, x, 1.0)


@inlined
def exprel64(x):
    s = exprel_near64(x)
    small = abs(x) < 0.5
    return select(small, s, (exp64(x) - 1.0) / select(small, 1.0, x))


@inlined
def tanh32(x):
    e = exprel32(F32(-2.0) * abs(x)) * F32(2.0) * abs(x)
    y = e / (F32(2.0) - e)
    y = select(abs(x) > F32(40.0), F32(1.0), y)
    return select(x < F32(0.0), -y, select(x == F32(0.0), x, y))


@inlined
def tanh64(x):
    e = exprel64(-2.0 * abs(x)) * 2.0 * abs(x)
    y = e / (2.0 - e)
    y = select(abs(x) > 40.0, 1.0, y)
    return select(x < 0.0, -y, select(x == 0.0, x, y))


@inlined
def sign32(x):
    return F32(1.0) if x > F32(0.0) else (F32(-1.0) if x < F32(0.0) else F32(0.0))


@inlined
def sign64(x):
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


# --- threads: a barrier on two shared counters, and raw views of arrays ---------------------------------------


@intrinsic
def empty_marks(typingctx):
    """64 bytes on the stack, for flags of the neurons of a block that spiked; the compiler knows that they have no alias."""

    def codegen(context, builder, signature, args):
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(ir.IntType(8), 64))
            room.align = 64
        marks = context.make_array(signature.return_type)(context, builder)
        n, one = context.get_constant(types.intp, 64), context.get_constant(types.intp, 1)
        data = builder.bitcast(room, ir.IntType(8).as_pointer())
        populate_array(marks, data=data, shape=[n], strides=[one], itemsize=one, meminfo=None)
        return marks._getvalue()

    return types.Array(types.uint8, 1, "C")(), codegen


def _on_stack(context: BaseContext, builder: ir.IRBuilder, kind: types.Array, shape: Sequence[ir.Value]) -> ir.Value:
    """An array on the stack, with zeros: kernels are given arrays or have them here, as one from Numba's run time would need Numba."""
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    n, word = shape[0], context.get_value_type(types.intp)
    for m in shape[1:]:
        n = builder.mul(n, m)
    bytes_ = builder.mul(n, word(size))
    place = builder.alloca(ir.IntType(8), size=bytes_)
    place.align = 64
    cgutils.memset(builder, place, bytes_, 0)
    strides = [word(size)] if len(shape) == 1 else [builder.mul(shape[1], word(size)), word(size)]
    array = context.make_array(kind)(context, builder)
    data = builder.bitcast(place, array.data.type)
    populate_array(array, data=data, shape=list(shape), strides=strides, itemsize=word(size), meminfo=None)
    return array._getvalue()


@intrinsic
def stack_row(typingctx, n, like):
    """``n`` zeros of the type of ``like`` on the stack; at the start of a function, not in a loop."""

    def codegen(context, builder, signature, args):
        return _on_stack(context, builder, signature.return_type, args[:1])

    return types.Array(like, 1, "C")(types.intp, like), codegen


@intrinsic
def stack_matrix(typingctx, n, m):
    """A matrix of float64 zeros on the stack; at the start of a function, not in a loop."""

    def codegen(context, builder, signature, args):
        return _on_stack(context, builder, signature.return_type, args)

    return types.Array(types.float64, 2, "C")(types.intp, types.intp), codegen


@intrinsic
def eight(typingctx, marks, i):
    """The i-th eight bytes of an array of bytes as one word."""

    def codegen(context, builder, signature, args):
        word = ir.IntType(64)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.gep(builder.bitcast(data, word.as_pointer()), [args[1]], source_etype=word)
        return builder.load(place, typ=word, align=8)

    return types.uint64(marks, types.uint64), codegen


@intrinsic
def _atomic_add(typingctx, pointer, value):
    def codegen(context, builder, signature, args):
        p = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", p, args[1], "seq_cst")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def _atomic_load(typingctx, pointer):
    def codegen(context, builder, signature, args):
        p = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(p, "seq_cst", 8)

    return types.int64(types.int64), codegen


_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine(), 0) if sys.platform == "linux" else 0
_WAIT, _WAKE, _ALL = 128, 129, 2**31 - 1  # operations on a futex of one process, and the most threads to wake
_yield_cpu = types.ExternalFunction("sched_yield", types.int32())
_system = types.ExternalFunction("syscall", types.int64(*[types.int64] * 7))


@njit(nogil=True)
def barrier(address, n_threads):
    """Waits until ``n_threads`` threads have arrived; ``address`` points to 16 int64 counters, zeroed but for the last one.

    Arrived threads are counted in the first one, meetings in the ninth, sleepers in the tenth; the last one holds how often a thread looks for the
    next meeting before it sleeps until the last thread wakes it: on a busy machine one that looked again and again, or gave way to whatever else
    runs, would hold up the others.
    """
    if n_threads == 1:
        return
    meetings, sleepers = address + 64, address + 72
    generation = _atomic_load(meetings)
    if _atomic_add(address, I64(1)) == n_threads - 1:
        _atomic_add(address, -I64(n_threads))
        _atomic_add(meetings, I64(1))
        if _FUTEX and _atomic_load(sleepers) > 0:
            _system(_FUTEX, meetings, _WAKE, _ALL, 0, 0, 0)
        return
    for _ in range(_atomic_load(address + 120)):
        if _atomic_load(meetings) != generation:
            return
    _atomic_add(sleepers, I64(1))
    while _atomic_load(meetings) == generation:
        if _FUTEX:
            _system(_FUTEX, meetings, _WAIT, generation & 0xFFFFFFFF, 0, 0, 0)
        else:
            _yield_cpu()
    _atomic_add(sleepers, -I64(1))


def _loader(t: types.Type, llvm: ir.Type):
    @intrinsic
    def load(typingctx, address, index):
        def codegen(context, builder, signature, args):
            p = builder.inttoptr(args[0], llvm.as_pointer())
            return builder.load(builder.gep(p, [args[1]], source_etype=llvm), typ=llvm)

        return t(types.int64, types.int64), codegen

    return load


load_i64 = _loader(types.int64, ir.IntType(64))
load_i32 = _loader(types.int32, ir.IntType(32))
load_u32 = _loader(types.uint32, ir.IntType(32))
load_u16 = _loader(types.uint16, ir.IntType(16))
load_f32 = _loader(types.float32, ir.FloatType())
load_f64 = _loader(types.float64, ir.DoubleType())


@intrinsic
def prefetch(typingctx, address):
    """Prefetches the cache line at ``address``."""

    def codegen(context, builder, signature, args):
        void, i8p, i32 = ir.VoidType(), ir.IntType(8).as_pointer(), ir.IntType(32)
        f = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(void, [i8p, i32, i32, i32]), "llvm.prefetch.p0"
        )
        builder.call(f, [builder.inttoptr(args[0], i8p), i32(0), i32(2), i32(1)])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@intrinsic
def prefetch_entry(typingctx, array, i):
    """Prefetches the cache line of entry ``i`` of an array of one dimension."""

    def codegen(context, builder, signature, args):
        i8p, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [i8p, i32, i32, i32])
        f = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.gep(data, [args[1]], source_etype=context.get_data_type(signature.args[0].dtype))
        builder.call(f, [builder.bitcast(place, i8p), i32(1), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


def _control(builder: ir.IRBuilder, name: str, place: ir.Value) -> None:
    """Reads or writes the floating-point control word of this thread."""
    t = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()])
    builder.call(
        cgutils.get_or_insert_function(builder.module, t, f"llvm.x86.sse.{name}"),
        [builder.bitcast(place, ir.IntType(8).as_pointer())],
    )


@intrinsic
def flush_denormals(typingctx):
    """Flushes denormal numbers of this thread to zero: conductances after a long decay would slow each step a hundredfold.

    Returns the previous control word, for :func:`restore_denormals`.
    """

    def codegen(context, builder, signature, args):
        if not _X86:
            return ir.IntType(32)(0)
        place = cgutils.alloca_once(builder, ir.IntType(32))
        _control(builder, "stmxcsr", place)
        before = builder.load(place)
        builder.store(builder.or_(before, ir.IntType(32)(0x8040)), place)
        _control(builder, "ldmxcsr", place)
        return before

    return types.int32(), codegen


@intrinsic
def restore_denormals(typingctx, before):
    """Undoes :func:`flush_denormals`, for other code of this thread."""

    def codegen(context, builder, signature, args):
        if _X86:
            place = cgutils.alloca_once(builder, ir.IntType(32))
            builder.store(args[0], place)
            _control(builder, "ldmxcsr", place)
        return context.get_dummy_value()

    return types.void(types.int32), codegen
