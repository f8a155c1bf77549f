"""Object code in memory: made callable by LLVM alone, so that a process that compiles nothing imports no compiler."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache

import llvmlite.binding as llvm

ENTRY = "amine_entry"
CALL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
# called when the last reference to an array is dropped; kernels are given arrays without counts, so this never happens in them,
# but code that was compiled with little optimisation still names it
NEVER_CALLED = "NRT_MemInfo_call_dtor"


@lru_cache(maxsize=1)
def processor() -> str:
    """Name and features of this processor, for which code is compiled."""
    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


@lru_cache(maxsize=1)
def _ready() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    if llvm.address_of_symbol(NEVER_CALLED) is None:
        llvm.add_symbol(NEVER_CALLED, ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value)


def machine() -> llvm.TargetMachine:
    """A target machine for this processor."""
    _ready()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(jit=True)


class Loaded:
    """The entry of some object files: a function of the address of its arguments as words of eight bytes, which returns a status."""

    def __init__(self, objects: Sequence[bytes]):
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
        for o in objects:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(o))
        self._engine.finalize_object()
        self.call: Callable[[int], int] = CALL(self._engine.get_function_address(ENTRY))
