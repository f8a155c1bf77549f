"""Compiles kernels: the object code of a function by Numba, and of a small function that takes its arguments from words of eight bytes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import typeof, types

from amine.engine.device import store
from amine.engine.device.blas import list_functions
from amine.engine.device.loader import ENTRY, NEVER_CALLED, machine
from amine.errors import AmineError

# names of functions of Python and of Numba's run time, which are only there if Numba has been imported
_OF_NUMBA = ("NRT_", "numba", "Py", "_Py")
_RESULTS = (types.none, types.int64, types.float64, types.boolean)


def compiled(function: Any, args: tuple[object, ...], path: Path) -> list[bytes]:
    """The kind of result of ``function`` (a dispatcher) for ``args``, and object files that hold its entry; they are kept in ``path``."""
    list_functions()
    kinds = tuple(typeof(x) for x in args)
    function.compile(kinds)  # without a wrapper for Python, which takes as long as a small kernel
    found: Any = function.overloads[kinds]
    result = found.signature.return_type
    if result not in _RESULTS:
        raise TypeError(f"the kernel {function.__name__} returns {result}")
    name, library = found.fndesc.llvm_func_name, found.library
    called = found.target_context.call_conv.get_function_type(found.fndesc.restype, found.fndesc.argtypes)
    entry, kind = machine().emit_object(_parsed(_entry(name, called))), f"{result}".encode()
    missing = sorted(
        f.name for f in library._final_module.functions if f.is_declaration and f.name.startswith(_OF_NUMBA)
    )
    if missing not in ([], [NEVER_CALLED]):
        raise TypeError(f"the kernel {function.__name__} calls {missing[0]}, which is there only where Numba is")
    parts = [kind, library._get_compiled_object(), entry]
    with suppress(AmineError):  # a disk that is full, say: it is then compiled again next time
        store.write_own(path, store.packed(parts))
    return parts


def _parsed(module: ir.Module) -> llvm.ModuleRef:
    parsed = llvm.parse_assembly(f"{module}")
    parsed.verify()
    return parsed


def _entry(name: str, called: ir.FunctionType) -> ir.Module:
    """A function of the address of words: the result, then each argument."""
    module = ir.Module("entry")
    module.triple = llvm.get_process_triple()
    word, status = ir.IntType(64), ir.IntType(32)
    function = ir.Function(module, called, name)
    entry = ir.Function(module, ir.FunctionType(status, [word.as_pointer()]), ENTRY)
    builder: Any = ir.IRBuilder(entry.append_basic_block())
    result, failure, *kinds = called.args
    given: list[ir.Value] = [builder.bitcast(entry.args[0], result), builder.alloca(failure.pointee)]
    for i, kind in enumerate(kinds, 1):
        place = builder.gep(entry.args[0], [word(i)], source_etype=word)
        given.append(_as(builder, builder.bitcast(place, word.as_pointer()), kind))
    builder.ret(builder.call(function, given))
    return module


def _as(builder: Any, place: ir.Value, kind: ir.Type) -> ir.Value:
    """A word as an argument of a kind."""
    double = ir.DoubleType()
    if isinstance(kind, ir.DoubleType | ir.FloatType):
        x = builder.load(builder.bitcast(place, double.as_pointer()), typ=double)
        return x if isinstance(kind, ir.DoubleType) else builder.fptrunc(x, kind)
    x = builder.load(place, typ=ir.IntType(64))
    if isinstance(kind, ir.IntType):
        return x if kind.width == 64 else builder.trunc(x, kind)
    return builder.inttoptr(x, kind)


__all__ = ["compiled"]
