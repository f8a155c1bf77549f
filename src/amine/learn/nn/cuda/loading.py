"""Kernels on a card: compiled by NVRTC, NVIDIA's compiler at run time, which PyTorch comes with, and started by the driver."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch

from amine.errors import AmineError
from amine.learn.nn.calls import Value
from amine.learn.nn.cuda.frames import MOST

WHERE = "Neurons on CUDA"
# products and sums are rounded one by one, and denormal numbers are zero, as in the kernels of the CPU
OPTIONS = ("--std=c++17", "--fmad=false", "--ftz=true", "--prec-div=true", "--prec-sqrt=true")
LANES = 64  # threads of a block; few, so that a small layer reaches all multiprocessors
THREADS = 1024  # most of a block


class Compiler:
    """NVRTC of the major version that PyTorch was built for.

    Raises
    ------
    OSError
        If it is not installed.
    """

    def __init__(self, major: str):
        self.library = _first(_names(major))

    def cubin(self, text: str, architecture: str) -> bytes:
        """Machine code for an architecture such as ``sm_90``; raises AmineError with the compiler's log if there is none."""
        lib, program = self.library, ctypes.c_void_p()
        self._check(lib.nvrtcCreateProgram(ctypes.byref(program), text.encode(), b"amine.cu", 0, None, None))
        options = [o.encode() for o in (f"--gpu-architecture={architecture}", *OPTIONS)]
        failed = lib.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
        if failed:
            size = ctypes.c_size_t()
            lib.nvrtcGetProgramLogSize(program, ctypes.byref(size))
            log = ctypes.create_string_buffer(size.value)
            lib.nvrtcGetProgramLog(program, log)
            given = log.value.decode(errors="replace").strip()[:300] or f"error {failed}"
            hint = 'use backend="torch"'
            raise AmineError(WHERE, f"NVRTC does not compile the kernels for {architecture}", given=given, hint=hint)
        size = ctypes.c_size_t()
        self._check(lib.nvrtcGetCUBINSize(program, ctypes.byref(size)))
        code = ctypes.create_string_buffer(size.value)
        self._check(lib.nvrtcGetCUBIN(program, code))
        lib.nvrtcDestroyProgram(ctypes.byref(program))
        return code.raw

    @staticmethod
    def _check(result: int) -> None:
        if result:
            raise AmineError(WHERE, "NVRTC failed", given=f"error {result}", hint='use backend="torch"')


def _names(major: str) -> Iterator[str]:
    """Names under which the library may be found: loaded already, or in a package beside PyTorch."""
    if sys.platform == "win32":
        yield f"nvrtc64_{major}0_0.dll"
        return
    yield f"libnvrtc.so.{major}"
    spec = find_spec("nvidia")
    for folder in [] if spec is None else list(spec.submodule_search_locations or []):
        yield from sorted(map(str, Path(folder).glob(f"*/lib/libnvrtc.so.{major}")))


def _first(names: Iterator[str]) -> ctypes.CDLL:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise OSError("no NVRTC")


@lru_cache(1)
def missing() -> str | None:
    """What kernels on a card lack here, as a sentence; None if nothing."""
    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA"
    try:
        _compiler()
        _driver()
    except OSError:
        return "NVIDIA's driver or its compiler NVRTC is not installed"
    return None


@lru_cache(1)
def _compiler() -> Compiler:
    return Compiler(str(torch.version.cuda).partition(".")[0])


@lru_cache(1)
def _driver() -> ctypes.CDLL:
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


def _check(result: int) -> None:
    """Raises AmineError with the driver's words."""
    if result:
        words = ctypes.c_char_p()
        _driver().cuGetErrorString(result, ctypes.byref(words))
        given = (words.value or b"").decode() or f"error {result}"
        raise AmineError(WHERE, "the driver failed", given=given, hint='use backend="torch"')


@lru_cache(256)
def loaded(text: str, device: int) -> Card:
    """The kernels of a text on a card."""
    return Card(text, device)


class Card:
    """The kernels of one text on one card; a :class:`~amine.learn.nn.calls.Launcher`."""

    def __init__(self, text: str, device: int):
        self.device, self.functions = device, dict[str, ctypes.c_void_p]()
        self.code = _compiler().cubin(text, "sm_{}{}".format(*torch.cuda.get_device_capability(device)))
        self.module = ctypes.c_void_p()
        with torch.cuda.device(device):
            self._enter()
            _check(_driver().cuModuleLoadData(ctypes.byref(self.module), self.code))

    def __call__(self, kernel: str, lanes: int, neurons: int, values: Sequence[Value]) -> None:
        """Starts a kernel on PyTorch's current stream."""
        recurrent = kernel.endswith("recurrent")
        if recurrent and neurons > MOST:
            given, expected = str(neurons), f"at most {MOST}"
            hint = 'use backend="torch"'
            raise AmineError(WHERE, "a recurrent layer is too large", given=given, expected=expected, hint=hint)
        threads = min(THREADS, -(-neurons // 32) * 32) if recurrent else LANES
        blocks = lanes // neurons if recurrent else -(-lanes // LANES)
        held = [_argument(v) for v in values]
        places = (ctypes.c_void_p * len(held))(*(ctypes.addressof(h) for h in held))
        with torch.cuda.device(self.device):
            self._enter()
            stream = ctypes.c_void_p(torch.cuda.current_stream(self.device).cuda_stream)
            size = (blocks, 1, 1, threads, 1, 1, 0)
            _check(_driver().cuLaunchKernel(self._function(kernel), *size, stream, places, None))

    def _function(self, kernel: str) -> ctypes.c_void_p:
        if kernel not in self.functions:
            found = ctypes.c_void_p()
            _check(_driver().cuModuleGetFunction(ctypes.byref(found), self.module, kernel.encode()))
            self.functions[kernel] = found
        return self.functions[kernel]

    def _enter(self) -> None:
        """Makes PyTorch's context of the card that of this thread, as threads of the way back may have none."""
        driver, context = _driver(), ctypes.c_void_p()
        _check(driver.cuCtxGetCurrent(ctypes.byref(context)))
        if not context:
            _check(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), self.device))
            _check(driver.cuCtxSetCurrent(context))


def _argument(value: Value) -> ctypes.c_void_p | ctypes.c_longlong | ctypes.c_double:
    """A value as a kernel takes it: whole numbers with 64 bits, real ones as float64, arrays by their place; none without entries.

    >>> _argument(None).value is None, _argument(torch.empty(0)).value is None, _argument(7).value
    (True, True, 7)
    """
    if isinstance(value, torch.Tensor):
        return ctypes.c_void_p(value.data_ptr() if value.numel() else None)
    if value is None:
        return ctypes.c_void_p()
    return ctypes.c_longlong(value) if isinstance(value, int) else ctypes.c_double(value)


__all__ = ["Card", "Compiler", "loaded", "missing"]
