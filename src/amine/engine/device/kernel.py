"""Compiled functions that Python calls. Their object code is kept on disk; where it is there, Numba is not even imported.

A kernel takes numbers, arrays and (named) tuples of these, and returns nothing or a number. Its arguments are given to it as words of
eight bytes, in the order in which Numba takes them apart.
"""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from array import array
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from amine.engine.device import store
from amine.engine.device.loader import Loaded, processor

_RESULTS: dict[str, Callable[[array[int]], object]] = {
    "none": lambda words: None,
    "int64": lambda words: words[0],
    "float64": lambda words: struct.unpack("d", words[:1].tobytes())[0],
    "boolean": lambda words: bool(words[0] & 1),
}


class Kernel:
    """A compiled function of a module that is imported only if it must be compiled.

    Parameters
    ----------
    module : returns the module in which the function is. name : of the function.
    stem : first part of the names of its files.
    """

    def __init__(self, module: Callable[[], ModuleType], name: str, stem: str):
        self._module, self._name, self._stem = module, name, stem
        self._known: dict[str, tuple[Loaded, Callable[[array[int]], object]]] = {}
        self._lock = threading.Lock()

    def __call__(self, *args: object) -> Any:
        words, kinds = array("q", (0,)), list[str]()
        for x in args:
            _put(x, words, kinds)
        return self.call(words, " ".join(kinds), args)

    def call(self, words: array[int], kind: str, args: tuple[object, ...]) -> Any:
        """Calls the code for a kind of arguments with the words of these."""
        found = self._known.get(kind)
        loaded, result = self._loaded(kind, args) if found is None else found
        status = loaded.call(words.buffer_info()[0])
        if status != 0:
            raise RuntimeError(f"the kernel {self._name} failed with status {status}")
        return result(words)

    def _loaded(self, kind: str, args: tuple[object, ...]) -> tuple[Loaded, Callable[[array[int]], object]]:
        with self._lock:
            if kind not in self._known:
                key = json.dumps([store.generator(), store.compiler(), processor(), self._stem, self._name, kind])
                digest = hashlib.sha256(key.encode()).hexdigest()[:24]
                path = store.directory() / f"{self._stem}.{self._name}.{digest}.o"
                kept = store.read_own(path)
                if kept is None:
                    from amine.engine.device.compiler import compiled  # Numba, which compiled code does not need

                    parts = compiled(getattr(self._module(), self._name), args, path)
                else:
                    parts = store.unpacked(kept)
                self._known[kind] = Loaded(parts[1:]), _RESULTS[parts[0].decode()]
            return self._known[kind]


class Repeated:
    """Calls of a kernel by one thread, whose arguments are mostly the arrays of the call before: their words are kept, with them."""

    def __init__(self, kernel: Kernel):
        self._kernel = kernel
        self._last: list[tuple[object, array[int], str]] = []

    def __call__(self, *args: object) -> Any:
        last = self._last if len(self._last) == len(args) else [(None, array("q"), "")] * len(args)
        self._last = [known if _same(x, known[0]) else _described(x) for x, known in zip(args, last, strict=True)]
        words = array("q", (0,))
        for _, more, _ in self._last:
            words.extend(more)
        return self._kernel.call(words, " ".join([kind for _, _, kind in self._last]), args)


def _same(x: object, known: object) -> bool:
    """Whether an argument certainly is as another; arrays are compared as objects, not by their values."""
    if x is known:
        return True
    if type(x) is not type(known):
        return False
    if isinstance(x, tuple) and isinstance(known, tuple) and len(x) == len(known):
        return all(_same(a, b) for a, b in zip(x, known, strict=True))
    return isinstance(x, int) and x == known


def _described(x: object) -> tuple[object, array[int], str]:
    words, kinds = array("q"), list[str]()
    _put(x, words, kinds)
    return x, words, " ".join(kinds)


class Kernels:
    """The kernels of a module, which is imported only if one of them must be compiled."""

    def __init__(self, module: str):
        self._of = module

    def __getattr__(self, name: str) -> Kernel:
        if name.startswith("_"):
            raise AttributeError(name)
        found = Kernel(lambda: import_module(self._of), name, f"amine_{self._of.rpartition('.')[2]}")
        setattr(self, name, found)
        return found


def _put(x: object, words: array[int], kinds: list[str]) -> None:
    """Appends the words of an argument, and what decides the code for it."""
    if isinstance(x, np.ndarray):
        flags = x.flags
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        kinds.append(f"{x.dtype.str}{x.ndim}{layout}{'' if flags.writeable else 'r'}")
        words.extend((0, 0, x.size, x.itemsize, x.__array_interface__["data"][0], *x.shape, *x.strides))
    elif isinstance(x, tuple):
        kinds.append(f"{type(x).__name__}(")
        for y in x:
            _put(y, words, kinds)
        kinds.append(")")
    elif isinstance(x, bool | np.bool_):
        kinds.append("bool")
        words.append(int(x))
    elif isinstance(x, int | np.integer):
        kinds.append("int" if isinstance(x, int) and x < 2**63 else "uint" if isinstance(x, int) else x.dtype.str)
        words.append(int(x) if x < 2**63 else int(x) - 2**64)
    elif isinstance(x, float | np.floating):
        kinds.append("float" if isinstance(x, float) else x.dtype.str)
        words.frombytes(struct.pack("d", x))
    else:
        raise TypeError(f"a kernel cannot take {type(x).__name__}")


__all__ = ["Kernel", "Kernels", "Repeated"]
